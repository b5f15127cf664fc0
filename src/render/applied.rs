//! Which patches were for anything that was built: what is data of a generator, settings of kustomize, or a patch
//! for nothing may be a manifest all the same.

use std::collections::BTreeSet;
use std::path::Path;

use super::files::Files;
use super::layers::{Aim, Layer, Library};
use crate::source::SourceId;
use crate::yaml::Node;

/// The steps after which a patch whose target is a pattern counts as for something else.
const MOST: usize = 10_000;

/// The documents of patches that are for an object that was built.
#[derive(Debug, Default)]
pub(super) struct Applied(BTreeSet<(SourceId, u32)>);

impl Applied {
    pub(super) fn add(&mut self, layer: &Layer, built: Node<'_>) {
        if let Layer::Merge(piece, aim) = layer
            && is_patch_of(piece.node(), built)
        {
            let key = key(piece.source, piece.node());
            let is_for_it = || *aim == Aim::Sure || shows(built, piece.node(), &mut { MOST });
            if !self.0.contains(&key) && is_for_it() {
                self.0.insert(key);
            }
        }
    }

    /// Whether none of the documents of a file is an object that nothing was built with. One that deletes
    /// leaves nothing behind.
    pub(super) fn holds_all(&self, file: &Path, library: &mut Library, files: &Files<'_>) -> bool {
        let Some(source) = files.known(file) else {
            return false;
        };
        library.trees(source, files).iter().all(|tree| {
            let root = tree.root();
            self.0.contains(&key(source, root))
                || root.get("kind").is_none()
                || root.get("$patch").is_some()
        })
    }
}

/// Whether a document is of the kind of an object, and no workload by itself that may be deployed as well: a
/// patch has no need to repeat its selector, or its schedule.
fn is_patch_of(patch: Node<'_>, built: Node<'_>) -> bool {
    let [own, of_built] = [patch, built].map(|node| node.get("kind").and_then(Node::text));
    let has = |path: &[&str]| patch.at(path).is_some();
    let is_workload = has(&["spec", "selector"])
        && has(&["spec", "template", "spec", "containers"])
        || has(&["spec", "schedule"])
            && has(&[
                "spec",
                "jobTemplate",
                "spec",
                "template",
                "spec",
                "containers",
            ]);
    own == of_built && !is_workload
}

fn key(source: SourceId, root: Node<'_>) -> (SourceId, u32) {
    (source, root.span().start)
}

/// Whether an object has all that a patch says, but for names, which the build changes: then a patch whose
/// target is a pattern is taken to have been for it. Nobody knows where that takes over so many steps.
fn shows(built: Node<'_>, patch: Node<'_>, left: &mut usize) -> bool {
    let is_of_build = |key: &str| matches!(key, "apiVersion" | "kind" | "metadata");
    patch.entries().all(|entry| {
        let key = entry.key.key_text();
        is_of_build(key) || key.starts_with('$') || has(built.get(key), entry.value, left)
    })
}

fn has(built: Option<Node<'_>>, patch: Node<'_>, left: &mut usize) -> bool {
    if *left == 0 {
        return false;
    }
    *left -= 1;
    let patch = patch.resolved();
    let Some(built) = built.map(Node::resolved) else {
        // A patch takes away what it gives no value.
        return patch.is_null();
    };
    if patch.is_mapping() {
        return patch.entries().all(|entry| {
            let key = entry.key.key_text();
            key.starts_with('$') || has(built.get(key), entry.value, left)
        });
    }
    if patch.is_sequence() {
        let mut items = patch.items();
        return items.all(|item| built.items().any(|it| has(Some(it), item, left)));
    }
    patch.text() == built.text()
}
