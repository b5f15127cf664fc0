//! For people: each finding with the source around it, the worst ones last, next to the prompt.

mod card;
mod drawing;
mod ending;
mod order;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::paint::{Color, paint};
use super::text::{fit_to, sanitize_source, unlisted, wrap_behind};
use super::{GroupBy, Report, Style, sanitize};
use crate::finding::{Finding, Severity};
use card::Card;
use order::{Group, groups};

/// So many findings are too many to read one by one.
pub(super) const MANY: usize = 20;

/// How many findings of a folded rule are listed with their places.
const MAX_FOLDED: usize = 20;

pub(super) fn write(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let listing = report.shown(style);
    let is_folded = style.fold.applies_to(listing.findings.len());
    let by = style.group_by.unwrap_or(if is_folded {
        GroupBy::Rule
    } else {
        GroupBy::Workload
    });
    let mut page = Page {
        report,
        style,
        by,
        is_folded,
        told: Told::default(),
    };
    for group in groups(&listing.findings, by, report.sources) {
        page.group(&group, out)?;
    }
    for line in unlisted(&listing, report.sources) {
        writeln!(out, "{line}")?;
    }
    if !style.quiet {
        ending::write(report, style, &listing.findings, out)?;
    }
    Ok(())
}

/// What the reader has seen already.
#[derive(Default)]
struct Told {
    /// Where each advice stands in full.
    advice: BTreeMap<(&'static str, String), String>,
    /// Rules that were named as something to read about.
    rules: BTreeSet<&'static str>,
    /// The finding of each rule and severity that stands there whole, with its place.
    whole: BTreeMap<(&'static str, Severity), (String, String)>,
}

/// A report while it is written.
struct Page<'a> {
    report: &'a Report<'a>,
    style: &'a Style,
    by: GroupBy,
    is_folded: bool,
    told: Told,
}

impl Page<'_> {
    fn group(&mut self, group: &Group<'_>, out: &mut dyn Write) -> io::Result<()> {
        if let Some(title) = &group.title {
            let title = fit_to(title, self.style.width, self.style.unicode);
            let title = paint(self.style, Color::Bold, &title);
            writeln!(out, "{title}\n")?;
        }
        let mut folded = Vec::new();
        for finding in &group.findings {
            let key = (finding.rule, finding.severity);
            match self.told.whole.get(&key) {
                Some(_) if self.is_folded && self.by == GroupBy::Rule => folded.push(*finding),
                Some((place, _)) if self.is_folded => {
                    let line = format!("like {place} above");
                    self.one_line(finding, &line, out)?;
                }
                _ => self.card(finding, out)?,
            }
        }
        self.folded(&folded, out)
    }

    fn card(&mut self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let card = Card {
            finding,
            sources: self.report.sources,
            style: self.style,
            is_below_its_object: self.by == GroupBy::Workload,
        };
        for line in card.lines(&mut self.told) {
            writeln!(out, "{}", line.trim_end())?;
        }
        let key = (finding.rule, finding.severity);
        let place = card::place(finding, self.report.sources);
        let kind = kind_of(&finding.message);
        self.told.whole.entry(key).or_insert((place, kind));
        writeln!(out)
    }

    /// A finding that another one explains.
    fn one_line(&self, finding: &Finding, like: &str, out: &mut dyn Write) -> io::Result<()> {
        let head = format!("{}[{}]", finding.severity, finding.rule);
        let place = card::place(finding, self.report.sources);
        let text = format!("{head} {place}: {like}");
        let text = wrap_behind(&text, self.style.width, 2);
        writeln!(
            out,
            "{}\n",
            card::painted(self.style, finding.severity, &head, &text)
        )
    }

    /// The other findings of a rule of which one stands above.
    fn folded(&self, findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
        let Some(first) = findings.first() else {
            return Ok(());
        };
        writeln!(out, "  + {} more:", findings.len())?;
        let key = (first.rule, first.severity);
        let kind = self.told.whole.get(&key).map(|(_, kind)| kind.as_str());
        for finding in findings.iter().take(MAX_FOLDED) {
            let place = card::place(finding, self.report.sources);
            let object = finding.resource.as_ref().map(ToString::to_string);
            let object = sanitize(object.as_deref().unwrap_or_default()).into_owned();
            let line = format!("    {place}  {object}");
            writeln!(out, "{}", wrap_behind(line.trim_end(), self.style.width, 6))?;
            // What differs in more than its names and numbers is not explained by the first.
            if kind != Some(kind_of(&finding.message).as_str()) {
                let line = format!("      {}", sanitize(&finding.message));
                writeln!(out, "{}", wrap_behind(&line, self.style.width, 6))?;
            }
        }
        let rest = findings.len().saturating_sub(MAX_FOLDED);
        if rest > 0 {
            let rule = first.rule;
            let line =
                format!("    and {rest} more: `--select {rule} --format concise` lists them all");
            writeln!(out, "{}", wrap_behind(&line, self.style.width, 6))?;
        }
        writeln!(out)
    }
}

/// A message without what differs from workload to workload: names in backticks, and numbers.
fn kind_of(message: &str) -> String {
    let outside = message.split('`').step_by(2).collect::<Vec<_>>().join("`");
    outside.replace(|char: char| char.is_ascii_digit(), "")
}

/// Source text without tabs, so that columns can be counted.
fn untabbed(text: &str) -> String {
    sanitize_source(text).replace('\t', "    ")
}
