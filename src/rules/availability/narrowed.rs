//! Which nodes pods may use.

use crate::kube::Workload;
use crate::yaml::Node;

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
