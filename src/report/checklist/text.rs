//! For a terminal.

use std::io::{self, Write};

use super::{areas, counts, place, reason};
use crate::finding::{Because, Checklist, ChecklistRow, ItemState};
use crate::report::paint::{Color, paint};
use crate::report::text::wrap;
use crate::report::{Style, sanitize};
use crate::source::Sources;

const INDENT: usize = 2;

/// Columns of the states and of the items, with the gap behind each.
const STATE: usize = 20;
const ITEM: usize = 31;

/// A column of reasons is never narrower: then they stand below.
const LEAST: usize = 40;

pub(super) fn write(
    checklists: &[Checklist],
    sources: &Sources,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (index, checklist) in checklists.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let name = sanitize(&checklist.resource.to_string()).into_owned();
        let name = paint(style, Color::Bold, &name);
        writeln!(out, "{name} ({})", place(checklist.location, sources))?;
        for (area, rows) in areas(checklist) {
            writeln!(out)?;
            let area = paint(style, Color::Bold, area.as_str());
            writeln!(out, "{:INDENT$}{area}", "")?;
            for row in rows {
                write_row(row, sources, style, out)?;
            }
        }
        writeln!(out, "\n{:INDENT$}{}", "", counts(checklist))?;
    }
    let mut rows = checklists.iter().flat_map(|it| &it.rows);
    if !style.quiet
        && rows.any(|row| matches!(row.state, ItemState::NeedsPerson | ItemState::Evidence))
    {
        let hint = "what a person has to say is attested on the workload or its pod template, as \
                    lameduck.dev/attest.<item>: \"who, YYYY-MM-DD, link expires=YYYY-MM-DD\"";
        writeln!(out, "\n{}", wrap(hint, style.width))?;
    }
    Ok(())
}

fn write_row(
    row: &ChecklistRow,
    sources: &Sources,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (mark, color) = mark(row.state, style.unicode);
    let state = format!("{mark} {}", row.state.as_str());
    let gap = STATE.saturating_sub(state.chars().count());
    let state = paint(style, color, &state);
    let head = format!("{:INDENT$}{state}{:gap$}{:ITEM$}", "", "", row.item.id);
    let reasons = row.because.iter().map(|it| short(it, row.state, sources));
    let reasons: Vec<String> = reasons.collect();
    let reasons = reasons.join("; ");
    let column = INDENT + STATE + ITEM;
    let room = style.width.saturating_sub(column);
    let (column, room) = if room >= LEAST {
        (column, room)
    } else {
        writeln!(out, "{}", head.trim_end())?;
        (INDENT + 2, style.width.saturating_sub(INDENT + 2))
    };
    for (index, line) in wrap(&reasons, room).lines().enumerate() {
        let line = paint(style, Color::Dim, line);
        if index == 0 && column > INDENT + 2 {
            writeln!(out, "{head}{line}")?;
        } else {
            writeln!(out, "{:column$}{line}", "")?;
        }
    }
    Ok(())
}

/// Of a finding its rule and place: `lameduck check` says the rest.
fn short(because: &Because, state: ItemState, sources: &Sources) -> String {
    match (because.rule, because.location) {
        (Some(rule), Some(location)) if state == ItemState::Failed => {
            format!("{rule} ({})", place(location, sources))
        }
        _ => reason(because, sources),
    }
}

pub(in crate::report) fn mark(state: ItemState, unicode: bool) -> (char, Color) {
    match (state, unicode) {
        (ItemState::Passed, true) => ('✓', Color::Green),
        (ItemState::Passed, false) => ('+', Color::Green),
        (ItemState::Failed, true) => ('✗', Color::Red),
        (ItemState::Failed, false) => ('x', Color::Red),
        (ItemState::NeedsPerson, _) => ('?', Color::Yellow),
        (ItemState::Evidence, true) => ('≈', Color::Yellow),
        (ItemState::Evidence, false) => ('~', Color::Yellow),
        (ItemState::NotApplicable, true) => ('–', Color::Dim),
        (ItemState::NotApplicable, false) => ('-', Color::Dim),
    }
}
