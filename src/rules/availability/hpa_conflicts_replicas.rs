//! `hpa-conflicts-replicas`

use super::rivals;
use crate::edit::Refusal;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Field, Object, Workload};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "hpa-conflicts-replicas",
    category: Category::Availability,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A workload fixes the replicas that an autoscaler sets",
    page: include_str!("../../../rules/availability/hpa-conflicts-replicas.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct HpaConflictsReplicas;

impl Rule for HpaConflictsReplicas {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        check_rivals(cx, workload, out);
        let object = workload.object();
        let (Field::Set(node), Some(count)) = (workload.replicas_field(), workload.replicas())
        else {
            return;
        };
        // 0 switches the workload off, and the autoscaler with it.
        if count == 0
            || !workload.has_replicas()
            || cx
                .inventory
                .is_set_elsewhere(object, object.node(), "spec.replicas")
        {
            return;
        }
        let Some((autoscaler, _)) = cx
            .inventory
            .autoscalers(workload)
            .find(|(_, relation)| relation.is_firm())
        else {
            return;
        };
        let message = format!(
            "`replicas: {count}` conflicts with {} `{}`: every apply resets it",
            autoscaler.kind(),
            autoscaler.name()
        );
        let target = autoscaler.node().at(&["spec", "scaleTargetRef", "name"]);
        out.push(
            Report::object(object, node, message)
                .detail("whatever the load, until the autoscaler corrects it")
                .related(
                    autoscaler,
                    target.unwrap_or_else(|| autoscaler.name_node()),
                    "scales this workload",
                )
                .help(
                    "remove `replicas`; on a live object `kubectl apply` would then fall back to 1, \
                     so take it out of the last applied state first (`kubectl apply \
                     edit-last-applied`)",
                )
                .fix(Applicability::Unsafe, "remove spec.replicas", object, |editor| {
                    let spec = object.node().get("spec");
                    let entry = spec.and_then(|spec| spec.entry("replicas"));
                    editor.remove_uncommented(entry.ok_or(Refusal::Moot)?)
                })
                .effect("the first `kubectl apply` without it may scale to 1"),
        );
    }
}

/// Several autoscalers of one workload: the controller lets none of them scale
/// (pkg/controller/podautoscaler/horizontal.go of Kubernetes, `AmbiguousSelector`).
fn check_rivals(cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
    let object = workload.object();
    let autoscalers = rivals::autoscalers(cx, workload);
    let Some((first, others)) = autoscalers.split_first() else {
        return;
    };
    // The name of another workload is a slip.
    let is_meant_for = |other: &&Object| {
        let inventory = cx.inventory;
        inventory.is_workload_in_view(object.kind(), other.name(), other)
    };
    let slip = others.iter().copied().find(is_meant_for);
    let Some(other) = slip.or_else(|| others.first().copied()) else {
        return;
    };
    let message = format!(
        "`{}` scales `{}`, as `{}` does: of two, neither scales it",
        other.name(),
        object.name(),
        first.name()
    );
    // What is applied as one is no choice of variants.
    let is_sure = slip.is_some()
        || other.source() == first.source()
        || cx.inventory.same_scope(first, other) && cx.inventory.is_applied_as_one(other);
    let severity = if is_sure {
        Severity::Warning
    } else {
        Severity::Note
    };
    let help = match slip {
        Some(slip) => format!("let it scale {} `{}`", object.kind(), slip.name()),
        None => "put the metrics of both into one, and delete the other".to_owned(),
    };
    let node = other.node().at(&["spec", "scaleTargetRef", "name"]);
    let rest = autoscalers
        .iter()
        .filter(|it| it.number() != other.number());
    let places = rest.map(|it| (*it, it.name_node()));
    out.push(
        Report::object(other, node.unwrap_or_else(|| other.name_node()), message)
            .severity(severity)
            .help(help)
            .related_few(places, others.len(), "scales it as well"),
    );
}
