//! What kubectl reads otherwise than others do.

mod samples;

use super::Content;
use super::tests::{documents, error, json, value};
use samples::{READ, REFUSED};

#[test]
fn texts_that_kubectl_reads() {
    for (text, read) in READ {
        let trees = documents(text)
            .into_iter()
            .filter_map(|document| match document.content {
                Content::Tree(tree) => Some(json(tree.root()).to_string()),
                Content::Empty => None,
                Content::Broken(error) => Some(format!("refused: {error}")),
            });
        assert_eq!(trees.collect::<Vec<_>>(), [*read], "{text:?}");
    }
}

#[test]
fn texts_that_kubectl_refuses() {
    for (text, why) in REFUSED {
        let refused = documents(text)
            .into_iter()
            .find_map(|document| match document.content {
                Content::Broken(error) => Some(error),
                _ => None,
            });
        let Some(error) = refused else {
            panic!("{text:?} is read");
        };
        assert!(error.message.contains(why), "{text:?}: {error}");
        assert!(
            text.get(error.span.range()).is_some(),
            "{text:?}: {error:?}"
        );
    }
}

#[test]
fn a_key_is_at_most_a_thousand_characters_before_its_colon() {
    // In characters, not in bytes.
    for letter in ["k", "é"] {
        let key = letter.repeat(1024);
        assert_eq!(value(&format!("{key}: 1\n")), format!("{{\"{key}\":1}}"));
        error(&format!("{key}{letter}: 1\n"));
        assert!(value(&format!("{{\"{key}{letter}\": 1}}\n")).ends_with(":1}"));
    }
}

#[test]
fn json_may_be_followed_by_yaml() {
    let kinds = |text: &str| -> Vec<&str> {
        let kind = |content: &Content| match content {
            Content::Tree(_) => "tree",
            Content::Empty => "empty",
            Content::Broken(_) => "broken",
        };
        documents(text)
            .iter()
            .map(|document| kind(&document.content))
            .collect()
    };
    assert_eq!(kinds("{\"a\": 1}\n---\nb: 2\n"), ["tree", "empty", "tree"]);
    assert_eq!(kinds("{\"a\": 1} {\"b\": 2}"), ["tree", "tree"]);
    assert_eq!(kinds("{\"a\": 1}\nb: 2\n"), ["tree", "tree"]);
    // In a stream of YAML, JSON is YAML, which ends with the first value.
    let text = "a: 1\n---\n{\"b\": 2}{\"c\": 3}\n";
    assert_eq!(kinds(text), ["tree", "tree"]);
    let dropped = documents(text)[1].dropped.unwrap();
    assert_eq!(&text[dropped.range()], "{\"c\": 3}");
}
