//! Applies the fixes of findings, round by round, until nothing is left to fix.
//!
//! Every round reads and judges the changed texts again. A fix is dropped when the text no longer
//! parses, when anything outside its edits reads otherwise, when a comment is lost, when it raises an
//! error that no further fix takes back, or when fixes take one another back.

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

/// Fixes may need one another, but not without end.
const MAX_ROUNDS: usize = 10;

const OVERLAP: &str = "its edits overlap";
const NEW_ERROR: &str = "it would bring a new error";
const NOT_UTF8: &str = "the file is no UTF-8 text";
const CIRCLE: &str = "another fix takes it back";
const UNSETTLED: &str = "after 10 rounds, fixes still call for fixes";

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
    mut relint: impl FnMut(&Sources) -> Vec<Finding>,
) -> Fixed {
    let mut run = Run::new(sources, unsafely, true, &mut relint);
    let left = run.settle(findings);
    // The fix that should have taken an error back was dropped: no errors on the way, then.
    if new_errors(findings, left.iter()).next().is_none() {
        run.tell_unfixable(&left);
        return run.fixed;
    }
    let mut run = Run::new(sources, unsafely, false, &mut relint);
    let left = run.settle(findings);
    run.tell_unfixable(&left);
    run.fixed
}

/// Findings with the fixes that are to be applied.
type Chosen<'f> = Vec<(&'f Finding, &'f Fix)>;

struct Run<'a, R> {
    sources: &'a Sources,
    unsafely: bool,
    /// Whether an error may arise that a fix of a later round can take back.
    lenient: bool,
    relint: &'a mut R,
    /// Findings whose fix was dropped.
    refused: BTreeSet<String>,
    fixed: Fixed,
}

/// Findings whose fixes were applied, by their identity.
type Done = Vec<(String, Entry)>;

/// Texts that differ from those that were read.
type Texts = BTreeMap<SourceId, Arc<str>>;

/// What some fixes make of the texts.
#[derive(Clone)]
struct Attempt {
    texts: Texts,
    findings: Vec<Finding>,
}

/// Why fixes cannot be applied together, and in which files that shows.
struct Harm {
    reason: &'static str,
    sources: BTreeSet<SourceId>,
}

impl<'a, R: FnMut(&Sources) -> Vec<Finding>> Run<'a, R> {
    fn new(sources: &'a Sources, unsafely: bool, lenient: bool, relint: &'a mut R) -> Self {
        Self {
            sources,
            unsafely,
            lenient,
            relint,
            refused: BTreeSet::new(),
            fixed: Fixed::default(),
        }
    }

    /// Goes on until nothing is left to fix; the findings at the end. Fixes that lead back to texts
    /// that were there before are left out from the beginning.
    fn settle(&mut self, findings: &[Finding]) -> Vec<Finding> {
        self.report_unreadable(findings);
        for _ in 0..MAX_ROUNDS {
            match self.rounds(findings) {
                Ok(left) => return left,
                Err(circle) => {
                    for (fix, entry) in circle {
                        if self.refused.insert(fix) {
                            self.fixed.dropped.push((entry, CIRCLE));
                        }
                    }
                    self.fixed.texts.clear();
                    self.fixed.applied.clear();
                }
            }
        }
        findings.to_vec()
    }

    /// Round after round; the findings at the end, or the fixes of the rounds that went in a circle.
    fn rounds(&mut self, findings: &[Finding]) -> Result<Vec<Finding>, Done> {
        let mut findings = findings.to_vec();
        let mut passed: Vec<(Texts, Done)> = Vec::new();
        for _ in 0..MAX_ROUNDS {
            let texts = self.fixed.texts.clone();
            let Some((done, next)) = self.round(&findings) else {
                return Ok(findings);
            };
            findings = next;
            passed.push((texts, done));
            let texts = &self.fixed.texts;
            if let Some(at) = passed.iter().position(|(before, _)| before == texts) {
                let circle = passed.split_off(at).into_iter();
                return Err(circle.flat_map(|(_, done)| done).collect());
            }
        }
        for (finding, fix) in self.choose(&findings) {
            self.fixed.dropped.push((entry(finding, fix), UNSETTLED));
        }
        Ok(findings)
    }

    fn report_unreadable(&mut self, findings: &[Finding]) {
        for finding in findings {
            if let Some(fix) = self.asked_for(finding)
                && !self.is_readable(fix)
            {
                self.fixed.dropped.push((entry(finding, fix), NOT_UTF8));
            }
        }
    }

    /// What was done, and the findings after it; `None` when there was nothing to do.
    fn round(&mut self, findings: &[Finding]) -> Option<(Done, Vec<Finding>)> {
        loop {
            let chosen = self.choose(findings);
            if chosen.is_empty() {
                return None;
            }
            let before = self.fixed.dropped.len();
            if let Some((done, attempt)) = self.attempt_parts(&chosen, findings) {
                let done: Done = done
                    .iter()
                    .map(|(finding, fix)| (identity(finding), entry(finding, fix)))
                    .collect();
                let applied = done.iter().map(|(_, entry)| entry.clone());
                self.fixed.applied.extend(applied);
                self.fixed.texts = attempt.texts;
                return Some((done, attempt.findings));
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

    fn choose<'f>(&self, findings: &'f [Finding]) -> Chosen<'f> {
        choose::without_overlap(&self.wanted(findings))
    }

    fn wanted<'f>(&self, findings: &'f [Finding]) -> Chosen<'f> {
        let wanted = |finding: &'f Finding| Some((finding, self.fix_of(finding)?));
        findings.iter().filter_map(wanted).collect()
    }

    /// The fix that is to be applied, where there is one.
    fn fix_of<'f>(&self, finding: &'f Finding) -> Option<&'f Fix> {
        let fix = self.asked_for(finding)?;
        let is_possible = self.is_readable(fix) && !self.refused.contains(&identity(finding));
        is_possible.then_some(fix)
    }

    fn asked_for<'f>(&self, finding: &'f Finding) -> Option<&'f Fix> {
        if finding.suppressed.is_some() {
            return None;
        }
        let fix = finding.fix.as_ref()?;
        let is_wanted = self.unsafely || fix.applicability == Applicability::Safe;
        let is_named = |edit: &Edit| self.sources.get(edit.source).role() == Role::Named;
        (is_wanted && fix.edits.iter().all(is_named)).then_some(fix)
    }

    /// Whether all it edits is as it was read: what replaced bytes stand for cannot be written back.
    fn is_readable(&self, fix: &Fix) -> bool {
        let mut edits = fix.edits.iter();
        edits.all(|edit| self.sources.get(edit.source).invalid_utf8().is_none())
    }

    /// All of the fixes, or where they do harm as many as can be had by trying parts of them.
    fn attempt_parts<'f>(
        &mut self,
        chosen: &[(&'f Finding, &'f Fix)],
        findings: &[Finding],
    ) -> Option<(Chosen<'f>, Attempt)> {
        let harm = match self.attempt(chosen, findings) {
            Ok(attempt) => return Some((chosen.to_vec(), attempt)),
            Err(harm) => harm,
        };
        if let [(finding, fix)] = chosen {
            self.refused.insert(identity(finding));
            self.fixed.dropped.push((entry(finding, fix), harm.reason));
            return None;
        }
        let (left, right) = parts(chosen, &harm);
        let left = self.attempt_parts(&left, findings);
        let right = self.attempt_parts(&right, findings);
        let (Some((left, attempt)), Some((right, _))) = (&left, &right) else {
            return left.or(right);
        };
        let both = [left.as_slice(), right.as_slice()].concat();
        match self.attempt(&both, findings) {
            Ok(attempt) => Some((both, attempt)),
            // What the other part wants is asked for again in the next round.
            Err(_) => Some((left.clone(), attempt.clone())),
        }
    }

    /// The texts and findings after these fixes, or what harm they would do.
    fn attempt(
        &mut self,
        chosen: &[(&Finding, &Fix)],
        findings: &[Finding],
    ) -> Result<Attempt, Harm> {
        let mut edits: BTreeMap<SourceId, Vec<&Edit>> = BTreeMap::new();
        for edit in chosen.iter().flat_map(|(_, fix)| &fix.edits) {
            edits.entry(edit.source).or_default().push(edit);
        }
        let mut texts = self.fixed.texts.clone();
        let mut harms = Vec::new();
        for (source, edits) in edits {
            let original = self.sources.get(source).text();
            match changed(texts.get(&source).unwrap_or(original), edits) {
                Err(reason) => harms.push((reason, source)),
                Ok(after) if after == *original => drop(texts.remove(&source)),
                Ok(after) => drop(texts.insert(source, after)),
            }
        }
        Harm::of(harms)?;
        let after = (self.relint)(&self.sources.with_texts(&texts));
        let stay = after
            .iter()
            .filter(|it| !self.lenient || self.fix_of(it).is_none());
        Harm::of(new_errors(findings, stay).map(|source| (NEW_ERROR, source)))?;
        Ok(Attempt {
            texts,
            findings: after,
        })
    }
}

impl Harm {
    /// `Err` with all of these harms, where there is any.
    fn of(harms: impl IntoIterator<Item = (&'static str, SourceId)>) -> Result<(), Self> {
        let mut harms = harms.into_iter().peekable();
        let Some((reason, _)) = harms.peek() else {
            return Ok(());
        };
        Err(Self {
            reason,
            sources: harms.map(|(_, source)| source).collect(),
        })
    }
}

/// A text after the edits, where they do no harm to it.
fn changed(before: &Arc<str>, mut edits: Vec<&Edit>) -> Result<Arc<str>, &'static str> {
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let after = finding::apply(before, edits.iter().copied()).ok_or(OVERLAP)?;
    let after: Arc<str> = Arc::from(after);
    unharmed::check(before, &after, &edits)?;
    Ok(after)
}

/// Two parts to try by themselves: those that do not edit the harmed files and those that do, or
/// halves where that does not tell them apart.
fn parts<'f>(chosen: &[(&'f Finding, &'f Fix)], harm: &Harm) -> (Chosen<'f>, Chosen<'f>) {
    let is_suspect = |fix: &Fix| {
        let mut sources = fix.edits.iter().map(|edit| edit.source);
        sources.any(|source| harm.sources.contains(&source))
    };
    let (suspects, others): (Chosen<'f>, Chosen<'f>) =
        chosen.iter().partition(|(_, fix)| is_suspect(fix));
    if suspects.is_empty() || others.is_empty() {
        let (left, right) = chosen.split_at(chosen.len() / 2);
        return (left.to_vec(), right.to_vec());
    }
    (others, suspects)
}

/// The files in which a rule has more errors than before. They are only counted, since lines and
/// paths may move.
fn new_errors<'f>(
    before: &[Finding],
    after: impl Iterator<Item = &'f Finding>,
) -> impl Iterator<Item = SourceId> {
    let known = errors(before.iter());
    errors(after)
        .into_iter()
        .filter(move |(place, count)| *count > known.get(place).copied().unwrap_or(0))
        .map(|((_, source), _)| source)
}

/// How many errors each rule has in each file.
fn errors<'f>(
    findings: impl Iterator<Item = &'f Finding>,
) -> BTreeMap<(&'static str, SourceId), usize> {
    let mut counts = BTreeMap::new();
    let counted =
        |finding: &&Finding| finding.severity == Severity::Error && finding.suppressed.is_none();
    for finding in findings.filter(counted) {
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
