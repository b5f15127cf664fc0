//! From places in rendered text to places in files.

use std::collections::{BTreeMap, BTreeSet};

use super::values;
use crate::finding::{Finding, Label, Resource};
use crate::source::{Location, Origin, SourceId, Sources};

/// How many kustomizations or charts are named for a finding that others of its file do not share.
const SHOWN: usize = 3;

/// Puts every finding where a person can mend it. Its subject stays the object in the rendered text.
pub(super) fn to_files(findings: &mut [Finding], sources: &Sources) {
    let bound = bound(sources);
    for finding in findings {
        place(finding, sources, &bound);
    }
}

/// Rendered texts, and the files that they were traced to.
fn bound(sources: &Sources) -> BTreeSet<SourceId> {
    sources
        .iter()
        .filter_map(|source| Some((source.id(), source.origin()?)))
        .flat_map(|(id, origin)| origin.files().chain([id]))
        .collect()
}

fn place(finding: &mut Finding, sources: &Sources, bound: &BTreeSet<SourceId>) {
    finding.primary = sources.place(finding.primary);
    let primary = finding.primary;
    let mut related: Vec<Label> = Vec::new();
    for mut label in std::mem::take(&mut finding.related) {
        label.location = sources.place(label.location);
        if label.location != primary && !related.contains(&label) {
            related.push(label);
        }
    }
    finding.related = related;
    // What the edit of one file makes of all that is rendered from it is not known here.
    finding.fix = finding.fix.take().filter(|fix| {
        let mut edits = fix.edits.iter();
        !edits.any(|edit| bound.contains(&edit.source))
    });
}

/// The object that a finding speaks of, and its cause, as the files have them: several overlays, of
/// which not all may be named, call one object differently.
pub(super) fn as_written(finding: &Finding, sources: &Sources) -> (Resource, String) {
    let mut resource = finding.resource.clone().unwrap_or_default();
    let written = finding.subject.and_then(|subject| {
        let origin = sources.get(subject.source).origin()?;
        origin.written(subject.span)
    });
    let Some(written) = written else {
        return (resource, finding.cause.clone());
    };
    resource.name.clone_from(&written.name);
    resource.namespace.clone_from(&written.namespace);
    let cause = match finding.cause.split_once('=') {
        Some((path, _)) => {
            let text = sources
                .get(finding.primary.source)
                .slice(finding.primary.span);
            format!("{path}={}", text.trim_matches(['"', '\'']))
        }
        None => finding.cause.clone(),
    };
    (resource, cause)
}

/// Makes one finding of those that several overlays share, and of those of one value of a chart: of those
/// that count, if any does. Where
/// other overlays of its file do not have it, those that do are named.
pub fn merge_variants(findings: &mut Vec<Finding>, sources: &Sources) {
    let mut variants: BTreeMap<Variant, BTreeMap<SourceId, Vec<Finding>>> = BTreeMap::new();
    for finding in std::mem::take(findings) {
        match finding.subject {
            Some(subject) if sources.get(subject.source).origin().is_some() => {
                let texts = variants.entry(Variant::of(&finding)).or_default();
                texts.entry(subject.source).or_default().push(finding);
            }
            _ => findings.push(finding),
        }
    }
    let merged: Vec<Finding> = variants
        .into_values()
        .flat_map(|it| merged(it, sources))
        .collect();
    findings.extend(values::merge(merged, sources));
}

/// What makes findings of different overlays the same one. Overlays name objects and namespaces
/// differently.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Variant {
    rule: &'static str,
    place: Location,
    kind: Option<String>,
    container: Option<String>,
    path: String,
}

impl Variant {
    fn of(finding: &Finding) -> Self {
        let resource = finding.resource.as_ref();
        let path = finding.cause.split('=').next().unwrap_or_default();
        Self {
            rule: finding.rule,
            place: finding.primary,
            kind: resource.map(|resource| resource.kind.clone()),
            container: resource.and_then(|resource| resource.container.clone()),
            path: path.to_owned(),
        }
    }
}

/// The findings of the text that has most of them, at their worst.
fn merged(by_text: BTreeMap<SourceId, Vec<Finding>>, sources: &Sources) -> Vec<Finding> {
    let counts = |finding: &Finding| finding.suppressed.is_none();
    let any_counts = by_text.values().flatten().any(counts);
    let of_count = |all: &[Finding]| !any_counts || all.iter().any(counts);
    let texts: Vec<SourceId> = by_text
        .iter()
        .filter(|(_, all)| of_count(all))
        .map(|(text, _)| *text)
        .collect();
    let weight = |finding: &Finding| (counts(finding), finding.severity);
    let mut merged: Vec<Finding> = Vec::new();
    for findings in by_text.into_values() {
        for (index, finding) in findings.into_iter().enumerate() {
            match merged.get_mut(index) {
                Some(known) if weight(known) >= weight(&finding) => {}
                Some(known) => *known = finding,
                None => merged.push(finding),
            }
        }
    }
    for finding in &mut merged {
        finding
            .related
            .extend(seen_only_in(&texts, finding, sources));
    }
    merged
}

/// Labels for the overlays that have a finding, where other overlays of its file have not.
fn seen_only_in<'a>(
    texts: &'a [SourceId],
    finding: &Finding,
    sources: &'a Sources,
) -> impl Iterator<Item = Label> + use<'a> {
    let file = finding.primary.source;
    let of_file = sources
        .iter()
        .filter_map(|source| source.origin())
        .filter(|origin| origin.files().any(|it| it == file));
    let shared = of_file.count() == texts.len();
    let roots = texts.iter().filter_map(|text| sources.get(*text).origin());
    roots
        .map(Origin::root)
        .filter(move |root| !shared && root.source != file)
        .take(SHOWN)
        .map(|location| Label {
            location,
            message: "found in what is rendered from here".to_owned(),
        })
}
