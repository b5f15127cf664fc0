//! `unaddressed-service-entry`

use super::policy::items;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Body, Object, is_placeholder};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "unaddressed-service-entry",
    category: Category::Mesh,
    severity: Severity::Note,
    pedantic: false,
    summary: "A ServiceEntry for TCP without an address of its own",
    page: include_str!("../../../rules/mesh/unaddressed-service-entry.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct UnaddressedServiceEntry;

impl Rule for UnaddressedServiceEntry {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Body::ServiceEntry(_) = object.body() else {
            return;
        };
        let Some(spec) = object.node().get("spec") else {
            return;
        };
        let has_addresses = !object.field_below(spec, &["addresses"]).is_absent()
            || cx.inventory.is_set_elsewhere(object, spec, "addresses")
            || object.node().at(&["status", "addresses"]).is_some();
        if has_addresses || captures_dns(cx) || cx.inventory.is_ambient_namespace(object) {
            return;
        }
        let first = spec.get("hosts").and_then(|hosts| hosts.items().next());
        if first.and_then(Node::text).is_none_or(is_placeholder) {
            return;
        }
        for port in items(spec, "ports") {
            let protocol = port.get("protocol").and_then(Node::text).unwrap_or("");
            let number = port.get("number").filter(|it| it.text().is_some());
            let Some(number) = number.filter(|_| is_taken_whole(protocol)) else {
                continue;
            };
            let kind = match protocol {
                "" => "without protocol".to_owned(),
                name => format!("for {name}"),
            };
            let text = number.text().unwrap_or_default();
            let message =
                format!("port {text} {kind} has no address: it takes connections to any host");
            out.push(Report::object(object, number, message).help(HELP));
        }
    }
}

/// Whether a mesh configuration in view lets the proxies answer DNS, and so give each host an address.
fn captures_dns(cx: &Context<'_>) -> bool {
    cx.inventory.mesh_configs().any(|(_, config)| {
        let metadata = config.default_config.as_ref().map(|it| &it.proxy_metadata);
        metadata.is_some_and(|it| {
            it.get("ISTIO_META_DNS_CAPTURE")
                .is_some_and(|it| it == "true")
        })
    })
}

const HELP: &str = "give the entry `addresses`; or, where clients speak it, the port `protocol: TLS` or \
                    `HTTP`, which name their host; or switch on DNS capture (ISTIO_META_DNS_CAPTURE), with \
                    which Istio gives each host an address of its own";

/// Whether a protocol does not say for which host a connection is (`Parse` in
/// pkg/config/protocol/instance.go; without any it is guessed).
fn is_taken_whole(protocol: &str) -> bool {
    let protocol = protocol.to_ascii_lowercase();
    matches!(protocol.as_str(), "" | "tcp" | "mongo" | "redis" | "mysql")
}
