//! What the API server refuses in an object whose values all have the right types, as findings.

use super::{Context, Findings, Report};
use crate::edit::{Beside, Value};
use crate::finding::Applicability;
use crate::kube::{Fault, FaultRule, Object};

/// Adds the findings of one rule about an object.
pub(super) fn report(cx: &Context<'_>, object: &Object, rule: FaultRule, out: &mut Findings) {
    let faults = object.faults().iter();
    for fault in faults.filter(|fault| fault.rule == rule && stands(cx, object, fault)) {
        let node = fault.node_in(object);
        let mut report = Report::object(object, node, &fault.message);
        report = report.help(
            fault
                .help
                .as_deref()
                .unwrap_or_else(|| usual_help(&fault.message)),
        );
        report = restart_policy(object, fault, report);
        if let Some(text) = &fault.instead {
            let title = format!("write {text}");
            report = report.fix(Applicability::Safe, title, object, |editor| {
                editor.set(node, &Value::text(text))
            });
        }
        out.push(report);
    }
}

/// What to do where the message says it all.
fn usual_help(message: &str) -> &'static str {
    let has = |words: &str| message.contains(words);
    if has(" twice") {
        "keep one of them"
    } else if has(" has both ") || has(" and also ") {
        "keep one of the two"
    } else if has(" has no ") || has(" needs ") || has(" lacks ") {
        "add what is missing, or remove what needs it"
    } else {
        "remove it, or write what the API server accepts"
    }
}

/// Writes the restart policy that pods of this kind may have: Always for what runs on; for Jobs, of the
/// two that are left, the one that starts a container again.
fn restart_policy<'r>(object: &Object, fault: &Fault, report: Report<'r>) -> Report<'r> {
    const FIELD: &str = "restartPolicy";
    let is_job = matches!(object.kind(), "Job" | "CronJob");
    let node = fault.node_in(object);
    let is_value = node.path().ends_with(FIELD) && node.scalar().is_some();
    let written = node.text().filter(|_| is_value);
    let meant = match written {
        Some("Always") if is_job => "OnFailure",
        Some("Never" | "OnFailure") if fault.message.contains("takes only Always") => "Always",
        None if is_job && fault.is_absence => "OnFailure",
        _ => return report,
    };
    let missing = fault.rests_on.first().filter(|(_, field)| *field == FIELD);
    let title = format!("set {FIELD} to {meant}");
    let value = Value::text(meant);
    match (written, missing) {
        (Some(_), _) => report.fix(Applicability::Unsafe, title, object, |editor| {
            editor.set(node, &value)
        }),
        (None, Some((holder, _))) => report.fix(Applicability::Unsafe, title, object, |editor| {
            let pod = object.node_of(*holder);
            editor.insert(pod, FIELD, &value, Beside::Usual)
        }),
        (None, None) => report,
    }
}

/// Whether nothing in view completes or replaces what is at fault, and the release refuses it.
fn stands(cx: &Context<'_>, object: &Object, fault: &Fault) -> bool {
    let inventory = cx.inventory;
    let completed = fault.is_absence
        && (inventory.is_among_patches(object) || !inventory.is_seen_whole(object));
    let mut fields = fault.rests_on.iter();
    !completed
        && fault.is_refused_by(cx.settings.kubernetes_version)
        && !inventory.is_set_elsewhere(object, fault.node_in(object), "")
        && !fields.any(|(holder, field)| {
            inventory.is_set_elsewhere(object, object.node_of(*holder), field)
        })
}
