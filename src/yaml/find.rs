//! Finding the entry of a mapping by its key.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::children::Overriding;
use super::scalar::{self, Scalar};
use super::tree::{At, Entry, NONE, Node, NodeId, Shape};

/// Going through this many entries is faster than a look-up.
const FAR: usize = 64;

/// So many entries are held for look-ups at most, for each node of a tree: merge keys repeat entries.
const HELD: usize = 8;

/// The entries of long mappings by their keys, each mapping looked at once and when somebody asks for a
/// key that is not among its first. No part of what a tree is.
#[derive(Debug, Default)]
pub(super) struct LongMappings(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    mappings: HashMap<NodeId, Arc<Keys>>,
    /// How many entries these have together.
    entries: usize,
}

/// Keys and values by the key's text.
type Keys = HashMap<Box<str>, (NodeId, NodeId)>;

impl PartialEq for LongMappings {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for LongMappings {}

/// See [`Node::entry`]. Rules ask for keys more often than for anything else, so this follows the links
/// itself.
pub(super) fn entry<'t>(mapping: Node<'t>, key: &str) -> Option<Entry<'t>> {
    if mapping.is_irregular() {
        return overriding(mapping, key);
    }
    // Found out once, not for each key.
    let is_typed = is_typed(key);
    let mut at = mapping.first_key();
    let mut seen = 0;
    while at != NONE {
        if seen == FAR
            && let Some(keys) = keys(mapping)
        {
            return in_keys(mapping, &keys, key);
        }
        seen += 1;
        let written = mapping.sibling(at);
        let value = mapping.sibling(written.next());
        if is_key(written, key, is_typed) {
            return Some(Entry {
                key: written,
                value,
            });
        }
        at = value.next();
    }
    None
}

/// The last entry with this key in the order in which they take effect.
fn overriding<'t>(mapping: Node<'t>, key: &str) -> Option<Entry<'t>> {
    let is_typed = is_typed(key);
    let mut found = None;
    for (seen, entry) in Overriding::of(mapping).enumerate() {
        if seen == FAR
            && let Some(keys) = keys(mapping)
        {
            return in_keys(mapping, &keys, key);
        }
        if is_key(entry.key, key, is_typed) {
            found = Some(entry);
        }
    }
    found
}

fn in_keys<'t>(mapping: Node<'t>, keys: &Keys, key: &str) -> Option<Entry<'t>> {
    let (key, value) = *keys.get(key)?;
    Some(Entry {
        key: mapping.tree().node(key),
        value: mapping.tree().node(value),
    })
}

/// The entries of a long mapping; `None` where enough is held.
fn keys(mapping: Node<'_>) -> Option<Arc<Keys>> {
    let tree = mapping.tree();
    let lock = &tree.long_mappings.0;
    let most = tree.nodes.len().saturating_mul(HELD);
    {
        let known = lock.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = known.mappings.get(&mapping.id()) {
            return Some(Arc::clone(keys));
        }
        if known.entries >= most {
            return None;
        }
    }
    let mut keys = Keys::new();
    if mapping.is_irregular() {
        for entry in Overriding::of(mapping) {
            let ids = (entry.key.id(), entry.value.id());
            keys.insert(entry.key.key_text().into(), ids);
        }
    } else {
        for entry in mapping.written() {
            let ids = (entry.key.id(), entry.value.id());
            keys.entry(entry.key.key_text().into()).or_insert(ids);
        }
    }
    let keys = Arc::new(keys);
    let mut known = lock.write().unwrap_or_else(PoisonError::into_inner);
    let before = known.mappings.insert(mapping.id(), Arc::clone(&keys));
    if before.is_none() {
        known.entries += keys.len();
    }
    Some(keys)
}

/// Whether [`Node::key_text`] is this text, which seldom needs to be interpreted: where it `is_typed`,
/// as a number or a truth value.
fn is_key(key: Node<'_>, text: &str, is_typed: bool) -> bool {
    if is_typed {
        return key.key_text() == text;
    }
    let data = key.data();
    let written = match data.shape {
        Shape::Scalar { text: At::Span, .. } => data.span.range(),
        Shape::Scalar {
            text: At::Inside, ..
        } => data.span.start as usize + 1..data.span.end as usize - 1,
        _ => return key.key_text() == text,
    };
    key.tree().source.as_bytes().get(written) == Some(text.as_bytes())
}

/// Whether a text may be read as another one: `yes` as `true`, and `0x1` as `1`.
fn is_typed(text: &str) -> bool {
    // The longest word is `false`; rules ask for long names.
    let is_word = text.starts_with(|it: char| it.is_ascii_alphabetic());
    if is_word && text.len() > "false".len() {
        return false;
    }
    matches!(
        scalar::resolve(text),
        Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_)
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::yaml::{Content, Tree, parse};

    fn tree(text: &str) -> Tree {
        let document = parse(&Arc::from(text)).documents.remove(0);
        match document.content {
            Content::Tree(tree) => tree,
            other => panic!("{other:?}"),
        }
    }

    /// That each key leads to what the decoder makes of it.
    fn finds_all(mapping: Node<'_>) -> usize {
        let all: Vec<Entry<'_>> = mapping.entries().collect();
        for wanted in &all {
            let key = wanted.key.key_text();
            let found = mapping.entry(key).unwrap_or_else(|| panic!("{key}"));
            assert_eq!(found.value.id(), wanted.value.id(), "{key}");
        }
        assert!(mapping.entry("k").is_none());
        assert!(mapping.entry("").is_none());
        all.len()
    }

    #[test]
    fn long_mappings_give_what_short_ones_give() {
        use std::fmt::Write as _;
        let mut text = String::from("base: &base\n");
        for nth in 0..300 {
            let _ = writeln!(text, "  k{nth}: base");
        }
        text.push_str("plain:\n");
        for nth in 0..300 {
            let _ = writeln!(
                text,
                "  k{nth}: {nth}\n  'q{nth}': a\n  \"d\\u0061{nth}\": b"
            );
        }
        text.push_str("  yes: a\n  0x10: b\n  1.5: c\n  'no': e\n");
        text.push_str("merged:\n  own: a\n  <<: *base\n  k7: own\n  k299: own\nirregular:\n");
        for nth in 0..300 {
            let _ = writeln!(text, "  k{nth}: {nth}\n  k{}: again", nth / 2);
        }
        let tree = tree(&text);
        let get = |key: &str| tree.root().get(key).expect("it is there");
        assert_eq!(finds_all(get("base")), 300);
        assert_eq!(finds_all(get("plain")), 904);
        assert_eq!(finds_all(get("merged")), 301);
        assert_eq!(finds_all(get("irregular")), 300);
        let text = |mapping: &str, key: &str| get(mapping).get(key).and_then(Node::text);
        assert_eq!(text("plain", "da299"), Some("b"));
        assert_eq!(text("plain", "16"), Some("b"));
        assert_eq!(text("plain", "true"), Some("a"));
        assert_eq!(text("plain", "no"), Some("e"));
        assert_eq!(text("merged", "k298"), Some("base"));
        assert_eq!(text("merged", "k299"), Some("own"));
        assert_eq!(text("irregular", "k149"), Some("again"));
    }
}
