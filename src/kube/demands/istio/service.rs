//! VirtualServices as a whole (`ValidateVirtualService`), and what their routes lead to.

use std::collections::HashMap;

use super::super::judge::{Judge, shown};
use super::names::{is_domain, is_fqdn, is_ip, is_sni_domain, is_within, overlap};
use super::{is_stand_in, texts};
use crate::yaml::Node;

/// More hosts and gateways than anybody writes.
const MOST_HOSTS: usize = 500;

/// The spec of the object under judgement.
fn spec_of<'t>(judge: &Judge<'t>) -> Option<Node<'t>> {
    judge.get(judge.object(), "spec")
}

/// Whether the VirtualService is one that others delegate to: it names no host.
pub(super) fn is_delegate(judge: &Judge<'_>) -> bool {
    spec_of(judge).is_some_and(|spec| judge.lacks(spec, "hosts"))
}

/// Whether it is for gateways alone, where that is known.
pub(super) fn is_at_gateway(judge: &Judge<'_>) -> Option<bool> {
    let spec = spec_of(judge)?;
    // Each match asks.
    if judge.items(spec, "gateways").nth(MOST_HOSTS).is_some() {
        return None;
    }
    let gateways = texts(judge, spec, "gateways");
    if gateways.iter().any(|(_, name)| *name == "mesh") {
        return Some(false);
    }
    judge
        .knows_all(spec, "gateways")
        .then_some(!gateways.is_empty())
}

/// `ValidateVirtualService`
pub(super) fn spec<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    if is_delegate(judge) {
        for key in judge.present(spec, &["gateways", "tls", "tcp"]) {
            let name = key.key_text();
            if judge.has(spec, name) {
                judge
                    .wrong(
                        key,
                        format!("a VirtualService without `hosts` has `{name}`"),
                    )
                    .absence(spec, "hosts");
            }
        }
    }
    if ["http", "tls", "tcp"]
        .iter()
        .all(|field| judge.lacks(spec, field))
    {
        judge.missing_one_of(
            spec,
            &["http", "tls", "tcp"],
            "the VirtualService has no `http`, `tls` or `tcp` routes",
        );
    }
    hosts(judge, spec);
}

fn hosts<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let at_gateway = is_at_gateway(judge);
    let by_name = at_gateway != Some(false) && matches_sni(judge, spec);
    let hosts = texts(judge, spec, "hosts");
    let mut is_right = true;
    for (node, host) in &hosts {
        let is_name = is_domain(host) || by_name && is_sni_domain(host);
        if !is_name && !is_ip(host) {
            is_right = false;
            judge.wrong(
                *node,
                format!("{} is neither a host name nor an IP address", shown(host)),
            );
        } else if *host == "*" && at_gateway == Some(false) {
            is_right = false;
            judge
                .wrong(*node, "the host `*` is for gateways, not for the mesh")
                .help("name the hosts, or the `gateways` that it is for")
                .rests_on(spec, "gateways");
        }
    }
    if !is_right {
        return;
    }
    let mut seen = HashMap::new();
    for (index, (node, host)) in hosts.iter().enumerate() {
        let same = *seen.entry(*host).or_insert(index);
        // Each of the first is compared with all of them, every other one with its equal.
        let (from, to) = if index < MOST_HOSTS {
            (0, index)
        } else {
            (same, index.min(same + 1))
        };
        let mut earlier = hosts.iter().take(to).skip(from);
        if let Some((_, other)) = earlier.find(|(_, other)| overlap(other, host)) {
            let fault = if other == host {
                format!("`hosts` has {} twice", shown(host))
            } else {
                format!(
                    "`hosts` has {} and {}, which overlap",
                    shown(other),
                    shown(host)
                )
            };
            judge.wrong(*node, fault);
        }
    }
}

/// `isSniHost`
fn matches_sni<'t>(judge: &Judge<'t>, spec: Node<'t>) -> bool {
    let routes = judge.items(spec, "tls");
    routes
        .flat_map(|route| judge.items(route, "match"))
        .any(|one| judge.has(one, "sniHosts"))
}

/// `validateSniHost`: each is one of the VirtualService's hosts. Of more hosts than anybody writes nothing is
/// said, since each match is compared with all.
pub(super) fn sni<'t>(judge: &mut Judge<'t>, one: Node<'t>) {
    let Some(spec) = spec_of(judge) else {
        return;
    };
    let has_many = |field| judge.items(spec, field).nth(MOST_HOSTS).is_some();
    if has_many("hosts") || has_many("gateways") {
        return;
    }
    let is_of_mesh = texts(judge, spec, "gateways")
        .iter()
        .any(|(_, name)| *name == "mesh");
    let hosts = texts(judge, spec, "hosts");
    let knows_hosts = judge.knows_all(spec, "hosts") && hosts.iter().len() == count(judge, spec);
    for (node, name) in texts(judge, one, "sniHosts") {
        let is_name = is_domain(name) || !is_of_mesh && is_sni_domain(name);
        if !is_name {
            if !is_ip(name) {
                judge.wrong(node, format!("{} is not a host name", shown(name)));
            }
        } else if knows_hosts && !hosts.iter().any(|(_, host)| is_within(name, host)) {
            judge
                .wrong(node, format!("{} is not one of the `hosts`", shown(name)))
                .rests_on(spec, "hosts");
        }
    }
}

fn count<'t>(judge: &Judge<'t>, spec: Node<'t>) -> usize {
    judge
        .get(spec, "hosts")
        .map_or(0, |hosts| hosts.items().count())
}

/// `validateDestination`, and `validateSidecarOutboundTrafficPolicy` on the proxy for egress.
pub(super) fn destination<'t>(judge: &mut Judge<'t>, destination: Node<'t>) {
    let is_egress = destination.parent().is_some_and(|policy| {
        policy
            .get("egressProxy")
            .is_some_and(|proxy| proxy.resolved().id() == destination.id())
    });
    if let Some(node) = judge.get(destination, "host")
        && let Some(host) = judge.text_of(node)
        && !host.is_empty()
        && !is_stand_in(host)
    {
        let fits = if is_egress {
            is_fqdn(host)
        } else {
            host != "*" && is_domain(host)
        };
        if !fits {
            judge.wrong(
                node,
                format!("{} is not the host name of a destination", shown(host)),
            );
        }
    }
    if let Some(port) = judge.get(destination, "port")
        && judge.field(port, "number").is_absent()
    {
        judge.missing(
            port,
            "number",
            "the `port` of a destination has no `number`",
        );
    }
    if is_egress {
        judge.require(destination, "port");
    }
}
