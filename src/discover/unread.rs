//! What could not be read, though it was to be, and what was skipped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::source::{ReadError, Role, examine};
use crate::units::SizeLimit;

/// A named path, or one below a named folder, that was not read as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SkippedPath {
    /// As the user sees it.
    pub path: String,
    /// Why.
    pub because: SkippedBecause,
}

/// Why a path was not read as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkippedBecause {
    /// The system does not let us read it, or it is not a regular file.
    Unreadable,
    /// It holds NUL bytes: a binary file, or UTF-16.
    NotUtf8,
    /// It is larger than is allowed.
    TooLarge,
    /// It is encrypted as a whole.
    Encrypted,
    /// The configuration excludes it.
    Excluded,
    /// A `.gitignore` names it, and git does not track it as far as can be seen. It holds a manifest.
    Ignored,
    /// It is hidden, or in a hidden folder. It holds a manifest.
    Hidden,
    /// It came with a Go module that is copied into a `vendor` folder. It holds a manifest.
    Vendored,
    /// It is hidden, ignored or vendored, and nobody has seen whether it holds a manifest.
    Unseen,
}

/// By the path as the user sees it.
#[derive(Debug, Default)]
pub(super) struct Unread(BTreeMap<String, (Role, String)>);

impl Unread {
    /// What was named and is context of something else, too, counts as named.
    pub(super) fn add(&mut self, shown: String, role: Role, why: String) {
        let known = self.0.get(&shown);
        if known.is_none_or(|(known, _)| *known != Role::Named) {
            self.0.insert(shown, (role, why));
        }
    }

    /// What was named or lies below what was named.
    pub(super) fn named(&self) -> impl Iterator<Item = &String> {
        let named = self.0.iter().filter(|(_, (role, _))| *role == Role::Named);
        named.map(|(shown, _)| shown)
    }

    /// What was named or lies below what was named, and what would have been context: a line for each.
    pub(super) fn told(self) -> (Vec<String>, Vec<String>) {
        let (named, context): (Vec<_>, Vec<_>) = self
            .0
            .into_iter()
            .partition(|(_, (role, _))| *role == Role::Named);
        let line = |(shown, (_, why)): (String, (Role, String))| format!("{shown}: {why}");
        (
            named.into_iter().map(line).collect(),
            context.into_iter().map(line).collect(),
        )
    }
}

/// The `.gitignore` file of a folder, where it is something that must not be opened: the walker would
/// wait for a pipe, and take in a device without end.
pub(super) fn gitignore_trap(folder: &Path, limit: SizeLimit) -> Option<(PathBuf, String)> {
    let file = folder.join(".gitignore");
    if file.is_symlink() {
        let why = "a link, which git does not follow, and its folder is skipped".to_owned();
        return Some((file, why));
    }
    match examine(&file, limit) {
        Err(error @ (ReadError::NoFile | ReadError::TooLarge { .. })) if !file.is_dir() => {
            let why = format!("{error}, and its folder is skipped");
            Some((file, why))
        }
        // What cannot be looked at is not opened either, and a folder is no danger.
        _ => None,
    }
}
