//! `destination-rule-conflict`

use std::collections::HashMap;

use super::joined::{how_to_join, is_same};
use super::policy::items;
use super::unimported::is_imported_nowhere;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Together;
use crate::kube::istio::DestinationRule;
use crate::kube::istio::destination_rule::DestinationRuleSpec;
use crate::kube::{Body, Object};
use crate::rules::text::and;
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "destination-rule-conflict",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "Istio drops a part of two DestinationRules for one host",
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
        let mut twins = HashMap::new();
        if spec.traffic_policy.is_some() {
            let policies =
                earlier().filter_map(|(other, spec)| Some((other, policy(other, spec)?)));
            twins.extend(policies.map(|twin| (None, twin)).next());
        }
        if !spec.subsets.is_empty() {
            for (other, spec) in earlier() {
                for part in subsets(other, spec) {
                    twins.entry(part.name).or_insert((other, part));
                }
            }
        }
        let own = policy(object, spec)
            .into_iter()
            .chain(subsets(object, spec));
        let clashes = own.filter_map(|part| {
            let (other, theirs) = *twins.get(&part.name)?;
            Some(Clash {
                other,
                is_same: is_same(part.value, theirs.value),
                part,
                theirs,
            })
        });
        let clashes: Vec<_> = clashes.collect();
        if clashes.is_empty() || is_imported_nowhere(cx, object, spec) {
            return;
        }
        if let Some(report) = report(object, host, clashes) {
            out.push(report);
        }
    }
}

/// What Istio takes from one rule only.
#[derive(Clone, Copy)]
struct Part<'a> {
    /// `None` for the traffic policy, the name of a subset.
    name: Option<&'a str>,
    /// Where it is reported.
    key: Node<'a>,
    value: Node<'a>,
}

struct Clash<'a> {
    part: Part<'a>,
    other: &'a Object,
    theirs: Part<'a>,
    /// Whether what is dropped equals what is kept.
    is_same: bool,
}

fn report<'a>(object: &'a Object, host: &str, clashes: Vec<Clash<'a>>) -> Option<Report<'a>> {
    let is_same = clashes.iter().all(|clash| clash.is_same);
    let told: Vec<_> = clashes
        .into_iter()
        .filter(|clash| is_same || !clash.is_same)
        .collect();
    let first = told.first()?;
    let names: Vec<String> = told
        .iter()
        .map(|clash| {
            clash.part.name.map_or("trafficPolicy".to_owned(), |name| {
                format!("subset `{name}`")
            })
        })
        .collect();
    let what = and(&names);
    let other = first.other.name();
    let (message, severity, help) = if is_same {
        (
            format!("`{other}` repeats settings for `{host}`: Istio uses only one"),
            Severity::Note,
            "keep one of the two: who changes only one later may change nothing".to_owned(),
        )
    } else {
        (
            format!("`{other}` has other settings for `{host}`: Istio keeps the older"),
            Severity::Warning,
            {
                let policy = told.iter().find(|clash| clash.part.name.is_none());
                let policy = policy.map(|clash| (clash.part.value, clash.theirs.value));
                how_to_join(policy, told.iter().any(|clash| clash.part.name.is_some()))
            },
        )
    };
    let report = Report::object(object, first.part.key, message)
        .detail(format!("both set {what}"))
        .severity(severity)
        .help(help);
    Some(told.iter().fold(report, |report, clash| {
        let label = match clash.part.name {
            Some(name) => format!("the other subset `{name}`"),
            None => "the other trafficPolicy".to_owned(),
        };
        report.related(clash.other, clash.theirs.key, label)
    }))
}

fn plain(object: &Object) -> Option<(&DestinationRuleSpec, &str)> {
    let Body::DestinationRule(rule) = object.body() else {
        return None;
    };
    let spec = spec_of(rule)?;
    Some((spec, spec.host.as_deref()?))
}

/// A rule with a workloadSelector is for other clients.
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

fn policy<'a>(object: &'a Object, spec: &DestinationRuleSpec) -> Option<Part<'a>> {
    spec.traffic_policy.as_ref()?;
    let entry = object.node().get("spec")?.entry("trafficPolicy")?;
    Some(Part {
        name: None,
        key: entry.key,
        value: entry.value,
    })
}

fn subsets<'a>(
    object: &'a Object,
    spec: &'a DestinationRuleSpec,
) -> impl Iterator<Item = Part<'a>> {
    let nodes = object
        .node()
        .get("spec")
        .into_iter()
        .flat_map(|spec| items(spec, "subsets"));
    spec.subsets.iter().zip(nodes).filter_map(|(subset, node)| {
        Some(Part {
            name: Some(subset.name.as_deref()?),
            key: node.get("name")?,
            value: node,
        })
    })
}
