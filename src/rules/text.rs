//! Words that messages share.

use crate::units::cut::clip;
use crate::yaml::Node;

/// `one`, `one and two`, `one, two and three`.
pub(super) fn and<T: AsRef<str>>(items: &[T]) -> String {
    join(items, "and")
}

/// `one`, `one or two`, `one, two or three`.
pub(super) fn or<T: AsRef<str>>(items: &[T]) -> String {
    join(items, "or")
}

fn join<T: AsRef<str>>(items: &[T], conjunction: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} {conjunction} {}", first.join(", "), last.as_ref())
        }
    }
}

/// How many names a message lists, and how many places a finding points at, where there may be any
/// number of them.
pub(super) const FEW: usize = 10;

/// As [`and`], of the first of so many: `one, two and 8 more`.
pub(super) fn and_more<T: AsRef<str>>(items: &[T], total: usize) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match total.saturating_sub(items.len()) {
        0 => and(&items),
        more => format!("{} and {more} more", items.join(", ")),
    }
}

/// `1 replica`, `2 replicas`.
pub(super) fn count(number: i64, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// `app: web`, `enabled: "true"`: one line of a mapping whose values are texts.
pub(super) fn yaml_pair(key: &str, value: &str) -> String {
    if crate::yaml::is_plain_text(value, false) {
        format!("{key}: {value}")
    } else {
        format!("{key}: {value:?}")
    }
}

/// Whether a comment at the end of a node's line, or on the lines above it, says in words why the value
/// is what it is.
pub(super) fn is_explained(node: Node<'_>) -> bool {
    const LEAST_WORDS: usize = 3;
    const MOST_LINES: usize = 50;
    const MOST_LETTERS: usize = 1000;
    let Some(text) = node.tree().file_text() else {
        return false;
    };
    let range = node.span().range();
    let tree = node.tree();
    let behind = text.get(range.end..tree.line_end(range.end));
    let start = tree.line_start(range.start);
    let above = text.get(..start).unwrap_or_default().lines().rev();
    let above = above
        .map(str::trim)
        .take_while(|line| line.starts_with('#'))
        .take(MOST_LINES);
    let comments = behind.map(str::trim).into_iter().chain(above);
    let comments = comments.map(|comment| clip(comment, MOST_LETTERS));
    let comments = comments.filter_map(|comment| comment.strip_prefix('#'));
    let mut words = comments
        .filter(|comment| !comment.contains("lameduck:"))
        .flat_map(str::split_whitespace)
        .filter(|word| word.chars().any(char::is_alphabetic) && !word.ends_with(':'));
    words.nth(LEAST_WORDS - 1).is_some()
}

/// The most letters of a text that a message takes in whole.
pub(super) const SHORT: usize = 60;

/// A text for a message, and what of it is left for behind the message where it is long.
pub(super) fn in_short(text: &str) -> (&str, Option<&str>) {
    if text.chars().count() <= SHORT {
        return (text, None);
    }
    match text.split_once(": ") {
        Some((what, detail)) => (what, Some(detail)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_look_like_something_else_are_quoted() {
        assert_eq!(yaml_pair("app", "web"), "app: web");
        for value in ["true", "1.10", "", "no", "a: b", "~", "2"] {
            assert_eq!(yaml_pair("a", value), format!("a: \"{value}\""));
        }
    }

    #[test]
    fn comments_explain_in_words() {
        let explained = |text: &str| {
            let stream = crate::yaml::parse(&std::sync::Arc::from(text));
            let document = stream.documents.into_iter().next().expect("a document");
            let crate::yaml::Content::Tree(tree) = document.content else {
                panic!("{text}")
            };
            is_explained(tree.root().get("a").expect("the value"))
        };
        for text in [
            "a: 0 # keeps no state, may go at once\n",
            "# keeps no state,\n# may go at once\na: 0\nb: 1\n",
        ] {
            assert!(explained(text), "{text}");
        }
        for text in [
            "a: 0\n",
            "a: 0 # TODO\n",
            "a: 0 # lameduck: ignore[x] it is meant to be so\n",
            "# b: 30\na: 0\n",
            "# it is about the other value\nb: 1\na: 0\n",
        ] {
            assert!(!explained(text), "{text}");
        }
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(or(&["a"]), "a");
        assert_eq!(or(&["a", "b"]), "a or b");
        assert_eq!(or(&["a", "b", "c"]), "a, b or c");
        assert_eq!(and(&["a", "b", "c"]), "a, b and c");
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(and_more(&["a", "b"], 2), "a and b");
        assert_eq!(and_more(&["a", "b"], 5), "a, b and 3 more");
    }

    #[test]
    fn nouns_agree_with_their_number() {
        assert_eq!(count(1, "replica"), "1 replica");
        assert_eq!(count(3, "replica"), "3 replicas");
    }
}
