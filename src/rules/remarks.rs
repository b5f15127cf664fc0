//! What comments say of the places that a fix edits.

use crate::finding::Edit;
use crate::kube::{Object, is_explained};
use crate::source::Span;
use crate::units::cut::clip;
use crate::yaml::Node;

/// Whether an edit replaces a value that a comment explains.
pub(super) fn explain(object: &Object, edits: &[Edit]) -> bool {
    let own = edits
        .iter()
        .filter(|edit| edit.source == object.source() && !edit.span.is_empty());
    own.filter_map(|edit| object.tree().scalar_at(edit.span))
        .any(is_explained)
}

/// How comments stand to what a fix does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Contradiction {
    None,
    /// One on the line of an edit, or right above it, would no longer be true: it names what the edit
    /// takes away, or calls it a slip.
    Stale,
    /// One says for which releases of Kubernetes the API version is meant.
    Release,
}

/// What comments at the places of edits say against them.
pub(super) fn contradict(object: &Object, edits: &[Edit]) -> Contradiction {
    let Some(text) = object.tree().file_text() else {
        return Contradiction::None;
    };
    let own = edits
        .iter()
        .filter(|edit| edit.source == object.source() && !edit.span.is_empty());
    let mut found = Contradiction::None;
    for edit in own {
        let Some(old) = text.get(edit.span.range()) else {
            continue;
        };
        let is_version = object
            .node()
            .get("apiVersion")
            .is_some_and(|node| node.span() == edit.span);
        let word = old.trim().trim_matches(['"', '\'']);
        let word = word.rsplit('/').next().unwrap_or_default().to_lowercase();
        for comment in comments_at(object, text, edit.span) {
            let comment = comment.to_lowercase();
            if is_version && names_release(&comment) {
                return Contradiction::Release;
            }
            let names = word.len() >= 4 && !word.contains('\n') && comment.contains(&word);
            if names || ["typo", "misspel"].iter().any(|it| comment.contains(it)) {
                found = Contradiction::Stale;
            }
        }
    }
    found
}

/// Whether a comment right above an object says that it is one pod.
pub(super) fn head_says_one(object: &Object) -> bool {
    const MOST_LINES: usize = 20;
    let text = object.tree().file_text().unwrap_or_default();
    let start = object.node().span().range().start;
    let above = text.get(..start).unwrap_or_default().lines().rev();
    let comments = above
        .map(str::trim)
        .take(MOST_LINES)
        .take_while(|line| line.is_empty() || line.starts_with('#'));
    comments.map(str::to_lowercase).any(|comment| {
        // `single-replica` is the name of a rule.
        let words: Vec<&str> = comment
            .split_whitespace()
            .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
            .collect();
        words.windows(2).any(|pair| {
            matches!(
                pair,
                [
                    "1" | "one" | "single" | "lone",
                    "pod" | "replica" | "instance"
                ]
            )
        })
    })
}

/// Whether a comment on the line of a value, or right above it, says for which releases of Kubernetes it is.
pub(super) fn names_release_at(object: &Object, node: Node<'_>) -> bool {
    let text = object.tree().file_text();
    text.is_some_and(|text| {
        let mut comments = comments_at(object, text, node.span());
        comments.any(|comment| names_release(&comment.to_lowercase()))
    })
}

/// `k8s versions before 1.9`
fn names_release(comment: &str) -> bool {
    let is_of_kubernetes = ["k8s", "kubernetes"].iter().any(|it| comment.contains(it));
    let mut numbers = comment.split(|c: char| !c.is_ascii_digit() && c != '.');
    is_of_kubernetes && numbers.any(|number| number.starts_with("1.") && number.len() > 2)
}

/// The comment behind an edit's line and those that stand alone right above it.
fn comments_at<'t>(object: &'t Object, text: &'t str, span: Span) -> impl Iterator<Item = &'t str> {
    /// Each edit asks.
    const MOST_LINES: usize = 50;
    const MOST_LETTERS: usize = 1000;
    let (start, end) = (span.range().start, span.range().end);
    let tree = object.tree();
    let (line_start, line_end) = (tree.line_start(start), tree.line_end(end));
    let comments = tree.comments();
    let next = comments.partition_point(|comment| comment.span.range().start < end);
    let behind = comments
        .get(next)
        .filter(|comment| comment.span.range().start < line_end)
        .and_then(|comment| text.get(comment.span.range()));
    let above = text.get(..line_start).unwrap_or_default().lines().rev();
    let above = above
        .map(str::trim)
        .take_while(|line| line.starts_with('#'))
        .take(MOST_LINES);
    let comments = behind.into_iter().chain(above);
    comments.map(|comment| clip(comment, MOST_LETTERS))
}

#[cfg(test)]
mod tests {
    use super::names_release;

    #[test]
    fn releases_are_named_in_comments() {
        assert!(names_release("# used on <1.21 k8s versions"));
        assert!(names_release("# for kubernetes 1.8"));
        assert!(!names_release("# kubernetes, see [1.]"));
        assert!(!names_release("# release 1.21 of the app"));
    }
}
