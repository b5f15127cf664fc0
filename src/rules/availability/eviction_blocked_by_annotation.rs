//! `eviction-blocked-by-annotation`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Workload, WorkloadKind};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "eviction-blocked-by-annotation",
    category: Category::Availability,
    severity: Severity::Warning,
    pedantic: false,
    summary: "An annotation keeps autoscalers from draining nodes",
    page: include_str!("../../../rules/availability/eviction-blocked-by-annotation.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// An annotation that blocks, the value that does, and what no longer happens.
const BLOCKING: [(&str, &str, &str, &str); 2] = [
    (
        "cluster-autoscaler.kubernetes.io/safe-to-evict",
        "false",
        "Cluster Autoscaler never removes its node",
        "not a node that runs one of these pods, however idle it is",
    ),
    (
        "karpenter.sh/do-not-disrupt",
        "true",
        "Karpenter never replaces its node",
        "nor consolidates it: the node outlives its image",
    ),
];

/// See the rule's page.
pub(in crate::rules) struct EvictionBlockedByAnnotation;

impl Rule for EvictionBlockedByAnnotation {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        // Autoscalers do not wait for the pods of a DaemonSet.
        if workload.kind() == WorkloadKind::DaemonSet || cx.inventory.replicas(workload).is_parked()
        {
            return;
        }
        let serving = cx.inventory.serving(workload);
        for (key, blocks, consequence, lasting) in BLOCKING {
            let Some(node) = workload.template().annotation(key) else {
                continue;
            };
            if node.as_str() != Some(blocks) || !serving.may_serve() {
                continue;
            }
            let message = format!("`{key}: \"{blocks}\"`: {consequence}");
            let help = "remove the annotation: a PodDisruptionBudget keeps enough replicas up while a node is \
                        drained, and the preStop hook and grace period let requests finish";
            let report = Report::template(workload, node, message);
            let report = report.detail(lasting).help(help);
            out.push(report.serving(&serving));
        }
    }
}
