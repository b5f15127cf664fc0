//! What the API server refuses in an object whose values all have the right types, as findings.

use super::{Context, Findings, Report};
use crate::edit::Value;
use crate::finding::Applicability;
use crate::kube::{Fault, FaultRule, Object};

/// Adds the findings of one rule about an object.
pub(super) fn report(cx: &Context<'_>, object: &Object, rule: FaultRule, out: &mut Findings) {
    let faults = object.faults().iter();
    for fault in faults.filter(|fault| fault.rule == rule && stands(cx, object, fault)) {
        let node = fault.node_in(object);
        let mut report = Report::object(object, node, &fault.message);
        if let Some(help) = &fault.help {
            report = report.help(help);
        }
        if let Some(text) = &fault.instead {
            let title = format!("write {text}");
            report = report.fix(Applicability::Safe, title, object, |editor| {
                editor.set(node, &Value::text(text))
            });
        }
        out.push(report);
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
