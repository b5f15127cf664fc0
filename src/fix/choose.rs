//! Which fixes can be applied together.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Edit, Finding, Fix};
use crate::source::SourceId;

/// The fixes in their order without those that touch an earlier one: two insertions at one place
/// could be the same line twice.
pub(super) fn without_overlap<'f>(fixes: &[(&'f Finding, &'f Fix)]) -> Vec<(&'f Finding, &'f Fix)> {
    let mut taken: BTreeMap<SourceId, Taken<'_>> = BTreeMap::new();
    let mut chosen = Vec::new();
    for (finding, fix) in fixes {
        let is_free = fix.edits.iter().all(|edit| {
            taken
                .get(&edit.source)
                .is_none_or(|taken| taken.is_free(edit))
        });
        if fix.edits.is_empty() || !is_free {
            continue;
        }
        for edit in &fix.edits {
            taken.entry(edit.source).or_default().take(edit);
        }
        chosen.push((*finding, *fix));
    }
    chosen
}

/// What is edited in one file.
#[derive(Default)]
struct Taken<'f> {
    /// Spans: start → end.
    spans: BTreeMap<u32, u32>,
    /// Documents that are added, by the place at which they are.
    documents: BTreeMap<u32, BTreeSet<&'f str>>,
}

impl<'f> Taken<'f> {
    fn is_free(&self, edit: &Edit) -> bool {
        let span = edit.span;
        // Spans in here do not touch, so the last one that starts early enough decides.
        let is_apart = self
            .spans
            .range(..=span.end)
            .next_back()
            .is_none_or(|(_, end)| *end < span.start);
        let mut near = self.documents.range(span.start..=span.end);
        is_apart
            && if is_document(edit) {
                near.all(|(_, documents)| !documents.contains(&*edit.text))
            } else {
                near.next().is_none()
            }
    }

    fn take(&mut self, edit: &'f Edit) {
        let span = edit.span;
        if is_document(edit) {
            self.documents
                .entry(span.start)
                .or_default()
                .insert(&edit.text);
            return;
        }
        let end = self.spans.entry(span.start).or_insert(span.end);
        *end = span.end.max(*end);
    }
}

/// Whether an edit adds a whole document behind another: any number of them can stand side by side.
fn is_document(edit: &Edit) -> bool {
    let text = edit.text.trim_start_matches(['\r', '\n']);
    edit.span.is_empty() && text.starts_with("---")
}
