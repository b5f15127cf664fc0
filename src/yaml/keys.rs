//! What the decoder asks of a mapping's keys.

use std::borrow::Cow;
use std::collections::HashMap;

use super::scalar::Scalar;
use super::tree::{DuplicateKey, Node, NodeId, key_identity};

/// Up to here keys are compared pairwise, above by hash.
const SMALL_MAPPING: usize = 16;

/// Keys are texts to the decoder, whatever their form; collections and null cannot be keys.
pub(super) fn key_problem(key: Node<'_>) -> Option<&'static str> {
    match key.scalar() {
        None => Some("a collection cannot be a mapping's key"),
        Some(Scalar::Null) => Some("a mapping's key is missing or null"),
        Some(_) => None,
    }
}

/// What is wrong with the value of a merge key.
pub(super) fn merge_problem(key: Node<'_>, value: Node<'_>) -> Option<&'static str> {
    let legal = !key.is_merge_key()
        || value.is_mapping()
        // An alias of a list is refused, though the list itself would not be.
        || (value.is_sequence() && !value.is_alias() && value.items().all(Node::is_mapping));
    (!legal).then_some("the merge key `<<` takes a mapping or a list of mappings")
}

/// The keys that a mapping of so many entries gives twice.
pub(super) fn duplicates(mapping: Node<'_>, count: usize) -> Vec<DuplicateKey> {
    let mut found = Vec::new();
    let keys = mapping
        .written_entries()
        .map(|entry| entry.key)
        .filter(|key| !key.is_merge_key());
    let mut note = |first: NodeId, second: NodeId| found.push(DuplicateKey { first, second });
    if count <= SMALL_MAPPING {
        let mut seen: Vec<(Cow<'_, str>, NodeId)> = Vec::with_capacity(count);
        for key in keys {
            let identity = key_identity(key);
            match seen.iter_mut().find(|(other, _)| *other == identity) {
                Some((_, earlier)) => note(std::mem::replace(earlier, key.id()), key.id()),
                None => seen.push((identity, key.id())),
            }
        }
    } else {
        let mut seen: HashMap<Cow<'_, str>, NodeId> = HashMap::with_capacity(count);
        for key in keys {
            if let Some(earlier) = seen.insert(key_identity(key), key.id()) {
                note(earlier, key.id());
            }
        }
    }
    found
}
