//! Ingresses and their classes (`pkg/apis/networking/validation/validation.go`, 1.37).

use super::super::Judge;
use super::super::judge::shown;
use super::super::sources::set_but_empty;
use super::{exactly_one, form, range, texts};
use crate::kube::check::forms;
use crate::yaml::Node;

/// The annotation that named the class before `ingressClassName` did.
const CLASS: &str = "kubernetes.io/ingress.class";

/// `ValidateIngressSpec`, and of `ValidateIngressCreate` what it says of the class.
pub(super) fn spec<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    if judge.lacks(spec, "rules") && judge.field(spec, "defaultBackend").is_absent() {
        let told = judge.missing(
            spec,
            "rules",
            "the Ingress has neither `rules` nor `defaultBackend`",
        );
        if let Some(told) = told {
            told.rests_on(spec, "defaultBackend");
        }
    }
    let is_name = |text: &str| forms::is_dns_subdomain(text);
    form(judge, spec, "ingressClassName", is_name, "a DNS name");
    set_but_empty(judge, spec, "ingressClassName");
    let object = judge.object();
    let annotation = judge.at(object, &["metadata", "annotations", CLASS]);
    if let (Some(node), Some(class)) = (annotation, judge.text(spec, "ingressClassName"))
        && let Some(old) = judge.text_of(node)
        && old != class
    {
        judge
            .wrong(
                node,
                "the annotation names another class than `ingressClassName`",
            )
            .rests_on(spec, "ingressClassName")
            .help("remove the annotation");
    }
}

fn is_host(text: &str) -> bool {
    match text.strip_prefix("*.") {
        Some(rest) => forms::is_dns_subdomain(rest) && text.len() <= 253,
        None => forms::is_dns_subdomain(text),
    }
}

/// `validateIngressRules`
pub(super) fn rule<'t>(judge: &mut Judge<'t>, rule: Node<'t>) {
    let Some(node) = judge.get(rule, "host") else {
        return;
    };
    let Some(host) = judge.text_of(node).filter(|host| !host.is_empty()) else {
        return;
    };
    if forms::is_ip(host) {
        judge.wrong(node, format!("host {} is an IP address", shown(host)));
    } else if !is_host(host) {
        let told = judge.wrong(node, format!("host {} is not a DNS name", shown(host)));
        if host.contains("://") {
            told.help("write the host alone, without scheme and path");
        } else if host.contains(':') {
            told.help("write the host without a port");
        }
    }
}

/// `validateIngressTLS`
pub(super) fn tls<'t>(judge: &mut Judge<'t>, tls: Node<'t>) {
    for (node, host) in texts(judge, tls, "hosts") {
        if !is_host(host) {
            judge.wrong(node, format!("host {} is not a DNS name", shown(host)));
        }
    }
    let is_name = |text: &str| forms::is_dns_subdomain(text);
    form(judge, tls, "secretName", is_name, "the name of a Secret");
}

/// `validateHTTPIngressPath`
pub(super) fn path<'t>(judge: &mut Judge<'t>, path: Node<'t>) {
    /// Sequences that an exact path and a prefix must not have.
    const FORBIDDEN: [&str; 6] = ["//", "/./", "/../", "%2f", "%2F", "\\"];
    let Some(kind) = judge.text(path, "pathType") else {
        return;
    };
    let is_matched = matches!(kind, "Exact" | "Prefix");
    let node = judge.get(path, "path");
    let text = match node {
        Some(node) => match judge.text_of(node) {
            Some(text) => text,
            None => return,
        },
        None if judge.field(path, "path").is_absent() => "",
        None => return,
    };
    if text.is_empty() {
        if is_matched {
            judge.missing(path, "path", format!("a path of type {kind} needs `path`"));
        }
        return;
    }
    let Some(node) = node else {
        return;
    };
    if !text.starts_with('/') {
        judge.wrong(
            node,
            format!("path {} does not start with `/`", shown(text)),
        );
    } else if is_matched {
        let bad = FORBIDDEN.iter().find(|bad| text.contains(**bad));
        let ending = ["/..", "/."].iter().find(|end| text.ends_with(**end));
        if let Some(bad) = bad.or(ending) {
            judge.wrong(node, format!("path {} contains `{bad}`", shown(text)));
        }
    }
}

/// `validateIngressBackend`
pub(super) fn backend<'t>(judge: &mut Judge<'t>, backend: Node<'t>) {
    exactly_one(
        judge,
        backend,
        &["service", "resource"],
        "the backend",
        "`service` or `resource`",
    );
}

/// The port of a Service.
pub(super) fn service_port<'t>(judge: &mut Judge<'t>, service: Node<'t>) {
    let is_name = |text: &str| forms::is_dns_label(text);
    form(judge, service, "name", is_name, "the name of a Service");
    let Some(port) = judge.get(service, "port") else {
        if judge.field(service, "port").is_absent() {
            judge.missing(service, "port", "the backend's Service has no `port`");
        }
        return;
    };
    if !port.is_mapping() {
        return;
    }
    let has_number = judge.field(port, "number").is_unknown()
        || judge.int(port, "number").is_some_and(|number| number != 0);
    if judge.has(port, "name") && has_number {
        if let Some(entry) = port.entry("number") {
            judge.wrong(entry.key, "the backend's port has both a name and a number");
        }
    } else if !judge.has(port, "name") && !has_number {
        judge.missing(
            port,
            "number",
            "the backend's port has neither `number` nor `name`",
        );
    }
    range(judge, port, "number", 0, 65_535);
    form(
        judge,
        port,
        "name",
        |text: &str| forms::is_port_name(text),
        "the name of a port",
    );
}

/// `validateIngressClassSpec`
pub(super) fn class<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let is_path = |text: &str| {
        text.len() <= 250
            && text
                .split_once('/')
                .is_some_and(|(domain, path)| forms::is_dns_subdomain(domain) && !path.is_empty())
    };
    form(
        judge,
        spec,
        "controller",
        is_path,
        "a name such as example.com/controller",
    );
}
