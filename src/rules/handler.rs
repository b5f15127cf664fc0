//! What probes and hooks have in common: exactly one handler, and the handler's port.

use k8s_openapi::api::core::v1::ContainerPort;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::Context;
use crate::kube::{ContainerRef, Field, Object, is_placeholder};

use crate::lifecycle::probes::Port;
use crate::yaml::{IssueKind, Node};

/// The handlers below a probe or hook.
pub(super) enum Handlers<'a> {
    /// What the manifest says is not all, or cannot be judged.
    Unknown,
    None,
    One(&'static str),
    /// Their names as messages show them, and the key of the second.
    Several(String, Node<'a>),
}

/// Which of the known handlers a probe or hook has. An unknown field in it is likely a misspelt
/// one, which is a finding of its own.
pub(super) fn of<'a>(
    cx: &Context<'_>,
    object: &'a Object,
    node: Node<'a>,
    known: &[&'static str],
) -> Handlers<'a> {
    let set_elsewhere = |field: &&str| cx.inventory.is_always_set_elsewhere(object, node, field);
    if known.iter().any(set_elsewhere) {
        return Handlers::Unknown;
    }
    let mut found: Vec<(&'static str, Node<'a>)> = known
        .iter()
        .filter(|name| !object.field_below(node, &[name]).is_absent())
        .filter_map(|name| Some((*name, node.entry(name)?.key)))
        .collect();
    found.sort_by_key(|(_, key)| key.span());
    match found.as_slice() {
        [] if has_unknown_field(object, node) => Handlers::Unknown,
        [] => Handlers::None,
        [(name, _)] if object.field_below(node, &[name]).is_unknown() => Handlers::Unknown,
        [(name, _)] => Handlers::One(name),
        [_, (_, second), ..] => {
            let names: Vec<String> = found.iter().map(|(name, _)| format!("`{name}`")).collect();
            Handlers::Several(names.join(", "), *second)
        }
    }
}

fn has_unknown_field(object: &Object, node: Node<'_>) -> bool {
    object.issues().iter().any(|issue| {
        matches!(issue.kind, IssueKind::UnknownField { .. })
            && node.entries().any(|entry| entry.key.id() == issue.node)
    })
}

/// Whether a handler `exec` runs nothing.
pub(super) fn lacks_command(object: &Object, node: Node<'_>) -> bool {
    match object.field_below(node, &["exec", "command"]) {
        Field::Absent => true,
        Field::Unknown(_) => false,
        Field::Set(command) => command.items().next().is_none(),
    }
}

/// Whether a value was set aside because its type does not fit, and not as a placeholder.
pub(super) fn is_of_wrong_type(object: &Object, node: Node<'_>) -> bool {
    object
        .issues()
        .iter()
        .any(|issue| issue.node == node.id() && matches!(issue.kind, IssueKind::Invalid { .. }))
}

/// A port that the API server rejects.
pub(super) struct WrongPort<'a> {
    pub(super) node: Node<'a>,
    pub(super) what: String,
    /// What is wrong with the value.
    pub(super) detail: Option<String>,
    pub(super) help: String,
    /// The number that was meant.
    pub(super) number: Option<u16>,
}

/// What is wrong with the port of a handler below a probe or hook; nothing where it is not known.
pub(super) fn wrong_port<'a>(
    cx: &Context<'_>,
    container: ContainerRef<'a>,
    node: Node<'a>,
    handler: &str,
    port: &IntOrString,
) -> Option<WrongPort<'a>> {
    let object = container.object();
    match object.field_below(node, &[handler, "port"]) {
        Field::Unknown(_) => None,
        Field::Absent => {
            let field = format!("{handler}.port");
            (!cx.inventory.is_always_set_elsewhere(object, node, &field)).then(|| WrongPort {
                node: node.entry(handler).map_or(node, |entry| entry.key),
                what: format!("has a {handler} without port"),
                detail: None,
                help: "give it a port".to_owned(),
                number: None,
            })
        }
        Field::Set(node) => {
            let error = Port::resolve(port, container.ports()).err()?;
            Some(WrongPort {
                node,
                what: "has an invalid port".to_owned(),
                detail: Some(error.to_string()),
                help: port_help(port_number(node)),
                number: port_number(node),
            })
        }
    }
}

/// A port that is neither a number nor a name, or a name where only a number is taken.
pub(super) fn mistyped_port<'a>(
    container: ContainerRef<'a>,
    node: Node<'a>,
    handler: &str,
) -> WrongPort<'a> {
    let found = node.text().unwrap_or("a collection");
    let is_named = |port: &&ContainerPort| port.name.as_deref() == Some(found);
    let declared = container.ports().iter().find(is_named);
    let number = declared
        .and_then(|port| u16::try_from(port.container_port).ok())
        .or_else(|| port_number(node));
    WrongPort {
        node,
        what: match handler {
            "grpc" => format!("names port `{found}`, not its number"),
            _ => format!("uses port `{found}`, neither a number nor a name"),
        },
        detail: None,
        help: port_help(number),
        number,
    }
}

/// The port's number where it is one, however it is written.
pub(super) fn port_number(node: Node<'_>) -> Option<u16> {
    node.text()
        .filter(|text| !is_placeholder(text))
        .and_then(|text| text.parse::<u16>().ok())
        .filter(|number| *number > 0)
}

/// What to write for a port that is none.
pub(super) fn port_help(number: Option<u16>) -> String {
    match number {
        Some(number) => format!("port: {number}"),
        None => "write a port's number, from 1 to 65535".to_owned(),
    }
}
