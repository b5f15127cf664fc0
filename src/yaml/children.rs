//! Going through the children of a node.

use std::borrow::Cow;
use std::collections::HashMap;

use super::tree::{Entry, NONE, Node, NodeId, Tree, key_identity};

/// Carries out merges in the order of go-yaml: whatever comes later overrides, be it a merge or a
/// key, except that within one list of merged mappings the first wins.
pub(super) struct Overriding<'t> {
    /// The mapping that is gone through, below it those that wait for their turn. Parsing refuses
    /// recursive aliases and bounds their expansion, so this ends.
    open: Vec<Written<'t>>,
}

impl<'t> Overriding<'t> {
    /// Of a mapping, in the order in which they take effect: each overrides earlier ones with its key.
    pub(super) fn of(mapping: Node<'t>) -> Self {
        Self {
            open: vec![mapping.resolved().written()],
        }
    }
}

impl<'t> Iterator for Overriding<'t> {
    type Item = Entry<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(entries) = self.open.last_mut() {
            let Some(entry) = entries.next() else {
                self.open.pop();
                continue;
            };
            if !entry.key.is_merge_key() {
                return Some(entry);
            }
            let value = entry.value.resolved();
            if value.is_sequence() {
                // The last of `open` goes first, so that earlier items override it.
                let items = value.items().map(|item| item.resolved().written());
                self.open.extend(items);
            } else {
                self.open.push(value.written());
            }
        }
        None
    }
}

/// Entries by key; setting a key again replaces its entry in place.
#[derive(Default)]
struct Merged<'t> {
    entries: Vec<Entry<'t>>,
    at: HashMap<Cow<'t, str>, usize>,
}

impl<'t> Merged<'t> {
    fn set(&mut self, entry: Entry<'t>) {
        let at = *self
            .at
            .entry(key_identity(entry.key))
            .or_insert(self.entries.len());
        match self.entries.get_mut(at) {
            Some(earlier) => *earlier = entry,
            None => self.entries.push(entry),
        }
    }
}

/// What [`Node::entries`] gives.
pub(super) enum Entries<'t> {
    Written(Written<'t>),
    Merged(std::vec::IntoIter<Entry<'t>>),
}

impl<'t> Entries<'t> {
    /// Of a mapping with merge keys or duplicates.
    pub(super) fn merged(mapping: Node<'t>) -> Self {
        let mut merged = Merged::default();
        for entry in Overriding::of(mapping) {
            merged.set(entry);
        }
        Self::Merged(merged.entries.into_iter())
    }
}

impl<'t> Iterator for Entries<'t> {
    type Item = Entry<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Written(entries) => entries.next(),
            Self::Merged(entries) => entries.next(),
        }
    }
}

/// Follows the links of a mapping.
pub(super) struct Written<'t>(Links<'t>);

impl<'t> Written<'t> {
    pub(super) fn new(links: Links<'t>) -> Self {
        Self(links)
    }
}

impl<'t> Iterator for Written<'t> {
    type Item = Entry<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(Entry {
            key: self.0.next()?,
            value: self.0.next()?,
        })
    }
}

/// Follows the links of a sequence.
pub(super) struct Links<'t> {
    tree: &'t Tree,
    next: u32,
}

impl<'t> Links<'t> {
    /// From the node with this number on.
    pub(super) fn new(tree: &'t Tree, next: u32) -> Self {
        Self { tree, next }
    }
}

impl<'t> Iterator for Links<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == NONE {
            return None;
        }
        let node = self.tree.node(NodeId(self.next));
        self.next = node.next();
        Some(node)
    }
}
