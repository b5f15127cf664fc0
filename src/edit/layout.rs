//! How a document is written, so that what is added looks like the rest.

use super::{Editor, children};
use crate::yaml::{Entry, Node};

/// How many nodes are looked at: fixes are many, documents may be large, and a layout shows early.
const ENOUGH: usize = 200;

impl Editor<'_> {
    /// Learns the layout from what stands in the document.
    pub(super) fn measure(&mut self) {
        let mut found = Measured::default();
        let root = self.tree.root().span().range();
        if self.lines.start(root.start) == self.lines.start(root.end) {
            // One line shows neither.
            found.step = Some(2);
            found.indented_sequences = Some(true);
        }
        self.measure_below(self.tree.root(), &mut found);
        self.layout.step = found.step.unwrap_or(2);
        let indented = found
            .indented_sequences
            .or_else(|| self.lines.indents_lists());
        self.layout.indented_sequences = indented.unwrap_or(true);
        self.layout.padded_braces = found.padded_braces.unwrap_or_default();
    }

    /// The layout of what stands in a mapping: lists and mappings as those of the nearest mapping around
    /// it that holds one.
    pub(super) fn layout_of(&self, mapping: Node<'_>) -> super::Layout {
        let (mut lists, mut step) = (None, None);
        let mut around = Some(mapping);
        while let Some(node) = around.filter(|_| lists.is_none() || step.is_none()) {
            let entries = || node.written_entries().take(ENOUGH);
            lists = lists.or_else(|| {
                entries().find_map(|entry| {
                    let value = entry.value;
                    let is_list = value.is_sequence() && !value.is_flow() && !value.is_alias();
                    is_list.then(|| self.column_of(value) > self.column_of(entry.key))
                })
            });
            step = step.or_else(|| entries().find_map(|entry| self.step_of(entry)));
            around = node.parent();
        }
        let mut layout = self.layout;
        layout.indented_sequences = lists.unwrap_or(layout.indented_sequences);
        layout.step = step.unwrap_or(layout.step);
        layout
    }

    /// How far a block mapping stands to the right of its key, where people write that.
    fn step_of(&self, entry: Entry<'_>) -> Option<usize> {
        let value = entry.value;
        let inner = children(value)
            .next()
            .filter(|it| self.lines.is_first(it.span().range().start));
        let inner = inner.filter(|_| value.is_mapping() && !value.is_alias())?;
        let step = self
            .column_of(inner)
            .saturating_sub(self.column_of(entry.key));
        (1..=8).contains(&step).then_some(step)
    }

    fn column_of(&self, node: Node<'_>) -> usize {
        let at = node.span().range().start;
        at - self.lines.start(at)
    }

    fn measure_below(&self, node: Node<'_>, found: &mut Measured) {
        if found.is_complete() || node.is_alias() {
            return;
        }
        found.seen += 1;
        let column = |at: Node<'_>| self.column_of(at);
        if node.is_mapping() {
            if node.is_flow() && node.written_entries().next().is_some() {
                let at = node.span().range().start + 1;
                let is_padded = self.lines.slice(at, at + 1) == " ";
                found.padded_braces.get_or_insert(is_padded);
            }
            for entry in node.written_entries().take(ENOUGH) {
                let value = entry.value;
                if value.is_sequence() && !value.is_flow() && !value.is_alias() {
                    found
                        .indented_sequences
                        .get_or_insert(column(value) > column(entry.key));
                } else if let Some(step) = self.step_of(entry) {
                    found.step.get_or_insert(step);
                }
            }
        }
        for child in children(node).take(ENOUGH) {
            self.measure_below(child, found);
        }
    }
}

/// What has been seen of a document's layout.
#[derive(Default)]
struct Measured {
    seen: usize,
    step: Option<usize>,
    indented_sequences: Option<bool>,
    padded_braces: Option<bool>,
}

impl Measured {
    fn is_complete(&self) -> bool {
        let is_known = self.step.is_some() && self.indented_sequences.is_some();
        is_known && self.padded_braces.is_some() || self.seen > ENOUGH
    }
}
