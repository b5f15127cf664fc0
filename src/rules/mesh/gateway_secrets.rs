//! Certificates that Gateways name, where their Secrets are part of the manifests.

use std::collections::HashSet;

use super::gateway_servers::{Server, is_gateway, servers};
use crate::finding::Severity;
use crate::kube::{Object, decoded, is_placeholder};
use crate::rules::{Context, Findings, Report};
use crate::units::suggest;
use crate::yaml::Node;

/// Names of Secrets that are not in view beside those which are, and Secrets without a certificate.
pub(super) fn check(cx: &Context<'_>, object: &Object, servers: &[Server<'_>], out: &mut Findings) {
    for server in servers {
        let Some((name, node)) = server.credential() else {
            continue;
        };
        match secrets(cx, object, name) {
            Some((secret, true)) => {
                if let Some(what) = fault(cx, secret) {
                    let message = format!("the Secret of this server {what}: TLS handshakes fail");
                    let help = "Istio reads `tls.crt` and `tls.key`, or `cert` and `key`, in PEM";
                    out.push(Report::object(object, node, message).help(help).related(
                        secret,
                        secret.name_node(),
                        "the Secret",
                    ));
                }
            }
            None => {
                if let Some(report) = missing(cx, object, name, node) {
                    out.push(report);
                }
            }
            // One for each of several environments.
            Some((_, false)) => {}
        }
    }
}

/// The first of the Secrets of a name that are deployed with an object, and whether it is the only one.
fn secrets<'a>(cx: &Context<'a>, object: &Object, name: &str) -> Option<(&'a Object, bool)> {
    let what = "Secrets of Gateways";
    let found = cx.inventory.shared(object, what, name.to_owned(), || {
        let named = cx.inventory.objects_named(name);
        let mut secrets = named
            .filter(|it| it.kind() == "Secret" && it.group().is_empty())
            .filter(|it| cx.inventory.same_scope(it, object));
        let first = secrets.next()?;
        Some((first.number(), secrets.next().is_none()))
    });
    let (first, is_only) = (*found)?;
    Some((cx.inventory.numbered(first)?, is_only))
}

/// What of a Secret keeps Istio from reading a certificate (`ExtractCertInfo` in
/// pilot/pkg/credentials/kube/secrets.go).
fn fault(cx: &Context<'_>, secret: &Object) -> Option<&'static str> {
    const PAIRS: [(&str, &str); 2] = [("cert", "key"), ("tls.crt", "tls.key")];
    let root = secret.node();
    let (data, plain) = (root.get("data"), root.get("stringData"));
    let is_open = secret.is_encrypted()
        || cx.inventory.is_among_patches(secret)
        || ["data", "stringData"]
            .iter()
            .any(|key| cx.inventory.is_set_elsewhere(secret, root, key))
        || secret.holds_placeholder();
    // Without content somebody else fills it in.
    if is_open || data.or(plain).is_none() {
        return None;
    }
    let find = |key: &str| {
        [data, plain]
            .into_iter()
            .flatten()
            .find_map(|it| it.get(key))
    };
    let Some((cert, _)) = PAIRS
        .iter()
        .find_map(|(cert, key)| find(cert).zip(find(key)))
    else {
        return Some("has no `tls.crt` and `tls.key`");
    };
    let text = cert.text().filter(|text| !text.trim().is_empty())?;
    if is_placeholder(text) {
        return None;
    }
    let is_plain = plain.is_some_and(|plain| {
        let mut entries = plain.entries();
        entries.any(|entry| entry.value.id() == cert.id())
    });
    let bytes = if is_plain {
        text.as_bytes().to_vec()
    } else {
        decoded(text)?
    };
    let is_pem = String::from_utf8_lossy(&bytes).contains("-----BEGIN ");
    (!is_pem).then_some("holds no certificate in PEM")
}

/// A Secret that is not in view, beside a Gateway whose Secret is.
fn missing<'a>(
    cx: &Context<'_>,
    object: &'a Object,
    name: &str,
    node: Node<'_>,
) -> Option<Report<'a>> {
    let inventory = cx.inventory;
    let what = "credentials of Gateways whose Secrets are in view";
    // Of the whole scope: proxies and Gateways have namespaces of their own.
    let known = inventory.shared(object, what, String::new(), || {
        let gateways = inventory.objects().filter(|it| is_gateway(it));
        let gateways = gateways.filter(|it| inventory.same_scope(it, object));
        let mut known: Vec<String> = gateways
            .flat_map(servers)
            .filter_map(|server| Some(server.credential()?.0.to_owned()))
            .filter(|name| secrets(cx, object, name).is_some())
            .collect();
        known.sort_unstable();
        known.dedup();
        known
    });
    let is_made = inventory.is_open(object)
        || made(cx).contains(name)
        || inventory
            .objects_named(name)
            .any(|it| !is_gateway(it) && it.group().contains('.'))
        || inventory
            .objects_named(name)
            .any(|it| it.kind() == "Secret");
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    if known.is_empty() || is_made {
        return None;
    }
    let message = format!("no Secret `{name}` is in view, but those of other Gateways are");
    let help = match suggest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "add the Secret to the namespace of the proxies, unless something makes it there"
            .to_owned(),
    };
    Some(
        Report::object(object, node, message)
            .severity(Severity::Note)
            .help(help),
    )
}

/// Names of Secrets that custom resources in view say they make.
fn made(cx: &Context<'_>) -> std::sync::Arc<HashSet<String>> {
    const PATHS: [&[&str]; 3] = [
        &["spec", "secretName"],
        &["spec", "target", "name"],
        &["spec", "destination", "name"],
    ];
    let inventory = cx.inventory;
    inventory.once("Secrets that custom resources make", || {
        let custom = inventory
            .objects()
            .filter(|it| it.group().contains('.') && !it.group().ends_with(".istio.io"));
        let names = custom.flat_map(|it| {
            let at = |path: &&[&str]| it.node().at(path)?.text().map(str::to_owned);
            PATHS.iter().filter_map(at).collect::<Vec<_>>()
        });
        names.collect()
    })
}
