//! Admission policies in CEL (`pkg/apis/admissionregistration/validation/validation.go`, 1.37). The
//! expressions are not read.

use super::super::Judge;
use super::super::judge::shown;
use super::texts;
use crate::kube::check::forms;
use crate::yaml::Node;

/// `validateValidatingAdmissionPolicySpec`: it validates or it records.
pub(super) fn policy<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    const LISTS: [&str; 2] = ["validations", "auditAnnotations"];
    if !LISTS.iter().any(|field| judge.has(spec, field)) {
        judge.missing_one_of(
            spec,
            &LISTS,
            "the policy has neither `validations` nor `auditAnnotations`",
        );
    }
    let annotations = judge.items(spec, "auditAnnotations");
    let keys: Vec<Node<'t>> = annotations.filter_map(|it| judge.get(it, "key")).collect();
    for key in &keys {
        if let Some(text) = judge.text_of(*key).filter(|text| !text.is_empty())
            && !forms::is_qualified_name(text)
        {
            judge.wrong(
                *key,
                format!("{} is not a key of an annotation", shown(text)),
            );
        }
    }
    judge.unique(keys, |key| {
        format!("two audit annotations have the key {key}")
    });
}

/// `validateValidation`: the message is one line.
pub(super) fn validation<'t>(judge: &mut Judge<'t>, validation: Node<'t>) {
    blank(judge, validation, "expression");
    for field in ["message", "messageExpression"] {
        blank(judge, validation, field);
    }
    if let Some(node) = judge.get(validation, "message")
        && judge
            .text_of(node)
            .is_some_and(|text| text.trim().contains(['\n', '\r']))
    {
        judge.wrong(node, "`message` has more than one line");
    }
}

fn blank<'t>(judge: &mut Judge<'t>, holder: Node<'t>, field: &str) {
    if let Some(node) = judge.get(holder, field)
        && judge
            .text_of(node)
            .is_some_and(|text| !text.is_empty() && text.trim().is_empty())
    {
        judge.wrong(node, format!("`{field}` is blank"));
    }
}

/// `validateVariable`: a name of CEL.
pub(super) fn variable<'t>(judge: &mut Judge<'t>, variable: Node<'t>) {
    let is_name = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !text.starts_with(|first: char| first.is_ascii_digit())
    };
    super::form(judge, variable, "name", is_name, "an identifier of CEL");
}

/// `validateParamKind`
pub(super) fn param_kind<'t>(judge: &mut Judge<'t>, kind: Node<'t>) {
    let is_version = |text: &str| {
        let (group, version) = text.split_once('/').unwrap_or(("", text));
        (group.is_empty() && !text.starts_with('/') || forms::is_dns_subdomain(group))
            && forms::is_dns1035_label(version)
    };
    super::form(
        judge,
        kind,
        "apiVersion",
        is_version,
        "a group and a version",
    );
    let is_kind = |text: &str| forms::is_dns1035_label(&text.to_ascii_lowercase());
    super::form(judge, kind, "kind", is_kind, "a kind");
}

/// `validateParamRef`: parameters by their name or by their labels.
pub(super) fn param_ref<'t>(judge: &mut Judge<'t>, reference: Node<'t>) {
    const WAYS: [&str; 2] = ["name", "selector"];
    match WAYS.map(|field| judge.has(reference, field)) {
        [false, false] => judge.missing_one_of(
            reference,
            &WAYS,
            "`paramRef` has neither `name` nor `selector`",
        ),
        [true, true] => {
            if let Some(entry) = reference.entry("selector") {
                judge
                    .wrong(entry.key, "`paramRef` has both `name` and `selector`")
                    .rests_on(reference, "name");
            }
        }
        _ => {}
    }
}

/// `validateValidationActions`: each once, and no warning of what is denied.
pub(super) fn binding<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let actions = texts(judge, spec, "validationActions");
    judge.unique(actions.iter().map(|(node, _)| *node), |action| {
        format!("the action {action} is given twice")
    });
    if actions.iter().any(|(_, action)| *action == "Deny")
        && let Some((node, _)) = actions.iter().find(|(_, action)| *action == "Warn")
    {
        judge.wrong(*node, "the action Warn next to Deny");
    }
}
