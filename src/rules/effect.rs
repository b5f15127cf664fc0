//! What a fix changes at run time, as far as its place tells.

use crate::finding::Edit;
use crate::kube::{Object, Workload, WorkloadKind};
use crate::source::Span;
use crate::yaml::Node;

/// What is restarted once these edits of an object are applied, in one line.
pub(super) fn of(object: &Object, edits: &[Edit]) -> String {
    let is_new = |edit: &Edit| {
        let text = edit.text.trim_start_matches(['\r', '\n']);
        edit.span.is_empty() && text.starts_with("---")
    };
    let adds_only = !edits.is_empty() && edits.iter().all(is_new);
    let Some(workload) = Workload::of(object).filter(|_| !adds_only) else {
        return "no pod restarts".to_owned();
    };
    let touches = |node: Option<Node<'_>>| {
        let Some(within) = node.map(Node::span) else {
            return false;
        };
        let is_inside = |span: Span| span.start >= within.start && span.end <= within.end;
        edits
            .iter()
            .any(|edit| edit.source == object.source() && !is_new(edit) && is_inside(edit.span))
    };
    let is_long_running = workload.is_long_running();
    if is_long_running && touches(object.node().at(&["spec", "selector"])) {
        return "a selector cannot change: an object that exists has to be deleted first"
            .to_owned();
    }
    // A bare Pod is its own template.
    let template = workload.template();
    if template.path().is_empty() && !touches(template.node()) || !touches(template.node()) {
        return "no pod restarts".to_owned();
    }
    restart(workload).to_owned()
}

/// How a workload replaces its pods when their template changes.
fn restart(workload: Workload<'_>) -> &'static str {
    let strategy = workload.strategy().field(&["type"]);
    match (workload.kind(), strategy.node().and_then(Node::text)) {
        (WorkloadKind::Job, _) => {
            "a Job's template cannot change: a Job that exists has to be deleted first"
        }
        (WorkloadKind::CronJob, _) => "from its next Job on",
        (WorkloadKind::Pod, _) => "a Pod that exists has to be deleted first",
        (WorkloadKind::ReplicaSet | WorkloadKind::ReplicationController, _) => {
            "only pods that start later have it"
        }
        (WorkloadKind::KnativeService, _) => "a new revision rolls out",
        (_, Some("Recreate")) => "all pods stop, then new ones start",
        (_, Some("OnDelete")) => "each pod has it once it is deleted",
        (kind, _) if kind == WorkloadKind::Deployment || workload.is_long_running() => {
            "a rollout replaces the pods"
        }
        _ => "only pods that start later have it",
    }
}
