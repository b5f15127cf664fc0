//! The baseline: findings that were there when it was written and do not count until they change.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::View;
use crate::finding::{Finding, Fingerprint, Outcome, SuppressedBy, Suppression};
use crate::source::{Role, Source, Span};
use crate::units::cut;

/// The format that is read and written.
const VERSION: &str = "1";

/// The findings that a file lists.
#[derive(Debug, Default)]
pub struct Baseline {
    entries: Vec<Entry>,
}

/// One listed finding. Only its fingerprint and rule identify it; the rest is for people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// Of the file, relative to the root of the repository.
    pub(super) path: Arc<str>,
    /// `Kind namespace/name`
    pub(super) resource: Option<Arc<str>>,
    pub(super) container: Option<Arc<str>>,
    pub(super) rule: Arc<str>,
    pub(super) message: Box<str>,
    pub(super) fingerprint: Fingerprint,
    /// Where the entry stands in its file.
    pub(super) span: Span,
}

/// What a run can judge of a baseline.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Named directories, relative to the root of the repository; `.` is the root itself.
    pub directories: Vec<String>,
}

/// Why a file is no baseline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}:{column}: {message}")]
pub struct BaselineError {
    /// As the user sees it.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// What is wrong, and what was expected.
    pub message: String,
}

/// An entry as it is written.
#[derive(Serialize)]
struct Line<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<&'a str>,
    rule: &'a str,
    message: &'a str,
    fingerprint: String,
}

/// The file as it is written, unread.
#[derive(Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    version: Option<&'a RawValue>,
    #[serde(borrow)]
    findings: Option<&'a RawValue>,
}

/// An entry as it is read; what a newer lameduck adds is not.
#[derive(Deserialize)]
struct WrittenEntry<'a> {
    #[serde(borrow)]
    path: Option<Cow<'a, str>>,
    #[serde(borrow)]
    resource: Option<Cow<'a, str>>,
    #[serde(borrow)]
    container: Option<Cow<'a, str>>,
    #[serde(borrow)]
    rule: Option<Cow<'a, str>>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
    #[serde(borrow)]
    fingerprint: Option<Cow<'a, str>>,
}

const LAST_COMMA: &str = "the last entry ends with a comma: remove it";

/// Whether a list or a mapping ends at this place of a text, right after a comma.
fn is_after_last_comma(text: &str, at: usize) -> bool {
    let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    before.trim_end().ends_with(',') && rest.trim_start().starts_with([']', '}'])
}

/// Reads a part of the file as JSON.
fn read<'a, T: Deserialize<'a>>(file: &Source, part: &'a str) -> Result<T, BaselineError> {
    serde_json::from_str(part).map_err(|failure| {
        let lines = failure.line().saturating_sub(1);
        let above: usize = part.split_inclusive('\n').take(lines).map(str::len).sum();
        let at = above + failure.column().saturating_sub(1);
        let said = failure.to_string();
        let said = said.split(" at line ").next().unwrap_or_default();
        let message = match said {
            _ if is_after_last_comma(part, at) => LAST_COMMA.to_owned(),
            "trailing comma" => LAST_COMMA.to_owned(),
            said => format!("{}: {said}", expected("a baseline")),
        };
        error(
            file,
            offset_in(file.text(), part) + at,
            cut::message(message),
        )
    })
}

/// Where a part of the text starts.
fn offset_in(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

fn error(file: &Source, at: usize, message: String) -> BaselineError {
    let position = file.position(u32::try_from(at).unwrap_or(u32::MAX));
    BaselineError {
        path: file.path().to_owned(),
        line: position.line,
        column: position.column,
        message,
    }
}

impl Coverage {
    fn holds(&self, path: &str) -> bool {
        self.directories.iter().any(|directory| {
            directory == "."
                || path
                    .strip_prefix(directory.as_str())
                    .is_some_and(|rest| rest.starts_with('/'))
        })
    }
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// When the text is no baseline, or one of another version.
    pub fn parse(file: &Source) -> Result<Self, BaselineError> {
        let text = file.text();
        // Entry by entry: a tree of them all would take many times their size.
        let written: Written<'_> = read(file, text)?;
        match written.version.map(|it| it.get().trim_matches('"')) {
            Some(VERSION) => {}
            Some(other) => {
                let message = format!(
                    "this baseline has version {other}, this lameduck reads version {VERSION}"
                );
                let at = written.version.map_or(0, |it| offset_in(text, it.get()));
                return Err(error(file, at, cut::message(message)));
            }
            None => return Err(error(file, 0, expected("a baseline with a `version`"))),
        }
        let findings = written.findings.filter(|it| it.get().starts_with('['));
        let findings = findings.ok_or_else(|| error(file, 0, expected("a list `findings`")))?;
        let findings: Vec<&RawValue> = read(file, findings.get())?;
        let mut known = BTreeSet::new();
        let entries = findings
            .into_iter()
            .map(|entry| Entry::read(file, entry.get(), &mut known));
        Ok(Self {
            entries: entries.collect::<Result<_, _>>()?,
        })
    }

    /// How many findings are listed.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no finding is listed.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The baseline of a run: its findings that count, and what the earlier baseline lists of files
    /// and rules that the run does not cover, or of findings that nobody asked for.
    pub fn of(outcome: &Outcome, earlier: &Self, view: &View<'_>, covers: &Coverage) -> Self {
        // A copy may be named without its original.
        let counts = |finding: &&Finding| match &finding.suppressed {
            None => true,
            Some(it) => matches!(it.by, SuppressedBy::Baseline | SuppressedBy::Original),
        };
        let of_now = outcome
            .findings
            .iter()
            .filter(counts)
            .map(|it| Entry::of(it, view));
        let unasked: BTreeSet<_> = outcome.unasked.iter().map(|it| it.fingerprint).collect();
        let of_others = earlier.entries.iter().filter(|entry| {
            unasked.contains(&entry.fingerprint) || !entry.is_covered(view, covers)
        });
        let mut seen = BTreeSet::new();
        let mut entries: Vec<Entry> = of_now
            .chain(of_others.cloned())
            .filter(|entry| seen.insert(entry.fingerprint))
            .collect();
        entries.sort();
        Self { entries }
    }

    /// How many entries of this baseline another one lists, too.
    pub fn kept_by(&self, other: &Self) -> usize {
        let listed: BTreeSet<Fingerprint> = other.entries.iter().map(|it| it.fingerprint).collect();
        let kept = |entry: &&Entry| listed.contains(&entry.fingerprint);
        self.entries.iter().filter(kept).count()
    }

    /// The text of the file: JSON, a line for each finding, in the order of paths and objects.
    ///
    /// # Errors
    /// When an entry cannot be written as JSON.
    pub fn to_text(&self) -> serde_json::Result<String> {
        let mut text = format!("{{\n  \"version\": {VERSION},\n  \"findings\": [");
        for (at, entry) in self.entries.iter().enumerate() {
            text.push_str(if at == 0 { "\n    " } else { ",\n    " });
            text.push_str(&serde_json::to_string(&Line {
                path: &entry.path,
                resource: entry.resource.as_deref(),
                container: entry.container.as_deref(),
                rule: &entry.rule,
                message: &entry.message,
                fingerprint: entry.fingerprint.to_string(),
            })?);
        }
        text.push_str(if self.entries.is_empty() {
            "]\n}\n"
        } else {
            "\n  ]\n}\n"
        });
        Ok(text)
    }

    /// Gives the listed findings their verdict, and says which are listed.
    pub fn suppress(&self, findings: &mut [Finding]) -> BTreeSet<Fingerprint> {
        let rules: BTreeMap<Fingerprint, &str> = self
            .entries
            .iter()
            .map(|entry| (entry.fingerprint, &*entry.rule))
            .collect();
        let mut met = BTreeSet::new();
        for finding in findings {
            if rules.get(&finding.fingerprint) != Some(&finding.rule) {
                continue;
            }
            met.insert(finding.fingerprint);
            if finding.suppressed.is_none() {
                finding.suppressed = Some(Suppression {
                    by: SuppressedBy::Baseline,
                    reason: None,
                });
            }
        }
        met
    }

    /// Gives the listed findings their verdict; the entries that list none although their rule ran
    /// on their file.
    pub(super) fn apply<'b>(
        &'b self,
        outcome: &mut Outcome,
        view: &View<'_>,
        covers: &Coverage,
    ) -> impl Iterator<Item = &'b Entry> {
        let mut met = self.suppress(&mut outcome.findings);
        met.extend(self.suppress(&mut outcome.unasked));
        let stale: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|entry| !met.contains(&entry.fingerprint) && entry.is_covered(view, covers))
            .collect();
        stale.into_iter()
    }
}

impl Entry {
    fn of(finding: &Finding, view: &View<'_>) -> Self {
        let resource = finding.resource.as_ref();
        Self {
            path: view.sources.get(finding.primary.source).root_path().into(),
            resource: resource.map(|it| it.to_string().into()),
            container: resource.and_then(|it| it.container.as_deref().map(Arc::from)),
            rule: finding.rule.into(),
            message: finding.message.as_str().into(),
            fingerprint: finding.fingerprint,
            span: Span::default(),
        }
    }

    /// `known` are texts that many entries share.
    fn read(
        file: &Source,
        text: &str,
        known: &mut BTreeSet<Arc<str>>,
    ) -> Result<Self, BaselineError> {
        let start = offset_in(file.text(), text);
        let written: WrittenEntry<'_> = read(file, text)?;
        let missing = |key: &str| error(file, start, expected(&format!("a finding with `{key}`")));
        let mut shared = |text: &str| {
            if let Some(known) = known.get(text) {
                return Arc::clone(known);
            }
            let new: Arc<str> = text.into();
            known.insert(Arc::clone(&new));
            new
        };
        let fingerprint = written.fingerprint.ok_or_else(|| missing("fingerprint"))?;
        let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Ok(Self {
            path: shared(&written.path.ok_or_else(|| missing("path"))?),
            resource: written.resource.map(|it| shared(&it)),
            container: written.container.map(|it| shared(&it)),
            rule: shared(&written.rule.ok_or_else(|| missing("rule"))?),
            message: written.message.unwrap_or_default().into(),
            fingerprint: fingerprint.parse().map_err(|()| {
                let message = format!(
                    "expected a fingerprint of 16 hexadecimal digits, found `{fingerprint}`"
                );
                error(file, start, cut::message(message))
            })?,
            span: Span::new(offset(start), offset(start + text.len())),
        })
    }

    /// Whether the run would give the finding if it were still there.
    fn is_covered(&self, view: &View<'_>, covers: &Coverage) -> bool {
        let mut sources = view.sources.iter();
        let source = sources.find(|source| source.root_path() == &*self.path);
        let is_read = match source {
            Some(source) => source.role() == Role::Named,
            None => covers.holds(&self.path),
        };
        let subject = self.resource.as_ref().and_then(|it| it.split_once(' '));
        let subject = subject.map(|(kind, name)| {
            let name = name.rsplit('/').next().unwrap_or(name);
            (kind, name)
        });
        let path = source.map_or(&*self.path, Source::path);
        let settings = view.settings.of(path, subject);
        let rule = view.rule(&self.rule);
        is_read && rule.is_none_or(|rule| rule.enabled(&settings).is_some())
    }
}

fn expected(what: &str) -> String {
    format!("expected {what}, as --write-baseline writes it")
}
