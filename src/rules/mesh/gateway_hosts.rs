//! Hosts of VirtualServices that no server of the Gateways takes which they name.

use std::collections::HashMap;

use super::gateway_servers::is_gateway;
use crate::finding::Severity;
use crate::kube::{Object, is_placeholder};
use crate::rules::{Context, Findings, Report};
use crate::yaml::Node;

/// Names in `gateways` whose Gateway takes none of the hosts: Istio routes where the hosts of a server and
/// of a VirtualService intersect (`buildGatewayHTTPRouteConfig` in pilot/pkg/networking/core/gateway.go).
pub(super) fn check(cx: &Context<'_>, object: &Object, spec: Node<'_>, out: &mut Findings) {
    let inventory = cx.inventory;
    if inventory.is_set_elsewhere(object, spec, "hosts")
        || inventory.is_set_elsewhere(object, spec, "gateways")
    {
        return;
    }
    let Some(hosts) = hosts(cx, object, spec) else {
        return;
    };
    let names: Vec<Node<'_>> = spec
        .get("gateways")
        .into_iter()
        .flat_map(Node::items)
        .collect();
    let mut by_name: HashMap<&str, Vec<&Object>> = HashMap::new();
    let mut known = HashMap::new();
    let answers: Vec<_> = names
        .iter()
        .map(|name| {
            let text = name.text();
            let text = text.filter(|it| !is_placeholder(it) && *it != "mesh")?;
            *known.entry(text).or_insert_with(|| {
                let gateway = named(cx, object, text, &mut by_name)?;
                let is_taken = taken(cx, object, gateway, &hosts)?;
                Some((gateway, is_taken))
            })
        })
        .collect();
    let is_lost = answers.iter().all(|it| matches!(it, Some((_, false))));
    let shown = hosts.iter().map(|(host, _)| format!("`{host}`"));
    let shown = shown.collect::<Vec<_>>();
    let shown = match shown.as_slice() {
        [only] => only.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        [] => return,
    };
    for (name, gateway) in names.iter().zip(&answers) {
        let Some((gateway, false)) = gateway else {
            continue;
        };
        let consequence = if is_lost {
            "no request comes"
        } else {
            "its requests go elsewhere"
        };
        let message = format!(
            "no server of Gateway `{}` accepts {shown}: {consequence}",
            gateway.name()
        );
        let report = Report::object(object, *name, message)
            .help("add the host to `hosts` of a server of the Gateway, or name another Gateway")
            .related(gateway, gateway.name_node(), "the Gateway");
        out.push(report.severity(if is_lost {
            Severity::Warning
        } else {
            Severity::Note
        }));
    }
}

/// The hosts, completed as Istio does; `None` where one is not known.
fn hosts<'a>(cx: &Context<'_>, object: &Object, spec: Node<'a>) -> Option<Vec<(String, Node<'a>)>> {
    let namespace = cx.inventory.namespace(object);
    let hosts = spec.get("hosts").into_iter().flat_map(Node::items);
    hosts
        .map(|node| {
            let text = node.text().filter(|text| !is_placeholder(text))?;
            let is_short = !text.contains(['.', '*']);
            Some(match namespace.filter(|_| is_short) {
                Some(namespace) => (format!("{text}.{namespace}.svc.cluster.local"), node),
                None => (text.to_owned(), node),
            })
        })
        .collect()
}

/// The Gateway of a name, where only one is in view and it is deployed with the VirtualService.
fn named<'a, 't>(
    cx: &Context<'a>,
    object: &Object,
    text: &'t str,
    by_name: &mut HashMap<&'t str, Vec<&'a Object>>,
) -> Option<&'a Object> {
    let inventory = cx.inventory;
    let (namespace, name) = match text.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None if text.contains('.') => return None,
        None => (inventory.namespace(object), text),
    };
    let gateways = by_name.entry(name).or_insert_with(|| {
        let all = inventory.objects_named(name);
        all.filter(|it| it.kind() == "Gateway").collect()
    });
    let mut found = gateways.iter().copied().filter(|it| {
        let own = inventory.namespace(it);
        own.is_none() || namespace.is_none() || own == namespace
    });
    let only = found.next().filter(|_| found.next().is_none())?;
    (is_gateway(only) && inventory.same_scope(only, object)).then_some(only)
}

/// So many hosts are compared with those of a Gateway.
const MOST_HOSTS: usize = 10_000;

/// Whether a server of the Gateway takes one of the hosts; `None` where not all are known.
fn taken(
    cx: &Context<'_>,
    object: &Object,
    gateway: &Object,
    hosts: &[(String, Node<'_>)],
) -> Option<bool> {
    let spec = gateway.node().get("spec")?;
    if cx.inventory.is_set_elsewhere(gateway, spec, "servers") {
        return None;
    }
    let field = gateway.field_below(spec, &["servers"]);
    if field.is_unknown() {
        return None;
    }
    let mut left = MOST_HOSTS;
    let own = cx.inventory.namespace(object);
    let home = cx.inventory.namespace(gateway);
    let servers = field.node().into_iter().flat_map(Node::items);
    for host in servers.flat_map(|server| server.get("hosts").into_iter().flat_map(Node::items)) {
        let text = host.text().filter(|text| !is_placeholder(text))?;
        let (namespace, name) = text.split_once('/').unwrap_or(("*", text));
        let wanted = match namespace {
            "*" => None,
            "." => Some(home?),
            other => Some(other),
        };
        if wanted.is_some_and(|wanted| own.is_some_and(|own| own != wanted)) {
            continue;
        }
        left = left.checked_sub(hosts.len())?;
        if hosts.iter().any(|(host, _)| intersect(name, host)) {
            return Some(true);
        }
    }
    Some(false)
}

/// `Name.Matches` in pkg/config/host/name.go.
fn intersect(one: &str, other: &str) -> bool {
    match (one.strip_prefix('*'), other.strip_prefix('*')) {
        (Some(one), Some(other)) => one.ends_with(other) || other.ends_with(one),
        (Some(end), None) => other.ends_with(end),
        (None, Some(end)) => one.ends_with(end),
        (None, None) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::intersect;

    #[test]
    fn wildcards_on_either_side() {
        for (one, other) in [
            ("*", "a.example.com"),
            ("*.example.com", "a.b.example.com"),
            ("a.example.com", "*.example.com"),
            ("*.example.com", "*.b.example.com"),
            ("a.example.com", "a.example.com"),
        ] {
            assert!(
                intersect(one, other) && intersect(other, one),
                "{one} {other}"
            );
        }
        for (one, other) in [
            ("*.example.com", "example.com"),
            ("a.example.com", "b.example.com"),
            ("*.example.com", "*.example.org"),
        ] {
            assert!(
                !intersect(one, other) && !intersect(other, one),
                "{one} {other}"
            );
        }
    }
}
