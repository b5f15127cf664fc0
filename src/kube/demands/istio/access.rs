//! Who may reach a workload: AuthorizationPolicy, RequestAuthentication, PeerAuthentication, and what
//! their policies are attached to (`ValidateAuthorizationPolicy`, `pkg/config/security/security.go`,
//! `validateJwtRule`, `ValidatePeerAuthentication`, `validatePolicyTargetReference`).

use super::super::judge::{Judge, shown};
use super::names::is_subnet;
use super::{entries, texts};
use crate::yaml::Node;

/// The fields of a source, the first that name workloads by certificate.
const SOURCE: [&str; 14] = [
    "principals",
    "notPrincipals",
    "namespaces",
    "notNamespaces",
    "serviceAccounts",
    "notServiceAccounts",
    "trustDomains",
    "notTrustDomains",
    "requestPrincipals",
    "notRequestPrincipals",
    "ipBlocks",
    "notIpBlocks",
    "remoteIpBlocks",
    "notRemoteIpBlocks",
];

/// How many of them a CUSTOM policy does not support.
const NOT_CUSTOM: usize = 10;

/// A policy as a whole.
pub(super) fn policy<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    if judge.field(spec, "action").is_unknown() {
        return;
    }
    let action = judge.text(spec, "action").unwrap_or("ALLOW");
    if matches!(action, "DENY" | "CUSTOM") && judge.lacks(spec, "rules") {
        judge
            .missing(
                spec,
                "rules",
                format!("`action: {action}` without `rules` never applies"),
            )
            .map(|told| {
                told.rests_on(spec, "action")
                    .help("`rules: [{}]` applies to every request")
            });
    } else if action == "CUSTOM" {
        let provider = judge.get(spec, "provider");
        let is_nameless = provider.is_some_and(|provider| judge.lacks(provider, "name"));
        if judge.field(spec, "provider").is_absent() || is_nameless {
            judge
                .missing(spec, "provider", "`action: CUSTOM` has no `provider.name`")
                .map(|told| told.rests_on(spec, "action"));
        }
        custom(judge, spec);
    }
    if action != "CUSTOM"
        && let Some(entry) = spec.entry("provider")
        && !judge.field(spec, "provider").is_absent()
    {
        judge
            .wrong(entry.key, "`provider` needs `action: CUSTOM`")
            .rests_on(spec, "action");
    }
}

fn custom<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let rules: Vec<Node<'t>> = judge.items(spec, "rules").collect();
    for rule in rules {
        let from: Vec<Node<'t>> = judge.items(rule, "from").collect();
        for one in from {
            let Some(source) = judge.get(one, "source") else {
                continue;
            };
            let excluded = SOURCE.iter().take(NOT_CUSTOM).copied();
            let excluded: Vec<&str> = excluded.filter(|it| judge.has(source, it)).collect();
            for key in judge.present(source, &excluded) {
                let name = key.key_text();
                judge.wrong(key, format!("`{name}` in a policy with `action: CUSTOM`"));
            }
        }
        let conditions: Vec<Node<'t>> = judge.items(rule, "when").collect();
        for condition in conditions {
            let Some(node) = judge.get(condition, "key") else {
                continue;
            };
            let Some(key) = judge.text_of(node) else {
                continue;
            };
            let is_identity = matches!(
                key,
                "source.namespace"
                    | "source.serviceAccount"
                    | "source.trustDomain"
                    | "source.principal"
            );
            if is_identity || key.starts_with("request.auth.") {
                judge.wrong(
                    node,
                    format!("{} in a policy with `action: CUSTOM`", shown(key)),
                );
            }
        }
    }
}

/// A rule: nothing is told of it but of its parts.
pub(super) fn rule<'t>(judge: &mut Judge<'t>, rule: Node<'t>) {
    let conditions: Vec<Node<'t>> = judge.items(rule, "when").collect();
    for condition in conditions {
        const VALUES: &[&str] = &["values", "notValues"];
        if VALUES.iter().all(|field| judge.lacks(condition, field)) {
            let key = judge.text(condition, "key").unwrap_or_default();
            judge.missing_one_of(
                condition,
                VALUES,
                format!("condition {} has no `values`", shown(key)),
            );
        }
    }
}

/// `from`
pub(super) fn from<'t>(judge: &mut Judge<'t>, from: Node<'t>) {
    if judge.field(from, "source").is_absent() {
        judge.missing(from, "source", "an item of `from` has no `source`");
    }
}

/// `to`
pub(super) fn to<'t>(judge: &mut Judge<'t>, to: Node<'t>) {
    if judge.field(to, "operation").is_absent() {
        judge.missing(to, "operation", "an item of `to` has no `operation`");
    }
}

/// `from.source`
pub(super) fn source<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    const ACCOUNTS: [&str; 2] = ["serviceAccounts", "notServiceAccounts"];
    if SOURCE.iter().all(|field| judge.lacks(source, field)) {
        judge.missing_one_of(source, &SOURCE, "`source` names nobody");
    }
    let has = |judge: &Judge<'t>, fields: &[&str]| {
        let mut fields = fields.iter();
        fields.any(|field| judge.has(source, field))
    };
    if has(
        judge,
        &["principals", "notPrincipals", "namespaces", "notNamespaces"],
    ) && has(judge, &ACCOUNTS)
        && let [key, ..] = judge.present(source, &ACCOUNTS).as_slice()
    {
        let name = key.key_text();
        judge.wrong(
            *key,
            format!("`{name}` is not accepted with namespaces or principals"),
        );
    }
    for field in ACCOUNTS {
        accounts(judge, source, field);
    }
    for field in ["trustDomains", "notTrustDomains"] {
        for (node, text) in texts(judge, source, field) {
            if let Some(fault) = wildcard_fault(text) {
                judge.wrong(node, format!("{} {fault}", shown(text)));
            } else if text.contains('/') {
                judge.wrong(node, format!("trust domain {} has a `/`", shown(text)));
            }
        }
    }
}

/// `CheckServiceAccount`
fn accounts<'t>(judge: &mut Judge<'t>, holder: Node<'t>, field: &'static str) {
    const MOST: usize = 16;
    let count = judge
        .get(holder, field)
        .map_or(0, |list| list.items().count());
    if count > MOST
        && let Some(entry) = holder.entry(field)
    {
        judge.wrong(entry.key, format!("`{field}` has over {MOST} values"));
    }
    for (node, text) in texts(judge, holder, field) {
        if !is_account(text) {
            judge
                .wrong(node, format!("{} is not a service account", shown(text)))
                .help("write name or namespace/name, without wildcards");
        }
    }
}

fn is_account(text: &str) -> bool {
    const LONGEST: usize = 320;
    !text.is_empty()
        && text.len() <= LONGEST
        && !text.contains('*')
        && text.split('/').count() <= 2
        && !text.split('/').any(str::is_empty)
}

/// `CheckWildcardValues`
fn wildcard_fault(text: &str) -> Option<&'static str> {
    match text.matches('*').count() {
        _ if text.is_empty() => Some("is empty"),
        0 => None,
        1 if text.starts_with('*') || text.ends_with('*') => None,
        1 => Some("has a `*` that is neither its start nor its end"),
        _ => Some("has several `*`"),
    }
}

/// `to.operation`
pub(super) fn operation<'t>(judge: &mut Judge<'t>, operation: Node<'t>) {
    const FIELDS: &[&str] = &[
        "ports",
        "methods",
        "paths",
        "hosts",
        "notPorts",
        "notMethods",
        "notPaths",
        "notHosts",
    ];
    if FIELDS.iter().all(|field| judge.lacks(operation, field)) {
        judge.missing_one_of(operation, FIELDS, "`operation` names nothing");
    }
    for field in ["paths", "notPaths"] {
        for (node, path) in texts(judge, operation, field) {
            if !is_path_template(path) {
                judge
                    .wrong(node, format!("{} is not a template of a path", shown(path)))
                    .help("`{*}` and, at the end, `{**}` stand for whole segments");
            }
        }
    }
}

/// `CheckValidPathTemplate`
fn is_path_template(path: &str) -> bool {
    let is_template = path.contains("{*}") || path.contains("{**}");
    let is_literal = |segment: &str| {
        !segment.is_empty()
            && segment
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()+,;:@=".contains(&byte))
    };
    let mut is_open = true;
    for segment in path.trim_matches('/').split('/') {
        match segment {
            "{*}" if is_open => {}
            "{**}" if is_open => is_open = false,
            _ if segment.contains(['{', '}']) => return false,
            _ if is_template && !is_literal(segment) => return false,
            _ => {}
        }
    }
    true
}

/// `ValidateAttribute`
pub(super) fn condition<'t>(judge: &mut Judge<'t>, condition: Node<'t>) {
    let Some(node) = judge.get(condition, "key") else {
        return;
    };
    let Some(key) = judge.text_of(node).filter(|key| !key.is_empty()) else {
        return;
    };
    let takes_name = [
        "request.headers",
        "request.auth.claims",
        "experimental.envoy.filters.",
    ]
    .iter()
    .any(|start| key.starts_with(start));
    if takes_name {
        if !names_one(key) {
            judge.wrong(node, format!("{} names nothing in brackets", shown(key)));
        }
        return;
    }
    match key {
        "source.ip" | "remote.ip" | "destination.ip" => {
            values(
                judge,
                condition,
                is_subnet,
                "is neither an IP address nor a CIDR range",
            );
        }
        "destination.port" => values(
            judge,
            condition,
            |text| text.parse::<u16>().is_ok() && !text.starts_with('+'),
            "is not a port number from 0 to 65535",
        ),
        "source.serviceAccount" => {
            values(judge, condition, is_account, "is not a service account");
        }
        "source.trustDomain" => values(
            judge,
            condition,
            |text| wildcard_fault(text).is_none(),
            "is not a trust domain",
        ),
        "source.namespace"
        | "source.principal"
        | "request.auth.principal"
        | "request.auth.audiences"
        | "request.auth.presenter"
        | "connection.sni" => {}
        _ => {
            judge
                .wrong(node, format!("{} is not a key of conditions", shown(key)))
                .help("see https://istio.io/latest/docs/reference/config/security/conditions/");
        }
    }
}

/// `a[b]` (`validateMapKey`)
fn names_one(key: &str) -> bool {
    key.ends_with(']')
        && key
            .find('[')
            .is_some_and(|open| open > 0 && open + 2 < key.len())
}

fn values<'t>(judge: &mut Judge<'t>, condition: Node<'t>, fits: fn(&str) -> bool, complaint: &str) {
    for field in ["values", "notValues"] {
        for (node, text) in texts(judge, condition, field) {
            if !text.is_empty() && !fits(text) {
                judge.wrong(node, format!("{} {complaint}", shown(text)));
            }
        }
    }
}

/// `validatePolicyTargetReference`
pub(super) fn target<'t>(judge: &mut Judge<'t>, target: Node<'t>) {
    if let Some(node) = judge.get(target, "namespace")
        && judge.has(target, "namespace")
    {
        judge.wrong(
            node,
            "a target has a `namespace`: it is always the policy's own",
        );
    }
    let Some(node) = judge.get(target, "kind") else {
        return;
    };
    let Some(kind) = judge.text_of(node).filter(|kind| !kind.is_empty()) else {
        return;
    };
    if judge.field(target, "group").is_unknown() {
        return;
    }
    let group = judge.text(target, "group").unwrap_or_default();
    let is_allowed = matches!(
        (group, kind),
        ("" | "core", "Service")
            | ("networking.istio.io", "ServiceEntry")
            | ("gateway.networking.k8s.io", "Gateway" | "GatewayClass")
    );
    if !is_allowed {
        judge
            .wrong(
                node,
                format!("{} of group {} is not a target", shown(kind), shown(group)),
            )
            .help(
                "a target is a Service (group \"\"), a ServiceEntry (networking.istio.io), or a Gateway or \
                 GatewayClass (gateway.networking.k8s.io); pods are selected by `selector`",
            );
    }
}

/// `validateJwtRule`
pub(super) fn token<'t>(judge: &mut Judge<'t>, rule: Node<'t>) {
    const ORIGINS: &[&str] = &["issuer", "jwksUri", "jwks_uri"];
    if ORIGINS.iter().all(|field| judge.lacks(rule, field)) {
        judge.missing_one_of(
            rule,
            ORIGINS,
            "a JWT rule has neither `issuer` nor `jwksUri`",
        );
    } else if let Some(node) = judge.get(rule, "issuer")
        && judge.text_of(node) == Some("")
    {
        judge.wrong(node, "`issuer` is empty");
    }
    for field in ["jwksUri", "jwks_uri"] {
        if let Some(node) = judge.get(rule, field)
            && let Some(text) = judge.text_of(node)
        {
            let scheme = text
                .split_once("://")
                .map(|(scheme, _)| scheme.to_ascii_lowercase());
            if !matches!(scheme.as_deref(), Some("http" | "https")) {
                judge.wrong(
                    node,
                    format!("{} is not a URL of http or https", shown(text)),
                );
            }
        }
    }
    if let Some(node) = judge.get(rule, "jwks")
        && let Some(text) = judge.text_of(node)
        && !text.is_empty()
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_err()
    {
        judge.wrong(node, "`jwks` is not JSON");
    }
}

/// `ValidatePeerAuthentication` and the CRD.
pub(super) fn peers<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let Some(entry) = spec.entry("portLevelMtls") else {
        return;
    };
    let Some(ports) = judge.get(spec, "portLevelMtls") else {
        return;
    };
    if ports.is_mapping() && ports.entries().next().is_none() {
        judge.wrong(entry.key, "`portLevelMtls` names no port");
        return;
    }
    for (port, entry) in entries(judge, spec, "portLevelMtls") {
        let is_port = port.parse::<u16>().is_ok_and(|port| port > 0) && !port.starts_with('+');
        if !is_port {
            judge
                .wrong(entry.key, format!("{} is not a port number", shown(port)))
                .help("`portLevelMtls` takes the ports of the pod, from 1 to 65535");
        }
    }
    let selector = judge.field(spec, "selector");
    let selects = judge.get(spec, "selector").is_some_and(|selector| {
        let labels = judge.field(selector, "matchLabels");
        labels.is_unknown()
            || judge
                .get(selector, "matchLabels")
                .is_some_and(|labels| labels.entries().next().is_some())
    });
    if !selector.is_unknown() && !selects {
        judge
            .wrong(entry.key, "`portLevelMtls` needs a `selector` with labels")
            .absence(spec, "selector");
    }
}
