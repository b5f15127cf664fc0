//! Subsets of destinations of VirtualServices, for `unresolved-destination`.

use std::collections::HashSet;

use super::ways::Way;
use crate::inventory::{Relation, Target};
use crate::kube::istio::DestinationRule;
use crate::kube::{Object, is_placeholder};
use crate::rules::text::{FEW, and_more};
use crate::rules::{Context, Findings, Report};
use crate::units::suggest;

/// So many ways are looked at for more subsets of one host: each finding asks.
const MOST_WAYS: usize = 200;

/// A subset that no DestinationRule in view defines.
pub(super) fn check(
    cx: &Context<'_>,
    object: &Object,
    host: &str,
    (way, all): (Way<'_>, &[Way<'_>]),
    out: &mut Findings,
) {
    let subset = way.destination.subset.as_deref();
    let Some((subset, subset_node)) = subset.zip(way.node.get("subset")) else {
        return;
    };
    if subset.is_empty() || is_placeholder(subset) || cx.inventory.is_open(object) {
        return;
    }
    let rules: Vec<_> = cx.inventory.rules_for(object, host).collect();
    if !is_in_view(cx, object, host, &rules) {
        return;
    }
    let mut nearest_first: Vec<_> = rules.iter().collect();
    nearest_first.sort_by_key(|(_, _, relation)| (!relation.is_near(), relation.nearness));
    let names = nearest_first
        .into_iter()
        .filter_map(|(_, rule, _)| rule.spec.as_ref())
        .flat_map(|spec| &spec.subsets)
        .filter_map(|subset| subset.name.as_deref());
    let mut seen = HashSet::new();
    let names: Vec<&str> = names.filter(|name| seen.insert(*name)).collect();
    if names
        .iter()
        .any(|name| *name == subset || is_placeholder(name))
    {
        return;
    }
    let message = format!(
        "no subset `{subset}` of `{host}` in view: {}",
        way.consequence()
    );
    let help = help(cx, object, host, (subset, &names), all);
    let report = Report::object(object, subset_node, message).help(help);
    let report = way.severity(report);
    let near = rules.iter().filter(|(_, _, relation)| relation.is_near());
    let rule = near.min_by_key(|(_, _, relation)| relation.nearness);
    out.push(match rule {
        Some((rule, ..)) => {
            report.related(rule, rule.name_node(), "the DestinationRule of the host")
        }
        None => report,
    });
}

fn help(
    cx: &Context<'_>,
    object: &Object,
    host: &str,
    (subset, names): (&str, &[&str]),
    all: &[Way<'_>],
) -> String {
    // One rule for a host has all of its subsets: a second one would overwrite it.
    let same_host = all
        .iter()
        .take(MOST_WAYS)
        .filter(|way| way.destination.host.as_deref() == Some(host));
    let mut wanted: Vec<&str> = same_host
        .filter_map(|way| way.destination.subset.as_deref())
        .filter(|subset| !subset.is_empty() && !is_placeholder(subset))
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    let unread = cx.inventory.unread_rule_for(object, host);
    let help = subset_help(host, subset, names, &wanted);
    match unread.and_then(|rule| Some((rule, cx.inventory.namespace(rule)?))) {
        Some((rule, namespace)) if names.is_empty() => format!(
            "Istio does not look for the rule of this host in namespace `{namespace}`, where DestinationRule `{}` \
             stands; {help}",
            rule.name()
        ),
        _ => help,
    }
}

/// Whether what the host is for is deployed with the object: its Service, or a DestinationRule for
/// it.
fn is_in_view(
    cx: &Context<'_>,
    object: &Object,
    host: &str,
    rules: &[(&Object, &DestinationRule, Relation)],
) -> bool {
    let is_closed =
        |it: &Object, relation: Relation| relation.is_firm() && !cx.inventory.is_open(it);
    let by_service = match cx.inventory.resolve(object, host) {
        Target::Services(services) => services.iter().any(|(it, near)| is_closed(it, *near)),
        Target::Elsewhere | Target::Absent { .. } | Target::Unfinished { .. } => false,
    };
    let is_own = |rule: &DestinationRule| {
        let host = rule.spec.as_ref().and_then(|spec| spec.host.as_deref());
        host.is_some_and(|host| !host.contains('*'))
    };
    by_service
        || rules
            .iter()
            .any(|(it, rule, near)| is_closed(it, *near) && is_own(rule))
}

/// The subsets that there are, or how to make the one that is missing.
fn subset_help(host: &str, subset: &str, defined: &[&str], wanted: &[&str]) -> String {
    if let Some(near) = suggest(subset, defined.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    if defined.is_empty() {
        let few = wanted.iter().take(FEW);
        let subsets: Vec<String> = few
            .map(|it| format!("\n    - name: {it}\n      labels:\n        version: {it}"))
            .collect();
        return format!(
            "add a DestinationRule whose subsets select the pods, by a label they carry:\n\
             apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata:\n  name: {host}\n\
             spec:\n  host: {host}\n  subsets:{}",
            subsets.concat()
        );
    }
    let few = defined.get(..FEW).unwrap_or(defined);
    format!("defined are: {}", and_more(few, defined.len()))
}
