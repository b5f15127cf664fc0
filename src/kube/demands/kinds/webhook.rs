//! Webhook configurations (`pkg/apis/admissionregistration/validation/validation.go`, 1.37, and
//! `staging/src/k8s.io/apiserver/pkg/util/webhook/validation.go`).

use std::collections::BTreeSet;

use super::super::Judge;
use super::super::judge::shown;
use super::{exactly_one, range, texts};
use crate::kube::check::forms;
use crate::yaml::Node;

fn is_configuration(judge: &Judge<'_>) -> bool {
    judge.kind().ends_with("WebhookConfiguration")
}

/// Names are unique.
pub(super) fn configuration<'t>(judge: &mut Judge<'t>, configuration: Node<'t>) {
    let hooks: Vec<Node<'t>> = judge.items(configuration, "webhooks").collect();
    let mut names = BTreeSet::new();
    for hook in hooks {
        if let Some(name) = judge.text(hook, "name")
            && !name.is_empty()
            && !names.insert(name)
            && let Some(node) = judge.get(hook, "name")
        {
            judge.wrong(node, format!("two webhooks are named {}", shown(name)));
        }
    }
}

/// `validateValidatingWebhook`, `validateMutatingWebhook`, `validateAdmissionReviewVersions`
pub(super) fn hook<'t>(judge: &mut Judge<'t>, hook: Node<'t>) {
    if let Some(name) = judge.text(hook, "name")
        && !name.is_empty()
        && !(forms::is_dns_subdomain(name) && name.split('.').count() >= 3)
        && let Some(node) = judge.get(hook, "name")
    {
        judge
            .wrong(node, format!("{} is not fully qualified", shown(name)))
            .help("write a name of three parts or more, such as check.example.com");
    }
    range(judge, hook, "timeoutSeconds", 1, 30);
    let versions = texts(judge, hook, "admissionReviewVersions");
    let mut seen = BTreeSet::new();
    for (node, version) in &versions {
        if !seen.insert(*version) {
            judge.wrong(*node, format!("version {} is given twice", shown(version)));
        } else if !forms::is_dns1035_label(version) {
            judge.wrong(*node, format!("{} is not a version", shown(version)));
        }
    }
    let is_known = |version: &&str| matches!(*version, "v1" | "v1beta1");
    if !versions.is_empty()
        && judge.knows_all(hook, "admissionReviewVersions")
        && !seen.iter().any(is_known)
        && let Some(entry) = hook.entry("admissionReviewVersions")
    {
        judge.wrong(
            entry.key,
            "`admissionReviewVersions` has neither v1 nor v1beta1",
        );
    }
}

/// `validateRuleWithOperations`, `validateRule`, `validateResources`
pub(super) fn rule<'t>(judge: &mut Judge<'t>, rule: Node<'t>) {
    if !is_configuration(judge) {
        return;
    }
    for field in ["operations", "apiGroups", "apiVersions"] {
        let items = texts(judge, rule, field);
        if items.len() > 1
            && let Some((node, _)) = items.iter().find(|(_, text)| *text == "*")
        {
            judge.wrong(*node, format!("`*` in `{field}` does not go with others"));
        }
    }
    for field in ["apiVersions", "resources"] {
        for (node, text) in texts(judge, rule, field) {
            if text.is_empty() {
                judge.wrong(node, format!("an item of `{field}` is empty"));
            }
        }
    }
    let resources = texts(judge, rule, "resources");
    if resources.len() > 1
        && let Some((node, _)) = resources.iter().find(|(_, text)| *text == "*/*")
    {
        judge.wrong(*node, "`*/*` in `resources` does not go with others");
    }
    // The last resource without a subresource decides, as in `validateResources`.
    let last = resources.iter().rev().find(|(_, text)| !text.contains('/'));
    if last.is_some_and(|(_, text)| *text != "*")
        && let Some((node, _)) = resources.iter().find(|(_, text)| *text == "*")
    {
        judge.wrong(*node, "`*` in `resources` does not go with other resources");
    }
    let (mut all_of, mut of_all) = (BTreeSet::new(), BTreeSet::new());
    for (node, text) in &resources {
        let Some((resource, sub)) = text.split_once('/') else {
            continue;
        };
        if all_of.contains(resource) || of_all.contains(sub) {
            judge.wrong(
                *node,
                format!("{} is covered by a wildcard above", shown(text)),
            );
        }
        if sub == "*" {
            all_of.insert(resource);
        }
        if resource == "*" {
            of_all.insert(sub);
        }
    }
}

/// `ValidateWebhookURL`, `ValidateWebhookService`
pub(super) fn client<'t>(judge: &mut Judge<'t>, client: Node<'t>) {
    exactly_one(
        judge,
        client,
        &["service", "url"],
        "`clientConfig`",
        "`service` or `url`",
    );
    if let Some(node) = judge.get(client, "url")
        && let Some(url) = judge.text_of(node)
        && !is_name_to_fill_in(url)
    {
        let fault = match url.strip_prefix("https://") {
            None => Some("is not an https address"),
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Some("names no host"),
            Some(rest) if rest.contains(['?', '#']) => Some("has a query or a fragment"),
            Some(rest)
                if rest
                    .split('/')
                    .next()
                    .is_some_and(|host| host.contains('@')) =>
            {
                Some("names a user")
            }
            Some(_) => None,
        };
        if let Some(fault) = fault {
            judge.wrong(node, format!("`url` {fault}"));
        }
    }
    let Some(service) = judge.get(client, "service") else {
        return;
    };
    range(judge, service, "port", 1, 65_535);
    if let Some(node) = judge.get(service, "path")
        && let Some(path) = judge.text_of(node)
        && !path.is_empty()
        && path != "/"
    {
        let inner = path.strip_prefix('/');
        let inner = inner.map(|inner| inner.strip_suffix('/').unwrap_or(inner));
        let fits = inner.is_some_and(|inner| inner.split('/').all(forms::is_dns_subdomain));
        if !fits {
            judge.wrong(node, format!("`path` {} is not a plain path", shown(path)));
        }
    }
}

/// `VALIDATION_URL`, which a setter replaces.
fn is_name_to_fill_in(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}
