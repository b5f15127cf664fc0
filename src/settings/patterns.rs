//! Patterns for paths, compiled.

use std::path::{Component, Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::PathGlob;

/// A pattern that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{glob}` is not a valid pattern: {reason}")]
pub struct PatternError {
    /// The pattern.
    pub glob: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Patterns with the meaning of the lines of `.gitignore` files, of which later ones override
/// earlier ones; grouped by the directory they are relative to.
#[derive(Clone, Debug, Default)]
pub struct PathPatterns {
    globs: Vec<PathGlob>,
    groups: Vec<Group>,
}

/// The patterns that are relative to one directory.
#[derive(Clone, Debug)]
struct Group {
    base: PathBuf,
    matcher: Gitignore,
    /// A path that matches holds at least one of these texts: that is found out in a fraction of the
    /// time that patterns take.
    parts: Vec<String>,
}

impl PathPatterns {
    /// Compiles patterns.
    ///
    /// # Errors
    /// All patterns that cannot be read.
    pub fn new(globs: &[PathGlob]) -> Result<Self, Vec<PatternError>> {
        let mut builders: Vec<(PathBuf, GitignoreBuilder, Vec<String>)> = Vec::new();
        let mut errors = Vec::new();
        for PathGlob { base, glob } in globs {
            // What is matched is canonical, so a base reached through a link must be, too.
            let base = std::fs::canonicalize(base).unwrap_or_else(|_| base.clone());
            if builders.last().is_none_or(|(last, ..)| *last != base) {
                builders.push((base.clone(), GitignoreBuilder::new(&base), Vec::new()));
            }
            let Some((_, builder, parts)) = builders.last_mut() else {
                continue;
            };
            if let Err(error) = builder.add_line(None, glob) {
                errors.push(invalid(glob, &error));
            }
            // What takes back another pattern makes nothing match.
            if !glob.starts_with('!') {
                parts.push(part(glob).to_owned());
            }
        }
        let mut groups = Vec::new();
        for (base, builder, parts) in builders {
            match builder.build() {
                Ok(matcher) => groups.push(Group {
                    base,
                    matcher,
                    parts,
                }),
                Err(error) => errors.push(invalid("", &error)),
            }
        }
        if errors.is_empty() {
            Ok(Self {
                globs: globs.to_vec(),
                groups,
            })
        } else {
            Err(errors)
        }
    }

    /// Whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.globs.is_empty()
    }

    /// The patterns.
    pub fn globs(&self) -> &[PathGlob] {
        &self.globs
    }

    /// Whether the absolute path, or a directory above it, matches.
    pub fn matches(&self, path: &Path, is_dir: bool) -> bool {
        let text = path.to_str();
        self.groups.iter().any(|group| {
            let mut parts = group.parts.iter();
            text.is_none_or(|text| parts.any(|part| text.contains(part)))
                && path != group.base
                && path.starts_with(&group.base)
                && group
                    .matcher
                    .matched_path_or_any_parents(path, is_dir)
                    .is_ignore()
        })
    }
}

/// The longest text that every path holds that a pattern matches, as far as is easily told.
fn part(glob: &str) -> &str {
    if glob.contains(['[', ']', '{', '}', '\\']) {
        return "";
    }
    let parts = glob.split(|char: char| matches!(char, '*' | '?' | '/') || char.is_whitespace());
    parts.max_by_key(|part| part.len()).unwrap_or_default()
}

/// Two are equal when they were made of the same patterns.
impl PartialEq for PathPatterns {
    fn eq(&self, other: &Self) -> bool {
        self.globs == other.globs
    }
}

impl Eq for PathPatterns {}

/// The path without `.` and `..`, as far as the text tells.
pub(super) fn normalized(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

fn invalid(glob: &str, error: &ignore::Error) -> PatternError {
    PatternError {
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

    fn patterns(globs: &[&str]) -> PathPatterns {
        let globs: Vec<PathGlob> = globs
            .iter()
            .map(|glob| PathGlob {
                base: PathBuf::from("/no-such-base"),
                glob: (*glob).to_owned(),
            })
            .collect();
        PathPatterns::new(&globs).unwrap()
    }

    #[test]
    fn patterns_mean_what_they_mean_to_git() {
        let patterns = patterns(&[
            "vendor/",
            "/k8s/old",
            "*.generated.yaml",
            "!keep.generated.yaml",
        ]);
        for (path, matched) in [
            ("/no-such-base/a/vendor/x.yaml", true),
            ("/no-such-base/k8s/old/x.yaml", true),
            ("/no-such-base/a/k8s/old/x.yaml", false),
            ("/no-such-base/a.generated.yaml", true),
            ("/no-such-base/keep.generated.yaml", false),
            ("/elsewhere/vendor/x.yaml", false),
        ] {
            assert_eq!(patterns.matches(Path::new(path), false), matched, "{path}");
        }
    }

    #[test]
    fn a_broken_pattern_is_an_error() {
        let glob = PathGlob {
            base: PathBuf::from("/"),
            glob: "[z-a].yaml".to_owned(),
        };
        let errors = PathPatterns::new(&[glob]).unwrap_err();
        insta::assert_snapshot!(errors[0], @"`[z-a].yaml` is not a valid pattern: invalid range; 'z' > 'a'");
    }

    #[test]
    fn a_path_is_normalized_as_text() {
        assert_eq!(normalized(Path::new("/a/b/../c/./d")), Path::new("/a/c/d"));
    }
}
