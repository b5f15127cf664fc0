//! Ports of destinations and gateways of VirtualServices, for `unresolved-destination`.

use super::ways::Way;
use crate::finding::Severity;
use crate::inventory::Target;
use crate::kube::{Object, is_placeholder};
use crate::rules::{Context, Findings, Report};
use crate::units::suggest;
use crate::yaml::{Node, Scalar};

/// A destination whose port no Service in view has, or that names none of several.
///
/// Without a port, Istio takes a Service's only one, else that of the listener
/// (pilot/pkg/networking/core/route/route.go, 1.31: `GetDestinationCluster`).
pub(super) fn check_port(
    cx: &Context<'_>,
    object: &Object,
    host: &str,
    way: Way<'_>,
    out: &mut Findings,
) {
    let destination = way.node;
    let Target::Services(services) = cx.inventory.resolve(object, host) else {
        return;
    };
    let [(service, relation)] = services.as_slice() else {
        return;
    };
    if host.contains('*') || !relation.is_firm() || cx.inventory.is_open(service) {
        return;
    }
    let Some(ports) = ports_of(cx, service) else {
        return;
    };
    let listed: Vec<String> = ports.iter().map(ToString::to_string).collect();
    let (name, listed) = (service.name(), listed.join(", "));
    let written = object.field_below(destination, &["port"]);
    let number = object.field_below(destination, &["port", "number"]);
    let report = match number.node().map(|node| (node, node.scalar())) {
        Some((node, Some(Scalar::Int(number)))) if !ports.contains(&number) => {
            let message = format!("`{name}` has no port {number}: {}", way.consequence());
            way.severity(Report::object(object, node, message).help(format!("its ports: {listed}")))
        }
        None if written.is_absent() && ports.len() > 1 => {
            let message = format!(
                "`{name}` has several ports and this destination names none: it takes the listener's"
            );
            let help = format!(
                "say which, as in `port: {{number: {}}}`; its ports: {listed}. A gateway's listener has the \
                 gateway's own port",
                ports.first().copied().unwrap_or_default()
            );
            let node = destination.get("host").unwrap_or(destination);
            Report::object(object, node, message)
                .severity(Severity::Note)
                .help(help)
        }
        _ => return,
    };
    out.push(report.related(service, service.name_node(), "the Service"));
}

/// The port numbers of a Service, where all are known.
fn ports_of(cx: &Context<'_>, service: &Object) -> Option<Vec<i64>> {
    let list = service.field(&["spec", "ports"]);
    if service.kind() != "Service" || service.group() != "" || list.is_unknown() {
        return None;
    }
    let ports = list.node()?;
    if cx.inventory.is_set_elsewhere(service, ports, "") {
        return None;
    }
    let numbers: Option<Vec<i64>> = ports
        .items()
        .map(|port| match port.resolved().get("port")?.scalar()? {
            Scalar::Int(number) => Some(number),
            _ => None,
        })
        .collect();
    numbers.filter(|numbers| !numbers.is_empty())
}

/// Gateways of the VirtualService's own namespace that are not among those in view.
pub(super) fn check_gateways(
    cx: &Context<'_>,
    object: &Object,
    spec: Node<'_>,
    out: &mut Findings,
) {
    if cx.inventory.is_open(object) {
        return;
    }
    let beside: Vec<&str> = cx
        .inventory
        .objects()
        .filter(|other| other.kind() == "Gateway" && other.group() == "networking.istio.io")
        .filter(|other| {
            cx.inventory.same_scope(other, object) && cx.inventory.same_namespace(other, object)
        })
        .map(Object::name)
        .collect();
    if beside.is_empty() {
        return;
    }
    let own = cx.inventory.namespace(object);
    for node in spec.get("gateways").into_iter().flat_map(Node::items) {
        let Some(text) = node
            .text()
            .filter(|text| *text != "mesh" && !is_placeholder(text))
        else {
            continue;
        };
        let name = match text.split_once('/') {
            Some((namespace, name)) if Some(namespace) == own => name,
            None if !text.contains('.') => text,
            _ => continue,
        };
        if beside.contains(&name) {
            continue;
        }
        let message = format!(
            "no Gateway `{name}` in view: {}",
            others(spec, text, &beside)
        );
        let help = match suggest(name, beside.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("in view: {}", beside.join(", ")),
        };
        out.push(Report::object(object, node, message).help(help));
    }
}

/// Which of the gateways that a VirtualService names are there.
fn others(spec: Node<'_>, missing: &str, beside: &[&str]) -> String {
    let all = spec.get("gateways").into_iter().flat_map(Node::items);
    let mut known = all
        .filter_map(Node::text)
        .filter(|text| *text != missing)
        .filter(|text| *text == "mesh" || text.contains(['/', '.']) || beside.contains(text));
    match (known.next(), known.next()) {
        (None, _) => "no gateway takes its routes".to_owned(),
        (Some(only), None) => format!("only `{only}` takes its routes"),
        (Some(_), Some(_)) => "only the others take its routes".to_owned(),
    }
}
