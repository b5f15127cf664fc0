//! Objects that no cluster takes: what the rules say of how they would run comes second.

use std::collections::HashSet;

use crate::finding::{Category, Finding, RuleMeta, Severity};
use crate::rules::NO_CLUSTER_TAKES;
use crate::settings::Settings;
use crate::source::{Location, Sources};

/// Makes the warnings about an object that the API server refuses for its version notes: they are true once
/// it is rewritten, and a checklist would take silence for proof, but nobody loses a request to it before.
/// What is an error stays one, as does a severity that the configuration sets, and nothing changes where the
/// refusal itself is suppressed.
pub fn defer(findings: &mut [Finding], rules: &[RuleMeta], sources: &Sources, settings: &Settings) {
    let refused: HashSet<Location> = findings
        .iter()
        .filter(|it| it.rule == NO_CLUSTER_TAKES && it.suppressed.is_none())
        .filter(|it| it.severity == Severity::Error)
        .filter_map(|it| it.subject)
        .collect();
    for finding in findings {
        let is_of_one = finding.subject.is_some_and(|it| refused.contains(&it));
        if is_of_one
            && finding.severity == Severity::Warning
            && finding.category != Category::Schema
            && !is_configured(finding, rules, sources, settings)
        {
            finding.severity = Severity::Note;
        }
    }
}

fn is_configured(
    finding: &Finding,
    rules: &[RuleMeta],
    sources: &Sources,
    settings: &Settings,
) -> bool {
    let rule = rules.iter().find(|rule| rule.id == finding.rule);
    let subject = finding.resource.as_ref();
    let subject = subject.map(|it| (it.kind.as_str(), it.name.as_str()));
    let path = sources.get(finding.primary.source).path();
    let enabled = rule.and_then(|rule| rule.enabled(&settings.of(path, subject)));
    enabled.is_some_and(|it| it.severity.is_some())
}
