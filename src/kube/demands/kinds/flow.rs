//! Flow control of the API server itself (`pkg/apis/flowcontrol/validation/validation.go`, 1.37).

use super::super::Judge;
use super::super::judge::shown;
use super::{forbidden, texts};
use crate::kube::check::forms;
use crate::yaml::Node;

/// `ValidateFlowSchemaSpec`: the first place is taken.
pub(super) fn schema<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let is_exempt = judge
        .at(judge.object(), &["metadata", "name"])
        .is_none_or(|name| judge.text_of(name).is_none_or(|name| name == "exempt"));
    if judge.int(spec, "matchingPrecedence") == Some(1)
        && !is_exempt
        && let Some(node) = judge.get(spec, "matchingPrecedence")
    {
        judge.wrong(
            node,
            "`matchingPrecedence` 1 is that of the schema `exempt`",
        );
    }
}

/// `ValidateFlowSchemaPolicyRulesWithSubjects`
pub(super) fn rules<'t>(judge: &mut Judge<'t>, rule: Node<'t>) {
    const LISTS: [&str; 2] = ["resourceRules", "nonResourceRules"];
    if !LISTS.iter().any(|field| judge.has(rule, field)) {
        judge.missing_one_of(
            rule,
            &LISTS,
            "a rule has neither `resourceRules` nor `nonResourceRules`",
        );
    }
}

/// `ValidateFlowSchemaSubject`
pub(super) fn subject<'t>(judge: &mut Judge<'t>, subject: Node<'t>) {
    const KINDS: [(&str, &str); 3] = [
        ("User", "user"),
        ("Group", "group"),
        ("ServiceAccount", "serviceAccount"),
    ];
    if judge.kind() != "FlowSchema" {
        return;
    }
    judge.require(subject, "kind");
    let Some(kind) = judge.text(subject, "kind").filter(|kind| !kind.is_empty()) else {
        return;
    };
    let Some((_, own)) = KINDS.iter().find(|(known, _)| *known == kind) else {
        if let Some(node) = judge.get(subject, "kind") {
            judge
                .wrong(node, format!("{} is not a kind of subject", shown(kind)))
                .help("write ServiceAccount, User or Group");
        }
        return;
    };
    judge.require(subject, own);
    for (_, other) in KINDS.iter().filter(|(known, _)| *known != kind) {
        forbidden(
            judge,
            subject,
            other,
            &format!("in a subject of kind {kind}"),
        );
    }
}

/// `ValidateFlowSchemaResourcePolicyRule`
pub(super) fn resources<'t>(judge: &mut Judge<'t>, rule: Node<'t>) {
    verbs(judge, rule);
    for field in ["apiGroups", "resources", "namespaces"] {
        alone(judge, rule, field);
    }
    if judge.lacks(rule, "namespaces")
        && !judge.is_true(rule, "clusterScope")
        && !judge.field(rule, "clusterScope").is_unknown()
    {
        let told = judge.missing(
            rule,
            "namespaces",
            "a rule has neither `namespaces` nor `clusterScope: true`",
        );
        told.map(|told| told.rests_on(rule, "clusterScope"));
    }
    for (node, name) in texts(judge, rule, "namespaces") {
        if name != "*" && !forms::is_dns_label(name) {
            judge.wrong(
                node,
                format!("{} is not the name of a namespace", shown(name)),
            );
        }
    }
}

/// `ValidateFlowSchemaNonResourcePolicyRule`
pub(super) fn urls<'t>(judge: &mut Judge<'t>, rule: Node<'t>) {
    verbs(judge, rule);
    alone(judge, rule, "nonResourceURLs");
    for (node, url) in texts(judge, rule, "nonResourceURLs") {
        if url != "*" && !url.starts_with('/') {
            judge.wrong(node, format!("{} does not start with `/`", shown(url)));
        }
    }
}

/// `*` stands by itself.
fn alone<'t>(judge: &mut Judge<'t>, rule: Node<'t>, field: &str) {
    let all = texts(judge, rule, field);
    if all.len() > 1
        && let Some((node, _)) = all.iter().find(|(_, text)| *text == "*")
    {
        judge.wrong(*node, format!("`{field}` has more than `*`"));
    }
}

fn verbs<'t>(judge: &mut Judge<'t>, rule: Node<'t>) {
    const VERBS: [&str; 10] = [
        "*",
        "get",
        "list",
        "create",
        "update",
        "patch",
        "delete",
        "deletecollection",
        "watch",
        "proxy",
    ];
    alone(judge, rule, "verbs");
    for (node, verb) in texts(judge, rule, "verbs") {
        if !VERBS.contains(&verb) {
            judge.wrong(node, format!("{} is not a verb of requests", shown(verb)));
        }
    }
}

/// `ValidatePriorityLevelConfigurationSpec`: one level is exempt, all others are limited.
pub(super) fn level<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let Some(node) = judge.get(spec, "type") else {
        return;
    };
    let name = judge
        .at(judge.object(), &["metadata", "name"])
        .and_then(|name| judge.text_of(name));
    match judge.text_of(node) {
        Some("Exempt") => {
            if name.is_some_and(|name| name != "exempt") {
                judge.wrong(node, "only the level `exempt` is of type Exempt");
            }
            forbidden(judge, spec, "limited", "in a level of type Exempt");
        }
        Some("Limited") => {
            if name == Some("exempt") {
                judge.wrong(node, "the level `exempt` is not of type Exempt");
            }
            forbidden(judge, spec, "exempt", "in a level of type Limited");
            judge.require(spec, "limited");
        }
        _ => {}
    }
}

/// `ValidateLimitResponse`, `ValidatePriorityLevelQueuingConfiguration`
pub(super) fn response<'t>(judge: &mut Judge<'t>, response: Node<'t>) {
    match judge.text(response, "type") {
        Some("Reject") => {
            forbidden(judge, response, "queuing", "in a response of type Reject");
        }
        Some("Queue") => {
            judge.require(response, "queuing");
            if let Some(queuing) = judge.get(response, "queuing")
                && let Some(hand) = judge.int(queuing, "handSize")
                && let Some(queues) = judge.int(queuing, "queues")
                && queues > 0
                && hand > queues
                && let Some(node) = judge.get(queuing, "handSize")
            {
                judge
                    .wrong(
                        node,
                        format!("`handSize` {hand} is above `queues` {queues}"),
                    )
                    .rests_on(queuing, "queues");
            }
        }
        _ => {}
    }
}
