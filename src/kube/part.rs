//! Whether an object may be only a part of one, as far as its own text tells.

use super::object::{Body, Object, Part};
use super::workload::Workload;
use crate::yaml::{IssueKind, Node};

/// What an object's text tells: it says what is to be deleted, or it leaves out what every object of its
/// kind has.
pub(super) fn part_of(object: &Object) -> Part {
    if object.node().get("$patch").is_some() {
        Part::Certain
    } else if leaves_out(object) && !holds_wrong_shape(object) {
        Part::Possible
    } else {
        Part::Whole
    }
}

/// Whether something else stands where a list or mapping belongs, or the other way round, such as
/// `containers: {}`. A patch takes the same shapes as the object.
fn holds_wrong_shape(object: &Object) -> bool {
    object.issues().iter().any(|issue| match &issue.kind {
        IssueKind::Invalid { message, .. } => {
            object.node_of(issue.node).text().is_none()
                || message.starts_with("expected a list")
                || message.starts_with("expected a mapping")
        }
        IssueKind::UnknownField { .. } => false,
    })
}

/// A workload with neither selector nor image that says something all the same, or a Service without
/// what it is for. Where the API server demands a selector, one image or all labels that are missing
/// are enough.
fn leaves_out(object: &Object) -> bool {
    let root = object.node();
    let Some(workload) = Workload::of(object) else {
        return is_partial_service(object);
    };
    let needs_selector = matches!(
        object.kind(),
        "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet"
    );
    let has_none = |item: Node<'_>| item.get("image").is_none();
    let containers = workload.template().spec_node();
    let containers = containers.and_then(|spec| spec.get("containers"));
    let no_image = containers.is_none_or(|list| {
        list.items().all(has_none) || needs_selector && list.items().any(has_none)
    });
    let no_labels = needs_selector && workload.template().labels().is_empty();
    // A patch leaves out the spec that it does not change.
    let is_void =
        |spec: Node<'_>| spec.is_null() || spec.is_mapping() && spec.entries().next().is_none();
    (no_image || no_labels)
        && !root.get("spec").is_some_and(is_void)
        && !has_unknown_field(object, &["Container", "PodSpec"])
        && root.at(&["spec", "selector"]).is_none()
        && root.at(&["spec", "workloadRef"]).is_none()
}

/// Whether one of these structures has an unknown field: a misspelt key may be what is missing. Patches
/// that change an object's kind have keys of the other kind further up.
fn has_unknown_field(object: &Object, structures: &[&str]) -> bool {
    object.issues().iter().any(|issue| match &issue.kind {
        IssueKind::UnknownField { structure, .. } => structures.contains(structure),
        IssueKind::Invalid { .. } => false,
    })
}

/// A Service that says neither where requests go nor on which port.
fn is_partial_service(object: &Object) -> bool {
    const TELLING: [&str; 4] = ["ports", "selector", "externalName", "clusterIP"];
    let spec = object.node().get("spec");
    matches!(object.body(), Body::Service(_))
        && !has_unknown_field(object, &["Service", "ServiceSpec", "ServicePort"])
        && spec.is_some_and(|spec| TELLING.iter().all(|key| spec.get(key).is_none()))
}
