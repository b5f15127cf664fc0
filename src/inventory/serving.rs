//! Which workloads take requests, and through which containers.

use std::collections::HashSet;

use k8s_openapi::api::core::v1::{ContainerPort, Service, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::matching::pod_selector;
use super::{Inventory, Relation};
use crate::kube::{Body, ContainerRef, ContainerRole, Object, Workload, WorkloadKind};
use crate::yaml::{Node, NodeId};

/// Whether and through what a workload takes requests.
#[derive(Debug, Default)]
pub struct Serving<'a> {
    services: Vec<(&'a Object, Relation)>,
    owners: Vec<NodeId>,
    takes_requests: bool,
}

impl<'a> Serving<'a> {
    /// Whether the workload's pods take requests.
    pub fn is_serving(&self) -> bool {
        self.takes_requests
    }

    /// A Service that is certain to bring requests.
    pub fn evidence(&self) -> Option<&'a Object> {
        let near = self
            .services
            .iter()
            .find(|(_, relation)| relation.is_near());
        near.map(|(service, _)| *service)
    }

    /// The Services that bring requests; none when the workload serves by its declared ports alone.
    pub fn services(&self) -> impl Iterator<Item = (&'a Object, Relation)> + use<'a, '_> {
        self.services.iter().copied()
    }

    /// Whether a container owns a port through which requests come.
    pub fn is_served_by(&self, container: ContainerRef<'_>) -> bool {
        self.owners.contains(&container.node.id())
    }

    /// Whether any container is known to own a served port.
    pub fn has_owner(&self) -> bool {
        !self.owners.is_empty()
    }
}

/// Whether a port's name says that only tooling uses it. A protocol in front, as Istio reads one
/// out of a port's name, says nothing about who uses it: `http-metrics` is `metrics`.
pub fn is_management_name(name: &str) -> bool {
    const PROTOCOLS: [&str; 4] = ["http", "https", "tcp", "grpc"];
    const PREFIXES: [&str; 13] = [
        "metrics",
        "monitor",
        "pprof",
        "probe",
        "prom",
        "health",
        "admin",
        "mgmt",
        "management",
        "debug",
        "profil",
        "telemetry",
        "exporter",
    ];
    let purpose = match name.split_once('-') {
        Some((protocol, rest)) if PROTOCOLS.contains(&protocol) => rest,
        _ => name,
    };
    PREFIXES.iter().any(|prefix| purpose.starts_with(prefix))
}

fn is_management_port(port: &ServicePort) -> bool {
    let target = match &port.target_port {
        Some(IntOrString::String(name)) => Some(name.as_str()),
        _ => None,
    };
    port.name.as_deref().is_some_and(is_management_name) || target.is_some_and(is_management_name)
}

/// The ports of a Service that bring requests.
fn serving_ports<'a>(object: &Object, service: &'a Service) -> Vec<&'a ServicePort> {
    const SUFFIXES: [&str; 4] = [
        "-metrics",
        "-metrics-service",
        "-monitor",
        "-monitor-service",
    ];
    let named_for_metrics = SUFFIXES
        .iter()
        .any(|suffix| object.name().ends_with(suffix));
    let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_deref());
    ports
        .unwrap_or_default()
        .iter()
        .filter(|port| !named_for_metrics && !is_management_port(port))
        .collect()
}

impl Inventory {
    /// Whether an Ingress, a Gateway API route or a VirtualService in view sends requests to the
    /// Service.
    pub fn is_routed(&self, service: &Object) -> bool {
        self.routed.holds(self, service)
    }

    /// Whether a workload takes requests: a Service that is not for management only selects it, or
    /// no Service selects it and a main container declares a port that is not for management only.
    /// DaemonSets and bare Pods serve only when a Service selects them.
    pub fn serving<'a>(&'a self, workload: Workload<'a>) -> Serving<'a> {
        if !workload.is_long_running() {
            return Serving::default();
        }
        let containers = Containers::of(workload);
        // A label that only a kustomization sets may silence a rule; it brings no requests.
        let selects_written_labels = |object: &Object| {
            pod_selector(object)
                .is_some_and(|it| it.matches(workload.template().labels()).possible())
        };
        let selecting: Vec<(&Object, &Service, Relation)> = self
            .selected_by(workload)
            .filter(|(object, relation)| {
                relation.certain || relation.same_scope && selects_written_labels(object)
            })
            .filter_map(|(object, relation)| match object.body() {
                Body::Service(service) => Some((object, &**service, relation)),
                _ => None,
            })
            .filter(|(_, service, relation)| relation.is_near() || containers.name_port_of(service))
            .collect();
        if selecting.is_empty() {
            return serving_by_ports(workload);
        }
        // A Service that is deployed beside the workload says more than one that happens to
        // select the same labels elsewhere in the repository.
        let has_near = selecting.iter().any(|(_, _, relation)| relation.is_near());
        let mut serving = Serving::default();
        for (object, service, relation) in selecting {
            if has_near && !relation.is_near() {
                continue;
            }
            let mut ports = serving_ports(object, service);
            if ports.is_empty() && self.routed.holds(self, object) {
                let spec = service.spec.as_ref();
                ports = spec
                    .and_then(|spec| spec.ports.as_ref())
                    .into_iter()
                    .flatten()
                    .collect();
            }
            let owners: Vec<Option<ContainerRef<'_>>> = ports
                .into_iter()
                .map(|port| containers.owner(port))
                .filter(|owner| !owner.is_some_and(guards_metrics))
                .collect();
            if owners.is_empty() {
                continue;
            }
            serving.takes_requests = true;
            serving.services.push((object, relation));
            let owners = owners.into_iter().flatten();
            serving
                .owners
                .extend(owners.map(|container| container.node.id()));
        }
        serving
    }
}

/// A workload's containers that last, looked up once for all the Services that select it.
struct Containers<'a>(Vec<ContainerRef<'a>>);

impl<'a> Containers<'a> {
    fn of(workload: Workload<'a>) -> Self {
        let all = workload.template().containers();
        Self(
            all.filter(|container| container.role != ContainerRole::Init)
                .collect(),
        )
    }

    /// Whether a container declares one of the Service's ports. Labels such as `app: web` meet by
    /// chance between one part of a repository and another; labels and a port hardly do.
    fn name_port_of(&self, service: &Service) -> bool {
        let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_ref());
        let mut ports = ports.into_iter().flatten();
        ports.any(|port| self.declarer(port).is_some())
    }

    /// The container that a Service's port leads to. A number that nobody declares belongs to the
    /// only main container.
    fn owner(&self, port: &ServicePort) -> Option<ContainerRef<'a>> {
        let by_name = matches!(port.target_port, Some(IntOrString::String(_)));
        self.declarer(port)
            .or_else(|| if by_name { None } else { self.only_main() })
    }

    /// The container that declares the port to which a Service's port leads.
    fn declarer(&self, port: &ServicePort) -> Option<ContainerRef<'a>> {
        let declares = |container: &&ContainerRef<'a>| {
            container
                .ports()
                .iter()
                .any(|declared| match &port.target_port {
                    Some(IntOrString::String(name)) => declared.name.as_deref() == Some(name),
                    Some(IntOrString::Int(number)) if *number != 0 => {
                        declared.container_port == *number
                    }
                    _ => declared.container_port == port.port,
                })
        };
        self.0.iter().find(declares).copied()
    }

    fn only_main(&self) -> Option<ContainerRef<'a>> {
        let is_main = |container: &&ContainerRef<'a>| container.role == ContainerRole::Main;
        let mut main = self.0.iter().filter(is_main);
        let first = main.next()?;
        main.next().is_none().then_some(*first)
    }
}

fn serving_by_ports(workload: Workload<'_>) -> Serving<'_> {
    // A Knative Service is its own Service.
    if workload.kind() == WorkloadKind::KnativeService {
        let mut owners: Vec<NodeId> = declaring(workload).collect();
        if owners.is_empty() {
            let only = Containers::of(workload).only_main();
            owners.extend(only.map(|container| container.node.id()));
        }
        return Serving {
            services: Vec::new(),
            owners,
            takes_requests: true,
        };
    }
    if matches!(workload.kind(), WorkloadKind::DaemonSet | WorkloadKind::Pod) {
        return Serving::default();
    }
    let owners: Vec<NodeId> = declaring(workload).collect();
    Serving {
        services: Vec::new(),
        takes_requests: !owners.is_empty(),
        owners,
    }
}

/// Main containers that declare a port which is not for management only. The port that the pod
/// offers to Prometheus is.
fn declaring(workload: Workload<'_>) -> impl Iterator<Item = NodeId> + use<'_> {
    let template = workload.template();
    let scraped: Option<i32> = template
        .annotation("prometheus.io/port")
        .and_then(Node::text)
        .and_then(|port| port.parse().ok());
    template
        .main_containers()
        .filter(move |container| {
            let takes_requests = |port: &ContainerPort| {
                !port.name.as_deref().is_some_and(is_management_name)
                    && Some(port.container_port) != scraped
            };
            container.ports().iter().any(takes_requests) && !guards_metrics(*container)
        })
        .map(|container| container.node.id())
}

/// kube-rbac-proxy stands in front of a metrics endpoint; what comes through it are scrapes.
fn guards_metrics(container: ContainerRef<'_>) -> bool {
    let image = container.data.image.as_deref().unwrap_or_default();
    image.contains("kube-rbac-proxy") || container.name() == "kube-rbac-proxy"
}

/// Services that an Ingress, a Gateway API route or a VirtualService sends requests to, by name.
#[derive(Debug, Default)]
pub(super) struct RoutedServices {
    names: HashSet<String>,
}

impl RoutedServices {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let mut names = HashSet::new();
        for object in inventory.objects() {
            let keys: &[&str] = match object.kind() {
                "Ingress" => &["service", "serviceName"],
                "HTTPRoute" | "GRPCRoute" => &["backendRefs"],
                "VirtualService" => &["host"],
                _ => continue,
            };
            if let Some(spec) = object.node().get("spec") {
                collect_backends(spec, keys, &mut names);
            }
        }
        Self { names }
    }

    fn holds(&self, inventory: &Inventory, service: &Object) -> bool {
        let name = service.name();
        let qualified = inventory
            .namespace(service)
            .map(|namespace| format!("{name}.{namespace}"));
        self.names.contains(name) || qualified.is_some_and(|name| self.names.contains(&name))
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
