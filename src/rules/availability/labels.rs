//! Labels that a selector asks for and a pod template does not carry.

use std::collections::BTreeMap;

use super::overlap;
use crate::edit::Value;
use crate::kube::{PodTemplate, Selector, Workload, is_placeholder};
use crate::rules::Context;
use crate::rules::text::{and, yaml_pair};
use crate::yaml::Node;

pub(super) use super::open_labels::is_open;

/// One label that differs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Difference<'a> {
    pub(super) key: &'a str,
    pub(super) wanted: &'a str,
    pub(super) found: Option<&'a str>,
}

/// Where the labels differ from those that are wanted; placeholders differ from nothing.
pub(super) fn differences<'a>(
    wanted: &'a BTreeMap<String, String>,
    labels: &'a BTreeMap<String, String>,
) -> Vec<Difference<'a>> {
    wanted
        .iter()
        .filter_map(|(key, wanted)| {
            let found = labels.get(key).map(String::as_str);
            let same = found == Some(wanted.as_str());
            let open =
                is_placeholder(key) || is_placeholder(wanted) || found.is_some_and(is_placeholder);
            (!same && !open).then_some(Difference { key, wanted, found })
        })
        .collect()
}

/// The labels that a workload's own selector asks for; where it names none, those of the template
/// that stay.
pub(super) fn own(workload: Workload<'_>) -> BTreeMap<String, String> {
    let wanted = match workload.selector() {
        Selector::Full(selector) => selector.match_labels.as_ref(),
        Selector::Map(labels) => Some(labels),
        Selector::Nothing => None,
    };
    match wanted.filter(|labels| !labels.is_empty()) {
        Some(labels) => labels.clone(),
        None => stable(workload),
    }
}

/// Whether no selector can select the pods: they have no label, and the workload's own selector asks for
/// none. The API server refuses such a workload, which `selector-mismatch` says.
pub(super) fn are_none(cx: &Context<'_>, workload: Workload<'_>) -> bool {
    own(workload).is_empty() && cx.inventory.are_unlabelled(workload)
}

/// [`own`] without what changes from version to version, where the rest selects the pods of no other
/// workload.
pub(super) fn lasting(cx: &Context<'_>, workload: Workload<'_>) -> BTreeMap<String, String> {
    let own = own(workload);
    let mut lasting = own.clone();
    lasting.retain(|key, _| !CHANGING.contains(&key.as_str()));
    if lasting.is_empty()
        || lasting.len() == own.len()
        || overlap::overlapping(cx, workload, &lasting).is_some()
    {
        return own;
    }
    lasting
}

/// The template's labels without those that change from version to version, or that say what others
/// are to do with the pods and not whose they are: what selects by them selects nothing after the next
/// change of either.
pub(super) fn stable(workload: Workload<'_>) -> BTreeMap<String, String> {
    without_instructions(workload, &CHANGING)
}

/// [`stable`] with `version`, which tells workloads apart where each version is one of its own.
pub(super) fn with_version(workload: Workload<'_>) -> BTreeMap<String, String> {
    let changing = CHANGING.iter().copied().filter(|key| *key != VERSION);
    without_instructions(workload, &changing.collect::<Vec<_>>())
}

const VERSION: &str = "version";

const CHANGING: [&str; 4] = [
    "app.kubernetes.io/version",
    "chart",
    "helm.sh/chart",
    VERSION,
];

fn without_instructions(workload: Workload<'_>, changing: &[&str]) -> BTreeMap<String, String> {
    /// `sidecar.istio.io/inject`, `azure.workload.identity/use`
    const INSTRUCTING: [&str; 7] = [
        "admission.datadoghq.com",
        "azure.workload.identity",
        "consul.hashicorp.com",
        "istio.io",
        "kuma.io",
        "linkerd.io",
        "vault.hashicorp.com",
    ];
    let instructs = |key: &str| {
        let prefix = key.split_once('/').map(|(prefix, _)| prefix);
        prefix.is_some_and(|prefix| {
            INSTRUCTING.iter().any(|domain| {
                let rest = prefix.strip_suffix(domain);
                rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            })
        })
    };
    let labels = workload.template().labels().iter();
    let stable = labels.filter(|(key, _)| !changing.contains(&key.as_str()) && !instructs(key));
    stable
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// [`own`], where what selects by them selects the workload's pods: its template carries them all.
pub(super) fn selecting(workload: Workload<'_>) -> Option<BTreeMap<String, String>> {
    carried(workload, own(workload))
}

/// These labels, where all pods of the workload carry them.
pub(super) fn carried(
    workload: Workload<'_>,
    own: BTreeMap<String, String>,
) -> Option<BTreeMap<String, String>> {
    let own = selectable(own)?;
    let labels = workload.template().labels();
    let is_carried = own
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value));
    is_carried.then_some(own)
}

/// Labels to write into a selector: there are some, and all of them are known.
pub(super) fn selectable(labels: BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
    let is_open = |(key, value): (&String, &String)| is_placeholder(key) || is_placeholder(value);
    (!labels.is_empty() && !labels.iter().any(is_open)).then_some(labels)
}

/// The labels as entries of a YAML mapping, each on a line of its own behind `indent`.
pub(super) fn yaml(labels: &BTreeMap<String, String>, indent: &str) -> String {
    let lines: Vec<String> = labels
        .iter()
        .map(|(key, value)| format!("\n{indent}{}", yaml_pair(key, value)))
        .collect();
    lines.concat()
}

/// The labels as a mapping to write.
pub(super) fn value(labels: &BTreeMap<String, String>) -> Value {
    Value::map(
        labels
            .iter()
            .map(|(key, value)| (key.as_str(), Value::text(value))),
    )
}

/// What the selector asks for: `` `app: web` and `tier: api` ``.
pub(super) fn wanted(differences: &[Difference<'_>]) -> String {
    let pairs: Vec<String> = differences
        .iter()
        .map(|it| format!("`{}: {}`", it.key, it.wanted))
        .collect();
    and(&pairs)
}

/// What the pods have instead: `` `app: api` and no `tier` ``.
pub(super) fn found(differences: &[Difference<'_>]) -> String {
    let pairs: Vec<String> = differences
        .iter()
        .map(|it| match it.found {
            Some(value) => format!("`{}: {value}`", it.key),
            None => format!("no label `{}`", it.key),
        })
        .collect();
    and(&pairs)
}

/// The narrowest node that shows the labels of the pods: the first that differs, else all, else what
/// lacks them.
pub(super) fn node<'a>(
    template: PodTemplate<'a>,
    differences: &[Difference<'_>],
) -> Option<Node<'a>> {
    let present = differences.iter().find_map(|it| template.label(it.key));
    let metadata = || template.node()?.get("metadata");
    present
        .or_else(|| metadata()?.get("labels"))
        .or_else(metadata)
        .or_else(|| template.node())
}
