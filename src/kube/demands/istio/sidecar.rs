//! Sidecars (`ValidateSidecar`).

use std::collections::BTreeSet;

use super::super::judge::{Judge, shown};
use super::names::{Protocol, UNIX, has_whole_wildcard, is_domain, is_ip, is_label, is_socket};
use super::texts;
use crate::yaml::{Node, Scalar};

/// The listeners together, and what the Sidecar is for.
pub(super) fn spec<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    const PARTS: &[&str] = &[
        "egress",
        "ingress",
        "outboundTrafficPolicy",
        "inboundConnectionPool",
    ];
    if PARTS.iter().all(|part| judge.lacks(spec, part)) {
        judge.missing_one_of(spec, PARTS, "the Sidecar configures nothing");
    }
    unique_ports(judge, spec, "ingress");
    unique_ports(judge, spec, "egress");
    unique_sockets(judge, spec);
    let egress: Vec<Node<'t>> = judge.items(spec, "egress").collect();
    for listener in egress.iter().rev().skip(1) {
        if judge.field(*listener, "port").is_absent() {
            judge
                .missing(
                    *listener,
                    "port",
                    "only the last egress listener can be without a `port`",
                )
                .map(|told| told.help("a listener without a port catches all: write it last"));
        }
    }
    outbound(judge, spec);
}

/// `validateSidecarOutboundTrafficPolicy`
fn outbound<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let Some(policy) = judge.get(spec, "outboundTrafficPolicy") else {
        return;
    };
    let mode = judge.field(policy, "mode");
    let is_open = mode.is_unknown() || judge.text(policy, "mode") == Some("ALLOW_ANY");
    if let Some(entry) = policy.entry("egressProxy")
        && !judge.field(policy, "egressProxy").is_absent()
        && !is_open
    {
        judge
            .wrong(entry.key, "`egressProxy` needs `mode: ALLOW_ANY`")
            .rests_on(policy, "mode");
    }
}

fn unique_ports<'t>(judge: &mut Judge<'t>, spec: Node<'t>, list: &str) {
    let listeners: Vec<Node<'t>> = judge.items(spec, list).collect();
    let mut seen = BTreeSet::new();
    for listener in listeners {
        let Some(node) = judge.at(listener, &["port", "number"]) else {
            continue;
        };
        if let Some(Scalar::Int(number)) = node.scalar()
            && number != 0
            && !seen.insert(number)
        {
            judge.wrong(node, format!("two `{list}` listeners have port {number}"));
        }
    }
}

fn unique_sockets<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let listeners: Vec<Node<'t>> = judge.items(spec, "egress").collect();
    let binds: Vec<Node<'t>> = listeners
        .into_iter()
        .filter(|listener| {
            let port = judge.get(*listener, "port");
            port.is_some_and(|port| is_zero(judge, port))
        })
        .filter_map(|listener| judge.get(listener, "bind"))
        .collect();
    judge.unique(binds, |bind| {
        format!("two egress listeners have the socket {bind}")
    });
}

/// Whether a port's number is 0 or not given.
fn is_zero<'t>(judge: &Judge<'t>, port: Node<'t>) -> bool {
    judge.field(port, "number").is_absent() || judge.int(port, "number") == Some(0)
}

/// A listener for what comes in.
pub(super) fn ingress<'t>(judge: &mut Judge<'t>, listener: Node<'t>) {
    if let Some(port) = judge.get(listener, "port") {
        target_port(judge, port);
        if is_zero(judge, port) {
            let node = port.get("number").unwrap_or(port);
            judge.wrong(
                node,
                "the port of an ingress listener is not from 1 to 65535",
            );
        } else {
            number(judge, port);
        }
        address(judge, listener);
        if let Some(tls) = judge.get(listener, "tls") {
            server_tls(judge, tls, port);
        }
    }
    endpoint(judge, listener);
}

/// `defaultEndpoint` is in the pod: an address of its own and a port, or a socket.
fn endpoint<'t>(judge: &mut Judge<'t>, listener: Node<'t>) {
    let Some(node) = judge.get(listener, "defaultEndpoint") else {
        return;
    };
    let Some(text) = judge.text_of(node).filter(|text| !text.is_empty()) else {
        return;
    };
    if let Some(path) = text.strip_prefix(UNIX) {
        if !is_socket(path) {
            judge.wrong(node, format!("{} is not the path of a socket", shown(text)));
        }
        return;
    }
    let is_local = |host: &str| matches!(host, "" | "127.0.0.1" | "0.0.0.0" | "[::1]" | "[::]");
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    let fits = text
        .rsplit_once(':')
        .is_some_and(|(host, port)| is_local(host) && is_port(port));
    if !fits {
        judge
            .wrong(node, format!("{} is not a port of the pod itself", shown(text)))
            .help("write 127.0.0.1:<port>, 0.0.0.0:<port>, [::1]:<port>, [::]:<port> or unix://<path>");
    }
}

fn server_tls<'t>(judge: &mut Judge<'t>, tls: Node<'t>, port: Node<'t>) {
    for key in judge.present(
        tls,
        &[
            "subjectAltNames",
            "credentialName",
            "credentialNames",
            "tlsCertificates",
        ],
    ) {
        let name = key.key_text();
        if judge.has(tls, name) {
            judge.wrong(key, format!("`{name}` in the `tls` of a Sidecar"));
        }
    }
    if judge.is_true(tls, "httpsRedirect")
        && let Some(entry) = tls.entry("httpsRedirect")
    {
        judge.wrong(entry.key, "`httpsRedirect` in the `tls` of a Sidecar");
    }
    if let Some(mode) = judge.get(tls, "mode")
        && let Some(text) = judge.text_of(mode)
        && matches!(text, "ISTIO_MUTUAL" | "AUTO_PASSTHROUGH")
    {
        judge.wrong(mode, format!("`mode: {text}` in the `tls` of a Sidecar"));
    }
    let protocol = judge.text(port, "protocol").and_then(Protocol::of);
    let is_known = !judge.field(port, "protocol").is_unknown();
    if is_known
        && !protocol.is_some_and(Protocol::is_tls)
        && let Some(listener) = tls.parent()
        && let Some(entry) = listener.entry("tls")
    {
        judge
            .wrong(
                entry.key,
                "`tls` on a port whose protocol is neither HTTPS nor TLS",
            )
            .rests_on(port, "protocol");
    }
}

/// A listener for what goes out.
pub(super) fn egress<'t>(judge: &mut Judge<'t>, listener: Node<'t>) {
    if let Some(port) = judge.get(listener, "port") {
        target_port(judge, port);
        if is_zero(judge, port) {
            socket(judge, listener, port);
        } else {
            number(judge, port);
            address(judge, listener);
        }
    }
    for (node, host) in texts(judge, listener, "hosts") {
        if let Some((fault, help)) = host_fault(host) {
            let told = judge.wrong(node, format!("{} {fault}", shown(host)));
            if !help.is_empty() {
                told.help(help);
            }
        }
    }
}

/// Port 0 stands for a socket.
fn socket<'t>(judge: &mut Judge<'t>, listener: Node<'t>, port: Node<'t>) {
    if judge.field(listener, "bind").is_unknown() {
        return;
    }
    let bind = judge.text(listener, "bind").unwrap_or_default();
    let place = judge.get(listener, "bind").or_else(|| port.get("number"));
    match bind.strip_prefix(UNIX) {
        None => {
            judge
                .wrong(
                    place.unwrap_or(port),
                    "an egress listener without a port number needs `bind: unix://…`",
                )
                .rests_on(port, "number");
        }
        Some(path) if !is_socket(path) => {
            judge.wrong(
                place.unwrap_or(port),
                format!("{} is not the path of a socket", shown(bind)),
            );
        }
        Some(_) => {}
    }
    if let Some(mode) = judge.get(listener, "captureMode")
        && judge.text_of(mode) == Some("IPTABLES")
    {
        judge.wrong(mode, "`captureMode: IPTABLES` for a socket");
    }
}

fn target_port<'t>(judge: &mut Judge<'t>, port: Node<'t>) {
    if judge.int(port, "targetPort").is_some_and(|it| it > 0)
        && let Some(entry) = port.entry("targetPort")
    {
        judge.wrong(entry.key, "`targetPort` does not apply to Sidecars");
    }
}

fn number<'t>(judge: &mut Judge<'t>, port: Node<'t>) {
    if let Some(node) = judge.get(port, "number")
        && let Some(Scalar::Int(number)) = node.scalar()
        && !(1..=65_535).contains(&number)
    {
        judge.wrong(node, format!("port {number} is not from 1 to 65535"));
    }
}

/// `bind` of a listener with a port.
fn address<'t>(judge: &mut Judge<'t>, listener: Node<'t>) {
    if let Some(node) = judge.get(listener, "bind")
        && let Some(text) = judge.text_of(node)
        && !text.is_empty()
        && !is_ip(text)
    {
        judge.wrong(node, format!("{} is not an IP address", shown(text)));
    }
}

/// `ValidateNamespaceSlashWildcardHostname` for a Sidecar.
fn host_fault(host: &str) -> Option<(&'static str, &'static str)> {
    const FORM: &str = "write namespace/host, as in ./*, istio-system/* or */api.example.com";
    let Some((place, name)) = host.split_once('/') else {
        return Some(("has no namespace", FORM));
    };
    let bare = place.strip_prefix('~').unwrap_or(place);
    if place.is_empty() || name.is_empty() {
        Some(("has an empty namespace or host", FORM))
    } else if !matches!(bare, "" | "*" | ".") && !is_label(bare) {
        Some(("does not start with the name of a namespace", FORM))
    } else if name != "*" && !name.contains('.') {
        Some((
            "is a short name",
            "write the full name, as in ./orders.shop.svc.cluster.local",
        ))
    } else if !is_domain(name) {
        Some(("does not end with a host name", FORM))
    } else if !has_whole_wildcard(name) {
        Some(("has a `*` that is not a whole label", FORM))
    } else {
        None
    }
}
