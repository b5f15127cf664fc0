//! A page of its own: one file that loads nothing, with a strict policy against anything that a
//! manifest might smuggle in. The templates escape what they are given; what a browser would not
//! show is spelled out first.

mod findings;
mod overview;
mod prose;
mod workloads;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Write};

use askama::Template;

use super::text::unlisted;
use super::{Report, Style, summary};
use crate::finding::{Checklist, Outcome, Severity, Unjudged};
use crate::source::Sources;
use findings::{GroupView, count_by, object_of};
use overview::{Cell, Matrix, RuleRow, WorstRow};
use prose::Prose;
use workloads::WorkloadView;

const STYLE: &str = concat!(
    include_str!("../../../templates/page.css"),
    include_str!("../../../templates/timeline.css")
);
const SCRIPT: &str = include_str!("../../../templates/report.js");

/// What the policy lets in: the style and the script of these contents and nothing else. A test
/// holds them to [`STYLE`] and [`SCRIPT`], and says what to write when those change.
const STYLE_HASH: &str = "sha256-9TM3FhG7OtqrIkiNZwJromavni7dJ1C9gxR80joPe4c=";
const SCRIPT_HASH: &str = "sha256-ZX7n/DYNsM20h1HqHoCsneysm1POxlc25OfHlOI9qkM=";

/// What all pages share.
struct Page {
    title: &'static str,
    subtitle: String,
    generator: String,
    policy: String,
    style: &'static str,
    script: &'static str,
    has_script: bool,
}

impl Page {
    fn new(title: &'static str, subtitle: String, has_script: bool) -> Self {
        let script = if has_script {
            format!("script-src '{SCRIPT_HASH}'; ")
        } else {
            String::new()
        };
        Self {
            title,
            subtitle,
            generator: format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
            policy: format!(
                "default-src 'none'; style-src '{STYLE_HASH}'; {script}base-uri 'none'; \
                 form-action 'none'"
            ),
            style: STYLE,
            script: SCRIPT,
            has_script,
        }
    }
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage<'a> {
    page: Page,
    tiles: Vec<Tile>,
    not_judged: Vec<Prose>,
    severities: [&'static str; 3],
    overview: Overview,
    /// Each with the number of its findings.
    rules: Vec<(String, usize)>,
    objects: Vec<(String, usize)>,
    groups: Vec<GroupView<'a>>,
    /// What is not listed, a line each.
    unlisted: Vec<String>,
    workloads: Vec<WorkloadView>,
    /// Whether checklists only name some items.
    has_short_checklists: bool,
}

/// What a reader sees first.
struct Overview {
    rules: Vec<RuleRow>,
    worst: Vec<WorstRow>,
    /// How many other objects have errors or warnings.
    others: usize,
    matrix: Matrix,
    legend: Vec<Cell>,
}

#[derive(Template)]
#[template(path = "checklist.html")]
struct ChecklistPage {
    page: Page,
    not_judged: Vec<Prose>,
    matrix: Matrix,
    legend: Vec<Cell>,
    workloads: Vec<WorkloadView>,
}

/// A number that is worth a frame.
struct Tile {
    class: &'static str,
    count: usize,
    noun: String,
}

pub(super) fn write(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let outcome = report.outcome;
    let sources = report.sources;
    let listing = report.shown(style);
    let listed = || listing.findings.iter().copied();
    let groups = findings::groups(&listing.findings, report.rules, sources);
    let workloads = workloads::workloads(outcome, &groups, sources).map_err(io::Error::other)?;
    let others = workloads.iter().map(|it| it.name.clone());
    let page = ReportPage {
        page: Page::new("lameduck report", summary::line(outcome), true),
        tiles: tiles(report),
        not_judged: not_judged(&outcome.unjudged),
        severities: [Severity::Error, Severity::Warning, Severity::Note].map(Severity::as_str),
        overview: Overview::new(outcome, &workloads, sources),
        rules: count_by(listed().map(|it| it.rule.to_owned()), []),
        objects: count_by(listed().filter_map(object_of), others),
        groups,
        unlisted: unlisted(&listing, sources),
        has_short_checklists: workloads::has_short_checklists(outcome),
        workloads,
    };
    render(&page, out)
}

impl Overview {
    fn new(outcome: &Outcome, workloads: &[WorkloadView], sources: &Sources) -> Self {
        let counts = overview::by_object(outcome);
        let (worst, others) = overview::worst(&counts, &anchors(workloads));
        Self {
            rules: overview::rules(outcome),
            worst,
            others,
            matrix: Matrix::new(&outcome.checklists, sources),
            legend: overview::legend(),
        }
    }
}

/// The first workload of each name.
fn anchors(workloads: &[WorkloadView]) -> BTreeMap<String, usize> {
    let mut anchors = BTreeMap::new();
    for (index, workload) in workloads.iter().enumerate() {
        anchors.entry(workload.name.clone()).or_insert(index);
    }
    anchors
}

pub(super) fn write_checklists(
    checklists: &[Checklist],
    unjudged: &Unjudged,
    sources: &Sources,
    out: &mut dyn Write,
) -> io::Result<()> {
    let unit = if checklists.len() == 1 { "" } else { "s" };
    let subtitle = format!("{} workload{unit}", checklists.len());
    let workloads = workloads::checklists(checklists, sources);
    let page = ChecklistPage {
        page: Page::new("lameduck checklist", subtitle, false),
        not_judged: not_judged(unjudged),
        matrix: Matrix::new(checklists, sources),
        legend: overview::legend(),
        workloads,
    };
    render(&page, out)
}

fn not_judged(unjudged: &Unjudged) -> Vec<Prose> {
    let rows = summary::not_judged_rows(unjudged);
    rows.iter().map(|row| Prose::new(row)).collect()
}

fn render(page: &impl Template, out: &mut dyn Write) -> io::Result<()> {
    let text = page.render().map_err(io::Error::other)?;
    writeln!(out, "{}", text.trim_end())
}

fn tiles(report: &Report<'_>) -> Vec<Tile> {
    let outcome = report.outcome;
    let tile = |class, count: usize, noun: &str| Tile {
        class,
        count,
        noun: if count == 1 {
            noun.to_owned()
        } else {
            format!("{noun}s")
        },
    };
    let mut tiles = vec![
        tile("error", outcome.count(Severity::Error), "error"),
        tile("warning", outcome.count(Severity::Warning), "warning"),
        tile("note", outcome.count(Severity::Note), "note"),
        tile("plain", outcome.summary.files, "file"),
        tile("plain", outcome.summary.objects, "manifest"),
        tile("plain", outcome.summary.workloads, "workload"),
    ];
    let suppressed = outcome.count_suppressed();
    if suppressed > 0 {
        tiles.push(Tile {
            class: "plain",
            count: suppressed,
            noun: "suppressed".to_owned(),
        });
    }
    tiles
}
