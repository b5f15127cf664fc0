//! Telemetry (`validateTelemetryMetrics` and the CRD).

use super::super::judge::Judge;
use crate::yaml::Node;

/// A tag is written, with a value, or removed, without one. To write is the default.
pub(super) fn tag<'t>(judge: &mut Judge<'t>, tag: Node<'t>) {
    if judge.field(tag, "operation").is_unknown() {
        return;
    }
    if judge.text(tag, "operation") == Some("REMOVE") {
        if judge.has(tag, "value")
            && let Some(entry) = tag.entry("value")
        {
            judge
                .wrong(entry.key, "`operation: REMOVE` has a `value`")
                .rests_on(tag, "operation");
        }
    } else if judge.lacks(tag, "value") {
        judge
            .missing(tag, "value", "`operation: UPSERT` has no `value`")
            .map(|told| told.rests_on(tag, "operation"));
    }
}
