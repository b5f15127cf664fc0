//! Applies the fixes of findings, round by round, until nothing is left to fix.
//!
//! Every round reads and judges the changed texts again. A fix is dropped when the text no longer
//! parses, when anything outside its edits reads otherwise, when a comment is lost, or when it
//! raises an error that no further fix takes back.

mod choose;
mod diff;
mod unharmed;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::finding::{self, Applicability, Edit, Finding, Fix, Severity};
use crate::source::{Role, SourceId, Sources};

pub use diff::unified;

/// Fixes may need one another, but not in circles.
const MAX_ROUNDS: usize = 10;

/// A fix, with the finding that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The finding's rule.
    pub rule: &'static str,
    /// The file.
    pub source: SourceId,
    /// The fix's title.
    pub title: String,
}

/// What fixing comes to.
#[derive(Debug, Default)]
pub struct Fixed {
    /// The new texts of changed sources.
    pub texts: BTreeMap<SourceId, Arc<str>>,
    /// What was done.
    pub applied: Vec<Entry>,
    /// What was not done, because it would do harm; with the reason.
    pub dropped: Vec<(Entry, &'static str)>,
    /// What could not even be tried, for the way in which the manifest is written.
    pub refused: Vec<(Entry, String)>,
}

/// Fixes named sources until nothing changes, for at most 10 rounds. With `unsafely`, fixes that a
/// person must check are applied too. `relint` judges changed sources.
pub fn converge(
    sources: &Sources,
    findings: &[Finding],
    unsafely: bool,
    relint: impl FnMut(&Sources) -> Vec<Finding>,
) -> Fixed {
    let mut run = Run {
        sources,
        unsafely,
        relint,
        refused: BTreeSet::new(),
        fixed: Fixed::default(),
    };
    let mut findings = findings.to_vec();
    for _ in 0..MAX_ROUNDS {
        match run.round(&findings) {
            Some(next) => findings = next,
            None => break,
        }
    }
    run.tell_unfixable(&findings);
    run.fixed
}

struct Run<'a, R> {
    sources: &'a Sources,
    unsafely: bool,
    relint: R,
    /// Findings whose fix was dropped.
    refused: BTreeSet<String>,
    fixed: Fixed,
}

/// What some fixes make of the texts.
struct Attempt {
    texts: BTreeMap<SourceId, Arc<str>>,
    findings: Vec<Finding>,
}

impl<R: FnMut(&Sources) -> Vec<Finding>> Run<'_, R> {
    /// The findings after a round; `None` when there was nothing to do.
    fn round(&mut self, findings: &[Finding]) -> Option<Vec<Finding>> {
        loop {
            let open: Vec<(&Finding, &Fix)> = findings
                .iter()
                .filter(|finding| !self.refused.contains(&identity(finding)))
                .filter_map(|finding| Some((finding, self.fix_of(finding)?)))
                .collect();
            let chosen = choose::without_overlap(&open);
            if chosen.is_empty() {
                return None;
            }
            let before = self.fixed.dropped.len();
            if let Some((done, attempt)) = self.attempt_parts(&chosen, findings) {
                let applied = done.iter().map(|(finding, fix)| entry(finding, fix));
                self.fixed.applied.extend(applied);
                self.fixed.texts = attempt.texts;
                return Some(attempt.findings);
            }
            if self.fixed.dropped.len() == before {
                return None;
            }
        }
    }

    /// Adds what could not even be tried.
    fn tell_unfixable(&mut self, findings: &[Finding]) {
        for finding in findings {
            let source = finding.primary.source;
            let is_open =
                finding.suppressed.is_none() && self.sources.get(source).role() == Role::Named;
            if let Some(unfixable) = &finding.unfixable
                && is_open
                && (self.unsafely || unfixable.applicability == Applicability::Safe)
            {
                let entry = Entry {
                    rule: finding.rule,
                    source,
                    title: unfixable.title.clone(),
                };
                self.fixed.refused.push((entry, unfixable.reason.clone()));
            }
        }
    }

    fn fix_of<'f>(&self, finding: &'f Finding) -> Option<&'f Fix> {
        if finding.suppressed.is_some() {
            return None;
        }
        let fix = finding.fix.as_ref()?;
        let is_wanted = self.unsafely || fix.applicability == Applicability::Safe;
        let is_named = |edit: &Edit| self.sources.get(edit.source).role() == Role::Named;
        (is_wanted && fix.edits.iter().all(is_named)).then_some(fix)
    }

    /// All of the fixes, or where they do harm as many as can be had by halving.
    fn attempt_parts<'f>(
        &mut self,
        chosen: &[(&'f Finding, &'f Fix)],
        findings: &[Finding],
    ) -> Option<(Vec<(&'f Finding, &'f Fix)>, Attempt)> {
        let harm = match self.attempt(chosen, findings) {
            Ok(attempt) => return Some((chosen.to_vec(), attempt)),
            Err(harm) => harm,
        };
        if let [(finding, fix)] = chosen {
            self.refused.insert(identity(finding));
            self.fixed.dropped.push((entry(finding, fix), harm));
            return None;
        }
        let (left, right) = chosen.split_at(chosen.len() / 2);
        let left = self.attempt_parts(left, findings);
        let right = self.attempt_parts(right, findings);
        let (Some((left, attempt)), Some((right, _))) = (&left, &right) else {
            return left.or(right);
        };
        let both = [left.as_slice(), right.as_slice()].concat();
        match self.attempt(&both, findings) {
            Ok(attempt) => Some((both, attempt)),
            // What the other half wants is asked for again in the next round.
            Err(_) => Some((
                left.clone(),
                Attempt {
                    texts: attempt.texts.clone(),
                    findings: attempt.findings.clone(),
                },
            )),
        }
    }

    /// The texts and findings after these fixes, or what harm they would do.
    fn attempt(
        &mut self,
        chosen: &[(&Finding, &Fix)],
        findings: &[Finding],
    ) -> Result<Attempt, &'static str> {
        let mut edits: BTreeMap<SourceId, Vec<&Edit>> = BTreeMap::new();
        for edit in chosen.iter().flat_map(|(_, fix)| &fix.edits) {
            edits.entry(edit.source).or_default().push(edit);
        }
        let mut texts = self.fixed.texts.clone();
        for (source, mut edits) in edits {
            edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
            let before = texts
                .get(&source)
                .unwrap_or_else(|| self.sources.get(source).text());
            let after = finding::apply(before, edits.iter().copied());
            let after: Arc<str> = Arc::from(after.ok_or("its edits overlap")?);
            unharmed::check(before, &after, &edits)?;
            texts.insert(source, after);
        }
        let after = (self.relint)(&self.sources.with_texts(&texts));
        let known = errors(findings.iter());
        // An error that the next round fixes is a step on the way.
        let stay = after
            .iter()
            .filter(|finding| self.fix_of(finding).is_none());
        for (place, count) in errors(stay) {
            if count > known.get(&place).copied().unwrap_or(0) {
                return Err("it would bring a new error");
            }
        }
        Ok(Attempt {
            texts,
            findings: after,
        })
    }
}

/// How many errors each rule has in each file; lines and paths may move.
fn errors<'f>(
    findings: impl Iterator<Item = &'f Finding>,
) -> BTreeMap<(&'static str, SourceId), usize> {
    let mut counts = BTreeMap::new();
    for finding in findings.filter(|finding| finding.severity == Severity::Error) {
        *counts
            .entry((finding.rule, finding.primary.source))
            .or_default() += 1;
    }
    counts
}

fn identity(finding: &Finding) -> String {
    format!("{} {}", finding.rule, finding.fingerprint)
}

fn entry(finding: &Finding, fix: &Fix) -> Entry {
    Entry {
        rule: finding.rule,
        source: fix
            .edits
            .first()
            .map_or(finding.primary.source, |edit| edit.source),
        title: fix.title.clone(),
    }
}
