//! For comments under a pull request and for job summaries: GitHub's and GitLab's Markdown.

mod escape;

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::text::{sanitize_lines, subject};
use super::{Report, sanitize, summary};
use crate::finding::{Finding, Help, Severity};
use crate::source::Sources;
use escape::{fenced, html_code};

pub(in crate::report) use escape::{code, prose};

/// What GitHub takes as a comment, in characters. Bytes are counted, of which there are never fewer.
const MAX_COMMENT: usize = 65_536;
/// What of it the table may take. The rest is for the advice and for saying what was cut.
const MAX_TABLE: usize = 40_000;
/// Room for the last lines.
const RESERVE: usize = 500;
/// What of a single message is shown, in characters.
const MAX_MESSAGE: usize = 1_000;

/// By this line a bot finds its own comment again, to write it anew instead of adding another.
const MARKER: &str = "<!-- lameduck -->";

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(comment(report).as_bytes())
}

fn comment(report: &Report<'_>) -> String {
    let mut comment = format!(
        "{MARKER}\n**lameduck**: {}\n",
        summary::line(report.outcome)
    );
    if let Some(line) = summary::not_judged(&report.outcome.unjudged) {
        // Writing to a String cannot fail.
        let _ = writeln!(comment, "\n{}", prose(&line));
    }
    let listing = report.outcome.listing(false);
    let hidden = listing.hidden();
    let mut findings: Vec<&Finding> = listing.findings;
    // Stable: inside a severity the order of the outcome stays.
    findings.sort_by_key(|finding| Reverse(finding.severity));
    if findings.is_empty() {
        return comment;
    }
    comment.push_str("\n| severity | rule | place | finding |\n|---|---|---|---|\n");
    let rows = findings.iter().map(|it| row(it, report.sources));
    let shown = fill(&mut comment, rows, MAX_TABLE);
    comment.push('\n');
    let advised: Vec<&&Finding> = findings
        .iter()
        .take(shown)
        .filter(|finding| finding.help.is_some())
        .collect();
    let details = advised.iter().map(|it| details(it, report.sources));
    let explained = fill(&mut comment, details, MAX_COMMENT - RESERVE);
    for (cut, what) in [
        (findings.len() + hidden - shown, "findings are not shown"),
        (
            advised.len() - explained,
            "findings are shown without advice",
        ),
    ] {
        if cut > 0 {
            // Writing to a String cannot fail.
            let _ = writeln!(
                comment,
                "Cut to the size of a comment: {cut} {what}, the least severe. `lameduck check` shows all.\n"
            );
        }
    }
    comment.truncate(comment.trim_end().len());
    comment.push('\n');
    comment
}

/// Appends parts as long as the text stays within a size in bytes, and says how many.
fn fill(text: &mut String, parts: impl Iterator<Item = String>, size: usize) -> usize {
    let mut count = 0;
    for part in parts {
        if text.len() + part.len() > size {
            break;
        }
        text.push_str(&part);
        count += 1;
    }
    count
}

fn row(finding: &Finding, sources: &Sources) -> String {
    let severity = match finding.severity {
        Severity::Error => "**error**",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let mut message = String::new();
    if let Some(subject) = subject(finding) {
        message = format!("{}<br>", prose(&subject));
    }
    message.push_str(&prose(&cut(&sanitize(&finding.message))));
    format!(
        "| {severity} | {} | {} | {message} |\n",
        code(finding.rule),
        code(&place(finding, sources)),
    )
}

fn details(finding: &Finding, sources: &Sources) -> String {
    let help = finding.help.as_ref();
    let advice = sanitize_lines(help.map_or("", Help::prose));
    let copy = help.and_then(Help::copy).map(sanitize_lines);
    format!(
        "<details><summary>{} at {}</summary>\n\nHelp: {}\n\n{}Read more: {}\n\n</details>\n\n",
        html_code(finding.rule),
        html_code(&place(finding, sources)),
        prose(&advice),
        copy.map_or_else(String::new, |copy| format!("{}\n", fenced(&copy))),
        code(&format!("lameduck explain {}", finding.rule)),
    )
}

fn place(finding: &Finding, sources: &Sources) -> String {
    let source = sources.get(finding.primary.source);
    let at = source.position(finding.primary.span.start);
    format!("{}:{}", sanitize(source.path()), at.line)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
