//! `unresolved-destination`

use super::route_subsets::Subsets;
use super::ways::{Way, ways};
use super::{gateway_hosts, route_targets};
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Target;
use crate::kube::{Body, Object};
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
                // A rule for nothing fails no request.
                if let Some(report) = unfinished(cx, object, host, node, IDLE) {
                    out.push(report.severity(Severity::Warning));
                } else if let Some(name) = absent(cx, object, host) {
                    let message =
                        format!("no Service `{name}` in view for this DestinationRule: {IDLE}");
                    out.push(
                        Report::object(object, node, message)
                            .severity(Severity::Warning)
                            .help(near_help(nearest(cx, object, name), name)),
                    );
                }
            }
            Body::VirtualService(service) => {
                let typed = service.spec.as_ref();
                let ways = typed
                    .map(|it| ways(cx, object, it, spec))
                    .unwrap_or_default();
                let mut subsets = Subsets::default();
                for way in &ways {
                    check(cx, object, (*way, &ways), &mut subsets, out);
                }
                route_targets::check_gateways(cx, object, spec, out);
                gateway_hosts::check(cx, object, spec, out);
            }
            _ => {}
        }
    }
}

fn check<'a>(
    cx: &Context<'a>,
    object: &'a Object,
    (way, all): (Way<'a>, &[Way<'a>]),
    subsets: &mut Subsets<'a>,
    out: &mut Findings,
) {
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
    subsets.check(cx, object, host, (way, all), out);
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
