//! `grpc-port-not-declared`

use crate::edit::{Advice, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Handling;
use crate::kube::Object;
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "grpc-port-not-declared",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "Istio does not know that a port carries gRPC",
    page: include_str!("../../../rules/mesh/grpc-port-not-declared.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct GrpcPortNotDeclared;

impl Rule for GrpcPortNotDeclared {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let ports = cx.inventory.grpc_ports(object);
        let is_vague = |handling| matches!(handling, Handling::Tcp | Handling::Sniffed);
        if !ports.iter().any(|port| is_vague(port.handling)) {
            return;
        }
        let Some(mesh) = cx.inventory.mesh_behind(object) else {
            return;
        };
        for port in ports.iter().filter(|port| is_vague(port.handling)) {
            let label = port.label();
            let by_protocol = port.node.entry("appProtocol");
            let because = match (&by_protocol, &port.port.name) {
                (Some(_), _) => "by its `appProtocol`",
                (None, Some(_)) => "by its name",
                (None, None) => "as it has no name",
            };
            let (message, detail) = match port.handling {
                Handling::Tcp => (
                    format!("Istio treats gRPC port `{label}` as TCP: calls are not balanced"),
                    format!(
                        "{because}; nor retried, and outlier detection sees none of their errors"
                    ),
                ),
                _ => (
                    format!("Istio has to guess the protocol of gRPC port `{label}`"),
                    format!(
                        "{because}; a guess that fails makes it TCP, without balancing or retries"
                    ),
                ),
            };
            let advice = Advice::below(&[], [("appProtocol", Value::text("grpc"))]);
            let node = by_protocol
                .map(|entry| entry.value)
                .or_else(|| port.node.get("name"))
                .or_else(|| port.node.get("port"))
                .unwrap_or(port.node);
            let evidence = &port.evidence;
            out.push(
                Report::object(object, node, message)
                    .detail(detail)
                    .related(evidence.object, evidence.node, evidence.message.clone())
                    .advise(
                        "say it next to the port's number",
                        &advice,
                        Applicability::Unsafe,
                        "set appProtocol to grpc",
                        object,
                        port.node,
                    )
                    .mesh(&mesh),
            );
        }
    }
}
