//! For programs: a versioned contract of its own.

use std::io::{self, Write};

use serde::Serialize;

use crate::finding::{self, ItemState, Unjudged};
use crate::report::json::{Resource, Skipped, Tool, VERSION};
use crate::report::text::line_of;
use crate::source::Sources;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool,
    skipped: Vec<Skipped<'a>>,
    checklists: Vec<Checklist<'a>>,
}

#[derive(Serialize)]
struct Checklist<'a> {
    resource: Resource<'a>,
    path: &'a str,
    line: u32,
    summary: Summary,
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    passed: usize,
    failed: usize,
    evidence_in_view: usize,
    needs_person: usize,
    not_applicable: usize,
}

#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    area: &'a str,
    title: &'a str,
    /// `passed`, `failed`, `evidence in view`, `needs a person` or `not applicable`.
    state: &'a str,
    because: Vec<Because<'a>>,
}

#[derive(Serialize)]
struct Because<'a> {
    text: &'a str,
    rule: Option<&'a str>,
    path: Option<&'a str>,
    line: Option<u32>,
}

pub(super) fn write(
    checklists: &[finding::Checklist],
    unjudged: &Unjudged,
    sources: &Sources,
    out: &mut dyn Write,
) -> io::Result<()> {
    let document = Document {
        version: VERSION,
        tool: Tool::this(),
        skipped: Skipped::all(unjudged),
        checklists: checklists
            .iter()
            .map(|checklist| Checklist::new(checklist, sources))
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

impl<'a> Checklist<'a> {
    fn new(checklist: &'a finding::Checklist, sources: &'a Sources) -> Self {
        let (path, line) = line_of(checklist.location, sources);
        let items = checklist.rows.iter();
        Self {
            resource: Resource::new(&checklist.resource),
            path,
            line,
            summary: Summary {
                passed: checklist.count(ItemState::Passed),
                failed: checklist.count(ItemState::Failed),
                evidence_in_view: checklist.count(ItemState::Evidence),
                needs_person: checklist.count(ItemState::NeedsPerson),
                not_applicable: checklist.count(ItemState::NotApplicable),
            },
            items: items.map(|row| Item::new(row, sources)).collect(),
        }
    }
}

impl<'a> Item<'a> {
    fn new(row: &'a finding::ChecklistRow, sources: &'a Sources) -> Self {
        let because = row.because.iter().map(|because| {
            let place = because.location.map(|it| line_of(it, sources));
            Because {
                text: &because.text,
                rule: because.rule,
                path: place.map(|(path, _)| path),
                line: place.map(|(_, line)| line),
            }
        });
        Self {
            id: row.item.id,
            area: row.item.area.as_str(),
            title: row.item.title,
            state: row.state.as_str(),
            because: because.collect(),
        }
    }
}
