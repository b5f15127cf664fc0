//! Ports of destinations and gateways of VirtualServices, for `unresolved-destination`.

use std::collections::HashSet;

use super::ways::Way;
use crate::finding::Severity;
use crate::inventory::Target;
use crate::kube::{Object, is_placeholder};
use crate::rules::text::{FEW, and_more};
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
    let key = service.number().to_string();
    let ports = cx
        .inventory
        .shared(service, "port numbers of a Service", key, || {
            Ports::of(cx, service)
        });
    let Some(Ports {
        known,
        count,
        first,
        listed,
    }) = &*ports
    else {
        return;
    };
    let name = service.name();
    let written = object.field_below(destination, &["port"]);
    let number = object.field_below(destination, &["port", "number"]);
    let report = match number.node().map(|node| (node, node.scalar())) {
        Some((node, Some(Scalar::Int(number)))) if !known.contains(&number) => {
            let message = format!("`{name}` has no port {number}: {}", way.consequence());
            way.severity(Report::object(object, node, message).help(format!("its ports: {listed}")))
        }
        None if written.is_absent() && *count > 1 => {
            let message = format!(
                "`{name}` has several ports and this destination names none: it takes the listener's"
            );
            let help = format!(
                "say which, as in `port: {{number: {first}}}`; its ports: {listed}. A gateway's listener has the \
                 gateway's own port"
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

/// The port numbers of a Service.
struct Ports {
    known: HashSet<i64>,
    /// One number may be that of several, with a protocol each.
    count: usize,
    first: i64,
    /// For a help.
    listed: String,
}

impl Ports {
    /// `None` where they are not all known.
    fn of(cx: &Context<'_>, service: &Object) -> Option<Self> {
        let list = service.field(&["spec", "ports"]);
        if service.kind() != "Service" || service.group() != "" || list.is_unknown() {
            return None;
        }
        let ports = list.node()?;
        if cx.inventory.is_set_elsewhere(service, ports, "") {
            return None;
        }
        let numbers = ports
            .items()
            .map(|port| match port.resolved().get("port")?.scalar()? {
                Scalar::Int(number) => Some(number),
                _ => None,
            });
        let numbers: Vec<i64> = numbers.collect::<Option<_>>()?;
        let few: Vec<String> = numbers.iter().take(FEW).map(ToString::to_string).collect();
        Some(Self {
            first: *numbers.first()?,
            count: numbers.len(),
            listed: and_more(&few, numbers.len()),
            known: numbers.into_iter().collect(),
        })
    }
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
    let beside = cx
        .inventory
        .objects()
        .filter(|other| other.kind() == "Gateway" && other.group() == "networking.istio.io")
        .filter(|other| {
            cx.inventory.same_scope(other, object) && cx.inventory.same_namespace(other, object)
        })
        .map(Object::name);
    let gateways = Gateways::of(spec, beside);
    if gateways.beside.is_empty() {
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
        if gateways.known.contains(name) {
            continue;
        }
        let message = format!("no Gateway `{name}` in view: {}", gateways.others(text));
        let beside = &gateways.beside;
        let help = if let Some(near) = suggest(name, beside.iter().copied()) {
            format!("did you mean `{near}`?")
        } else {
            let few = beside.get(..FEW).unwrap_or(beside);
            format!("in view: {}", and_more(few, beside.len()))
        };
        out.push(Report::object(object, node, message).help(help));
    }
}

/// The Gateways beside a VirtualService.
struct Gateways<'a> {
    beside: Vec<&'a str>,
    known: HashSet<&'a str>,
    /// The first of those that it names and that may be there.
    named: Vec<&'a str>,
}

impl<'a> Gateways<'a> {
    fn of(spec: Node<'a>, beside: impl Iterator<Item = &'a str>) -> Self {
        /// A missing one may be among them, and one more tells one from several.
        const ENOUGH: usize = 3;
        let beside: Vec<&str> = beside.collect();
        let known: HashSet<&str> = beside.iter().copied().collect();
        let is_there =
            |text: &&str| *text == "mesh" || text.contains(['/', '.']) || known.contains(text);
        let all = spec.get("gateways").into_iter().flat_map(Node::items);
        let mut named: Vec<&str> = Vec::new();
        for text in all.filter_map(Node::text).filter(is_there) {
            if named.len() < ENOUGH && !named.contains(&text) {
                named.push(text);
            }
        }
        Self {
            beside,
            known,
            named,
        }
    }

    /// Which of the others that the VirtualService names are there.
    fn others(&self, missing: &str) -> String {
        let mut others = self.named.iter().filter(|text| **text != missing);
        match (others.next(), others.next()) {
            (None, _) => "no gateway takes its routes".to_owned(),
            (Some(only), None) => format!("only `{only}` takes its routes"),
            (Some(_), Some(_)) => "only the others take its routes".to_owned(),
        }
    }
}
