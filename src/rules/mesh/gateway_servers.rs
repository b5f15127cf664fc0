//! The servers of Istio's Gateways.

use super::policy::items;
use crate::kube::{Object, is_placeholder};
use crate::yaml::{Node, Scalar};

/// A server whose port is known.
pub(super) struct Server<'a> {
    pub(super) port: i64,
    pub(super) port_node: Node<'a>,
    pub(super) bind: &'a str,
    /// Each as written, with its node.
    pub(super) hosts: Vec<(&'a str, Node<'a>)>,
    pub(super) tls: Option<Node<'a>>,
    protocol: String,
}

impl<'a> Server<'a> {
    fn of(node: Node<'a>) -> Option<Self> {
        let port_node = node.at(&["port", "number"])?;
        let Some(Scalar::Int(port)) = port_node.scalar() else {
            return None;
        };
        let hosts = node.get("hosts").into_iter().flat_map(Node::items);
        let text = |key: &[&str]| node.at(key).and_then(Node::text).unwrap_or_default();
        Some(Self {
            port,
            port_node,
            bind: text(&["bind"]),
            hosts: hosts
                .filter_map(|it| Some((it.text()?, it)))
                .filter(|(text, _)| !is_placeholder(text))
                .collect(),
            tls: node.get("tls").filter(|tls| !tls.is_null()),
            protocol: text(&["port", "protocol"]).to_ascii_uppercase(),
        })
    }

    /// Whether Istio takes the protocol for HTTP in plain text (`Instance.IsHTTP` in
    /// pkg/config/protocol/instance.go).
    pub(super) fn is_http(&self) -> bool {
        matches!(
            self.protocol.as_str(),
            "HTTP" | "HTTP2" | "HTTP_PROXY" | "GRPC" | "GRPC-WEB"
        )
    }

    /// Whether it ends HTTPS connections.
    pub(super) fn ends_https(&self) -> bool {
        let mode = self.tls.and_then(|tls| tls.get("mode")?.text());
        self.protocol == "HTTPS"
            && self.tls.is_some()
            && !matches!(mode, Some("PASSTHROUGH" | "AUTO_PASSTHROUGH"))
    }

    /// The Secret with its certificate, in the namespace of the proxy.
    pub(super) fn credential(&self) -> Option<(&'a str, Node<'a>)> {
        let node = self.tls?.get("credentialName")?;
        let name = node.text()?;
        // Another scheme, or a namespace of its own.
        let is_plain = !name.is_empty() && !name.contains('/') && !is_placeholder(name);
        is_plain.then_some((name, node))
    }
}

/// Whether an object is a Gateway of Istio's own API.
pub(super) fn is_gateway(object: &Object) -> bool {
    object.kind() == "Gateway" && object.group() == "networking.istio.io"
}

/// The servers of a Gateway whose ports are known.
pub(super) fn servers(gateway: &Object) -> Vec<Server<'_>> {
    let spec = gateway.node().get("spec");
    let servers = spec.into_iter().flat_map(|spec| items(spec, "servers"));
    servers.filter_map(Server::of).collect()
}
