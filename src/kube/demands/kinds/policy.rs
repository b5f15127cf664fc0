//! Limits, quotas, priorities and definitions of custom resources.

use std::collections::BTreeSet;

use super::super::Judge;
use super::super::judge::shown;
use super::texts;
use crate::kube::check::forms;
use crate::units::Quantity;
use crate::yaml::Node;

/// The amount in a field of a map of resources.
fn amount<'t>(
    judge: &Judge<'t>,
    limit: Node<'t>,
    map: &str,
    key: &str,
) -> Option<(Node<'t>, Quantity)> {
    let node = judge.at(limit, &[map, key])?;
    let quantity = judge.text_of(node)?.trim().parse().ok()?;
    Some((node, quantity))
}

/// `ValidateLimitRange` in `pkg/apis/core/validation/validation.go`, 1.37: each type once.
pub(super) fn limits<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let items: Vec<Node<'t>> = judge.items(spec, "limits").collect();
    let mut seen = BTreeSet::new();
    for item in items {
        if let Some(kind) = judge.text(item, "type")
            && !seen.insert(kind)
            && let Some(node) = judge.get(item, "type")
        {
            judge.wrong(
                node,
                format!("limits of type {} are given twice", shown(kind)),
            );
        }
    }
}

/// Pairs of which the first is at most the second.
const ORDER: [(&str, &str); 6] = [
    ("min", "max"),
    ("min", "defaultRequest"),
    ("defaultRequest", "max"),
    ("defaultRequest", "default"),
    ("min", "default"),
    ("default", "max"),
];

/// `ValidateLimitRange`: what one type limits.
pub(super) fn limit<'t>(judge: &mut Judge<'t>, limit: Node<'t>) {
    let Some(kind) = judge.text(limit, "type").filter(|kind| !kind.is_empty()) else {
        return;
    };
    let is_known = matches!(kind, "Pod" | "Container" | "PersistentVolumeClaim")
        || kind.contains('/') && forms::is_qualified_name(kind);
    if !is_known && let Some(node) = judge.get(limit, "type") {
        judge.wrong(node, format!("{} is not a type of limits", shown(kind)));
    }
    if kind == "Pod" {
        for field in ["default", "defaultRequest"] {
            if judge
                .get(limit, field)
                .is_some_and(|map| map.entries().next().is_some())
                && let Some(entry) = limit.entry(field)
            {
                judge.wrong(entry.key, format!("limits of type Pod have no `{field}`"));
            }
        }
    }
    if kind == "PersistentVolumeClaim"
        && ["min", "max"].iter().all(|map| {
            let field = judge.field(limit, map);
            !field.is_unknown()
                && field
                    .node()
                    .is_none_or(|amounts| amounts.get("storage").is_none())
        })
        && let Some(node) = judge.get(limit, "type")
    {
        judge
            .wrong(
                node,
                "limits of claims have neither `min` nor `max` of storage",
            )
            .absence(limit, "max");
    }
    if let Some(ratios) = judge.get(limit, "maxLimitRequestRatio") {
        for entry in ratios.entries() {
            if let Some((node, ratio)) =
                amount(judge, limit, "maxLimitRequestRatio", entry.key.key_text())
                && ratio.milli < 1_000
            {
                judge.wrong(node, "the ratio is below 1");
            }
        }
    }
    in_order(judge, limit, kind);
}

/// `ValidateLimitRange`: the amounts of one type, each pair in its [`ORDER`].
fn in_order<'t>(judge: &mut Judge<'t>, limit: Node<'t>, kind: &str) {
    let keys: BTreeSet<&str> = ["min", "max", "default", "defaultRequest"]
        .iter()
        .filter_map(|map| judge.get(limit, map))
        .flat_map(Node::entries)
        .map(|entry| entry.key.key_text())
        .collect();
    for key in keys {
        for (low, high) in ORDER {
            if kind == "Pod" && (low.starts_with("default") || high.starts_with("default")) {
                continue;
            }
            if let (Some((node, least)), Some((_, most))) = (
                amount(judge, limit, low, key),
                amount(judge, limit, high, key),
            ) && least > most
            {
                judge.wrong(node, format!("`{low}` of {key} is above `{high}`"));
            }
        }
    }
}

/// Resources that a quota can limit, besides those with a `/` and objects counted by `count/`
/// (`pkg/apis/core/helper/helpers.go`, 1.37: `standardQuotaResources`).
const QUOTA: [&str; 22] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
    "hugepages-2Mi",
    "requests.hugepages-2Mi",
    "limits.hugepages-2Mi",
];

/// `ValidateResourceQuotaSpec` in `pkg/apis/core/validation/validation.go`, 1.37.
pub(super) fn quota<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    if let Some(hard) = judge.get(spec, "hard") {
        for entry in hard.entries() {
            let key = entry.key.key_text();
            let is_plain = !key.contains('/') && !key.contains("hugepages-");
            if crate::kube::check::holds_placeholder(key) {
                continue;
            }
            if is_plain && !QUOTA.contains(&key) || !forms::is_qualified_name(key) {
                judge.wrong(
                    entry.key,
                    format!("{} is not a resource of quotas", shown(key)),
                );
            } else if let Some(text) = judge.text_of(entry.value)
                && text
                    .parse::<Quantity>()
                    .is_ok_and(|quantity| quantity.milli < 0)
            {
                judge.wrong(entry.value, format!("the quota of {key} is below 0"));
            }
        }
    }
    let scopes: BTreeSet<&str> = texts(judge, spec, "scopes")
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    for (one, other) in [
        ("BestEffort", "NotBestEffort"),
        ("Terminating", "NotTerminating"),
    ] {
        if scopes.contains(one)
            && scopes.contains(other)
            && let Some(entry) = spec.entry("scopes")
        {
            judge.wrong(
                entry.key,
                format!("scopes {one} and {other} exclude each other"),
            );
        }
    }
}

/// `validateScopedResourceSelectorRequirement` in the same file.
pub(super) fn scope<'t>(judge: &mut Judge<'t>, requirement: Node<'t>) {
    const BY_EXISTENCE: [&str; 5] = [
        "Terminating",
        "NotTerminating",
        "BestEffort",
        "NotBestEffort",
        "CrossNamespacePodAffinity",
    ];
    let Some(node) = judge.get(requirement, "operator") else {
        return;
    };
    let operator = judge.text_of(node).unwrap_or_default();
    let name = judge.text(requirement, "scopeName").unwrap_or_default();
    if BY_EXISTENCE.contains(&name) && !matches!(operator, "" | "Exists") {
        judge
            .wrong(
                node,
                format!("the scope {name} takes only the operator Exists"),
            )
            .rests_on(requirement, "scopeName");
    }
    match operator {
        "In" | "NotIn" => judge.require(requirement, "values"),
        "Exists" | "DoesNotExist" if judge.has(requirement, "values") => {
            if let Some(entry) = requirement.entry("values") {
                judge
                    .wrong(
                        entry.key,
                        format!("the operator {operator} takes no values"),
                    )
                    .rests_on(requirement, "operator");
            }
        }
        _ => {}
    }
}

/// `ValidatePriorityClass` in `pkg/apis/scheduling/validation/validation.go`, 1.37.
pub(super) fn priority<'t>(judge: &mut Judge<'t>, class: Node<'t>) {
    const SYSTEM: [(&str, i64); 2] = [
        ("system-cluster-critical", 2_000_000_000),
        ("system-node-critical", 2_000_001_000),
    ];
    /// The highest value that is not reserved.
    const HIGHEST: i64 = 1_000_000_000;
    let value = judge.int(class, "value");
    let name = judge.at(class, &["metadata", "name"]);
    let text = name
        .and_then(|name| judge.text_of(name))
        .unwrap_or_default();
    if text.starts_with("system-") {
        let is_known = SYSTEM
            .iter()
            .any(|(system, own)| *system == text && value.is_none_or(|value| value == *own));
        if (!is_known || judge.is_true(class, "globalDefault"))
            && let Some(name) = name
        {
            judge.wrong(name, "names that start with `system-` are reserved");
        }
    } else if value.is_some_and(|value| value > HIGHEST)
        && let Some(node) = judge.get(class, "value")
    {
        judge.wrong(node, format!("`value` is above {HIGHEST}"));
    }
}

/// `validateCustomResourceDefinitionSpec` in
/// `staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go`, 1.37.
pub(super) fn definition<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    if let Some(group) = judge.text(spec, "group")
        && !group.is_empty()
        && let Some(node) = judge.get(spec, "group")
        && !(forms::is_dns_subdomain(group) && group.contains('.'))
    {
        judge.wrong(
            node,
            format!("group {} is not a domain with a dot", shown(group)),
        );
    }
    if let (Some(name), Some(plural), Some(group)) = (
        judge.at(judge.object(), &["metadata", "name"]),
        judge.at(spec, &["names", "plural"]),
        judge.text(spec, "group"),
    ) && let (Some(text), Some(plural)) = (judge.text_of(name), judge.text_of(plural))
        && text != format!("{plural}.{group}")
    {
        judge.wrong(name, format!("the name is not {plural}.{group}"));
    }
    let versions: Vec<Node<'t>> = judge.items(spec, "versions").collect();
    let mut names = BTreeSet::new();
    let mut stored = 0;
    for version in &versions {
        stored += usize::from(judge.is_true(*version, "storage"));
        if let Some(name) = judge.text(*version, "name")
            && !names.insert(name)
            && let Some(node) = judge.get(*version, "name")
        {
            judge.wrong(node, format!("version {} is given twice", shown(name)));
        }
    }
    let is_known = judge.knows_all(spec, "versions")
        && versions
            .iter()
            .all(|version| !judge.field(*version, "storage").is_unknown());
    if stored != 1
        && is_known
        && !versions.is_empty()
        && let Some(entry) = spec.entry("versions")
    {
        judge.wrong(
            entry.key,
            format!("{stored} versions have `storage: true` instead of one"),
        );
    }
}
