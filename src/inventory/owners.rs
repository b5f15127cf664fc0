//! Whom in a pod a Service's port leads to.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use k8s_openapi::api::core::v1::{ContainerPort, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::ports::{self, Undeclared, is_management_name};
use super::programs::{image_name, is_load_generator};
use crate::kube::{ContainerRef, ContainerRole, Workload};
use crate::lifecycle::signal::only_waits;
use crate::yaml::{Node, NodeId};

/// What a Service's port leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum PortTarget {
    Named(String),
    Numbered(i32),
}

impl PortTarget {
    pub(super) fn of(port: &ServicePort) -> Self {
        match &port.target_port {
            Some(IntOrString::String(name)) => Self::Named(name.clone()),
            Some(IntOrString::Int(number)) if *number != 0 => Self::Numbered(*number),
            _ => Self::Numbered(port.port),
        }
    }
}

/// A workload's containers that last, looked up once for all the Services that select it.
pub(super) struct Containers<'a> {
    workload: Workload<'a>,
    /// By the names and numbers of the ports that they declare.
    named: HashMap<&'a str, ContainerRef<'a>>,
    numbered: HashMap<i32, ContainerRef<'a>>,
    /// The numbers of ports that the kubelet asks; looked up for many ports at once.
    probed: OnceCell<HashSet<i32>>,
    pub(super) only_main: Option<ContainerRef<'a>>,
    /// Whether every main container only waits.
    pub(super) only_wait: bool,
}

/// Whom a Service's port leads to.
pub(super) enum Owner<'a> {
    Container(ContainerRef<'a>),
    /// Some container.
    Unknown,
    /// Nobody who could miss a request: an injected helper, a container that only waits, or one that
    /// only monitoring comes to.
    Nobody,
}

impl<'a> Containers<'a> {
    pub(super) fn of(workload: Workload<'a>) -> Self {
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
            if container.role == ContainerRole::Main {
                main.push(container);
            }
        }
        let only_main = match main.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        Self {
            workload,
            named,
            numbered,
            probed: OnceCell::new(),
            only_main,
            only_wait: !main.is_empty() && main.iter().all(|it| only_waits(it.data)),
        }
    }

    /// The container that a Service's port leads to. A number that nobody declares belongs to the
    /// only main container, unless an injected container listens there.
    pub(super) fn owner(&self, target: &PortTarget) -> Owner<'a> {
        let declarer = match target {
            PortTarget::Named(name) => self.named.get(name.as_str()).copied(),
            PortTarget::Numbered(number) => self.numbered.get(number).copied(),
        };
        let found = declarer.or_else(|| {
            let PortTarget::Numbered(number) = target else {
                return None;
            };
            match ports::undeclared(self.workload.template(), *number) {
                Undeclared::HandedOn(Some(port)) => {
                    self.numbered.get(&port).copied().or(self.only_main)
                }
                _ => self.only_main,
            }
        });
        let is_kept = declarer.is_none()
            && matches!(target, PortTarget::Numbered(number)
                if ports::undeclared(self.workload.template(), *number) == Undeclared::Helper);
        match found {
            _ if is_kept => Owner::Nobody,
            Some(container) if self.takes_none(container) => Owner::Nobody,
            Some(container) => Owner::Container(container),
            None => Owner::Unknown,
        }
    }

    /// Whether a container declares the port that a Service names, or the kubelet asks it, so that
    /// something certainly listens there.
    pub(super) fn is_known_open(&self, target: &PortTarget) -> bool {
        match target {
            PortTarget::Named(_) => true,
            PortTarget::Numbered(number) => {
                let probed = || {
                    let containers = self.workload.template().lasting_containers();
                    containers.flat_map(ports::probed_numbers).collect()
                };
                self.numbered.contains_key(number)
                    || self.probed.get_or_init(probed).contains(number)
            }
        }
    }

    /// Whether what comes to a container are scrapes, or it sends requests itself, or only waits.
    fn takes_none(&self, container: ContainerRef<'_>) -> bool {
        guards_metrics(container)
            || ports::is_exporter(image_name(container.data))
            || ports::is_exporter(self.workload.object().name()) && self.only_main.is_some()
            || is_load_generator(self.workload, container)
            || only_waits(container.data)
    }

    /// The main containers that declare a port for requests, with the port. The port that the pod
    /// offers to Prometheus is not one.
    pub(super) fn declaring(&self) -> impl Iterator<Item = (NodeId, Declared<'a>)> + use<'a, '_> {
        let template = self.workload.template();
        let scraped: Option<i32> = template
            .annotation("prometheus.io/port")
            .and_then(Node::text)
            .and_then(|port| port.parse().ok());
        template
            .main_containers()
            .filter(|container| !self.takes_none(*container))
            .flat_map(move |container| {
                let nodes = container.node.get("ports").into_iter();
                let nodes = nodes.flat_map(Node::items).map(Node::resolved);
                container
                    .ports()
                    .iter()
                    .zip(nodes)
                    .filter(move |(port, _)| {
                        !port.name.as_deref().is_some_and(is_management_name)
                            && Some(port.container_port) != scraped
                    })
                    .map(move |(data, node)| {
                        let declared = Declared {
                            container,
                            data,
                            node,
                        };
                        (container.node.id(), declared)
                    })
            })
    }
}

/// A port that a container declares.
pub(super) struct Declared<'a> {
    container: ContainerRef<'a>,
    data: &'a ContainerPort,
    pub(super) node: Node<'a>,
}

impl Declared<'_> {
    /// Whether its name says that clients come, and the container says when it is ready for them.
    pub(super) fn expects_clients(&self) -> bool {
        let name = self.data.name.as_deref();
        name.is_some_and(ports::is_application_name)
            && self.container.data.readiness_probe.is_some()
    }

    /// Whether all that is known of it is that the kubelet asks it.
    pub(super) fn is_for_probes(&self) -> bool {
        !self
            .data
            .name
            .as_deref()
            .is_some_and(ports::is_application_name)
            && self.is_probed()
    }

    pub(super) fn is_probed(&self) -> bool {
        let name = self.data.name.as_deref();
        ports::is_probed(self.container, self.data.container_port, name)
    }
}

/// kube-rbac-proxy stands in front of a metrics endpoint; what comes through it are scrapes.
fn guards_metrics(container: ContainerRef<'_>) -> bool {
    let image = container.data.image.as_deref().unwrap_or_default();
    image.contains("kube-rbac-proxy") || container.name() == "kube-rbac-proxy"
}
