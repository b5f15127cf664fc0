//! For programs: the versioned contract of this tool.

use std::io::{self, Write};

use rayon::prelude::*;
use serde::Serialize;

use super::Report;
use crate::finding::{self, Applicability, Help, Outcome, Severity, Unjudged};
use crate::source::{Location, Sources};

/// Raised when a field changes its meaning or goes away; new fields do not raise it.
pub(super) const VERSION: u32 = 1;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (outcome, sources) = (report.outcome, report.sources);
    let listing = outcome.listing(true);
    let head = serde_json::to_string_pretty(&Head::new(outcome))?;
    write!(out, "{},\n  \"findings\": [", head.trim_end_matches("\n}"))?;
    // Most of the text, so all threads spell it out; part by part, so that no report is held whole.
    let mut separator = "\n    ";
    for part in listing.findings.chunks(PART) {
        let texts = part.par_iter().map(|finding| {
            let text = serde_json::to_string_pretty(&Finding::new(finding, sources))?;
            // In JSON no text holds a line break of its own.
            Ok(text.replace('\n', "\n    "))
        });
        let texts: Vec<String> = texts.collect::<serde_json::Result<_>>()?;
        for text in texts {
            write!(out, "{separator}{text}")?;
            separator = ",\n    ";
        }
    }
    let end = if listing.findings.is_empty() {
        ""
    } else {
        "\n  "
    };
    write!(out, "{end}]")?;
    let unlisted = listing.unlisted.iter().map(|left| Unlisted {
        path: sources.get(left.source).path(),
        rule: left.rule,
        count: left.count,
    });
    let unlisted: Vec<_> = unlisted.collect();
    if !unlisted.is_empty() {
        let text = serde_json::to_string_pretty(&unlisted)?.replace('\n', "\n  ");
        write!(out, ",\n  \"unlisted\": {text}")?;
    }
    writeln!(out, "\n}}")
}

/// How many findings are spelled out before they are written.
const PART: usize = 4_096;

/// What stands before the findings. Behind them stands `unlisted`, where there are any: findings that
/// count and are not listed.
#[derive(Serialize)]
struct Head<'a> {
    version: u32,
    tool: Tool,
    summary: Summary,
    skipped: Vec<Skipped<'a>>,
}

#[derive(Serialize)]
struct Unlisted<'a> {
    path: &'a str,
    rule: &'a str,
    count: usize,
}

/// What was not judged for one reason.
#[derive(Serialize)]
pub(super) struct Skipped<'a> {
    reason: &'static str,
    kind: Option<&'a str>,
    count: usize,
    example: &'a str,
    render: Option<&'static str>,
}

impl<'a> Skipped<'a> {
    pub(super) fn all(unjudged: &'a Unjudged) -> Vec<Self> {
        let rows = unjudged.rows.iter().map(|row| Self {
            reason: row.reason.as_str(),
            kind: row.kind.as_deref(),
            count: row.count,
            example: &row.example,
            render: row.render,
        });
        rows.collect()
    }
}

#[derive(Serialize)]
pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    objects: usize,
    workloads: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    suppressed: usize,
    fixable: usize,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    category: &'a str,
    severity: &'a str,
    message: &'a str,
    detail: Option<&'a str>,
    help: Option<&'a str>,
    path: &'a str,
    location: Range,
    resource: Option<Resource<'a>>,
    related: Vec<Related<'a>>,
    fix: Option<Fix<'a>>,
    fingerprint: String,
    /// Why the finding does not count, where it does not.
    suppressed: Option<Suppression<'a>>,
}

#[derive(Serialize)]
struct Suppression<'a> {
    by: &'static str,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
    offset: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resource<'a> {
    api_version: &'a str,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
    container: Option<&'a str>,
}

#[derive(Serialize)]
struct Related<'a> {
    path: &'a str,
    location: Range,
    message: &'a str,
}

#[derive(Serialize)]
struct Fix<'a> {
    applicability: &'static str,
    title: &'a str,
    effect: Option<&'a str>,
    edits: Vec<Edit<'a>>,
}

#[derive(Serialize)]
struct Edit<'a> {
    path: &'a str,
    start: u32,
    end: u32,
    text: &'a str,
}

impl Tool {
    /// This program.
    pub(super) fn this() -> Self {
        Self {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

impl<'a> Head<'a> {
    fn new(outcome: &'a Outcome) -> Self {
        Self {
            version: VERSION,
            tool: Tool::this(),
            summary: Summary {
                files: outcome.summary.files,
                objects: outcome.summary.objects,
                workloads: outcome.summary.workloads,
                errors: outcome.count(Severity::Error),
                warnings: outcome.count(Severity::Warning),
                notes: outcome.count(Severity::Note),
                suppressed: outcome.count_suppressed(),
                fixable: outcome.open().filter(|it| it.fix.is_some()).count(),
            },
            skipped: Skipped::all(&outcome.unjudged),
        }
    }
}

impl<'a> Finding<'a> {
    fn new(finding: &'a finding::Finding, sources: &'a Sources) -> Self {
        Self {
            rule: finding.rule,
            category: finding.category.as_str(),
            severity: finding.severity.as_str(),
            message: &finding.message,
            detail: finding.detail.as_deref(),
            help: finding.help.as_ref().map(Help::as_str),
            path: sources.get(finding.primary.source).path(),
            location: Range::new(finding.primary, sources),
            resource: finding.resource.as_ref().map(Resource::new),
            related: finding
                .related
                .iter()
                .map(|label| Related {
                    path: sources.get(label.location.source).path(),
                    location: Range::new(label.location, sources),
                    message: &label.message,
                })
                .collect(),
            fix: finding.fix.as_ref().map(|fix| Fix::new(fix, sources)),
            fingerprint: finding.fingerprint.to_string(),
            suppressed: finding.suppressed.as_ref().map(|it| Suppression {
                by: it.by.as_str(),
                reason: it.reason.as_deref(),
            }),
        }
    }
}

impl Range {
    fn new(location: Location, sources: &Sources) -> Self {
        let source = sources.get(location.source);
        let position = |offset| {
            let at = source.position(offset);
            Position {
                line: at.line,
                column: at.column,
                offset: at.offset,
            }
        };
        Self {
            start: position(location.span.start),
            end: position(location.span.end),
        }
    }
}

impl<'a> Resource<'a> {
    pub(super) fn new(resource: &'a finding::Resource) -> Self {
        Self {
            api_version: &resource.api_version,
            kind: &resource.kind,
            namespace: resource.namespace.as_deref(),
            name: &resource.name,
            container: resource.container.as_deref(),
        }
    }
}

impl<'a> Fix<'a> {
    fn new(fix: &'a finding::Fix, sources: &'a Sources) -> Self {
        Self {
            applicability: match fix.applicability {
                Applicability::Safe => "safe",
                Applicability::Unsafe => "unsafe",
            },
            title: &fix.title,
            effect: fix.effect.as_deref(),
            edits: fix
                .edits
                .iter()
                .map(|edit| Edit {
                    path: sources.get(edit.source).path(),
                    start: edit.span.start,
                    end: edit.span.end,
                    text: &edit.text,
                })
                .collect(),
        }
    }
}
