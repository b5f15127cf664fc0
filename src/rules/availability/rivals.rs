//! Autoscalers that scale one workload.

use crate::inventory::Relation;
use crate::kube::{Body, Object, Workload};
use crate::rules::Context;

/// As many autoscalers of one workload are looked at.
const MOST: usize = 50;

/// The HorizontalPodAutoscalers that certainly scale a workload, each name once; the nearest where there
/// are many.
pub(super) fn autoscalers<'a>(cx: &Context<'a>, workload: Workload<'a>) -> Vec<&'a Object> {
    let is_sure = |relation: &Relation| {
        relation.is_firm() || relation.certain && relation.same_named_namespace
    };
    let mut found: Vec<&Object> = Vec::new();
    for (autoscaler, relation) in cx.inventory.autoscalers(workload).take(MOST) {
        let is_one = matches!(autoscaler.body(), Body::HorizontalPodAutoscaler(_));
        let is_known = || found.iter().any(|it| it.name() == autoscaler.name());
        if is_one && is_sure(&relation) && !autoscaler.holds_placeholder() && !is_known() {
            found.push(autoscaler);
        }
    }
    // The workload's own comes first.
    found.sort_by_key(|it| it.name() != workload.object().name());
    found
}
