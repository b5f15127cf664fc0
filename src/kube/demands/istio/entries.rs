//! What is outside of Kubernetes: ServiceEntry, WorkloadEntry, WorkloadGroup (`ValidateServiceEntry`,
//! `validateWorkloadEntry`, `validateReadinessProbe`, and the CRDs).

use std::collections::BTreeSet;

use super::super::judge::{Judge, shown};
use super::names::{Protocol, UNIX, is_domain, is_fqdn, is_ip, is_label, is_socket};
use super::{entries, texts};
use crate::yaml::{Node, Scalar};

/// A ServiceEntry.
pub(super) fn service<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    ports(judge, spec);
    for (node, host) in texts(judge, spec, "hosts") {
        if host == "*" {
            judge.wrong(node, "the host `*` of a ServiceEntry");
        } else if !is_domain(host) {
            judge.wrong(node, format!("{} is not a host name", shown(host)));
        }
    }
    if judge.field(spec, "resolution").is_unknown() {
        return;
    }
    let resolution = judge.text(spec, "resolution").unwrap_or("NONE");
    addresses(judge, spec, resolution);
    match resolution {
        "NONE" => excluded(judge, spec, resolution, &["endpoints"]),
        "STATIC" => endpoints(judge, spec, false),
        "DNS" | "DNS_ROUND_ROBIN" => by_name(judge, spec, resolution),
        "DYNAMIC_DNS" => dynamic(judge, spec, resolution),
        _ => {}
    }
    if resolution != "NONE" {
        several_hosts(judge, spec);
    }
}

fn ports<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let ports: Vec<Node<'t>> = judge.items(spec, "ports").collect();
    let names: Vec<Node<'t>> = ports
        .iter()
        .filter_map(|port| judge.get(*port, "name"))
        .collect();
    judge.unique(names, |name| format!("two ports are named {name}"));
    let mut seen = BTreeSet::new();
    for port in ports {
        let Some(node) = judge.get(port, "number") else {
            continue;
        };
        if let Some(Scalar::Int(number)) = node.scalar()
            && !seen.insert(number)
        {
            judge.wrong(node, format!("two ports have the number {number}"));
        }
    }
}

fn addresses<'t>(judge: &mut Judge<'t>, spec: Node<'t>, resolution: &str) {
    if matches!(resolution, "NONE" | "STATIC") {
        return;
    }
    let listed = texts(judge, spec, "addresses");
    if let Some((node, range)) = listed.iter().find(|(_, text)| text.contains('/')) {
        judge
            .wrong(
                *node,
                format!("the range {} with `resolution: {resolution}`", shown(range)),
            )
            .help("ranges of addresses need `resolution` NONE or STATIC")
            .rests_on(spec, "resolution");
    }
}

/// Fields that a resolution does not take.
fn excluded<'t>(judge: &mut Judge<'t>, spec: Node<'t>, resolution: &str, fields: &[&str]) {
    for key in judge.present(spec, fields) {
        let name = key.key_text();
        if judge.has(spec, name) {
            judge
                .wrong(key, format!("`{name}` with `resolution: {resolution}`"))
                .rests_on(spec, "resolution");
        }
    }
}

/// Endpoints by address, or also by name.
fn endpoints<'t>(judge: &mut Judge<'t>, spec: Node<'t>, by_name: bool) {
    let known = service_ports(judge, spec);
    let endpoints: Vec<Node<'t>> = judge.items(spec, "endpoints").collect();
    for endpoint in endpoints {
        if let Some(node) = judge.get(endpoint, "address")
            && let Some(address) = judge.text_of(node)
        {
            let fits = if by_name {
                is_ip(address) || is_fqdn(address)
            } else {
                address.is_empty() || is_ip(address) || address.starts_with(UNIX)
            };
            let what = if by_name {
                "neither an IP address nor a host name"
            } else {
                "not an IP address"
            };
            if !fits {
                judge
                    .wrong(node, format!("endpoint {} is {what}", shown(address)))
                    .rests_on(spec, "resolution");
            }
        } else if by_name && judge.has(endpoint, "network") {
            judge.require(endpoint, "address");
        }
        let Some(known) = &known else {
            continue;
        };
        for (name, entry) in entries(judge, endpoint, "ports") {
            if !known.contains(name) {
                judge
                    .wrong(
                        entry.key,
                        format!("{} is not a port of the ServiceEntry", shown(name)),
                    )
                    .rests_on(spec, "ports");
            }
        }
        let is_socket = judge
            .text(endpoint, "address")
            .is_some_and(|address| address.starts_with(UNIX));
        if is_socket && !by_name && known.len() != 1 {
            judge
                .wrong(
                    endpoint.get("address").unwrap_or(endpoint),
                    "a socket needs exactly one port",
                )
                .rests_on(spec, "ports");
        }
    }
}

/// The names of the ports, where all are known.
fn service_ports<'t>(judge: &Judge<'t>, spec: Node<'t>) -> Option<BTreeSet<&'t str>> {
    let ports: Vec<Node<'t>> = judge.items(spec, "ports").collect();
    let names: Option<BTreeSet<&str>> = ports
        .into_iter()
        .map(|port| judge.text(port, "name"))
        .collect();
    names.filter(|_| judge.knows_all(spec, "ports"))
}

fn by_name<'t>(judge: &mut Judge<'t>, spec: Node<'t>, resolution: &str) {
    endpoints(judge, spec, true);
    if judge.lacks(spec, "endpoints") {
        let hosts = texts(judge, spec, "hosts");
        if let Some((node, host)) = hosts
            .iter()
            .find(|(_, host)| is_domain(host) && *host != "*" && !is_fqdn(host))
        {
            judge
                .wrong(
                    *node,
                    format!("{} with `resolution: {resolution}` and no `endpoints`", shown(host)),
                )
                .help("DNS cannot resolve a wildcard: name endpoints, or use `resolution: NONE` or DYNAMIC_DNS")
                .absence(spec, "endpoints")
                .rests_on(spec, "resolution");
        }
    }
    let count = judge
        .get(spec, "endpoints")
        .map_or(0, |list| list.items().count());
    if resolution == "DNS_ROUND_ROBIN"
        && count > 1
        && let Some(entry) = spec.entry("endpoints")
    {
        judge
            .wrong(
                entry.key,
                "several `endpoints` with `resolution: DNS_ROUND_ROBIN`",
            )
            .rests_on(spec, "resolution");
    }
}

fn dynamic<'t>(judge: &mut Judge<'t>, spec: Node<'t>, resolution: &str) {
    excluded(judge, spec, resolution, &["addresses", "endpoints"]);
    for (node, host) in texts(judge, spec, "hosts") {
        if !host.starts_with('*') {
            judge
                .wrong(
                    node,
                    format!(
                        "{} with `resolution: {resolution}` is not a wildcard",
                        shown(host)
                    ),
                )
                .rests_on(spec, "resolution");
        }
    }
    let ports: Vec<Node<'t>> = judge.items(spec, "ports").collect();
    for port in ports {
        if judge.field(port, "protocol").is_unknown() {
            continue;
        }
        let protocol = judge.text(port, "protocol").and_then(Protocol::of);
        let fits = matches!(
            protocol,
            Some(Protocol::Http | Protocol::Http2 | Protocol::Grpc | Protocol::Tls)
        );
        if !fits {
            let node = judge.get(port, "protocol").unwrap_or(port);
            judge
                .wrong(
                    node,
                    format!("`resolution: {resolution}` takes HTTP, HTTP2, GRPC and TLS only"),
                )
                .rests_on(spec, "resolution");
        }
    }
    let label = judge.at(
        judge.object(),
        &["metadata", "labels", "istio.io/use-waypoint"],
    );
    let waypoint = label.and_then(|it| judge.text_of(it)).unwrap_or_default();
    if judge.text(spec, "location") == Some("MESH_INTERNAL")
        && !waypoint.is_empty()
        && !waypoint.eq_ignore_ascii_case("none")
        && let Some(node) = judge.get(spec, "location")
    {
        judge.wrong(
            node,
            format!("`location: MESH_INTERNAL` with a waypoint and `resolution: {resolution}`"),
        );
    }
}

/// Nothing but HTTP and SNI tells hosts of one port apart.
fn several_hosts<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    if texts(judge, spec, "hosts").len() < 2 {
        return;
    }
    let ports: Vec<Node<'t>> = judge.items(spec, "ports").collect();
    let is_other = |port: &Node<'t>| {
        let protocol = judge.text(*port, "protocol").and_then(Protocol::of);
        !judge.field(*port, "protocol").is_unknown()
            && !protocol.is_some_and(|it| it.is_http() || it.is_tls())
    };
    if let Some(port) = ports.into_iter().find(is_other) {
        let node = judge
            .get(port, "protocol")
            .or_else(|| judge.get(port, "name"));
        judge
            .wrong(
                node.unwrap_or(port),
                "several `hosts` on a port that is neither HTTP nor TLS",
            )
            .rests_on(spec, "resolution")
            .rests_on(spec, "hosts");
    }
}

/// An endpoint, or a WorkloadEntry.
pub(super) fn workload<'t>(judge: &mut Judge<'t>, entry: Node<'t>) {
    if judge.lacks(entry, "address") && judge.lacks(entry, "network") {
        judge.missing_one_of(
            entry,
            &["address", "network"],
            "an endpoint has no `address`",
        );
    }
    let address = judge.text(entry, "address").unwrap_or_default();
    if let Some(path) = address.strip_prefix(UNIX) {
        if !is_socket(path)
            && let Some(node) = judge.get(entry, "address")
        {
            judge.wrong(
                node,
                format!("{} is not the path of a socket", shown(address)),
            );
        }
        if let [key, ..] = judge.present(entry, &["ports"]).as_slice() {
            judge.wrong(*key, "an endpoint that is a socket has `ports`");
        }
    } else if judge.kind() == "WorkloadEntry"
        && !address.is_empty()
        && !is_ip(address)
        && !is_fqdn(address)
        && let Some(node) = judge.get(entry, "address")
    {
        judge.wrong(
            node,
            format!(
                "{} is neither an IP address nor a host name",
                shown(address)
            ),
        );
    }
    for (name, port) in entries(judge, entry, "ports") {
        if !is_label(name) {
            judge.wrong(
                port.key,
                format!("{} is not the name of a port", shown(name)),
            );
        }
        if let Some(Scalar::Int(number)) = port.value.resolved().scalar()
            && !(1..=65_535).contains(&number)
        {
            judge.wrong(port.value, format!("port {number} is not from 1 to 65535"));
        }
    }
}

/// The probe of a WorkloadGroup checks in one way.
pub(super) fn probe<'t>(judge: &mut Judge<'t>, probe: Node<'t>) {
    const WAYS: &[&str] = &["httpGet", "tcpSocket", "exec"];
    if let [key, ..] = judge.present(probe, &["grpc"]).as_slice() {
        judge
            .wrong(*key, "`grpc` in the `probe` of a WorkloadGroup")
            .help("probe by httpGet, tcpSocket or exec");
    } else if judge.present(probe, WAYS).is_empty() {
        judge.missing_one_of(
            probe,
            WAYS,
            "`probe` has no `httpGet`, `tcpSocket` or `exec`",
        );
    }
}
