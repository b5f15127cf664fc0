//! What the configuration says of the files that are read beside the named ones.

use std::path::{Path, PathBuf};

use super::paths::relative;
use crate::settings::{PathGlob, PathPatterns, PatternError};

/// The view of a run, where the configuration narrows or widens it.
#[derive(Debug)]
pub(super) struct View {
    patterns: PathPatterns,
    /// Directories to walk that lie outside of the one that patterns are relative to.
    widened: Vec<PathBuf>,
}

impl View {
    /// Compiles the patterns; what lies in the folders is in view, too.
    pub(super) fn new(globs: &[PathGlob], folders: &[PathBuf]) -> Result<Self, Vec<PatternError>> {
        let mut inside = Vec::new();
        let mut widened = Vec::new();
        for glob in globs {
            let (glob, directory) = rebased(glob);
            inside.push(glob);
            widened.extend(directory);
        }
        inside.extend(folders.iter().map(|folder| PathGlob {
            base: std::fs::canonicalize(folder).unwrap_or_else(|_| folder.clone()),
            glob: "*".to_owned(),
        }));
        Ok(Self {
            patterns: PathPatterns::new(&inside)?,
            widened,
        })
    }

    pub(super) fn holds(&self, file: &Path) -> bool {
        self.patterns.matches(file, false)
    }

    /// The directories to walk beside the repository, as far as they exist.
    pub(super) fn widened(&self) -> impl Iterator<Item = &PathBuf> {
        self.widened.iter().filter(|directory| directory.is_dir())
    }

    /// For standard error, what does not exist.
    pub(super) fn notices(&self, cwd: &Path) -> impl Iterator<Item = String> {
        let missing = self.widened.iter().filter(|directory| !directory.is_dir());
        missing.map(move |directory| {
            let shown = relative(cwd, directory);
            format!("`context` names {shown}, which does not exist")
        })
    }
}

/// A pattern that starts with `../` speaks of what lies outside of its directory: it becomes a
/// pattern of the directory that this leads to. Gives what has to be walked for it, too.
fn rebased(glob: &PathGlob) -> (PathGlob, Option<PathBuf>) {
    let (sign, pattern) = match glob.glob.strip_prefix('!') {
        Some(pattern) => ("!", pattern),
        None => ("", glob.glob.as_str()),
    };
    let mut base = std::fs::canonicalize(&glob.base).unwrap_or_else(|_| glob.base.clone());
    let mut rest = pattern;
    while let Some(below) = rest
        .strip_prefix("..")
        .filter(|it| it.is_empty() || it.starts_with('/'))
    {
        base.pop();
        rest = below.trim_start_matches('/');
    }
    if rest.len() == pattern.len() {
        return (glob.clone(), None);
    }
    let is_literal = |part: &&str| !part.contains(['*', '?', '[', '\\']);
    let mut walked = base.clone();
    walked.extend(rest.split('/').take_while(is_literal));
    if walked.is_file() {
        walked.pop();
    }
    let glob = PathGlob {
        base,
        glob: match rest {
            "" => format!("{sign}*"),
            rest => format!("{sign}/{rest}"),
        },
    };
    (glob, sign.is_empty().then_some(walked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_lead_out_are_taken_where_they_lead() {
        let cases = [
            ("k8s/", "/r/a", "k8s/", None),
            ("../b/k8s/*.yaml", "/r", "/b/k8s/*.yaml", Some("/r/b/k8s")),
            ("../../x", "/", "/x", Some("/x")),
            ("..", "/r", "*", Some("/r")),
            ("!../b/", "/r", "!/b/", None),
            ("..a/", "/r/a", "..a/", None),
        ];
        for (pattern, base, expected, walked) in cases {
            let glob = |base: &str, glob: &str| PathGlob {
                base: PathBuf::from(base),
                glob: glob.to_owned(),
            };
            let found = rebased(&glob("/r/a", pattern));
            assert_eq!(
                found,
                (glob(base, expected), walked.map(PathBuf::from)),
                "{pattern}"
            );
        }
    }
}
