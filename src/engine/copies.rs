//! What is found in a copy as in its original.

use std::collections::HashMap;

use crate::finding::{Finding, SuppressedBy, Suppression};
use crate::inventory::Inventory;
use crate::source::{Location, Sources};

/// What makes findings of a copy and its original the same one.
type Same<'f> = (&'static str, &'f str, &'f str, Location);

fn key(finding: &Finding, subject: Location) -> Same<'_> {
    (finding.rule, &finding.cause, &finding.message, subject)
}

/// Lets a finding in a copy that a tool has made count once, at the original that people edit.
pub fn merge_copies(findings: &mut [Finding], inventory: &Inventory, sources: &Sources) {
    let mut merged: Vec<(usize, String)> = Vec::new();
    {
        let known: HashMap<Same<'_>, Location> = findings
            .iter()
            .filter_map(|it| Some((key(it, it.subject?), it.primary)))
            .collect();
        for (at, finding) in findings.iter().enumerate() {
            let copy = finding.subject.filter(|_| finding.suppressed.is_none());
            let originals = copy.map_or(&[][..], |copy| inventory.originals(copy));
            let mut originals = originals.iter().map(|it| known.get(&key(finding, *it)));
            if let Some(place) = originals.find_map(|it| it) {
                let source = sources.get(place.source);
                let line = source.position(place.span.start).line;
                merged.push((at, format!("reported at {}:{line}", source.path())));
            }
        }
    }
    for (at, reason) in merged {
        if let Some(finding) = findings.get_mut(at) {
            finding.suppressed = Some(Suppression {
                by: SuppressedBy::Original,
                reason: Some(reason),
            });
        }
    }
}
