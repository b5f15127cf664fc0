//! What leads to Services, and how long their requests last at most.

use std::collections::{HashMap, HashSet};

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{Evidence, Inventory, ObjectId, may_share_namespace, ports};
use crate::kube::{Body, Object, Workload};
use crate::source::Scope;
use crate::yaml::Node;

/// What the API server waits for a webhook that says nothing of it, in seconds.
const WEBHOOK_TIMEOUT: u64 = 10;
/// The longest that it can be told to wait, in seconds.
const LONGEST_TIMEOUT: u64 = 30;

/// What sends requests, by the names of the Services that it names.
#[derive(Debug, Default)]
pub(super) struct Routes {
    /// Ingresses, Gateway API routes, VirtualServices and traffic splits.
    by_service: HashMap<String, Vec<ObjectId>>,
    /// Webhook configurations and APIServices, with the seconds that a request lasts at most.
    bounded: HashMap<String, Vec<(ObjectId, u64)>>,
    /// What sends the requests of a Service on to other Services, by that Service's name.
    apexes: HashMap<String, Vec<ObjectId>>,
    /// Flagger's Canaries.
    canaries: Vec<ObjectId>,
    /// Where a Service selects pods, of whomever.
    scopes: HashSet<Scope>,
}

impl Routes {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let mut found = Self::default();
        for (id, entry) in inventory.whole() {
            let object = &entry.object;
            for name in apexes(object) {
                found.apexes.entry(name).or_default().push(id);
            }
            let keys: &[&str] = match object.kind() {
                "Ingress" => &["service", "serviceName"],
                "HTTPRoute" | "GRPCRoute" | "TCPRoute" | "TLSRoute" => &["backendRefs"],
                "VirtualService" => &["host"],
                "TrafficSplit" if object.group() == "split.smi-spec.io" => &["service"],
                "Canary" if object.group() == "flagger.app" => {
                    found.canaries.push(id);
                    continue;
                }
                "Service" => {
                    if matches!(object.body(), Body::Service(it)
                        if it.spec.as_ref().is_some_and(|spec| spec.selector.is_some()))
                    {
                        found.scopes.insert(entry.scope.clone());
                    }
                    continue;
                }
                _ => {
                    for (name, seconds) in bounded(object) {
                        let named = found.bounded.entry(name).or_default();
                        named.push((id, seconds));
                    }
                    continue;
                }
            };
            let mut names = HashSet::new();
            if let Some(spec) = object.node().get("spec") {
                collect_backends(spec, keys, &mut names);
            }
            for name in names {
                found.by_service.entry(name).or_default().push(id);
            }
        }
        found
    }
}

/// The Services whose requests an SMI TrafficSplit, or a route whose parents they are, sends on.
fn apexes(object: &Object) -> Vec<String> {
    let name = |node: Node<'_>| Some(service_name(node.text()?));
    match (object.kind(), object.group()) {
        ("TrafficSplit", "split.smi-spec.io") => {
            let root = object.node().at(&["spec", "service"]);
            root.and_then(name).into_iter().collect()
        }
        ("HTTPRoute" | "GRPCRoute" | "TCPRoute" | "TLSRoute", _) => {
            let parents = object.node().at(&["spec", "parentRefs"]).into_iter();
            let parents = parents.flat_map(Node::items).map(Node::resolved);
            parents
                .filter(|parent| parent.get("kind").and_then(Node::text) == Some("Service"))
                .filter_map(|parent| parent.get("name").and_then(name))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The Services that the API server calls, and for how many seconds at most.
fn bounded(object: &Object) -> Vec<(String, u64)> {
    let called = |service: Option<Node<'_>>| Some(service?.get("name")?.text()?.to_owned());
    match object.kind() {
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
            let webhooks = object.node().get("webhooks").into_iter();
            let webhooks = webhooks.flat_map(Node::items).map(Node::resolved);
            webhooks
                .filter_map(|webhook| {
                    let name = called(webhook.at(&["clientConfig", "service"]))?;
                    let seconds = webhook.get("timeoutSeconds").and_then(Node::text);
                    let seconds = seconds.and_then(|text| text.parse().ok());
                    Some((
                        name,
                        seconds.unwrap_or(WEBHOOK_TIMEOUT).min(LONGEST_TIMEOUT),
                    ))
                })
                .collect()
        }
        "APIService" => {
            let name = called(object.node().at(&["spec", "service"]));
            name.map(|name| (name, LONGEST_TIMEOUT))
                .into_iter()
                .collect()
        }
        "CustomResourceDefinition" => {
            let path = ["spec", "conversion", "webhook", "clientConfig", "service"];
            let name = called(object.node().at(&path));
            name.map(|name| (name, LONGEST_TIMEOUT))
                .into_iter()
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Walks a route for the names below the given keys: a text, a mapping with a `name`, or a list of
/// such.
pub(super) fn collect_backends(node: Node<'_>, keys: &[&str], names: &mut HashSet<String>) {
    let mut todo = vec![node];
    while let Some(node) = todo.pop() {
        for entry in node.entries() {
            let value = entry.value.resolved();
            if entry.key.text().is_some_and(|key| keys.contains(&key)) {
                let listed = value.items().map(Node::resolved);
                for backend in std::iter::once(value).chain(listed) {
                    let name = backend.as_str().or_else(|| backend.get("name")?.as_str());
                    names.extend(name.map(service_name));
                }
            }
            todo.push(value);
        }
        todo.extend(node.items().map(Node::resolved));
    }
}

/// `web` and `web.demo.svc.cluster.local` as `web` and `web.demo`.
fn service_name(host: &str) -> String {
    let host = host.split_once(".svc").map_or(host, |(host, _)| host);
    host.to_owned()
}

impl Inventory {
    /// Whether an Ingress, a Gateway API route or a VirtualService in view sends requests to the
    /// Service.
    pub fn is_routed(&self, service: &Object) -> bool {
        self.routes_to(service).next().is_some()
    }

    fn routes_to<'a>(&'a self, service: &Object) -> impl Iterator<Item = ObjectId> + use<'a> {
        let name = service.name();
        let qualified = self
            .namespace(service)
            .map(|namespace| format!("{name}.{namespace}"));
        let of = |name: &str| {
            self.routed
                .by_service
                .get(name)
                .map_or(&[][..], Vec::as_slice)
        };
        let own = of(name).iter();
        let qualified = qualified.map_or(&[][..], |name| of(&name)).iter();
        own.chain(qualified).copied()
    }

    /// The nearest route that is deployed with the Service that it sends requests to.
    pub(super) fn route_to<'a>(&'a self, service: &'a Object) -> Option<Evidence<'a>> {
        let own = self.entry(service)?;
        let routes = self.routes_to(service).filter_map(|id| {
            let route = self.get(id)?;
            let is_near = route.scope == own.scope && may_share_namespace(route, own);
            let nearness = self.nearness(&route.object, service).filter(|_| is_near)?;
            Some((nearness, route))
        });
        let (_, route) = routes.min_by_key(|(nearness, _)| *nearness)?;
        Some(Evidence {
            object: &route.object,
            node: route.object.name_node(),
            message: format!(
                "this {} sends requests to Service `{}`",
                route.object.kind(),
                service.name()
            ),
        })
    }

    /// Whether what comes to the Service goes on to the pods of others: it is the root of a traffic split,
    /// or the parent of a route. Such a Service needs no pods of its own.
    pub fn is_apex(&self, service: &Object) -> bool {
        let apexes = self.routed.apexes.get(service.name());
        let own = self.entry(service);
        apexes.into_iter().flatten().any(|id| {
            self.get(*id)
                .zip(own)
                .is_some_and(|(route, own)| may_share_namespace(route, own))
        })
    }

    /// For how many seconds a request lasts at most where only the API server sends them.
    pub(super) fn bound_of(&self, service: &Object) -> Option<u64> {
        if self.is_routed(service) {
            return None;
        }
        // The configuration that names its webhook may stand elsewhere.
        let by_name = is_for_webhooks(service).then_some(WEBHOOK_TIMEOUT);
        self.longest_call(service).or(by_name)
    }

    /// For how many seconds what is in view of the API server's configuration lets it wait for a Service.
    fn longest_call(&self, service: &Object) -> Option<u64> {
        let own = self.entry(service)?;
        let callers = self.routed.bounded.get(service.name())?.iter();
        let near = callers.filter_map(|(id, seconds)| {
            let caller = self.get(*id)?;
            let service = match caller.object.kind() {
                "APIService" => caller.object.node().at(&["spec", "service"]),
                _ => None,
            };
            let namespace = service.and_then(|it| it.get("namespace")?.text());
            let is_other = namespace
                .zip(own.namespace.as_deref())
                .is_some_and(|(one, other)| one != other);
            (!is_other && (caller.scope == own.scope || own.namespace.is_some()))
                .then_some(*seconds)
        });
        near.max()
    }

    /// Whether a Canary of Flagger in the same repository targets a workload: Flagger runs a copy of it with
    /// labels of its own, and scales the workload itself to zero between releases
    /// (`pkg/canary/deployment_controller.go`).
    pub fn is_run_by_flagger(&self, workload: Workload<'_>) -> bool {
        let object = workload.object();
        let Some(own) = self.entry(object) else {
            return false;
        };
        let mut canaries = self.routed.canaries.iter().filter_map(|id| self.get(*id));
        canaries.any(|canary| {
            let target = canary.object.node().at(&["spec", "targetRef"]);
            let is =
                |key: &str, text: &str| target.and_then(|it| it.get(key)?.text()) == Some(text);
            is("name", object.name())
                && is("kind", object.kind())
                && canary.repository == own.repository
                && may_share_namespace(canary, own)
        })
    }

    /// Flagger's Canary that makes Services for a workload.
    pub(super) fn canary_of(&self, workload: Workload<'_>) -> Option<ObjectId> {
        let object = workload.object();
        let own = self.entry(object)?;
        self.routed.canaries.iter().copied().find(|id| {
            self.get(*id).is_some_and(|canary| {
                let target = canary.object.node().at(&["spec", "targetRef"]);
                let is =
                    |key: &str, text: &str| target.and_then(|it| it.get(key)?.text()) == Some(text);
                canary.scope == own.scope
                    && may_share_namespace(canary, own)
                    && is("kind", object.kind())
                    && is("name", object.name())
                    && canary.object.node().at(&["spec", "service"]).is_some()
            })
        })
    }

    /// Whether a Service selects pods, of whomever, where the object is deployed from.
    pub(super) fn has_selecting_beside(&self, object: &Object) -> bool {
        self.entry(object)
            .is_some_and(|entry| self.routed.scopes.contains(&entry.scope))
    }
}

/// Whether a Service is for admission webhooks by its name and its port, as the scaffold of kubebuilder and
/// most operators have it.
fn is_for_webhooks(service: &Object) -> bool {
    let Body::Service(typed) = service.body() else {
        return false;
    };
    let is_named =
        ports::words(service.name()).any(|word| matches!(word.as_str(), "webhook" | "webhooks"));
    let ports = typed.spec.as_ref().and_then(|spec| spec.ports.as_deref());
    let mut ports = ports.unwrap_or_default().iter();
    is_named
        && ports.any(|port| {
            port.port == 443
                || matches!(&port.target_port, Some(IntOrString::Int(9443)))
                || matches!(&port.target_port, Some(IntOrString::String(name)) if name == "webhook-server")
        })
}
