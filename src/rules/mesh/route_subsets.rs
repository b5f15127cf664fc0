//! Subsets of destinations of VirtualServices, for `unresolved-destination`.

use std::collections::{HashMap, HashSet};

use super::ways::Way;
use crate::inventory::{Relation, Target};
use crate::kube::istio::DestinationRule;
use crate::kube::{Object, is_placeholder};
use crate::rules::text::{FEW, and_more};
use crate::rules::{Context, Findings, Report};
use crate::units::suggest;

/// So many ways are looked at for more subsets of one host.
const MOST_WAYS: usize = 200;

/// The subsets of the hosts that a VirtualService leads to, each host looked at once: thousands of routes
/// may lead to thousands of subsets.
#[derive(Default)]
pub(super) struct Subsets<'a> {
    by_host: HashMap<&'a str, Option<Subsetted<'a>>>,
}

/// A host whose subsets are all in view.
struct Subsetted<'a> {
    /// Those of the nearest rule first.
    names: Vec<&'a str>,
    known: HashSet<&'a str>,
    /// The nearest DestinationRule.
    rule: Option<&'a Object>,
    /// One for the host in a namespace in which Istio does not look for it, and that namespace.
    unread: Option<(&'a Object, &'a str)>,
    /// The subsets that the VirtualService leads to. One rule for a host has all of its subsets: a second
    /// one would overwrite it.
    wanted: Vec<&'a str>,
}

impl<'a> Subsets<'a> {
    /// Reports a subset that no DestinationRule in view defines.
    pub(super) fn check(
        &mut self,
        cx: &Context<'a>,
        object: &'a Object,
        host: &'a str,
        (way, all): (Way<'a>, &[Way<'a>]),
        out: &mut Findings,
    ) {
        let subset = way.destination.subset.as_deref();
        let Some((subset, subset_node)) = subset.zip(way.node.get("subset")) else {
            return;
        };
        if subset.is_empty() || is_placeholder(subset) || cx.inventory.is_open(object) {
            return;
        }
        let found = self
            .by_host
            .entry(host)
            .or_insert_with(|| Subsetted::of(cx, object, host, all));
        let Some(found) = found.as_ref().filter(|it| !it.known.contains(subset)) else {
            return;
        };
        let message = format!(
            "no subset `{subset}` of `{host}` in view: {}",
            way.consequence()
        );
        let report = Report::object(object, subset_node, message).help(found.help(host, subset));
        let report = way.severity(report);
        out.push(match found.rule {
            Some(rule) => report.related(rule, rule.name_node(), "the DestinationRule of the host"),
            None => report,
        });
    }
}

impl<'a> Subsetted<'a> {
    fn of(cx: &Context<'a>, object: &'a Object, host: &'a str, all: &[Way<'a>]) -> Option<Self> {
        let mut rules: Vec<_> = cx.inventory.rules_for(object, host).collect();
        if !is_in_view(cx, object, host, &rules) {
            return None;
        }
        rules.sort_by_key(|(_, _, relation)| (!relation.is_near(), relation.nearness));
        let known: HashSet<&str> = rules
            .iter()
            .flat_map(|(_, rule, _)| names_of(rule))
            .collect();
        if known.iter().any(|name| is_placeholder(name)) {
            return None;
        }
        rules.retain(|(rule, ..)| !is_other_form(cx, object, rule));
        let mut seen = HashSet::new();
        let names = rules.iter().flat_map(|(_, rule, _)| names_of(rule));
        let names: Vec<&str> = names.filter(|name| seen.insert(*name)).collect();
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
        let nearest = rules.first().filter(|(_, _, relation)| relation.is_near());
        let unread = cx.inventory.unread_rule_for(object, host);
        Some(Self {
            rule: nearest.map(|(rule, ..)| *rule),
            unread: unread.and_then(|rule| Some((rule, cx.inventory.namespace(rule)?))),
            names,
            known,
            wanted,
        })
    }

    fn help(&self, host: &str, subset: &str) -> String {
        let help = subset_help(host, subset, &self.names, &self.wanted);
        match self.unread {
            Some((rule, namespace)) if self.names.is_empty() => format!(
                "Istio does not look for the rule of this host in namespace `{namespace}`, where DestinationRule `{}` \
                 stands; {help}",
                rule.name()
            ),
            _ => help,
        }
    }
}

fn names_of(rule: &DestinationRule) -> impl Iterator<Item = &str> {
    let subsets = rule.spec.iter().flat_map(|spec| &spec.subsets);
    subsets.filter_map(|subset| subset.name.as_deref())
}

/// Whether a rule of another file is one that the object's own file has: what it says besides is not meant
/// together with that.
fn is_other_form(cx: &Context<'_>, object: &Object, rule: &Object) -> bool {
    let is_own = |other: &Object| {
        other.source() == object.source()
            && other.kind() == rule.kind()
            && cx.inventory.namespace(other) == cx.inventory.namespace(rule)
    };
    rule.source() != object.source() && cx.inventory.objects_named(rule.name()).any(is_own)
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
