//! What stands below the findings, next to the prompt: counts, and what to do now.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::card::{color, place};
use super::{MANY, wrap_behind};
use crate::finding::{Finding, Severity};
use crate::report::paint::{Color, paint};
use crate::report::text::cut_start;
use crate::report::{Report, Style, summary};

pub(super) fn write(
    report: &Report<'_>,
    style: &Style,
    findings: &[&Finding],
    out: &mut dyn Write,
) -> io::Result<()> {
    let rows = summary::not_judged_rows(&report.outcome.unjudged);
    if !rows.is_empty() {
        writeln!(out, "Not judged:")?;
    }
    for row in &rows {
        writeln!(out, "{}", wrap_behind(&format!("  {row}"), style.width, 4))?;
    }
    if !rows.is_empty() {
        writeln!(out)?;
    }
    if findings.len() >= MANY {
        table(report, style, findings, out)?;
    }
    let line = summary::line(report.outcome);
    writeln!(out, "{}", wrap_behind(&line, style.width, 2))?;
    if let Some(next) = next(report) {
        let text = wrap_behind(&format!("next: {next}"), style.width, 6);
        let text = match text.strip_prefix("next:") {
            Some(rest) => paint(style, Color::Bold, "next:") + rest,
            None => text,
        };
        writeln!(out, "{text}")?;
    }
    Ok(())
}

/// How often each rule found something and where first, the worst last.
fn table(
    report: &Report<'_>,
    style: &Style,
    findings: &[&Finding],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut counts: BTreeMap<(Severity, &str), (usize, &Finding)> = BTreeMap::new();
    for finding in findings.iter().filter(|it| it.suppressed.is_none()) {
        let row = counts.entry((finding.severity, finding.rule));
        row.or_insert((0, finding)).0 += 1;
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by_key(|((severity, rule), (count, _))| (*severity, *count, Reverse(*rule)));
    let longest = rows.iter().map(|((_, rule), _)| rule.len()).max();
    let rules = longest.unwrap_or_default();
    for ((severity, rule), (count, first)) in rows {
        let word = format!("{:<7}", severity.as_str());
        let word = paint(style, color(severity), &word);
        let first = place(first, report.sources);
        let room = style.width.saturating_sub(7 + 1 + 5 + 2 + rules + 2);
        let first = cut_start(&first, room.max(16), style.unicode);
        let gap = rules - rule.width();
        writeln!(out, "{word} {count:>5}  {rule}{:gap$}  {first}", "")?;
    }
    writeln!(out)
}

/// What a person would do now.
fn next(report: &Report<'_>) -> Option<String> {
    let outcome = report.outcome;
    let worst = outcome.open().max_by_key(|finding| finding.severity)?;
    let total = outcome.open().count();
    let errors = outcome.count(Severity::Error);
    let (safe, other) = summary::fixable(outcome);
    let mut parts = Vec::new();
    if errors > 0 && errors < total && report.fails_from < Severity::Error {
        let what = if errors == 1 {
            "the error"
        } else {
            "the errors"
        };
        parts.push(format!(
            "fix {what} first (`--fail-on error` fails on nothing else)"
        ));
    }
    if safe > 0 {
        parts.push(format!("`--diff` shows what `--fix` changes ({safe} safe)"));
    } else if other > 0 {
        parts.push(format!(
            "`--review` asks about each of {other} unsafe fixes"
        ));
    }
    if total >= MANY {
        parts.push("`--format html=report.html` to filter them".to_owned());
        parts.push("`--write-baseline FILE` to see only new ones from now on".to_owned());
    }
    if parts.is_empty() {
        parts.push(format!("`lameduck explain {}`", worst.rule));
    }
    Some(parts.join("; "))
}
