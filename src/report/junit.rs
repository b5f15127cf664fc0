//! For CI systems that show tests: JUnit XML, one suite per file and one test per finding. What was not
//! judged is a suite of skipped tests.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::text::{more, sanitize_lines, statement, subject};
use super::{Report, sanitize, summary};
use crate::finding::{Finding, Severity, Unjudged, Unlisted};
use crate::source::{SourceId, Sources};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let suites: Vec<Suite> = suites(report);
    let skipped = skipped(&report.outcome.unjudged);
    let tests = suites.iter().map(Suite::tests).sum::<usize>() + skipped.len();
    let failures: usize = suites.iter().map(Suite::failures).sum();
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = xml
        .create_element("testsuites")
        .with_attribute(("name", env!("CARGO_PKG_NAME")))
        .with_attribute(("tests", &*tests.to_string()))
        .with_attribute(("failures", &*failures.to_string()))
        .with_attribute(("errors", "0"));
    if tests == 0 {
        root.write_empty()?;
    } else {
        root.write_inner_content(|xml| {
            suites.iter().try_for_each(|suite| suite.write(xml))?;
            write_skipped(&skipped, xml)
        })?;
    }
    writeln!(out)
}

/// Skipped tests, each with its name and what it stands for.
fn skipped(unjudged: &Unjudged) -> Vec<(String, String)> {
    let (rows, more) = summary::shown(unjudged);
    let tests = rows.iter().map(|row| {
        let name = row.kind.clone();
        let name = name.unwrap_or_else(|| row.reason.as_str().to_owned());
        (name, summary::with_example(row))
    });
    let others = (more > 0).then(|| ("others".to_owned(), format!("{more} more")));
    tests.chain(others).collect()
}

fn write_skipped<W: Write>(tests: &[(String, String)], xml: &mut Writer<W>) -> io::Result<()> {
    const NAME: &str = "not judged";
    if tests.is_empty() {
        return Ok(());
    }
    let count = tests.len().to_string();
    xml.create_element("testsuite")
        .with_attribute(("name", NAME))
        .with_attribute(("tests", &*count))
        .with_attribute(("failures", "0"))
        .with_attribute(("errors", "0"))
        .with_attribute(("skipped", &*count))
        .write_inner_content(|xml| {
            for (name, message) in tests {
                let test = xml.create_element("testcase");
                test.with_attribute(("classname", NAME))
                    .with_attribute(("name", &**name))
                    .write_inner_content(|xml| {
                        let skipped = xml.create_element("skipped");
                        let skipped = skipped.with_attribute(("message", &**message));
                        skipped.write_empty().map(|_| ())
                    })?;
            }
            Ok(())
        })?;
    Ok(())
}

/// The files that were checked, and those that a finding is in, in order.
fn suites<'a>(report: &Report<'a>) -> Vec<Suite<'a>> {
    let mut by_file: BTreeMap<SourceId, Found<'a>> = report
        .outcome
        .checked
        .iter()
        .map(|source| (*source, Found::default()))
        .collect();
    let listing = report.outcome.listing(false);
    for finding in listing.findings {
        let of_file = by_file.entry(finding.primary.source).or_default();
        of_file.findings.push(finding);
    }
    for left in listing.unlisted {
        by_file.entry(left.source).or_default().unlisted.push(left);
    }
    by_file
        .into_iter()
        .map(|(source, found)| Suite {
            path: sanitize(report.sources.get(source).path()).into_owned(),
            fails_from: report.fails_from,
            sources: report.sources,
            found,
        })
        .collect()
}

/// What was found in a file.
#[derive(Default)]
struct Found<'a> {
    findings: Vec<&'a Finding>,
    /// Each is one more test, as severe as the most severe of it.
    unlisted: Vec<Unlisted<'a>>,
}

struct Suite<'a> {
    path: String,
    fails_from: Severity,
    sources: &'a Sources,
    found: Found<'a>,
}

impl Suite<'_> {
    /// A file without findings is one test that passes.
    fn tests(&self) -> usize {
        (self.found.findings.len() + self.found.unlisted.len()).max(1)
    }

    fn failures(&self) -> usize {
        let fails = |finding: &&&Finding| finding.severity >= self.fails_from;
        let worst: Vec<&Finding> = self.found.unlisted.iter().map(|it| it.worst).collect();
        let findings = self.found.findings.iter().chain(&worst);
        findings.filter(fails).count()
    }

    fn write<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        xml.create_element("testsuite")
            .with_attribute(("name", &*self.path))
            .with_attribute(("tests", &*self.tests().to_string()))
            .with_attribute(("failures", &*self.failures().to_string()))
            .with_attribute(("errors", "0"))
            .write_inner_content(|xml| self.write_tests(xml))?;
        Ok(())
    }

    fn write_tests<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        if self.found.findings.is_empty() {
            xml.create_element("testcase")
                .with_attribute(("classname", &*self.path))
                .with_attribute(("name", "no findings"))
                .write_empty()?;
        }
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for finding in &self.found.findings {
            let mut name = name(finding);
            let count = seen.entry(name.clone()).or_default();
            *count += 1;
            if *count > 1 {
                name = format!("{name} ({count})");
            }
            xml.create_element("testcase")
                .with_attribute(("classname", &*self.path))
                .with_attribute(("name", &*name))
                .write_inner_content(|xml| self.write_verdict(xml, finding))?;
        }
        for left in &self.found.unlisted {
            let text = format!("{} in this file, not listed", more(left));
            xml.create_element("testcase")
                .with_attribute(("classname", &*self.path))
                .with_attribute(("name", &*format!("{}: not listed", left.rule)))
                .write_inner_content(|xml| {
                    self.write_text(xml, left.worst.severity, &text, &text)
                })?;
        }
        Ok(())
    }

    /// A finding that would not fail the run passes, and is still told.
    fn write_verdict<W: Write>(&self, xml: &mut Writer<W>, finding: &Finding) -> io::Result<()> {
        let source = self.sources.get(finding.primary.source);
        let at = source.position(finding.primary.span.start);
        let text = format!(
            "{}:{}:{} {}\n{}\nread more: lameduck explain {}",
            self.path,
            at.line,
            at.column,
            finding.severity,
            sanitize_lines(&statement(finding)),
            finding.rule,
        );
        self.write_text(xml, finding.severity, &sanitize(&finding.message), &text)
    }

    fn write_text<W: Write>(
        &self,
        xml: &mut Writer<W>,
        severity: Severity,
        message: &str,
        text: &str,
    ) -> io::Result<()> {
        if severity >= self.fails_from {
            xml.create_element("failure")
                .with_attribute(("type", severity.as_str()))
                .with_attribute(("message", message))
                .write_text_content(BytesText::new(text))?;
        } else {
            xml.create_element("system-out")
                .write_text_content(BytesText::new(text))?;
        }
        Ok(())
    }
}

/// Servers follow a test from run to run by its name, so it holds no line.
fn name(finding: &Finding) -> String {
    match subject(finding) {
        Some(subject) => format!("{}: {subject}", finding.rule),
        None => finding.rule.to_owned(),
    }
}
