//! A page of its own: one file that loads nothing, with a strict policy against anything that a
//! manifest might smuggle in. The templates escape what they are given; what a browser would not
//! show is spelled out first.

mod findings;
mod workloads;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use askama::Template;

use super::text::unlisted;
use super::{Report, Style, summary};
use crate::finding::{Checklist, Severity, Unjudged};
use crate::source::Sources;
use findings::{FindingView, count_by, object_of};
use workloads::{ChecklistView, TimelineView};

const STYLE: &str = concat!(
    include_str!("../../../templates/page.css"),
    include_str!("../../../templates/timeline.css")
);
const SCRIPT: &str = include_str!("../../../templates/report.js");

/// What the policy lets in: the style and the script of these contents and nothing else. A test
/// holds them to [`STYLE`] and [`SCRIPT`], and says what to write when those change.
const STYLE_HASH: &str = "sha256-J6jJ+ztAsR+DK8ijS/3TJgTT9fZlORjal8ImRIDHgeo=";
const SCRIPT_HASH: &str = "sha256-2AZRbx2LRhhcT8xVEYgas43i7QWj+JN+kOGd8oRx+Bc=";

/// More workloads than this start folded up.
const UNFOLDED: usize = 3;

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
    not_judged: Vec<String>,
    severities: [&'static str; 3],
    /// Each with the number of its findings.
    rules: Vec<(String, usize)>,
    workloads: Vec<(String, usize)>,
    findings: Vec<FindingView<'a>>,
    /// What is not listed, a line each.
    unlisted: Vec<String>,
    timelines: Vec<TimelineView>,
    checklists: Vec<ChecklistView>,
}

#[derive(Template)]
#[template(path = "checklist.html")]
struct ChecklistPage {
    page: Page,
    not_judged: Vec<String>,
    checklists: Vec<ChecklistView>,
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
    let findings: Vec<FindingView<'_>> = listed()
        .enumerate()
        .map(|(id, finding)| FindingView::new(id, finding, sources))
        .collect();
    let is_open = |count: usize| count <= UNFOLDED;
    let timelines = outcome
        .timelines
        .iter()
        .map(|timeline| TimelineView::new(timeline, sources, is_open(outcome.timelines.len())))
        .collect::<Result<Vec<_>, _>>()
        .map_err(io::Error::other)?;
    let others = timelines.iter().map(|it| it.workload.clone());
    let page = ReportPage {
        page: Page::new("lameduck report", summary::line(outcome), true),
        tiles: tiles(report),
        not_judged: summary::not_judged_rows(&outcome.unjudged),
        severities: [Severity::Error, Severity::Warning, Severity::Note].map(Severity::as_str),
        rules: count_by(listed().map(|it| it.rule.to_owned()), []),
        workloads: count_by(listed().filter_map(object_of), others),
        findings,
        unlisted: unlisted(&listing, sources),
        timelines,
        checklists: ChecklistView::all(&outcome.checklists, sources, false),
    };
    render(&page, out)
}

pub(super) fn write_checklists(
    checklists: &[Checklist],
    unjudged: &Unjudged,
    sources: &Sources,
    out: &mut dyn Write,
) -> io::Result<()> {
    let unit = if checklists.len() == 1 { "" } else { "s" };
    let subtitle = format!("{} workload{unit}", checklists.len());
    let page = ChecklistPage {
        page: Page::new("lameduck checklist", subtitle, false),
        not_judged: summary::not_judged_rows(unjudged),
        checklists: ChecklistView::all(checklists, sources, checklists.len() <= UNFOLDED),
    };
    render(&page, out)
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
