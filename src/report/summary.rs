//! The counts of a run, in words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::finding::{Applicability, Outcome, Severity};

/// One line without a line break, such as `3 errors, 1 note in 2 of 7 files (4 workloads)`.
pub(super) fn line(outcome: &Outcome) -> String {
    let line = open(outcome);
    match outcome.count_suppressed() {
        0 => line,
        suppressed => format!("{line}; {suppressed} suppressed"),
    }
}

fn open(outcome: &Outcome) -> String {
    let summary = &outcome.summary;
    if outcome.open().next().is_none() {
        return if summary.objects == 0 {
            "No findings: no manifest was read".to_owned()
        } else {
            format!(
                "No findings in {} ({}, {})",
                counted(summary.files, "file"),
                counted(summary.objects, "manifest"),
                counted(summary.workloads, "workload"),
            )
        };
    }
    let counts = [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .map(|severity| (outcome.count(severity), severity))
        .filter(|(count, _)| *count > 0)
        .map(|(count, severity)| counted(count, severity.as_str()))
        .collect::<Vec<_>>()
        .join(", ");
    let line = format!(
        "{counts} in {} ({})",
        files(outcome),
        counted(summary.workloads, "workload")
    );
    match fixable(outcome) {
        (0, 0) => line,
        (safe, 0) => format!("{line}; {safe} fixable with --fix"),
        (0, other) => format!("{line}; {other} fixable with --unsafe-fixes"),
        (safe, other) => {
            format!("{line}; {safe} fixable with --fix, {other} more with --unsafe-fixes")
        }
    }
}

/// How many findings have a safe fix, and how many one that a person must check.
fn fixable(outcome: &Outcome) -> (usize, usize) {
    let count = |wanted| {
        let fixes = outcome.open().filter_map(|it| it.fix.as_ref());
        fixes.filter(|fix| fix.applicability == wanted).count()
    };
    (count(Applicability::Safe), count(Applicability::Unsafe))
}

/// Files with findings may be more than the files with manifests: a named file can be broken as a
/// whole, and a finding's place can be in a file that was only read for its context.
fn files(outcome: &Outcome) -> String {
    let read = outcome.summary.files;
    let found = outcome
        .open()
        .map(|finding| finding.primary.source)
        .collect::<BTreeSet<_>>()
        .len();
    if found <= read {
        format!("{found} of {}", counted(read, "file"))
    } else {
        counted(found, "file")
    }
}

fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// A table of how often each rule spoke and how severely, most frequent first; empty when nothing
/// was found.
pub fn statistics(outcome: &Outcome) -> String {
    let mut counts: BTreeMap<(&str, Severity), usize> = BTreeMap::new();
    for finding in outcome.open() {
        *counts.entry((finding.rule, finding.severity)).or_default() += 1;
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by_key(|&((rule, severity), count)| {
        (std::cmp::Reverse(count), rule, std::cmp::Reverse(severity))
    });
    let mut table = String::new();
    for ((rule, severity), count) in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(table, "{count:>6}  {severity:<7}  {rule}");
    }
    table
}
