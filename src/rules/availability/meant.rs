//! The workload that a selector without pods was meant for.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::labels::{self, Difference, differences};
use crate::kube::{Object, Workload};
use crate::rules::Context;

pub(super) static NONE: BTreeMap<String, String> = BTreeMap::new();

/// The workload that was most likely meant.
pub(super) struct Meant<'a> {
    pub(super) workload: Workload<'a>,
    pub(super) differences: Vec<Difference<'a>>,
    /// Whether no other one is as near.
    pub(super) is_alone: bool,
    /// Whether its file says the same of the namespace.
    pub(super) is_in_namespace: bool,
}

impl Meant<'_> {
    /// Whether it is near enough to be named.
    pub(super) fn is_near(&self, object: &Object, wanted: &BTreeMap<String, String>) -> bool {
        !self.differences.is_empty()
            && (self.differences.len() < wanted.len()
                || self.workload.object().name() == object.name())
    }
}

/// The workload that was most likely meant by a selector that selects none.
pub(super) fn meant<'a>(
    cx: &Context<'a>,
    object: &'a Object,
    selector: &'a LabelSelector,
) -> Option<Meant<'a>> {
    let wanted = selector.match_labels.as_ref().unwrap_or(&NONE);
    let mut expressions = selector.match_expressions.iter().flatten();
    let is_open = wanted
        .iter()
        .any(|(key, value)| labels::is_open(key, value))
        || expressions.any(|it| labels::is_open(&it.key, ""))
        || cx.inventory.selects(object).next().is_some()
        || cx.inventory.is_open(object)
        || cx.inventory.is_made_by_operator(object, wanted);
    if is_open {
        return None;
    }
    // A template that is yet to be written has the labels that the workload's selector asks for.
    let selects = |workload: Workload<'_>| {
        let own = labels::own(workload);
        !wanted.is_empty()
            && wanted
                .iter()
                .all(|(key, value)| own.get(key) == Some(value))
    };
    let without_template = cx.inventory.workloads_like(object, wanted, |workload| {
        workload.template().node().is_none() && selects(workload)
    });
    if !without_template.is_empty() {
        return None;
    }
    let meant = nearest(cx, object, wanted)?;
    // What the namespace of the budget holds is not in view.
    (meant.is_in_namespace || meant.is_near(object, wanted)).then_some(meant)
}

/// The workload whose pods differ least from what is wanted.
fn nearest<'a>(
    cx: &Context<'a>,
    object: &'a Object,
    wanted: &'a BTreeMap<String, String>,
) -> Option<Meant<'a>> {
    let fits = |workload: Workload<'_>| workload.template().node().is_some();
    let like = cx.inventory.workloads_like(object, wanted, fits);
    let mut found: Vec<_> = like
        .into_iter()
        .map(|workload| {
            let differences = differences(wanted, workload.template().labels());
            let is_namesake = workload.object().name() == object.name();
            ((differences.len(), !is_namesake), workload, differences)
        })
        .collect();
    let least = found.iter().map(|(distance, ..)| *distance).min()?;
    found.retain(|(distance, ..)| *distance == least);
    let is_alone = found.len() == 1;
    let (_, workload, differences) = found.into_iter().next()?;
    let inventory = cx.inventory;
    Some(Meant {
        is_in_namespace: inventory.namespace(workload.object()) == inventory.namespace(object),
        workload,
        differences,
        is_alone,
    })
}
