//! For documents and pull requests.

use std::io::{self, Write};

use super::{areas, counts, place, reasons};
use crate::finding::{Checklist, Unjudged};
use crate::report::markdown::{code, prose};
use crate::report::{not_judged, sanitize};
use crate::source::Sources;

pub(super) fn write(
    checklists: &[Checklist],
    unjudged: &Unjudged,
    sources: &Sources,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (index, checklist) in checklists.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let name = sanitize(&checklist.resource.to_string()).into_owned();
        let place = place(checklist.location, sources);
        writeln!(out, "## {}\n", prose(&name))?;
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
    }
    if let Some(line) = not_judged(unjudged) {
        writeln!(out, "\n{}", prose(&line))?;
    }
    Ok(())
}
