//! Whether a text still says all that its edits did not touch.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::finding::Edit;
use crate::source::Span;
use crate::yaml::{self, Content, Node, Tree};

/// Compares a text with what sorted, non-overlapping edits made of it.
///
/// # Errors
/// With the harm that was done.
pub(super) fn check(
    before: &Arc<str>,
    after: &Arc<str>,
    edits: &[&Edit],
) -> Result<(), &'static str> {
    let old = Facts::of(before);
    let new = Facts::of(after);
    if new.broken > old.broken {
        return Err("the result would not parse");
    }
    if new.repeated_keys > old.repeated_keys {
        return Err("it would give a key twice");
    }
    for (span, text) in &old.scalars {
        if let Some(start) = shifted(*span, edits)
            && new.starts.get(&start) != Some(text)
        {
            return Err("it would change more than it means to");
        }
    }
    for (comment, count) in old.comments {
        if new.comments.get(&comment).is_none_or(|left| *left < count) {
            return Err("a comment would be lost");
        }
    }
    Ok(())
}

/// Where a span starts after the edits; `None` when one touches it.
fn shifted(span: Span, edits: &[&Edit]) -> Option<i64> {
    let mut start = i64::from(span.start);
    for edit in edits {
        if edit.span.start >= span.end {
            break;
        }
        if edit.span.end > span.start {
            return None;
        }
        let removed = i64::from(edit.span.end) - i64::from(edit.span.start);
        start += i64::try_from(edit.text.len()).unwrap_or(i64::MAX) - removed;
    }
    Some(start)
}

/// What a text says.
#[derive(Default)]
struct Facts {
    broken: usize,
    repeated_keys: usize,
    scalars: Vec<(Span, String)>,
    starts: BTreeMap<i64, String>,
    comments: BTreeMap<String, usize>,
}

impl Facts {
    fn of(text: &Arc<str>) -> Self {
        let mut facts = Self::default();
        for document in yaml::parse(text).documents {
            match document.content {
                Content::Empty => {}
                Content::Broken(_) => facts.broken += 1,
                Content::Tree(tree) => facts.take(text, &tree),
            }
        }
        facts.starts = facts
            .scalars
            .iter()
            .map(|(span, text)| (i64::from(span.start), text.clone()))
            .collect();
        facts
    }

    fn take(&mut self, text: &str, tree: &Tree) {
        self.repeated_keys += tree.duplicate_keys().len();
        for comment in tree.comments() {
            let comment = text.get(comment.span.range()).unwrap_or_default();
            *self.comments.entry(comment.to_owned()).or_default() += 1;
        }
        self.take_node(tree.root());
    }

    fn take_node(&mut self, node: Node<'_>) {
        if node.is_alias() {
            return;
        }
        if let Some(scalar) = node.scalar() {
            if !node.span().is_empty() {
                self.scalars.push((node.span(), format!("{scalar:?}")));
            }
            return;
        }
        for entry in node.written_entries() {
            self.take_node(entry.key);
            self.take_node(entry.value);
        }
        for item in node.items() {
            self.take_node(item);
        }
    }
}
