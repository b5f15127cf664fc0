//! Roles and their bindings (`pkg/apis/rbac/validation/validation.go`, 1.37).

use super::super::Judge;
use super::super::judge::shown;
use super::form;
use crate::kube::check::forms;
use crate::yaml::Node;

const GROUP: &str = "rbac.authorization.k8s.io";

/// `ValidatePolicyRule`
pub(super) fn rule<'t>(judge: &mut Judge<'t>, rule: Node<'t>) {
    if judge.has(rule, "nonResourceURLs") {
        let Some(entry) = rule.entry("nonResourceURLs") else {
            return;
        };
        if judge.kind() == "Role" {
            judge.wrong(entry.key, "a Role cannot allow `nonResourceURLs`");
        }
        let others = ["apiGroups", "resources", "resourceNames"];
        if others.iter().any(|field| judge.has(rule, field)) {
            judge.wrong(
                entry.key,
                "a rule takes either resources or `nonResourceURLs`",
            );
        }
        return;
    }
    for field in ["apiGroups", "resources"] {
        if judge.lacks(rule, field) {
            judge
                .missing(rule, field, format!("the rule has no `{field}`"))
                .map(|told| told.rests_on(rule, "nonResourceURLs"));
        }
    }
}

/// `ValidateRoleBinding` and `ValidateClusterRoleBinding` about the role.
pub(super) fn role_ref<'t>(judge: &mut Judge<'t>, reference: Node<'t>) {
    if let Some(group) = judge.text(reference, "apiGroup")
        && !group.is_empty()
        && group != GROUP
        && let Some(node) = judge.get(reference, "apiGroup")
    {
        judge.wrong(node, format!("`apiGroup` of `roleRef` is not {GROUP}"));
    }
    let allowed: &[&str] = match judge.kind() {
        "ClusterRoleBinding" => &["ClusterRole"],
        _ => &["Role", "ClusterRole"],
    };
    if let Some(kind) = judge.text(reference, "kind")
        && !kind.is_empty()
        && !allowed.contains(&kind)
        && let Some(node) = judge.get(reference, "kind")
    {
        let list = allowed.join(" or ");
        judge.wrong(
            node,
            format!("`roleRef` names {} and takes a {list}", shown(kind)),
        );
    }
    let is_segment = |text: &str| forms::is_path_segment(text);
    form(judge, reference, "name", is_segment, "the name of a role");
}

/// `ValidateRoleBindingSubject`
pub(super) fn subject<'t>(judge: &mut Judge<'t>, subject: Node<'t>) {
    let binding = judge.kind();
    if !matches!(binding, "RoleBinding" | "ClusterRoleBinding") {
        return;
    }
    let Some(kind) = judge.text(subject, "kind").filter(|kind| !kind.is_empty()) else {
        return;
    };
    match kind {
        "ServiceAccount" => {
            let is_name = |text: &str| forms::is_dns_subdomain(text);
            form(
                judge,
                subject,
                "name",
                is_name,
                "the name of a ServiceAccount",
            );
            if judge
                .text(subject, "apiGroup")
                .is_some_and(|group| !group.is_empty())
                && let Some(node) = judge.get(subject, "apiGroup")
            {
                judge.wrong(node, "a ServiceAccount has no `apiGroup`");
            }
            if binding == "ClusterRoleBinding" && judge.lacks(subject, "namespace") {
                judge.missing(
                    subject,
                    "namespace",
                    "the ServiceAccount has no `namespace`",
                );
            }
        }
        // Left out, the group has a default (SetDefaults_Subject in pkg/apis/rbac/v1/defaults.go).
        "User" | "Group" => {
            if judge
                .text(subject, "apiGroup")
                .is_some_and(|group| !group.is_empty() && group != GROUP)
                && let Some(node) = judge.get(subject, "apiGroup")
            {
                judge.wrong(node, format!("`apiGroup` of a {kind} is not {GROUP}"));
            }
        }
        _ => {
            if let Some(node) = judge.get(subject, "kind") {
                judge
                    .wrong(node, format!("{} is not a kind of subject", shown(kind)))
                    .help("write ServiceAccount, User or Group");
            }
        }
    }
}
