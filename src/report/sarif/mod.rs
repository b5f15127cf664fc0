//! For code scanning: SARIF 2.1.0, the subset that a linter needs.

mod limits;
mod model;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::text::{statement, unlisted};
use super::{Report, disarm, summary};
use crate::finding::{
    self, Applicability, Finding, Outcome, Resource, RuleMeta, Severity, SuppressedBy,
};
use crate::source::{self, SourceId, Sources};
pub(super) use limits::Limits;
use model::{
    ArtifactChange, ArtifactLocation, AutomationDetails, Configuration, Driver, Fix, Help,
    Invocation, Location, Log, LogicalLocation, Notification, PhysicalLocation, Region,
    Replacement, ReportingDescriptor, RuleProperties, Run, SarifResult, Suppression, Text, Tool,
    UriBase,
};

/// Stands for the repository root, which the reader of a log knows and the writer must not tell.
const ROOT: &str = "%SRCROOT%";

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<Vec<String>> {
    write_within(&limits::CODE_SCANNING, report, out)
}

/// Writes what the reader takes, and gives what that leaves out.
pub(super) fn write_within(
    limits: &Limits,
    report: &Report<'_>,
    out: &mut dyn Write,
) -> io::Result<Vec<String>> {
    let listing = report.outcome.listing(true);
    let findings = &listing.findings;
    let unlisted = unlisted(&listing, report.sources);
    let mut kept = findings.len().min(limits.results);
    loop {
        let chosen = limits::weightiest(findings, kept);
        let mut cuts = limits.cuts(&chosen, findings.len());
        cuts.extend_from_slice(&unlisted);
        let text = serde_json::to_string_pretty(&log(report, limits, &chosen, &cuts))?;
        let text = format!("{}\n", disarm::json(&text));
        let Some(fewer) = limits.fewer(text.as_bytes(), kept)? else {
            out.write_all(text.as_bytes())?;
            return Ok(cuts);
        };
        kept = fewer;
    }
}

fn log<'a>(
    report: &Report<'a>,
    limits: &Limits,
    findings: &[&'a Finding],
    cuts: &'a [String],
) -> Log<'a> {
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [run(report, limits, findings, cuts)],
    }
}

fn run<'a>(
    report: &Report<'a>,
    limits: &Limits,
    findings: &[&'a Finding],
    cuts: &'a [String],
) -> Run<'a> {
    // Of rules without a result a reader has nothing.
    let spoken: BTreeSet<&str> = findings.iter().map(|it| it.rule).collect();
    let rules = report.rules.iter().filter(|it| spoken.contains(it.id));
    let rules: Vec<&RuleMeta> = rules.collect();
    let positions: BTreeMap<&str, usize> = rules
        .iter()
        .enumerate()
        .map(|(index, rule)| (rule.id, index))
        .collect();
    Run {
        tool: Tool {
            driver: Driver {
                name: env!("CARGO_PKG_NAME"),
                version: env!("CARGO_PKG_VERSION"),
                semantic_version: env!("CARGO_PKG_VERSION"),
                information_uri: env!("CARGO_PKG_REPOSITORY"),
                rules: rules.into_iter().map(descriptor).collect(),
            },
        },
        automation_details: AutomationDetails { id: "lameduck/" },
        invocations: [invocation(report.outcome, cuts)],
        column_kind: "unicodeCodePoints",
        original_uri_base_ids: BTreeMap::from([(
            ROOT,
            UriBase {
                description: Text::new("The root of the repository that was checked."),
            },
        )]),
        results: findings
            .iter()
            .map(|finding| {
                let index = positions.get(finding.rule).copied();
                result(finding, index, limits, report.sources)
            })
            .collect(),
    }
}

/// What the run says of itself: what it had to leave out, rules that failed, and what was not judged.
fn invocation(outcome: &Outcome, cuts: &[String]) -> Invocation {
    let errors = outcome.internal_errors.iter().cloned();
    let cuts = cuts.iter().cloned();
    let skipped = summary::not_judged_rows(&outcome.unjudged).into_iter();
    let skipped = skipped.map(|row| format!("Not judged: {row}"));
    Invocation {
        execution_successful: outcome.internal_errors.is_empty(),
        tool_execution_notifications: errors
            .map(|text| ("error", text))
            .chain(cuts.map(|text| ("warning", text)))
            .chain(skipped.map(|text| ("note", text)))
            .map(|(level, text)| Notification {
                level,
                message: Text::new(plain(&text)),
            })
            .collect(),
    }
}

fn descriptor(rule: &RuleMeta) -> ReportingDescriptor<'_> {
    let page = rule.text();
    let summary = format!("{}.", rule.summary.trim_end_matches('.'));
    ReportingDescriptor {
        id: rule.id,
        name: pascal_case(rule.id),
        full_description: Text::new(first_paragraph(page).unwrap_or_else(|| summary.clone())),
        short_description: Text::new(summary.clone()),
        help_uri: rule.url(),
        help: Help {
            text: format!("{summary} Why it matters and how to fix it: {}", rule.url()),
            markdown: rule.advice(),
        },
        default_configuration: Configuration {
            enabled: !rule.pedantic,
            level: rule.severity.as_str(),
        },
        properties: RuleProperties {
            precision: if rule.pedantic { "medium" } else { "high" },
            problem_severity: match rule.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "recommendation",
            },
            tags: [rule.category.as_str(), "kubernetes"],
        },
    }
}

fn result<'a>(
    finding: &'a Finding,
    index: Option<usize>,
    limits: &Limits,
    sources: &'a Sources,
) -> SarifResult<'a> {
    SarifResult {
        rule_id: finding.rule,
        rule_index: index,
        level: finding.severity.as_str(),
        // Viewers show a result's message and its rule's help, but nothing in between, so the advice
        // that is specific to the finding is a paragraph of the message.
        message: Text::new(plain(&statement(finding))),
        locations: [Location {
            id: None,
            physical_location: physical(finding.primary, sources),
            logical_locations: finding.resource.iter().flat_map(logical).collect(),
            message: None,
        }],
        related_locations: finding
            .related
            .iter()
            .take(limits.related())
            .zip(1..)
            .map(|(label, id)| Location {
                id: Some(id),
                physical_location: physical(label.location, sources),
                logical_locations: Vec::new(),
                message: Some(Text::new(plain(&label.message))),
            })
            .collect(),
        partial_fingerprints: BTreeMap::from([("lameduck/v1", finding.fingerprint.to_string())]),
        fixes: finding.fix.iter().map(|it| fix(it, sources)).collect(),
        suppressions: finding.suppressed.iter().map(suppression).collect(),
    }
}

fn suppression(suppression: &finding::Suppression) -> Suppression {
    Suppression {
        kind: match suppression.by {
            SuppressedBy::Comment | SuppressedBy::Annotation => "inSource",
            SuppressedBy::Config | SuppressedBy::Baseline | SuppressedBy::Original => "external",
        },
        justification: suppression.reason.as_deref().map(plain),
    }
}

fn fix(fix: &finding::Fix, sources: &Sources) -> Fix {
    let mut by_file: BTreeMap<SourceId, Vec<Replacement>> = BTreeMap::new();
    for edit in &fix.edits {
        let location = source::Location {
            source: edit.source,
            span: edit.span,
        };
        by_file.entry(edit.source).or_default().push(Replacement {
            deleted_region: physical(location, sources).region,
            inserted_content: Text::new(edit.text.clone()),
        });
    }
    let note = match fix.applicability {
        Applicability::Safe => "",
        Applicability::Unsafe => " (check it: it adds behaviour)",
    };
    let effect = fix.effect.as_ref();
    let effect = effect.map_or_else(String::new, |effect| format!("; {effect}"));
    Fix {
        description: Text::new(plain(&format!("{}{note}{effect}", fix.title))),
        artifact_changes: by_file
            .into_iter()
            .map(|(id, replacements)| ArtifactChange {
                artifact_location: artifact(id, sources),
                replacements,
            })
            .collect(),
    }
}

fn artifact(id: SourceId, sources: &Sources) -> ArtifactLocation {
    ArtifactLocation {
        uri: relative_uri(sources.get(id).root_path()),
        uri_base_id: ROOT,
    }
}

/// SARIF reads `[text](target)` in a message as a link. Nothing in a manifest may make one.
fn plain(text: &str) -> String {
    text.replace("](", "] (")
}

fn physical(location: source::Location, sources: &Sources) -> PhysicalLocation {
    let source = sources.get(location.source);
    let start = source.position(location.span.start);
    let end = source.position(location.span.end.max(location.span.start));
    PhysicalLocation {
        artifact_location: artifact(location.source, sources),
        region: Region {
            start_line: start.line,
            start_column: start.column,
            end_line: end.line,
            end_column: end.column,
        },
    }
}

/// The object, and the container inside it.
fn logical(resource: &Resource) -> Vec<LogicalLocation<'_>> {
    let mut name = resource.namespace.clone().unwrap_or_default();
    for part in [&resource.kind, &resource.name] {
        if !name.is_empty() {
            name.push('/');
        }
        name.push_str(part);
    }
    let container = resource
        .container
        .as_deref()
        .map(|container| LogicalLocation {
            name: container,
            fully_qualified_name: format!("{name}/{container}"),
            kind: "object",
        });
    let object = LogicalLocation {
        name: &resource.name,
        fully_qualified_name: name,
        kind: "resource",
    };
    std::iter::once(object).chain(container).collect()
}

/// A path with `/` as a relative URI reference (RFC 3986). A colon is encoded too: in the first
/// segment it would end a scheme.
fn relative_uri(path: &str) -> String {
    use std::fmt::Write as _;
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

fn pascal_case(id: &str) -> String {
    id.split('-')
        .flat_map(|word| {
            let mut chars = word.chars();
            let first = chars.next().map(|char| char.to_ascii_uppercase());
            first.into_iter().chain(chars)
        })
        .collect()
}

/// The first paragraph that is not a heading, on one line.
fn first_paragraph(page: &str) -> Option<String> {
    page.split("\n\n")
        .map(str::trim)
        .find(|block| !block.is_empty() && !block.starts_with(['#', '`', '|', '<']))
        .map(|block| block.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_paths_become_relative_uris() {
        assert_eq!(relative_uri("k8s/app.yaml"), "k8s/app.yaml");
        assert_eq!(
            relative_uri("a b/100%/ü#?.yaml"),
            "a%20b/100%25/%C3%BC%23%3F.yaml"
        );
        assert_eq!(relative_uri("c:/x[1].yaml"), "c%3A/x%5B1%5D.yaml");
    }

    #[test]
    fn a_rule_is_described_by_its_first_paragraph() {
        let page = "# A rule\n\nWhat it\nfinds.\n\nMore.\n";
        assert_eq!(first_paragraph(page).unwrap(), "What it finds.");
        assert_eq!(first_paragraph("# Only a heading"), None);
    }

    #[test]
    fn a_message_cannot_make_a_link() {
        assert_eq!(
            plain("see [here](https://example.com)"),
            "see [here] (https://example.com)"
        );
    }

    #[test]
    fn names_are_pascal_case() {
        assert_eq!(pascal_case("missing-pdb"), "MissingPdb");
    }
}
