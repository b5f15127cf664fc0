//! For a terminal: all workloads at a glance, a line each.

use std::collections::BTreeMap;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::text::mark;
use super::{AREAS, areas, summary};
use crate::finding::{Area, Checklist, ChecklistItem, ItemState};
use crate::report::paint::{Color, paint};
use crate::report::text::{cut_start, wrap, wrap_behind};
use crate::report::{Style, sanitize};

/// Names are never cut shorter.
const MIN_NAME: usize = 16;

/// A column of the legend, with its gap.
const LEGEND: usize = 36;

pub(super) fn write(
    checklists: &[Checklist],
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(first) = checklists.first() else {
        return Ok(());
    };
    let names: Vec<String> = checklists
        .iter()
        .map(|it| sanitize(&it.resource.to_string()).into_owned())
        .collect();
    let width = columns(first);
    let longest = names.iter().map(|name| name.width()).max();
    let room = style.width.saturating_sub(width + 2).max(MIN_NAME);
    let name_width = longest.unwrap_or_default().min(room);
    heads(first, name_width, style, out)?;
    for (checklist, name) in checklists.iter().zip(&names) {
        let name = cut_start(name, name_width, style.unicode);
        let gap = name_width - name.width();
        let cells: Vec<String> = areas(checklist)
            .map(|(area, rows)| cells(area, rows.map(|row| row.state), style))
            .collect();
        let line = format!("{name}{:gap$}  {}", "", cells.join("  "));
        writeln!(out, "{}", line.trim_end())?;
    }
    legend(first, style, out)?;
    failed(checklists, style, out)?;
    if !style.quiet {
        writeln!(
            out,
            "\n{}",
            wrap_behind(&summary(checklists), style.width, 2)
        )?;
        let hint = "`--workload KIND/NAME` shows why, and how to attest what a person has to say";
        writeln!(out, "{}", wrap(hint, style.width))?;
    }
    Ok(())
}

/// The letter of each item, in order.
pub(super) fn letters() -> impl Iterator<Item = char> {
    ('a'..='z').chain('A'..='Z')
}

/// How wide the cells of an area are.
fn width_of(area: Area, items: usize) -> usize {
    items.max(short(area).len())
}

fn columns(checklist: &Checklist) -> usize {
    let widths = areas(checklist).map(|(area, rows)| width_of(area, rows.count()));
    widths.sum::<usize>() + 2 * (AREAS.len() - 1)
}

/// A word for an area that is not much wider than its items.
fn short(area: Area) -> &'static str {
    match area {
        Area::Application => "app",
        Area::Kubernetes => "kube",
        Area::Mesh => "mesh",
        Area::Recovery => "data",
    }
}

/// Two lines above the matrix: the areas, and the letters of their items.
fn heads(first: &Checklist, name: usize, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut words = Vec::new();
    let mut keys = Vec::new();
    let mut letters = letters();
    for (area, rows) in areas(first) {
        let count = rows.count();
        let width = width_of(area, count);
        words.push(format!("{:<width$}", short(area)));
        let key: String = letters.by_ref().take(count).collect();
        keys.push(format!("{key:<width$}"));
    }
    for line in [words, keys] {
        let line = paint(style, Color::Bold, line.join("  ").trim_end());
        writeln!(out, "{:name$}  {line}", "")?;
    }
    Ok(())
}

fn cells(area: Area, states: impl Iterator<Item = ItemState>, style: &Style) -> String {
    let mut text = String::new();
    let mut count = 0;
    for state in states {
        let (mark, color) = mark(state, style.unicode);
        text.push_str(&paint(style, color, &mark.to_string()));
        count += 1;
    }
    let gap = width_of(area, count) - count;
    format!("{text}{:gap$}", "")
}

/// What the marks and the letters stand for.
fn legend(first: &Checklist, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let marks = ItemState::ALL.map(|state| {
        let (mark, color) = mark(state, style.unicode);
        let mark = paint(style, color, &mark.to_string());
        format!("{mark} {}", state.as_str())
    });
    writeln!(out, "\n{}\n", marks.join("   "))?;
    let items: Vec<String> = items(first)
        .map(|(letter, item)| format!("{letter} {}", item.id))
        .collect();
    let columns = (style.width / LEGEND).clamp(1, 3);
    let height = items.len().div_ceil(columns);
    for row in 0..height {
        let cells = items.iter().skip(row).step_by(height);
        let padded: Vec<String> = cells.map(|cell| format!("{cell:<LEGEND$}")).collect();
        writeln!(out, "{}", padded.concat().trim_end())?;
    }
    Ok(())
}

/// The items by their letters.
pub(super) fn items(checklist: &Checklist) -> impl Iterator<Item = (char, ChecklistItem)> {
    letters().zip(areas(checklist).flat_map(|(_, rows)| rows.map(|row| row.item)))
}

/// The items that fail somewhere, the most frequent first.
fn failed(checklists: &[Checklist], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let rows = checklists.iter().flat_map(|it| &it.rows);
    for row in rows.filter(|row| row.state == ItemState::Failed) {
        *counts.entry(row.item.id).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
    if counts.is_empty() {
        return Ok(());
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(id, count)| format!("{id} ({count})"))
        .collect();
    let line = format!("failed: {}", counts.join(", "));
    let line = wrap_behind(&line, style.width, 8);
    let line = match line.strip_prefix("failed:") {
        Some(rest) => paint(style, Color::Red, "failed:") + rest,
        None => line,
    };
    writeln!(out, "\n{line}")
}
