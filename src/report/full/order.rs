//! In which order findings stand: by what belongs together, the worst last.

use std::collections::BTreeMap;

use crate::finding::{Finding, Severity};
use crate::report::{GroupBy, sanitize};
use crate::source::{SourceId, Sources};

/// Findings that belong together.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// What they have in common, printable; `None` where each of them says it.
    pub(super) title: Option<String>,
    /// The worst last.
    pub(super) findings: Vec<&'a Finding>,
}

/// What findings of one group have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// The start of an object, and its name: what is rendered has many objects at one place.
    Object(SourceId, u32, String),
    File(SourceId),
    Rule(&'static str, Severity),
}

impl Key {
    fn of(finding: &Finding, by: GroupBy) -> Self {
        match (by, &finding.resource) {
            (GroupBy::Rule, _) => Self::Rule(finding.rule, finding.severity),
            (GroupBy::Workload, Some(resource)) => {
                let at = finding.subject.unwrap_or(finding.primary);
                let start = if finding.subject.is_some() {
                    at.span.start
                } else {
                    0
                };
                Self::Object(at.source, start, resource.to_string())
            }
            (GroupBy::File | GroupBy::Workload, _) => Self::File(finding.primary.source),
        }
    }

    fn title(&self, sources: &Sources) -> Option<String> {
        match self {
            Self::Object(_, _, name) => Some(sanitize(name).into_owned()),
            Self::File(source) => Some(sanitize(sources.get(*source).path()).into_owned()),
            Self::Rule(..) => None,
        }
    }
}

/// The findings in groups: those with the worst findings last, else in the order of the outcome.
pub(super) fn groups<'a>(
    findings: &[&'a Finding],
    by: GroupBy,
    sources: &Sources,
) -> Vec<Group<'a>> {
    let mut places: BTreeMap<Key, usize> = BTreeMap::new();
    let mut groups: Vec<Group<'a>> = Vec::new();
    for finding in findings {
        let key = Key::of(finding, by);
        let at = *places.entry(key).or_insert_with_key(|key| {
            groups.push(Group {
                title: key.title(sources),
                findings: Vec::new(),
            });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(at) {
            group.findings.push(finding);
        }
    }
    // Stable, so that nothing else changes places.
    for group in &mut groups {
        group.findings.sort_by_key(|finding| finding.severity);
    }
    groups.sort_by_key(|group| group.findings.last().map(|finding| finding.severity));
    groups
}
