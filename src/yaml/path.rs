//! Where a node stands in its document, for people.

use std::fmt::Write as _;

use super::tree::Node;
use crate::units::cut;

/// See [`Node::path`].
pub(super) fn path(node: Node<'_>) -> String {
    let mut chain: Vec<Node<'_>> =
        std::iter::successors(Some(node), |node| node.parent()).collect();
    chain.reverse();
    let mut path = String::new();
    for (parent, child) in chain.iter().zip(chain.iter().skip(1)) {
        if parent.is_sequence() {
            push_item(&mut path, *parent, *child);
        } else {
            push_key(&mut path, *parent, *child);
        }
    }
    path
}

fn push_item(path: &mut String, sequence: Node<'_>, item: Node<'_>) {
    let name = item.get("name").and_then(Node::text);
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        push_bracketed(path, cut::clip(name, cut::LONGEST_NAME));
    } else {
        let index = sequence.items().take_while(|other| other.id() != item.id());
        let _ = write!(path, "[{}]", index.count());
    }
}

fn push_key(path: &mut String, mapping: Node<'_>, child: Node<'_>) {
    let key = mapping
        .written_entries()
        .find(|entry| entry.key.id() == child.id() || entry.value.id() == child.id())
        .map_or("", |entry| entry.key.raw_text().unwrap_or_default());
    push_text_key(path, key);
}

/// The path of the entry `key` below `path`, as [`Node::path`] writes it.
pub fn path_below(path: &str, key: &str) -> String {
    let mut path = path.to_owned();
    push_text_key(&mut path, key);
    path
}

fn push_text_key(path: &mut String, key: &str) {
    let simple = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '/');
    if key.is_empty() || !key.chars().all(simple) {
        push_bracketed(path, key);
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(key);
}

/// The text comes from a manifest: control characters must not reach a terminal.
fn push_bracketed(path: &mut String, text: &str) {
    path.push('[');
    for letter in text.chars() {
        if letter.is_control() {
            path.extend(letter.escape_default());
        } else {
            path.push(letter);
        }
    }
    path.push(']');
}
