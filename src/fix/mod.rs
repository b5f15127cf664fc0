//! Applies the fixes of findings, round by round, until nothing is left to fix.
//!
//! Every round reads and judges the changed texts again. A fix is dropped when the text no longer
//! parses, when anything outside its edits reads otherwise, when a comment is lost, when it raises an
//! error that no further fix takes back, or when fixes take one another back. What was dropped is tried
//! again once the rest is done, so that fixing what was fixed changes nothing.

mod choose;
mod diff;
mod trial;
mod unharmed;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::finding::{self, Applicability, Edit, Finding, Fingerprint, Fix, Resource, Severity};
use crate::source::{Role, SourceId, Sources};

pub use diff::unified;
pub use trial::withhold;

/// Fixes may need one another, but not without end.
const MAX_ROUNDS: usize = 10;

/// How many times fixes are tried in a run; each time, all is judged again.
const MAX_ATTEMPTS: usize = 200;

/// Fixes that a new error points at are tried one by one where they are no more than these. Of more, each
/// that is the only one for what an error is about is dropped unseen.
const FEW_GUILTY: usize = 8;

const MANY: &str = "too many fixes of this run do harm, and this one was not tried alone";
const OVERLAP: &str = "its edits overlap";
const NOT_UTF8: &str = "the file is not UTF-8 text";
const CIRCLE: &str = "another fix takes it back";
const UNSETTLED: &str = "after 10 rounds, fixes still call for fixes";

/// What is thought of one state of the sources.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// What the run was asked for; their fixes are applied.
    pub findings: Vec<Finding>,
    /// Every error there is, whatever was selected, ignored or suppressed: no fix may add to them.
    pub errors: Vec<Finding>,
}

impl Verdict {
    /// Of a run that was asked for everything.
    pub fn whole(findings: Vec<Finding>) -> Self {
        let errors = findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error);
        Self {
            errors: errors.cloned().collect(),
            findings,
        }
    }
}

/// A fix, with the finding that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The finding's rule.
    pub rule: &'static str,
    /// The finding's identity.
    pub fingerprint: Fingerprint,
    /// The file.
    pub source: SourceId,
    /// The fix's title.
    pub title: String,
}

impl Entry {
    /// Whether it is a fix of this finding.
    pub fn is_of(&self, finding: &Finding) -> bool {
        self.identity() == identity(finding)
    }

    fn identity(&self) -> Identity {
        (self.rule, self.fingerprint)
    }
}

/// Why a fix is not applied.
pub type Reason = Cow<'static, str>;

/// What fixing comes to.
#[derive(Debug, Default)]
pub struct Fixed {
    /// The new texts of changed sources.
    pub texts: BTreeMap<SourceId, Arc<str>>,
    /// What was done. A finding that was fixed further by a later round is there once.
    pub applied: Vec<Entry>,
    /// What was not done, because it would do harm; with the reason.
    pub dropped: Vec<(Entry, Reason)>,
    /// What could not even be tried, for the way in which the manifest is written.
    pub refused: Vec<(Entry, Reason)>,
    /// What is found in the new texts.
    pub left: Vec<Finding>,
}

impl Fixed {
    /// Goes on with what was made of the new texts.
    fn then(&mut self, next: Self) {
        self.texts.extend(next.texts);
        self.applied.extend(next.applied);
        self.dropped = next.dropped;
        self.refused = next.refused;
        self.left = next.left;
    }
}

/// Fixes named sources until nothing changes, for at most 10 rounds, and again for what could not be
/// fixed before the rest was. With `unsafely`, fixes that a person must check are applied too. `relint`
/// judges changed sources.
pub fn converge(
    sources: &Sources,
    verdict: &Verdict,
    unsafely: bool,
    mut relint: impl FnMut(&Sources) -> Verdict,
) -> Fixed {
    let mut left = MAX_ATTEMPTS;
    let (mut fixed, mut verdict) = pass(sources, verdict, unsafely, &mut relint, &mut left);
    for _ in 1..MAX_ROUNDS {
        let is_endless = fixed.dropped.iter().any(|(_, why)| why == UNSETTLED);
        if fixed.dropped.is_empty() || fixed.applied.is_empty() || is_endless {
            break;
        }
        let sources = sources.with_texts(&fixed.texts);
        let (next, after) = pass(&sources, &verdict, unsafely, &mut relint, &mut left);
        verdict = after;
        let is_done = next.texts.is_empty();
        fixed.then(next);
        if is_done {
            break;
        }
    }
    fixed
        .texts
        .retain(|id, text| sources.get(*id).text() != text);
    let mut seen = BTreeSet::new();
    fixed.applied.retain(|entry| seen.insert(entry.identity()));
    fixed.left = verdict.findings;
    fixed
}

/// Fixes until nothing changes; what that comes to, and the verdict on it.
fn pass(
    sources: &Sources,
    verdict: &Verdict,
    unsafely: bool,
    relint: &mut impl FnMut(&Sources) -> Verdict,
    attempts_left: &mut usize,
) -> (Fixed, Verdict) {
    let mut run = Run::new(sources, unsafely, true, relint, attempts_left);
    let left = run.settle(verdict);
    // Where the fix that should have taken an error back was dropped: no errors on the way, then.
    if new_errors(verdict, left.errors.iter()).is_empty() {
        run.tell_unfixable(&left.findings);
        return (run.fixed, left);
    }
    let mut run = Run::new(sources, unsafely, false, relint, attempts_left);
    let left = run.settle(verdict);
    run.tell_unfixable(&left.findings);
    (run.fixed, left)
}

/// Findings with the fixes that are to be applied.
type Chosen<'f> = Vec<(&'f Finding, &'f Fix)>;

struct Run<'a, R> {
    sources: &'a Sources,
    unsafely: bool,
    /// Whether an error may arise that a fix of a later round can take back.
    lenient: bool,
    relint: &'a mut R,
    /// How many more times fixes are tried, over all passes.
    attempts_left: &'a mut usize,
    /// Findings whose fix was dropped.
    refused: BTreeSet<Identity>,
    fixed: Fixed,
}

/// What was applied.
type Done = Vec<Entry>;

/// What tells findings apart, before and after: the rule and the fingerprint.
type Identity = (&'static str, Fingerprint);

/// Texts that differ from those that were read.
type Texts = BTreeMap<SourceId, Arc<str>>;

/// What some fixes make of the texts.
#[derive(Clone)]
struct Attempt {
    texts: Texts,
    verdict: Verdict,
}

/// Why fixes cannot be applied together, and where that shows.
struct Harm {
    reason: Reason,
    sources: BTreeSet<SourceId>,
    /// What new errors are about.
    subjects: BTreeSet<Subject>,
}

/// An object, or one container of it, in a file.
type Subject = (SourceId, Option<Resource>);

impl<'a, R: FnMut(&Sources) -> Verdict> Run<'a, R> {
    fn new(
        sources: &'a Sources,
        unsafely: bool,
        lenient: bool,
        relint: &'a mut R,
        attempts_left: &'a mut usize,
    ) -> Self {
        Self {
            sources,
            unsafely,
            lenient,
            relint,
            attempts_left,
            refused: BTreeSet::new(),
            fixed: Fixed::default(),
        }
    }

    /// Goes on until nothing is left to fix; the verdict at the end. Fixes that lead back to texts that
    /// were there before are left out from the beginning.
    fn settle(&mut self, verdict: &Verdict) -> Verdict {
        self.report_unreadable(&verdict.findings);
        for _ in 0..MAX_ROUNDS {
            match self.rounds(verdict) {
                Ok(left) => return left,
                Err(circle) => {
                    for entry in circle {
                        if self.refused.insert(entry.identity()) {
                            self.fixed.dropped.push((entry, CIRCLE.into()));
                        }
                    }
                    self.fixed.texts.clear();
                    self.fixed.applied.clear();
                }
            }
        }
        verdict.clone()
    }

    /// Round after round; the verdict at the end, or the fixes of the rounds that went in a circle.
    fn rounds(&mut self, verdict: &Verdict) -> Result<Verdict, Done> {
        let mut verdict = verdict.clone();
        let mut passed: Vec<(Texts, Done)> = Vec::new();
        for _ in 0..MAX_ROUNDS {
            let texts = self.fixed.texts.clone();
            let Some((done, next)) = self.round(&verdict) else {
                return Ok(verdict);
            };
            verdict = next;
            passed.push((texts, done));
            let texts = &self.fixed.texts;
            if let Some(at) = passed.iter().position(|(before, _)| before == texts) {
                let circle = passed.split_off(at).into_iter();
                return Err(circle.flat_map(|(_, done)| done).collect());
            }
        }
        for (finding, fix) in self.choose(&verdict.findings) {
            let entry = entry(finding, fix);
            self.fixed.dropped.push((entry, UNSETTLED.into()));
        }
        Ok(verdict)
    }

    fn report_unreadable(&mut self, findings: &[Finding]) {
        for finding in findings {
            if let Some(fix) = self.asked_for(finding)
                && !self.is_readable(fix)
            {
                let entry = entry(finding, fix);
                self.fixed.dropped.push((entry, NOT_UTF8.into()));
            }
        }
    }

    /// What was done, and the verdict after it; `None` when there was nothing to do.
    fn round(&mut self, verdict: &Verdict) -> Option<(Done, Verdict)> {
        loop {
            let chosen = self.choose(&verdict.findings);
            if chosen.is_empty() {
                return None;
            }
            let before = self.fixed.dropped.len();
            if let Some((done, attempt)) = self.attempt_parts(&chosen, verdict) {
                let done: Done = done
                    .iter()
                    .map(|(finding, fix)| entry(finding, fix))
                    .collect();
                self.fixed.applied.extend(done.iter().cloned());
                self.fixed.texts = attempt.texts;
                return Some((done, attempt.verdict));
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
                    fingerprint: finding.fingerprint,
                    source,
                    title: unfixable.title.clone(),
                };
                let reason = unfixable.reason.clone().into();
                self.fixed.refused.push((entry, reason));
            }
        }
    }

    fn choose<'f>(&self, findings: &'f [Finding]) -> Chosen<'f> {
        let mut wanted = self.wanted(findings);
        // What the author plainly meant goes before what a person must check.
        wanted.sort_by_key(|(_, fix)| fix.applicability != Applicability::Safe);
        choose::without_overlap(&wanted)
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
        verdict: &Verdict,
    ) -> Option<(Chosen<'f>, Attempt)> {
        if *self.attempts_left == 0 {
            for (finding, fix) in chosen {
                self.refused.insert(identity(finding));
                self.fixed.dropped.push((entry(finding, fix), MANY.into()));
            }
            return None;
        }
        let harm = match self.attempt(chosen, verdict) {
            Ok(attempt) => return Some((chosen.to_vec(), attempt)),
            Err(harm) => harm,
        };
        if let [(finding, fix)] = chosen {
            self.refused.insert(identity(finding));
            self.fixed.dropped.push((entry(finding, fix), harm.reason));
            return None;
        }
        let guilty = guilty(chosen, &harm);
        if guilty.len() > FEW_GUILTY {
            let mut others = Vec::new();
            for (at, (finding, fix)) in chosen.iter().enumerate() {
                if guilty.contains(&at) {
                    self.refused.insert(identity(finding));
                    let dropped = (entry(finding, fix), harm.reason.clone());
                    self.fixed.dropped.push(dropped);
                } else {
                    others.push((*finding, *fix));
                }
            }
            return if others.is_empty() {
                None
            } else {
                self.attempt_parts(&others, verdict)
            };
        }
        let (left, right) = parts(chosen, &harm);
        let left = self.attempt_parts(&left, verdict);
        let right = self.attempt_parts(&right, verdict);
        let (Some((left, attempt)), Some((right, _))) = (&left, &right) else {
            return left.or(right);
        };
        let both = [left.as_slice(), right.as_slice()].concat();
        match self.attempt(&both, verdict) {
            Ok(attempt) => Some((both, attempt)),
            // What the other part wants is asked for again in the next round.
            Err(_) => Some((left.clone(), attempt.clone())),
        }
    }

    /// The texts after these fixes and the verdict on them, or what harm they would do.
    fn attempt(&mut self, chosen: &[(&Finding, &Fix)], before: &Verdict) -> Result<Attempt, Harm> {
        let mut edits: BTreeMap<SourceId, Vec<&Edit>> = BTreeMap::new();
        for edit in chosen.iter().flat_map(|(_, fix)| &fix.edits) {
            edits.entry(edit.source).or_default().push(edit);
        }
        *self.attempts_left = self.attempts_left.saturating_sub(1);
        let mut texts = self.fixed.texts.clone();
        let mut harms = Vec::new();
        for (source, edits) in edits {
            let original = self.sources.get(source).text();
            match changed(texts.get(&source).unwrap_or(original), edits) {
                Err(reason) => harms.push((reason.into(), (source, None))),
                Ok(after) if after == *original => drop(texts.remove(&source)),
                Ok(after) => drop(texts.insert(source, after)),
            }
        }
        Harm::of(harms)?;
        let after = (self.relint)(&self.sources.with_texts(&texts));
        let wanted = self.wanted(&after.findings).into_iter();
        let curable: BTreeSet<Identity> = wanted.map(|(finding, _)| identity(finding)).collect();
        let stay = after
            .errors
            .iter()
            .filter(|it| !self.lenient || !curable.contains(&identity(it)));
        Harm::of(new_errors(before, stay).into_iter().map(|error| {
            let reason = format!(
                "it would bring an error ({}): {}",
                error.rule, error.message
            );
            (reason.into(), subject(error))
        }))?;
        Ok(Attempt {
            texts,
            verdict: after,
        })
    }
}

impl Harm {
    /// `Err` with all of these harms, where there is any.
    fn of(harms: impl IntoIterator<Item = (Reason, Subject)>) -> Result<(), Self> {
        let (reasons, subjects): (Vec<_>, BTreeSet<_>) = harms.into_iter().unzip();
        match reasons.into_iter().next() {
            Some(reason) => Err(Self {
                reason,
                sources: subjects.iter().map(|(source, _)| *source).collect(),
                subjects,
            }),
            None => Ok(()),
        }
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

/// Two parts to try by themselves: those that do not edit the harmed files and those that do. Where
/// that does not tell them apart, halves of what each file is to get, since files seldom harm one
/// another; where no file gets more than one, halves of the files.
fn parts<'f>(chosen: &[(&'f Finding, &'f Fix)], harm: &Harm) -> (Chosen<'f>, Chosen<'f>) {
    let is_suspect = |fix: &Fix| {
        let mut sources = fix.edits.iter().map(|edit| edit.source);
        sources.any(|source| harm.sources.contains(&source))
    };
    let (suspects, others): (Chosen<'f>, Chosen<'f>) =
        chosen.iter().partition(|(_, fix)| is_suspect(fix));
    if !suspects.is_empty() && !others.is_empty() {
        return (others, suspects);
    }
    let mut by_file: BTreeMap<Option<SourceId>, Chosen<'f>> = BTreeMap::new();
    for (finding, fix) in chosen {
        let file = fix.edits.first().map(|edit| edit.source);
        by_file.entry(file).or_default().push((finding, fix));
    }
    if by_file.len() == chosen.len() {
        let (left, right) = chosen.split_at(chosen.len() / 2);
        return (left.to_vec(), right.to_vec());
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for fixes in by_file.into_values() {
        let (first, rest) = fixes.split_at(fixes.len().div_ceil(2));
        left.extend_from_slice(first);
        right.extend_from_slice(rest);
    }
    (left, right)
}

/// What a finding is about.
fn subject(finding: &Finding) -> Subject {
    (finding.primary.source, finding.resource.clone())
}

/// The fixes, by their place among the chosen, each of which is the only one for what a new error is
/// about.
fn guilty(chosen: &[(&Finding, &Fix)], harm: &Harm) -> BTreeSet<usize> {
    let mut by_subject: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
    for (at, (finding, _)) in chosen.iter().enumerate() {
        let subject = subject(finding);
        if subject.1.is_some() && harm.subjects.contains(&subject) {
            by_subject.entry(subject).or_default().push(at);
        }
    }
    let alone = by_subject
        .values()
        .filter_map(|fixes| match *fixes.as_slice() {
            [only] => Some(only),
            _ => None,
        });
    alone.collect()
}

/// The errors for every file in which a rule has more of them than before. They are counted, since
/// lines and paths may move.
fn new_errors<'f>(before: &Verdict, after: impl Iterator<Item = &'f Finding>) -> Vec<&'f Finding> {
    let place = |error: &Finding| (error.rule, error.primary.source);
    let mut known: BTreeMap<_, usize> = BTreeMap::new();
    for error in &before.errors {
        *known.entry(place(error)).or_default() += 1;
    }
    let same: BTreeSet<Identity> = before.errors.iter().map(identity).collect();
    let mut groups: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    for error in after {
        groups.entry(place(error)).or_default().push(error);
    }
    groups.retain(|place, errors| errors.len() > known.get(place).copied().unwrap_or(0));
    groups
        .into_values()
        .flat_map(|errors| {
            let is_fresh = |error: &&Finding| !same.contains(&identity(error));
            let fresh: Vec<&Finding> = errors.iter().copied().filter(is_fresh).collect();
            let first = errors.first().filter(|_| fresh.is_empty()).copied();
            fresh.into_iter().chain(first)
        })
        .collect()
}

fn identity(finding: &Finding) -> Identity {
    (finding.rule, finding.fingerprint)
}

fn entry(finding: &Finding, fix: &Fix) -> Entry {
    Entry {
        rule: finding.rule,
        fingerprint: finding.fingerprint,
        source: fix
            .edits
            .first()
            .map_or(finding.primary.source, |edit| edit.source),
        title: fix.title.clone(),
    }
}
