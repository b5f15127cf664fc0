//! What keeps the pods of one workload on nodes of their own.

use k8s_openapi::api::core::v1::{PodAffinityTerm, PodSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use crate::inventory::takes_port_of_node;
use crate::kube::{PodTemplate, Selector, Workload, is_placeholder};
use crate::lifecycle::signal::only_waits;

/// Required and preferred anti-affinity terms.
pub(super) fn anti_affinity_terms(spec: &PodSpec) -> impl Iterator<Item = &PodAffinityTerm> {
    let rules = spec
        .affinity
        .as_ref()
        .and_then(|affinity| affinity.pod_anti_affinity.as_ref());
    let required = rules
        .and_then(|rules| {
            rules
                .required_during_scheduling_ignored_during_execution
                .as_deref()
        })
        .unwrap_or_default()
        .iter();
    let preferred = rules
        .and_then(|rules| {
            rules
                .preferred_during_scheduling_ignored_during_execution
                .as_deref()
        })
        .unwrap_or_default()
        .iter()
        .map(|weighted| &weighted.pod_affinity_term);
    required.chain(preferred)
}

/// Whether a term looks at pods of this namespace, where that is known, and selects these. A term
/// without a selector selects nothing.
pub(super) fn keeps_apart(
    term: &PodAffinityTerm,
    namespace: Option<&str>,
    selects: impl Fn(&LabelSelector) -> bool,
) -> bool {
    let named = term.namespaces.as_deref().unwrap_or_default();
    let is_elsewhere = term.namespace_selector.is_none()
        && !named.is_empty()
        && namespace.is_some_and(|own| !named.iter().any(|it| it == own || is_placeholder(it)));
    !is_elsewhere && term.label_selector.as_ref().is_some_and(selects)
}

/// Whether its pods do nothing but to wait, as those that keep a place on a node free.
pub(super) fn keeps_a_place(template: PodTemplate<'_>) -> bool {
    let mut containers = template.main_containers().peekable();
    containers.peek().is_some() && containers.all(|container| only_waits(container.data))
}

/// Whether no node holds all pods, so that one drain leaves some: by a port of the node, by required
/// anti-affinity, or by a constraint that does not let one node get ahead of the others.
pub(super) fn no_node_holds_all(workload: Workload<'_>, namespace: Option<&str>) -> bool {
    const HOSTNAME: &str = "kubernetes.io/hostname";
    let template = workload.template();
    let Some(spec) = template.spec() else {
        return false;
    };
    let selects = |selector: &LabelSelector| {
        let selector = Selector::Full(selector);
        selector.matches(template.labels()).possible()
    };
    let rules = spec.affinity.as_ref();
    let rules = rules.and_then(|affinity| affinity.pod_anti_affinity.as_ref());
    let required = rules.and_then(|it| {
        it.required_during_scheduling_ignored_during_execution
            .as_ref()
    });
    let mut constraints = spec.topology_spread_constraints.iter().flatten();
    takes_port_of_node(spec)
        || constraints.any(|constraint| {
            constraint.topology_key == HOSTNAME
                && constraint.max_skew == 1
                && constraint.when_unsatisfiable == "DoNotSchedule"
                && constraint.label_selector.as_ref().is_some_and(selects)
        })
        || required
            .into_iter()
            .flatten()
            .any(|term| term.topology_key == HOSTNAME && keeps_apart(term, namespace, selects))
}

/// Whether every pod gets a node of its own.
pub(super) fn is_on_fargate(workload: Workload<'_>) -> bool {
    const TYPE: &str = "eks.amazonaws.com/compute-type";
    const PROFILE: &str = "eks.amazonaws.com/fargate-profile";
    let template = workload.template();
    let Some(spec) = template.spec() else {
        return false;
    };
    let selected = spec.node_selector.as_ref().and_then(|it| it.get(TYPE));
    let affinity = spec
        .affinity
        .as_ref()
        .and_then(|it| it.node_affinity.as_ref());
    let required = affinity.and_then(|it| {
        it.required_during_scheduling_ignored_during_execution
            .as_ref()
    });
    let terms = required.map_or(&[][..], |it| it.node_selector_terms.as_slice());
    let is_required = !terms.is_empty()
        && terms.iter().all(|term| {
            let mut demands = term.match_expressions.iter().flatten();
            demands.any(|it| {
                it.key == TYPE
                    && it.operator == "In"
                    && it.values.as_deref() == Some(&["fargate".to_owned()])
            })
        });
    selected.is_some_and(|it| it == "fargate")
        || is_required
        || template.labels().contains_key(PROFILE)
        || spec.scheduler_name.as_deref() == Some("fargate-scheduler")
}
