//! Settings of the proxy that injection refuses although each has the right type
//! (`ValidateMeshConfigProxyConfig` in pkg/config/validation/agent/validation.go).

use super::names::{is_fqdn, is_ip};
use crate::kube::check::is_placeholder_node;
use crate::units::parse_go_duration;
use crate::yaml::{Node, NodeId};

/// Addresses with a port (`ValidateProxyAddress`), and whether `$(HOST_IP)` stands for one.
const ADDRESSES: [(&[&str], bool); 8] = [
    (&["discoveryAddress"], false),
    (&["statsdUdpAddress"], false),
    (&["envoyMetricsServiceAddress"], false),
    (&["envoyAccessLogService", "address"], false),
    (&["envoyMetricsService", "address"], false),
    (&["tracing", "lightstep", "address"], false),
    (&["tracing", "zipkin", "address"], true),
    (&["tracing", "datadog", "address"], true),
];

/// Texts that cannot be empty.
const NEEDED: [&str; 3] = ["binaryPath", "configPath", "serviceCluster"];

/// What is refused in the text of `proxy.istio.io/config`, by the node of its value.
pub(in crate::kube) fn refused(root: Node<'_>) -> Vec<(NodeId, String)> {
    let mut found = Vec::new();
    let mut tell = |node: Node<'_>, fault: &str| found.push((node.id(), fault.to_owned()));
    for field in ["statusPort", "proxyAdminPort"] {
        if let Some((node, text)) = text_at(root, &[field])
            && text
                .parse::<i64>()
                .is_ok_and(|port| !(1..=65535).contains(&port))
        {
            tell(node, "expected a port from 1 to 65535");
        }
    }
    for (path, knows_host) in ADDRESSES {
        let Some((node, text)) = text_at(root, path) else {
            continue;
        };
        let host = if knows_host {
            "127.0.0.1"
        } else {
            "$(HOST_IP)"
        };
        // An address that is not a tracer's may be left empty.
        let is_optional = path.first() != Some(&"tracing") && path != ["discoveryAddress"];
        let is_left_out = text.is_empty() && is_optional;
        if !(is_left_out || is_address(&text.replacen("$(HOST_IP)", host, 1))) {
            tell(
                node,
                "expected a host and its port, such as zipkin.tracing:9411",
            );
        }
    }
    for field in NEEDED {
        if let Some((node, "")) = text_at(root, &[field]) {
            tell(node, "expected a text that is not empty");
        }
    }
    if let Some((node, text)) = text_at(root, &["drainDuration"])
        && parse_go_duration(text).is_ok_and(|drain| drain.subsec_nanos() > 0)
    {
        tell(node, "expected whole seconds");
    }
    if let Some((node, "INHERIT" | "1000")) = text_at(root, &["controlPlaneAuthPolicy"]) {
        tell(node, "expected NONE or MUTUAL_TLS");
    }
    found
}

/// A text below a path, each key in one of protobuf's two spellings.
fn text_at<'t>(root: Node<'t>, path: &[&str]) -> Option<(Node<'t>, &'t str)> {
    let node = path.iter().try_fold(root, |node, key| {
        node.get(key).or_else(|| node.get(&snake_case(key)))
    })?;
    let node = node.resolved();
    let text = node.text().filter(|_| !is_placeholder_node(node))?;
    Some((node, text))
}

/// `statusPort` as `status_port`.
fn snake_case(key: &str) -> String {
    let mut text = String::new();
    for char in key.chars() {
        if char.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(char.to_ascii_lowercase());
    }
    text
}

/// `ValidateProxyAddress`, after Go's `net.SplitHostPort`.
fn is_address(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else {
        return false;
    };
    let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').filter(|host| is_ip(host)),
        None => Some(host).filter(|host| !host.contains(':')),
    };
    is_port && host.is_some_and(|host| is_fqdn(host) || is_ip(host))
}
