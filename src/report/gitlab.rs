//! For GitLab: a Code Quality report, an array of issues in the format of Code Climate.

use std::io::{self, Write};

use serde::Serialize;

use super::text::more;
use super::{Report, place, sanitize};
use crate::finding::{Category, Finding, Fingerprint, Severity, Unlisted};
use crate::source::Sources;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let listing = report.outcome.listing(false);
    let listed = listing.findings.iter();
    let listed = listed.map(|finding| Issue::new(finding, report.sources));
    // A report holds nothing but issues.
    let unlisted = listing.unlisted.iter();
    let unlisted = unlisted.map(|left| Issue::of_unlisted(left, report.sources));
    let issues: Vec<Issue> = listed.chain(unlisted).collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Issue<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    check_name: &'a str,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Content>,
    categories: [&'static str; 1],
    severity: &'static str,
    /// Issues of one fingerprint are shown as one; it stays the same when lines move.
    fingerprint: String,
    location: Place<'a>,
}

#[derive(Serialize)]
struct Content {
    body: String,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

impl<'a> Issue<'a> {
    /// Stands for what is not listed, as severe as the most severe of it.
    fn of_unlisted(left: &Unlisted<'a>, sources: &'a Sources) -> Self {
        let issue = Self::new(left.worst, sources);
        let parts = [left.rule, issue.location.path, "not listed"];
        Self {
            description: format!("{} in this file, not listed", more(left)),
            content: None,
            fingerprint: Fingerprint::of(parts).to_string(),
            ..issue
        }
    }

    fn new(finding: &'a Finding, sources: &'a Sources) -> Self {
        let (start, end) = place::lines(finding.primary, sources);
        Self {
            kind: "issue",
            check_name: finding.rule,
            description: sanitize(&finding.message).into_owned(),
            content: content(finding),
            categories: [match finding.category {
                Category::Schema => "Compatibility",
                Category::Probes | Category::Shutdown | Category::Availability | Category::Mesh => {
                    "Bug Risk"
                }
            }],
            severity: match finding.severity {
                Severity::Error => "critical",
                Severity::Warning => "major",
                Severity::Note => "info",
            },
            fingerprint: finding.fingerprint.to_string(),
            location: Place {
                path: sources.get(finding.primary.source).root_path(),
                lines: Lines {
                    begin: start.line,
                    end: end.line,
                },
            },
        }
    }
}

/// What stands behind the description, and what to write instead.
fn content(finding: &Finding) -> Option<Content> {
    let parts: Vec<String> = finding
        .detail
        .iter()
        .map(|detail| sanitize(detail).into_owned())
        .chain(finding.help.iter().map(|help| help.as_str().to_owned()))
        .collect();
    (!parts.is_empty()).then(|| Content {
        body: parts.join("\n\n"),
    })
}
