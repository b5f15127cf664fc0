//! What is never read.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::DiscoverError;
use crate::settings::PathGlob;

/// Patterns, grouped by the directory they are relative to.
#[derive(Clone, Debug, Default)]
pub(super) struct Excludes {
    groups: Vec<(PathBuf, Gitignore)>,
}

impl Excludes {
    pub(super) fn new(globs: &[PathGlob]) -> Result<Self, Vec<DiscoverError>> {
        let mut builders: Vec<(PathBuf, GitignoreBuilder)> = Vec::new();
        let mut errors = Vec::new();
        for PathGlob { base, glob } in globs {
            // Candidates are canonical, so a base reached through a link must be, too.
            let base = std::fs::canonicalize(base).unwrap_or_else(|_| base.clone());
            if builders.last().is_none_or(|(last, _)| *last != base) {
                builders.push((base.clone(), GitignoreBuilder::new(&base)));
            }
            let Some((_, builder)) = builders.last_mut() else {
                continue;
            };
            if let Err(error) = builder.add_line(None, glob) {
                errors.push(invalid(glob, &error));
            }
        }
        let mut groups = Vec::new();
        for (base, builder) in builders {
            match builder.build() {
                Ok(matcher) => groups.push((base, matcher)),
                Err(error) => errors.push(invalid("", &error)),
            }
        }
        if errors.is_empty() {
            Ok(Self { groups })
        } else {
            Err(errors)
        }
    }

    /// Whether the path, or a directory above it, is excluded.
    pub(super) fn matches(&self, path: &Path, is_dir: bool) -> bool {
        self.groups.iter().any(|(base, matcher)| {
            path != base
                && path.starts_with(base)
                && matcher
                    .matched_path_or_any_parents(path, is_dir)
                    .is_ignore()
        })
    }
}

fn invalid(glob: &str, error: &ignore::Error) -> DiscoverError {
    DiscoverError::Glob {
        glob: glob.to_owned(),
        reason: match error {
            ignore::Error::Glob { err, .. } => err.clone(),
            other => other.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excludes(globs: &[&str]) -> Excludes {
        let globs: Vec<PathGlob> = globs
            .iter()
            .map(|glob| PathGlob {
                base: PathBuf::from("/no-such-base"),
                glob: (*glob).to_owned(),
            })
            .collect();
        Excludes::new(&globs).unwrap()
    }

    #[test]
    fn patterns_mean_what_they_mean_to_git() {
        let excludes = excludes(&[
            "vendor/",
            "/k8s/old",
            "*.generated.yaml",
            "!keep.generated.yaml",
        ]);
        for (path, excluded) in [
            ("/no-such-base/a/vendor/x.yaml", true),
            ("/no-such-base/k8s/old/x.yaml", true),
            ("/no-such-base/a/k8s/old/x.yaml", false),
            ("/no-such-base/a.generated.yaml", true),
            ("/no-such-base/keep.generated.yaml", false),
            ("/elsewhere/vendor/x.yaml", false),
        ] {
            assert_eq!(excludes.matches(Path::new(path), false), excluded, "{path}");
        }
    }

    #[test]
    fn a_broken_pattern_is_an_error() {
        let glob = PathGlob {
            base: PathBuf::from("/"),
            glob: "[z-a].yaml".to_owned(),
        };
        let errors = Excludes::new(&[glob]).unwrap_err();
        insta::assert_snapshot!(errors[0], @"`[z-a].yaml` is no valid path pattern: invalid range; 'z' > 'a'");
    }
}
