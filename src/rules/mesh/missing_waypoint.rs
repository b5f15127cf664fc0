//! `missing-waypoint`

use std::collections::HashSet;

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Evidence, Membership, Target};
use crate::kube::{Body, Object};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::{Node, path_below};

static META: RuleMeta = RuleMeta {
    id: "missing-waypoint",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "Ambient routes or circuit breakers without a waypoint",
    page: include_str!("../../../rules/mesh/missing-waypoint.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// Of a Service or a Namespace: the waypoint that its requests go through (`GetUseWaypoint` in
/// pilot/pkg/serviceregistry/ambient/waypoints.go).
const USE_WAYPOINT: &str = "istio.io/use-waypoint";

/// See the rule's page.
pub(in crate::rules) struct MissingWaypoint;

/// A Service that an object is for, and where the object names it.
struct Named<'a> {
    service: &'a Object,
    node: Node<'a>,
}

impl Rule for MissingWaypoint {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let named = match (object.body(), object.kind()) {
            (Body::VirtualService(_), _) => of_service(cx, object),
            (Body::DestinationRule(_), _) => of_rule(cx, object),
            (_, "HTTPRoute" | "GRPCRoute") => of_route(cx, object),
            _ => return,
        };
        let mut seen = HashSet::new();
        let found = named
            .into_iter()
            .filter(|named| seen.insert(named.service.number()))
            .find_map(|named| Some((evidence(cx, object, named.service)?, named)));
        let Some((evidence, Named { service, node })) = found else {
            return;
        };
        let message = format!(
            "no waypoint for Service `{}`: in the ambient mesh this {} does nothing",
            service.name(),
            object.kind()
        );
        let report = Report::object(object, node, message).help(
            "ztunnel knows connections only: add a waypoint (`istioctl waypoint apply`), and name it in the label \
             `istio.io/use-waypoint` of the Service or of its Namespace",
        );
        out.push(
            report
                .related(evidence.object, evidence.node, evidence.message)
                .related(service, service.name_node(), "the Service"),
        );
    }
}

/// The Services of a host, deployed with the object.
fn services<'a>(cx: &Context<'a>, object: &'a Object, host: Node<'a>) -> Vec<Named<'a>> {
    let text = host.text().filter(|text| !text.contains('*'));
    let Some(Target::Services(services)) = text.map(|text| cx.inventory.resolve(object, text))
    else {
        return Vec::new();
    };
    let firm = services
        .into_iter()
        .filter(|(_, relation)| relation.is_firm());
    let named = firm.map(|(service, _)| Named {
        service,
        node: host,
    });
    named.collect()
}

/// Those that a VirtualService of the mesh is for.
fn of_service<'a>(cx: &Context<'a>, object: &'a Object) -> Vec<Named<'a>> {
    let Some(spec) = object.node().get("spec") else {
        return Vec::new();
    };
    let gateways = object.field_below(spec, &["gateways"]);
    let mut names = gateways.node().into_iter().flat_map(Node::items);
    if !gateways.is_absent() && !names.all(|name| name.text() == Some("mesh")) {
        return Vec::new();
    }
    let hosts = spec.get("hosts").into_iter().flat_map(Node::items);
    hosts.flat_map(|host| services(cx, object, host)).collect()
}

/// The one that a DestinationRule is for, if no route leads to it: gateways heed the rule.
fn of_rule<'a>(cx: &Context<'a>, object: &'a Object) -> Vec<Named<'a>> {
    let policies = object
        .node()
        .at(&["spec", "trafficPolicy"])
        .into_iter()
        .flat_map(Node::entries);
    let mut settings = policies.map(|entry| entry.key.key_text());
    if !settings.any(|key| matches!(key, "outlierDetection" | "connectionPool" | "loadBalancer")) {
        return Vec::new();
    }
    let host = object.node().at(&["spec", "host"]);
    let mut named: Vec<_> = host.map_or_else(Vec::new, |host| services(cx, object, host));
    named.retain(|named| !cx.inventory.is_routed(named.service));
    named
}

/// Those that a route of the Gateway API has as its parents.
fn of_route<'a>(cx: &Context<'a>, object: &'a Object) -> Vec<Named<'a>> {
    let parents = object.node().at(&["spec", "parentRefs"]);
    let parents = parents
        .into_iter()
        .flat_map(Node::items)
        .map(Node::resolved);
    let of_services = parents.filter(|parent| {
        let text = |key| parent.get(key).and_then(Node::text);
        text("kind") == Some("Service")
            && matches!(text("group"), Some("" | "core"))
            && parent.get("namespace").is_none()
    });
    of_services
        .filter_map(|parent| parent.get("name"))
        .flat_map(|name| services(cx, object, name))
        .collect()
}

/// What puts the pods of a Service in the ambient mesh, where the Service has no waypoint.
fn evidence<'a>(cx: &Context<'a>, object: &Object, service: &'a Object) -> Option<Evidence<'a>> {
    let inventory = cx.inventory;
    let namespace = inventory.namespace(service)?;
    let mut namespaces = inventory
        .objects_named(namespace)
        .filter(|it| matches!(it.body(), Body::Namespace(_)))
        .peekable();
    namespaces.peek()?;
    let has_waypoint = |it: &Object| {
        it.label(USE_WAYPOINT).is_some()
            || inventory.is_set_elsewhere(
                it,
                it.node(),
                &path_below("metadata.labels", USE_WAYPOINT),
            )
    };
    let is_off = |it: &Object| it.label(USE_WAYPOINT).and_then(Node::text) == Some("none");
    if !is_off(service) && (has_waypoint(service) || namespaces.any(has_waypoint)) {
        return None;
    }
    // A caller with a sidecar heeds the object.
    let what = "whether a workload next to it has a sidecar";
    let has_callers = inventory.shared(object, what, String::new(), || {
        let mut callers = inventory.workloads_beside(object);
        callers.any(|it| inventory.mesh(it).has_sidecar())
    });
    if *has_callers {
        return None;
    }
    let mut found = None;
    for (workload, relation) in inventory.selects(service) {
        let mesh = inventory.mesh(workload);
        if !relation.is_firm() || mesh.membership != Membership::Ambient {
            return None;
        }
        found = found.or(mesh.evidence);
    }
    found
}
