//! The manifests of one kind in a file, and which of them an object was built from.

use std::collections::HashMap;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use super::layers::{Piece, namespace};

/// No object has a longer name.
const LONGEST: usize = 253;

/// The manifests of one kind in a file.
#[derive(Debug, Default)]
pub(super) struct Manifests {
    pieces: Vec<Piece>,
    by_name: HashMap<String, Named>,
    /// The names, and what finds those that stand in another one.
    parts: OnceLock<(Vec<String>, Option<AhoCorasick>)>,
}

/// Those of one name, by their place among the pieces.
#[derive(Debug, Default)]
struct Named {
    all: Vec<usize>,
    by_namespace: HashMap<Option<String>, Vec<usize>>,
}

impl Manifests {
    pub(super) fn push(&mut self, name: &str, piece: Piece) {
        let at = self.pieces.len();
        let named = self.by_name.entry(name.to_owned()).or_default();
        let namespace = namespace(piece.node()).map(str::to_owned);
        named.all.push(at);
        named.by_namespace.entry(namespace).or_default().push(at);
        self.pieces.push(piece);
    }

    /// The one that an object starts as which has this name and namespace after the build: that of the
    /// same name, else the only one there is, else that of the longest name that is part of its name; of
    /// several that of the same namespace. `None` where that leaves several.
    pub(super) fn becomes(&self, name: &str, namespace: Option<&str>) -> Option<&Piece> {
        let same = self.by_name.get(name);
        let found = match same {
            Some(same) => vec![same],
            None if self.pieces.len() == 1 => return self.pieces.first(),
            None => self.longest_within(name),
        };
        let namespace = namespace.map(str::to_owned);
        let beside = found
            .iter()
            .filter_map(|it| it.by_namespace.get(&namespace));
        let beside: Vec<usize> = beside.flatten().copied().collect();
        let any = || found.iter().flat_map(|it| &it.all).copied().take(2);
        let of = if beside.is_empty() {
            any().collect()
        } else {
            beside
        };
        match of.as_slice() {
            [only] => self.pieces.get(*only),
            _ => None,
        }
    }

    /// Those whose name is part of a name, and as long as such a name can be.
    fn longest_within(&self, name: &str) -> Vec<&Named> {
        let (texts, finder) = self.parts.get_or_init(|| {
            let names = self.by_name.keys().filter(|name| !name.is_empty());
            let names: Vec<String> = names.cloned().collect();
            let finder = AhoCorasick::new(&names).ok();
            (names, finder)
        });
        let Some(finder) = finder.as_ref().filter(|_| name.len() <= LONGEST) else {
            return Vec::new();
        };
        let mut longest: Vec<&str> = Vec::new();
        for hit in finder.find_overlapping_iter(name) {
            let Some(part) = texts.get(hit.pattern().as_usize()) else {
                continue;
            };
            let length = longest.first().map_or(0, |it| it.len());
            if part.len() > length {
                longest.clear();
            }
            if part.len() >= length && !longest.contains(&part.as_str()) {
                longest.push(part);
            }
        }
        let found = longest.iter().filter_map(|it| self.by_name.get(*it));
        found.collect()
    }
}
