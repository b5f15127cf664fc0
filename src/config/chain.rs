//! `extends`: the files that a configuration builds on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{ConfigError, trust};
use crate::source::{NewSource, ReadError, Role, Scope, SourceId, Sources, Span, read_text};
use crate::units::SizeLimit;
use crate::yaml::{self, Content};

/// The key that names the file to build on.
pub(super) const EXTENDS: &str = "extends";

/// More files than this do not build on each other.
const MOST: usize = 32;

/// A configuration file, read.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) path: PathBuf,
    /// As users see the path.
    pub(super) shown: String,
    pub(super) content: Arc<str>,
}

impl Text {
    /// A file, as it was read.
    ///
    /// # Errors
    /// What kept from reading it, with its path as users see it.
    pub(super) fn of(
        file: &Path,
        shown: &str,
        read: Result<String, ReadError>,
    ) -> Result<Self, Vec<ConfigError>> {
        let content = read.map_err(|error| {
            vec![ConfigError::Unreadable {
                path: shown.to_owned(),
                error,
            }]
        })?;
        Ok(Self {
            path: file.to_owned(),
            shown: shown.to_owned(),
            content: content.into(),
        })
    }

    pub(super) fn base(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// The text as a source of its own, which knows its lines.
    pub(super) fn source(&self) -> (Sources, SourceId) {
        let mut sources = Sources::default();
        let id = sources.push(NewSource {
            path: self.shown.clone(),
            root_path: self.shown.clone(),
            text: Arc::clone(&self.content),
            invalid_utf8: None,
            role: Role::Named,
            scope: Scope("".into()),
        });
        (sources, id)
    }

    /// The file that it builds on as it is written, and where. What cannot be one is told when the file is read.
    fn extends(&self) -> Option<(String, Span)> {
        let stream = yaml::parse(&self.content);
        let tree = stream.documents.iter().find_map(|it| match &it.content {
            Content::Tree(tree) => Some(tree),
            _ => None,
        })?;
        let node = tree.root().get(EXTENDS)?.resolved();
        Some((node.text()?.to_owned(), node.span()))
    }

    fn error(&self, span: Span, message: String) -> ConfigError {
        let (sources, id) = self.source();
        let at = sources.get(id).position(span.start);
        ConfigError::Invalid {
            path: self.shown.clone(),
            line: at.line,
            column: at.column,
            message,
        }
    }
}

/// A file and those that it builds on, the farthest first, with what keeps others from being read.
pub(super) fn chain(first: Text) -> (Vec<Text>, Option<ConfigError>) {
    let mut seen = vec![trust::resolved(&first.path)];
    let mut files = vec![first];
    let mut error = None;
    while let Some(last) = files.last() {
        let Some((written, span)) = last.extends() else {
            break;
        };
        // Said when the file is read, with everything else that it may not name.
        if trust::leads_out(&trust::root(last.base()), last.base(), &written) {
            break;
        }
        let path = last.base().join(&written);
        let whole = trust::resolved(&path);
        if let Some(again) = seen.iter().position(|it| *it == whole) {
            error = files.get(again).map(|first| circle(last, first, span));
            break;
        }
        if files.len() == MOST {
            let message = format!("more than {MOST} files build on each other");
            error = Some(last.error(span, message));
            break;
        }
        match read_text(&path, SizeLimit::default()) {
            Ok(text) => {
                let shown = shown(&last.shown, &written);
                seen.push(whole);
                files.push(Text {
                    path,
                    shown,
                    content: text.into(),
                });
            }
            Err(reason) => {
                let message = format!("`{written}` cannot be read: {reason}");
                error = Some(last.error(span, message));
                break;
            }
        }
    }
    files.reverse();
    (files, error)
}

fn circle(last: &Text, first: &Text, span: Span) -> ConfigError {
    let message = if last.path == first.path {
        format!("{} extends itself", last.shown)
    } else {
        format!(
            "{} extends {}, which builds on {} itself",
            last.shown, first.shown, last.shown
        )
    };
    last.error(span, message)
}

/// The path of a file as it is written next to another one, as users see it.
fn shown(next_to: &str, written: &str) -> String {
    let mut parts: Vec<&str> = match next_to.rsplit_once('/') {
        Some((folder, _)) => folder.split('/').collect(),
        None => Vec::new(),
    };
    for part in written.split('/') {
        match part {
            "" | "." => {}
            ".." if parts
                .last()
                .is_some_and(|last| *last != ".." && !last.is_empty()) =>
            {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_path_is_shown_as_a_person_would_write_it() {
        for (next_to, written, expected) in [
            ("lameduck.yaml", "base.yaml", "base.yaml"),
            ("a/lameduck.yaml", "../base.yaml", "base.yaml"),
            ("a/b/lameduck.yaml", "./../c/base.yaml", "a/c/base.yaml"),
            ("../lameduck.yaml", "../base.yaml", "../../base.yaml"),
            ("/repo/lameduck.yaml", "base.yaml", "/repo/base.yaml"),
        ] {
            assert_eq!(shown(next_to, written), expected);
        }
    }
}
