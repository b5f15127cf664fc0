//! Paths as text.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// `to` as seen from the directory `from`, with `/`. Both are absolute and without `.` and `..`.
/// Where no relative path leads there (another drive), `to` itself.
pub fn relative(from: &Path, to: &Path) -> String {
    let mut from_rest = from.components().peekable();
    let mut to_rest = to.components().peekable();
    while from_rest.peek().is_some() && from_rest.peek() == to_rest.peek() {
        from_rest.next();
        to_rest.next();
    }
    if from_rest
        .clone()
        .any(|part| !matches!(part, Component::Normal(_)))
    {
        return to.to_string_lossy().replace('\\', "/");
    }
    let parts: Vec<_> = from_rest
        .map(|_| "..".into())
        .chain(to_rest.map(|part| part.as_os_str().to_string_lossy()))
        .collect();
    if parts.is_empty() {
        return ".".to_owned();
    }
    parts.join("/")
}

/// An absolute path of a file that need not exist: symbolic links of the part that exists are
/// resolved, `.` and `..` of the rest are taken by their text.
pub(super) fn resolve_missing(path: &Path) -> PathBuf {
    let mut missing: Vec<OsString> = Vec::new();
    let mut existing = normal(path);
    loop {
        if let Ok(mut resolved) = std::fs::canonicalize(&existing) {
            resolved.extend(missing.into_iter().rev());
            return resolved;
        }
        match (existing.file_name().map(OsString::from), existing.pop()) {
            (Some(name), true) => missing.push(name),
            _ => return normal(path),
        }
    }
}

/// `.` and `..` of a path taken by its text: what it names need not exist.
pub fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_use_slashes_and_dots() {
        let cases = [
            ("/a/b", "/a/b/c/d.yaml", "c/d.yaml"),
            ("/a/b", "/a/x.yaml", "../x.yaml"),
            ("/a/b", "/c/x.yaml", "../../c/x.yaml"),
            ("/a/b", "/a/bc", "../bc"),
            ("/a/b", "/a/b", "."),
        ];
        for (from, to, expected) in cases {
            assert_eq!(relative(Path::new(from), Path::new(to)), expected);
        }
    }

    #[test]
    fn a_missing_path_keeps_its_rest() {
        let folder = tempfile::tempdir().unwrap();
        let existing = folder.path().canonicalize().unwrap();
        assert_eq!(
            resolve_missing(&folder.path().join("new/./x/../app.yaml")),
            existing.join("new/app.yaml")
        );
    }
}
