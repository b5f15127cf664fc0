//! YAML that other readers may take for something else than lameduck does.

use std::sync::Arc;

use crate::yaml::{self, Content, Tree};

/// Line breaks of YAML 1.1 that are letters to newer readers.
const BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];
/// Tags that change no text.
const CORE: [&[u8]; 7] = [
    b"!!str", b"!!map", b"!!seq", b"!!int", b"!!bool", b"!!float", b"!!null",
];

/// The documents of a text that hold something, or what keeps from knowing what others read there.
pub(super) fn understood(text: &Arc<str>) -> Result<Vec<Tree>, &'static str> {
    let mut trees = Vec::new();
    for document in yaml::parse(text).documents {
        match document.content {
            Content::Tree(tree) => trees.push(tree),
            Content::Empty => {}
            Content::Broken(_) => return Err("some of it cannot be read"),
        }
    }
    if text.contains(BREAKS) {
        return Err(
            "it has line breaks (U+0085, U+2028 or U+2029) that not everybody takes for these",
        );
    }
    if has_tags(text, &trees) {
        return Err("it has tags that not everybody knows");
    }
    Ok(trees)
}

/// Whether anything but text and comments of these documents has a tag that is not a core one.
fn has_tags(text: &str, trees: &[Tree]) -> bool {
    let mut rest = text.as_bytes().to_vec();
    let mut blank = |range: std::ops::Range<usize>| {
        if let Some(bytes) = rest.get_mut(range) {
            bytes.fill(b' ');
        }
    };
    for tree in trees {
        let comments = tree.comments().iter();
        comments.for_each(|comment| blank(comment.span.range()));
        let mut todo = vec![tree.root()];
        while let Some(node) = todo.pop() {
            if node.is_alias() {
                continue;
            }
            if node.is_mapping() {
                let entries = node.written_entries();
                todo.extend(entries.flat_map(|entry| [entry.key, entry.value]));
            } else if node.is_sequence() {
                todo.extend(node.items());
            } else {
                blank(node.span().range());
            }
        }
    }
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b",[]{}".contains(byte);
    let mut words = rest.split(is_end);
    words.any(|word| word.contains(&b'!') && !CORE.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exclamation_marks_of_texts_and_comments_are_no_tags() {
        for text in [
            "# Look! here\na: b! # and !here\nc: '!!binary x'\nd: |\n  !x\n\"!k\": [\"!x\", a!b]\n",
            "a: !!str b\nb: !!map {a: &x !!seq [1]}\nc: *x\n",
        ] {
            assert_eq!(understood(&text.into()).unwrap().len(), 1, "{text}");
        }
    }

    #[test]
    fn what_others_may_read_differently_is_not_understood() {
        for text in [
            "a: !!binary aGk=\n",
            "a: [!x b]\n",
            "a: {!!binary aGk= : b}\n",
            "!x\na: b\n",
            "a: !x [b]\n",
            "a: ! b\n",
            "a: !<tag:yaml.org,2002:binary> aGk=\n",
            "a: &b !!binary aGk=\n",
            "a: b\u{85}c: d\n",
            "a: b # \u{2028}c: d\n",
            "a: b\n---\na: [\n",
        ] {
            assert!(understood(&text.into()).is_err(), "{text}");
        }
    }
}
