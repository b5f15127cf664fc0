//! Files by their place on disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::discover::{Discovered, relative};
use crate::source::{NewSource, Role, Scope, Source, SourceId, Sources, read_text};
use crate::units::SizeLimit;

/// The sources of a run, found by canonical path. What rendering reads and the run did not is added.
pub(super) struct Files<'a> {
    pub(super) sources: &'a mut Sources,
    pub(super) cwd: &'a Path,
    /// Standard input stands for a file whose text on disk is another one.
    pub(super) stdin: Option<SourceId>,
    limit: SizeLimit,
    /// Nothing outside of these is read.
    roots: Vec<PathBuf>,
    by_path: HashMap<PathBuf, SourceId>,
    paths: HashMap<SourceId, PathBuf>,
}

impl<'a> Files<'a> {
    pub(super) fn new(discovered: &'a mut Discovered, cwd: &'a Path) -> Self {
        let mut files = Self {
            stdin: discovered.stdin,
            limit: discovered.max_file_size(),
            roots: discovered.roots().to_vec(),
            sources: &mut discovered.sources,
            cwd,
            by_path: HashMap::new(),
            paths: HashMap::new(),
        };
        let found: Vec<_> = files
            .sources
            .iter()
            .filter_map(|source| {
                let path = std::fs::canonicalize(cwd.join(source.path())).ok()?;
                Some((path, source.id()))
            })
            .collect();
        for (path, id) in found {
            files.note(path, id);
        }
        files
    }

    /// The directories that hold all that may be read, none inside of another.
    pub(super) fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// Whether a canonical path may be read.
    pub(super) fn may_read(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }

    fn note(&mut self, path: PathBuf, id: SourceId) {
        self.paths.entry(id).or_insert_with(|| path.clone());
        self.by_path.entry(path).or_insert(id);
    }

    pub(super) fn known(&self, path: &Path) -> Option<SourceId> {
        self.by_path.get(path).copied()
    }

    /// Whether a file was named that is this one or lies below this directory.
    pub(super) fn names_below(&self, path: &Path) -> bool {
        let mut files = self.by_path.iter();
        files.any(|(file, id)| file.starts_with(path) && self.source(*id).role() == Role::Named)
    }

    pub(super) fn source(&self, id: SourceId) -> &Source {
        self.sources.get(id)
    }

    pub(super) fn path(&self, id: SourceId) -> Option<&Path> {
        self.paths.get(&id).map(PathBuf::as_path)
    }

    /// The file with this canonical path; read now, and never judged by itself, where the run did
    /// not read it. `near` is a file of the same repository.
    pub(super) fn get(&mut self, path: &Path, near: SourceId) -> Option<SourceId> {
        if let Some(id) = self.known(path) {
            return Some(id);
        }
        let root = self.root_of(near)?;
        let root_path = relative(&root, path);
        self.add(path, root_path, Role::Context)
    }

    /// Reads a file that is not judged by itself.
    pub(super) fn add(&mut self, path: &Path, root_path: String, role: Role) -> Option<SourceId> {
        let text = read_text(path, self.limit).ok()?;
        let directory = root_path.rsplit_once('/').map_or(".", |(it, _)| it);
        let id = self.sources.push(NewSource {
            path: relative(self.cwd, path),
            scope: Scope(directory.into()),
            root_path,
            text: text.into(),
            invalid_utf8: None,
            role,
        });
        self.sources.mark_ingredient(id);
        self.note(path.to_owned(), id);
        Some(id)
    }

    /// The root of the repository that a file belongs to.
    fn root_of(&self, near: SourceId) -> Option<PathBuf> {
        let depth = self.source(near).root_path().split('/').count();
        let root = self.path(near)?.ancestors().nth(depth)?;
        Some(root.to_owned())
    }
}
