//! Workloads by the labels of their pods, and the labels that Istio's resources select by.

use std::collections::HashMap;
use std::sync::Arc;

use crate::kube::{Object, Workload, is_placeholder};
use crate::rules::Context;
use crate::yaml::Node;

/// Labels that something selects by, sorted.
pub(super) type Labels<'a> = Vec<(&'a str, &'a str)>;

/// So many workloads of one label are looked at.
const MOST: usize = 500;

/// The labels below `path`; none where nothing is written, `None` where they are not known.
pub(super) fn labels<'a>(object: &'a Object, spec: Node<'a>, path: &[&str]) -> Option<Labels<'a>> {
    let field = object.field_below(spec, path);
    let Some(map) = field.node() else {
        return Some(Vec::new());
    };
    if field.is_unknown() {
        return None;
    }
    let labels: Option<Labels<'_>> = map
        .entries()
        .map(|entry| {
            let value = entry.value.text().filter(|text| !is_placeholder(text))?;
            Some((entry.key.key_text(), value))
        })
        .collect();
    let mut labels = labels?;
    labels.sort_unstable();
    Some(labels)
}

/// `app=orders, version=v1`
pub(super) fn shown(labels: &Labels<'_>) -> String {
    let pairs = labels.iter().map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join(", ")
}

/// The numbers of the workloads with a label.
#[derive(Default)]
struct ByLabel {
    of: HashMap<(String, String), Vec<u32>>,
    /// Those whose labels are not all known.
    open: Vec<u32>,
}

fn index(cx: &Context<'_>) -> Arc<ByLabel> {
    let inventory = cx.inventory;
    inventory.once("workloads by the labels of their pods", || {
        let mut all = ByLabel::default();
        for workload in inventory.workloads() {
            let number = workload.object().number();
            let template = workload.template();
            let labels = template.labels();
            let is_open =
                |(key, value): (&String, &String)| is_placeholder(key) || is_placeholder(value);
            if labels.iter().any(is_open) || inventory.may_gain_labels(template) {
                all.open.push(number);
            }
            for (key, value) in labels {
                let label = (key.clone(), value.clone());
                all.of.entry(label).or_default().push(number);
            }
        }
        all
    })
}

/// The workloads whose pods carry all of these labels, whatever their namespace and scope; `None` where
/// others may carry them as well, or there are more than are looked at.
pub(super) fn carrying<'a>(cx: &Context<'a>, wanted: &Labels<'_>) -> Option<Vec<Workload<'a>>> {
    let index = index(cx);
    let workload = |number: &u32| cx.inventory.workload(cx.inventory.numbered(*number)?);
    let may_carry = |workload: Workload<'_>| {
        let template = workload.template();
        let labels = template.labels();
        wanted.iter().all(|(key, value)| match labels.get(*key) {
            Some(found) if found == value || is_placeholder(found) => true,
            _ => cx.inventory.is_label_set_elsewhere(template, key),
        })
    };
    let carries = |workload: &Workload<'_>| {
        let labels = workload.template().labels();
        wanted
            .iter()
            .all(|(key, value)| labels.get(*key).is_some_and(|found| found == value))
    };
    let mut open = index.open.iter().filter_map(workload);
    if index.open.len() > MOST || open.any(|it| may_carry(it) && !carries(&it)) {
        return None;
    }
    let of = |(key, value): &(&str, &str)| {
        let label = ((*key).to_owned(), (*value).to_owned());
        index.of.get(&label).map_or(&[][..], Vec::as_slice)
    };
    let rarest = wanted.iter().map(of).min_by_key(|found| found.len())?;
    if rarest.len() > MOST {
        return None;
    }
    Some(rarest.iter().filter_map(workload).filter(carries).collect())
}
