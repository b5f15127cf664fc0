//! For documents and pull requests.

use std::io::{self, Write};

use super::{areas, counts, place, reasons};
use crate::finding::Checklist;
use crate::report::sanitize;
use crate::source::Sources;

pub(super) fn write(
    checklists: &[Checklist],
    sources: &Sources,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (index, checklist) in checklists.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let name = sanitize(&checklist.resource.to_string()).into_owned();
        let place = place(checklist.location, sources);
        writeln!(out, "## {}\n", escape(&name))?;
        writeln!(out, "{}: {}", escape(&place), counts(checklist))?;
        for (area, rows) in areas(checklist) {
            writeln!(out, "\n### {}\n", area.as_str())?;
            writeln!(out, "| item | state | why |\n|---|---|---|")?;
            for row in rows {
                let why = escape(&reasons(row, sources));
                let (title, id, state) = (row.item.title, row.item.id, row.state.as_str());
                writeln!(out, "| {title} (`{id}`) | {state} | {why} |")?;
            }
        }
    }
    Ok(())
}

/// Printable text in which Markdown sees nothing but text.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '>' | '!' | '@' => {
                escaped.push('\\');
                escaped.push(char);
            }
            _ => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn nothing_of_a_manifest_is_markup() {
        assert_eq!(
            escape("<b> | [x](y) `z` _a_ &amp; @all"),
            "&lt;b\\> \\| \\[x\\](y) \\`z\\` \\_a\\_ &amp;amp; \\@all"
        );
    }
}
