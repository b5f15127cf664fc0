//! `rules.<id>.exclude` of the configuration.

use std::collections::{HashMap, HashSet};

use super::{Claim, Claims, Covers, View, Written};
use crate::finding::{Finding, SuppressedBy};
use crate::settings::{Assignment, RuleExclude};
use crate::source::{Location, SourceId, Span};

/// The places of the entries that name a file for a rule: by both, and by the list that they stand in.
pub(super) type Known = HashMap<(&'static str, SourceId, (usize, u32)), Vec<(usize, u32)>>;

/// The places of the entries that name the file of a finding for its rule.
pub(super) fn of(finding: &Finding, view: &View<'_>, known: &mut Known) -> Vec<(usize, u32)> {
    let source = finding.primary.source;
    let path = view.sources.get(source).path();
    let subject = finding.resource.as_ref();
    let subject = subject.map(|it| (it.kind.as_str(), it.name.as_str()));
    let settings = view.settings.of(path, subject);
    let Some(rule) = settings.rules.get(finding.rule) else {
        return Vec::new();
    };
    let Some(first) = rule.exclude.first() else {
        return Vec::new();
    };
    // Every list stands at a place of its own.
    let key = (finding.rule, source, first.place());
    let named = known.entry(key).or_insert_with(|| {
        let path = view.settings.absolute(path);
        let named = rule.exclude.iter();
        let named = named.filter(|it| it.patterns.matches(&path, false));
        named.map(RuleExclude::place).collect()
    });
    named.clone()
}

pub(super) fn collect(view: &View<'_>, claims: &mut Claims) {
    let overrides = view.settings.overrides.iter();
    let starts = overrides.clone().filter_map(|it| it.start.as_ref());
    let starts = starts.flat_map(|start| &start.common.rules);
    let common = view.settings.common.rules.iter().chain(starts);
    let overriding = overrides.flat_map(|it| &it.assignments);
    let overriding = overriding.filter_map(|assignment| match assignment {
        Assignment::Rule(id, rule) => Some((id, rule)),
        _ => None,
    });
    // What several files build on is said once.
    let mut seen = HashSet::new();
    for (id, rule) in common.chain(overriding) {
        for entry in rule.exclude.iter().filter(|it| seen.insert(it.place())) {
            claims.claims.extend(claim(view, id, entry));
        }
    }
}

fn claim(view: &View<'_>, id: &str, entry: &RuleExclude) -> Option<Claim> {
    let source = *view.configs.get(entry.file)?;
    let at = Location {
        source,
        span: Span::new(entry.start, entry.end),
    };
    Some(Claim {
        by: SuppressedBy::Config,
        rule: view.rule(id)?.id,
        reason: None,
        covers: Covers::Files(entry.place()),
        written: Written {
            at,
            what: "this pattern",
            text: format!("{id}: {}", view.sources.get(source).slice(at.span)),
            resource: None,
            subject: None,
        },
        used: false,
    })
}
