//! Annotations of pods that the API server reads.
//!
//! pkg/apis/core/validation/validation.go, 1.37: ValidatePodSpecificAnnotations,
//! ValidateSeccompPodAnnotations, ValidateAppArmorPodAnnotations, validateSeccompAnnotationsAndFields,
//! validateAppArmorAnnotationsAndFieldsMatchOnCreate.

use super::containers::LISTS;
use super::judge::{Judge, shown};
use crate::yaml::Node;

const SECCOMP: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// `PodTemplateSpec` and `Pod`: annotations of profiles.
pub(super) fn profiles<'t>(judge: &mut Judge<'t>, template: Node<'t>) {
    let Some(spec) = judge.get(template, "spec") else {
        return;
    };
    let Some(annotations) = judge.at(template, &["metadata", "annotations"]) else {
        return;
    };
    let knows_all = LISTS.iter().all(|list| judge.knows_all(spec, list));
    for entry in annotations.entries() {
        let key = entry.key.key_text();
        let Some(value) = judge.text_of(entry.value.resolved()) else {
            continue;
        };
        if key == SECCOMP || key.starts_with(SECCOMP_CONTAINER) {
            let path = value.strip_prefix("localhost/");
            let fits = matches!(value, "runtime/default" | "docker/default" | "unconfined")
                || path.is_some_and(|path| !path.starts_with('/') && !path.contains(".."));
            if !fits {
                judge.wrong(
                    entry.value,
                    format!("{} is not a seccomp profile", shown(value)),
                );
            }
        } else if let Some(name) = key.strip_prefix(APP_ARMOR) {
            let fits = matches!(value, "" | "runtime/default" | "unconfined")
                || value.starts_with("localhost/");
            if !fits {
                judge.wrong(
                    entry.value,
                    format!("{} is not an AppArmor profile", shown(value)),
                );
            }
            let mut containers = LISTS.iter().flat_map(|list| judge.items(spec, list));
            if knows_all && !containers.any(|it| it.get("name").and_then(Node::text) == Some(name))
            {
                judge
                    .wrong(
                        entry.key,
                        format!("the pod has no container {}", shown(name)),
                    )
                    .absence(spec, "containers");
            }
        }
    }
}

/// `PodTemplateSpec` and `Pod`: what it costs to delete a pod, and pods that a kubelet made.
pub(super) fn of_pods<'t>(judge: &mut Judge<'t>, template: Node<'t>) {
    const COST: &str = "controller.kubernetes.io/pod-deletion-cost";
    const MIRROR: &str = "kubernetes.io/config.mirror";
    let Some(annotations) = judge.at(template, &["metadata", "annotations"]) else {
        return;
    };
    if let Some(cost) = judge.get(annotations, COST)
        && let Some(text) = judge.text_of(cost)
        && !is_cost(text)
    {
        judge.wrong(
            cost,
            format!("{} is not a whole number of 32 bits", shown(text)),
        );
    }
    if let Some(entry) = annotations.entry(MIRROR)
        && let Some(spec) = judge.get(template, "spec")
        && judge.lacks(spec, "nodeName")
    {
        judge
            .wrong(entry.key, "a mirror pod without `nodeName`")
            .absence(spec, "nodeName");
    }
}

/// apimachinery pkg/apis/meta/v1/validation and pkg/apis/core/helper: GetDeletionCostFromPodAnnotations,
/// validFirstDigit
fn is_cost(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let first = digits.bytes().next();
    text.parse::<i32>().is_ok()
        && (text == "0" || first.is_some_and(|digit| matches!(digit, b'1'..=b'9')))
}

/// `Pod`: a profile that an annotation and a field name is the same one.
pub(super) fn agreement<'t>(judge: &mut Judge<'t>, pod: Node<'t>) {
    let Some(annotations) = judge.at(pod, &["metadata", "annotations"]) else {
        return;
    };
    let Some(spec) = judge.get(pod, "spec") else {
        return;
    };
    if let Some(profile) = judge.at(spec, &["securityContext", "seccompProfile"]) {
        agrees(judge, annotations, SECCOMP, profile);
    }
    let is_windows = judge
        .at(spec, &["os", "name"])
        .and_then(|name| judge.text_of(name))
        == Some("windows");
    let containers: Vec<Node<'t>> = LISTS
        .iter()
        .flat_map(|list| judge.items(spec, list))
        .collect();
    for container in containers {
        let Some(name) = judge.text(container, "name") else {
            continue;
        };
        if let Some(profile) = judge.at(container, &["securityContext", "seccompProfile"]) {
            agrees(
                judge,
                annotations,
                &format!("{SECCOMP_CONTAINER}{name}"),
                profile,
            );
        }
        // Where a container has no field, its annotation becomes one (pkg/registry/core/pod/strategy.go:
        // applyAppArmorVersionSkew), whatever the pod's says.
        let own = judge.at(container, &["securityContext", "appArmorProfile"]);
        if !is_windows && let Some(profile) = own {
            agrees(judge, annotations, &format!("{APP_ARMOR}{name}"), profile);
        }
    }
}

fn agrees<'t>(judge: &mut Judge<'t>, annotations: Node<'t>, key: &str, profile: Node<'t>) {
    let Some(annotation) = judge.get(annotations, key).and_then(|it| judge.text_of(it)) else {
        return;
    };
    let fits = match judge.text(profile, "type") {
        Some("Unconfined") => annotation == "unconfined",
        // docker/default is a profile of seccomp.
        Some("RuntimeDefault") => matches!(annotation, "runtime/default" | "docker/default"),
        Some("Localhost") => match judge.text(profile, "localhostProfile") {
            Some(name) => annotation.strip_prefix("localhost/") == Some(name),
            None => true,
        },
        _ => true,
    };
    if !fits {
        let node = judge.get(profile, "type").unwrap_or(profile);
        judge.wrong(
            node,
            format!(
                "the profile differs from the annotation {}",
                shown(annotation)
            ),
        );
    }
}
