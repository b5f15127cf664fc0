//! PeerAuthentications that let servers take plain text.

use crate::edit::Value;
use crate::finding::Applicability;
use crate::inventory::ToldClients;
use crate::kube::Object;
use crate::kube::istio::destination_rule::ClientTlsMode;
use crate::kube::istio::peer_authentication::MutualTlsMode;
use crate::rules::{Context, Report};
use crate::yaml::Node;

/// What is wrong with a mode, as far as DestinationRules in view say how clients come.
pub(super) fn report<'a>(
    cx: &Context<'_>,
    object: &'a Object,
    node: Node<'_>,
    mode: MutualTlsMode,
) -> Option<Report<'a>> {
    if !matches!(mode, MutualTlsMode::Disable | MutualTlsMode::Permissive) {
        return None;
    }
    let mut told: Vec<ToldClients<'_>> = cx.inventory.told_clients(object).collect();
    told.sort_by_key(|told| told.rule.source() != object.source());
    keep_meant(object, &mut told);
    // STRICT would refuse the clients that are told to come without a certificate.
    let plain = told.iter().find(|told| {
        let mode = told.mode;
        matches!(mode, ClientTlsMode::Disable | ClientTlsMode::Simple)
    });
    let report = match mode {
        MutualTlsMode::Permissive => Report::object(
            object,
            node,
            "`PERMISSIVE` accepts plain text: only STRICT makes clients prove who they are",
        )
        .help(plain.map_or_else(
            || "mode: STRICT, once every client has a sidecar".to_owned(),
            |told| {
                format!(
                    "mode: STRICT, once every client has a sidecar and {}",
                    no_longer(told)
                )
            },
        ))
        .pedantic(),
        _ if cx.inventory.is_ambient_namespace(object) => Report::object(
            object,
            node,
            "`DISABLE` means PERMISSIVE in the ambient mesh: clients may still use mutual TLS",
        )
        .help("mode: STRICT, once every client is in the mesh, or PERMISSIVE")
        .pedantic(),
        _ => disabled(cx, object, node, &told, plain),
    };
    Some(match plain {
        Some(told) => report.related(
            told.rule,
            told.rule.name_node(),
            match told.mode {
                ClientTlsMode::Simple => "sends TLS of its own",
                _ => "sends plain text",
            },
        ),
        None => report,
    })
}

/// Of a policy for single workloads the rules of their hosts, where some are told by name, and not those of
/// other hosts of the namespace.
fn keep_meant(policy: &Object, told: &mut Vec<ToldClients<'_>>) {
    let selector = policy.node().at(&["spec", "selector", "matchLabels"]);
    let values: Vec<&str> = selector
        .into_iter()
        .flat_map(Node::entries)
        .filter_map(|entry| entry.value.text())
        .collect();
    let is_named = |told: &ToldClients<'_>| {
        let name = told.host.split('.').next().unwrap_or(told.host);
        values.contains(&name)
    };
    if told.iter().any(is_named) {
        told.retain(|told| is_named(told) || told.host.contains('*'));
    }
}

fn disabled<'a>(
    cx: &Context<'_>,
    object: &'a Object,
    node: Node<'_>,
    told: &[ToldClients<'_>],
    plain: Option<&ToldClients<'_>>,
) -> Report<'a> {
    let report = match told.iter().find(|told| is_refused(cx, object, told)) {
        Some(told) => plain_only(object, node, told),
        None => Report::object(
            object,
            node,
            "`DISABLE` makes the proxies accept plain text only: nothing is encrypted",
        )
        .detail("nor authenticated, in requests between workloads"),
    };
    let report = report.help(plain.map_or_else(
        || "mode: STRICT, or PERMISSIVE while clients without a sidecar remain".to_owned(),
        |told| format!("mode: PERMISSIVE, and STRICT only once {}", no_longer(told)),
    ));
    let title = "set the mode to PERMISSIVE";
    report.fix(Applicability::Unsafe, title, object, |editor| {
        editor.set(node, &Value::text("PERMISSIVE"))
    })
}

/// `DestinationRule `orders` no longer says DISABLE`
fn no_longer(told: &ToldClients<'_>) -> String {
    let mode = match told.mode {
        ClientTlsMode::Simple => "SIMPLE",
        _ => "DISABLE",
    };
    format!(
        "DestinationRule `{}` no longer says {mode}",
        told.rule.name()
    )
}

/// Whether clients use mutual TLS against servers that take plain text only, for certain.
fn is_refused(cx: &Context<'_>, policy: &Object, told: &ToldClients<'_>) -> bool {
    let is_mutual = matches!(
        told.mode,
        ClientTlsMode::Mutual | ClientTlsMode::IstioMutual
    );
    is_mutual
        && told.is_whole
        && cx.inventory.is_applied_with(told.rule, policy)
        && cx.inventory.is_plain_for_all(policy)
}

fn plain_only<'a>(object: &'a Object, node: Node<'_>, told: &ToldClients<'_>) -> Report<'a> {
    let whose = match told.within {
        Some(namespace) => format!("namespace `{namespace}`"),
        None => format!("`{}`", told.host),
    };
    let message = format!("`DISABLE` refuses mutual TLS, but clients of {whose} use it: they fail");
    let detail = format!(
        "DestinationRule `{}` tells them to, and the servers take plain text only",
        told.rule.name()
    );
    let place = told
        .rule
        .node()
        .at(&["spec", "trafficPolicy", "tls", "mode"]);
    Report::object(object, node, message)
        .detail(detail)
        .related(
            told.rule,
            place.unwrap_or_else(|| told.rule.name_node()),
            "makes clients use mutual TLS",
        )
}
