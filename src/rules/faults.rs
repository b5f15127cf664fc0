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
                .map_or_else(|| usual_help(&fault.message, node.text()), str::to_owned),
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
fn usual_help(message: &str, written: Option<&str>) -> String {
    let has = |words: &str| message.contains(words);
    if let Some(help) = missing(message).or_else(|| name(message, written)) {
        return help;
    }
    let known = if has(" twice") {
        "keep one of them"
    } else if has(" are named ") {
        "give each a name of its own"
    } else if has(" mounts of the container are at ") {
        "mount one of them elsewhere, or remove it"
    } else if has(" has both ") || has(" and also ") {
        "keep one of the two"
    } else if has(" exceeds the limit ") {
        "raise the limit, or lower the request"
    } else if has(", which takes only Always") {
        "write Always; what is meant to end is run by a Job"
    } else if has(" is not one of the ") {
        "list it there, or write one that is listed"
    } else if has(" is a loopback address") {
        "write an address that other machines reach"
    } else {
        "remove it, or write what the API server accepts"
    };
    known.to_owned()
}

/// What is to be added, as the message names it: `an item of \`ports\` has no \`port\``.
fn missing(message: &str) -> Option<String> {
    let (fault, _) = message.rsplit_once(": ").unwrap_or((message, ""));
    let words = [" has no ", " needs ", " lacks "];
    let (verb, what) = words.iter().find_map(|verb| {
        let (_, what) = fault.split_once(verb)?;
        Some((*verb, what))
    })?;
    let what = what.split(", which ").next().unwrap_or(what);
    // A field is named in backticks, a reference to nothing by its kind first.
    if !what.starts_with('`') {
        return Some("add what is missing, or remove what needs it".to_owned());
    }
    Some(if verb == " needs " {
        format!("add {what}, or remove what needs it")
    } else {
        format!("add {what}")
    })
}

/// The name that is likely meant, where one is not in the form that names have.
fn name(message: &str, written: Option<&str>) -> Option<String> {
    /// Of a label.
    const LONGEST: usize = 63;
    let is_label = message.contains(" is not a DNS label");
    if !is_label && !message.contains(" is not a DNS name") {
        return None;
    }
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let lower = written?.to_ascii_lowercase();
    let meant = lower.replace(|c: char| c == '_' || c == ' ' || is_label && c == '.', "-");
    let is_part = |part: &str| {
        let is_end = |end: Option<char>| end.is_some_and(|c| c != '-');
        part.chars().all(rest) && is_end(part.chars().next()) && is_end(part.chars().next_back())
    };
    (meant.len() <= LONGEST && meant.split('.').all(is_part) && Some(meant.as_str()) != written)
        .then(|| format!("write `{meant}`, and so wherever it is named"))
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
        && !inventory.is_always_set_elsewhere(object, fault.node_in(object), "")
        && !fields.any(|(holder, field)| {
            inventory.is_always_set_elsewhere(object, object.node_of(*holder), field)
        })
}

#[cfg(test)]
mod tests {
    use super::usual_help;

    #[test]
    fn the_help_says_what_to_write() {
        for (message, written, help) in [
            (
                "`my_app` is not a DNS label (a-z, 0-9 and `-`, at most 63): the API server refuses it",
                Some("my_app"),
                "write `my-app`, and so wherever it is named",
            ),
            (
                "host `*` is not a DNS name: the API server refuses it",
                Some("*"),
                "remove it, or write what the API server accepts",
            ),
            (
                "an item of `ports` has no `port`: the API server refuses it",
                None,
                "add `port`",
            ),
            (
                "a port has no `name`, which several ports need: the API server refuses it",
                None,
                "add `name`",
            ),
            (
                "`mode: MUTUAL` needs `privateKey`: Istio refuses it",
                None,
                "add `privateKey`, or remove what needs it",
            ),
            (
                "the pod has no container `x`: the API server refuses it",
                None,
                "add what is missing, or remove what needs it",
            ),
        ] {
            assert_eq!(usual_help(message, written), help, "{message}");
        }
    }
}
