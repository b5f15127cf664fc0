//! Certificates of clients and servers.

use super::super::judge::Judge;
use super::names::Protocol;
use super::namespace;
use crate::yaml::Node;

/// `agent.ValidateTLS`
pub(super) fn client<'t>(judge: &mut Judge<'t>, tls: Node<'t>) {
    config_map(judge, tls);
    let Some(mode) = judge.text(tls, "mode") else {
        return;
    };
    let is_mutual = mode == "MUTUAL";
    if !is_mutual && mode != "SIMPLE" {
        return;
    }
    let has_name = judge.has(tls, "credentialName");
    if judge.is_true(tls, "insecureSkipVerify") {
        let excluded: &[&str] = if is_mutual {
            &["caCertificates", "subjectAltNames"]
        } else {
            &["caCertificates", "credentialName", "subjectAltNames"]
        };
        exclude(judge, tls, excluded, "`insecureSkipVerify: true`");
    }
    if has_name {
        let files = ["clientCertificate", "caCertificates", "privateKey", "caCrl"];
        exclude(judge, tls, &files, "`credentialName`");
    } else if is_mutual {
        for field in ["clientCertificate", "privateKey"] {
            if judge.lacks(tls, field) {
                judge
                    .missing(tls, field, format!("`mode: MUTUAL` needs `{field}`"))
                    .map(|told| told.rests_on(tls, "credentialName").rests_on(tls, "mode"));
            }
        }
    }
}

/// Tells of fields that hold something next to what excludes them.
fn exclude<'t>(judge: &mut Judge<'t>, tls: Node<'t>, fields: &[&str], by: &str) {
    for key in judge.present(tls, fields) {
        let name = key.key_text();
        if !judge.lacks(tls, name) {
            judge.wrong(key, format!("`{name}` is not accepted with {by}"));
        }
    }
}

/// `configmap://namespace/name`, in the namespace of the rule.
fn config_map<'t>(judge: &mut Judge<'t>, tls: Node<'t>) {
    let Some(node) = judge.get(tls, "credentialName") else {
        return;
    };
    let Some(reference) = judge
        .text_of(node)
        .and_then(|text| text.strip_prefix("configmap://"))
    else {
        return;
    };
    let mut parts = reference.split('/');
    let (place, name) = (parts.next(), parts.next());
    if place.is_none_or(str::is_empty) || name.is_none_or(str::is_empty) {
        judge.wrong(node, "`configmap://` needs a namespace and a name");
    } else if namespace(judge).is_some_and(|own| place != Some(own)) {
        judge.wrong(
            node,
            "`configmap://` names another namespace than the rule's",
        );
    }
}

/// `validateTLSOptions`, and how many certificates the CRD takes.
pub(super) fn server<'t>(judge: &mut Judge<'t>, tls: Node<'t>) {
    for field in ["credentialNames", "tlsCertificates"] {
        let count = judge.get(tls, field).map(|list| list.items().count());
        if let Some(entry) = tls.entry(field)
            && count.is_some_and(|count| !(1..=2).contains(&count))
        {
            judge.wrong(entry.key, format!("`{field}` takes one or two"));
        }
    }
    let mode = judge.text(tls, "mode");
    let mode = match mode {
        None if judge.field(tls, "mode").is_unknown() => return,
        // What the API fills in.
        None => "PASSTHROUGH",
        Some(mode) => mode,
    };
    if mode == "ISTIO_MUTUAL" {
        let files = [
            "serverCertificate",
            "privateKey",
            "caCertificates",
            "tlsCertificates",
            "credentialName",
            "credentialNames",
        ];
        exclude(judge, tls, &files, "`mode: ISTIO_MUTUAL`");
        return;
    }
    sources(judge, tls);
    let is_mutual = matches!(mode, "MUTUAL" | "OPTIONAL_MUTUAL");
    let is_terminated = is_mutual || mode == "SIMPLE";
    if is_terminated && (judge.has(tls, "credentialName") || judge.has(tls, "credentialNames")) {
        return;
    }
    if is_terminated && !is_on_plain_port(judge, tls) {
        certificates(judge, tls, mode, is_mutual);
    }
    if judge.has(tls, "caCrl")
        && let Some(entry) = tls.entry("caCrl")
    {
        if judge.has(tls, "credentialName") {
            judge.wrong(entry.key, "`caCrl` is not accepted with `credentialName`");
        }
        if mode == "SIMPLE" {
            judge.wrong(entry.key, "`caCrl` is not accepted with `mode: SIMPLE`");
        }
    }
}

/// Whether the server's protocol takes no certificates, which is told there.
fn is_on_plain_port<'t>(judge: &Judge<'t>, tls: Node<'t>) -> bool {
    let server = tls.parent();
    let port = server.and_then(|server| judge.get(server, "port"));
    let protocol = port.and_then(|port| judge.text(port, "protocol"));
    protocol
        .and_then(Protocol::of)
        .is_some_and(|protocol| !protocol.is_tls())
}

/// One source of the server's certificate.
fn sources<'t>(judge: &mut Judge<'t>, tls: Node<'t>) {
    let mut given: Vec<&str> = ["credentialName", "credentialNames", "tlsCertificates"]
        .into_iter()
        .filter(|field| judge.has(tls, field))
        .collect();
    if judge.has(tls, "serverCertificate") && judge.has(tls, "privateKey") {
        given.push("serverCertificate");
    }
    // Two that the CRD tells apart are told there.
    let is_told = given.contains(&"credentialNames")
        && (given.contains(&"credentialName") || given.contains(&"tlsCertificates"));
    if let [first, .., last] = given.as_slice()
        && !is_told
        && let Some(entry) = tls.entry(last)
    {
        judge.wrong(entry.key, format!("`tls` has both `{first}` and `{last}`"));
    }
}

/// What SIMPLE and MUTUAL need where no credential is named.
fn certificates<'t>(judge: &mut Judge<'t>, tls: Node<'t>, mode: &str, is_mutual: bool) {
    if is_mutual && judge.lacks(tls, "caCertificates") {
        judge
            .missing(
                tls,
                "caCertificates",
                format!("`mode: {mode}` needs `caCertificates` or `credentialName`"),
            )
            .map(|told| told.rests_on(tls, "credentialName").rests_on(tls, "mode"));
    }
    let listed: Vec<Node<'t>> = judge.items(tls, "tlsCertificates").collect();
    let holders = if judge.has(tls, "tlsCertificates") {
        listed
    } else {
        vec![tls]
    };
    for holder in holders {
        for field in ["serverCertificate", "privateKey"] {
            if judge.lacks(holder, field) {
                judge
                    .missing(
                        holder,
                        field,
                        format!("`mode: {mode}` needs `{field}` or `credentialName`"),
                    )
                    .map(|told| told.rests_on(tls, "credentialName").rests_on(tls, "mode"));
            }
        }
    }
}
