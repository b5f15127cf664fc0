//! `conflicting-gateways`

use std::collections::HashMap;

use super::gateway_servers::{Server, is_gateway, servers};
use super::pods::{self, Labels};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Together;
use crate::kube::Object;
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "conflicting-gateways",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "Two Gateways that conflict on the same proxies",
    page: include_str!("../../../rules/mesh/conflicting-gateways.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct ConflictingGateways;

impl Rule for ConflictingGateways {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        if !is_gateway(object) {
            return;
        }
        let Some(selector) = selector(object) else {
            return;
        };
        let own = servers(object);
        let others = earlier(cx, object, &selector, &own);
        let (mut clash, mut shared) = (None, None);
        for other in others {
            let theirs = servers(other);
            if clash.is_none() {
                let found = pairs(&own, &theirs).find_map(|(one, two)| dropped(one, two));
                clash = found.map(|found| (other, found));
            }
            if shared.is_none() {
                let found = pairs(&own, &theirs).find_map(|(one, two)| certificate(one, two));
                shared = found.map(|found| (other, found));
            }
        }
        if let Some((other, (node, what))) = clash {
            let message = format!(
                "{what} is in Gateway `{}` too: Istio drops the newer",
                other.name()
            );
            out.push(
                Report::object(object, node, message)
                    .help(
                        "put the servers into one Gateway, or give them hosts or ports of their own",
                    )
                    .related(other, other.name_node(), "the other Gateway"),
            );
        }
        if let Some((other, node)) = shared {
            let message = format!(
                "Gateway `{}` has this certificate too: reused connections may get 404",
                other.name()
            );
            let help = "list the hosts in one server, whose certificate covers them all, or give each \
                        Gateway a certificate of its own: HTTP/2 clients send requests for every host of \
                        a certificate over one connection, and each Gateway knows its own hosts only";
            out.push(
                Report::object(object, node, message)
                    .severity(Severity::Note)
                    .help(help)
                    .related(other, other.name_node(), "the other Gateway"),
            );
        }
    }
}

/// A Gateway is compared with so many of each port.
const MOST_TWINS: usize = 100;

/// So many servers of two Gateways are compared.
const MOST_PAIRS: usize = 10_000;

/// The Gateways before this one with a server on one of its ports that proxies of the one are proxies of
/// the other, where both are deployed together.
fn earlier<'a>(
    cx: &Context<'a>,
    object: &Object,
    own: &Labels<'_>,
    ports: &[Server<'_>],
) -> Vec<&'a Object> {
    let inventory = cx.inventory;
    let by_port = inventory.once("Gateways by the ports of their servers", || {
        let mut by_port: HashMap<i64, Vec<u32>> = HashMap::new();
        for gateway in inventory.objects().filter(|it| is_gateway(it)) {
            for server in servers(gateway) {
                let list = by_port.entry(server.port).or_default();
                if list.last() != Some(&gateway.number()) {
                    list.push(gateway.number());
                }
            }
        }
        by_port
    });
    let mut numbers: Vec<u32> = ports
        .iter()
        .filter_map(|server| by_port.get(&server.port))
        .flat_map(|list| list.iter().take(MOST_TWINS).copied())
        .filter(|number| *number < object.number())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let others = numbers
        .into_iter()
        .filter_map(|number| inventory.numbered(number));
    others
        .filter(|other| {
            let together = inventory.together(object, other);
            let is_namesake =
                other.name() == object.name() && inventory.same_namespace(other, object);
            matches!(together, Some(Together::File | Together::Kustomization)) && !is_namesake
        })
        .filter(|other| {
            selector(other).is_some_and(|other| is_within(own, &other) || is_within(&other, own))
        })
        .collect()
}

fn selector(gateway: &Object) -> Option<Labels<'_>> {
    pods::labels(gateway, gateway.node().get("spec")?, &["selector"])
}

/// Whether what carries all labels of the second carries those of the first; no labels select every proxy.
fn is_within(one: &Labels<'_>, other: &Labels<'_>) -> bool {
    one.iter().all(|label| other.contains(label))
}

/// Each server of the one with each of the other, where both would listen on one port and address.
fn pairs<'p, 'a: 'p, 'b: 'p>(
    own: &'p [Server<'a>],
    others: &'p [Server<'b>],
) -> impl Iterator<Item = (&'p Server<'a>, &'p Server<'b>)> {
    own.iter()
        .flat_map(move |one| {
            let others = others.iter();
            others
                .filter(move |other| one.port == other.port && one.bind == other.bind)
                .map(move |other| (one, other))
        })
        .take(MOST_PAIRS)
}

/// What of a server keeps Istio from serving both (`mergeGateways` and `CheckDuplicates` in
/// pilot/pkg/model/gateway.go): only HTTP is merged on a port in plain text, and with TLS each host is
/// taken once.
fn dropped<'a>(own: &Server<'a>, other: &Server<'_>) -> Option<(Node<'a>, String)> {
    match (own.tls, other.tls) {
        (None, None) if own.is_http() && other.is_http() => None,
        (None, None) => Some((own.port_node, format!("port {}", own.port))),
        (Some(_), Some(_)) => own.hosts.iter().find_map(|(host, node)| {
            let known = |other: &(&str, Node<'_>)| plain(other.0) == plain(host);
            // A host of `.` is of another namespace in each.
            let is_taken = !host.starts_with("./") && other.hosts.iter().any(known);
            is_taken.then(|| (*node, format!("host `{host}` on port {}", own.port)))
        }),
        _ => None,
    }
}

/// A host for all namespaces is the host.
fn plain(host: &str) -> &str {
    host.strip_prefix("*/").unwrap_or(host)
}

/// The name of a certificate that both present, for hosts of which they have none in common.
fn certificate<'a>(own: &Server<'a>, other: &Server<'_>) -> Option<Node<'a>> {
    let (name, node) = own.credential()?;
    let is_shared = own.ends_https()
        && other.ends_https()
        && other.credential().is_some_and(|(it, _)| it == name)
        && dropped(own, other).is_none();
    is_shared.then_some(node)
}
