//! Labels that a selector asks for and a pod template does not carry.

use std::collections::BTreeMap;

use crate::kube::{Object, PodTemplate, is_placeholder};
use crate::rules::Context;
use crate::rules::text::and;
use crate::yaml::Node;

/// One label that differs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Difference<'a> {
    pub(super) key: &'a str,
    pub(super) wanted: &'a str,
    pub(super) found: Option<&'a str>,
}

/// Where the labels differ from those that are wanted; placeholders differ from nothing.
pub(super) fn differences<'a>(
    wanted: &'a BTreeMap<String, String>,
    labels: &'a BTreeMap<String, String>,
) -> Vec<Difference<'a>> {
    wanted
        .iter()
        .filter_map(|(key, wanted)| {
            let found = labels.get(key).map(String::as_str);
            let same = found == Some(wanted.as_str());
            let open =
                is_placeholder(key) || is_placeholder(wanted) || found.is_some_and(is_placeholder);
            (!same && !open).then_some(Difference { key, wanted, found })
        })
        .collect()
}

/// Labels that controllers and operators put on running pods, so that no template carries them.
const SET_AT_RUN_TIME: [&str; 13] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/job-name",
    "cnpg.io/instanceRole",
    "controller-revision-hash",
    "deployment",
    "deploymentconfig",
    "gateway.networking.k8s.io/gateway-name",
    "istio.io/gateway-name",
    "job-name",
    "pod-template-hash",
    "rollouts-pod-template-hash",
    "spilo-role",
    "statefulset.kubernetes.io/pod-name",
];

/// Whether what a selector asks for may be true of pods though no template says so: a placeholder, or
/// a label that is set at run time.
pub(super) fn is_open(key: &str, value: &str) -> bool {
    is_placeholder(key) || is_placeholder(value) || SET_AT_RUN_TIME.contains(&key)
}

/// Whether a custom resource in view looks like what the pods come from: a label has its name, or
/// names its kind (`prometheus: k8s`, `managed-by: keycloak-operator`).
pub(super) fn is_made_by_operator(
    cx: &Context<'_>,
    object: &Object,
    selector: &BTreeMap<String, String>,
) -> bool {
    cx.inventory.custom_resources(object).any(|resource| {
        let kind = resource.kind().to_lowercase();
        selector.iter().any(|(key, value)| {
            value == resource.name() || value.contains(&kind) || key.contains(&kind)
        })
    })
}

/// What the selector asks for: `` `app: web` and `tier: api` ``.
pub(super) fn wanted(differences: &[Difference<'_>]) -> String {
    let pairs: Vec<String> = differences
        .iter()
        .map(|it| format!("`{}: {}`", it.key, it.wanted))
        .collect();
    and(&pairs)
}

/// What the pods have instead: `` `app: api` and no `tier` ``.
pub(super) fn found(differences: &[Difference<'_>]) -> String {
    let pairs: Vec<String> = differences
        .iter()
        .map(|it| match it.found {
            Some(value) => format!("`{}: {value}`", it.key),
            None => format!("no label `{}`", it.key),
        })
        .collect();
    and(&pairs)
}

/// The narrowest node that shows the labels of the pods: the first that differs, else all, else what
/// lacks them.
pub(super) fn node<'a>(
    template: PodTemplate<'a>,
    differences: &[Difference<'_>],
) -> Option<Node<'a>> {
    let present = differences.iter().find_map(|it| template.label(it.key));
    let metadata = || template.node()?.get("metadata");
    present
        .or_else(|| metadata()?.get("labels"))
        .or_else(metadata)
        .or_else(|| template.node())
}
