//! A fix that is applied alone, as an editor, a viewer of SARIF or a suggestion in a review applies it,
//! brings no finding that was not there.

use std::collections::BTreeMap;
use std::sync::Arc;

use lameduck::engine;
use lameduck::finding::{Finding, apply};
use lameduck::fix;
use lameduck::inventory::Inventory;
use lameduck::settings::Settings;
use lameduck::source::{SourceId, Sources};

use super::by_source;

/// What the rules say without being asked for more.
fn lint(sources: &Sources) -> Vec<Finding> {
    let settings = Settings::default();
    let inventory = Inventory::read(sources, &settings);
    engine::run(sources, &inventory, &settings).findings
}

/// The same with the fixes that are offered.
fn offered(sources: &Sources) -> Vec<Finding> {
    let mut findings = lint(sources);
    fix::withhold(sources, &mut findings, lint);
    findings
}

/// What a finding is about, apart from where it stands and how it is worded.
type Subject<'f> = (SourceId, &'f str, String);

fn subject(finding: &Finding) -> Subject<'_> {
    let resource = finding.resource.as_ref();
    let container = resource.and_then(|it| it.container.as_deref());
    let named = resource.map_or_else(String::new, ToString::to_string);
    let about = format!("{named} {}", container.unwrap_or_default());
    (finding.primary.source, finding.rule, about)
}

fn counted(findings: &[Finding]) -> BTreeMap<Subject<'_>, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(subject(finding)).or_default() += 1;
    }
    counts
}

/// Applies fixes alone, of each rule at most so many; the fixes tried, and what they brought.
pub(crate) fn check(sources: &Sources, most: usize) -> (usize, Vec<String>) {
    let findings = offered(sources);
    let before = counted(&findings);
    let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for finding in &findings {
        let Some(fix) = &finding.fix else { continue };
        let count = tried.entry(finding.rule).or_default();
        if *count == most {
            continue;
        }
        *count += 1;
        let mut texts: BTreeMap<SourceId, Arc<str>> = BTreeMap::new();
        for (source, edits) in by_source(&fix.edits) {
            let text = apply(sources.get(source).text(), &edits).expect("edits fit");
            texts.insert(source, Arc::from(text));
        }
        let after = lint(&sources.with_texts(&texts));
        let place = sources.place(finding.primary);
        let source = sources.get(place.source);
        let line = source.position(place.span.start).line;
        for (subject, count) in counted(&after) {
            if before.get(&subject).copied().unwrap_or_default() >= count {
                continue;
            }
            let brought = after.iter().rev().find(|it| self::subject(it) == subject);
            let message = brought.map_or("", |it| it.message.as_str());
            wrong.push(format!(
                "{}:{line}: {} ({}) brings {} of {}: {message}",
                source.path(),
                finding.rule,
                fix.title,
                subject.1,
                subject.2,
            ));
        }
    }
    (tried.values().sum(), wrong)
}
