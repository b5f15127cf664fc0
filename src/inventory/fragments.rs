//! Which objects are only parts of others: patches that no kustomization in view names.
//!
//! What an object leaves out does not tell a patch from a manifest with a fault. Where it stands does.

use std::collections::{HashMap, HashSet};

use super::kustomize::join;
use super::{Inventory, Standing};
use crate::kube::{Body, Part};
use crate::source::Sources;

/// Words in the names of files and folders that hold patches and excerpts.
const WORDS: [&str; 15] = [
    // Excerpts, to be read or to be merged by hand.
    "doc",
    "docs",
    "override",
    "overrides",
    "snippets",
    "patch",
    "patches",
    "overlay",
    "overlays",
    "component",
    "components",
    "kustomize",
    "kustomization",
    "merge",
    "strategic",
];

/// The files that Helm and kustomize know a folder of theirs by.
const MARKS: [&str; 4] = [
    "Chart.yaml",
    "kustomization.yaml",
    "kustomization.yml",
    "Kustomization",
];

/// Marks what stands where patches stand, and of it the patches.
pub(super) fn settle(inventory: &mut Inventory, sources: &Sources) {
    let mut places = Places::of(inventory, sources);
    // Objects of one source stand together.
    let mut known = None;
    for entry in &mut inventory.entries {
        let id = entry.object.source();
        entry.among_patches = match known {
            Some((source, answer)) if source == id => answer,
            _ => {
                let source = sources.get(id);
                // What a program has rendered is what is deployed.
                source.origin().is_none() && places.may_hold_patches(source.root_path())
            }
        };
        known = Some((id, entry.among_patches));
        let is_patch = match entry.object.part() {
            Part::Whole => false,
            Part::Possible => entry.among_patches,
            Part::Certain => true,
        };
        if is_patch {
            entry.standing = Standing::Patch;
        }
    }
}

struct Places<'a> {
    /// Folders of kustomizations and charts.
    folders: HashSet<&'a str>,
    /// Files that a kustomization deploys as they are.
    resources: HashSet<String>,
    /// Whether a folder is one of those, or lies in one.
    below: HashMap<&'a str, bool>,
}

impl<'a> Places<'a> {
    fn of(inventory: &Inventory, sources: &'a Sources) -> Self {
        let mut folders = HashSet::new();
        for source in sources {
            let (folder, name) = split(source.root_path());
            if MARKS.contains(&name) {
                folders.insert(folder);
            }
        }
        let mut resources = HashSet::new();
        for entry in &inventory.entries {
            if let Body::Kustomization(data) = entry.object.body() {
                let path = sources.get(entry.object.source()).root_path();
                let (folder, _) = split(path);
                folders.insert(folder);
                resources.extend(data.resources.iter().map(|file| join(folder, file)));
            }
        }
        Self {
            folders,
            resources,
            below: HashMap::new(),
        }
    }

    fn may_hold_patches(&mut self, path: &'a str) -> bool {
        !self.resources.contains(path) && (names_patches(path) || self.is_below(path))
    }

    /// Whether a file lies in one of the folders, however deep. What stands above a folder is looked at
    /// once.
    fn is_below(&mut self, path: &'a str) -> bool {
        let mut new = Vec::new();
        let mut is_below = false;
        for folder in above(path) {
            if let Some(known) = self.below.get(folder) {
                is_below = *known;
                break;
            }
            new.push(folder);
            if self.folders.contains(folder) {
                is_below = true;
                break;
            }
        }
        self.below
            .extend(new.into_iter().map(|folder| (folder, is_below)));
        is_below
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The folders that a file stands in, the nearest first.
fn above(path: &str) -> impl Iterator<Item = &str> {
    let (nearest, _) = split(path);
    std::iter::successors(Some(nearest), |folder| {
        (!folder.is_empty()).then(|| split(folder).0)
    })
}

/// Whether a word of the path says that it holds patches.
fn names_patches(path: &str) -> bool {
    path.split(|c: char| !c.is_ascii_alphabetic())
        .any(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::{above, names_patches};

    #[test]
    fn names_of_patches() {
        for path in [
            "patches/replicas.yaml",
            "a/deployment-patch.yaml",
            "Overlays/prod/web.yaml",
            "patch1.yaml",
        ] {
            assert!(names_patches(path), "{path}");
        }
        for path in ["deploy/web.yaml", "dispatcher.yaml", "emerge/web.yaml"] {
            assert!(!names_patches(path), "{path}");
        }
    }

    #[test]
    fn folders_above_a_file() {
        assert_eq!(above("a/b/c.yaml").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert_eq!(above("c.yaml").collect::<Vec<_>>(), [""]);
    }
}
