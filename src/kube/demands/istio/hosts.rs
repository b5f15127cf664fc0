//! Names of gateways and namespaces.

use std::collections::BTreeMap;

use super::super::judge::{Judge, shown};
use super::names::{is_fqdn, is_label};
use super::{namespace, texts};
use crate::yaml::Node;

/// `validateGatewayNames`: `namespace/name`, or a host name, behind which Istio reads no further.
pub(super) fn gateways<'t>(judge: &mut Judge<'t>, holder: Node<'t>) {
    for (node, text) in texts(judge, holder, "gateways") {
        let Some((place, name)) = text.split_once('/') else {
            if !is_fqdn(text) {
                judge
                    .wrong(
                        node,
                        format!("{} is not the name of a Gateway", shown(text)),
                    )
                    .help("write namespace/name, or `mesh` for all sidecars");
            }
            return;
        };
        if !is_label(place) || !is_label(name) {
            judge
                .wrong(
                    node,
                    format!("{} is not the name of a Gateway", shown(text)),
                )
                .help("write namespace/name, or `mesh` for all sidecars");
        }
    }
}

/// `validateExportTo`
pub(super) fn export<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    export_to(judge, spec, false);
}

/// `validateExportTo` of a ServiceEntry, which may be exported to no one.
pub(super) fn export_of_entry<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    export_to(judge, spec, true);
}

/// `validateExportTo` of a DestinationRule: one for selected clients stays in its namespace.
pub(super) fn export_of_rule<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    export_to(judge, spec, false);
    if judge.get(spec, "workloadSelector").is_none() || !judge.knows_all(spec, "exportTo") {
        return;
    }
    let own = namespace(judge);
    for (node, text) in texts(judge, spec, "exportTo") {
        let is_own = match own {
            Some(own) => text == "." || text == own,
            None => text == "." || is_label(text),
        };
        if !is_own {
            judge
                .wrong(
                    node,
                    format!("`exportTo` {} with a `workloadSelector`", shown(text)),
                )
                .help("a rule for selected clients is valid in its own namespace only: \".\"");
            return;
        }
    }
}

fn export_to<'t>(judge: &mut Judge<'t>, spec: Node<'t>, is_entry: bool) {
    let own = namespace(judge).unwrap_or(".");
    let listed = texts(judge, spec, "exportTo");
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (node, text) in &listed {
        let meant = if *text == "." { own } else { text };
        let is_none = *text == "~" && is_entry;
        if let Some(earlier) = seen.get(meant) {
            let fault = if earlier == text {
                format!("`exportTo` has {} twice", shown(text))
            } else {
                format!("`exportTo` has `.` and {}, which are the same", shown(own))
            };
            judge.wrong(*node, fault);
        } else if is_none || matches!(meant, "." | "*") || is_label(meant) {
            seen.insert(meant, text);
        } else {
            judge
                .wrong(
                    *node,
                    format!("{} is not the name of a namespace", shown(text)),
                )
                .help("`exportTo` takes names of namespaces, `.` for its own and `*` for all");
        }
    }
    for (sign, meaning) in [("*", "all namespaces"), ("~", "no one")] {
        if seen.contains_key(sign)
            && seen.len() > 1
            && let Some((node, _)) = listed.iter().find(|(_, text)| *text == sign)
        {
            judge.wrong(
                *node,
                format!("`exportTo` has `{sign}` ({meaning}) and others"),
            );
        }
    }
}
