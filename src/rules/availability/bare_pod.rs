//! `bare-pod`

use super::apart::keeps_a_place;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{PodTemplate, Workload, WorkloadKind};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "bare-pod",
    category: Category::Availability,
    severity: Severity::Note,
    pedantic: false,
    summary: "A Pod that is meant to keep running has no controller",
    page: include_str!("../../../rules/availability/bare-pod.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct BarePod;

impl Rule for BarePod {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let template = workload.template();
        let object = workload.object();
        let has_owner = template
            .metadata()
            .and_then(|metadata| metadata.owner_references.as_ref())
            .is_some_and(|owners| !owners.is_empty());
        if workload.kind() != WorkloadKind::Pod
            || !workload.is_long_running()
            || has_owner
            || is_run_by_others(template)
            || is_static(template, cx.inventory.namespace(object))
            // Whoever starts what only waits comes back to it; what runs nothing is refused.
            || keeps_a_place(template)
            || template.main_containers().next().is_none()
        {
            return;
        }
        let message =
            "no controller keeps this Pod: a drain or the loss of its node ends it for good";
        out.push(Report::object(object, object.name_node(), message).help(
            "let a Deployment or a StatefulSet run it; a Job, or restartPolicy: Never, if it is \
             meant to end",
        ));
    }
}

/// Helm starts and deletes the Pods of its hooks and tests.
fn is_run_by_others(template: PodTemplate<'_>) -> bool {
    template.annotation("helm.sh/hook").is_some()
}

/// Whether the kubelet runs it from a file of its node.
fn is_static(template: PodTemplate<'_>, namespace: Option<&str>) -> bool {
    let is_marked = [
        "kubernetes.io/config.source",
        "kubernetes.io/config.mirror",
        "kubernetes.io/config.hash",
    ]
    .iter()
    .any(|key| template.annotation(key).is_some());
    let is_on_host = template
        .spec()
        .is_some_and(|spec| spec.host_network == Some(true));
    is_marked || is_on_host && namespace == Some("kube-system")
}
