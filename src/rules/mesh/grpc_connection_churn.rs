//! `grpc-connection-churn`

use super::policy::policies;
use crate::edit::Refusal;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Handling, Target};
use crate::kube::{Body, Object};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::{Entry, Node};

static META: RuleMeta = RuleMeta {
    id: "grpc-connection-churn",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "Every gRPC call opens a connection of its own",
    page: include_str!("../../../rules/mesh/grpc-connection-churn.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct GrpcConnectionChurn;

impl Rule for GrpcConnectionChurn {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Body::DestinationRule(rule) = object.body() else {
            return;
        };
        let policies = policies(object, rule);
        let single = policies.iter().filter(|policy| {
            let http = policy.connection_pool.and_then(|pool| pool.http.as_ref());
            http.is_some_and(|http| http.max_requests_per_connection == Some(1))
        });
        let single: Vec<_> = single.collect();
        let host = rule.spec.as_ref().and_then(|spec| spec.host.as_deref());
        let Some(host) = host.filter(|_| !single.is_empty()) else {
            return;
        };
        let Target::Services(services) = cx.inventory.resolve(object, host) else {
            return;
        };
        let near = services.iter().filter(|(_, relation)| relation.is_firm());
        let grpc: Vec<_> = near
            .flat_map(|(service, _)| cx.inventory.grpc_ports(service))
            .collect();
        for policy in single {
            // Settings for HTTP say nothing to a port that Istio takes for TCP.
            let mut ports = grpc.iter().filter(|it| it.handling != Handling::Tcp);
            let Some(port) = ports.find(|it| policy.holds_for(it.port.port)) else {
                continue;
            };
            let path = ["connectionPool", "http", "maxRequestsPerConnection"];
            let Some(node) = policy.node.at(&path) else {
                continue;
            };
            let message = format!(
                "`maxRequestsPerConnection: 1` makes each gRPC call to `{host}` open a connection"
            );
            let detail = format!(
                "port `{}` carries gRPC, whose calls share a connection otherwise",
                port.label()
            );
            let help = "leave it out (no limit); where connections are to end now and then, set \
                        `tcp.maxConnectionDuration`";
            let evidence = &port.evidence;
            let report = Report::object(object, node, message)
                .detail(detail)
                .help(help)
                .related(evidence.object, evidence.node, evidence.message.clone());
            let title = "remove maxRequestsPerConnection";
            out.push(report.fix(Applicability::Unsafe, title, object, |editor| {
                let entry = superfluous(object, policy.node).ok_or(Refusal::Moot)?;
                editor.remove_uncommented(entry)
            }));
        }
    }
}

/// What goes with the field of a policy. Istio refuses settings for a port that set nothing, so the
/// list goes with its only item. Not where other settings, which it shuts out, would then hold for
/// the port, nor from beside other items.
fn superfluous<'a>(object: &'a Object, policy: Node<'a>) -> Option<Entry<'a>> {
    let pool = policy.get("connectionPool")?;
    let http = pool.get("http")?;
    let field = http.entry("maxRequestsPerConnection");
    let is_only = |mapping: Node<'_>| mapping.entries().count() == 1;
    let list = policy.parent().filter(|it| it.is_sequence());
    let sets_more = policy
        .entries()
        .any(|entry| !matches!(entry.key.key_text(), "port" | "connectionPool"));
    let Some(list) = list.filter(|_| is_only(pool) && is_only(http) && !sets_more) else {
        return field;
    };
    let holder = list.parent()?;
    let general = object.node().at(&["spec", "trafficPolicy"]);
    let is_shut_out = general.is_some_and(|it| it.id() != holder.id());
    let is_alone = list.items().count() == 1 && is_only(holder) && !is_shut_out;
    holder.entry("portLevelSettings").filter(|_| is_alone)
}
