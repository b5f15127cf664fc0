//! What Istio refuses in its objects beyond types and single values: what its webhook says
//! (istio.io/istio 1.31, `pkg/config/validation/validation.go`, `virtualservice.go` and
//! `agent/validation.go`; functions are named where they are followed) and the `required`, `oneOf` and
//! CEL rules of its CRDs (istio.io/api 1.32, `kubernetes/customresourcedefinitions.gen.yaml`).
//! What they only warn of is not told here.

mod access;
mod balancing;
mod edge;
mod entries;
mod headers;
mod hosts;
mod names;
mod policy;
pub(in crate::kube) mod proxy;
mod re2;
mod routes;
mod service;
mod sidecar;
mod tables;
mod telemetry;
mod tls;

use super::judge::shown;
use super::{Checker, Judge, kinds};
use crate::kube::object::Field;
use crate::yaml::Node;

/// The checkers of a structure.
fn checkers(structure: &str) -> &'static [Checker] {
    match structure {
        "AuthorizationCondition" => &[access::condition],
        "AuthorizationFrom" => &[access::from],
        "AuthorizationOperation" => &[access::operation],
        "AuthorizationPolicySpec" => &[access::policy],
        "AuthorizationRule" => &[access::rule],
        "AuthorizationSource" => &[access::source],
        "AuthorizationTo" => &[access::to],
        "ClientTls" => &[tls::client],
        "ConnectionPool" => &[policy::pool],
        "ConsistentHash" => &[balancing::hash],
        "CorsPolicy" => &[routes::cors],
        "Destination" => &[service::destination],
        "DestinationRuleSpec" => &[policy::subsets, hosts::export_of_rule],
        "FaultAbort" => &[routes::abort],
        "FaultDelay" => &[routes::delay],
        "FaultInjection" => &[routes::fault],
        "GatewayServer" => &[edge::server],
        "GatewaySpec" => &[edge::gateway],
        "HeaderOperations" => &[headers::operations],
        "HttpCookie" => &[balancing::cookie],
        "HttpMatch" => &[routes::http_match, hosts::gateways],
        "HttpRedirect" => &[routes::redirect],
        "HttpRetry" => &[routes::retries],
        "HttpRewrite" => &[routes::rewrite],
        "HttpRoute" => &[routes::conflicts, routes::weights, headers::authority],
        "HttpSettings" => &[policy::http_settings],
        "JwtRule" => &[access::token],
        "LoadBalancer" => &[balancing::balancer],
        "LocalityLbSetting" => &[balancing::locality],
        "OutlierDetection" => &[policy::outliers],
        "PeerAuthenticationSpec" => &[access::peers],
        "PortTrafficPolicy" => &[policy::port_level],
        "ServerTls" => &[tls::server],
        "ServiceEntrySpec" => &[entries::service, hosts::export_of_entry],
        "SidecarEgress" => &[sidecar::egress],
        "SidecarIngress" => &[sidecar::ingress],
        "SidecarSpec" => &[sidecar::spec],
        "StringMatch" => &[routes::string_match],
        "TagOverride" => &[telemetry::tag],
        "TargetReference" => &[access::target],
        "TcpMatch" => &[hosts::gateways],
        "TlsMatch" => &[hosts::gateways, service::sni],
        "TcpRoute" | "TlsRoute" => &[routes::weights],
        "TrafficPolicy" => &[policy::traffic],
        "VirtualServiceSpec" => &[service::spec, hosts::gateways, hosts::export],
        "Warmup" => &[balancing::warmup],
        "WorkloadEntry" => &[entries::workload],
        "WorkloadGroupProbe" => &[entries::probe],
        "ZoneAwareLbSetting" => &[balancing::zone_aware],
        _ => &[],
    }
}

/// Judges one structure.
pub(super) fn check<'t>(judge: &mut Judge<'t>, structure: &str, node: Node<'t>) {
    for field in tables::required(structure) {
        judge.require(node, field);
    }
    for fields in tables::exclusive(structure) {
        if let [first, second, ..] = judge.present(node, fields).as_slice() {
            let (first, second) = (first.key_text(), *second);
            let place = super::judge::describe(node, judge.object());
            let name = second.key_text();
            judge
                .wrong(second, format!("{place} has both `{first}` and `{name}`"))
                .help(format!("set only one of {}", listed(fields)));
        }
    }
    tables::check_forms(judge, structure, node);
    for check in checkers(structure) {
        check(judge, node);
    }
}

fn listed(fields: &[&str]) -> String {
    let quoted: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// Kinds that are refused without a spec.
const WITH_SPEC: [&str; 7] = [
    "DestinationRule",
    "Gateway",
    "ServiceEntry",
    "Sidecar",
    "VirtualService",
    "WorkloadEntry",
    "WorkloadGroup",
];

/// Judges what is not below the spec.
pub(super) fn check_object(judge: &mut Judge<'_>) {
    kinds::check_metadata(judge);
    let object = judge.object();
    let kind = judge.kind();
    if WITH_SPEC.contains(&kind) && judge.field(object, "spec").is_absent() {
        judge.missing(object, "spec", format!("the {kind} has no `spec`"));
    }
    annotations(judge);
    // ValidateGateway
    let name = judge.at(object, &["metadata", "name"]);
    if kind == "Gateway"
        && let Some(node) = name
        && let Some(text) = judge.text_of(node)
        && text.contains('.')
    {
        judge
            .wrong(
                node,
                format!("the name {} of a Gateway has a dot", shown(text)),
            )
            .help("VirtualServices refer to it as namespace/name");
    }
}

/// `validateMetadata`, `checkDryRunAnnotation`
fn annotations(judge: &mut Judge<'_>) {
    const RESERVED: [&str; 3] = [
        "internal.istio.io/webhook-always-reject",
        "internal.istio.io/parent-namespace",
        "internal.istio.io/parents",
    ];
    // Go's strconv.ParseBool
    const BOOLEANS: [&str; 12] = [
        "1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False",
    ];
    let object = judge.object();
    let Some(annotations) = judge.at(object, &["metadata", "annotations"]) else {
        return;
    };
    for key in judge.present(annotations, &RESERVED) {
        judge.wrong(
            key,
            format!("`{}` is Istio's own annotation", key.key_text()),
        );
    }
    let Some(entry) = annotations.entry("istio.io/dry-run") else {
        return;
    };
    if judge.field(annotations, "istio.io/dry-run").is_absent() {
        return;
    }
    if judge.kind() != "AuthorizationPolicy" {
        judge.wrong(
            entry.key,
            "`istio.io/dry-run` is for AuthorizationPolicies only",
        );
        return;
    }
    let action = judge.at(object, &["spec", "action"]);
    let is_tried = match action {
        None => !matches!(judge.field(object, "spec"), Field::Unknown(_)),
        Some(action) => matches!(judge.text_of(action), Some("ALLOW" | "DENY") | None),
    };
    if !is_tried {
        judge.wrong(
            entry.key,
            "`istio.io/dry-run` needs the action ALLOW or DENY",
        );
    } else if let Some(text) = judge.text(annotations, "istio.io/dry-run")
        && !BOOLEANS.contains(&text)
    {
        judge.wrong(
            entry.value,
            format!("`istio.io/dry-run: {text}` is neither true nor false"),
        );
    }
}

/// The namespace of the object, where it says one.
fn namespace<'t>(judge: &Judge<'t>) -> Option<&'t str> {
    let metadata = judge.get(judge.object(), "metadata")?;
    judge
        .text(metadata, "namespace")
        .filter(|it| !it.is_empty())
}

/// Whether a name holds a word in capitals that something else replaces: `DEX_SERVICE.DEX_NAMESPACE`.
fn is_stand_in(text: &str) -> bool {
    let is_word = |part: &str| {
        let mut bytes = part.bytes();
        part.contains('_')
            && bytes.all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    text.split(['.', '/']).any(is_word)
}

/// The items of a list with their texts, those that are known.
fn texts<'t>(judge: &Judge<'t>, holder: Node<'t>, key: &str) -> Vec<(Node<'t>, &'t str)> {
    let items = judge.items(holder, key);
    items
        .filter_map(|item| Some((item, judge.text_of(item)?)))
        .filter(|(_, text)| !is_stand_in(text))
        .collect()
}

/// The entries of a mapping below a key, with the key's text.
fn entries<'t>(
    judge: &Judge<'t>,
    holder: Node<'t>,
    key: &str,
) -> Vec<(&'t str, crate::yaml::Entry<'t>)> {
    let map = judge.get(holder, key);
    map.into_iter()
        .flat_map(Node::entries)
        .filter(|entry| !crate::kube::check::is_placeholder_node(entry.key))
        .map(|entry| (entry.key.key_text(), entry))
        .collect()
}
