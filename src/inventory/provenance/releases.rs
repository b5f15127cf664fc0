//! Folders for older releases of the cluster: `high-availability` beside `high-availability-1.21+`.

use std::collections::HashSet;

use crate::source::{Source, SourceId, Sources};

/// The files below folders beside which one of the same name and a newer release stands.
pub(super) fn outdated(sources: &Sources) -> HashSet<SourceId> {
    let all: HashSet<&str> = sources
        .iter()
        .flat_map(|it| folders(it.root_path()))
        .collect();
    let older: HashSet<&str> = all
        .iter()
        .filter_map(|folder| without_release(folder))
        .collect();
    let is_older = |source: &&Source| folders(source.root_path()).any(|it| older.contains(it));
    let found = sources.iter().filter(|_| !older.is_empty());
    found.filter(is_older).map(Source::id).collect()
}

/// Every folder on the way to a file: `a`, `a/b` for `a/b/c.yaml`.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').filter_map(|(at, _)| path.get(..at))
}

/// `base/ha-1.21+` → `base/ha`
fn without_release(folder: &str) -> Option<&str> {
    let (rest, last) = folder.rsplit_once('-')?;
    let (major, minor) = last.strip_suffix('+')?.split_once('.')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    (is_number(major.trim_start_matches('v')) && is_number(minor)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::without_release;

    #[test]
    fn a_release_and_those_after_it() {
        assert_eq!(without_release("base/ha-1.21+"), Some("base/ha"));
        assert_eq!(without_release("ha-v1.21+"), Some("ha"));
        for folder in ["ha-1.21", "ha-2", "ha+", "1.21+", "ha-x.y+"] {
            assert_eq!(without_release(folder), None, "{folder}");
        }
    }
}
