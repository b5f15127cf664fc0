//! Which workloads take requests, and through which containers.

use std::collections::{HashMap, HashSet};

use k8s_openapi::api::core::v1::{ContainerPort, Service, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::matching::{Related, pod_selector};
use super::{Inventory, ObjectId, Relation};
use crate::kube::{Body, ContainerRef, ContainerRole, Object, Workload, WorkloadKind};
use crate::yaml::{Node, NodeId};

/// Whether and through what a workload takes requests.
#[derive(Debug)]
pub struct Serving<'a> {
    inventory: &'a Inventory,
    workload: Workload<'a>,
    answer: Option<&'a Answer>,
}

/// What [`Serving`] says, worked out once for each workload.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Whether Services of each profile bring requests.
    profiles: Vec<bool>,
    owners: HashSet<NodeId>,
    takes_requests: bool,
}

/// The Services that select some pods, told apart by what they do for these.
#[derive(Debug, Default)]
pub(super) struct Profiles {
    all: Vec<Profile>,
    of: HashMap<ObjectId, usize>,
}

/// What Services that bring requests in the same way have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Profile {
    is_near: bool,
    /// Where their ports lead.
    ports: Vec<PortTarget>,
    /// Where those lead through which requests come.
    serving: Vec<PortTarget>,
}

/// What a Service's port leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum PortTarget {
    Named(String),
    Numbered(i32),
}

impl PortTarget {
    fn of(port: &ServicePort) -> Self {
        match &port.target_port {
            Some(IntOrString::String(name)) => Self::Named(name.clone()),
            Some(IntOrString::Int(number)) if *number != 0 => Self::Numbered(*number),
            _ => Self::Numbered(port.port),
        }
    }
}

impl<'a> Serving<'a> {
    /// Whether the workload's pods take requests.
    pub fn is_serving(&self) -> bool {
        self.answer.is_some_and(|answer| answer.takes_requests)
    }

    /// A Service that is certain to bring requests.
    pub fn evidence(&self) -> Option<&'a Object> {
        // Where one is near, all are.
        let first = self.services().next();
        first
            .filter(|(_, relation)| relation.is_near())
            .map(|(service, _)| service)
    }

    /// The Services that bring requests; none when the workload serves by its declared ports alone.
    pub fn services(&self) -> impl Iterator<Item = (&'a Object, Relation)> + use<'a> {
        let (inventory, answer) = (self.inventory, self.answer);
        let has_any = answer.is_some_and(|answer| answer.profiles.contains(&true));
        let selecting = inventory.selecting(self.workload).filter(|_| has_any);
        let services = selecting.map_or(&[][..], |it| &it.services);
        let profiles = selecting.and_then(|it| it.profiles.get());
        inventory
            .nearest_first(services, self.workload.object())
            .filter(move |(service, _)| {
                let profile = inventory.profile_of(profiles, service);
                profile.is_some_and(|it| answer.is_some_and(|answer| answer.accepts(it)))
            })
    }

    /// Whether a Service is one of those that bring requests.
    pub fn is_through(&self, service: &Object) -> bool {
        let selecting = self.inventory.selecting(self.workload);
        let profiles = selecting.and_then(|it| it.profiles.get());
        let profile = self.inventory.profile_of(profiles, service);
        profile.is_some_and(|it| self.answer.is_some_and(|answer| answer.accepts(it)))
    }

    /// Whether a container owns a port through which requests come.
    pub fn is_served_by(&self, container: ContainerRef<'_>) -> bool {
        let owners = self.answer.map(|answer| &answer.owners);
        owners.is_some_and(|owners| owners.contains(&container.node.id()))
    }

    /// Whether any container is known to own a served port.
    pub fn has_owner(&self) -> bool {
        self.answer.is_some_and(|answer| !answer.owners.is_empty())
    }
}

impl Answer {
    fn accepts(&self, profile: usize) -> bool {
        self.profiles.get(profile) == Some(&true)
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
        let entry = self.entry(workload.object());
        let entry = entry.filter(|_| workload.is_long_running());
        Serving {
            inventory: self,
            workload,
            answer: entry.map(|entry| entry.serving.get_or_init(|| self.ask(workload))),
        }
    }

    fn ask(&self, workload: Workload<'_>) -> Answer {
        let selecting = self.selecting(workload);
        let profiles = selecting.map(|selecting| {
            let services = &selecting.services;
            let profiles = &selecting.profiles;
            profiles.get_or_init(|| self.profiles(services, workload))
        });
        let profiles = profiles.map_or(&[][..], |profiles| profiles.all.as_slice());
        let containers = Containers::of(workload);
        // A Service that is deployed beside the workload says more than one that happens to
        // select the same labels elsewhere in the repository.
        let has_near = profiles.iter().any(|it| it.is_near);
        // Labels such as `app: web` meet by chance between one part of a repository and another;
        // labels and a port hardly do.
        let meets = |profile: &Profile| {
            profile.is_near || profile.ports.iter().any(|it| containers.declares(it))
        };
        if !profiles.iter().any(meets) {
            return serving_by_ports(workload);
        }
        let mut answer = Answer::default();
        for profile in profiles {
            let counts = profile.is_near || !has_near && meets(profile);
            let targets = profile.serving.iter().filter(|_| counts);
            let mut owners = targets
                .map(|target| containers.owner(target))
                .filter(|owner| !owner.is_some_and(guards_metrics))
                .peekable();
            let brings_requests = owners.peek().is_some();
            answer.profiles.push(brings_requests);
            answer.takes_requests |= brings_requests;
            let owners = owners.flatten();
            answer
                .owners
                .extend(owners.map(|container| container.node.id()));
        }
        answer
    }

    /// The Services that select a workload, and all that are like it for selectors, by what they do.
    fn profiles(&self, services: &[Related], workload: Workload<'_>) -> Profiles {
        // A label that only a kustomization sets may silence a rule; it brings no requests.
        let selects_written_labels = |object: &Object| {
            pod_selector(object)
                .is_some_and(|it| it.matches(workload.template().labels()).possible())
        };
        let mut profiles = Profiles::default();
        let mut known: HashMap<Profile, usize> = HashMap::new();
        for (id, relation) in services {
            let Some(object) = self.get(*id).map(|entry| &entry.object) else {
                continue;
            };
            let Body::Service(service) = object.body() else {
                continue;
            };
            let is_ours = relation.certain || relation.same_scope && selects_written_labels(object);
            if !is_ours {
                continue;
            }
            let spec = service.spec.as_ref();
            let all = spec.and_then(|spec| spec.ports.as_deref());
            let ports: Vec<PortTarget> = all.into_iter().flatten().map(PortTarget::of).collect();
            let serving = serving_ports(object, service).into_iter();
            let mut serving: Vec<PortTarget> = serving.map(PortTarget::of).collect();
            if serving.is_empty() && self.routed.holds(self, object) {
                serving.clone_from(&ports);
            }
            let profile = Profile {
                is_near: relation.is_near(),
                ports,
                serving,
            };
            let at = *known.entry(profile.clone()).or_insert(profiles.all.len());
            if at == profiles.all.len() {
                profiles.all.push(profile);
            }
            profiles.of.insert(*id, at);
        }
        profiles
    }

    fn profile_of(&self, profiles: Option<&Profiles>, service: &Object) -> Option<usize> {
        profiles?.of.get(&self.id(service)?).copied()
    }
}

/// A workload's containers that last, looked up once for all the Services that select it.
struct Containers<'a> {
    /// By the names and numbers of the ports that they declare.
    named: HashMap<&'a str, ContainerRef<'a>>,
    numbered: HashMap<i32, ContainerRef<'a>>,
    only_main: Option<ContainerRef<'a>>,
}

impl<'a> Containers<'a> {
    fn of(workload: Workload<'a>) -> Self {
        let all = workload.template().containers();
        let (mut named, mut numbered) = (HashMap::new(), HashMap::new());
        let mut main = Vec::new();
        for container in all.filter(|container| container.role != ContainerRole::Init) {
            for port in container.ports() {
                if let Some(name) = &port.name {
                    named.entry(name.as_str()).or_insert(container);
                }
                numbered.entry(port.container_port).or_insert(container);
            }
            if container.role == ContainerRole::Main && main.len() < 2 {
                main.push(container);
            }
        }
        let only_main = match main.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        Self {
            named,
            numbered,
            only_main,
        }
    }

    fn declares(&self, target: &PortTarget) -> bool {
        self.declarer(target).is_some()
    }

    /// The container that a Service's port leads to. A number that nobody declares belongs to the
    /// only main container.
    fn owner(&self, target: &PortTarget) -> Option<ContainerRef<'a>> {
        self.declarer(target).or(match target {
            PortTarget::Named(_) => None,
            PortTarget::Numbered(_) => self.only_main,
        })
    }

    /// The container that declares the port to which a Service's port leads.
    fn declarer(&self, target: &PortTarget) -> Option<ContainerRef<'a>> {
        match target {
            PortTarget::Named(name) => self.named.get(name.as_str()).copied(),
            PortTarget::Numbered(number) => self.numbered.get(number).copied(),
        }
    }
}

fn serving_by_ports(workload: Workload<'_>) -> Answer {
    let mut owners: HashSet<NodeId> = declaring(workload).collect();
    let takes_requests = match workload.kind() {
        // A Knative Service is its own Service.
        WorkloadKind::KnativeService => {
            if owners.is_empty() {
                let only = Containers::of(workload).only_main;
                owners.extend(only.map(|container| container.node.id()));
            }
            true
        }
        WorkloadKind::DaemonSet | WorkloadKind::Pod => return Answer::default(),
        _ => !owners.is_empty(),
    };
    Answer {
        profiles: Vec::new(),
        owners,
        takes_requests,
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
