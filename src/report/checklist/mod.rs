//! Writes the checklists of workloads.

mod json;
mod markdown;
mod matrix;
mod text;

use std::io::{self, Write};

use super::disarm::{self, Spelling};
use super::text::line_of;
use super::{Style, sanitize};
use crate::finding::{Area, Because, Checklist, ChecklistRow, ItemState, Unjudged};
use crate::source::Sources;

pub(in crate::report) use text::mark;

/// How checklists are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChecklistFormat {
    /// For a terminal.
    #[default]
    Table,
    /// For programs.
    Json,
    /// For documents and pull requests.
    Markdown,
    /// A page of its own.
    Html,
}

/// Writes checklists, for people as a matrix or each by itself. The same checklists give the same bytes on every run and machine.
///
/// # Errors
/// Only those of `out`.
pub fn write_checklists(
    checklists: &[Checklist],
    unjudged: &Unjudged,
    sources: &Sources,
    format: ChecklistFormat,
    is_matrix: bool,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        ChecklistFormat::Table if is_matrix => disarm::write(Spelling::Text, out, |out| {
            matrix::write(checklists, style, out)
        }),
        ChecklistFormat::Table => disarm::write(Spelling::Text, out, |out| {
            text::write(checklists, sources, style, out)
        }),
        ChecklistFormat::Json => disarm::write(Spelling::Json, out, |out| {
            json::write(checklists, unjudged, sources, out)
        }),
        ChecklistFormat::Markdown => disarm::write(Spelling::Text, out, |out| {
            markdown::write(checklists, unjudged, sources, is_matrix, out)
        }),
        ChecklistFormat::Html => disarm::write(Spelling::Markup, out, |out| {
            super::html::write_checklists(checklists, unjudged, sources, out)
        }),
    }
}

/// `12 passed, 1 failed, 2 evidence in view, 8 need a person, 3 not applicable`
pub(super) fn counts(checklist: &Checklist) -> String {
    words(|state| checklist.count(state))
}

fn words(count: impl Fn(ItemState) -> usize) -> String {
    let counts = ItemState::ALL.into_iter().filter_map(|state| {
        let count = count(state);
        if state == ItemState::Evidence && count == 0 {
            return None;
        }
        let words = match state {
            ItemState::NeedsPerson if count != 1 => "need a person",
            ItemState::Evidence => "with evidence in view",
            state => state.as_str(),
        };
        Some(format!("{count} {words}"))
    });
    counts.collect::<Vec<_>>().join(", ")
}

/// `14 workloads: 100 passed, 12 failed, 252 need a person, 0 not applicable`
fn summary(checklists: &[Checklist]) -> String {
    let counts = |state| checklists.iter().map(|it| it.count(state)).sum();
    let ending = if checklists.len() == 1 { "" } else { "s" };
    let words = words(counts);
    format!("{} workload{ending}: {words}", checklists.len())
}

/// The areas, in order.
const AREAS: [Area; 4] = [
    Area::Application,
    Area::Kubernetes,
    Area::Mesh,
    Area::Recovery,
];

/// The rows by area, in order.
pub(super) fn areas(
    checklist: &Checklist,
) -> impl Iterator<Item = (Area, impl Iterator<Item = &ChecklistRow>)> {
    AREAS.into_iter().map(|area| {
        let rows = checklist.rows.iter();
        (area, rows.filter(move |row| row.item.area == area))
    })
}

/// `k8s/app.yaml:24`
pub(super) fn place(location: crate::source::Location, sources: &Sources) -> String {
    let (path, line) = line_of(location, sources);
    format!("{}:{line}", sanitize(path))
}

/// `missing-pdb (k8s/app.yaml:5): …`, `attested by … (k8s/app.yaml:9)`
pub(super) fn reason(because: &Because, sources: &Sources) -> String {
    let at = because
        .location
        .map_or_else(String::new, |it| format!(" ({})", place(it, sources)));
    let text = sanitize(&because.text);
    match because.rule {
        Some(rule) => format!("{rule}{at}: {text}"),
        None => format!("{text}{at}"),
    }
}

fn reasons(row: &ChecklistRow, sources: &Sources) -> String {
    let reasons: Vec<String> = row.because.iter().map(|it| reason(it, sources)).collect();
    reasons.join("; ")
}
