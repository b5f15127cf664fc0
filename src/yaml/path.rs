//! Where a node stands in its document, for people.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use super::tree::{Data, Node, NodeId, Shape, Tree};
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
        let _ = write!(path, "[{}]", position(sequence, item));
    }
}

/// Where what long collections hold stands, looked at once and when the first is asked for. No part of
/// what a tree is.
#[derive(Debug, Default)]
pub(super) struct Positions(OnceLock<Box<Long>>);

/// What stands in long collections, beyond what is faster counted.
#[derive(Debug, Default)]
struct Long {
    /// Items by their number.
    items: HashMap<NodeId, usize>,
    /// Keys and values by their key.
    keys: HashMap<NodeId, NodeId>,
}

impl PartialEq for Positions {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Positions {}

impl Long {
    fn of(tree: &Tree) -> Self {
        let mut long = Self::default();
        // Not aliases, each of which would go through what it stands for.
        let is_collection =
            |data: &Data| matches!(data.shape, Shape::Sequence { .. } | Shape::Mapping { .. });
        let nodes = (0_u32..).zip(&tree.nodes);
        for (id, _) in nodes.filter(|(_, data)| is_collection(data)) {
            let node = tree.node(NodeId(id));
            let items = node.items().enumerate().skip(FAR);
            long.items
                .extend(items.map(|(position, item)| (item.id(), position)));
            for entry in node.written_entries().skip(FAR) {
                let key = entry.key.id();
                long.keys.extend([(key, key), (entry.value.id(), key)]);
            }
        }
        long
    }
}

/// Counting this far is faster than a look-up.
const FAR: usize = 64;

fn position(sequence: Node<'_>, item: Node<'_>) -> usize {
    let near = sequence
        .items()
        .take(FAR)
        .position(|it| it.id() == item.id());
    near.unwrap_or_else(|| {
        let tree = sequence.tree();
        let long = tree.positions.0.get_or_init(|| Box::new(Long::of(tree)));
        long.items.get(&item.id()).copied().unwrap_or_default()
    })
}

fn push_key(path: &mut String, mapping: Node<'_>, child: Node<'_>) {
    let near = mapping
        .written_entries()
        .take(FAR)
        .find(|entry| entry.key.id() == child.id() || entry.value.id() == child.id());
    let key = near.map(|entry| entry.key).or_else(|| {
        let tree = mapping.tree();
        let long = tree.positions.0.get_or_init(|| Box::new(Long::of(tree)));
        long.keys.get(&child.id()).map(|key| tree.node(*key))
    });
    push_text_key(path, key.and_then(Node::raw_text).unwrap_or_default());
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
