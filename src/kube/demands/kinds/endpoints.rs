//! Addresses and ports behind Services (`pkg/apis/discovery/validation/validation.go` and
//! `pkg/apis/core/validation/validation.go`, 1.37).

use std::net::IpAddr;

use super::super::Judge;
use super::super::judge::shown;
use super::{address, texts};
use crate::kube::check::forms;
use crate::yaml::Node;

/// `validateEndpoints`: addresses of the slice's type.
pub(super) fn endpoint<'t>(judge: &mut Judge<'t>, endpoint: Node<'t>) {
    if judge.kind() != "EndpointSlice" {
        return;
    }
    let kind = judge.text(judge.object(), "addressType");
    for (node, text) in texts(judge, endpoint, "addresses") {
        match kind {
            Some("FQDN") if !is_full(text) => {
                judge.wrong(node, format!("{} is not a full domain name", shown(text)));
            }
            Some("IPv4") => one(judge, node, text, Some(true)),
            Some("IPv6") => one(judge, node, text, Some(false)),
            _ => {}
        }
    }
    let zones: Vec<Node<'t>> = judge
        .get(endpoint, "hints")
        .into_iter()
        .flat_map(|hints| judge.items(hints, "forZones"))
        .filter_map(|zone| judge.get(zone, "name"))
        .collect();
    judge.unique(zones, |name| format!("two hints for zone {name}"));
}

/// `validateEndpointAddress`
pub(super) fn legacy_address<'t>(judge: &mut Judge<'t>, holder: Node<'t>) {
    if let Some(node) = judge.get(holder, "ip")
        && let Some(text) = judge.text_of(node).filter(|text| !text.is_empty())
    {
        one(judge, node, text, None);
    }
}

fn one<'t>(judge: &mut Judge<'t>, node: Node<'t>, text: &str, is_v4: Option<bool>) {
    address(judge, node, text, forms::is_ip, "an IP address");
    let Ok(ip) = text.parse::<IpAddr>() else {
        return;
    };
    if is_v4.is_some_and(|is_v4| is_v4 != ip.is_ipv4()) {
        judge
            .wrong(node, format!("{} is not of the `addressType`", shown(text)))
            .rests_on(judge_object(node), "addressType");
    } else if let Some(why) = special(ip) {
        judge.wrong(node, format!("{} is {why}", shown(text)));
    }
}

/// The outermost mapping around a node.
fn judge_object(node: Node<'_>) -> Node<'_> {
    std::iter::successors(Some(node), |node| node.parent())
        .last()
        .unwrap_or(node)
}

/// `ValidateEndpointIP`: why nothing outside can be reached at an address.
pub(super) fn special(ip: IpAddr) -> Option<&'static str> {
    let (is_link_local, is_local_multicast) = match ip {
        IpAddr::V4(ip) => (ip.is_link_local(), ip.octets().starts_with(&[224, 0, 0])),
        IpAddr::V6(ip) => {
            let first = ip.segments()[0];
            (first & 0xffc0 == 0xfe80, first & 0xff0f == 0xff02)
        }
    };
    if ip.is_unspecified() {
        Some("the unspecified address")
    } else if ip.is_loopback() {
        Some("a loopback address")
    } else if is_link_local {
        Some("a link-local address")
    } else if is_local_multicast {
        Some("a link-local multicast address")
    } else {
        None
    }
}

/// `validatePorts` and `validateEndpointPort`: names of ports, each once.
pub(super) fn slice<'t>(judge: &mut Judge<'t>, slice: Node<'t>) {
    let ports: Vec<Node<'t>> = judge.items(slice, "ports").collect();
    let mut seen = Vec::new();
    for port in ports {
        let name = match judge.field(port, "name") {
            field if field.is_unknown() => continue,
            _ => judge.text(port, "name").unwrap_or_default(),
        };
        if seen.contains(&name) {
            let node = judge.get(port, "name");
            let node = node.or_else(|| port.entries().next().map(|entry| entry.key));
            let what = if name.is_empty() {
                "two ports have no name".to_owned()
            } else {
                format!("two ports are named {}", shown(name))
            };
            judge.wrong(node.unwrap_or(port), what);
        }
        seen.push(name);
    }
}

/// `validateEndpointSubsets`
pub(super) fn subset<'t>(judge: &mut Judge<'t>, subset: Node<'t>) {
    const LISTS: [&str; 2] = ["addresses", "notReadyAddresses"];
    if !LISTS.iter().any(|field| judge.has(subset, field)) {
        judge.missing_one_of(
            subset,
            &LISTS,
            "an item of `subsets` has neither `addresses` nor `notReadyAddresses`",
        );
    }
    let ports: Vec<Node<'t>> = judge.items(subset, "ports").collect();
    for port in &ports {
        if ports.len() > 1 {
            judge.require(*port, "name");
        }
        if judge
            .int(*port, "port")
            .is_some_and(|number| !(1..=65_535).contains(&number))
            && let Some(node) = judge.get(*port, "port")
        {
            judge.wrong(node, "`port` is not between 1 and 65535");
        }
    }
}

/// Whether it is a domain name of several labels; a dot may end it.
fn is_full(name: &str) -> bool {
    forms::is_dns_subdomain(name.strip_suffix('.').unwrap_or(name))
        && name.trim_end_matches('.').contains('.')
}
