//! Paths → sources: which files a run reads, what part each plays, and what is deployed together.
//!
//! Everything that a path on the command line names is judged; everything else of the same
//! repository is read as context, so that a file gives the same findings whether it, its folder or
//! the whole repository was named.

mod candidates;
mod charts;
mod context;
mod index;
mod layout;
mod left_out;
mod paths;
mod read;
mod roots;
mod unread;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::settings::{InputBounds, PathGlob, PathPatterns, PatternError};
use crate::source::{NewSource, Role, Scope, SourceId, Sources, read_file, read_stream};
use crate::units::{SizeLimit, show_size};

use candidates::{Candidate, Candidates, Named};
use context::View;
use layout::Layout;
use read::Reading;
use roots::Roots;
use unread::Unread;

pub use charts::{Chart, Template};
pub use layout::KUSTOMIZATION_NAMES;
pub use paths::{normal, relative};
pub use unread::{SkippedBecause, SkippedPath};

/// What to look for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The working directory: paths are resolved against it and shown relative to it.
    pub cwd: &'a Path,
    /// Files and directories, as given on the command line.
    pub paths: &'a [PathBuf],
    /// Standard input, where it was asked for.
    pub stdin: Option<Stdin>,
    /// What is never read, named or not.
    pub exclude: &'a [PathGlob],
    /// What is read next to the named paths; `None`: the whole repository.
    pub context: Option<&'a [PathGlob]>,
    /// Folders that are read as context, too.
    pub folders: &'a [PathBuf],
    /// How much is read at most.
    pub bounds: InputBounds,
    /// Whether files that git ignores are skipped, as far as `.gitignore` files inside the
    /// repository say so. Files named directly are always read.
    pub gitignore: bool,
    /// Larger files are skipped.
    pub max_file_size: SizeLimit,
}

/// What came through standard input.
#[derive(Clone, Debug)]
pub struct Stdin {
    /// The bytes; where they are more than may be read, at least one more than that.
    pub bytes: Vec<u8>,
    /// The path that the text would have as a file; it takes that file's place.
    pub filename: Option<PathBuf>,
}

/// What was found.
#[derive(Debug)]
pub struct Discovered {
    /// In the order of their paths.
    pub sources: Sources,
    /// The source that was read from standard input.
    pub stdin: Option<SourceId>,
    /// What was skipped, and why; one line each, for standard error.
    pub notices: Vec<String>,
    /// What was named, or lies below what was named, and was not read as text; sorted.
    pub skipped: Vec<SkippedPath>,
    /// What was named, or lies below what was named, and could not be read; one line each. It was not
    /// checked, so such a run is no success.
    pub unread: Vec<String>,
    /// Where each source was read, byte for byte.
    files: BTreeMap<SourceId, PathBuf>,
    cwd: PathBuf,
    /// The roots of the repositories.
    bases: Vec<PathBuf>,
    /// With the context outside of them.
    roots: Vec<PathBuf>,
    charts: Vec<Chart>,
    /// Of the charts that were rendered.
    values: BTreeSet<SourceId>,
    max_file_size: SizeLimit,
}

impl Discovered {
    /// The file that a source was read from: the path that is shown may not name it, where that is not
    /// UTF-8.
    pub fn file(&self, id: SourceId) -> Option<&Path> {
        self.files.get(&id).map(PathBuf::as_path)
    }

    /// The largest file that is read, whoever reads it.
    pub fn max_file_size(&self) -> SizeLimit {
        self.max_file_size
    }

    /// The directories that hold every file of the run, none inside of another: the repositories, and
    /// context outside of them.
    pub fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// Takes in a file that is no manifest but that findings may point at: a configuration file or a
    /// baseline.
    pub fn push_aside(&mut self, path: &Path, text: std::sync::Arc<str>) -> SourceId {
        let shown = relative(&self.cwd, &self.resolved(path));
        if let Some(known) = self.sources.iter().find(|source| source.path() == shown) {
            return known.id();
        }
        self.sources.push_aside(NewSource {
            root_path: self.root_path(path),
            path: shown,
            text,
            invalid_utf8: None,
            role: Role::Named,
            scope: Scope("".into()),
        })
    }

    /// A path relative to the root of its repository, with `/`.
    pub fn root_path(&self, path: &Path) -> String {
        let path = self.resolved(path);
        let mut bases = self.bases.iter();
        let base = bases.find(|base| path.starts_with(base));
        relative(base.unwrap_or(&self.cwd), &path)
    }

    fn resolved(&self, path: &Path) -> PathBuf {
        paths::resolve_missing(&self.cwd.join(path))
    }
}

/// What makes a run impossible.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// A named path does not exist.
    #[error("{path}: no such file or directory")]
    NotFound {
        /// As given.
        path: String,
    },
    /// A named path cannot be looked at.
    #[error("{path}: {error}")]
    Inaccessible {
        /// As given.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// What is to be read as context is no folder.
    #[error("--context: {path} is not a folder")]
    NoFolder {
        /// As given.
        path: String,
    },
    /// There are too many files.
    #[error(
        "there are more than {most} files to read: name fewer paths, exclude some, or say \
         --max-files"
    )]
    TooMany {
        /// How many are read at most.
        most: usize,
    },
    /// The files are too large together.
    #[error(
        "the files to read hold more than {}: name fewer paths, exclude some, or say \
         --max-total-size",
        show_size(*.most)
    )]
    TooMuch {
        /// How much is read at most, in bytes.
        most: u64,
    },
    /// A pattern of paths that are never read is no pattern.
    #[error(transparent)]
    Glob(#[from] PatternError),
}

/// A text to read: a file, or standard input.
enum Input {
    File(PathBuf),
    Stdin(Vec<u8>),
}

/// A file that will become a source when its content allows it.
struct Planned {
    shown: String,
    root_path: String,
    scope: Scope,
    role: Role,
    kustomization: bool,
    json: bool,
    explicit: bool,
    input: Input,
}

/// Finds and reads every file of a run.
///
/// # Errors
/// When a named path does not exist or cannot be looked at, and when a pattern of
/// [`Request::exclude`] cannot be read. All of them, in the order of the arguments.
pub fn discover(request: Request<'_>) -> Result<Discovered, Vec<DiscoverError>> {
    let cwd = canonical(request.cwd)?;
    let excludes = PathPatterns::new(request.exclude).map_err(invalid)?;
    let view = view(&request)?;
    let named = candidates::resolve(&cwd, request.paths)?;
    let stdin = request.stdin.map(|stdin| (stdin_path(&cwd, &stdin), stdin));
    let mut roots = roots(&named, stdin.as_ref());
    let folders = candidates::folders(&cwd, request.folders)?;
    roots.widen(folders.iter());
    let mut notices = Vec::new();
    if let Some(view) = &view {
        roots.widen(view.widened());
        notices.extend(view.notices(&cwd));
    }
    let most = request.max_file_size.min(SizeLimit::GITIGNORE);
    let gitignore = request.gitignore.then_some(most);
    let mut found = Candidates::new(&cwd, gitignore, excludes, view, request.bounds.files);
    found.add_named(&named, &roots);
    found.add_context(&roots);
    let mut inputs = BTreeMap::new();
    if let Some((path, stdin)) = stdin {
        found.add_stdin(&path, &roots);
        inputs.insert(path, stdin);
    }
    let found = found.finish().map_err(|error| vec![error])?;
    notices.extend(found.notices);

    let mut layout = Layout::new(&cwd, &roots);
    layout.look_around(found.files.values().map(|it| it.shown.as_path()));
    let planned = plan(&cwd, found.files, inputs, &mut layout);
    let mut gathered = Gathered::after(notices, found.skipped, found.unread);
    gathered
        .read_all(planned, request.max_file_size, request.bounds.bytes)
        .map_err(|error| vec![error])?;
    let skipped = gathered.skipped();
    let (unread, beside) = gathered.unread.told();
    gathered.notices.extend(beside);
    let charts = layout.charts();
    let inner = found.repositories.iter();
    let repositories = shown(&cwd, inner.chain(&roots.bases));
    gathered.sources.set_repositories(repositories);
    let mut discovered = Discovered {
        sources: gathered.sources,
        stdin: gathered.stdin,
        notices: gathered.notices,
        skipped,
        unread,
        files: gathered.files,
        cwd,
        roots: roots.all(),
        bases: roots.bases,
        charts: Vec::new(),
        values: BTreeSet::new(),
        max_file_size: request.max_file_size,
    };
    discovered.skip(charts);
    Ok(discovered)
}

/// Roots of repositories as paths are shown, each once.
fn shown<'p>(cwd: &Path, roots: impl Iterator<Item = &'p PathBuf>) -> Vec<String> {
    let roots: BTreeSet<&PathBuf> = roots.collect();
    roots.into_iter().map(|root| relative(cwd, root)).collect()
}

fn roots(named: &[Named], stdin: Option<&(PathBuf, Stdin)>) -> Roots {
    let of_stdin = stdin.map(|(path, stdin)| (path.as_path(), stdin.filename.is_some()));
    Roots::of(named, of_stdin)
}

/// What the configuration says of context.
fn view(request: &Request<'_>) -> Result<Option<View>, Vec<DiscoverError>> {
    let view = request
        .context
        .map(|globs| View::new(globs, request.folders));
    view.transpose().map_err(invalid)
}

fn invalid(errors: Vec<PatternError>) -> Vec<DiscoverError> {
    errors.into_iter().map(DiscoverError::from).collect()
}

fn canonical(directory: &Path) -> Result<PathBuf, Vec<DiscoverError>> {
    std::fs::canonicalize(directory).map_err(|error| {
        let path = directory.display().to_string();
        vec![DiscoverError::Inaccessible { path, error }]
    })
}

/// Where standard input stands: the file it takes the place of, or `-` in the working directory.
fn stdin_path(cwd: &Path, stdin: &Stdin) -> PathBuf {
    let Some(filename) = &stdin.filename else {
        return cwd.join("-");
    };
    paths::resolve_missing(&cwd.join(filename))
}

fn plan(
    cwd: &Path,
    files: BTreeMap<PathBuf, Candidate>,
    mut inputs: BTreeMap<PathBuf, Stdin>,
    layout: &mut Layout<'_>,
) -> Vec<Planned> {
    let mut planned: Vec<Planned> = files
        .into_iter()
        .filter_map(|(path, candidate)| {
            let stdin = inputs.remove(&path);
            if layout.is_template(&candidate.shown, candidate.role) {
                return None;
            }
            let unnamed = stdin.as_ref().is_some_and(|stdin| stdin.filename.is_none());
            Some(Planned {
                shown: if unnamed {
                    "-".to_owned()
                } else {
                    relative(cwd, &candidate.shown)
                },
                root_path: layout.root_path(&candidate.shown),
                scope: if unnamed {
                    Scope::of_stdin()
                } else {
                    layout.scope(&candidate.shown)
                },
                role: candidate.role,
                kustomization: candidates::is_kustomization(&candidate.shown),
                json: candidates::is_json(&candidate.shown),
                explicit: candidate.explicit,
                input: stdin.map_or(Input::File(path), |stdin| Input::Stdin(stdin.bytes)),
            })
        })
        .collect();
    planned.sort_by(|a, b| a.shown.cmp(&b.shown));
    planned
}

/// What has been read.
#[derive(Default)]
struct Gathered {
    sources: Sources,
    /// The source that standard input became.
    stdin: Option<SourceId>,
    files: BTreeMap<SourceId, PathBuf>,
    notices: Vec<String>,
    skipped: Vec<SkippedPath>,
    unread: Unread,
}

impl Gathered {
    /// What is known before anything is read.
    fn after(notices: Vec<String>, skipped: Vec<SkippedPath>, unread: Unread) -> Self {
        Self {
            notices,
            skipped,
            unread,
            ..Self::default()
        }
    }

    /// What was named and not read, in order.
    fn skipped(&mut self) -> Vec<SkippedPath> {
        let mut skipped = std::mem::take(&mut self.skipped);
        let mut known: BTreeSet<String> = skipped.iter().map(|it| it.path.clone()).collect();
        // What is not UTF-8 is an error, and what can be read of it is judged.
        known.extend(self.sources.iter().map(|source| source.path().to_owned()));
        let others = self.unread.named().filter(|path| !known.contains(*path));
        skipped.extend(others.map(|path| SkippedPath {
            path: path.clone(),
            because: SkippedBecause::Unreadable,
        }));
        skipped.sort();
        skipped
    }

    fn skip(&mut self, planned: &Planned, because: SkippedBecause) {
        if planned.role == Role::Named {
            self.skipped.push(SkippedPath {
                path: planned.shown.clone(),
                because,
            });
        }
    }

    /// Gives up where all files together are larger than `most`, in bytes.
    fn read_all(
        &mut self,
        planned: Vec<Planned>,
        limit: SizeLimit,
        most: u64,
    ) -> Result<(), DiscoverError> {
        let total = AtomicU64::new(0);
        let read: Vec<(Planned, Reading)> = planned
            .into_par_iter()
            .map(|mut planned| {
                if total.load(Ordering::Relaxed) > most {
                    return Err(DiscoverError::TooMuch { most });
                }
                let content = match &mut planned.input {
                    Input::File(path) => read_file(path, limit),
                    Input::Stdin(bytes) => read_stream(std::mem::take(bytes).as_slice(), limit),
                };
                let length = content.as_ref().map_or(0, Vec::len) as u64;
                total.fetch_add(length, Ordering::Relaxed);
                Ok((planned, Reading::of(content)))
            })
            .collect::<Result<_, _>>()?;
        if total.into_inner() > most {
            return Err(DiscoverError::TooMuch { most });
        }
        for (planned, reading) in read {
            self.take(planned, reading);
        }
        Ok(())
    }

    fn take(&mut self, planned: Planned, reading: Reading) {
        let shown = &planned.shown;
        let (text, invalid_utf8) = match reading {
            Reading::Text { text, invalid_utf8 } => (text, invalid_utf8),
            Reading::TooLarge(reason) => {
                self.notices.push(format!("{shown}: {reason}"));
                self.skip(&planned, SkippedBecause::TooLarge);
                return;
            }
            Reading::Encrypted => {
                self.skip(&planned, SkippedBecause::Encrypted);
                return;
            }
            Reading::Failed(error) => {
                let why = format!("cannot be read: {error}");
                if error.is_missing() && !planned.explicit {
                    // Gone since its folder was listed: nothing was left to be read.
                    self.notices.push(format!("{shown}: {why}"));
                } else {
                    self.unread.add(planned.shown, planned.role, why);
                }
                return;
            }
            Reading::NoText => {
                self.skip(&planned, SkippedBecause::NotUtf8);
                if planned.explicit {
                    let why = "it is not UTF-8 text: it holds NUL bytes".to_owned();
                    self.unread.add(planned.shown, planned.role, why);
                }
                return;
            }
        };
        if planned.explicit && invalid_utf8.is_some() {
            // What can be read of it is judged all the same.
            let why = "it is not UTF-8 text".to_owned();
            self.unread.add(planned.shown.clone(), planned.role, why);
        }
        if planned.explicit || read::could_matter(&text, &planned) {
            let id = self.sources.push(NewSource {
                path: planned.shown,
                root_path: planned.root_path,
                text: text.into(),
                invalid_utf8,
                role: planned.role,
                scope: planned.scope,
            });
            match planned.input {
                Input::Stdin(_) => self.stdin = Some(id),
                Input::File(path) => {
                    self.files.insert(id, path);
                }
            }
        }
    }
}
