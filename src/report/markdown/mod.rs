//! For comments under a pull request and for job summaries: GitHub's and GitLab's Markdown.

mod escape;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::text::{sanitize_lines, sentences, subject};
use super::{Report, sanitize, summary};
use crate::finding::{Applicability, Finding, Help, Outcome, Severity};
use crate::source::Sources;
use escape::fenced;

pub(in crate::report) use escape::{code, html_code, prose};

/// How long a comment may be, in bytes. GitHub takes three times as much, but nobody reads it.
const MAX_COMMENT: usize = 20_000;
/// Room for the last lines.
const RESERVE: usize = 500;
/// What of a single message is shown, in characters.
const MAX_MESSAGE: usize = 300;
/// How many errors stand there unfolded.
const MAX_ERRORS: usize = 10;
/// How many rules the table names.
const MAX_RULES: usize = 15;
/// More help, in bytes, is left to `lameduck explain`.
const MAX_HELP: usize = 1_200;

/// By this line a bot finds its own comment again, to write it anew instead of adding another.
const MARKER: &str = "<!-- lameduck -->";

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(comment(report).as_bytes())
}

/// Findings of one rule and one severity.
struct Group<'a> {
    rule: &'static str,
    severity: Severity,
    findings: Vec<&'a Finding>,
    /// How many there are, those that are not listed among them.
    count: usize,
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
    if listing.findings.is_empty() {
        return comment;
    }
    let groups = groups(report.outcome, &listing.findings);
    table(&mut comment, &groups);
    errors(&mut comment, &listing.findings, report.sources);
    comment.push('\n');
    let shown = details(&mut comment, &groups, report.sources);
    let cut = listing.findings.len() + listing.hidden() - shown;
    if cut > 0 {
        // Writing to a String cannot fail.
        let _ = writeln!(
            comment,
            "Cut to the size of a comment: {cut} findings are not listed, the least severe. `lameduck check` shows all.\n"
        );
    }
    comment.truncate(comment.trim_end().len());
    comment.push('\n');
    comment
}

/// The findings by rule: the most severe first, then the most frequent.
fn groups<'a>(outcome: &Outcome, findings: &[&'a Finding]) -> Vec<Group<'a>> {
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for finding in outcome.open() {
        *counts.entry((finding.severity, finding.rule)).or_default() += 1;
    }
    let mut groups: BTreeMap<_, Vec<&'a Finding>> = BTreeMap::new();
    for finding in findings {
        let key = (Reverse(finding.severity), finding.rule);
        groups.entry(key).or_default().push(finding);
    }
    let groups = groups.into_iter();
    let mut groups: Vec<Group<'a>> = groups
        .map(|((Reverse(severity), rule), findings)| Group {
            rule,
            severity,
            count: counts.get(&(severity, rule)).copied().unwrap_or_default(),
            findings,
        })
        .collect();
    // Stable: rules that are equally frequent stay in the order of their names.
    groups.sort_by_key(|group| (Reverse(group.severity), Reverse(group.count)));
    groups
}

/// What there is, in so many lines that it fits on a screen.
fn table(comment: &mut String, groups: &[Group<'_>]) {
    comment.push_str("\n| severity | rule | findings | fixable |\n|---|---|---|---|\n");
    for group in groups.iter().take(MAX_RULES) {
        let count = |wanted| {
            let fixes = group.findings.iter().filter_map(|it| it.fix.as_ref());
            fixes.filter(|fix| fix.applicability == wanted).count()
        };
        let fixable = match (count(Applicability::Safe), count(Applicability::Unsafe)) {
            (0, 0) => String::new(),
            (safe, 0) => safe.to_string(),
            (0, other) => format!("{other} unsafe"),
            (safe, other) => format!("{safe}, {other} unsafe"),
        };
        let _ = writeln!(
            comment,
            "| {} | {} | {} | {fixable} |",
            severity(group.severity),
            code(group.rule),
            group.count,
        );
    }
    let rest: usize = groups.iter().skip(MAX_RULES).map(|it| it.count).sum();
    if rest > 0 {
        let rules = groups.len() - MAX_RULES;
        let _ = writeln!(comment, "| | {rules} more rules | {rest} | |");
    }
}

/// What must not be overlooked.
fn errors(comment: &mut String, findings: &[&Finding], sources: &Sources) {
    let is_error = |it: &&&Finding| it.severity == Severity::Error;
    let count = findings.iter().filter(is_error).count();
    if count > 0 {
        comment.push('\n');
    }
    for finding in findings.iter().filter(is_error).take(MAX_ERRORS) {
        let _ = writeln!(
            comment,
            "- {} {}",
            code(finding.rule),
            item(finding, sources, true, true)
        );
    }
    if count > MAX_ERRORS {
        let _ = writeln!(comment, "- and {} more errors", count - MAX_ERRORS);
    }
}

/// What is said of each folded finding, and of each rule.
#[derive(Clone, Copy)]
struct Detail {
    messages: bool,
    objects: bool,
    help: bool,
}

/// From all there is to nothing but places, which a comment with many findings has room for.
const DETAILS: [Detail; 4] = [
    Detail {
        messages: true,
        objects: true,
        help: true,
    },
    Detail {
        messages: false,
        objects: true,
        help: true,
    },
    Detail {
        messages: false,
        objects: false,
        help: true,
    },
    Detail {
        messages: false,
        objects: false,
        help: false,
    },
];

/// All findings, folded by rule, with as much detail as fits; gives how many are listed.
fn details(comment: &mut String, groups: &[Group<'_>], sources: &Sources) -> usize {
    let room = (MAX_COMMENT - RESERVE).saturating_sub(comment.len());
    for detail in DETAILS {
        let folded: Vec<String> = groups
            .iter()
            .map(|group| fold(group, sources, detail, usize::MAX).0)
            .collect();
        if folded.iter().map(String::len).sum::<usize>() <= room {
            comment.push_str(&folded.concat());
            return groups.iter().map(|it| it.findings.len()).sum();
        }
    }
    let [.., least] = DETAILS;
    let mut shown = 0;
    for group in groups {
        let room = (MAX_COMMENT - RESERVE).saturating_sub(comment.len());
        let (text, count) = fold(group, sources, least, room);
        shown += count;
        comment.push_str(&text);
    }
    shown
}

/// The findings of a rule that fit into so many bytes, behind a line to unfold them, and how many they
/// are.
fn fold(group: &Group<'_>, sources: &Sources, detail: Detail, room: usize) -> (String, usize) {
    let word = group.severity.as_str();
    let count = group.findings.len();
    let mut text = format!(
        "<details><summary>{word} {}: {count}</summary>\n\n",
        html_code(group.rule)
    );
    let end = format!(
        "Read more: {}\n\n</details>\n\n",
        code(&format!("lameduck explain {}", group.rule))
    );
    let mut listed = 0;
    for (index, finding) in group.findings.iter().enumerate() {
        let is_first = index == 0;
        let (objects, messages) = (detail.objects || is_first, detail.messages || is_first);
        let line = item(finding, sources, objects, messages);
        if text.len() + line.len() + end.len() + 4 > room {
            break;
        }
        let _ = writeln!(text, "- {line}");
        listed += 1;
    }
    if listed == 0 {
        return (String::new(), 0);
    }
    text.push('\n');
    let mut helped = group.findings.iter().filter(|_| detail.help);
    let advice = helped.find_map(|finding| {
        let help = finding.help.as_ref()?;
        Some(advice(help)).filter(|it| it.len() <= MAX_HELP)
    });
    if let Some(advice) = advice
        && text.len() + advice.len() + end.len() <= room
    {
        text.push_str(&advice);
    }
    (text + &end, listed)
}

/// The help of the first finding that has one.
fn advice(help: &Help) -> String {
    let copy = help.copy().map(sanitize_lines);
    format!(
        "Help: {}\n\n{}",
        prose(&sanitize_lines(help.prose())),
        copy.map_or_else(String::new, |copy| format!("{}\n", fenced(&copy))),
    )
}

/// A line of a list: where, what, and why.
fn item(finding: &Finding, sources: &Sources, has_object: bool, has_message: bool) -> String {
    let mut line = code(&place(finding, sources));
    if let Some(subject) = subject(finding).filter(|_| has_object) {
        let _ = write!(line, " {}", prose(&subject));
    }
    if has_message {
        let _ = write!(line, ": {}", prose(&cut(&sanitize(&sentences(finding)))));
    }
    line
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "**error**",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
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
