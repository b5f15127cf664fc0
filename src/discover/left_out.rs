//! Manifests that a walk leaves out: those that a `.gitignore` names, hidden ones, and those of other people's
//! Go modules. Whoever proposes a change writes the `.gitignore`, so that silence about them would pass for an all-clear.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ignore::WalkBuilder;

use super::SkippedBecause;
use super::candidates::{gather, is_json};
use crate::settings::PathPatterns;
use crate::source::read_file;
use crate::units::SizeLimit;

/// Folders that tools fill: nobody deploys what lies in them.
const FILLED: [&str; 14] = [
    ".cache",
    ".cargo",
    ".git",
    ".gradle",
    ".npm",
    ".terraform",
    ".tox",
    ".venv",
    ".yarn",
    "__pycache__",
    "bower_components",
    "node_modules",
    "target",
    "venv",
];

/// How many files are looked into below one named path.
const MOST: usize = 1000;

/// What lies below a folder beside what a walk meets.
pub(super) struct LeftOut {
    /// The manifests that it does not meet, and why. Larger files than a manifest usually is are not
    /// looked into.
    pub(super) manifests: Vec<(PathBuf, SkippedBecause)>,
    /// The roots of repositories.
    pub(super) repositories: Vec<PathBuf>,
}

/// Looks at what a walk with these rules does not meet.
pub(super) fn left_out(
    top: &Path,
    gitignore: bool,
    excludes: &Arc<PathPatterns>,
    is_met: impl Fn(&Path) -> bool,
) -> LeftOut {
    let found = Arc::new(Mutex::new(Vec::new()));
    let repositories = Arc::clone(&found);
    let excludes = Arc::clone(excludes);
    let walk = WalkBuilder::new(top)
        .follow_links(false)
        .standard_filters(false)
        .filter_entry(move |entry| {
            let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
            let name = entry.file_name();
            if name == ".git"
                && let Some(root) = entry.path().parent()
                && let Ok(mut repositories) = repositories.lock()
            {
                repositories.push(root.to_owned());
            }
            let is_filled = is_dir && entry.depth() > 0 && FILLED.iter().any(|it| name == *it);
            !is_filled && !excludes.matches(entry.path(), is_dir)
        })
        .threads(rayon::current_num_threads())
        .build_parallel();
    let entries = gather(walk, usize::MAX).into_iter().flatten();
    let files = entries.filter(|it| it.file_type().is_some_and(|kind| kind.is_file()));
    let paths = files.map(ignore::DirEntry::into_path);
    let manifests = paths
        .filter(|path| !is_met(path))
        .filter_map(|path| {
            let because = if is_hidden(top, &path) {
                SkippedBecause::Hidden
            } else if is_vendored(top, &path) {
                SkippedBecause::Vendored
            } else {
                SkippedBecause::Ignored
            };
            (gitignore || because != SkippedBecause::Ignored).then_some((path, because))
        })
        .take(MOST)
        .filter(|(path, _)| holds_manifest(path))
        .collect();
    let repositories = found.lock().map(|mut found| std::mem::take(&mut *found));
    LeftOut {
        manifests,
        repositories: repositories.unwrap_or_default(),
    }
}

/// Whether a path is hidden below a folder.
pub(super) fn is_hidden(top: &Path, path: &Path) -> bool {
    let below = path.strip_prefix(top).unwrap_or(path);
    below
        .iter()
        .any(|part| part.as_encoded_bytes().starts_with(b"."))
}

/// Whether a folder holds copies of the Go modules that the one beside it needs, as `go mod vendor` and its
/// predecessors write them: nobody deploys the manifests that come with them.
pub(super) fn holds_modules(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name == "vendor")
        && (folder.with_file_name("go.mod").is_file()
            || folder.join("modules.txt").is_file()
            // Import paths begin with a host.
            || ["github.com", "golang.org", "k8s.io"]
                .iter()
                .any(|host| folder.join(host).is_dir()))
}

/// Whether a path lies in such a folder below another.
pub(super) fn is_vendored(top: &Path, path: &Path) -> bool {
    let mut folders = path.ancestors().skip(1);
    folders
        .by_ref()
        .take_while(|folder| *folder != top && folder.starts_with(top))
        .any(holds_modules)
}

fn holds_manifest(path: &Path) -> bool {
    let Ok(bytes) = read_file(path, SizeLimit::GITIGNORE) else {
        return false;
    };
    let text = String::from_utf8_lossy(&bytes);
    if is_json(path) {
        return text.contains("\"apiVersion\"") && text.contains("\"kind\"");
    }
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    has("apiVersion:") && has("kind:")
}
