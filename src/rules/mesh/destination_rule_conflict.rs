//! `destination-rule-conflict`

use std::collections::HashMap;

use super::policy::items;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Together;
use crate::kube::istio::DestinationRule;
use crate::kube::istio::destination_rule::DestinationRuleSpec;
use crate::kube::{Body, Object};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "destination-rule-conflict",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "Two DestinationRules for one host, of which Istio drops a part",
    page: include_str!("../../../rules/mesh/destination-rule-conflict.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["circuit-breaker"],
};

/// See the rule's page.
pub(in crate::rules) struct DestinationRuleConflict;

impl Rule for DestinationRuleConflict {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Some((spec, host)) = plain(object) else {
            return;
        };
        // Each pair is reported once, at the rule that comes later.
        let earlier = || {
            cx.inventory
                .rules_for(object, host)
                .take_while(|(other, ..)| !std::ptr::eq(*other, object))
                .filter(|(other, ..)| {
                    matches!(
                        cx.inventory.together(object, other),
                        Some(Together::File | Together::Kustomization)
                    ) && cx.inventory.namespace(object) == cx.inventory.namespace(other)
                        && object.name() != other.name()
                })
                .filter_map(|(other, rule, _)| Some((other, spec_of(rule)?)))
                .filter(|(_, other)| {
                    is_same_host(host, other.host.as_deref(), cx.inventory.namespace(object))
                        && other.export_to == spec.export_to
                })
        };
        let policy = |object: &'_ Object| -> Option<NodeOf> {
            let entry = object.node().get("spec")?.entry("trafficPolicy")?;
            Some(NodeOf(entry.key.id()))
        };
        let first_policy = || {
            let mut earlier = earlier();
            earlier.find(|(other, spec)| spec.traffic_policy.is_some() && policy(other).is_some())
        };
        if spec.traffic_policy.is_some()
            && let Some((other, _)) = first_policy()
            && let (Some(own), Some(theirs)) = (policy(object), policy(other))
        {
            let message = format!(
                "DestinationRule `{}` sets a trafficPolicy for `{host}` too: Istio keeps the one of \
                 the rule that was created first and drops the other",
                other.name()
            );
            let help = "put the settings of both into one DestinationRule for the host";
            let report = Report::object(object, object.node_of(own.0), message).help(help);
            out.push(report.related(other, other.node_of(theirs.0), "the other trafficPolicy"));
        }
        let mut twins = HashMap::new();
        if !spec.subsets.is_empty() {
            for (other, spec) in earlier() {
                for (name, node) in subsets(other, spec) {
                    twins.entry(name).or_insert((other, node));
                }
            }
        }
        for (name, node) in subsets(object, spec) {
            if let Some((other, theirs)) = twins.get(name).copied() {
                let message = format!(
                    "DestinationRule `{}` defines a subset `{name}` of `{host}` too: Istio keeps the \
                     one of the rule that was created first and drops the other",
                    other.name()
                );
                let help = "define each subset once, in one DestinationRule for the host";
                let report = Report::object(object, node, message).help(help);
                out.push(report.related(other, theirs, "the other subset"));
            }
        }
    }
}

/// A node that outlives the closure which found it.
struct NodeOf(crate::yaml::NodeId);

fn plain(object: &Object) -> Option<(&DestinationRuleSpec, &str)> {
    let Body::DestinationRule(rule) = object.body() else {
        return None;
    };
    let spec = spec_of(rule)?;
    Some((spec, spec.host.as_deref()?))
}

/// A rule with a workloadSelector is for other clients and never merged.
fn spec_of(rule: &DestinationRule) -> Option<&DestinationRuleSpec> {
    let spec = rule.spec.as_ref()?;
    spec.workload_selector.is_none().then_some(spec)
}

/// Whether two hosts of one namespace are the same and not merely covered by a wildcard.
fn is_same_host(one: &str, other: Option<&str>, namespace: Option<&str>) -> bool {
    let full = |host: &str| match (host.contains('.'), namespace) {
        (false, Some(namespace)) => format!("{host}.{namespace}.svc.cluster.local"),
        _ => host.to_owned(),
    };
    other.is_some_and(|other| full(one) == full(other))
}

fn subsets<'a>(
    object: &'a Object,
    spec: &'a DestinationRuleSpec,
) -> impl Iterator<Item = (&'a str, Node<'a>)> {
    let nodes = object
        .node()
        .get("spec")
        .into_iter()
        .flat_map(|spec| items(spec, "subsets"));
    spec.subsets
        .iter()
        .zip(nodes)
        .filter_map(|(subset, node)| Some((subset.name.as_deref()?, node.get("name")?)))
}
