//! What to do about a finding.

use std::fmt;

use crate::units::cut;

/// What to write instead: a sentence, and mostly YAML to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    text: String,
    is_fix: bool,
}

impl Help {
    /// The first line is a sentence; what follows is text to copy. What is too long to read is cut.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: cut::help(text.into()),
            is_fix: false,
        }
    }

    /// A sentence and the YAML that the finding's fix writes.
    pub fn of_fix(prose: &str, yaml: &str) -> Self {
        Self {
            is_fix: true,
            ..Self::new(format!("{prose}:\n{yaml}"))
        }
    }

    /// The same with other words at the end of the sentence; no fix writes it.
    #[must_use]
    pub fn with(self, words: &str) -> Self {
        let (prose, copy) = self.parts();
        let prose = prose.strip_suffix(':').unwrap_or(prose);
        Self::new(match copy {
            Some(copy) => format!("{prose} ({words}):\n{copy}"),
            None => format!("{prose} ({words})"),
        })
    }

    /// The sentence.
    pub fn prose(&self) -> &str {
        self.parts().0
    }

    /// The text to copy, which may hold several lines.
    pub fn copy(&self) -> Option<&str> {
        self.parts().1
    }

    /// Whether the text to copy is what the fix writes.
    pub fn is_fix(&self) -> bool {
        self.is_fix
    }

    /// All of it: the sentence, and below it the text to copy.
    pub fn as_str(&self) -> &str {
        self.text.trim_end()
    }

    fn parts(&self) -> (&str, Option<&str>) {
        match self.as_str().split_once('\n') {
            Some((prose, copy)) => (prose, Some(copy)),
            None => (self.as_str(), None),
        }
    }
}

impl fmt::Display for Help {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
