//! Objects that a tool has copied from files that people edit: a release beside the manifests it is made of.

use std::collections::{HashMap, HashSet};

use crate::inventory::nearest::View;
use crate::inventory::{Entry, Inventory};
use crate::source::{Location, SourceId};
use crate::yaml::Node;

/// Many objects of one name prove no more than a few.
const FEW: usize = 20;

/// No manifest of a person has so many nodes.
const MOST_NODES: usize = 10_000;

/// For each object of these files those by hand that it is a copy of, but for its images.
pub(super) fn of(
    inventory: &Inventory,
    copies: &HashSet<SourceId>,
) -> HashMap<Location, Vec<Location>> {
    let mut found = HashMap::new();
    if copies.is_empty() {
        return found;
    }
    let mut by_hand: HashMap<(&str, &str), Vec<&Entry>> = HashMap::new();
    let is_copy = |entry: &Entry| copies.contains(&entry.object.source());
    let in_files = || {
        let entries = inventory.entries.iter();
        entries.filter(|entry| entry.view == View::Files)
    };
    for entry in in_files().filter(|entry| !is_copy(entry)) {
        let object = &entry.object;
        let named = by_hand.entry((object.kind(), object.name())).or_default();
        if named.len() < FEW {
            named.push(entry);
        }
    }
    for entry in in_files().filter(|entry| is_copy(entry)) {
        let named = by_hand.get(&(entry.object.kind(), entry.object.name()));
        let originals = named.into_iter().flatten();
        let originals = originals.filter(|other| is_alike(entry, other));
        let originals: Vec<Location> = originals.map(|other| place(other)).collect();
        if !originals.is_empty() {
            found.insert(place(entry), originals);
        }
    }
    found
}

fn place(entry: &Entry) -> Location {
    entry.object.location(entry.object.node())
}

/// Whether two objects say the same, but for their metadata and the images that a release sets.
fn is_alike(one: &Entry, other: &Entry) -> bool {
    let (one, other) = (&one.object, &other.object);
    let namespaces = one.namespace().zip(other.namespace());
    namespaces.is_none_or(|(one, other)| one == other) && say_the_same(one.node(), other.node())
}

fn say_the_same(one: Node<'_>, other: Node<'_>) -> bool {
    let mut left = MOST_NODES;
    let mut open = vec![(one, other, "metadata")];
    while let Some((one, other, but)) = open.pop() {
        let is_too_much = left == 0 || one.is_alias() || other.is_alias();
        if is_too_much || one.text() != other.text() {
            return false;
        }
        left -= 1;
        let (keys, other_keys) = (values(one, but), values(other, but));
        let (items, other_items) = (one.items().count(), other.items().count());
        let has_same_keys = keys
            .iter()
            .map(|it| it.0)
            .eq(other_keys.iter().map(|it| it.0));
        if !has_same_keys || items != other_items {
            return false;
        }
        let below = keys.into_iter().zip(other_keys);
        open.extend(below.map(|((_, one), (_, other))| (one, other, "image")));
        let below = one.items().zip(other.items());
        open.extend(below.map(|(one, other)| (one, other, "image")));
    }
    true
}

/// The values of a mapping, but for one key, in the order of the keys.
fn values<'t>(node: Node<'t>, but: &str) -> Vec<(&'t str, Node<'t>)> {
    let entries = node.written_entries();
    let entries = entries.map(|entry| (entry.key.key_text(), entry.value));
    let mut values: Vec<_> = entries.filter(|(key, _)| *key != but).collect();
    values.sort_by_key(|(key, _)| *key);
    values
}
