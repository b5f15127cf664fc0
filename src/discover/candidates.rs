//! Which files a run looks at.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::FileType;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ignore::{DirEntry, WalkBuilder, WalkParallel, WalkState};

use super::DiscoverError;
use super::context::View;
use super::index::tracked;
use super::layout::KUSTOMIZATION_NAMES;
use super::left_out::{holds_modules, is_hidden, is_vendored, left_out, lies_there};
use super::paths::{normal, relative};
use super::roots::{Extent, Roots};
use super::unread::{SkippedBecause, SkippedPath, Unread, gitignore_trap};
use crate::settings::PathPatterns;
use crate::source::{Role, is_inside};
use crate::units::SizeLimit;

/// A path of the command line, canonical.
#[derive(Debug)]
pub(super) enum Named {
    File(PathBuf),
    Directory(PathBuf),
}

/// A file to read.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Its path, or that of a link to it where the file itself is not in view.
    pub(super) shown: PathBuf,
    pub(super) role: Role,
    /// Whether the user named the file itself, and not a directory above it.
    pub(super) explicit: bool,
    /// Whether a walk met it.
    met: bool,
}

/// Looks at every named path.
pub(super) fn resolve(cwd: &Path, paths: &[PathBuf]) -> Result<Vec<Named>, Vec<DiscoverError>> {
    let mut named = Vec::new();
    let mut errors = Vec::new();
    for given in paths {
        let looked_at = std::fs::canonicalize(cwd.join(given))
            .and_then(|path| Ok((std::fs::metadata(&path)?, path)));
        match looked_at {
            Ok((metadata, path)) if metadata.is_dir() => named.push(Named::Directory(path)),
            Ok((_, path)) => named.push(Named::File(path)),
            Err(error) => {
                let path = given.display().to_string();
                errors.push(match error.kind() {
                    std::io::ErrorKind::NotFound => DiscoverError::NotFound { path },
                    _ => DiscoverError::Inaccessible { path, error },
                });
            }
        }
    }
    if errors.is_empty() {
        Ok(named)
    } else {
        Err(errors)
    }
}

/// The folders of the command line that are read as context, canonical.
pub(super) fn folders(cwd: &Path, given: &[PathBuf]) -> Result<Vec<PathBuf>, Vec<DiscoverError>> {
    let shown: Vec<PathBuf> = given
        .iter()
        .map(|folder| relative(cwd, &normal(folder)).into())
        .collect();
    let named = resolve(cwd, &shown)?;
    let mut folders = Vec::new();
    for (named, shown) in named.into_iter().zip(shown) {
        match named {
            Named::Directory(path) => folders.push(path),
            Named::File(_) => {
                let path = shown.display().to_string();
                return Err(vec![DiscoverError::NoFolder { path }]);
            }
        }
    }
    Ok(folders)
}

/// Collects files, each once however many paths and links lead to it.
pub(super) struct Candidates<'a> {
    cwd: &'a Path,
    /// Whether `.gitignore` files count, and how large they may be.
    gitignore: Option<SizeLimit>,
    excludes: Arc<PathPatterns>,
    /// What the configuration says of context.
    view: Option<View>,
    files: BTreeMap<PathBuf, Candidate>,
    /// What git tracks in each repository.
    tracked: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    /// The roots of repositories below what is named.
    repositories: BTreeSet<PathBuf>,
    /// Directories that were walked whole.
    walked: BTreeSet<PathBuf>,
    notices: Vec<String>,
    skipped: Vec<SkippedPath>,
    unread: Unread,
    /// How many files there may be.
    most: usize,
}

/// What was found.
pub(super) struct Found {
    /// By canonical path.
    pub(super) files: BTreeMap<PathBuf, Candidate>,
    /// For standard error.
    pub(super) notices: Vec<String>,
    pub(super) skipped: Vec<SkippedPath>,
    pub(super) unread: Unread,
    /// The roots of repositories below what is named.
    pub(super) repositories: BTreeSet<PathBuf>,
}

/// Walks with all threads; gives what may be read, and errors, in the order of their paths. Where there
/// are more files than `most`, nothing will be read, so it looks no further.
pub(super) fn gather(walk: WalkParallel, most: usize) -> Vec<Result<DirEntry, ignore::Error>> {
    let is_file = |entry: &DirEntry| entry.file_type().is_some_and(|kind| kind.is_file());
    let found = AtomicUsize::new(0);
    let (sender, receiver) = std::sync::mpsc::channel();
    walk.run(|| {
        let (found, sender) = (&found, sender.clone());
        Box::new(move |entry| {
            match &entry {
                Ok(entry) if !is_candidate(entry.file_name()) => return WalkState::Continue,
                Ok(entry) if is_file(entry) => {
                    found.fetch_add(1, Ordering::Relaxed);
                }
                Ok(_) | Err(_) => {}
            }
            match sender.send(entry) {
                Ok(()) if found.load(Ordering::Relaxed) <= most => WalkState::Continue,
                Ok(()) | Err(_) => WalkState::Quit,
            }
        })
    });
    drop(sender);
    let mut all: Vec<_> = receiver.into_iter().collect();
    all.sort_by(|one, other| match (one, other) {
        (Ok(one), Ok(other)) => one.path().cmp(other.path()),
        (Err(one), Err(other)) => one.to_string().cmp(&other.to_string()),
        (one, other) => one.is_err().cmp(&other.is_err()),
    });
    all
}

impl<'a> Candidates<'a> {
    pub(super) fn new(
        cwd: &'a Path,
        gitignore: Option<SizeLimit>,
        excludes: PathPatterns,
        view: Option<View>,
        most: usize,
    ) -> Self {
        Self {
            cwd,
            gitignore,
            excludes: Arc::new(excludes),
            view,
            files: BTreeMap::new(),
            tracked: BTreeMap::new(),
            repositories: BTreeSet::new(),
            walked: BTreeSet::new(),
            notices: Vec::new(),
            skipped: Vec::new(),
            unread: Unread::default(),
            most,
        }
    }

    pub(super) fn add_named(&mut self, named: &[Named], roots: &Roots) {
        for named in named {
            match named {
                Named::File(path) => self.add_file(path),
                Named::Directory(path) => self.add_tree(path, Role::Named, roots),
            }
        }
    }

    pub(super) fn add_context(&mut self, roots: &Roots) {
        for extent in &roots.extents {
            match extent {
                Extent::Tree(path) => self.add_tree(path, Role::Context, roots),
                Extent::Folder(path) => self.add_folder(path),
            }
        }
        let files = self.files.iter();
        let unmet: Vec<PathBuf> = files
            .filter(|(_, file)| file.explicit && !file.met)
            .map(|(path, _)| path.clone())
            .collect();
        for path in unmet {
            self.add_neighbours(&path, roots);
        }
    }

    /// Standard input takes the place of the file it stands for.
    pub(super) fn add_stdin(&mut self, path: &Path, roots: &Roots) {
        if self.files.remove(path).is_none_or(|file| !file.met) {
            self.add_neighbours(path, roots);
        }
        if self.excludes.matches(path, false) {
            self.exclude(path);
        } else {
            self.insert(path.to_owned(), path.to_owned(), Role::Named, true);
        }
    }

    /// A named file that the walk of its repository did not meet lies in a hidden or ignored
    /// directory. What lies beside it is part of the view as if the directory had been named.
    fn add_neighbours(&mut self, path: &Path, roots: &Roots) {
        let in_tree = |folder: &Path| {
            roots.extents.iter().any(|extent| match extent {
                Extent::Tree(tree) => folder.starts_with(tree),
                Extent::Folder(_) => false,
            })
        };
        if let Some(folder) = path.parent().filter(|folder| in_tree(folder)) {
            self.add_tree(folder, Role::Context, roots);
        }
    }

    /// What was found, and what was skipped and could not be read on the way.
    ///
    /// # Errors
    /// When there are too many files.
    pub(super) fn finish(self) -> Result<Found, DiscoverError> {
        let most = self.most;
        if self.files.len() > most {
            return Err(DiscoverError::TooMany { most });
        }
        Ok(Found {
            files: self.files,
            notices: self.notices,
            skipped: self.skipped,
            unread: self.unread,
            repositories: self.repositories,
        })
    }

    /// Takes note of a named path that the configuration excludes.
    fn exclude(&mut self, path: &Path) {
        let path = relative(self.cwd, path);
        self.notices
            .push(format!("{path}: skipped, it is excluded"));
        self.skipped.push(SkippedPath {
            path,
            because: SkippedBecause::Excluded,
        });
    }

    fn add_file(&mut self, path: &Path) {
        if self.excludes.matches(path, false) {
            self.exclude(path);
        } else if !path.is_file() {
            let why = "it is not a regular file (use `-` to read standard input)".to_owned();
            self.unread.add(relative(self.cwd, path), Role::Named, why);
        } else {
            self.insert(path.to_owned(), path.to_owned(), Role::Named, true);
        }
    }

    fn add_folder(&mut self, folder: &Path) {
        self.walk(folder, Role::Context, folder, Some(1));
    }

    fn add_tree(&mut self, top: &Path, role: Role, roots: &Roots) {
        if self.excludes.matches(top, true) {
            if role == Role::Named {
                self.exclude(top);
            }
            return;
        }
        if self.walked.insert(top.to_owned()) {
            let base = roots.base_of(top).unwrap_or(top);
            let is_open = self.walk(top, role, base, None);
            if is_open {
                self.add_tracked(top, role, base);
                self.count_left_out(top, role, base);
            }
        }
    }

    /// Takes in what git tracks: no `.gitignore` has a say over it.
    fn add_tracked(&mut self, top: &Path, role: Role, base: &Path) {
        if self.gitignore.is_none() {
            return;
        }
        let known = self.tracked.entry(base.to_owned());
        known.or_insert_with(|| tracked(base));
        let all = self.tracked.get(base).into_iter();
        let below = all.flat_map(|all| all.range(top.to_owned()..));
        let below = below.take_while(|path| path.starts_with(top));
        let missed: Vec<PathBuf> = below
            .filter(|path| !self.files.contains_key(*path) && !is_hidden(top, path))
            .filter(|path| !self.is_excluded(top, path) && !is_vendored(top, path))
            .cloned()
            .collect();
        for path in missed {
            if let (true, Ok(metadata)) = (lies_there(&path), std::fs::symlink_metadata(&path)) {
                self.add_found(path, metadata.file_type(), role, base);
            }
        }
    }

    /// Whether the configuration excludes a file, or a folder that holds it.
    fn is_excluded(&self, top: &Path, path: &Path) -> bool {
        let mut folders = path.ancestors().skip(1);
        self.excludes.matches(path, false)
            || folders
                .by_ref()
                .take_while(|folder| folder.starts_with(top))
                .any(|folder| self.excludes.matches(folder, true))
    }

    /// Takes note of manifests that are ignored, hidden or of other people's modules.
    fn count_left_out(&mut self, top: &Path, role: Role, base: &Path) {
        if role != Role::Named || self.files.len() > self.most {
            return;
        }
        let is_met = |path: &Path| self.files.contains_key(path);
        let known = self.tracked.entry(base.to_owned());
        let tracked = known.or_insert_with(|| tracked(base));
        let gitignore = self.gitignore.is_some();
        let left_out = left_out(top, gitignore, &self.excludes, tracked, is_met);
        self.repositories.extend(left_out.repositories);
        let shown = left_out
            .manifests
            .into_iter()
            .map(|(path, because)| SkippedPath {
                path: relative(self.cwd, &path),
                because,
            });
        self.skipped.extend(shown);
    }

    /// Gives whether everything below could be looked at.
    fn walk(&mut self, top: &Path, role: Role, base: &Path, depth: Option<usize>) -> bool {
        let limit = self.gitignore;
        let trap = move |folder: &Path| limit.and_then(|limit| gitignore_trap(folder, limit));
        // The walker asks for these before it asks what to leave out.
        if let Some((file, why)) = top.ancestors().find_map(trap) {
            self.unread.add(relative(self.cwd, &file), role, why);
            return false;
        }
        let traps = Arc::new(Mutex::new(Vec::new()));
        let found = Arc::clone(&traps);
        let excludes = Arc::clone(&self.excludes);
        let walk = WalkBuilder::new(top)
            .max_depth(depth)
            .follow_links(false)
            .ignore(false)
            .git_ignore(self.gitignore.is_some())
            // What only this machine ignores would make the findings of two machines differ.
            .git_global(false)
            .git_exclude(false)
            .filter_entry(move |entry| {
                let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
                let is_of_others = is_dir && entry.depth() > 0 && holds_modules(entry.path());
                if entry.file_name() == ".git"
                    || is_of_others
                    || excludes.matches(entry.path(), is_dir)
                {
                    return false;
                }
                let trap = is_dir.then(|| trap(entry.path())).flatten();
                let is_open = trap.is_none();
                found.lock().is_ok_and(|mut found| {
                    found.extend(trap);
                    is_open
                })
            })
            .threads(rayon::current_num_threads())
            .build_parallel();
        // Of what lies below, the configuration may leave out as much as it likes.
        let most = self.view.as_ref().map_or(self.most, |_| usize::MAX);
        for entry in gather(walk, most) {
            match entry {
                Ok(entry) => self.add_entry(entry, role, base),
                Err(error) => self.failed(&error, role),
            }
        }
        let traps = traps.lock().map(|mut traps| std::mem::take(&mut *traps));
        let traps = traps.unwrap_or_default();
        let is_open = traps.is_empty();
        for (file, why) in traps {
            self.unread.add(relative(self.cwd, &file), role, why);
        }
        is_open
    }

    fn failed(&mut self, error: &ignore::Error, role: Role) {
        match (path_of(error), error.io_error()) {
            (Some(path), Some(error)) => {
                let shown = relative(self.cwd, path);
                // Gone since its folder was listed: nothing was left to be read.
                if error.kind() != ErrorKind::NotFound {
                    // The walker wraps what the system says, with the path once more.
                    let said = error.get_ref().and_then(|error| error.source());
                    let said = said.map_or_else(|| error.to_string(), ToString::to_string);
                    self.unread
                        .add(shown, role, format!("cannot be read: {said}"));
                }
            }
            _ => self.notices.push(error.to_string()),
        }
    }

    fn add_entry(&mut self, entry: DirEntry, role: Role, base: &Path) {
        if let Some(kind) = entry.file_type() {
            self.add_found(entry.into_path(), kind, role, base);
        }
    }

    fn add_found(&mut self, path: PathBuf, kind: FileType, role: Role, base: &Path) {
        if kind.is_file() {
            self.insert(path.clone(), path, role, false);
        } else if kind.is_symlink() {
            // A link may lead to a file that the walk does not meet (a mounted ConfigMap is made of
            // such links), but a repository has no say over files outside of it.
            let target = std::fs::canonicalize(&path).ok();
            if let Some(target) = target.filter(|it| is_inside(it, base) && it.is_file()) {
                self.insert(target, path, role, false);
            }
        }
    }

    fn insert(&mut self, file: PathBuf, shown: PathBuf, role: Role, explicit: bool) {
        let hidden = self.view.as_ref().is_some_and(|view| !view.holds(&shown));
        if hidden && role == Role::Context && !self.files.contains_key(&file) {
            return;
        }
        match self.files.entry(file) {
            Entry::Vacant(entry) => {
                entry.insert(Candidate {
                    shown,
                    role,
                    explicit,
                    met: !explicit,
                });
            }
            Entry::Occupied(mut entry) => {
                let is_itself = *entry.key() == shown;
                let known = entry.get_mut();
                if is_itself {
                    known.shown = shown;
                }
                if role == Role::Named {
                    known.role = Role::Named;
                }
                known.explicit |= explicit;
                known.met |= !explicit;
            }
        }
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        _ => None,
    }
}

pub(super) fn is_candidate(name: &OsStr) -> bool {
    let path = Path::new(name);
    has_extension(path, &["yaml", "yml", "json"]) || is_kustomization(path)
}

pub(super) fn is_kustomization(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| KUSTOMIZATION_NAMES.iter().any(|known| name == *known))
}

pub(super) fn is_json(path: &Path) -> bool {
    has_extension(path, &["json"])
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension()
        .is_some_and(|found| extensions.iter().any(|it| found.eq_ignore_ascii_case(it)))
}
