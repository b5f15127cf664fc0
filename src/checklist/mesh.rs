//! What a mesh does for a workload.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Basis, because, because_at};
use crate::clocks::{Clocks, Hold, drain, written};
use crate::finding::Because;
use crate::inventory::{Inventory, Membership, ProxyKind, Target};
use crate::kube::istio::peer_authentication::MutualTlsMode;
use crate::kube::{Body, ContainerRole, Object, Workload};
use crate::lifecycle::helper::Helper;
use crate::lifecycle::sidecar::Proxy;
use crate::yaml::Node;

/// Why nothing is asked about the mesh, where nothing is.
fn outside(clocks: Clocks<'_>, workload: Workload<'_>) -> Option<Basis> {
    match clocks.inventory.mesh(workload).membership {
        Membership::Sidecar | Membership::Likely | Membership::Ambient => None,
        Membership::Gateway => Some(Basis::none("a gateway's proxy is not a sidecar")),
        Membership::None => Some(Basis::none("not in a mesh")),
        Membership::Unknown => Some(Basis::none(
            "nothing in view puts it in a mesh; if it is in one, pass --mesh",
        )),
    }
}

fn outside_or_idle(clocks: Clocks<'_>, workload: Workload<'_>) -> Option<Basis> {
    let is_idle = !clocks.inventory.serving(workload).is_serving();
    outside(clocks, workload).or_else(|| is_idle.then(|| Basis::none("takes no requests")))
}

pub(super) fn sidecar(clocks: Clocks<'_>, workload: Workload<'_>) -> Basis {
    if let Some(basis) = outside(clocks, workload) {
        return helpers(clocks, workload).unwrap_or(basis);
    }
    let mesh = clocks.inventory.mesh(workload);
    if mesh.membership == Membership::Ambient {
        return Basis::none("an ambient mesh has no sidecars");
    }
    if clocks.inventory.proxy_kind(workload) == ProxyKind::Native {
        return Basis::Seen(vec![because(
            "a native sidecar starts first and ends last",
            None,
        )]);
    }
    let settings = clocks.inventory.proxy_settings(workload);
    if !settings.is_readable() {
        return Basis::person("what the proxy is told cannot be read");
    }
    let object = workload.template().object();
    let hold = match clocks.hold(workload) {
        Hold::Pod(node) => because_at("holdApplicationUntilProxyStarts", object, node),
        Hold::Mesh => because("holdApplicationUntilProxyStarts, for the whole mesh", None),
        Hold::None => return Basis::person("that the sidecar starts before the application"),
    };
    let exit = Proxy::Classic(drain(&settings)).exit();
    let exit = because(format!("the sidecar leaves {exit}"), None);
    Basis::Seen(vec![hold, exit])
}

/// What holds of the helpers of a pod outside of Istio's mesh; `None` where it has none.
fn helpers<'c>(clocks: Clocks<'c>, workload: Workload<'c>) -> Option<Basis> {
    let mut seen = Vec::new();
    for injected in clocks.injected(workload) {
        let name = injected.helper.name;
        let (Some(by), Some(_)) = (&injected.evidence, injected.wait) else {
            continue;
        };
        if injected.is_native != Some(true) {
            let or = injected.injection.native.default_since;
            let or = or.map_or_else(String::new, |since| {
                format!(" (a native one does, the default from {since} on)")
            });
            return Some(Basis::person(format!(
                "that {name} starts before the application and ends after it{or}"
            )));
        }
        let text = format!("{name} is a native sidecar: it starts first and ends last");
        seen.push(because_at(text, by.object, by.node));
    }
    if let Some((container, helper)) = written(workload).next() {
        return Some(Basis::person(format!(
            "that `{}` ({}) starts before the application and ends after it",
            container.name(),
            helper.name
        )));
    }
    let sidecars = workload.template().containers();
    let sidecars = sidecars.filter(|it| it.role == ContainerRole::NativeSidecar);
    seen.extend(sidecars.filter_map(|container| {
        let helper = Helper::of_container(container.data)?;
        let text = format!(
            "{} is a native sidecar: it starts first and ends last",
            helper.name
        );
        Some(because_at(text, container.object(), container.name_node()))
    }));
    (!seen.is_empty()).then_some(Basis::Seen(seen))
}

/// Of the routes and rules of one Service so many are looked at, and of the Services of one workload.
const MOST_ROUTES: usize = 200;
pub(super) const MOST_SERVICES: usize = 100;

/// VirtualServices by the Services they lead to.
pub(super) struct Routes<'a> {
    /// By the number of the Service: the HTTP routes that lead there, in their order.
    by_service: HashMap<u32, Vec<Route<'a>>>,
}

/// The number of an HTTP route, its VirtualService, and its `retries`.
type Route<'a> = (usize, &'a Object, Option<Node<'a>>);

impl<'a> Routes<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let mut by_service: HashMap<u32, Vec<Route<'a>>> = HashMap::new();
        let mut number = 0;
        for object in inventory.objects() {
            let Body::VirtualService(service) = object.body() else {
                continue;
            };
            let Some(spec) = &service.spec else {
                continue;
            };
            let nodes = object.node().at(&["spec", "http"]);
            let nodes = nodes.into_iter().flat_map(Node::items).map(Node::resolved);
            let mut found: HashMap<&str, Vec<u32>> = HashMap::new();
            for (route, node) in spec.http.iter().zip(nodes) {
                for destination in &route.route {
                    let host = destination.destination.as_ref();
                    let Some(host) = host.and_then(|it| it.host.as_deref()) else {
                        continue;
                    };
                    let services = found.entry(host).or_insert_with(|| {
                        let Target::Services(found) = inventory.resolve(object, host) else {
                            return Vec::new();
                        };
                        found.iter().map(|(service, _)| service.number()).collect()
                    });
                    number += 1;
                    services.retain(|service| {
                        let routes = by_service.entry(*service).or_default();
                        routes.push((number, object, node.get("retries")));
                        routes.len() < MOST_ROUTES
                    });
                }
            }
        }
        Self { by_service }
    }

    /// The VirtualServices that lead to one of these Services, with the `retries` of the route.
    pub(super) fn to(
        &self,
        services: &[&Object],
    ) -> impl Iterator<Item = (&'a Object, Option<Node<'a>>)> {
        let numbers = services.iter().take(MOST_SERVICES).map(|it| it.number());
        let found = numbers.filter_map(|number| self.by_service.get(&number));
        let mut routes: Vec<Route<'a>> = found.flatten().copied().collect();
        routes.sort_by_key(|(number, ..)| *number);
        routes
            .into_iter()
            .map(|(_, object, retries)| (object, retries))
    }
}

/// The numbers of the DestinationRules, or of so many, that are deployed with a Service and are for it.
pub(super) fn rules_beside(inventory: &Inventory, service: &Object) -> Arc<Vec<u32>> {
    let key = service.number().to_string();
    inventory.shared(service, "DestinationRules of a Service", key, || {
        let rules = inventory.destination_rules(service);
        let near = rules.filter(|(.., relation)| relation.is_near());
        near.map(|(rule, ..)| rule.number())
            .take(MOST_ROUTES)
            .collect()
    })
}

pub(super) fn retries(clocks: Clocks<'_>, routes: &Routes<'_>, workload: Workload<'_>) -> Basis {
    if let Some(basis) = outside_or_idle(clocks, workload) {
        return basis;
    }
    let by_mesh = clocks
        .inventory
        .mesh_configs_of(workload.object())
        .find(|(_, config)| config.default_http_retry_policy.is_some());
    if let Some((object, _)) = by_mesh {
        let text = "defaultHttpRetryPolicy of the mesh";
        return Basis::Seen(vec![because_at(text, object, object.name_node())]);
    }
    let serving = clocks.inventory.serving(workload);
    let services: Vec<&Object> = serving.services().map(|(service, _)| service).collect();
    let own: Vec<_> = routes.to(&services).collect();
    if let Some((object, _)) = own.iter().find(|(_, retries)| retries.is_none()) {
        return Basis::person(format!(
            "VirtualService {} has a route without retries",
            object.name()
        ));
    }
    let seen: Vec<Because> = own
        .into_iter()
        .filter_map(|(object, retries)| Some(because_at("retries", object, retries?)))
        .collect();
    Basis::seen(
        seen,
        "no VirtualService in view routes to it; Istio retries twice by default",
    )
}

pub(super) fn circuit_breaker(clocks: Clocks<'_>, workload: Workload<'_>) -> Basis {
    if let Some(basis) = outside_or_idle(clocks, workload) {
        return basis;
    }
    let inventory = clocks.inventory;
    if inventory.replicas(workload).count() == Some(1) {
        return Basis::none("one replica: there is no other endpoint to turn to");
    }
    let serving = inventory.serving(workload);
    let services = serving.services().map(|(service, _)| service);
    let seen: Vec<Because> = services
        .take(MOST_SERVICES)
        .flat_map(|service| rules_beside(inventory, service).to_vec())
        .filter_map(|rule| {
            let object = inventory.numbered(rule)?;
            let policy = object.node().at(&["spec", "trafficPolicy"])?;
            let entry = policy.entry("outlierDetection")?;
            Some(because_at("outlierDetection", object, entry.key))
        })
        .collect();
    Basis::seen(seen, "no DestinationRule in view ejects failing endpoints")
}

pub(super) fn tracing(clocks: Clocks<'_>, workload: Workload<'_>) -> Basis {
    if let Some(basis) = outside(clocks, workload) {
        return basis;
    }
    if clocks.inventory.is_traced(workload.object()) {
        let text = "a Telemetry or the mesh configuration enables it";
        return Basis::Seen(vec![because(text, None)]);
    }
    Basis::person("nothing in view enables tracing")
}

pub(super) fn mtls(clocks: Clocks<'_>, workload: Workload<'_>) -> Basis {
    if let Some(basis) = outside(clocks, workload) {
        return basis;
    }
    let inventory = clocks.inventory;
    let own = inventory.namespace(workload.object());
    // A policy of another scope may be for another mesh, unless both name the namespace.
    let is_near = |policy: &Object| {
        let of = inventory.namespace(policy);
        inventory.same_scope(policy, workload.object())
            || of.is_some() && (of == own || of == Some(inventory.root_namespace()))
    };
    let mode = inventory.mtls_mode(workload, None);
    match mode.filter(|(policy, _)| is_near(policy)) {
        Some((policy, MutualTlsMode::Strict)) => {
            Basis::Seen(vec![because_at("STRICT", policy, policy.name_node())])
        }
        Some((policy, _)) => Basis::person(format!(
            "PeerAuthentication {} does not ask for it",
            policy.name()
        )),
        None => Basis::person("no PeerAuthentication in view asks for it"),
    }
}
