//! Fields that a structure of Istio's needs, fields that exclude each other, and the forms of texts.

use super::super::judge::{Judge, describe, shown};
use super::names::{
    Protocol, is_domain, is_fqdn, is_header, is_ip, is_label, is_label_key, is_label_value,
    is_subnet,
};
use crate::yaml::Node;

/// The fields that a structure cannot do without. An empty text or list counts as none.
///
/// `required` and `minItems` in the CRDs; validateSubsetName, validateLoadBalancer, validateTLSRoute,
/// validateTLSMatch, validateTCPRoute, validateHTTPMirrors, validateTelemetryProviders,
/// validateServerPort, validateJwtRule, validatePolicyTargetReference.
pub(super) fn required(structure: &str) -> &'static [&'static str] {
    match structure {
        "AuthorizationCondition" => &["key"],
        "ClaimToHeader" => &["header", "claim"],
        "CookieAttribute"
        | "HttpCookie"
        | "JwtHeader"
        | "ProviderRef"
        | "Subset"
        | "TagSource"
        | "WorkloadGroupHeader" => &["name"],
        "Destination" | "DestinationRuleSpec" => &["host"],
        "DirectResponse" => &["status"],
        "GatewayPort" => &["number", "protocol", "name"],
        "GatewayServer" => &["port", "hosts"],
        "GatewaySpec" => &["servers"],
        "Http2KeepAlive" => &["interval", "timeout"],
        "HttpRouteDestination" | "MirrorPolicy" | "RouteDestination" => &["destination"],
        "PortTrafficPolicy"
        | "SidecarIngress"
        | "WorkloadGroupHttpGet"
        | "WorkloadGroupTcpSocket" => &["port"],
        "RegexRewrite" => &["match", "rewrite"],
        "ServiceEntryPort" => &["number", "name"],
        "ServiceEntrySpec" | "SidecarEgress" => &["hosts"],
        "TagValue" => &["value"],
        "TargetReference" => &["kind", "name"],
        "TcpRoute" => &["route"],
        "TlsMatch" => &["sniHosts"],
        "TlsRoute" => &["match", "route"],
        "Tunnel" => &["targetHost", "targetPort"],
        "Warmup" => &["duration"],
        "WorkloadGroupExec" => &["command"],
        "WorkloadGroupSpec" => &["template"],
        _ => &[],
    }
}

/// Sets of fields of which at most one can be there: `oneOf` and CEL in the CRDs,
/// validateOneOfSelectorType, validateTrafficPolicy, validateHTTPRouteConflict.
pub(super) fn exclusive(structure: &str) -> &'static [&'static [&'static str]] {
    match structure {
        "AuthorizationPolicySpec" | "RequestAuthenticationSpec" | "TelemetrySpec" => {
            &[&["selector", "targetRef", "targetRefs"]]
        }
        "ConsistentHash" => &[
            &[
                "httpHeaderName",
                "httpCookie",
                "useSourceIp",
                "httpQueryParameterName",
            ],
            &["ringHash", "maglev"],
        ],
        "CustomTag" => &[&["literal", "environment", "header", "formatter"]],
        "DirectResponseBody" => &[&["string", "bytes"]],
        "FaultAbort" => &[&["httpStatus", "grpcStatus", "http2Error"]],
        "FaultDelay" => &[&["fixedDelay", "exponentialDelay"]],
        "HttpRedirect" => &[&["port", "derivePort"]],
        "HttpRoute" => &[&["mirror", "mirrors"]],
        "JwtRule" => &[&["jwksUri", "jwks_uri", "jwks"]],
        "LoadBalancer" => &[
            &["simple", "consistentHash", "backendUtilization"],
            &["localityLbSetting", "zoneAwareLbSetting"],
        ],
        "MetricMatch" => &[&["metric", "customMetric"]],
        "ServerTls" => &[
            &["credentialNames", "credentialName"],
            &["credentialNames", "tlsCertificates"],
        ],
        "ServiceEntrySpec" => &[&["workloadSelector", "endpoints"]],
        "StringMatch" => &[&["exact", "prefix", "regex"]],
        "TrafficPolicy" => &[&["tunnel", "proxyProtocol"]],
        "WorkloadGroupProbe" => &[&["httpGet", "tcpSocket", "exec", "grpc"]],
        _ => &[],
    }
}

/// What a text must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// At most 63 letters, digits and `-`.
    Label,
    /// A host that may start with `*`.
    Domain,
    FqdnOrIp,
    /// An address, or a range of them.
    Subnet,
    Protocol,
    Header,
    /// A header's name, or `*`.
    CorsHeader,
    CorsMethod,
    TunnelProtocol,
    /// A number up to 65535, as text.
    Port,
    RedirectScheme,
    ProbeScheme,
    ProbeHeader,
    /// Any text but an empty one.
    Something,
}

/// A structure, a field of it, and the field's form.
type Row = (&'static str, &'static str, Form);

/// Single texts. Empty ones count as left out.
const FIELDS: &[Row] = &[
    ("ClaimToHeader", "header", Form::Header),
    ("Destination", "subset", Form::Label),
    ("DestinationRuleSpec", "host", Form::Domain),
    ("GatewayPort", "protocol", Form::Protocol),
    ("HttpMatch", "sourceNamespace", Form::Label),
    ("HttpRedirect", "scheme", Form::RedirectScheme),
    ("ServiceEntryPort", "name", Form::Label),
    ("ServiceEntryPort", "protocol", Form::Protocol),
    ("SidecarPort", "name", Form::Label),
    ("SidecarPort", "protocol", Form::Protocol),
    ("Subset", "name", Form::Label),
    ("Tunnel", "protocol", Form::TunnelProtocol),
    ("Tunnel", "targetHost", Form::FqdnOrIp),
    ("WorkloadGroupHeader", "name", Form::ProbeHeader),
    ("WorkloadGroupHttpGet", "scheme", Form::ProbeScheme),
];

/// The elements of lists of texts.
const ELEMENTS: &[Row] = &[
    ("AuthorizationCondition", "values", Form::Something),
    ("AuthorizationCondition", "notValues", Form::Something),
    ("AuthorizationOperation", "hosts", Form::Something),
    ("AuthorizationOperation", "notHosts", Form::Something),
    ("AuthorizationOperation", "ports", Form::Port),
    ("AuthorizationOperation", "notPorts", Form::Port),
    ("AuthorizationOperation", "methods", Form::Something),
    ("AuthorizationOperation", "notMethods", Form::Something),
    ("AuthorizationOperation", "paths", Form::Something),
    ("AuthorizationOperation", "notPaths", Form::Something),
    ("AuthorizationSource", "principals", Form::Something),
    ("AuthorizationSource", "notPrincipals", Form::Something),
    ("AuthorizationSource", "requestPrincipals", Form::Something),
    (
        "AuthorizationSource",
        "notRequestPrincipals",
        Form::Something,
    ),
    ("AuthorizationSource", "namespaces", Form::Something),
    ("AuthorizationSource", "notNamespaces", Form::Something),
    ("AuthorizationSource", "ipBlocks", Form::Subnet),
    ("AuthorizationSource", "notIpBlocks", Form::Subnet),
    ("AuthorizationSource", "remoteIpBlocks", Form::Subnet),
    ("AuthorizationSource", "notRemoteIpBlocks", Form::Subnet),
    ("CorsPolicy", "allowHeaders", Form::CorsHeader),
    ("CorsPolicy", "exposeHeaders", Form::CorsHeader),
    ("CorsPolicy", "allowMethods", Form::CorsMethod),
    ("JwtRule", "audiences", Form::Something),
    ("JwtRule", "fromCookies", Form::Something),
    ("JwtRule", "fromParams", Form::Something),
    ("JwtRule", "spaceDelimitedClaims", Form::Something),
    ("ServiceEntrySpec", "addresses", Form::Subnet),
    ("TcpMatch", "destinationSubnets", Form::Subnet),
    ("TlsMatch", "destinationSubnets", Form::Subnet),
    ("WorkloadGroupExec", "command", Form::Something),
];

/// Labels of pods, as `labels.Instance.Validate` takes them.
const LABELS: &[(&str, &str)] = &[
    ("HttpMatch", "sourceLabels"),
    ("Subset", "labels"),
    ("TcpMatch", "sourceLabels"),
    ("TlsMatch", "sourceLabels"),
    ("WorkloadEntry", "labels"),
    ("WorkloadGroupMetadata", "labels"),
];

/// Labels that select: no `*`, no empty key, values of at most 63 characters (CRDs;
/// validateWorkloadSelector, ValidateAlphaWorkloadSelector).
const SELECTORS: &[(&str, &str)] = &[
    ("SidecarSelector", "labels"),
    ("WorkloadLabels", "labels"),
    ("WorkloadMatch", "matchLabels"),
];

fn rows(table: &'static [Row], structure: &str) -> impl Iterator<Item = &'static Row> {
    table.iter().filter(move |(name, ..)| *name == structure)
}

/// Checks the texts of one structure.
pub(super) fn check_forms<'t>(judge: &mut Judge<'t>, structure: &str, node: Node<'t>) {
    for (_, field, form) in rows(FIELDS, structure) {
        if let Some(value) = judge.get(node, field)
            && let Some(text) = judge.text_of(value)
            && !text.is_empty()
            && !super::is_stand_in(text)
            && !form.fits(text)
        {
            judge.wrong(value, format!("{} {}", shown(text), form.complaint()));
        }
    }
    for (_, field, form) in rows(ELEMENTS, structure) {
        for (value, text) in super::texts(judge, node, field) {
            if !form.fits(text) {
                judge.wrong(value, format!("{} {}", shown(text), form.complaint()));
            }
        }
    }
    for (_, field) in LABELS.iter().filter(|(name, _)| *name == structure) {
        labels(judge, node, field);
    }
    for (_, field) in SELECTORS.iter().filter(|(name, _)| *name == structure) {
        selector(judge, node, field);
    }
}

fn labels<'t>(judge: &mut Judge<'t>, node: Node<'t>, field: &str) {
    for (key, entry) in super::entries(judge, node, field) {
        if !is_label_key(key) {
            judge.wrong(
                entry.key,
                format!("{} is not the key of a label", shown(key)),
            );
        }
        if let Some(value) = judge.text_of(entry.value)
            && !is_label_value(value)
        {
            judge.wrong(
                entry.value,
                format!("{} is not the value of a label", shown(value)),
            );
        }
    }
}

fn selector<'t>(judge: &mut Judge<'t>, node: Node<'t>, field: &str) {
    const LONGEST: usize = 63;
    for (key, entry) in super::entries(judge, node, field) {
        if key.is_empty() {
            judge.wrong(entry.key, "the key of a label is empty");
        } else if key.contains('*') {
            judge.wrong(entry.key, format!("{} has a wildcard", shown(key)));
        }
        let Some(value) = judge.text_of(entry.value) else {
            continue;
        };
        if value.contains('*') {
            judge
                .wrong(entry.value, format!("{} has a wildcard", shown(value)))
                .help("a selector takes whole values of labels only");
        } else if value.chars().count() > LONGEST {
            let place = describe(node, judge.object());
            judge.wrong(
                entry.value,
                format!("a value in {place} has over {LONGEST} characters"),
            );
        }
    }
}

impl Form {
    fn fits(self, text: &str) -> bool {
        const METHODS: [&str; 10] = [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "*",
        ];
        match self {
            Self::Label => is_label(text),
            Self::Domain => is_domain(text),
            Self::FqdnOrIp => is_fqdn(text) || is_ip(text),
            Self::Subnet => is_subnet(text),
            Self::Protocol => Protocol::of(text).is_some(),
            Self::Header => is_strict_header(text),
            Self::CorsHeader => text == "*" || is_header(text),
            Self::CorsMethod => METHODS.contains(&text),
            Self::TunnelProtocol => matches!(text, "CONNECT" | "POST"),
            Self::Port => {
                text.parse::<u16>().is_ok() && text.starts_with(|c: char| c.is_ascii_digit())
            }
            Self::RedirectScheme => matches!(text, "http" | "https"),
            Self::ProbeScheme => matches!(text, "HTTP" | "HTTPS"),
            Self::ProbeHeader => is_strict_header(text) && !text.contains('_'),
            Self::Something => !text.is_empty(),
        }
    }

    fn complaint(self) -> &'static str {
        match self {
            Self::Label => "is not a DNS label (letters, digits and `-`, at most 63)",
            Self::Domain => "is not a host name, which may start with `*`",
            Self::FqdnOrIp => "is neither a host name nor an IP address",
            Self::Subnet => "is neither an IP address nor a CIDR range",
            Self::Protocol => "is not a protocol that Istio knows",
            Self::Header | Self::CorsHeader | Self::ProbeHeader => "is not the name of a header",
            Self::CorsMethod => "is not an HTTP method in capitals",
            Self::TunnelProtocol => "is neither CONNECT nor POST",
            Self::Port => "is not a port number from 0 to 65535",
            Self::RedirectScheme => "is neither http nor https",
            Self::ProbeScheme => "is neither HTTP nor HTTPS",
            Self::Something => "is empty",
        }
    }
}

/// `ValidateStrictHTTPHeaderName`
fn is_strict_header(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
