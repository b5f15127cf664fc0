//! `unresolved-target-port`

use k8s_openapi::api::core::v1::ServicePort;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::behind::{Behind, protocol};
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Relation;
use crate::kube::{Body, Object, Workload, is_placeholder};
use crate::rules::text::{FEW, and_more};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::suggest;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "unresolved-target-port",
    category: Category::Availability,
    severity: Severity::Error,
    pedantic: false,
    summary: "A targetPort that no selected container declares",
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
        let behind = cx
            .inventory
            .of_selected(object, "declared ports", || Behind::of(cx, object));
        if !behind.is_known {
            return;
        }
        let is_firm = |workload: Workload<'_>, relation: Relation| {
            workload.is_long_running() && relation.is_firm()
        };
        let first = cx.inventory.first_selected(object, "first pods", is_firm);
        let Some((first, _)) = first else {
            return;
        };
        let listed = object.node().at(&["spec", "ports"]);
        let entries = listed.into_iter().flat_map(Node::items).map(Some);
        for (port, entry) in ports.iter().zip(entries.chain(std::iter::repeat(None))) {
            let Some(name) = target_name(port) else {
                continue;
            };
            let node = entry.and_then(|entry| entry.get("targetPort"));
            let node = node.unwrap_or_else(|| object.name_node());
            if behind.serves(port, name)
                || object.is_unknown(node)
                || cx.inventory.is_set_elsewhere(object, node, "")
            {
                continue;
            }
            let message = format!(
                "{}: this port has no endpoints",
                what(name, first, behind.workloads.saturating_sub(1))
            );
            let near = suggest(name, behind.names());
            let mut report =
                Report::object(object, node, message).help(help(name, port, &behind, near));
            report = lead_to(meant(name, port, &behind, near), node, object, report);
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

fn what(name: &str, first: Workload<'_>, others: usize) -> String {
    let workload = format!("{} `{}`", first.object().kind(), first.object().name());
    let whose = match others {
        0 => workload,
        1 => format!("{workload} and 1 more workload"),
        _ => format!("{workload} and {others} more workloads"),
    };
    format!("no container of {whose} declares a port named `{name}`")
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
fn meant(name: &str, port: &ServicePort, behind: &Behind, near: Option<&str>) -> Option<String> {
    if behind.named.contains_key(name) {
        return None;
    }
    if let Some(near) = near {
        return Some(near.to_owned());
    }
    // Another port may belong to another container, and serve something else.
    behind
        .numbers
        .contains(&port.port)
        .then(|| port.port.to_string())
}

fn help(name: &str, port: &ServicePort, behind: &Behind, near: Option<&str>) -> String {
    if behind.named.contains_key(name) {
        return format!(
            "the port of that name is declared for another protocol: this one is for {}",
            protocol(port.protocol.as_deref())
        );
    }
    if let Some(near) = near {
        return format!("did you mean `{near}`?");
    }
    let names = behind.names();
    let total = names.len();
    let names: Vec<String> = names.take(FEW).map(|name| format!("`{name}`")).collect();
    let listed = if names.is_empty() {
        String::new()
    } else {
        format!("the containers declare {}; ", and_more(&names, total))
    };
    format!(
        "{listed}declare the port with `name: {name}` in the container that listens on it, or, where it \
         listens on the Service's port:\ntargetPort: {}",
        port.port
    )
}
