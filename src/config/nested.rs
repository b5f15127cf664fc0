//! The configuration files of directories below or next to that of the run: the nearest one counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::chain::Text;
use super::file::load_text;
use super::{ConfigError, in_directory};
use crate::finding::RuleMeta;
use crate::settings::{Override, Settings, Start};
use crate::source::read_text;
use crate::units::SizeLimit;

/// What a configuration file of a directory says and only that of the run can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nested {
    /// The file, as users see it.
    pub shown: String,
    /// The keys, and on which line each is.
    pub unused: Vec<(&'static str, u32)>,
}

/// Reads the configuration files that are nearer to the directories of some sources than that of the run is, and
/// makes them count there instead of it. `show` gives a path as users see it. Directories are absolute.
///
/// # Errors
/// What is wrong with these files, all of it.
pub fn nest(
    settings: &mut Settings,
    directories: BTreeSet<PathBuf>,
    show: &dyn Fn(&Path) -> String,
    rules: &[RuleMeta],
) -> Result<Vec<Nested>, Vec<ConfigError>> {
    let own = settings.files.first().map(|file| file.path.clone());
    let mut search = Search {
        own: own.as_deref().and_then(Path::parent).map(resolved),
        cwd: settings.cwd.clone(),
        seen: HashMap::new(),
        files: BTreeMap::new(),
        errors: Vec::new(),
    };
    for directory in directories {
        search.walk(&directory);
    }
    let Search {
        files, mut errors, ..
    } = search;
    let mut nested = Vec::new();
    // Outer directories come first, so that inner ones count.
    for file in files.into_values() {
        match load(settings, &file, &show(&file), rules) {
            Ok(read) => nested.extend(read),
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() {
        Ok(nested)
    } else {
        Err(errors)
    }
}

fn resolved(directory: &Path) -> PathBuf {
    std::fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned())
}

/// The way up from each directory, which is walked once.
struct Search {
    /// The directory of the run's own file.
    own: Option<PathBuf>,
    cwd: PathBuf,
    /// Whether each directory lies in a repository.
    seen: HashMap<PathBuf, bool>,
    /// The file of each directory that has one.
    files: BTreeMap<PathBuf, PathBuf>,
    errors: Vec<ConfigError>,
}

impl Search {
    fn walk(&mut self, directory: &Path) {
        let mut is_known = false;
        let mut new = Vec::new();
        let mut found = Vec::new();
        for directory in directory.ancestors() {
            if self.own.as_deref() == Some(directory) {
                is_known = true;
                break;
            }
            if let Some(known) = self.seen.get(directory) {
                is_known = *known;
                break;
            }
            new.push(directory.to_owned());
            match in_directory(directory) {
                Ok(Some(file)) => found.push((directory.to_owned(), file)),
                Ok(None) => {}
                Err(error) => self.errors.push(error),
            }
            if directory.join(".git").exists() {
                is_known = true;
                break;
            }
        }
        self.seen.extend(new.into_iter().map(|it| (it, is_known)));
        // Outside of a repository, what lies above the working directory is as foreign as what lies next to it.
        let cwd = &self.cwd;
        found.retain(|(directory, _)| is_known || directory.starts_with(cwd));
        self.files.extend(found);
    }
}

fn load(
    settings: &mut Settings,
    file: &Path,
    shown: &str,
    rules: &[RuleMeta],
) -> Result<Option<Nested>, Vec<ConfigError>> {
    let first = Text::of(file, shown, read_text(file, SizeLimit::default()))?;
    let read = load_text(first, &settings.files, rules)?;
    let directory = file.parent().map(Path::to_owned);
    // What holds for the whole run is what the run's own file says.
    let mut common = read.common;
    common
        .mesh
        .root_namespace
        .clone_from(&settings.common.mesh.root_namespace);
    let own = read.trace.files.last().copied();
    let run = read.trace.run.iter();
    let unused: Vec<_> = run
        .filter(|(_, origin)| Some(origin.file) == own)
        .map(|(key, origin)| (*key, origin.line))
        .collect();
    settings.overrides.push(Override {
        within: directory.clone(),
        start: Some(Arc::new(Start {
            common,
            trace: read.trace,
        })),
        ..Override::default()
    });
    let inner = read.overrides.into_iter().map(|it| Override {
        within: directory.clone(),
        ..it
    });
    settings.overrides.extend(inner);
    settings.files = read.files;
    Ok((!unused.is_empty()).then(|| Nested {
        shown: shown.to_owned(),
        unused,
    }))
}
