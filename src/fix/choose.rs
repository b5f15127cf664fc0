//! Which fixes can be applied together.

use std::collections::BTreeMap;

use crate::finding::{Finding, Fix};
use crate::source::{SourceId, Span};

/// The fixes in their order without those that touch an earlier one: two insertions at one place
/// could be the same line twice.
pub(super) fn without_overlap<'f>(fixes: &[(&'f Finding, &'f Fix)]) -> Vec<(&'f Finding, &'f Fix)> {
    let mut taken: BTreeMap<SourceId, Taken> = BTreeMap::new();
    let mut chosen = Vec::new();
    for (finding, fix) in fixes {
        let is_free = fix.edits.iter().all(|edit| {
            taken
                .get(&edit.source)
                .is_none_or(|taken| taken.is_free(edit.span))
        });
        if fix.edits.is_empty() || !is_free {
            continue;
        }
        for edit in &fix.edits {
            taken.entry(edit.source).or_default().take(edit.span);
        }
        chosen.push((*finding, *fix));
    }
    chosen
}

/// The spans that are edited in one file: start → end.
#[derive(Default)]
struct Taken(BTreeMap<u32, u32>);

impl Taken {
    fn is_free(&self, span: Span) -> bool {
        // Spans in here do not touch, so the last one that starts early enough decides.
        self.0
            .range(..=span.end)
            .next_back()
            .is_none_or(|(_, end)| *end < span.start)
    }

    fn take(&mut self, span: Span) {
        let end = self.0.entry(span.start).or_insert(span.end);
        *end = span.end.max(*end);
    }
}
