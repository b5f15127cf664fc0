//! `probe-rewrite-disabled`

use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::istio::peer_authentication::MutualTlsMode;
use crate::kube::{ContainerRef, Workload};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;
use k8s_openapi::api::core::v1::Probe;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

static META: RuleMeta = RuleMeta {
    id: "probe-rewrite-disabled",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "The kubelet's probes run into mutual TLS",
    page: include_str!("../../../rules/mesh/probe-rewrite-disabled.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["sidecar-lifecycle"],
};

/// See the rule's page.
pub(in crate::rules) struct ProbeRewriteDisabled;

impl Rule for ProbeRewriteDisabled {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        const REWRITE: &str = "sidecar.istio.io/rewriteAppHTTPProbers";
        let template = workload.template();
        let Some(annotation) = template.annotation(REWRITE) else {
            return;
        };
        let is_off = annotation
            .as_str()
            .is_some_and(|text| matches!(text, "0" | "f" | "F" | "false" | "FALSE" | "False"));
        let mesh = cx.inventory.mesh(workload);
        if !is_off || !mesh.has_sidecar() {
            return;
        }
        let excluded = template.annotation("traffic.sidecar.istio.io/excludeInboundPorts");
        let excluded = excluded.and_then(Node::text).unwrap_or_default();
        let at_risk = |probe: &NetworkProbe<'_>| {
            let port = probe.port.map(|port| port.to_string());
            let is_excluded =
                port.is_some_and(|port| excluded.split(',').any(|it| it.trim() == port));
            let mode = cx.inventory.mtls_mode(workload, probe.port);
            !is_excluded && mode.is_none_or(|(_, mode)| mode == MutualTlsMode::Strict)
        };
        let all = template.lasting_containers();
        let all =
            all.flat_map(|container| probes(container).into_iter().map(move |it| (container, it)));
        // A probe that fails says more than one that cannot.
        let worst = all
            .filter(|(_, probe)| at_risk(probe))
            .min_by_key(|(_, probe)| probe.only_connects);
        let Some((container, probe)) = worst else {
            return;
        };
        let strict = cx.inventory.mtls_mode(workload, probe.port);
        let (message, detail) = message(&probe, container.name(), strict.is_some());
        let help = format!(
            "remove the annotation: rewritten probes (`{REWRITE}: \"true\"`) go through Istio's agent"
        );
        let title = format!("set {REWRITE} to \"true\"");
        let mut report = Report::template(workload, annotation, message)
            .detail(detail)
            .help(help)
            .fix(Applicability::Unsafe, title, template.object(), |editor| {
                editor.set(annotation, &Value::text("true"))
            });
        report = report.related(container.object(), probe.node, "this probe");
        if let Some((policy, _)) = strict {
            report = report.related(policy, policy.name_node(), "sets STRICT");
        }
        out.push(report.mesh(&mesh));
    }
}

/// What is wrong, and why.
fn message(probe: &NetworkProbe<'_>, container: &str, is_strict: bool) -> (String, &'static str) {
    let field = probe.field;
    if probe.only_connects {
        return (
            format!("{field} of `{container}` succeeds while the app is down"),
            "it connects to the sidecar, which accepts on behalf of every port",
        );
    }
    let when = if is_strict {
        "fails: mutual TLS is STRICT"
    } else {
        "fails where mutual TLS is STRICT"
    };
    (
        format!("{field} of `{container}` {when}"),
        "it comes as plain text, as the kubelet has no certificate: the pod is restarted or never ready",
    )
}

/// A probe that goes over the network.
struct NetworkProbe<'a> {
    field: &'static str,
    node: Node<'a>,
    /// A `tcpSocket` probe.
    only_connects: bool,
    /// Where it is a number, or a name that the container declares.
    port: Option<i32>,
}

fn probes(container: ContainerRef<'_>) -> Vec<NetworkProbe<'_>> {
    [
        ("readinessProbe", &container.data.readiness_probe),
        ("livenessProbe", &container.data.liveness_probe),
        ("startupProbe", &container.data.startup_probe),
    ]
    .into_iter()
    .filter_map(|(field, probe)| {
        let node = container.node.get(field)?;
        let probe = probe.as_ref()?;
        let port = match handler_port(probe)? {
            IntOrString::Int(number) => Some(number),
            IntOrString::String(name) => {
                let mut ports = container.ports().iter();
                let declared = ports.find(|port| port.name.as_ref() == Some(&name));
                declared.map(|port| port.container_port)
            }
        };
        Some(NetworkProbe {
            field,
            node,
            only_connects: probe.tcp_socket.is_some(),
            port,
        })
    })
    .collect()
}

/// `None` for an exec probe.
fn handler_port(probe: &Probe) -> Option<IntOrString> {
    match (&probe.http_get, &probe.tcp_socket, &probe.grpc) {
        (Some(http), _, _) => Some(http.port.clone()),
        (_, Some(tcp), _) => Some(tcp.port.clone()),
        (_, _, Some(grpc)) => Some(IntOrString::Int(grpc.port)),
        _ => None,
    }
}
