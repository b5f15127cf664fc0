//! A selector that selects nothing, corrected.

use std::collections::BTreeMap;

use super::labels::Difference;
use crate::edit::Value;
use crate::finding::Applicability;
use crate::kube::{Object, Workload};
use crate::rules::text::{and, yaml_pair};
use crate::rules::{Context, Report};
use crate::yaml::{Entry, Node};

/// What is to be corrected, and by what.
pub(super) struct Correction<'a> {
    /// The labels that the selector asks for, as written.
    pub(super) labels: Option<Node<'a>>,
    /// The same, as read.
    pub(super) wanted: &'a BTreeMap<String, String>,
    /// Where the workload's pods differ.
    pub(super) differences: &'a [Difference<'a>],
    /// Whose pods were meant.
    pub(super) workload: Workload<'a>,
}

/// Gives the selector the values that the pods of the workload carry, and takes away what they do not,
/// where that selects them and no others.
pub(super) fn write<'r>(
    cx: &Context<'_>,
    object: &Object,
    correction: &Correction<'_>,
    report: Report<'r>,
) -> Report<'r> {
    let differences = correction.differences;
    let entry = |it: &Difference<'_>| correction.labels?.entry(it.key);
    let written: Option<Vec<Entry<'_>>> = differences.iter().map(entry).collect();
    let mut corrected = correction.wanted.clone();
    for difference in differences {
        match difference.found {
            Some(found) => corrected.insert(difference.key.to_owned(), found.to_owned()),
            None => corrected.remove(difference.key),
        };
    }
    let Some(entries) =
        written.filter(|_| selects_only(cx, object, &corrected, correction.workload))
    else {
        return report;
    };
    report
        .fix(
            Applicability::Unsafe,
            title(differences),
            object,
            |editor| {
                let mut edits = Vec::new();
                for (entry, difference) in entries.iter().zip(differences) {
                    edits.extend(match difference.found {
                        Some(found) => editor.set(entry.value, &Value::text(found))?,
                        None => editor.remove(*entry)?,
                    });
                }
                Ok(edits)
            },
        )
        .effect("the budget protects these pods")
        .reveals()
}

/// `` select `app: web`, and drop `tier: front` ``
fn title(differences: &[Difference<'_>]) -> String {
    let pairs = |pair: &dyn Fn(&Difference<'_>) -> Option<String>| {
        let pairs: Vec<String> = differences.iter().filter_map(pair).collect();
        (!pairs.is_empty()).then(|| and(&pairs))
    };
    let select = pairs(&|it| it.found.map(|found| yaml_pair(it.key, found)));
    let drop = pairs(&|it| it.found.is_none().then(|| yaml_pair(it.key, it.wanted)));
    match (select, drop) {
        (Some(select), Some(drop)) => format!("select {select}, and drop {drop}"),
        (Some(select), None) => format!("select {select}"),
        (None, drop) => format!("drop {}", drop.unwrap_or_default()),
    }
}

/// Whether labels select the pods of one workload of the budget's namespace and of no other.
fn selects_only(
    cx: &Context<'_>,
    object: &Object,
    labels: &BTreeMap<String, String>,
    workload: Workload<'_>,
) -> bool {
    let inventory = cx.inventory;
    let namespace = inventory.namespace(object);
    let anywhere = namespace.map(|it| inventory.workloads_labelled(labels, Some(it)));
    let beside = namespace
        .is_none()
        .then(|| inventory.workloads_labelled_beside(labels, object));
    let mut others = anywhere
        .into_iter()
        .flatten()
        .chain(beside.into_iter().flatten());
    let target = workload.object();
    !labels.is_empty()
        && others.all(|other| {
            let other = other.object();
            (other.kind(), other.name()) == (target.kind(), target.name())
        })
}
