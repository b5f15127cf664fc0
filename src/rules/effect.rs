//! What a fix changes at run time, as far as its place tells.

use crate::finding::Edit;
use crate::inventory::keeps_data;
use crate::kube::{Object, Workload, WorkloadKind};
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
        let mut own = edits
            .iter()
            .filter(|edit| edit.source == object.source() && !is_new(edit));
        node.is_some_and(|node| own.any(|edit| is_inside(object, edit, node)))
    };
    // Only these keep their selector (`ValidateDeploymentUpdate` and its like in pkg/apis/apps/validation and
    // pkg/registry/apps).
    let keeps_selector = matches!(
        workload.kind(),
        WorkloadKind::Deployment
            | WorkloadKind::ReplicaSet
            | WorkloadKind::DaemonSet
            | WorkloadKind::StatefulSet
    );
    if keeps_selector && touches(object.node().at(&["spec", "selector"])) {
        return "a selector cannot change: an object that exists has to be deleted first"
            .to_owned();
    }
    // Labels and annotations of a Pod change in place.
    let is_of_pod = workload.kind() == WorkloadKind::Pod;
    let part = if is_of_pod {
        object.node().get("spec")
    } else {
        workload.template().node()
    };
    if !touches(part) {
        return "no pod restarts".to_owned();
    }
    let restart = restart(workload);
    if restart == ROLLOUT && keeps_data(workload) && has_empty_dir(workload) {
        return format!("{restart} and empties their emptyDir");
    }
    restart.to_owned()
}

/// Whether what the pods keep goes with them.
fn has_empty_dir(workload: Workload<'_>) -> bool {
    let spec = workload.template().spec();
    let mut volumes = spec
        .into_iter()
        .flat_map(|spec| spec.volumes.iter().flatten());
    volumes.any(|volume| volume.empty_dir.is_some())
}

const ROLLOUT: &str = "a rollout replaces the pods";

/// Whether an edit changes what is below a node. Lines that are added behind the node's last belong to it
/// only where they stand as deep as it does.
fn is_inside(object: &Object, edit: &Edit, node: Node<'_>) -> bool {
    let (at, within) = (edit.span.range(), node.span().range());
    if at.start < within.start {
        return false;
    }
    let added = edit.text.trim_start_matches(['\r', '\n']);
    if !edit.span.is_empty() || at.start < within.end || added.len() == edit.text.len() {
        return at.end <= within.end;
    }
    let text = object.tree().file_text().unwrap_or_default();
    let slice = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let mut between = slice(within.end, at.start).lines().map(str::trim);
    let column = within.start - object.tree().line_start(within.start);
    let depth = added.len() - added.trim_start_matches(' ').len();
    depth >= column && between.all(|line| line.is_empty() || line.starts_with('#'))
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
        (kind, _) if kind == WorkloadKind::Deployment || workload.is_long_running() => ROLLOUT,
        _ => "only pods that start later have it",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::edit::{Editor, Value};
    use crate::inventory::Inventory;
    use crate::settings::Settings;
    use crate::source::{NewSource, Role, Scope, Sources};

    const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  selector:
    matchLabels: {app: app}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
        - name: app
      # the last line
";

    /// The effect of a new entry in the mapping at the end of a path.
    fn effect(path: &[&str], key: &str) -> String {
        let mut sources = Sources::default();
        sources.push(NewSource {
            path: "app.yaml".to_owned(),
            root_path: "app.yaml".to_owned(),
            text: Arc::from(DEPLOYMENT),
            invalid_utf8: None,
            role: Role::Named,
            scope: Scope(Arc::from("")),
        });
        let inventory = Inventory::read(&sources, &Settings::default());
        let object = inventory.objects().next().unwrap();
        let editor = Editor::new(object.source(), object.tree()).unwrap();
        let edits = editor.insert_at(object.node(), path, key, Value::int(1));
        of(object, &edits.unwrap())
    }

    #[test]
    fn what_stands_behind_a_part_of_an_object_is_told_from_what_is_added_to_it() {
        let rollout = "a rollout replaces the pods";
        let selector = "a selector cannot change: an object that exists has to be deleted first";
        assert_eq!(effect(&["spec"], "strategy"), "no pod restarts");
        assert_eq!(effect(&["spec"], "volumeClaimTemplates"), "no pod restarts");
        assert_eq!(effect(&["spec", "selector"], "matchExpressions"), selector);
        let pod = ["spec", "template", "spec"];
        assert_eq!(effect(&pod, "volumes"), rollout);
        assert_eq!(effect(&pod, "terminationGracePeriodSeconds"), rollout);
    }
}
