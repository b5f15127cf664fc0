//! `unresolved-destination`

use std::collections::HashSet;

use super::ways::{Way, ways};
use super::{gateway_hosts, route_targets};
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Relation, Target};
use crate::kube::istio::DestinationRule;
use crate::kube::{Body, Object, is_placeholder};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::suggest;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "unresolved-destination",
    category: Category::Mesh,
    severity: Severity::Error,
    pedantic: false,
    summary: "Requests go to a Service or subset that does not exist",
    page: include_str!("../../../rules/mesh/unresolved-destination.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

/// What becomes of a rule for nothing.
const IDLE: &str = "none of its settings takes effect";

/// See the rule's page.
pub(in crate::rules) struct UnresolvedDestination;

impl Rule for UnresolvedDestination {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Some(spec) = object.node().get("spec") else {
            return;
        };
        match object.body() {
            Body::DestinationRule(rule) => {
                let host = rule.spec.as_ref().and_then(|spec| spec.host.as_deref());
                let Some((host, node)) = host.zip(spec.get("host")) else {
                    return;
                };
                if let Some(report) = unfinished(cx, object, host, node, IDLE) {
                    out.push(report);
                } else if let Some(name) = absent(cx, object, host) {
                    let message =
                        format!("no Service `{name}` in view for this DestinationRule: {IDLE}");
                    out.push(
                        Report::object(object, node, message)
                            .help(near_help(nearest(cx, object, name), name)),
                    );
                }
            }
            Body::VirtualService(service) => {
                let typed = service.spec.as_ref();
                for way in typed.into_iter().flat_map(|it| ways(it, spec)) {
                    check(cx, object, way, out);
                }
                route_targets::check_gateways(cx, object, spec, out);
                gateway_hosts::check(cx, object, spec, out);
            }
            _ => {}
        }
    }
}

fn check(cx: &Context<'_>, object: &Object, way: Way<'_>, out: &mut Findings) {
    let host = way.destination.host.as_deref();
    let Some((host, host_node)) = host.zip(way.node.get("host")) else {
        return;
    };
    if let Some(name) = absent(cx, object, host) {
        let message = format!("no Service `{name}` in view: {}", way.consequence());
        let near = nearest(cx, object, name);
        let mut report = Report::object(object, host_node, message).help(near_help(near, name));
        // A longer form of the name keeps its ending.
        if let Some(near) = near
            && let Some(ending) = host.strip_prefix(name)
        {
            let meant = format!("{near}{ending}");
            let title = format!("route to {meant}");
            report = report.fix(Applicability::Unsafe, title, object, |editor| {
                editor.set(host_node, &Value::text(meant))
            });
        }
        out.push(way.severity(report.reveals()));
        return;
    }
    if let Some(report) = unfinished(cx, object, host, host_node, way.consequence()) {
        out.push(way.severity(report));
        return;
    }
    check_subset(cx, object, host, way, out);
    route_targets::check_port(cx, object, host, way, out);
}

/// A Service by a name with a dot that is not its whole one.
fn unfinished<'a>(
    cx: &Context<'_>,
    object: &'a Object,
    host: &str,
    node: Node<'_>,
    effect: &str,
) -> Option<Report<'a>> {
    // A wildcard may mean many Services.
    if host.contains('*') {
        return None;
    }
    let Target::Unfinished { name, namespace } = cx.inventory.resolve(object, host) else {
        return None;
    };
    let message = format!("Istio does not complete `{host}`: {effect}");
    let help = format!("write {name}.{namespace}.svc.cluster.local");
    let report = Report::object(object, node, message);
    Some(
        report
            .detail("only names without a dot are completed")
            .help(help),
    )
}

fn check_subset(cx: &Context<'_>, object: &Object, host: &str, way: Way<'_>, out: &mut Findings) {
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
    let report = Report::object(object, subset_node, message)
        .help(route_targets::subset_help(host, subset, &names));
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

/// The name of the Service that a host means, where it has to be in view and is not: it is of the
/// object's own namespace, and other Services of that namespace are in view beside the object.
fn absent<'a>(cx: &Context<'a>, object: &'a Object, host: &'a str) -> Option<&'a str> {
    let inventory = cx.inventory;
    // A wildcard means whatever there is.
    if host.contains('*') {
        return None;
    }
    let own = inventory.namespace(object);
    match inventory.resolve(object, host) {
        Target::Absent { name, namespace }
            if namespace == own
                && !inventory.is_open(object)
                && inventory.has_services_beside(object)
                && !inventory.is_named_by_operator(object, name) =>
        {
            Some(name)
        }
        _ => None,
    }
}

fn nearest<'a>(cx: &Context<'a>, object: &Object, name: &str) -> Option<&'a str> {
    let beside = cx.inventory.objects().filter(|other| {
        matches!(other.body(), Body::Service(_))
            && cx.inventory.same_scope(other, object)
            && cx.inventory.same_namespace(other, object)
    });
    suggest(name, beside.map(Object::name))
}

fn near_help(near: Option<&str>, name: &str) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "name a Service of this namespace, or add the Service (or, for a host outside the \
             mesh, a ServiceEntry) for `{name}`"
        ),
    }
}
