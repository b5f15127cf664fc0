//! For people: each finding with the source around it.

use std::fmt;
use std::io::{self, Write};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters,
    ThemeStyles,
};

use super::excerpt::{Excerpt, Place};
use super::text::{sanitize_lines, subject, unlisted, wrap};
use super::{Report, Style, replacement, sanitize, summary};
use crate::finding::{Applicability, Finding, Severity};
use crate::source::Sources;

/// How many related places of one finding are shown; the formats for programs carry all.
const MAX_RELATED: usize = 8;

/// Columns that miette puts before each line of a message and of a help.
const MESSAGE_INDENT: usize = 4;
const HELP_INDENT: usize = 8;

pub(super) fn write(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let handler = handler(style);
    let mut text = String::new();
    let listing = report.shown(style);
    for finding in &listing.findings {
        text.clear();
        let card = Card::new(finding, report.sources, style.width);
        handler
            .render_report(&mut text, &card)
            .map_err(io::Error::other)?;
        for line in text.lines() {
            // miette pads the gutter of empty lines.
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out)?;
    }
    for line in unlisted(&listing, report.sources) {
        writeln!(out, "{line}")?;
    }
    if !style.quiet {
        writeln!(out, "{}", summary::line(report.outcome))?;
        let rows = summary::not_judged_rows(&report.outcome.unjudged);
        if !rows.is_empty() {
            writeln!(out, "Not judged:")?;
        }
        for row in rows {
            writeln!(out, "  {row}")?;
        }
    }
    Ok(())
}

fn handler(style: &Style) -> GraphicalReportHandler {
    let theme = GraphicalTheme {
        characters: if style.unicode {
            ThemeCharacters::unicode()
        } else {
            ThemeCharacters::ascii()
        },
        styles: if style.color {
            ThemeStyles::ansi()
        } else {
            ThemeStyles::none()
        },
    };
    GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .tab_width(4)
        // miette would also break at hyphens, and break replacement text.
        .with_wrap_lines(false)
        .without_syntax_highlighting()
}

/// One finding as miette wants it, with all text made safe to print.
#[derive(Debug)]
struct Card {
    severity: Severity,
    title: String,
    message: String,
    help: String,
    excerpt: Excerpt,
}

impl Card {
    fn new(finding: &Finding, sources: &Sources, width: usize) -> Self {
        let mut places = vec![Place {
            location: finding.primary,
            label: None,
        }];
        places.extend(
            finding
                .related
                .iter()
                .take(MAX_RELATED)
                .map(|related| Place {
                    location: related.location,
                    label: Some(sanitize(&related.message).into_owned()),
                }),
        );
        Self {
            severity: finding.severity,
            title: title(finding),
            message: wrap(
                &sanitize(&finding.message),
                width.saturating_sub(MESSAGE_INDENT),
            ),
            help: help(finding, sources, width.saturating_sub(HELP_INDENT)),
            excerpt: Excerpt::new(sources, &places, 1),
        }
    }
}

fn title(finding: &Finding) -> String {
    let mut title = format!("{}[{}]", finding.severity, finding.rule);
    if let Some(subject) = subject(finding) {
        title.push(' ');
        title.push_str(&subject);
    }
    if let Some(suppression) = &finding.suppressed {
        title.push_str(", ");
        title.push_str(&sanitize(&suppression.to_string()));
    }
    title
}

/// The first line of a help is prose; what follows is text to copy, which is never broken.
fn help(finding: &Finding, sources: &Sources, width: usize) -> String {
    let mut lines = Vec::new();
    if let Some(help) = &finding.help {
        lines.push(wrap(&sanitize_lines(help.prose()), width));
        lines.extend(help.copy().map(|copy| sanitize_lines(copy).into_owned()));
    }
    let hidden = finding.related.len().saturating_sub(MAX_RELATED);
    if hidden > 0 {
        lines.push(format!("not shown: related places, {hidden} more"));
    }
    if let Some(fix) = &finding.fix {
        let flag = match fix.applicability {
            Applicability::Safe => "--fix",
            Applicability::Unsafe => "--unsafe-fixes",
        };
        lines.push(wrap(
            &sanitize(&format!("{flag} does it: {}", fix.title)),
            width,
        ));
        lines.extend(replacement::lines(finding, fix, sources));
        if let Some(effect) = &fix.effect {
            lines.push(wrap(&sanitize(&format!("at run time: {effect}")), width));
        }
    }
    lines.push(format!("read more: lameduck explain {}", finding.rule));
    lines.join("\n")
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Card {}

impl Diagnostic for Card {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.title))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.excerpt.labels()))
    }
}
