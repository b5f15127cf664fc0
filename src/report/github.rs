//! For GitHub Actions: one workflow command per finding, which the runner turns into an annotation.

use std::io::{self, Write};

use super::text::{sanitize_line_ends, sanitize_lines, statement, unlisted};
use super::{Report, Style, place, summary};
use crate::finding::{Finding, Severity};
use crate::source::Sources;

pub(super) fn write(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let listing = report.outcome.listing(false);
    for finding in &listing.findings {
        writeln!(out, "{}", command(finding, report.sources))?;
    }
    for line in unlisted(&listing, report.sources) {
        writeln!(out, "::notice title=lameduck::{}", data(&line))?;
    }
    if let Some(line) = summary::not_judged(&report.outcome.unjudged) {
        let title = property("lameduck (not judged)");
        writeln!(out, "::notice title={title}::{}", data(&line))?;
    }
    if !style.quiet {
        // Has no text of a manifest, so it cannot be read as a command.
        writeln!(out, "{}", summary::line(report.outcome))?;
    }
    Ok(())
}

fn command(finding: &Finding, sources: &Sources) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let source = sources.get(finding.primary.source);
    let (start, end) = place::lines(finding.primary, sources);
    let title = property(&format!("lameduck ({})", finding.rule));
    let data = data(&sanitize_lines(&statement(finding)));
    if source.is_unnamed() {
        // No file of the repository can be annotated.
        let at = format!("standard input:{}:{}", start.line, start.column);
        return format!("::{command} title={title}::{at}: {data}");
    }
    // GitHub refuses columns of a range over several lines.
    let columns = if start.line == end.line {
        format!(",col={},endColumn={}", start.column, end.column)
    } else {
        String::new()
    };
    let file = property(&sanitize_line_ends(source.root_path()));
    format!(
        "::{command} file={file},line={},endLine={}{columns},title={title}::{data}",
        start.line, end.line
    )
}

/// The message of a command, as the runner unescapes it (`ActionCommand.cs` in `actions/runner`).
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property: it ends at a comma, and the properties end at `::`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the runner does, in its order.
    fn unescape(text: &str, is_property: bool) -> String {
        let mut text = text.replace("%0D", "\r").replace("%0A", "\n");
        if is_property {
            text = text.replace("%3A", ":").replace("%2C", ",");
        }
        text.replace("%25", "%")
    }

    #[test]
    fn special_characters_are_escaped() {
        assert_eq!(data("50%: a,b\r\n"), "50%25: a,b%0D%0A");
        assert_eq!(property("50%: a,b\r\n"), "50%25%3A a%2Cb%0D%0A");
        assert_eq!(property("%0A"), "%250A");
    }

    proptest! {
        #[test]
        fn the_runner_reads_what_was_meant(text in "[%0-9A-F:,\r\n a]{0,20}") {
            prop_assert_eq!(unescape(&data(&text), false), text.clone());
            prop_assert_eq!(unescape(&property(&text), true), text.clone());
            prop_assert!(!data(&text).contains(['\r', '\n']));
            prop_assert!(!property(&text).contains([':', ',']));
        }
    }
}
