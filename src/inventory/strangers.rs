//! Documents that are not manifests.

use std::collections::HashSet;
use std::sync::Arc;

use super::Inventory;
use super::kustomize::{join, patch_files};
use crate::kube::Body;
use crate::source::{Location, SourceId, Sources};
use crate::yaml::{Node, Tree};

/// A document that is not a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Its outermost node.
    pub location: Location,
    /// Whether it is a patch: a kustomization in view names its file as one, or it is a JSON 6902
    /// patch.
    pub is_patch: bool,
    /// Whether a kustomization in view names its file as a patch.
    pub is_used: bool,
}

pub(super) fn of(
    inventory: &Inventory,
    sources: &Sources,
    others: &[(SourceId, Arc<Tree>)],
) -> Vec<Stranger> {
    let patches = patches(inventory, sources);
    let strangers = others.iter().map(|(source, tree)| {
        let is_used = patches.contains(sources.get(*source).root_path());
        Stranger {
            location: Location {
                source: *source,
                span: tree.root().span(),
            },
            is_patch: is_used || is_json_patch(tree.root()),
            is_used,
        }
    });
    strangers.collect()
}

/// The paths of all files that kustomizations name as patches.
fn patches(inventory: &Inventory, sources: &Sources) -> HashSet<String> {
    let mut paths = HashSet::new();
    for (_, entry) in inventory.whole() {
        if let Body::Kustomization(data) = entry.object.body() {
            let path = sources.get(entry.object.source()).root_path();
            let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
            paths.extend(patch_files(data).map(|file| join(directory, file)));
        }
    }
    paths
}

fn is_json_patch(root: Node<'_>) -> bool {
    let is_operation = |item: Node<'_>| item.get("op").is_some() && item.get("path").is_some();
    root.items().next().is_some() && root.items().all(is_operation)
}
