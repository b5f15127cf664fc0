//! Gateways (`ValidateGateway`).

use super::super::judge::{Judge, shown};
use super::names::{Protocol, UNIX, has_whole_wildcard, is_domain, is_ip, is_label, is_socket};
use super::texts;
use crate::yaml::{Node, Scalar};

/// The names of ports are unique.
pub(super) fn gateway<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let servers: Vec<Node<'t>> = judge.items(spec, "servers").collect();
    let names: Vec<Node<'t>> = servers
        .into_iter()
        .filter_map(|server| judge.at(server, &["port", "name"]))
        .collect();
    judge.unique(names, |name| {
        format!("two ports of the Gateway are named {name}")
    });
}

/// `validateServer`
pub(super) fn server<'t>(judge: &mut Judge<'t>, server: Node<'t>) {
    for (node, host) in texts(judge, server, "hosts") {
        if let Some((fault, help)) = host_fault(host) {
            judge
                .wrong(node, format!("{} {fault}", shown(host)))
                .help(help);
        }
    }
    let Some(port) = judge.get(server, "port") else {
        return;
    };
    bind(judge, server, port);
    if judge.int(port, "targetPort").is_some_and(|it| it > 0)
        && let Some(entry) = port.entry("targetPort")
    {
        judge.wrong(entry.key, "`targetPort` does not apply to Gateways");
    }
    if let Some(protocol) = judge.text(port, "protocol").and_then(Protocol::of) {
        tls(judge, server, port, protocol);
    }
}

/// `validateServerBind`, `validateServerPort`
fn bind<'t>(judge: &mut Judge<'t>, server: Node<'t>, port: Node<'t>) {
    if judge.field(server, "bind").is_unknown() {
        return;
    }
    let bind = judge.text(server, "bind").unwrap_or_default();
    let number = judge.get(port, "number");
    let value = number.and_then(Node::scalar);
    if let Some(path) = bind.strip_prefix(UNIX) {
        if !is_socket(path)
            && let Some(node) = judge.get(server, "bind")
        {
            judge.wrong(node, format!("{} is not the path of a socket", shown(bind)));
        }
        if let Some(Scalar::Int(1..)) = value
            && let Some(node) = number
        {
            judge.wrong(node, "a server on a socket has a port number other than 0");
        }
        return;
    }
    if !bind.is_empty()
        && !is_ip(bind)
        && let Some(node) = judge.get(server, "bind")
    {
        judge.wrong(node, format!("{} is not an IP address", shown(bind)));
    }
    if let Some(Scalar::Int(value)) = value
        && !(1..=65_535).contains(&value)
        && let Some(node) = number
    {
        judge.wrong(node, format!("port {value} is not from 1 to 65535"));
    }
}

/// HTTPS and TLS need certificates, or to be passed through; the others take none.
fn tls<'t>(judge: &mut Judge<'t>, server: Node<'t>, port: Node<'t>, protocol: Protocol) {
    let shown = judge.text(port, "protocol").unwrap_or_default();
    if judge.field(server, "tls").is_unknown() {
        return;
    }
    let Some(tls) = judge.get(server, "tls") else {
        if protocol.is_tls() {
            judge
                .missing(
                    server,
                    "tls",
                    format!("a server of protocol {shown} has no `tls`"),
                )
                .map(|told| told.rests_on(port, "protocol"));
        }
        return;
    };
    if protocol.is_tls() || judge.field(tls, "mode").is_unknown() {
        return;
    }
    let mode = judge.text(tls, "mode").unwrap_or("PASSTHROUGH");
    let has_files = ["caCertificates", "privateKey", "serverCertificate"]
        .iter()
        .any(|field| judge.has(tls, field));
    let is_passed = matches!(mode, "PASSTHROUGH" | "AUTO_PASSTHROUGH") && !has_files;
    if (!protocol.is_http() || !is_passed)
        && let Some(entry) = server.entry("tls")
    {
        judge
            .wrong(entry.key, format!("a server of protocol {shown} has `tls`"))
            .help("certificates are for ports with the protocol HTTPS or TLS")
            .rests_on(port, "protocol");
    }
}

/// `ValidateNamespaceSlashWildcardHostname` for a Gateway.
fn host_fault(host: &str) -> Option<(&'static str, &'static str)> {
    const FORM: &str =
        "write a full host name, as in shop.example.com, *.example.com or ./shop.example.com";
    let name = match host.split_once('/') {
        None => host,
        Some((place, name)) => {
            if !matches!(place, "*" | ".") && !is_label(place) || name.is_empty() {
                return Some(("is not a namespace and a host", FORM));
            }
            name
        }
    };
    if name != "*" && !name.contains('.') {
        Some(("is a short name", FORM))
    } else if !is_domain(name) && !is_ip(name) {
        Some(("is neither a host name nor an IP address", FORM))
    } else if !has_whole_wildcard(name) {
        Some(("has a `*` that is not a whole label", FORM))
    } else {
        None
    }
}
