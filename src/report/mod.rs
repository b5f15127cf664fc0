//! Writes the outcome of a run, one file per format.

mod checklist;
mod concise;
pub mod disarm;
mod excerpt;
mod full;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
mod page;
mod paint;
mod place;
mod replacement;
mod sarif;
mod summary;
mod text;
mod timeline;

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::str::FromStr;

use crate::finding::{Listing, Outcome, RuleMeta, Severity};
use crate::source::Sources;

use disarm::Spelling;

pub use checklist::{ChecklistFormat, write_checklists};
pub use page::write_page;
pub use paint::diff_in_color;
pub use summary::{not_judged, statistics};
pub use text::{sanitize, sanitize_source, subject};
pub use timeline::{TimelineFormat, write_timelines};

/// How an outcome is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people: source excerpts with the place marked.
    #[default]
    Full,
    /// For people and editors: one line per finding.
    Concise,
    /// For programs: the versioned contract of this tool.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For GitHub Actions: workflow commands that become annotations.
    Github,
    /// For GitLab: a Code Quality report.
    Gitlab,
    /// For CI systems that show tests: JUnit XML.
    Junit,
    /// For comments under a pull request, and for job summaries.
    Markdown,
    /// For people: a page of its own, with the timelines and the checklists of the workloads.
    Html,
}

impl Format {
    /// All formats, in the order in which help texts name them.
    pub const ALL: [Self; 9] = [
        Self::Full,
        Self::Concise,
        Self::Json,
        Self::Sarif,
        Self::Github,
        Self::Gitlab,
        Self::Junit,
        Self::Markdown,
        Self::Html,
    ];

    /// Whether a person who reads it where it is written sees what was not judged: the others carry it
    /// for programs, or have no place for it.
    pub fn tells_people(self) -> bool {
        matches!(
            self,
            Self::Full | Self::Concise | Self::Github | Self::Markdown
        )
    }

    /// The lower-case word used on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that names no [`Format`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{given}`, expected one of {}", Format::ALL.map(Format::as_str).join(", "))]
pub struct UnknownFormat {
    given: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == given)
            .ok_or_else(|| UnknownFormat {
                given: sanitize(given).into_owned(),
            })
    }
}

/// What findings stand together, where people read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// Those of one workload, or of another object.
    Workload,
    /// Those of one file.
    File,
    /// Those of one rule.
    Rule,
}

/// Whether of each rule only one finding stands there whole, where people read them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fold {
    /// All findings are whole.
    #[default]
    Never,
    /// However few there are.
    Always,
    /// Where there are too many to read one by one.
    Many,
}

impl Fold {
    /// Whether so many findings are folded.
    fn applies_to(self, count: usize) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::Many => count >= full::MANY,
        }
    }
}

/// What the place that is written to can show. The formats for programs ignore it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
pub struct Style {
    /// Whether ANSI colours are written.
    pub color: bool,
    /// Whether frames are drawn with box-drawing characters instead of ASCII.
    pub unicode: bool,
    /// The column at which prose is wrapped.
    pub width: usize,
    /// Whether the summary line is left out.
    pub quiet: bool,
    /// Whether suppressed findings are written, too. The formats for programs carry them as such.
    pub show_suppressed: bool,
    /// What stands together in `full`; by workload, or by rule where it is folded.
    pub group_by: Option<GroupBy>,
    /// Whether `full` is folded.
    pub fold: Fold,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            unicode: true,
            width: 100,
            quiet: false,
            show_suppressed: false,
            group_by: None,
            fold: Fold::Never,
        }
    }
}

/// The file of a format.
type Writer = fn(&Report<'_>, &Style, &mut dyn Write) -> io::Result<()>;

/// All that a format may speak of.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What was found.
    pub outcome: &'a Outcome,
    /// The texts it was found in.
    pub sources: &'a Sources,
    /// The rules that could have spoken.
    pub rules: &'a [RuleMeta],
    /// From which severity on a finding is a failure, for formats that know failures.
    pub fails_from: Severity,
}

impl<'a> Report<'a> {
    /// The findings that a format for people lists.
    fn shown(&self, style: &Style) -> Listing<'a> {
        self.outcome.listing(style.show_suppressed)
    }

    /// Writes the report. The same report gives the same bytes on every run and machine. Gives what
    /// had to be left out, a line each, where the reader of the format has limits and does not show
    /// it.
    ///
    /// # Errors
    /// Only those of `out`.
    pub fn write(
        &self,
        format: Format,
        style: &Style,
        out: &mut dyn Write,
    ) -> io::Result<Vec<String>> {
        // How it is kept from being obeyed, and who writes it.
        let (spelling, writer): (Spelling, Writer) = match format {
            Format::Json => (Spelling::Json, |it, _, out| json::write(it, out)),
            Format::Gitlab => (Spelling::Json, |it, _, out| gitlab::write(it, out)),
            Format::Sarif => return sarif::write(self, out),
            Format::Github => (Spelling::Commands, github::write),
            Format::Full => (Spelling::Text, full::write),
            Format::Concise => (Spelling::Text, concise::write),
            // Not as references: servers print the text of a failure into logs.
            Format::Junit => (Spelling::Text, |it, _, out| junit::write(it, out)),
            Format::Markdown => (Spelling::Text, |it, _, out| markdown::write(it, out)),
            Format::Html => (Spelling::Markup, html::write),
        };
        disarm::write(spelling, out, |out| writer(self, style, out))?;
        Ok(Vec::new())
    }
}
