//! Fixes that are tried before they are offered: after them, rules judge what they could not judge so
//! far, and a fix that stands alone brings no finding.

use std::collections::{BTreeMap, BTreeSet};

use super::{Texts, changed};
use crate::finding::{Edit, Finding, Unfixable};
use crate::source::{Role, SourceId, Sources};

/// How many times all is judged again for it in a run.
const MAX_TRIALS: usize = 24;

const UNTRIED: &str =
    "too many fixes of this run may bring findings, and this one was not tried alone";

/// What a finding is about, apart from where it stands and how it is worded.
type About = (SourceId, &'static str, String);

fn about(finding: &Finding) -> About {
    let resource = finding.resource.as_ref();
    let container = resource.and_then(|it| it.container.as_deref());
    let named = resource.map_or_else(String::new, ToString::to_string);
    let what = format!("{named} {}", container.unwrap_or_default());
    (finding.primary.source, finding.rule, what)
}

fn counted<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> BTreeMap<About, usize> {
    let mut counts = BTreeMap::new();
    let open = findings.into_iter().filter(|it| it.suppressed.is_none());
    for finding in open {
        *counts.entry(about(finding)).or_default() += 1;
    }
    counts
}

/// Takes the fixes away that have to be tried and bring a finding, and says why there is none. `relint`
/// judges changed sources.
pub fn withhold(
    sources: &Sources,
    findings: &mut [Finding],
    relint: impl FnMut(&Sources) -> Vec<Finding>,
) {
    let is_named = |edit: &Edit| sources.get(edit.source).role() == Role::Named;
    let doubtful: Vec<usize> = (0..)
        .zip(findings.iter())
        .filter(|(_, finding)| {
            let fix = finding.fix.as_ref();
            finding.suppressed.is_none()
                && fix.is_some_and(|fix| fix.reveals && fix.edits.iter().all(is_named))
        })
        .map(|(at, _)| at)
        .collect();
    if doubtful.is_empty() {
        return;
    }
    let mut trials = Trials {
        sources,
        findings,
        known: counted(findings.iter()),
        left: MAX_TRIALS,
        relint,
        guilty: Vec::new(),
    };
    trials.try_all(doubtful);
    let guilty = trials.guilty;
    for (at, reason) in guilty {
        let Some(finding) = findings.get_mut(at) else {
            continue;
        };
        if let Some(fix) = finding.fix.take() {
            finding.unfixable = Some(Unfixable {
                applicability: fix.applicability,
                title: fix.title,
                reason,
            });
        }
    }
}

struct Trials<'a, R> {
    sources: &'a Sources,
    findings: &'a [Finding],
    known: BTreeMap<About, usize>,
    left: usize,
    relint: R,
    /// The places of findings whose fix does harm, and why.
    guilty: Vec<(usize, String)>,
}

impl<R: FnMut(&Sources) -> Vec<Finding>> Trials<'_, R> {
    /// Tries fixes, those that overlap one after the other.
    fn try_all(&mut self, mut fixes: Vec<usize>) {
        while !fixes.is_empty() {
            let (together, rest) = self.apart(fixes);
            self.try_together(&together);
            fixes = rest;
        }
    }

    /// As many as do not touch one another, and the others.
    fn apart(&self, fixes: Vec<usize>) -> (Vec<usize>, Vec<usize>) {
        let mut taken: BTreeMap<SourceId, Vec<(u32, u32)>> = BTreeMap::new();
        fixes.into_iter().partition(|at| {
            let edits = self.edits(*at);
            let touches = |edit: &Edit| {
                taken.get(&edit.source).is_some_and(|spans| {
                    let mut spans = spans.iter();
                    spans.any(|(start, end)| *start <= edit.span.end && edit.span.start <= *end)
                })
            };
            if edits.iter().any(touches) {
                return false;
            }
            for edit in edits {
                let spans = taken.entry(edit.source).or_default();
                spans.push((edit.span.start, edit.span.end));
            }
            true
        })
    }

    fn edits(&self, at: usize) -> &[Edit] {
        let fix = self.findings.get(at).and_then(|it| it.fix.as_ref());
        fix.map_or(&[], |fix| &fix.edits)
    }

    fn try_together(&mut self, fixes: &[usize]) {
        let Some(harm) = self.harm(fixes) else {
            return;
        };
        if let [only] = fixes {
            self.guilty.push((*only, harm.reason));
            return;
        }
        if self.left == 0 {
            let untried = fixes.iter().map(|at| (*at, UNTRIED.to_owned()));
            self.guilty.extend(untried);
            return;
        }
        let is_suspect = |at: &usize| {
            let mut edits = self.edits(*at).iter();
            edits.any(|edit| harm.sources.contains(&edit.source))
        };
        let (suspects, others): (Vec<usize>, Vec<usize>) =
            fixes.iter().copied().partition(|at| is_suspect(at));
        if suspects.is_empty() || others.is_empty() {
            let (left, right) = fixes.split_at(fixes.len() / 2);
            self.try_together(left);
            self.try_together(right);
        } else {
            self.try_together(&others);
            self.try_together(&suspects);
        }
    }

    /// What these fixes bring, where they bring anything.
    fn harm(&mut self, fixes: &[usize]) -> Option<Harm> {
        if self.left == 0 {
            return Some(Harm {
                reason: UNTRIED.to_owned(),
                sources: BTreeSet::new(),
            });
        }
        let mut edits: BTreeMap<SourceId, Vec<&Edit>> = BTreeMap::new();
        for at in fixes {
            let fix = self.findings.get(*at).and_then(|it| it.fix.as_ref());
            for edit in fix.iter().flat_map(|fix| &fix.edits) {
                edits.entry(edit.source).or_default().push(edit);
            }
        }
        let mut texts = Texts::new();
        for (source, edits) in edits {
            match changed(self.sources.get(source).text(), edits) {
                Ok(text) => {
                    texts.insert(source, text);
                }
                Err(reason) => {
                    return Some(Harm {
                        reason: reason.to_owned(),
                        sources: BTreeSet::from([source]),
                    });
                }
            }
        }
        self.left -= 1;
        let after = (self.relint)(&self.sources.with_texts(&texts));
        let mut counts = self.known.clone();
        let mut fresh = after
            .iter()
            .filter(|it| it.suppressed.is_none())
            .filter(|it| {
                let left = counts.entry(about(it)).or_default();
                let is_known = *left > 0;
                *left = left.saturating_sub(1);
                !is_known
            });
        let first = fresh.next()?;
        let reason = format!(
            "it would bring a finding ({}): {}",
            first.rule, first.message
        );
        let sources = fresh.chain([first]).map(|it| it.primary.source).collect();
        Some(Harm { reason, sources })
    }
}

/// What fixes bring.
struct Harm {
    reason: String,
    sources: BTreeSet<SourceId>,
}
