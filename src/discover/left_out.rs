//! Manifests that a walk leaves out: those that a `.gitignore` names, hidden ones, and those of other people's
//! Go modules. Whoever proposes a change writes the `.gitignore` and names the folders, so that silence about them
//! would pass for an all-clear.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ignore::WalkBuilder;

use super::SkippedBecause;
use super::candidates::{gather, is_json};
use super::read::{is_json_manifest, unescaped};
use crate::settings::PathPatterns;
use crate::source::{examine, read_file};
use crate::units::SizeLimit;
use crate::yaml::{self, Content};

/// Folders that tools fill: nobody deploys what lies in them and git does not track.
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

/// How many files are looked into below one named path, and how many bytes of them.
const MOST: usize = 1000;
const MOST_BYTES: u64 = 32 << 20;

/// What is parsed at most to see whether it holds a manifest.
const MOST_PARSED: usize = 1 << 20;

/// What lies below a folder beside what a walk meets.
pub(super) struct LeftOut {
    /// The manifests that it does not meet, and why, and what was not looked into though it may hold some.
    pub(super) manifests: Vec<(PathBuf, SkippedBecause)>,
    /// The roots of repositories.
    pub(super) repositories: Vec<PathBuf>,
}

/// Looks at what a walk with these rules does not meet; `tracked` is what git tracks.
pub(super) fn left_out(
    top: &Path,
    gitignore: bool,
    excludes: &Arc<PathPatterns>,
    tracked: &BTreeSet<PathBuf>,
    is_met: impl Fn(&Path) -> bool,
) -> LeftOut {
    let (paths, repositories) = files_below(top, excludes);
    let left = paths
        .into_iter()
        .chain(in_filled(top, excludes, tracked))
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
        });
    // What git tracks comes with a change, else it is mostly what tools have left on this machine.
    let is_brought = |path: &Path| tracked.is_empty() || tracked.contains(path);
    let (brought, other): (Vec<_>, Vec<_>) = left.partition(|(path, _)| is_brought(path));
    let mut looks = Looks::default();
    let manifests = brought.into_iter().chain(other).filter_map(|(path, why)| {
        match looks.holds_manifest(&path) {
            Some(holds) => holds.then_some((path, why)),
            None => is_brought(&path).then_some((path, SkippedBecause::Unseen)),
        }
    });
    LeftOut {
        manifests: manifests.collect(),
        repositories,
    }
}

/// The files below a folder, without those that tools leave, and the roots of repositories.
fn files_below(top: &Path, excludes: &Arc<PathPatterns>) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let found = Arc::new(Mutex::new(Vec::new()));
    let repositories = Arc::clone(&found);
    let left_out = Arc::clone(excludes);
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
            !is_filled && !left_out.matches(entry.path(), is_dir)
        })
        .threads(rayon::current_num_threads())
        .build_parallel();
    let entries = gather(walk, usize::MAX).into_iter().flatten();
    let files = entries.filter(|it| it.file_type().is_some_and(|kind| kind.is_file()));
    let paths = files.map(ignore::DirEntry::into_path).collect();
    let repositories = found.lock().map(|mut found| std::mem::take(&mut *found));
    (paths, repositories.unwrap_or_default())
}

/// The files that git tracks in folders that tools fill.
fn in_filled(top: &Path, excludes: &PathPatterns, tracked: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let of_git = tracked.range(top.to_owned()..);
    let of_git = of_git.take_while(|path| path.starts_with(top)).cloned();
    of_git
        .filter(|path| {
            let mut folders = path
                .ancestors()
                .skip(1)
                .take_while(|it| it.starts_with(top));
            let is_out = |folder: &Path| excludes.matches(folder, true);
            is_filled(top, path)
                && !excludes.matches(path, false)
                && !folders.any(is_out)
                && lies_there(path)
                && std::fs::symlink_metadata(path).is_ok_and(|it| it.is_file())
        })
        .collect()
}

/// Whether no link leads to a path: what lies behind one is not what git tracks.
pub(super) fn lies_there(path: &Path) -> bool {
    let folder = path.parent();
    folder.is_some_and(|folder| std::fs::canonicalize(folder).is_ok_and(|real| real == folder))
}

/// Whether a path lies in a folder that tools fill.
fn is_filled(top: &Path, path: &Path) -> bool {
    let folder = path.parent().and_then(|it| it.strip_prefix(top).ok());
    folder.is_some_and(|folder| {
        folder
            .iter()
            .any(|part| FILLED.iter().any(|it| part == *it))
    })
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

/// What has been looked into.
#[derive(Default)]
struct Looks {
    files: usize,
    bytes: u64,
}

impl Looks {
    /// `None` where nobody has seen whether it does.
    fn holds_manifest(&mut self, path: &Path) -> Option<bool> {
        if self.files >= MOST || self.bytes >= MOST_BYTES {
            return None;
        }
        let limit = SizeLimit::default();
        self.files += 1;
        self.bytes = self.bytes.saturating_add(examine(path, limit).ok()?);
        let bytes = read_file(path, limit).ok()?;
        // UTF-16, or anything.
        if bytes.contains(&0) {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        let words = unescaped(&text);
        let is_possible = words.contains("apiVersion") && words.contains("kind");
        if !is_possible || is_json(path) && is_json_manifest(&text) {
            return Some(is_possible);
        }
        let has = |key: &str| text.lines().any(|line| line.starts_with(key));
        if has("apiVersion:") && has("kind:") {
            return Some(true);
        }
        (text.len() <= MOST_PARSED).then(|| is_manifest(&text))
    }
}

/// Whether any document has the keys of a manifest, however they are written.
fn is_manifest(text: &str) -> bool {
    let mut documents = yaml::parse(&text.into()).documents.into_iter();
    documents.any(|document| match document.content {
        Content::Tree(tree) => {
            let has = |key: &str| tree.root().get(key).is_some();
            has("apiVersion") && has("kind") || has("<<")
        }
        Content::Empty => false,
        Content::Broken(_) => true,
    })
}
