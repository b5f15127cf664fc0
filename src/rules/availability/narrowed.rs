//! Which nodes pods may use.

use k8s_openapi::api::core::v1::{PodAffinityTerm, PodSpec};

use crate::kube::{Selector, Workload};
use crate::yaml::Node;

const HOSTNAME: &str = "kubernetes.io/hostname";

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

/// What keeps the pods off some nodes of the cluster, other than those of another system.
pub(super) fn narrows(workload: Workload<'_>) -> Option<Node<'_>> {
    const OF_SYSTEMS: [&str; 4] = [
        "kubernetes.io/arch",
        "kubernetes.io/os",
        "beta.kubernetes.io/arch",
        "beta.kubernetes.io/os",
    ];
    let spec = workload.template().spec_node()?;
    let selector = spec.entry("nodeSelector").filter(|entry| {
        let mut keys = entry.value.resolved().entries();
        keys.any(|label| !OF_SYSTEMS.contains(&label.key.key_text()))
    });
    let narrows = |demand: Node<'_>| {
        let key = demand.resolved().get("key").and_then(Node::text);
        !key.is_some_and(|key| OF_SYSTEMS.contains(&key))
    };
    let affinity = || {
        let terms = spec.at(&["affinity", "nodeAffinity", REQUIRED, "nodeSelectorTerms"])?;
        let all = terms.items().map(Node::resolved);
        let mut demands = all.flat_map(|term| {
            let lists = [term.get("matchExpressions"), term.get("matchFields")];
            lists.into_iter().flatten().flat_map(Node::items)
        });
        demands.any(narrows).then_some(terms)
    };
    selector.map(|entry| entry.key).or_else(affinity)
}

/// The index of the first required term that keeps the workload's own pods from sharing a node.
pub(super) fn own_terms(workload: Workload<'_>, spec: &PodSpec) -> Option<usize> {
    let rules = spec.affinity.as_ref()?.pod_anti_affinity.as_ref()?;
    let required = rules
        .required_during_scheduling_ignored_during_execution
        .as_deref()?;
    let labels = workload.template().labels();
    let is_own = |term: &PodAffinityTerm| {
        let selector = term.label_selector.as_ref();
        // With the template's hash, pods of different revisions may share a node.
        let by_revision = term.match_label_keys.iter().flatten();
        let elsewhere = term.namespaces.iter().flatten().count() > 0;
        term.topology_key == HOSTNAME
            && by_revision.count() == 0
            && !elsewhere
            && term.namespace_selector.is_none()
            && selector.is_some_and(|it| Selector::Full(it).matches(labels).certain())
    };
    required.iter().position(is_own)
}
