//! One line per finding, as compilers write them and editors read them:
//! `path:line:column: severity[rule] Kind/name: message`.

use std::io::{self, Write};

use super::text::unlisted;
use super::{Report, Style, sanitize, summary};
use crate::finding::{Finding, Severity};

pub(super) fn write(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let listing = report.shown(style);
    for finding in &listing.findings {
        let source = report.sources.get(finding.primary.source);
        let at = source.position(finding.primary.span.start);
        if source.path().trim_start().starts_with("::") {
            // A runner of GitHub Actions takes a line that starts so for a command.
            write!(out, "./")?;
        }
        writeln!(
            out,
            "{}:{}:{}: {}[{}] {}{}{}",
            sanitize(source.path()),
            at.line,
            at.column,
            severity(finding.severity, style.color),
            finding.rule,
            object(finding),
            sanitize(&finding.message),
            finding
                .suppressed
                .as_ref()
                .map_or_else(String::new, |it| format!(
                    " ({})",
                    sanitize(&it.to_string())
                )),
        )?;
    }
    for line in unlisted(&listing, report.sources) {
        writeln!(out, "{line}")?;
    }
    if !style.quiet {
        writeln!(out, "{}", summary::line(report.outcome))?;
        if let Some(line) = summary::not_judged(&report.outcome.unjudged) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// `Deployment/web: `; nothing where the finding is about text that is no object.
fn object(finding: &Finding) -> String {
    finding.resource.as_ref().map_or_else(String::new, |it| {
        format!("{}/{}: ", sanitize(&it.kind), sanitize(&it.name))
    })
}

fn severity(severity: Severity, color: bool) -> String {
    if !color {
        return severity.to_string();
    }
    let code = match severity {
        Severity::Error => 31,
        Severity::Warning => 33,
        Severity::Note => 36,
    };
    format!("\u{1b}[1;{code}m{severity}\u{1b}[0m")
}
