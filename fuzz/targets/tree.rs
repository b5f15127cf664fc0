//! Any bytes → trees: every span lies in the text, on the boundaries of characters, and inside the
//! node that holds it.
#![no_main]

use std::sync::Arc;

use lameduck::yaml::{self, Content, Node};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text: Arc<str> = String::from_utf8_lossy(bytes).into();
    for document in yaml::parse(&text).documents {
        assert!(text.get(document.span.range()).is_some());
        match document.content {
            Content::Empty => {}
            Content::Broken(error) => assert!(text.get(error.span.range()).is_some()),
            Content::Tree(tree) => {
                for comment in tree.comments() {
                    assert!(text[comment.span.range()].starts_with('#'));
                }
                walk(tree.root(), &text);
            }
        }
    }
});

fn walk(node: Node<'_>, text: &str) {
    assert!(text.get(node.span().range()).is_some(), "{:?}", node.span());
    if let Some(parent) = node.parent() {
        assert!(
            parent.span().start <= node.span().start,
            "{:?}",
            node.span()
        );
    }
    let _ = node.scalar();
    if node.is_alias() {
        return;
    }
    for entry in node.written_entries() {
        let key = entry.key.key_text();
        let is_merge = key == "<<" || entry.key.is_alias();
        assert!(node.entry(key).is_some() || is_merge, "{key:?}");
        walk(entry.key, text);
        walk(entry.value, text);
    }
    for item in node.items() {
        walk(item, text);
    }
}
