//! `selector-mismatch`

use super::labels::{self, Difference, differences};
use super::new_selector;
use super::relabel::label_template;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Field, Match, Object, PodTemplate, Selector, Workload, WorkloadKind};
use crate::rules::text::{FEW, and_more, yaml_pair};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

const GIVE: &str = "give the pod template the labels that the selector asks for";

static META: RuleMeta = RuleMeta {
    id: "selector-mismatch",
    category: Category::Availability,
    severity: Severity::Error,
    pedantic: false,
    summary: "A workload whose selector does not select its own pods",
    page: include_str!("../../../rules/availability/selector-mismatch.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct SelectorMismatch;

impl Rule for SelectorMismatch {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let object = workload.object();
        let template = workload.template();
        let has_selector = workload.has_replicas() || workload.kind() == WorkloadKind::DaemonSet;
        let labels_are_known = template.node().is_some_and(|node| {
            !object
                .field_below(node, &["metadata", "labels"])
                .is_unknown()
        });
        if !has_selector
            || object.node().at(&["spec", "workloadRef"]).is_some()
            || !labels_are_known
        {
            return;
        }
        match object.field(&["spec", "selector"]) {
            Field::Unknown(_) => {}
            Field::Absent => {
                let set = cx
                    .inventory
                    .is_set_elsewhere(object, object.node(), "spec.selector");
                // What has neither selector nor labels among patches is one of some other tool.
                let may_be_patch =
                    template.labels().is_empty() && cx.inventory.is_among_patches(object);
                if is_required(workload) && !set && !may_be_patch {
                    out.push(missing(cx, workload));
                }
            }
            Field::Set(node) => match workload.selector() {
                // Labels that do not stand under `matchLabels` are `unknown-field`.
                Selector::Full(_) if is_empty(workload.selector()) && has_strangers(node) => {}
                Selector::Full(_) if is_empty(workload.selector()) => {
                    let message = format!(
                        "the selector of {} is empty: the API server rejects it",
                        object.kind()
                    );
                    let report = Report::object(object, node, message);
                    out.push(new_selector::select_template(cx, workload, report));
                }
                // Kubernetes fills in the labels of the template.
                selector if is_empty(selector) => {}
                selector => check(cx, workload, selector, node, out),
            },
        }
    }
}

/// Until apps/v1beta2 the template's labels were the default.
fn is_required(workload: Workload<'_>) -> bool {
    let defaulted = matches!(
        workload.object().api_version(),
        "extensions/v1beta1" | "apps/v1beta1"
    );
    !defaulted
        && !matches!(
            workload.kind(),
            WorkloadKind::ReplicationController | WorkloadKind::DeploymentConfig
        )
}

fn is_empty(selector: Selector<'_>) -> bool {
    selector.keys().next().is_none()
}

fn has_strangers(selector: Node<'_>) -> bool {
    let known = ["matchLabels", "matchExpressions"];
    let mut keys = selector.entries().filter_map(|entry| entry.key.text());
    keys.any(|key| !known.contains(&key))
}

fn missing<'a>(cx: &Context<'_>, workload: Workload<'a>) -> Report<'a> {
    let object = workload.object();
    let message = format!(
        "{} has no spec.selector, which {} requires: the API server rejects it",
        object.kind(),
        object.api_version()
    );
    let spec = object.node().entry("spec");
    // There, and null.
    let selector = spec.and_then(|spec| spec.value.resolved().entry("selector"));
    let node = selector
        .or(spec)
        .map_or_else(|| object.name_node(), |entry| entry.key);
    new_selector::select_template(cx, workload, Report::object(object, node, message))
}

fn check(
    cx: &Context<'_>,
    workload: Workload<'_>,
    selector: Selector<'_>,
    node: Node<'_>,
    out: &mut Findings,
) {
    let template = workload.template();
    let object = workload.object();
    let inventory = cx.inventory;
    let is_open = |key: &str| inventory.is_label_set_elsewhere(template, key);
    if selector.matches(template.labels()) != Match::No || selector.keys().any(is_open) {
        return;
    }
    let (pairs, list) = match selector {
        Selector::Map(map) => (Some(map), Some(node)),
        Selector::Full(full) => (full.match_labels.as_ref(), node.get("matchLabels")),
        Selector::Nothing => (None, None),
    };
    let different = pairs.map_or_else(Vec::new, |pairs| differences(pairs, template.labels()));
    let at = |key: &str| list.and_then(|list| list.get(key));
    let is_patched = |node: Node<'_>| inventory.is_set_elsewhere(object, node, "");
    if different.iter().filter_map(|it| at(it.key)).any(is_patched) {
        return;
    }
    let report =
        |at: Option<Node<'_>>, message| Report::object(object, at.unwrap_or(node), message);
    if let Some(help) = fill_in(&different) {
        let first = different.first().and_then(|it| at(it.key));
        let report = report(first, without_values(object, &different)).help(help);
        out.push(show_labels(template, &different, report));
        return;
    }
    let (message, at) = match different.first() {
        Some(first) => (
            format!(
                "the pod template lacks {} of the selector: {}",
                labels::wanted(&different),
                consequence(object)
            ),
            at(first.key),
        ),
        None => (
            format!(
                "matchExpressions do not select the pod template's labels: {}",
                consequence(object)
            ),
            node.get("matchExpressions"),
        ),
    };
    let found = labels::found(&different);
    let found = (!found.is_empty()).then(|| format!("it has {found}"));
    let report = report(at, message).detail_of(found).help(help(object));
    let report = show_labels(template, &different, report);
    out.push(label_template(template, &different, report));
}

/// The API server lets two kinds change their selector.
fn help(object: &Object) -> String {
    match object.kind() {
        "DeploymentConfig" | "ReplicationController" => GIVE.to_owned(),
        _ => format!("{GIVE}; the selector of an object that exists cannot change"),
    }
}

fn without_values(object: &Object, different: &[Difference<'_>]) -> String {
    let keys: Vec<String> = different.iter().map(|it| format!("`{}`", it.key)).collect();
    let first = keys.get(..FEW.min(keys.len())).unwrap_or_default();
    format!(
        "the selector gives {} no value, but the pods have one: {}",
        and_more(first, keys.len()),
        consequence(object)
    )
}

fn show_labels<'a>(
    template: PodTemplate<'_>,
    different: &[Difference<'_>],
    report: Report<'a>,
) -> Report<'a> {
    let label = if template.labels().is_empty() {
        "the pods have no labels"
    } else {
        "the labels of the pods"
    };
    match labels::node(template, different) {
        Some(node) => report.related(template.object(), node, label),
        None => report,
    }
}

/// The labels of the pods to write where the selector names their keys without a value; others may be what
/// the pods are selected by elsewhere.
fn fill_in(different: &[Difference<'_>]) -> Option<String> {
    let pairs: Option<Vec<String>> = different
        .iter()
        .map(|it| {
            let found = it
                .found
                .filter(|found| it.wanted.is_empty() && !found.is_empty());
            found.map(|found| format!("\n{}", yaml_pair(it.key, found)))
        })
        .collect();
    let pairs = pairs.filter(|pairs| !pairs.is_empty())?;
    Some(format!(
        "write in the selector what the pods carry:{}",
        pairs.concat()
    ))
}

fn consequence(object: &Object) -> &'static str {
    if object.kind() == "Rollout" {
        "no pod starts"
    } else {
        "the API server rejects it"
    }
}
