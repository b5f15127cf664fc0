//! `unresolved-gateway`

use std::collections::HashSet;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::gateway_secrets;
use super::gateway_servers::{Server, is_gateway, servers};
use super::pods::{self, Labels};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Body, ContainerRef, Object, Workload};
use crate::rules::text::and;
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "unresolved-gateway",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A Gateway whose proxies, ports or certificates are not there",
    page: include_str!("../../../rules/mesh/unresolved-gateway.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct UnresolvedGateway;

impl Rule for UnresolvedGateway {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        if !is_gateway(object) {
            return;
        }
        let Some(spec) = object.node().get("spec") else {
            return;
        };
        if cx.inventory.is_set_elsewhere(object, spec, "selector") {
            return;
        }
        let servers = servers(object);
        gateway_secrets::check(cx, object, &servers, out);
        let labels = pods::labels(object, spec, &["selector"]);
        // Without a selector every proxy is meant.
        let Some(labels) = labels.filter(|labels| !labels.is_empty()) else {
            return;
        };
        let Some(proxies) = pods::carrying(cx, &labels) else {
            return;
        };
        if proxies.is_empty() {
            check_selector(cx, object, spec, &labels, out);
        } else if proxies.len() <= MOST_PROXIES {
            check_ports(cx, object, &proxies, &servers, out);
        }
    }
}

/// The ports of so many workloads are looked at.
const MOST_PROXIES: usize = 50;

/// So many workloads are looked at for a label that was meant.
const MOST: usize = 500;

/// A selector whose value other pods carry under another key: proxies may be deployed from elsewhere, but
/// those hardly differ by the key alone.
fn check_selector(
    cx: &Context<'_>,
    object: &Object,
    spec: Node<'_>,
    labels: &Labels<'_>,
    out: &mut Findings,
) {
    let &[(key, value)] = labels.as_slice() else {
        return;
    };
    if !value.contains("gateway") {
        return;
    }
    let beside = cx.inventory.workloads().take(MOST);
    let beside = beside.filter(|it| cx.inventory.same_scope(it.object(), object));
    let found = beside.into_iter().find_map(|workload| {
        let labels = workload.template().labels();
        let (other, _) = labels.iter().find(|(_, found)| found.as_str() == value)?;
        (!labels.contains_key(key)).then_some((workload, other.clone()))
    });
    let Some((workload, other)) = found else {
        return;
    };
    let node = spec.at(&["selector", key]).unwrap_or(spec);
    let message = format!("no pods in view have {key}={value}: no proxy serves this Gateway");
    let (kind, name) = (workload.object().kind(), workload.object().name());
    let template = workload.template();
    let report = Report::object(object, node, message)
        .severity(Severity::Note)
        .help(format!(
            "the pods of {kind} `{name}` have {other}={value}: select what the proxies carry"
        ));
    out.push(match template.label(&other) {
        Some(label) => report.related(template.object(), label, "the label that they carry"),
        None => report,
    });
}

/// Servers on ports that no Service of the proxies leads to.
fn check_ports(
    cx: &Context<'_>,
    object: &Object,
    proxies: &[Workload<'_>],
    servers: &[Server<'_>],
    out: &mut Findings,
) {
    let inventory = cx.inventory;
    let mut open = HashSet::new();
    let mut services: Vec<&Object> = Vec::new();
    for proxy in proxies {
        let template = proxy.template();
        let is_of_node = template.spec().and_then(|spec| spec.host_network) == Some(true);
        if is_of_node || !inventory.same_scope(proxy.object(), object) {
            return;
        }
        open.extend(
            template
                .containers()
                .flat_map(ContainerRef::ports)
                .filter(|port| port.host_port.is_some())
                .map(|port| i64::from(port.container_port)),
        );
        for (service, _) in inventory.services_of(*proxy) {
            let Some(ports) = ports_of(cx, service, *proxy) else {
                return;
            };
            open.extend(ports);
            services.push(service);
        }
    }
    let Some(service) = services.first() else {
        return;
    };
    for server in servers.iter().filter(|server| !open.contains(&server.port)) {
        let message = format!(
            "no Service of these proxies leads to port {}: no request gets here",
            server.port
        );
        let mut known: Vec<i64> = open.iter().copied().collect();
        known.sort_unstable();
        let known: Vec<String> = known.iter().map(ToString::to_string).collect();
        let help = format!(
            "add the port to a Service of the proxies, or use one that is there: {}",
            and(&known)
        );
        out.push(
            Report::object(object, server.port_node, message)
                .help(help)
                .related(service, service.name_node(), "the Service of the proxies"),
        );
    }
}

/// The numbers by which a Gateway may name the ports of a Service: its own, and those of the pods
/// (`resolvePorts` in pilot/pkg/model/gateway.go). `None` where not all are known.
fn ports_of(cx: &Context<'_>, service: &Object, proxy: Workload<'_>) -> Option<Vec<i64>> {
    let Body::Service(typed) = service.body() else {
        return None;
    };
    let field = service.field(&["spec", "ports"]);
    if field.is_unknown()
        || cx
            .inventory
            .is_set_elsewhere(service, service.node(), "spec.ports")
    {
        return None;
    }
    let mut numbers = Vec::new();
    for port in typed
        .spec
        .iter()
        .flat_map(|spec| spec.ports.iter().flatten())
    {
        numbers.push(i64::from(port.port));
        match &port.target_port {
            None => {}
            Some(IntOrString::Int(number)) => numbers.push(i64::from(*number)),
            Some(IntOrString::String(name)) => {
                let mut ports = proxy.template().containers().flat_map(ContainerRef::ports);
                let named = ports.find(|it| it.name.as_deref() == Some(name.as_str()))?;
                numbers.push(i64::from(named.container_port));
            }
        }
    }
    Some(numbers)
}
