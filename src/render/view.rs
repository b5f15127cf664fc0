//! What a program may see: a copy of the files that were looked at before it starts, and no others.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::at_work::{Scratch, is_scratch};
use crate::discover::normal;
use crate::units::show_size;

/// More files than any chart or kustomization has that is not meant to fill a disk.
const MAX_FILES: usize = 20_000;
const MAX_BYTES: u64 = 256 * 1024 * 1024;
/// Folders inside of each other, which links can make endless.
const MAX_DEPTH: usize = 64;
/// Holds what the repository is not: credentials, among others.
const GIT: &str = ".git";

/// Where a program works, and where it finds the copies of the user's files.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// Canonical.
    scratch: PathBuf,
    /// The root of the user's file system.
    anchor: PathBuf,
}

impl Places {
    /// The places of a program that is about a directory of the user.
    pub(super) fn new(scratch: &Scratch, directory: &Path) -> io::Result<Self> {
        let places = Self {
            scratch: fs::canonicalize(scratch.path())?,
            anchor: directory.ancestors().last().unwrap_or(directory).to_owned(),
        };
        for folder in [places.work(), places.view(), places.home()] {
            fs::create_dir(folder)?;
        }
        Ok(places)
    }

    #[cfg(test)]
    pub(super) fn at(scratch: &str) -> Self {
        Self {
            scratch: scratch.into(),
            anchor: "/".into(),
        }
    }

    pub(super) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// The working directory of the program.
    pub(super) fn work(&self) -> PathBuf {
        self.scratch.join("work")
    }

    /// The copies.
    pub(super) fn view(&self) -> PathBuf {
        self.scratch.join("view")
    }

    /// All that the program may write to.
    pub(super) fn home(&self) -> PathBuf {
        self.scratch.join("home")
    }

    /// The copy of a path of the user.
    pub(super) fn inside(&self, path: &Path) -> PathBuf {
        let parts = path.components();
        let parts = parts.filter(|part| matches!(part, Component::Normal(_)));
        self.view().join(parts.collect::<PathBuf>())
    }

    /// The path of the user that a copy stands for.
    pub(super) fn outside(&self, path: &Path) -> Option<PathBuf> {
        let rest = path.strip_prefix(self.view()).ok()?;
        Some(self.anchor.join(rest))
    }
}

/// A copy that is being made. Every path keeps its place relative to every other.
#[derive(Debug)]
pub(super) struct View<'a> {
    places: &'a Places,
    /// Only what lies below one of these is copied. Canonical.
    roots: &'a [PathBuf],
    seen: BTreeSet<PathBuf>,
    files: usize,
    bytes: u64,
}

/// Why there is no copy.
#[derive(Debug)]
pub(super) enum NoView {
    /// What the files have that keeps them from being rendered.
    Obstacle(String),
    /// The copy cannot be written.
    Io(io::Error),
}

impl From<io::Error> for NoView {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<'a> View<'a> {
    pub(super) fn new(places: &'a Places, roots: &'a [PathBuf]) -> Self {
        Self {
            places,
            roots,
            seen: BTreeSet::new(),
            files: 0,
            bytes: 0,
        }
    }

    /// Takes in a file or an empty directory, with the links that lead there as links. `path` is
    /// absolute; what does not exist is left for the program to miss.
    pub(super) fn mirror(&mut self, path: &Path) -> Result<(), NoView> {
        let path = normal(path);
        let mut real = PathBuf::new();
        for part in path.components() {
            real.push(part);
            if !matches!(part, Component::Normal(_)) {
                continue;
            }
            let Ok(metadata) = fs::symlink_metadata(&real) else {
                return Ok(());
            };
            if metadata.is_symlink() {
                let Ok(target) = fs::canonicalize(&real) else {
                    return Ok(());
                };
                self.check(&target, &path)?;
                self.link(&real, &target)?;
                real = target;
            }
        }
        if real.is_dir() {
            self.check(&real, &path)?;
            fs::create_dir_all(self.places.inside(&real))?;
        } else if real.is_file() {
            self.check(&real, &path)?;
            let place = self.places.inside(&real);
            self.copy(&real, &place)?;
        }
        Ok(())
    }

    /// Takes in a file, if there is one, under another path.
    pub(super) fn take_in_as(&mut self, path: &Path, place: &Path) -> Result<(), NoView> {
        let Ok(real) = fs::canonicalize(path) else {
            return Ok(());
        };
        self.check(&real, path)?;
        if real.is_file() {
            self.copy(&real, place)?;
        }
        Ok(())
    }

    /// Takes in a directory with all that lies below it; links are followed and become what they
    /// lead to, as Helm reads them.
    pub(super) fn take_in(&mut self, directory: &Path) -> Result<(), NoView> {
        let place = self.places.inside(directory);
        let mut todo = vec![(directory.to_owned(), place, 0)];
        while let Some((directory, place, depth)) = todo.pop() {
            if depth > MAX_DEPTH {
                return Err(NoView::Obstacle(format!(
                    "its folders lie more than {MAX_DEPTH} deep in each other"
                )));
            }
            fs::create_dir_all(&place)?;
            let Ok(entries) = fs::read_dir(&directory) else {
                continue;
            };
            for entry in entries.filter_map(Result::ok) {
                let (path, name) = (entry.path(), entry.file_name());
                if is_git(&name) || is_scratch(&path) {
                    continue;
                }
                self.count()?;
                let Ok(real) = fs::canonicalize(&path) else {
                    // A link that leads nowhere: Helm says so.
                    self.dangle(&path, &place.join(&name))?;
                    continue;
                };
                self.check(&real, &path)?;
                if real.is_dir() {
                    todo.push((real, place.join(name), depth + 1));
                } else if real.is_file() {
                    self.copy(&real, &place.join(name))?;
                }
            }
        }
        Ok(())
    }

    /// Refuses what lies outside of the repository, or in its git directory.
    fn check(&self, real: &Path, path: &Path) -> Result<(), NoView> {
        let root = self.roots.iter().find(|root| real.starts_with(root));
        let rest = root.and_then(|root| real.strip_prefix(root).ok());
        if rest.is_some_and(|rest| !rest.iter().any(is_git)) {
            return Ok(());
        }
        let shown = self
            .roots
            .iter()
            .find_map(|root| path.strip_prefix(root).ok());
        Err(NoView::Obstacle(format!(
            "`{}` leads out of the repository",
            shown.unwrap_or(path).display()
        )))
    }

    fn count(&mut self) -> Result<(), NoView> {
        self.files += 1;
        if self.files > MAX_FILES {
            return Err(NoView::Obstacle(format!(
                "it has more than {MAX_FILES} files"
            )));
        }
        Ok(())
    }

    fn copy(&mut self, from: &Path, to: &Path) -> Result<(), NoView> {
        if !self.seen.insert(to.to_owned()) {
            return Ok(());
        }
        self.count()?;
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        let Ok(file) = File::open(from) else {
            // What lameduck cannot read, the program could not either.
            return Ok(());
        };
        let left = MAX_BYTES - self.bytes;
        self.bytes += io::copy(&mut file.take(left + 1), &mut File::create(to)?)?;
        if self.bytes > MAX_BYTES {
            return Err(NoView::Obstacle(format!(
                "its files have more than {}",
                show_size(MAX_BYTES)
            )));
        }
        Ok(())
    }

    fn link(&mut self, from: &Path, target: &Path) -> Result<(), NoView> {
        let place = self.places.inside(from);
        if !self.seen.insert(place.clone()) {
            return Ok(());
        }
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        link(&self.places.inside(target), &place)?;
        Ok(())
    }

    fn dangle(&mut self, from: &Path, place: &Path) -> Result<(), NoView> {
        if fs::symlink_metadata(from).is_ok_and(|it| it.is_symlink()) {
            link(&self.places.view().join("missing"), place)?;
        }
        Ok(())
    }
}

/// File systems that ignore case open `.GIT` as `.git`.
fn is_git(name: &OsStr) -> bool {
    name.eq_ignore_ascii_case(GIT)
}

#[cfg(unix)]
fn link(target: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

#[cfg(windows)]
fn link(target: &Path, place: &Path) -> io::Result<()> {
    if target.is_dir() {
        std::os::windows::fs::symlink_dir(target, place)
    } else {
        std::os::windows::fs::symlink_file(target, place)
    }
}
