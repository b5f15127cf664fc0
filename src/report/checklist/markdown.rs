//! For documents and pull requests.

use std::io::{self, Write};

use super::matrix::items;
use super::text::mark;
use super::{areas, counts, place, reasons, summary};
use crate::finding::{Area, Checklist, ItemState, Unjudged};
use crate::report::markdown::{code, html_code, prose};
use crate::report::{not_judged, sanitize};
use crate::source::Sources;

pub(super) fn write(
    checklists: &[Checklist],
    unjudged: &Unjudged,
    sources: &Sources,
    is_matrix: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    if is_matrix {
        matrix(checklists, out)?;
    }
    for (index, checklist) in checklists.iter().enumerate() {
        if index > 0 || is_matrix {
            writeln!(out)?;
        }
        let name = sanitize(&checklist.resource.to_string()).into_owned();
        if is_matrix {
            writeln!(out, "<details><summary>{}</summary>\n", html_code(&name))?;
        } else {
            writeln!(out, "## {}\n", prose(&name))?;
        }
        whole(checklist, sources, out)?;
        if is_matrix {
            writeln!(out, "\n</details>")?;
        }
    }
    if let Some(line) = not_judged(unjudged) {
        writeln!(out, "\n{}", prose(&line))?;
    }
    Ok(())
}

/// A table of all workloads: a cell for each area, with a mark for each of its items.
fn matrix(checklists: &[Checklist], out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = checklists.first() else {
        return Ok(());
    };
    writeln!(out, "{}\n", summary(checklists))?;
    let heads: Vec<String> = areas(first)
        .map(|(area, _)| format!(" {} |", area.as_str()))
        .collect();
    writeln!(out, "| workload |{} failed |", heads.concat())?;
    writeln!(out, "|---|{}---|", "---|".repeat(heads.len()))?;
    for checklist in checklists {
        let name = sanitize(&checklist.resource.to_string()).into_owned();
        let cells = areas(checklist).map(|(_, rows)| {
            let marks: String = rows.map(|row| mark(row.state, true).0).collect();
            format!(" {} |", code(&marks))
        });
        let cells: Vec<String> = cells.collect();
        let failed = checklist.count(ItemState::Failed);
        writeln!(out, "| {} |{} {failed} |", prose(&name), cells.concat())?;
    }
    let marks = ItemState::ALL.map(|state| {
        format!(
            "{} {}",
            code(&mark(state, true).0.to_string()),
            state.as_str()
        )
    });
    writeln!(
        out,
        "\n{}. Items, in the order of the marks:\n",
        marks.join(", ")
    )?;
    for (area, _) in areas(first) {
        let ids = items(first).filter(|(_, item)| item.area == area);
        let ids: Vec<String> = ids.map(|(_, item)| format!("`{}`", item.id)).collect();
        writeln!(out, "- {}: {}", Area::as_str(area), ids.join(", "))?;
    }
    Ok(())
}

fn whole(checklist: &Checklist, sources: &Sources, out: &mut dyn Write) -> io::Result<()> {
    let place = place(checklist.location, sources);
    writeln!(out, "{}: {}", code(&place), counts(checklist))?;
    for (area, rows) in areas(checklist) {
        writeln!(out, "\n### {}\n", area.as_str())?;
        writeln!(out, "| item | state | why |\n|---|---|---|")?;
        for row in rows {
            let why = prose(&reasons(row, sources));
            let (title, id, state) = (row.item.title, row.item.id, row.state.as_str());
            writeln!(out, "| {title} (`{id}`) | {state} | {why} |")?;
        }
    }
    Ok(())
}
