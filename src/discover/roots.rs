//! How far the view of a run reaches.

use std::path::{Path, PathBuf};

use super::candidates::Named;
use crate::settings::CONFIG_FILE_NAMES;

/// What is read as context of a named path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Extent {
    /// Everything below the directory.
    Tree(PathBuf),
    /// The files directly in the directory.
    Folder(PathBuf),
}

/// The roots of all named paths of a run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Roots {
    /// Repository roots; none inside another.
    pub(super) bases: Vec<PathBuf>,
    /// None inside another.
    pub(super) extents: Vec<Extent>,
}

struct Root {
    base: PathBuf,
    extent: Option<Extent>,
}

impl Roots {
    /// `stdin` is where standard input stands, and whether that was said by the user.
    pub(super) fn of(named: &[Named], stdin: Option<(&Path, bool)>) -> Self {
        let mut roots: Vec<Root> = named.iter().map(of_named).collect();
        roots.extend(stdin.map(|(path, said)| of_stdin(path, said)));

        let bases: Vec<PathBuf> = roots.iter().map(|root| root.base.clone()).collect();
        let extents: Vec<Extent> = roots.into_iter().filter_map(|root| root.extent).collect();
        let trees: Vec<PathBuf> = outermost(extents.iter().filter_map(|extent| match extent {
            Extent::Tree(path) => Some(path.clone()),
            Extent::Folder(_) => None,
        }));
        let mut folders: Vec<PathBuf> = extents
            .into_iter()
            .filter_map(|extent| match extent {
                Extent::Folder(path) => Some(path),
                Extent::Tree(_) => None,
            })
            .filter(|folder| !trees.iter().any(|tree| folder.starts_with(tree)))
            .collect();
        folders.sort();
        folders.dedup();
        Self {
            bases: outermost(bases.into_iter()),
            extents: (trees.into_iter().map(Extent::Tree))
                .chain(folders.into_iter().map(Extent::Folder))
                .collect(),
        }
    }

    /// Adds directories to the view.
    pub(super) fn widen<'p>(&mut self, directories: impl Iterator<Item = &'p PathBuf>) {
        let is_seen = |directory: &PathBuf| {
            self.extents.iter().any(|extent| match extent {
                Extent::Tree(tree) => directory.starts_with(tree),
                Extent::Folder(_) => false,
            })
        };
        let new: Vec<PathBuf> = directories.filter(|it| !is_seen(it)).cloned().collect();
        self.extents
            .extend(outermost(new.into_iter()).into_iter().map(Extent::Tree));
    }

    /// The directories that hold every file of the run; none inside another.
    pub(super) fn all(&self) -> Vec<PathBuf> {
        let trees = self.extents.iter().map(|extent| match extent {
            Extent::Tree(path) | Extent::Folder(path) => path.clone(),
        });
        outermost(self.bases.iter().cloned().chain(trees))
    }

    /// The repository root a path belongs to.
    pub(super) fn base_of(&self, path: &Path) -> Option<&Path> {
        self.bases
            .iter()
            .find(|base| path.starts_with(base))
            .map(PathBuf::as_path)
    }
}

fn of_named(named: &Named) -> Root {
    match named {
        Named::Directory(path) => of_repository(path).unwrap_or_else(|| Root {
            base: path.clone(),
            extent: Some(Extent::Tree(path.clone())),
        }),
        Named::File(path) => of_file(path),
    }
}

fn of_file(path: &Path) -> Root {
    let folder = path.parent().unwrap_or(path);
    of_repository(folder).unwrap_or_else(|| Root {
        base: folder.to_owned(),
        extent: Some(Extent::Folder(folder.to_owned())),
    })
}

/// Without a name, and outside of any repository, what a pipe brings has nothing to do with the
/// files that happen to lie in the working directory.
fn of_stdin(path: &Path, said: bool) -> Root {
    let root = of_file(path);
    match root.extent {
        Some(Extent::Folder(_)) if !said => Root {
            extent: None,
            ..root
        },
        _ => root,
    }
}

/// The root of the repository that holds a directory. A configuration file below the top of a git
/// repository narrows the view; paths stay relative to the top, as code scanning wants them.
fn of_repository(directory: &Path) -> Option<Root> {
    let extent = directory
        .ancestors()
        .find(|directory| is_git_root(directory) || has_config(directory))?;
    let base = extent
        .ancestors()
        .find(|directory| is_git_root(directory))
        .unwrap_or(extent);
    Some(Root {
        base: base.to_owned(),
        extent: Some(Extent::Tree(extent.to_owned())),
    })
}

/// A worktree or submodule has a file of that name.
fn is_git_root(directory: &Path) -> bool {
    directory.join(".git").exists()
}

fn has_config(directory: &Path) -> bool {
    CONFIG_FILE_NAMES
        .iter()
        .any(|name| directory.join(name).is_file())
}

fn outermost(paths: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = paths.collect();
    paths.sort();
    paths.dedup();
    let mut kept: Vec<PathBuf> = Vec::new();
    for path in paths {
        if !kept.iter().any(|outer| path.starts_with(outer)) {
            kept.push(path);
        }
    }
    kept
}
