//! Files that collect what stands in files of their own below: `complete-demo.yaml` beside `manifests/`.

use std::collections::{HashMap, HashSet};

use crate::inventory::nearest::View;
use crate::inventory::{Entry, Inventory};
use crate::source::{SourceId, Sources};

/// A file of fewer objects is no collection, nor are their places fewer.
const FEWEST: usize = 8;

/// What names an object where it is deployed: kind, written namespace and name.
type Title<'a> = (&'a str, Option<&'a str>, &'a str);

fn title(entry: &Entry) -> Title<'_> {
    let object = &entry.object;
    (object.kind(), object.namespace(), object.name())
}

/// The files all of whose objects also stand in other files, in folders below their own.
pub(super) fn files(inventory: &Inventory, sources: &Sources) -> HashSet<SourceId> {
    let mut by_title: HashMap<Title<'_>, Vec<SourceId>> = HashMap::new();
    let mut by_source: HashMap<SourceId, Vec<Title<'_>>> = HashMap::new();
    let written = inventory.entries.iter();
    for entry in written.filter(|entry| entry.view == View::Files) {
        let source = entry.object.source();
        by_title.entry(title(entry)).or_default().push(source);
        by_source.entry(source).or_default().push(title(entry));
    }
    let large = by_source
        .iter()
        .filter(|(_, titles)| titles.len() >= FEWEST);
    let collections = large.filter(|(source, titles)| {
        let path = sources.get(**source).root_path();
        let above = path
            .rfind('/')
            .map_or("", |at| path.get(..=at).unwrap_or_default());
        let is_below = |other: &&SourceId| {
            let rest = sources.get(**other).root_path().strip_prefix(above);
            rest.is_some_and(|rest| rest.contains('/'))
        };
        let mut places: HashSet<SourceId> = HashSet::new();
        let is_collected = titles.iter().all(|title| {
            let known = by_title.get(title).into_iter().flatten();
            // Many copies of one name prove no more than a few.
            let below: Vec<&SourceId> = known.take(100).filter(is_below).collect();
            places.extend(below.iter().map(|other| **other));
            !below.is_empty()
        });
        is_collected && places.len() >= FEWEST
    });
    collections.map(|(source, _)| *source).collect()
}
