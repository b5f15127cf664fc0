//! Fields without which no workload is accepted.

use std::collections::HashSet;

use crate::inventory::Inventory;
use crate::kube::tables::removed::removed;
use crate::kube::{ContainerRef, ContainerRole, Field, Object, Workload, WorkloadKind};
use crate::rules::Report;
use crate::yaml::{IssueKind, Node, NodeId};

/// Containers that an injector gives an image where they stand in a Pod: to set other fields of them is
/// documented by Istio and by Linkerd.
const INJECTED: [&str; 5] = [
    "istio-proxy",
    "istio-init",
    "istio-validation",
    "linkerd-proxy",
    "linkerd-init",
];

/// What is missing, from the outermost on: what lacks the whole pod lacks its containers, too.
pub(super) fn missing<'a>(inventory: &Inventory, workload: Workload<'a>) -> Vec<Report<'a>> {
    let object = workload.object();
    let is_known = !matches!(
        workload.kind(),
        // Custom resources have demands of their own.
        WorkloadKind::Rollout
            | WorkloadKind::DeploymentConfig
            | WorkloadKind::KnativeService
            | WorkloadKind::ScaledJob
    ) && removed(object.api_version(), object.kind()).is_none();
    // What lacks its selector among patches is one of some other tool.
    let takes_selector = workload.has_replicas() || workload.kind() == WorkloadKind::DaemonSet;
    let says_something = |spec: Node<'_>| spec.entries().next().is_some();
    let may_be_patch = takes_selector
        && inventory.is_among_patches(object)
        && object.node().get("spec").is_some_and(says_something)
        && object.field(&["spec", "selector"]).is_absent();
    if !is_known || may_be_patch || !inventory.is_seen_whole(object) {
        return Vec::new();
    }
    let told = told(object);
    match pod_spec(workload, &told) {
        Ok(Some(spec)) => in_pod(workload, spec, &told),
        Ok(None) => Vec::new(),
        Err((holder, key)) => {
            let help = format!("add `{key}`: without it there is nothing to run");
            vec![report(workload, holder, key, help)]
        }
    }
}

/// The pod's spec; none where something on the way to it is not known, or told otherwise. An error is what
/// is missing, and from where.
fn pod_spec<'a>(
    workload: Workload<'a>,
    told: &HashSet<NodeId>,
) -> Result<Option<Node<'a>>, (Node<'a>, &'static str)> {
    let object = workload.object();
    let mut node = object.node();
    for key in workload.template().path().iter().chain(&["spec"]) {
        match object.field_below(node, &[key]) {
            Field::Set(next) => node = next,
            Field::Absent if !told.contains(&node.id()) => {
                return Err((node, key));
            }
            Field::Unknown(_) | Field::Absent => return Ok(None),
        }
    }
    Ok(Some(node))
}

fn in_pod<'a>(workload: Workload<'a>, spec: Node<'a>, told: &HashSet<NodeId>) -> Vec<Report<'a>> {
    let object = workload.object();
    let has_some = match object.field_below(spec, &["containers"]) {
        Field::Set(list) => list.items().next().is_some(),
        Field::Unknown(_) => true,
        Field::Absent => false,
    };
    if !has_some {
        return if told.contains(&spec.id()) {
            Vec::new()
        } else {
            let help = "list at least one container under `containers`".to_owned();
            vec![report(workload, spec, "containers", help)]
        };
    }
    let containers = workload.template().containers();
    containers
        .filter_map(|container| in_container(workload, container, told))
        .collect()
}

fn in_container<'a>(
    workload: Workload<'a>,
    container: ContainerRef<'a>,
    told: &HashSet<NodeId>,
) -> Option<Report<'a>> {
    let is_missing = |field: &str| match container.field(&[field]) {
        Field::Absent => true,
        Field::Set(value) => value.text() == Some(""),
        Field::Unknown(_) => false,
    };
    // Injectors complete the pods that they see, and so bare Pods, but no pod templates.
    let is_injected = workload.template().path().is_empty() && INJECTED.contains(&container.name());
    let field = if is_missing("name") {
        "name"
    } else if is_missing("image") && !is_injected {
        "image"
    } else {
        return None;
    };
    let object = workload.object();
    if object.is_unknown(container.node) || told.contains(&container.node.id()) {
        return None;
    }
    let list = match container.role {
        ContainerRole::Main => "containers",
        ContainerRole::Init | ContainerRole::NativeSidecar => "initContainers",
    };
    let message = match field {
        "name" => format!("a container of `{list}` has no `name`"),
        _ => format!("container `{}` has no `image`", container.name()),
    };
    let written = container.node.get(field).filter(|value| !value.is_null());
    let node = match written.or_else(|| container.node.get("name")) {
        Some(node) if !node.is_null() => node,
        _ => first_key(container.node),
    };
    let message = format!("{message}: the API server rejects it");
    let help = match field {
        "name" => "give every container a name of its own",
        _ => "say which image it runs",
    };
    Some(Report::container(workload, container, node, message).help(help))
}

/// A mapping that lacks a field, which may stand there without a value.
fn report<'a>(workload: Workload<'a>, holder: Node<'a>, key: &str, help: String) -> Report<'a> {
    let object = workload.object();
    let own_key = |mapping: Node<'a>, of: Node<'a>| {
        let mut entries = mapping.entries();
        entries
            .find(|entry| entry.value.resolved().id() == of.id())
            .map(|entry| entry.key)
    };
    let node = holder
        .entry(key)
        .map(|entry| entry.key)
        .or_else(|| own_key(holder.parent()?, holder))
        .unwrap_or_else(|| object.name_node());
    let path = holder.path();
    let place = if path.is_empty() {
        object.kind().to_owned()
    } else {
        path
    };
    let message = format!("`{place}` has no `{key}`: the API server rejects it");
    Report::object(object, node, message).help(help)
}

fn first_key(mapping: Node<'_>) -> Node<'_> {
    let first = mapping.entries().next();
    first.map_or(mapping, |entry| entry.key)
}

/// The mappings with a key that is `unknown-field`: it may be the missing one, misspelt.
fn told(object: &Object) -> HashSet<NodeId> {
    let unknown = object
        .issues()
        .iter()
        .filter(|issue| matches!(issue.kind, IssueKind::UnknownField { .. }));
    unknown
        .filter_map(|issue| Some(object.node_of(issue.node).parent()?.id()))
        .collect()
}
