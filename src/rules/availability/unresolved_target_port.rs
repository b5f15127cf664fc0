//! `unresolved-target-port`

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{ContainerPort, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Relation;
use crate::kube::{
    Body, ContainerRef, ContainerRole, Object, Workload, WorkloadKind, is_placeholder,
};
use crate::rules::text::and;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::suggest;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "unresolved-target-port",
    category: Category::Availability,
    severity: Severity::Error,
    pedantic: false,
    summary: "A Service names a targetPort that no selected container declares",
    page: include_str!("../../../rules/availability/unresolved-target-port.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

/// Ports of the sidecars that meshes inject: no manifest declares them.
const INJECTED: [&str; 3] = ["http-envoy-prom", "linkerd-admin", "linkerd-proxy"];

/// See the rule's page.
pub(in crate::rules) struct UnresolvedTargetPort;

impl Rule for UnresolvedTargetPort {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Body::Service(service) = object.body() else {
            return;
        };
        let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_deref());
        let ports = ports.unwrap_or_default();
        let names_any = ports.iter().any(|port| target_name(port).is_some());
        if !names_any || cx.inventory.is_open(object) {
            return;
        }
        let selected: Vec<(Workload<'_>, Relation)> = cx
            .inventory
            .selects(object)
            .filter(|(workload, _)| workload.is_long_running())
            .collect();
        let is_known = |(workload, _): &(Workload<'_>, _)| ports_are_known(cx, *workload);
        let Some((first, _)) = selected.iter().find(|(_, relation)| relation.is_firm()) else {
            return;
        };
        if !selected.iter().all(is_known) {
            return;
        }
        let declared: Vec<&ContainerPort> = selected
            .iter()
            .flat_map(|(workload, _)| declared(*workload))
            .collect();
        let listed = object.node().at(&["spec", "ports"]);
        for (index, port) in ports.iter().enumerate() {
            let Some(name) = target_name(port) else {
                continue;
            };
            let entry = listed.and_then(|list| list.items().nth(index));
            let node = entry.and_then(|entry| entry.get("targetPort"));
            let node = node.unwrap_or_else(|| object.name_node());
            if declared.iter().any(|declared| serves(declared, port, name))
                || object.is_unknown(node)
                || cx.inventory.is_set_elsewhere(object, node, "")
            {
                continue;
            }
            let others = selected.len() - 1;
            let message = format!("{}: this port has no endpoints", what(name, *first, others));
            let mut report =
                Report::object(object, node, message).help(help(name, port, &declared));
            report = lead_to(meant(name, &declared), node, object, report);
            let template = first.template();
            if let Some(containers) = template
                .spec_node()
                .and_then(|spec| spec.entry("containers"))
            {
                report =
                    report.related(template.object(), containers.key, "the containers selected");
            }
            out.push(report);
        }
    }
}

/// The name that a port leads to; `None` for numbers, placeholders and ports of injected sidecars.
fn target_name(port: &ServicePort) -> Option<&str> {
    match &port.target_port {
        Some(IntOrString::String(name)) => {
            let name = name.as_str();
            let open = name.is_empty() || is_placeholder(name) || INJECTED.contains(&name);
            (!open).then_some(name)
        }
        _ => None,
    }
}

/// Whether all ports of a workload's containers are in view.
fn ports_are_known(cx: &Context<'_>, workload: Workload<'_>) -> bool {
    let template = workload.template();
    let is_gateway =
        template.is_injected() || template.annotation("inject.istio.io/templates").is_some();
    let mut containers = template.containers().peekable();
    workload.kind() != WorkloadKind::KnativeService
        && !is_gateway
        && containers.peek().is_some()
        && containers.all(|container| {
            let names_are_known = container
                .ports()
                .iter()
                .all(|port| !port.name.as_deref().is_some_and(is_placeholder));
            names_are_known
                && !container.field(&["ports"]).is_unknown()
                && !cx
                    .inventory
                    .is_set_elsewhere(container.object(), container.node, "ports")
        })
}

fn declared(workload: Workload<'_>) -> impl Iterator<Item = &ContainerPort> {
    workload
        .template()
        .containers()
        .filter(|container| container.role != ContainerRole::Init)
        .flat_map(ContainerRef::ports)
}

/// The endpoints controller looks for name and protocol.
fn serves(declared: &ContainerPort, port: &ServicePort, name: &str) -> bool {
    declared.name.as_deref() == Some(name)
        && protocol(declared.protocol.as_deref()) == protocol(port.protocol.as_deref())
}

fn protocol(written: Option<&str>) -> &str {
    written.unwrap_or("TCP")
}

fn what(name: &str, first: Workload<'_>, others: usize) -> String {
    let workload = format!("{} `{}`", first.object().kind(), first.object().name());
    let whose = match others {
        0 => workload,
        1 => format!("{workload} and 1 more workload"),
        _ => format!("{workload} and {others} more workloads"),
    };
    format!("no container of {whose} declares a port named `{name}`")
}

/// The names of the ports, each once and in order.
fn names<'a>(declared: &[&'a ContainerPort]) -> Vec<&'a str> {
    let names = declared.iter().filter_map(|it| it.name.as_deref());
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

fn lead_to<'r>(
    meant: Option<String>,
    node: Node<'_>,
    object: &Object,
    report: Report<'r>,
) -> Report<'r> {
    let Some(meant) = meant else {
        return report;
    };
    let title = format!("lead to port `{meant}`");
    let meant = match meant.parse::<u16>() {
        Ok(number) => Value::int(number),
        Err(_) => Value::text(meant),
    };
    report.fix(Applicability::Unsafe, title, object, |editor| {
        editor.set(node, &meant)
    })
}

/// The one port that can be meant, by its name, or by its number where it has none.
fn meant(name: &str, declared: &[&ContainerPort]) -> Option<String> {
    let names = names(declared);
    if names.contains(&name) {
        return None;
    }
    match (names.is_empty(), declared) {
        (true, [only]) => Some(only.container_port.to_string()),
        _ => suggest(name, names).map(str::to_owned),
    }
}

fn help(name: &str, port: &ServicePort, declared: &[&ContainerPort]) -> String {
    if declared.iter().any(|it| it.name.as_deref() == Some(name)) {
        return format!(
            "the port of that name is declared for another protocol: this one is for {}",
            protocol(port.protocol.as_deref())
        );
    }
    let names = names(declared);
    if let Some(near) = suggest(name, names.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    if names.is_empty() {
        return match declared {
            [only] => format!(
                "name the container's port, or write the number:\ntargetPort: {}",
                only.container_port
            ),
            _ => format!(
                "declare the port in the container with `name: {name}`, or write its number"
            ),
        };
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("the containers declare {}", and(&names))
}
