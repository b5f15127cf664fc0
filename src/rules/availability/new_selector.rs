//! A selector for a workload that has none.

use std::collections::BTreeMap;

use super::labels;
use super::overlap::overlapping;
use crate::finding::Applicability;
use crate::kube::Workload;
use crate::rules::{Context, Report};

/// Adds the selector that fits the template and takes the pods of no other workload.
pub(super) fn select_template<'r>(
    cx: &Context<'_>,
    workload: Workload<'_>,
    report: Report<'r>,
) -> Report<'r> {
    let title = "select the labels of the pod template";
    let stable = labels::stable(workload);
    let Some(other) = overlapping(cx, workload, &stable) else {
        return select(
            workload,
            &stable,
            title,
            report.help(from_template(&stable)),
        );
    };
    let precise = labels::with_version(workload);
    if precise != stable && overlapping(cx, workload, &precise).is_none() {
        let help = format!(
            "select the pods by labels that no other workload's pods carry:\nselector:\n  matchLabels:{}",
            labels::yaml(&precise, "    ")
        );
        return select(workload, &precise, title, report.help(help));
    }
    let differs_by_mesh = workload.template().labels() != other.template().labels()
        && labels::with_version(workload) == labels::with_version(other);
    let other = other.object();
    let what = if differs_by_mesh {
        "a label of its own, besides the mesh's,"
    } else {
        "a label"
    };
    let help = format!(
        "give the pod template {what} that the pods of {} `{}` do not carry, and select it with \
         spec.selector.matchLabels",
        other.kind(),
        other.name()
    );
    let reason = format!(
        "the selectors of {} `{}` and this one would overlap",
        other.kind(),
        other.name()
    );
    report
        .help(help)
        .related(other, other.name_node(), "also carries these labels")
        .not_fixed(Applicability::Unsafe, title, reason)
}

fn select<'r>(
    workload: Workload<'_>,
    wanted: &BTreeMap<String, String>,
    title: &str,
    report: Report<'r>,
) -> Report<'r> {
    let object = workload.object();
    let Some(wanted) = labels::selectable(wanted.clone()) else {
        return report;
    };
    report
        .fix(Applicability::Unsafe, title, object, |editor| {
            let path = ["spec", "selector"];
            editor.insert_at(object.node(), &path, "matchLabels", labels::value(&wanted))
        })
        .reveals()
}

/// The selector that fits the template.
fn from_template(labels: &BTreeMap<String, String>) -> String {
    if labels.is_empty() {
        return "give the pod template a label, and select it with spec.selector.matchLabels"
            .to_owned();
    }
    format!(
        "select the pods by labels that stay the same from version to version:\nselector:\n  \
         matchLabels:{}",
        labels::yaml(labels, "    ")
    )
}
