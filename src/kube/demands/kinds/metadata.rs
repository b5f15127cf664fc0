//! The metadata of every kind (`staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go`, 1.37,
//! and `pkg/apis/core/validation/validation.go`). The form of names, labels and annotations is told with
//! the single values.

use super::super::Judge;
use super::super::judge::shown;
use super::texts;
use crate::kube::check::{forms, holds_placeholder, is_of_istio};
use crate::kube::object::Field;
use crate::kube::tables::kinds;
use crate::yaml::Node;

/// Judges the metadata of an object.
pub(in crate::kube::demands) fn check(judge: &mut Judge<'_>) {
    let object = judge.object();
    let kind = judge.kind();
    // What is asked once, and kept nowhere, has no name.
    let is_kept = !kind.ends_with("Review") && kind != "Binding";
    let metadata = match judge.field(object, "metadata") {
        Field::Unknown(_) => return,
        Field::Absent => {
            if is_kept {
                judge.missing(object, "metadata", "the object has no `metadata.name`");
            }
            return;
        }
        Field::Set(metadata) => metadata,
    };
    if is_kept && judge.lacks(metadata, "name") && judge.lacks(metadata, "generateName") {
        judge
            .missing(metadata, "name", "the object has no `metadata.name`")
            .map(|told| told.rests_on(metadata, "generateName"));
    }
    namespace(judge, metadata);
    if judge.int(metadata, "generation").is_some_and(|it| it < 0)
        && !COUNTED.contains(&kind)
        && let Some(node) = judge.get(metadata, "generation")
    {
        judge.wrong(node, "`generation` is below 0");
    }
    annotations(judge, metadata);
    finalizers(judge, metadata);
    owners(judge, metadata);
    managers(judge, metadata);
}

/// Kinds whose generation the API server counts itself, whatever is written (`PrepareForCreate` of
/// their strategies in `pkg/registry`).
const COUNTED: [&str; 22] = [
    "HorizontalPodAutoscaler",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Pod",
    "Job",
    "CronJob",
    "PodDisruptionBudget",
    "Ingress",
    "IngressClass",
    "NetworkPolicy",
    "PriorityClass",
    "PodTemplate",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "CustomResourceDefinition",
    "FlowSchema",
    "PriorityLevelConfiguration",
];

/// The namespace is ignored where the kind has none.
fn namespace<'t>(judge: &mut Judge<'t>, metadata: Node<'t>) {
    let object = judge.object();
    let Some(node) = judge.get(metadata, "namespace") else {
        return;
    };
    let is_namespaced = is_of_istio(object)
        || judge
            .text(object, "apiVersion")
            .and_then(|version| kinds::served(version, judge.kind()))
            .is_some_and(|kind| kind.is_namespaced);
    if let Some(text) = judge.text_of(node)
        && is_namespaced
        && !text.is_empty()
        && !forms::is_dns_label(text)
    {
        judge
            .wrong(
                node,
                format!("{} is not the name of a namespace", shown(text)),
            )
            .help("names of namespaces take at most 63 lower-case letters, digits and `-`");
    }
}

/// `ValidateAnnotationsSize`
fn annotations<'t>(judge: &mut Judge<'t>, metadata: Node<'t>) {
    const MOST: usize = 256 * 1024;
    let Some(entry) = metadata.entry("annotations") else {
        return;
    };
    let size: usize = entry
        .value
        .resolved()
        .entries()
        .map(|entry| entry.key.key_text().len() + entry.value.text().map_or(0, str::len))
        .sum();
    if size > MOST {
        judge.wrong(entry.key, "the annotations hold more than 256 KiB");
    }
}

/// `ValidateFinalizers`
fn finalizers<'t>(judge: &mut Judge<'t>, metadata: Node<'t>) {
    // Their strategies judge names alone, as that of custom resources does.
    let is_lenient = is_of_istio(judge.object())
        || matches!(
            judge.kind(),
            "PodDisruptionBudget"
                | "CustomResourceDefinition"
                | "ValidatingWebhookConfiguration"
                | "MutatingWebhookConfiguration"
        );
    full_names(judge, metadata, is_lenient);
}

/// `validateKubeFinalizerName` of the finalizers of a mapping.
pub(super) fn full_names<'t>(judge: &mut Judge<'t>, holder: Node<'t>, is_lenient: bool) {
    const STANDARD: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];
    for (node, name) in texts(judge, holder, "finalizers") {
        let is_full = name.contains('/') || is_lenient || STANDARD.contains(&name);
        if !(is_full && forms::is_qualified_name(name)) {
            judge
                .wrong(
                    node,
                    format!("finalizer {} is not fully qualified", shown(name)),
                )
                .help("write a name such as example.com/cleanup");
        }
    }
}

/// `ValidateOwnerReferences`
fn owners<'t>(judge: &mut Judge<'t>, metadata: Node<'t>) {
    let owners: Vec<Node<'t>> = judge.items(metadata, "ownerReferences").collect();
    let mut controllers = 0;
    for owner in owners {
        for field in ["apiVersion", "kind", "name", "uid"] {
            if judge.lacks(owner, field) {
                judge.missing(owner, field, format!("an owner reference has no `{field}`"));
            }
        }
        if let Some(node) = judge.get(owner, "apiVersion")
            && let Some(text) = judge.text_of(node)
            && !holds_placeholder(text)
            && (text.split('/').count() > 2 || text.ends_with('/'))
        {
            judge.wrong(
                node,
                format!("{} is not a group and a version", shown(text)),
            );
        }
        if judge.is_true(owner, "controller") {
            controllers += 1;
            if controllers == 2
                && let Some(node) = judge.get(owner, "controller")
            {
                judge.wrong(node, "two owners are the controller");
            }
        }
    }
}

/// `ValidateManagedFields` in `staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation`
fn managers<'t>(judge: &mut Judge<'t>, metadata: Node<'t>) {
    let managers: Vec<Node<'t>> = judge.items(metadata, "managedFields").collect();
    for manager in managers {
        if let Some(node) = judge.get(manager, "operation")
            && let Some(text) = judge.text_of(node)
            && !matches!(text, "Apply" | "Update")
        {
            judge.wrong(
                node,
                format!("operation {} is not Apply or Update", shown(text)),
            );
        }
    }
}
