//! `mtls-disabled`

use super::plain_server;
use super::policy::policies;
use crate::edit::{Refusal, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Demand, Membership, Mesh, Relation, Target};
use crate::kube::istio::destination_rule::ClientTlsMode;
use crate::kube::{Body, Object, Workload};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "mtls-disabled",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "Mutual TLS between workloads of the mesh is switched off",
    page: include_str!("../../../rules/mesh/mtls-disabled.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["mtls"],
};

/// See the rule's page.
pub(in crate::rules) struct MtlsDisabled;

impl Rule for MtlsDisabled {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        match object.body() {
            Body::PeerAuthentication(authentication) => {
                let mtls = authentication
                    .spec
                    .as_ref()
                    .and_then(|spec| spec.mtls.as_ref());
                let mode = mtls.and_then(|mtls| mtls.mode);
                let node = object.node().at(&["spec", "mtls", "mode"]);
                if let Some((node, mode)) = node.zip(mode)
                    && let Some(report) = plain_server::report(cx, object, node, mode)
                {
                    out.push(report);
                }
            }
            Body::DestinationRule(rule) => {
                let policies = policies(object, rule);
                let clear = policies.iter().filter(|policy| policy.port.is_none());
                let clear = clear.filter_map(|policy| {
                    let mode = match policy.tls?.mode? {
                        ClientTlsMode::Disable => "DISABLE",
                        ClientTlsMode::Simple => "SIMPLE",
                        ClientTlsMode::Mutual | ClientTlsMode::IstioMutual => return None,
                    };
                    Some((mode, policy.node.at(&["tls", "mode"])?))
                });
                let host = rule.spec.as_ref().and_then(|spec| spec.host.as_deref());
                let clear: Vec<_> = clear.collect();
                if clear.is_empty() {
                    return;
                }
                let Some(host) = host else {
                    return;
                };
                let meshed = meshed(cx, object, host);
                let strict = cx.inventory.strict_against(object, host);
                // Where no sidecar takes the connection, nothing demands a certificate.
                let strict = strict.filter(|_| !is_outside(cx, object, host));
                for (mode, node) in clear {
                    match (&meshed, strict) {
                        (_, Some(strict)) => out.push(refused(object, node, mode, host, strict)),
                        (Some((service, mesh)), _) => {
                            out.push(client(object, node, mode, service, mesh));
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

/// A Service that the host means, beside the rule and with a workload in the mesh.
fn meshed<'a>(
    cx: &Context<'a>,
    object: &'a Object,
    host: &'a str,
) -> Option<(&'a Object, Mesh<'a>)> {
    cx.inventory
        .resolve_meshed(object, host)
        .filter(|(service, relation)| {
            relation.is_firm()
                && !(service.name() == "kubernetes" && host.starts_with("kubernetes"))
        })
        .find_map(|(service, _)| Some((service, cx.inventory.mesh_behind(service)?)))
}

/// Whether all that the host means is known to be outside the mesh.
fn is_outside(cx: &Context<'_>, object: &Object, host: &str) -> bool {
    let Target::Services(services) = cx.inventory.resolve(object, host) else {
        return false;
    };
    let mut behind = services
        .iter()
        .filter(|(service, _)| cx.inventory.selects(service).next().is_some())
        .peekable();
    let is_none =
        |workload: Workload<'_>| cx.inventory.mesh(workload).membership == Membership::None;
    behind.peek().is_some()
        && behind.all(|(service, _)| {
            let what = "pods that may be in the mesh";
            let inside = |workload: Workload<'_>, _: Relation| !is_none(workload);
            cx.inventory.first_selected(service, what, inside).is_none()
        })
}

const HELP: &str = "mode: ISTIO_MUTUAL, or leave `tls` out: Istio then uses mutual TLS where both \
                    sides have a sidecar";

fn refused<'a>(
    object: &'a Object,
    node: Node<'_>,
    mode: &str,
    host: &str,
    demand: Demand<'_>,
) -> Report<'a> {
    let strict = demand.policy;
    let which = if demand.is_for_all {
        "every connection is"
    } else {
        "connections are"
    };
    let message = format!("`{mode}` for `{host}` conflicts with STRICT: {which} reset");
    let own = if demand.is_for_all {
        ""
    } else {
        ", but for workloads with a policy of their own"
    };
    let detail = format!(
        "clients come without a certificate, and PeerAuthentication `{}` requires mutual TLS{own}",
        strict.name()
    );
    let report = Report::object(object, node, message)
        .detail(detail)
        .help(HELP)
        .related(strict, strict.name_node(), "sets STRICT");
    use_mutual_tls(object, node, report)
}

/// Whether a host stands for the Services of all namespaces, among them those that no sidecar answers
/// for: there, mutual TLS would fail.
fn is_whole_cluster(host: &str) -> bool {
    matches!(
        host,
        "*" | "*.local" | "*.cluster.local" | "*.svc.cluster.local"
    )
}

/// Istio's own mutual TLS takes no settings beside its mode.
fn use_mutual_tls<'a>(object: &Object, mode: Node<'_>, report: Report<'a>) -> Report<'a> {
    let title = "set the mode to ISTIO_MUTUAL";
    report.fix(Applicability::Unsafe, title, object, |editor| {
        let settings = mode.parent().map_or(0, |tls| tls.entries().count());
        let host = object.node().at(&["spec", "host"]).and_then(Node::text);
        if settings != 1 || host.is_none_or(is_whole_cluster) {
            return Err(Refusal::Moot);
        }
        editor.set(mode, &Value::text("ISTIO_MUTUAL"))
    })
}

fn client<'a>(
    object: &'a Object,
    node: Node<'_>,
    mode: &str,
    service: &Object,
    mesh: &Mesh<'_>,
) -> Report<'a> {
    let name = service.name();
    let (message, detail) = match mode {
        "DISABLE" => (
            format!("clients send plain text to `{name}` in the mesh: nothing is encrypted"),
            "nor authenticated; under STRICT the requests are refused",
        ),
        _ => (
            format!("clients send TLS to `{name}` in the mesh without a certificate of their own"),
            "the sidecar cannot tell who they are, and under STRICT refuses them",
        ),
    };
    let report = Report::object(object, node, message)
        .detail(detail)
        .help(HELP)
        .related(service, service.name_node(), "the Service")
        .mesh(mesh);
    use_mutual_tls(object, node, report)
}
