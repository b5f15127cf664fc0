//! Resources of one kind whose selectors differ and have pods in common.

use std::collections::HashMap;

use super::pods::{self, Labels};
use crate::inventory::Together;
use crate::kube::{Body, Object, Workload};
use crate::rules::Context;

/// So many resources are looked at for one workload.
const MOST: usize = 50;

/// The first resource before this one that selects a workload in view which this one selects, where both
/// are deployed together.
pub(super) fn earlier<'a>(
    cx: &Context<'a>,
    object: &Object,
    own: &Labels<'_>,
) -> Option<(&'a Object, Workload<'a>)> {
    let inventory = cx.inventory;
    let by_workload = inventory.once("resources of Istio by the workloads they select", || {
        let mut by_workload: HashMap<(u32, String), Vec<u32>> = HashMap::new();
        for resource in inventory.objects() {
            let Some(labels) = selector(resource) else {
                continue;
            };
            for workload in selected(cx, resource, &labels) {
                let key = (workload.object().number(), resource.kind().to_owned());
                let list = by_workload.entry(key).or_default();
                if list.len() < MOST {
                    list.push(resource.number());
                }
            }
        }
        by_workload
    });
    let found = selected(cx, object, own)
        .into_iter()
        .filter_map(|workload| {
            let key = (workload.object().number(), object.kind().to_owned());
            let mut others = by_workload
                .get(&key)?
                .iter()
                .take_while(|number| **number < object.number())
                .filter_map(|number| inventory.numbered(*number));
            let other = others.find(|other| {
                let together = inventory.together(object, other);
                matches!(together, Some(Together::File | Together::Kustomization))
            })?;
            Some((other, workload))
        });
    found.min_by_key(|(other, _)| other.number())
}

/// The labels of a resource that is not merged with others of its kind.
fn selector(object: &Object) -> Option<Labels<'_>> {
    let path: &[&str] = match object.body() {
        Body::Sidecar(_) => &["workloadSelector", "labels"],
        Body::Telemetry(_) | Body::PeerAuthentication(_) => &["selector", "matchLabels"],
        _ => return None,
    };
    let labels = pods::labels(object, object.node().get("spec")?, path)?;
    (!labels.is_empty()).then_some(labels)
}

fn selected<'a>(cx: &Context<'a>, object: &Object, labels: &Labels<'_>) -> Vec<Workload<'a>> {
    if labels.is_empty() {
        return Vec::new();
    }
    let mut carrying = pods::carrying(cx, labels).unwrap_or_default();
    carrying.retain(|it| {
        let (one, other) = (it.object(), object);
        cx.inventory.namespace(one) == cx.inventory.namespace(other)
            && cx.inventory.same_scope(one, other)
    });
    carrying
}
