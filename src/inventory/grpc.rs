//! Which ports of a Service carry gRPC, and what Istio makes of them.

use std::cell::OnceCell;
use std::collections::HashMap;

use k8s_openapi::api::core::v1::{ContainerPort, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{Evidence, Inventory, Relation};
use crate::kube::{Body, ContainerRef, Object, Workload};
use crate::yaml::Node;

/// What Istio takes a port for (`pkg/config/kube/conversion.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// Requests over HTTP/2, gRPC among them.
    Http2,
    /// Requests over HTTP/1.1.
    Http1,
    /// Connections whose bytes it does not look at.
    Tcp,
    /// Connections that the application encrypts.
    Tls,
    /// Not handled.
    Udp,
    /// It looks at the first bytes of each connection.
    Sniffed,
}

/// A port of a Service through which gRPC goes.
#[derive(Debug)]
pub struct GrpcPort<'a> {
    /// The port.
    pub port: &'a ServicePort,
    /// Its mapping.
    pub node: Node<'a>,
    /// What Istio takes it for.
    pub handling: Handling,
    /// What says that it is gRPC.
    pub evidence: Evidence<'a>,
}

impl GrpcPort<'_> {
    /// The port's name, else its number.
    pub fn label(&self) -> String {
        let name = self.port.name.as_deref().filter(|name| !name.is_empty());
        name.map_or_else(|| self.port.port.to_string(), str::to_owned)
    }
}

/// What Istio takes a Service's port for: by `appProtocol`, which replaces the name wholly, else by
/// the part of the name before the first dash.
pub fn handling(port: &ServicePort) -> Handling {
    if port.protocol.as_deref() == Some("UDP") {
        return Handling::Udp;
    }
    let word = match (&port.app_protocol, &port.name) {
        (Some(protocol), _) => match protocol.as_str() {
            "kubernetes.io/h2c" => return Handling::Http2,
            "kubernetes.io/ws" => return Handling::Http1,
            "kubernetes.io/wss" => return Handling::Tls,
            other => prefix(other),
        },
        (None, Some(name)) => prefix(name),
        (None, None) => String::new(),
    };
    match word.as_str() {
        "grpc" | "grpc-web" | "http2" => Handling::Http2,
        "http" | "http_proxy" => Handling::Http1,
        "https" | "tls" => Handling::Tls,
        "tcp" | "mongo" | "redis" | "mysql" => Handling::Tcp,
        "udp" => Handling::Udp,
        // Ports whose servers speak first.
        _ if matches!(port.port, 25 | 53 | 3306 | 27017) => Handling::Tcp,
        _ => Handling::Sniffed,
    }
}

fn prefix(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    if name.starts_with("grpc-web") {
        return "grpc-web".to_owned();
    }
    name.split('-').next().unwrap_or_default().to_owned()
}

/// Whether a port's name says gRPC, however it is put: `grpc`, `my-grpc`, `grpc_api`.
fn names_grpc(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(['-', '_', '.']).peekable();
    let mut has_grpc = false;
    while let Some(word) = words.next() {
        match word {
            "grpc" if matches!(words.peek(), Some(&("web" | "gateway" | "gw"))) => return false,
            "grpc" => has_grpc = true,
            "grpcweb" | "metrics" | "health" | "probe" => return false,
            _ => {}
        }
    }
    has_grpc
}

impl Inventory {
    /// The ports of a Service that carry gRPC by their name or `appProtocol`, by the name of the
    /// container's port, or because a gRPC probe asks them.
    pub fn grpc_ports<'a>(&'a self, service: &'a Object) -> Vec<GrpcPort<'a>> {
        let Body::Service(typed) = service.body() else {
            return Vec::new();
        };
        let ports = typed.spec.as_ref().and_then(|spec| spec.ports.as_deref());
        let nodes = service.node().at(&["spec", "ports"]);
        let nodes = nodes.into_iter().flat_map(Node::items).map(Node::resolved);
        let behind = OnceCell::new();
        ports
            .unwrap_or_default()
            .iter()
            .zip(nodes)
            .filter_map(|(port, node)| {
                let handling = handling(port);
                if matches!(handling, Handling::Http1 | Handling::Tls | Handling::Udp) {
                    return None;
                }
                let evidence = own_evidence(service, port, node)
                    .or_else(|| self.evidence_behind(service, port, &behind))?;
                Some(GrpcPort {
                    port,
                    node,
                    handling,
                    evidence,
                })
            })
            .collect()
    }

    fn evidence_behind<'a>(
        &'a self,
        service: &'a Object,
        port: &ServicePort,
        behind: &OnceCell<Vec<Declared<'a>>>,
    ) -> Option<Evidence<'a>> {
        let firm = |relation: Relation| relation.is_firm();
        // Most pods have nothing to do with gRPC, which need not be found anew for each port.
        self.first_selected(service, "pods with gRPC", |workload, relation| {
            firm(relation) && has_grpc(workload)
        })?;
        behind
            .get_or_init(|| {
                let pods = self
                    .selects(service)
                    .filter(|(_, relation)| firm(*relation));
                pods.map(|(workload, _)| Declared::of(workload)).collect()
            })
            .iter()
            .find_map(|pods| pods.evidence(port))
    }
}

fn own_evidence<'a>(
    service: &'a Object,
    port: &ServicePort,
    node: Node<'a>,
) -> Option<Evidence<'a>> {
    let (key, message) = match (&port.app_protocol, &port.name) {
        (Some(protocol), _) if protocol.eq_ignore_ascii_case("grpc") => {
            ("appProtocol", "says that the port carries gRPC")
        }
        (_, Some(name)) if names_grpc(name) => ("name", "the port's name says gRPC"),
        _ => return None,
    };
    Some(Evidence {
        object: service,
        node: node.get(key)?,
        message: message.to_owned(),
    })
}

/// Whether a container of the workload names a port for gRPC or is probed through it.
fn has_grpc(workload: Workload<'_>) -> bool {
    let mut containers = workload.template().lasting_containers();
    containers.any(|container| {
        let mut names = container.ports().iter().filter_map(|it| it.name.as_deref());
        let data = container.data;
        let probes = [
            &data.readiness_probe,
            &data.liveness_probe,
            &data.startup_probe,
        ];
        let mut probes = probes.into_iter().flatten();
        names.any(names_grpc) || probes.any(|probe| probe.grpc.is_some())
    })
}

/// The ports that the containers of a workload declare; of those that are alike in one container the first.
#[derive(Default)]
struct Declared<'a> {
    named: HashMap<&'a str, Vec<DeclaredPort<'a>>>,
    numbered: HashMap<i32, Vec<DeclaredPort<'a>>>,
}

/// A port of a container, with its node.
type DeclaredPort<'a> = (ContainerRef<'a>, &'a ContainerPort, Node<'a>);

impl<'a> Declared<'a> {
    /// Containers that declare one port: the API server takes no two.
    const MOST: usize = 20;

    fn of(workload: Workload<'a>) -> Self {
        let mut found = Self::default();
        let add = |ports: &mut Vec<DeclaredPort<'a>>, own: DeclaredPort<'a>| {
            let is_new = ports
                .last()
                .is_none_or(|(last, ..)| last.node.id() != own.0.node.id());
            if is_new && ports.len() < Self::MOST {
                ports.push(own);
            }
        };
        for container in workload.template().lasting_containers() {
            let nodes = container.node.get("ports");
            let nodes = nodes.into_iter().flat_map(Node::items).map(Node::resolved);
            for (port, node) in container.ports().iter().zip(nodes) {
                let own = (container, port, node);
                if let Some(name) = port.name.as_deref() {
                    add(found.named.entry(name).or_default(), own);
                }
                add(found.numbered.entry(port.container_port).or_default(), own);
            }
        }
        found
    }

    /// The name of the container's port that a Service's port leads to, or a gRPC probe of it.
    fn evidence(&self, port: &ServicePort) -> Option<Evidence<'a>> {
        let declared = match &port.target_port {
            Some(IntOrString::String(name)) => self.named.get(name.as_str())?,
            Some(IntOrString::Int(number)) if *number != 0 => self.numbered.get(number)?,
            _ => self.numbered.get(&port.port)?,
        };
        declared.iter().find_map(|(container, target, node)| {
            let (container, node) = (*container, *node);
            let evidence = |node, message: &str| Evidence {
                object: container.object(),
                node,
                message: message.to_owned(),
            };
            if target.name.as_deref().is_some_and(names_grpc) {
                let node = node.get("name").unwrap_or(node);
                return Some(evidence(node, "the container's port is named for gRPC"));
            }
            let probe = grpc_probe(container, target.container_port)?;
            Some(evidence(probe, "a gRPC probe asks this port"))
        })
    }
}

fn grpc_probe(container: ContainerRef<'_>, port: i32) -> Option<Node<'_>> {
    let probes = [
        ("readinessProbe", &container.data.readiness_probe),
        ("livenessProbe", &container.data.liveness_probe),
        ("startupProbe", &container.data.startup_probe),
    ];
    probes.into_iter().find_map(|(field, probe)| {
        let grpc = probe.as_ref()?.grpc.as_ref()?;
        (grpc.port == port).then(|| container.node.at(&[field, "grpc"]))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(name: &str, app_protocol: Option<&str>) -> ServicePort {
        ServicePort {
            name: Some(name.to_owned()),
            app_protocol: app_protocol.map(str::to_owned),
            port: 8080,
            ..ServicePort::default()
        }
    }

    #[test]
    fn the_name_up_to_the_first_dash_tells() {
        for (name, expected) in [
            ("grpc", Handling::Http2),
            ("grpc-api", Handling::Http2),
            ("GRPC-Web", Handling::Http2),
            ("http2-api", Handling::Http2),
            ("http", Handling::Http1),
            ("https-api", Handling::Tls),
            ("tcp-grpc", Handling::Tcp),
            ("my-grpc", Handling::Sniffed),
            ("grpc_api", Handling::Sniffed),
            ("grpcweb", Handling::Sniffed),
        ] {
            assert_eq!(handling(&port(name, None)), expected, "{name}");
        }
        let unnamed = ServicePort {
            port: 3306,
            ..ServicePort::default()
        };
        assert_eq!(handling(&unnamed), Handling::Tcp);
    }

    #[test]
    fn app_protocol_replaces_the_name() {
        assert_eq!(handling(&port("grpc", Some("tcp"))), Handling::Tcp);
        assert_eq!(handling(&port("tcp", Some("grpc"))), Handling::Http2);
        assert_eq!(
            handling(&port("grpc", Some("kubernetes.io/h2c"))),
            Handling::Http2
        );
        assert_eq!(
            handling(&port("grpc", Some("example.com/own"))),
            Handling::Sniffed
        );
    }

    #[test]
    fn names_that_say_grpc() {
        for name in ["grpc", "my-grpc", "tcp-grpc", "grpc_api", "gRPC"] {
            assert!(names_grpc(name), "{name}");
        }
        for name in [
            "grpc-web",
            "grpcweb",
            "grpc-metrics",
            "grpc-gateway",
            "http",
        ] {
            assert!(!names_grpc(name), "{name}");
        }
    }
}
