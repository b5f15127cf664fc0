//! The counts of a run, in words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::sanitize;
use crate::finding::{Applicability, Outcome, Severity, SkipReason, Skipped, Unjudged};

/// Rows of [`not_judged`] that are shown; the formats for programs carry all.
const MAX_ROWS: usize = 10;

/// Kinds of custom resources that are shown one by one.
const MAX_CUSTOM_KINDS: usize = 3;

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
        let objects = summary.objects.saturating_sub(outcome.unjudged.objects);
        let files = summary.files.saturating_sub(outcome.unjudged.files);
        return if summary.objects == 0 {
            "No findings: no manifest was read".to_owned()
        } else if objects == 0 {
            "No findings: no object was judged".to_owned()
        } else {
            format!(
                "No findings in {} of {} ({})",
                counted(objects, "object"),
                counted(files, "file"),
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

/// One line without a line break, such as ``Not judged: 188 HelmReleases (render with `helm
/// template`), 3 encrypted documents``; `None` where all was judged. Without the paths of examples,
/// nothing in it is text of a manifest but kinds of letters and digits.
pub fn not_judged(unjudged: &Unjudged) -> Option<String> {
    let (rows, more) = shown(unjudged);
    if rows.is_empty() {
        return None;
    }
    let mut parts: Vec<String> = rows.iter().map(phrase).collect();
    if more > 0 {
        parts.push(format!("and {more} more"));
    }
    Some(format!("Not judged: {}", parts.join(", ")))
}

/// A line for each reason, with an example.
pub(super) fn not_judged_rows(unjudged: &Unjudged) -> Vec<String> {
    let (rows, more) = shown(unjudged);
    let mut lines: Vec<String> = rows.iter().map(with_example).collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

/// ``188 HelmReleases (render with `helm template`), such as apps/web.yaml``
pub(super) fn with_example(row: &Skipped) -> String {
    let such_as = if row.count == 1 { ": " } else { ", such as " };
    format!("{}{such_as}{}", phrase(row), sanitize(&row.example))
}

/// The rows that people see, and how much is counted in the others. Kinds of custom resources are the
/// first to be counted together.
pub(super) fn shown(unjudged: &Unjudged) -> (Vec<Skipped>, usize) {
    let mut rows = with_custom_kinds(unjudged, MAX_CUSTOM_KINDS);
    if rows.len() > MAX_ROWS {
        rows = with_custom_kinds(unjudged, 0);
    }
    let hidden = rows.split_off(rows.len().min(MAX_ROWS));
    (rows, hidden.iter().map(|row| row.count).sum())
}

/// The rows, with no more than so many kinds of custom resources by themselves.
fn with_custom_kinds(unjudged: &Unjudged, kinds: usize) -> Vec<Skipped> {
    let mut rows: Vec<Skipped> = Vec::new();
    let mut seen = 0;
    for row in &unjudged.rows {
        if row.reason == SkipReason::CustomResource {
            seen += 1;
        }
        let is_lumped = row.reason == SkipReason::CustomResource && seen > kinds;
        match rows.last_mut() {
            Some(rest) if is_lumped && seen > kinds + 1 => rest.count += row.count,
            _ if is_lumped => rows.push(Skipped {
                kind: None,
                ..row.clone()
            }),
            _ => rows.push(row.clone()),
        }
    }
    rows
}

/// ``188 HelmReleases (render with `helm template`)``
fn phrase(row: &Skipped) -> String {
    if row.reason == SkipReason::Placeholder {
        return format!("placeholders in {}", counted(row.count, "object"));
    }
    if row.reason == SkipReason::SetElsewhere {
        let objects = counted(row.count, "object");
        return format!("what kustomizations set in {objects}{}", rendering(row));
    }
    let (one, many) = match (row.reason, &row.kind) {
        (_, Some(kind)) => (kind.clone(), plural(kind)),
        (reason, None) => {
            let (one, many) = nouns(reason);
            (one.to_owned(), many.to_owned())
        }
    };
    let noun = if row.count == 1 { one } else { many };
    format!("{} {noun}{}", row.count, rendering(row))
}

fn rendering(row: &Skipped) -> String {
    let command = row.render;
    command.map_or_else(String::new, |it| format!(" (render with `{it}`)"))
}

fn nouns(reason: SkipReason) -> (&'static str, &'static str) {
    match reason {
        SkipReason::Generator => ("generator", "generators"),
        SkipReason::UnrenderedChart => ("Helm chart", "Helm charts"),
        SkipReason::Remote => (
            "kustomization with remote bases or charts",
            "kustomizations with remote bases or charts",
        ),
        SkipReason::UnrenderedTemplate => ("unrendered template", "unrendered templates"),
        SkipReason::Placeholder => ("placeholder", "placeholders"),
        SkipReason::SetElsewhere => ("object", "objects"),
        SkipReason::Encrypted => ("encrypted document", "encrypted documents"),
        SkipReason::Dump => (
            "object dumped from a cluster",
            "objects dumped from a cluster",
        ),
        SkipReason::Patch => ("patch", "patches"),
        SkipReason::UnusedPatch => (
            "patch that no kustomization in view uses",
            "patches that no kustomization in view uses",
        ),
        SkipReason::Unreadable => ("unreadable path", "unreadable paths"),
        SkipReason::NotUtf8 => ("file that is not UTF-8", "files that are not UTF-8"),
        SkipReason::NotYaml => ("document that is not YAML", "documents that are not YAML"),
        SkipReason::TooLarge => ("file above `max-file-size`", "files above `max-file-size`"),
        SkipReason::Excluded => ("excluded path", "excluded paths"),
        SkipReason::Ignored => (
            "manifest that `.gitignore` leaves out",
            "manifests that `.gitignore` leaves out",
        ),
        SkipReason::Hidden => ("hidden manifest", "hidden manifests"),
        SkipReason::Vendored => (
            "manifest of a vendored module",
            "manifests of vendored modules",
        ),
        SkipReason::Unseen => ("file left out unread", "files left out unread"),
        SkipReason::CustomResource => ("custom resource", "custom resources"),
        SkipReason::NoManifest => (
            "document that is not a manifest",
            "documents that are not manifests",
        ),
    }
}

/// The plural of a kind, as Kubernetes names resources: `NetworkPolicies`, `Ingresses`, `Gateways`.
fn plural(kind: &str) -> String {
    let vowels = ['a', 'e', 'i', 'o', 'u'];
    match kind.strip_suffix('y') {
        Some(stem) if !stem.ends_with(vowels) => format!("{stem}ies"),
        _ if kind.ends_with('s') || kind.ends_with('x') || kind.ends_with("ch") => {
            format!("{kind}es")
        }
        _ => format!("{kind}s"),
    }
}

/// How many findings have a safe fix, and how many one that a person must check.
pub(super) fn fixable(outcome: &Outcome) -> (usize, usize) {
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
