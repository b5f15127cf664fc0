//! `upstream-tls-without-ca`

use std::collections::HashSet;
use std::sync::Arc;

use super::policy::items;
use super::ways::ways;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Body, Object, is_placeholder};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::Version;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "upstream-tls-without-ca",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "TLS to a host of the cluster that only public CAs verify",
    page: include_str!("../../../rules/mesh/upstream-tls-without-ca.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// The first release that verifies without a CA of its own.
const VERIFIED: Version = Version::new(1, 21);

/// See the rule's page.
pub(in crate::rules) struct UpstreamTlsWithoutCa;

impl Rule for UpstreamTlsWithoutCa {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Body::DestinationRule(_) = object.body() else {
            return;
        };
        let Some(spec) = object.node().get("spec") else {
            return;
        };
        let host = spec.get("host").and_then(Node::text);
        let Some(host) = host.filter(|host| !is_placeholder(host)) else {
            return;
        };
        // Until 1.20 nothing was verified without a CA: a fault of another kind, and of old releases.
        let release = cx.settings.mesh.istio_version;
        if release.is_some_and(|release| release < VERIFIED) || !is_of_cluster(host) {
            return;
        }
        let is_for_pods = spec.get("workloadSelector").is_some();
        let subsets = items(spec, "subsets").filter_map(|subset| subset.get("trafficPolicy"));
        for policy in spec.get("trafficPolicy").into_iter().chain(subsets) {
            let ports = items(policy, "portLevelSettings").filter_map(|port| port.get("tls"));
            for tls in policy.get("tls").into_iter().chain(ports) {
                check(cx, object, host, tls.resolved(), is_for_pods, out);
            }
        }
    }
}

fn check(
    cx: &Context<'_>,
    object: &Object,
    host: &str,
    tls: Node<'_>,
    is_for_pods: bool,
    out: &mut Findings,
) {
    let Some(mode) = tls.get("mode") else {
        return;
    };
    let Some(word @ ("SIMPLE" | "MUTUAL")) = mode.text() else {
        return;
    };
    let is_written = |key: &str| tls.get(key).is_some_and(|it| it.text() != Some(""));
    // The webhook refuses it.
    if word == "MUTUAL" && !is_written("credentialName") && !is_written("clientCertificate") {
        return;
    }
    let skips = tls.get("insecureSkipVerify").and_then(Node::text) == Some("true");
    let ca = object.field_below(tls, &["caCertificates"]);
    if !ca.is_absent() && ca.node().and_then(Node::text) != Some("")
        || cx
            .inventory
            .is_always_set_elsewhere(object, tls, "caCertificates")
    {
        return;
    }
    if is_written("credentialName") {
        let is_through_gateway = || hosts_behind_gateways(cx).contains(host);
        if !is_for_pods && !cx.inventory.is_among_patches(object) && !is_through_gateway() {
            out.push(for_gateways_only(object, tls));
        }
        return;
    }
    // A name of its own may be that of a public certificate.
    let stated = items(tls, "subjectAltNames").chain(tls.get("sni"));
    if skips || stated.filter_map(Node::text).any(|it| !is_of_cluster(it)) {
        return;
    }
    let message =
        format!("no public CA signs `{host}`: without caCertificates its TLS handshakes fail");
    let help = "no public CA signs names of the cluster: mount your CA into the proxies, with \
                `sidecar.istio.io/userVolume` and `userVolumeMount`, and name its file:\ntls:\n  \
                caCertificates: <path of the CA in the proxy>";
    out.push(Report::object(object, mode, message).help(help));
}

/// Where routes of gateways lead: those read the Secret.
fn hosts_behind_gateways(cx: &Context<'_>) -> Arc<HashSet<String>> {
    cx.inventory
        .once("hosts that gateways send requests to", || {
            let services = cx.inventory.objects().filter_map(|it| match it.body() {
                Body::VirtualService(service) => {
                    Some((it, service.spec.as_ref()?, it.node().get("spec")?))
                }
                _ => None,
            });
            let services =
                services.filter(|(_, spec, _)| spec.gateways.iter().any(|it| it != "mesh"));
            let ways = services.flat_map(|(object, spec, node)| ways(cx, object, spec, node));
            ways.filter_map(|way| way.destination.host.clone())
                .collect()
        })
}

/// A Secret that sidecars do not fetch (`buildUpstreamClusterTLSContext` in
/// pilot/pkg/networking/core/cluster_tls.go).
fn for_gateways_only<'a>(object: &'a Object, tls: Node<'_>) -> Report<'a> {
    let node = tls.get("credentialName").unwrap_or(tls);
    let message = "without workloadSelector sidecars ignore credentialName and send plain text";
    Report::object(object, node, message)
        .severity(Severity::Note)
        .help(
            "only gateways read the Secret; for sidecars select their pods with `workloadSelector`, or \
             mount the certificates and name their files",
        )
}

/// Whether only a CA of one's own signs certificates for the name.
fn is_of_cluster(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    !host.contains('.') && !host.contains('*')
        || host.ends_with(".svc.cluster.local")
        || host.strip_suffix(".svc").is_some()
}
