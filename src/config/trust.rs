//! What the configuration file may name. It is a file of the repository, and whoever proposes a change
//! may change it, too: it reads nothing else than the repository. What lies outside is named by flags.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use crate::source::is_inside;

/// The root of the git repository that holds a directory, else the directory itself; links are
/// resolved.
pub(super) fn root(directory: &Path) -> PathBuf {
    let directory = resolved(directory);
    let mut above = directory.ancestors();
    let root = above.find(|directory| directory.join(".git").exists());
    root.unwrap_or(&directory).to_owned()
}

/// The absolute path of what may not exist: links of the part that exists are resolved, `..` of the
/// rest is taken by its text.
pub(super) fn resolved(path: &Path) -> PathBuf {
    let mut rest: Vec<OsString> = Vec::new();
    let mut existing = path.to_owned();
    let (mut found, rest) = loop {
        if let Ok(found) = std::fs::canonicalize(&existing) {
            break (found, rest);
        }
        let last = existing.components().next_back();
        let name = match last {
            Some(Component::Normal(name)) => name.to_owned(),
            Some(Component::ParentDir) => "..".into(),
            _ => break (path.to_owned(), Vec::new()),
        };
        rest.push(name);
        existing.pop();
    };
    let climbs = rest.iter().any(|part| part == "..");
    for part in rest.into_iter().rev() {
        if part == ".." {
            found.pop();
        } else {
            found.push(part);
        }
    }
    // What stands behind `..` may be a link, too.
    if climbs { resolved(&found) } else { found }
}

/// Whether a path, as written in a directory, leads out of a root, or into its `.git` folder.
pub(super) fn leads_out(root: &Path, base: &Path, path: &str) -> bool {
    !is_inside(&resolved(&base.join(path)), root)
}

/// Whether a pattern of `context` asks for anything outside of a root.
pub(super) fn reaches_out(root: &Path, base: &Path, pattern: &str) -> bool {
    let pattern = pattern.strip_prefix('!').unwrap_or(pattern);
    let is_literal = |part: &&str| !part.contains(['*', '?', '[', '{', '\\']);
    let literal: Vec<&str> = pattern.split('/').take_while(is_literal).collect();
    // What stands behind a wildcard is not walked by its text.
    pattern.split('/').any(|part| part == "..") && leads_out(root, base, &literal.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_inside_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("repo");
        std::fs::create_dir_all(root.join(".git")).unwrap();
        let base = root.join("a/b");
        std::fs::create_dir_all(&base).unwrap();
        assert_eq!(super::root(&base), root);
        for (path, is_out) in [
            ("x.json", false),
            ("../../x.json", false),
            ("../../../x.json", true),
            ("missing/../../../../x.json", true),
            ("../../../repo/x.json", false),
            ("/etc/passwd", true),
            ("../../.git/config", true),
            ("../../.GIT/config", true),
            ("../../.gitignore", false),
        ] {
            assert_eq!(leads_out(&root, &base, path), is_out, "{path}");
        }
        for (pattern, is_out) in [
            ("k8s/", false),
            ("/k8s/*.yaml", false),
            ("../c/*.yaml", false),
            ("../../*", false),
            ("../../..", true),
            ("!../../../x", true),
            ("../x/../../../*", true),
        ] {
            assert_eq!(reaches_out(&root, &base, pattern), is_out, "{pattern}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_counts_as_what_it_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("repo");
        std::fs::create_dir_all(root.join(".git")).unwrap();
        std::os::unix::fs::symlink("..", root.join("up")).unwrap();
        std::os::unix::fs::symlink(".", root.join("here")).unwrap();
        assert!(leads_out(&root, &root, "up/x.json"));
        assert!(!leads_out(&root, &root, "here/x.json"));
        assert!(reaches_out(&root, &root.join("a"), "../up/*"));
        std::os::unix::fs::symlink(".git/v.yaml", root.join("v.yaml")).unwrap();
        std::fs::write(root.join(".git/v.yaml"), "").unwrap();
        assert!(leads_out(&root, &root, "v.yaml"));
    }
}
