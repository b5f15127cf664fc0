//! Where an Ingress or a route of the Gateway API sends requests.

use std::collections::HashSet;

use k8s_openapi::api::core::v1::ServiceSpec;

use crate::kube::{Body, Object};
use crate::rules::Context;
use crate::yaml::Node;

/// A Service that a route names.
pub(super) struct Backend<'a> {
    pub(super) name: &'a str,
    pub(super) name_node: Node<'a>,
    /// Where the route names one.
    pub(super) namespace: Option<&'a str>,
    pub(super) port: Port<'a>,
    pub(super) port_node: Option<Node<'a>>,
}

/// The Service's port that a route names.
#[derive(Clone, Copy)]
pub(super) enum Port<'a> {
    Number(i32),
    Name(&'a str),
    None,
}

/// The Services of a name that a route may mean.
pub(super) struct Named<'a> {
    pub(super) is_absent: bool,
    /// Those of its file, else those of its scope.
    pub(super) nearest: Vec<&'a Object>,
}

impl<'a> Named<'a> {
    pub(super) fn of(
        cx: &Context<'a>,
        object: &Object,
        name: &str,
        namespace: Option<&str>,
    ) -> Self {
        let inventory = cx.inventory;
        let own = inventory.namespace(object);
        let wanted = namespace.or(own);
        let may_be = |service: &Object| match (wanted, inventory.namespace(service)) {
            (Some(wanted), Some(found)) => wanted == found,
            // Without its own, a Service is of the route's namespace, not of another.
            (_, None) => namespace.is_none() || namespace == own,
            (None, Some(_)) => true,
        };
        let all: Vec<&Object> = inventory
            .objects_named(name)
            .filter(|it| matches!(it.body(), Body::Service(_)) && may_be(it))
            .collect();
        let near = || {
            all.iter()
                .copied()
                .filter(|it| inventory.same_scope(it, object))
        };
        let same_file: Vec<&Object> = near().filter(|it| it.source() == object.source()).collect();
        Self {
            is_absent: all.is_empty(),
            nearest: if same_file.is_empty() {
                near().collect()
            } else {
                same_file
            },
        }
    }
}

/// Every backend of an object that is a Service.
pub(super) fn backends(object: &Object) -> Vec<Backend<'_>> {
    if matches!(object.body(), Body::Ingress(_)) && object.api_version() == "networking.k8s.io/v1" {
        return of_ingress(object);
    }
    let is_route = object.group() == "gateway.networking.k8s.io"
        && matches!(
            object.kind(),
            "HTTPRoute" | "GRPCRoute" | "TCPRoute" | "TLSRoute" | "UDPRoute"
        );
    if is_route {
        of_route(object)
    } else {
        Vec::new()
    }
}

fn of_ingress(object: &Object) -> Vec<Backend<'_>> {
    let Some(spec) = object.node().get("spec") else {
        return Vec::new();
    };
    let rules = spec.get("rules").into_iter().flat_map(Node::items);
    let paths = rules
        .filter_map(|rule| rule.at(&["http", "paths"]))
        .flat_map(Node::items)
        .filter_map(|path| path.get("backend"));
    paths
        .chain(spec.get("defaultBackend"))
        .filter_map(|backend| {
            let service = backend.get("service")?;
            let name_node = service.get("name")?;
            let number = service.at(&["port", "number"]);
            let name = service.at(&["port", "name"]);
            let port = match (number, name) {
                (Some(node), _) => node.text()?.parse().ok().map(Port::Number)?,
                // An action of the AWS Load Balancer Controller, which an annotation holds.
                (_, Some(node)) if node.text() == Some("use-annotation") => return None,
                (_, Some(node)) => Port::Name(node.text()?),
                _ => Port::None,
            };
            Some(Backend {
                name: name_node.text()?,
                name_node,
                namespace: None,
                port,
                port_node: number.or(name),
            })
        })
        .collect()
}

fn of_route(object: &Object) -> Vec<Backend<'_>> {
    let rules = object.node().at(&["spec", "rules"]);
    let rules = rules.into_iter().flat_map(Node::items);
    rules
        .filter_map(|rule| rule.get("backendRefs"))
        .flat_map(Node::items)
        .filter_map(|backend| {
            let is = |key: &str, usual: &[&str]| match backend.get(key).map(Node::text) {
                None => true,
                Some(text) => text.is_some_and(|text| usual.contains(&text)),
            };
            if !is("kind", &["Service"]) || !is("group", &["", "core"]) {
                return None;
            }
            let name_node = backend.get("name")?;
            let port_node = backend.get("port");
            let number = port_node.and_then(Node::text).map(str::parse);
            Some(Backend {
                name: name_node.text()?,
                name_node,
                namespace: backend.get("namespace").and_then(Node::text),
                port: number.and_then(Result::ok).map_or(Port::None, Port::Number),
                port_node,
            })
        })
        .collect()
}

/// The ports of a Service.
pub(super) struct Ports {
    /// Whether it may have others.
    pub(super) is_open: bool,
    pub(super) numbers: HashSet<i32>,
    pub(super) names: HashSet<String>,
}

impl Ports {
    pub(super) fn of(cx: &Context<'_>, service: &Object, spec: &ServiceSpec) -> Self {
        let ports = spec.ports.as_deref().unwrap_or_default();
        let list = service.node().at(&["spec", "ports"]);
        let is_open = spec.type_.as_deref() == Some("ExternalName")
            || ports.is_empty()
            || service.field(&["spec", "ports"]).is_unknown()
            || list.into_iter().flat_map(Node::items).any(|item| {
                item.entries().any(|entry| service.is_unknown(entry.value))
                    || cx.inventory.is_set_elsewhere(service, item, "port")
            })
            || cx
                .inventory
                .is_set_elsewhere(service, service.node(), "spec.ports");
        Self {
            is_open,
            numbers: ports.iter().map(|it| it.port).collect(),
            names: ports.iter().filter_map(|it| it.name.clone()).collect(),
        }
    }
}
