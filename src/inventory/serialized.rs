//! Folders that a program has written, by the order of the keys: who serializes JSON sorts them, and nobody
//! keeps that up by hand over several files.

use std::collections::{HashMap, HashSet};

use super::Inventory;
use super::nearest::View;
use crate::kube::Object;
use crate::source::{SourceId, Sources};
use crate::yaml::Node;

/// Fewer files prove nothing.
const FEWEST_FILES: usize = 4;
/// Neither do fewer mappings of three keys or more.
const FEWEST_MAPPINGS: usize = 15;

/// What is known of a folder so far.
#[derive(Default)]
struct Folder {
    files: HashSet<SourceId>,
    mappings: usize,
    is_by_hand: bool,
}

/// The files of folders in which every key stands in order and no comment stands anywhere.
pub(super) fn files(inventory: &Inventory, sources: &Sources) -> HashSet<SourceId> {
    let mut folders: HashMap<&str, Folder> = HashMap::new();
    for entry in &inventory.entries {
        let object = &entry.object;
        let path = sources.get(object.source()).root_path();
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let folder = folders.entry(parent).or_default();
        if folder.is_by_hand || entry.view != View::Files {
            continue;
        }
        folder.files.insert(object.source());
        match sorted_mappings(object) {
            Some(count) => folder.mappings += count,
            None => folder.is_by_hand = true,
        }
    }
    let written = folders.into_values().filter(|folder| {
        !folder.is_by_hand
            && folder.files.len() >= FEWEST_FILES
            && folder.mappings >= FEWEST_MAPPINGS
    });
    written.flat_map(|folder| folder.files).collect()
}

/// How many mappings of three keys or more an object has; `None` where one is not in order, or a comment
/// stands in it.
fn sorted_mappings(object: &Object) -> Option<usize> {
    if !object.tree().comments().is_empty() {
        return None;
    }
    let mut found = 0;
    let mut open: Vec<Node<'_>> = vec![object.node()];
    while let Some(node) = open.pop() {
        // What an alias stands for is looked at where it is written.
        if node.is_alias() {
            return None;
        }
        let mut last: Option<&str> = None;
        let mut keys = 0;
        for entry in node.written_entries() {
            let key = entry.key.key_text();
            if last.is_some_and(|last| last > key) {
                return None;
            }
            last = Some(key);
            keys += 1;
            open.push(entry.value);
        }
        found += usize::from(keys >= 3);
        open.extend(node.items());
    }
    Some(found)
}
