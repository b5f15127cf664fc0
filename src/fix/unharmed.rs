//! Whether a text still says all that its edits did not touch.
//!
//! Both texts are read, and the trees are walked side by side. What an edit took away is left out on
//! one side, what an edit brought on the other; what is left must be the same, node by node, in the
//! same order and in the same place.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::finding::Edit;
use crate::source::Span;
use crate::yaml::{self, Content, Entry, Node, Scalar, Tree};

const UNPARSABLE: &str = "the result would not parse";
const REPEATED: &str = "it would give a key twice";
const COMMENT: &str = "a comment would be lost";
const ELSEWHERE: &str = "it would change more than it means to";

/// Compares a text with what sorted, non-overlapping edits made of it.
///
/// # Errors
/// With the harm that was done.
pub(super) fn check(
    before: &Arc<str>,
    after: &Arc<str>,
    edits: &[&Edit],
) -> Result<(), &'static str> {
    let (old, new) = (Text::read(before), Text::read(after));
    let broken = |text: &Text| text.documents.iter().filter(|it| it.is_none()).count();
    if broken(&new) > broken(&old) {
        return Err(UNPARSABLE);
    }
    let repeated = |text: &Text| text.trees().map(|it| it.duplicate_keys().len()).sum();
    let repeated: (usize, usize) = (repeated(&old), repeated(&new));
    if repeated.1 > repeated.0 {
        return Err(REPEATED);
    }
    let compared = Compared {
        before,
        after,
        gone: Ranges(edits.iter().map(|edit| edit.span).collect()),
        fresh: Ranges(inserted(edits)),
    };
    // What makes a comment disappear mostly moves nodes too; this says it better.
    if !compared.keeps_comments(&old, &new) {
        return Err(COMMENT);
    }
    compared.documents(&old, &new)
}

/// Where the texts of the edits stand in the new text.
fn inserted(edits: &[&Edit]) -> Vec<Span> {
    let mut shift = 0_i64;
    let mut ranges = Vec::new();
    for edit in edits {
        let length = i64::try_from(edit.text.len()).unwrap_or(i64::MAX);
        let start = i64::from(edit.span.start) + shift;
        let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
        ranges.push(Span::new(offset(start), offset(start + length)));
        shift += length - i64::from(edit.span.end) + i64::from(edit.span.start);
    }
    ranges
}

/// The documents of a text that hold something.
struct Text {
    /// `None` for one that cannot be read.
    documents: Vec<Option<Tree>>,
}

impl Text {
    fn read(text: &Arc<str>) -> Self {
        let documents = yaml::parse(text).documents.into_iter();
        Self {
            documents: documents
                .filter_map(|document| match document.content {
                    Content::Empty => None,
                    Content::Broken(_) => Some(None),
                    Content::Tree(tree) => Some(Some(tree)),
                })
                .collect(),
        }
    }

    fn trees(&self) -> impl Iterator<Item = &Tree> {
        self.documents.iter().flatten()
    }

    fn comments(&self) -> impl Iterator<Item = Span> {
        self.trees()
            .flat_map(|tree| tree.comments().iter().map(|comment| comment.span))
    }
}

/// Ranges in the order of their text, without overlap.
struct Ranges(Vec<Span>);

impl Ranges {
    /// Whether one has a part of the span, or lies inside it; for an empty span, touches it.
    fn touch(&self, span: Span) -> bool {
        let at = self.0.partition_point(|range| range.end < span.start);
        let near = self.0.iter().skip(at);
        let mut near = near.take_while(|range| range.start <= span.end);
        near.any(|range| span.is_empty() || range.start < span.end && range.end > span.start)
    }

    /// Whether all that is written of a node lies in them. Aliases count as they are written.
    fn hold(&self, node: Node<'_>) -> bool {
        if node.is_alias() || is_leaf(node) {
            return self.touch(node.span());
        }
        node.written_entries().all(|entry| self.hold_entry(entry))
            && node.items().all(|item| self.hold(item))
    }

    fn hold_entry(&self, entry: Entry<'_>) -> bool {
        self.hold(entry.key) && self.hold(entry.value)
    }
}

/// A scalar or an empty collection.
fn is_leaf(node: Node<'_>) -> bool {
    node.written_entries().next().is_none() && node.items().next().is_none()
}

/// Two texts and what lies between them.
struct Compared<'a> {
    before: &'a str,
    after: &'a str,
    /// What edits replaced, in the old text.
    gone: Ranges,
    /// What edits wrote, in the new text.
    fresh: Ranges,
}

type Verdict = Result<(), &'static str>;

impl Compared<'_> {
    fn documents(&self, old: &Text, new: &Text) -> Verdict {
        let is_kept = |ranges: &Ranges, tree: &Option<Tree>| {
            tree.as_ref().is_none_or(|tree| !ranges.hold(tree.root()))
        };
        let old = old.documents.iter().filter(|it| is_kept(&self.gone, it));
        let new = new.documents.iter().filter(|it| is_kept(&self.fresh, it));
        each(old, new, |old, new| match (old, new) {
            (Some(old), Some(new)) => self.nodes(old.root(), new.root()),
            (Some(_), None) => Err(UNPARSABLE),
            // Nothing is known of what could not be read.
            (None, _) => Ok(()),
        })
    }

    fn nodes(&self, old: Node<'_>, new: Node<'_>) -> Verdict {
        let (name, new_name) = (anchor(self.before, old), anchor(self.after, new));
        let renamed = old.anchor().is_some_and(|span| self.gone.touch(span));
        if name != new_name && !renamed {
            return Err(ELSEWHERE);
        }
        if self.gone.hold(old) && self.fresh.hold(new) || self.fills(old, new) {
            return Ok(());
        }
        if old.is_alias() || new.is_alias() {
            // What an alias stands for is no edit's business.
            let same = old.is_alias() == new.is_alias() && equal(old.resolved(), new.resolved());
            return same.then_some(()).ok_or(ELSEWHERE);
        }
        if is_leaf(old) && is_leaf(new) {
            return equal(old, new).then_some(()).ok_or(ELSEWHERE);
        }
        if old.is_mapping() != new.is_mapping() || old.is_sequence() != new.is_sequence() {
            return Err(ELSEWHERE);
        }
        each(
            old.items().filter(|it| !self.gone.hold(*it)),
            new.items().filter(|it| !self.fresh.hold(*it)),
            |old, new| self.nodes(old, new),
        )?;
        each(
            old.written_entries()
                .filter(|it| !self.gone.hold_entry(*it)),
            new.written_entries()
                .filter(|it| !self.fresh.hold_entry(*it)),
            |old, new| {
                self.nodes(old.key, new.key)?;
                self.nodes(old.value, new.value)
            },
        )
    }

    /// Whether nothing at all became something that an edit wrote from the same line on.
    fn fills(&self, old: Node<'_>, new: Node<'_>) -> bool {
        let start = old.span().range().start;
        let rest = self.before.get(start..).unwrap_or_default();
        let line = start..=start + rest.find('\n').unwrap_or(rest.len());
        let mut edits = self.gone.0.iter().map(|edit| edit.range().start);
        old.span().is_empty()
            && is_leaf(old)
            && self.fresh.hold(new)
            && edits.any(|edit| line.contains(&edit))
    }

    /// Whether every comment is still there, and those that no edit touches in their order.
    fn keeps_comments(&self, old: &Text, new: &Text) -> bool {
        fn shown(text: &str, span: Span) -> &str {
            text.get(span.range()).unwrap_or_default()
        }
        let mut counts: BTreeMap<String, isize> = BTreeMap::new();
        for (text, shown_in, ranges, by) in [
            (new, self.after, &self.fresh, 1),
            (old, self.before, &self.gone, -1),
        ] {
            let comments = text.comments().map(|span| shown(shown_in, span).to_owned());
            let trees = text.trees();
            let embedded = trees.flat_map(|tree| embedded_comments(tree.root(), ranges));
            for comment in comments.chain(embedded) {
                *counts.entry(comment).or_default() += by;
            }
        }
        let mut left = new.comments();
        let untouched = old.comments().filter(|span| !self.gone.touch(*span));
        let in_order = untouched
            .map(|span| shown(self.before, span))
            .all(|comment| left.any(|span| shown(self.after, span) == comment));
        in_order && counts.values().all(|count| *count >= 0)
    }
}

/// Comments of YAML that a scalar holds as text, where the scalar lies in one of the ranges.
fn embedded_comments(node: Node<'_>, ranges: &Ranges) -> Vec<String> {
    if node.is_alias() {
        return Vec::new();
    }
    let Some(text) = node.as_str() else {
        let entries = node.written_entries().map(|entry| entry.value);
        let below = entries.chain(node.items());
        return below
            .flat_map(|node| embedded_comments(node, ranges))
            .collect();
    };
    if !text.contains('#') || !ranges.touch(node.span()) {
        return Vec::new();
    }
    let text: Arc<str> = Arc::from(text);
    let inner = Text::read(&text);
    if !inner.trees().all(|tree| tree.root().is_mapping()) {
        return Vec::new();
    }
    let comments = inner.comments();
    let comments = comments.filter_map(|span| text.get(span.range()).map(str::to_owned));
    comments.collect()
}

/// Compares two rows in step; they must be of one length.
fn each<T>(
    old: impl Iterator<Item = T>,
    mut new: impl Iterator<Item = T>,
    compare: impl Fn(T, T) -> Verdict,
) -> Verdict {
    for old in old {
        compare(old, new.next().ok_or(ELSEWHERE)?)?;
    }
    new.next().is_none().then_some(()).ok_or(ELSEWHERE)
}

/// An anchor as it is written, `&name`.
fn anchor<'t>(text: &'t str, node: Node<'_>) -> Option<&'t str> {
    node.anchor().and_then(|span| text.get(span.range()))
}

/// Whether two nodes say the same, aliases followed.
fn equal(old: Node<'_>, new: Node<'_>) -> bool {
    match (old.scalar(), new.scalar()) {
        // What is not a number does not equal itself.
        (Some(Scalar::Float(old)), Some(Scalar::Float(new))) => old.to_bits() == new.to_bits(),
        (Some(old), Some(new)) => old == new,
        (None, None) => {
            old.is_mapping() == new.is_mapping()
                && each(old.items(), new.items(), same).is_ok()
                && each(old.written_entries(), new.written_entries(), |old, new| {
                    same(old.key, new.key)?;
                    same(old.value, new.value)
                })
                .is_ok()
        }
        _ => false,
    }
}

fn same(old: Node<'_>, new: Node<'_>) -> Verdict {
    equal(old, new).then_some(()).ok_or(ELSEWHERE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    /// What is said of replacing each first text by the second.
    fn judged(before: &str, replacements: &[(&str, &str)]) -> Verdict {
        let edits: Vec<Edit> = replacements
            .iter()
            .map(|(old, new)| {
                let start = u32::try_from(before.find(old).unwrap()).unwrap();
                let end = start + u32::try_from(old.len()).unwrap();
                Edit {
                    source: SourceId(0),
                    span: Span::new(start, end),
                    text: (*new).to_owned(),
                }
            })
            .collect();
        let after = crate::finding::apply(before, &edits).unwrap();
        let mut edits: Vec<&Edit> = edits.iter().collect();
        edits.sort_by_key(|edit| edit.span.start);
        check(&Arc::from(before), &Arc::from(after), &edits)
    }

    #[test]
    fn what_edits_say_is_no_harm() {
        for (before, replacements) in [
            ("a: 1\nb: 2\n", &[("1", "3")] as &[_]),
            ("a: 1\nb: 2\n", &[("a", "c")]),
            ("a: 1\nb: 2\n", &[("a", "c"), ("1", "3")]),
            ("a: 1\nb: 2\n", &[("a: 1\n", "")]),
            ("a: 1\nb: 2\n", &[("b: 2", "c: 3\nb: 2")]),
            ("a: 1\nb: 2\n", &[("1", "{d: 1}")]),
            ("a:\n  k: 1\n  # c\nb: 2\n", &[("# c", "# c\n  l: 2")]),
            ("a: {} # c\nb: 2\n", &[(" {}", ""), ("# c", "# c\n  k: 1")]),
            ("a: # c\nb: 2\n", &[("# c", "# c\n  k: 1")]),
            ("a:\nb: 2\n", &[(":\nb", ": 1\nb")]),
            ("- 1\n- 2\n- 3\n", &[("- 2\n", ""), ("- 3", "- 4\n- 3")]),
            ("- a: 1\n  b: 2\n", &[("a", "c")]),
            ("a: {k: 1, l: 2}\n", &[("k: 1, ", ""), ("2", "2, m: 3")]),
            ("a: 1\n", &[("a: 1\n", "a: 1\n---\nb: 2\n")]),
            ("a: .nan\nb: 2\n", &[("2", "3")]),
            ("a: &x {k: 1}\nb: *x\nc: 3\n", &[("3", "4")]),
        ] {
            let verdict = judged(before, replacements);
            assert_eq!(verdict, Ok(()), "{before}{replacements:?}");
        }
    }

    #[test]
    fn what_changes_unsaid_is_harm() {
        for (before, replacements) in [
            // Without a change of any scalar: deeper, out of its parent, below an empty value.
            ("a:\n  k: 1\nb: 2\n", &[("1\n", "1\n  ")] as &[_]),
            ("a:\n  k: 1\n  l: 2\n", &[("1\n  ", "1\n")]),
            ("a:\nb: 2\n", &[(":\n", ":\n  ")]),
            ("a:\n- k: 1\n  l: 2\n", &[("1\n  ", "1\n- ")]),
            ("a:\n- k: 1\n- l: 2\n", &[("1\n- ", "1\n  ")]),
            // Two documents, or one.
            ("a: 1\nb: 2\n", &[("1\n", "1\n---\n")]),
            ("a: 1\n---\nb: 2\n", &[("---\n", "")]),
            // An alias, or what it stands for.
            ("a: &x {k: 1}\nb: *x\n", &[("1", "2")]),
            ("a: &x {k: 1}\nb: *x\n", &[("k: 1", "k: 1, l: 2")]),
            // The neighbour of what was edited.
            ("a: 1\nb: 2\n", &[("1\n", "1 ")]),
            ("a: yes\n", &[("a: ", "a: \"\" #")]),
        ] {
            assert!(
                judged(before, replacements).is_err(),
                "{before}{replacements:?}"
            );
        }
    }

    #[test]
    fn comments_stay_and_keep_their_order() {
        let text = "# one\na: 1 # two\nb: |\n  # three\n  c: 1\n";
        for (old, new) in [
            ("# one\n", ""),
            (" # two", ""),
            ("|\n  # three", "|"),
            ("# one\na: 1 # two", "a: 1 # two\n# three"),
        ] {
            assert_eq!(judged(text, &[(old, new)]), Err(COMMENT), "{old}");
        }
        let moved = [
            ("# one\na: 1 # two\n", ""),
            ("c: 1\n", "c: 1\n# one\na: 1 # two\n"),
        ];
        assert_eq!(judged(text, &moved), Ok(()));
    }
}
