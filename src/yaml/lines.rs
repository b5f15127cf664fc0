//! Where the lines of a document start and end.

use std::ops::Range;
use std::sync::OnceLock;

use super::Tree;

/// Looked at once, and when somebody asks first: minified JSON is one line, and each of its findings asks. No
/// part of what a tree is.
#[derive(Debug, Default)]
pub(super) struct Lines(OnceLock<Box<Breaks>>);

#[derive(Debug)]
struct Breaks {
    /// From the start of the document's first line to the end of its last.
    within: Range<usize>,
    /// The line breaks there.
    at: Vec<usize>,
}

impl PartialEq for Lines {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Lines {}

impl Breaks {
    fn of(tree: &Tree) -> Self {
        let text = tree.source.as_bytes();
        let root = tree.root().span().range();
        let within = start(text, root.start)..end(text, root.end);
        let inner = text.get(within.clone()).unwrap_or_default();
        let at = memchr::memchr_iter(b'\n', inner).map(|at| within.start + at);
        Self {
            at: at.collect(),
            within,
        }
    }
}

impl Tree {
    /// Where the line of a byte of [`file_text`](Self::file_text) starts.
    pub fn line_start(&self, at: usize) -> usize {
        let breaks = self.breaks();
        if !breaks.within.contains(&at) && breaks.within.end != at {
            return start(self.source.as_bytes(), at);
        }
        let before = breaks.at.partition_point(|found| *found < at);
        let last = before.checked_sub(1).and_then(|last| breaks.at.get(last));
        last.map_or(breaks.within.start, |found| found + 1)
    }

    /// Where the line of a byte of [`file_text`](Self::file_text) ends: at its line feed, or with the text.
    pub fn line_end(&self, at: usize) -> usize {
        let breaks = self.breaks();
        if !breaks.within.contains(&at) {
            return end(self.source.as_bytes(), at);
        }
        let next = breaks.at.partition_point(|found| *found < at);
        breaks.at.get(next).copied().unwrap_or(breaks.within.end)
    }

    fn breaks(&self) -> &Breaks {
        self.lines.0.get_or_init(|| Box::new(Breaks::of(self)))
    }
}

fn start(text: &[u8], at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    memchr::memrchr(b'\n', before).map_or(0, |found| found + 1)
}

fn end(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or(text.len(), |found| at + found)
}
