//! Fixes that are tried before they are offered: after them, rules judge what they could not judge so
//! far, and a fix that stands alone brings no finding.

use std::collections::{BTreeMap, BTreeSet};

use super::{Texts, changed};
use crate::finding::{Edit, Finding, Unfixable};
use crate::source::{Role, Source, SourceId, Sources};

/// How many bytes of manifests are judged again for it in a run, beside a quarter of all: what a check
/// reads in about a second.
const MAX_TRIED: usize = 1536 << 10;

/// What is judged again as a whole, in bytes; of more, what stands in the directories that a finding
/// names.
const SMALL: usize = 64 << 10;

/// The largest view that a fix is tried in, in bytes.
const LARGEST_VIEW: usize = 256 << 10;

const CROWDED: &str = "it may bring findings, and too much else is in view to try it";

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

/// Takes the fixes away that change files which nobody named: they were read as context.
fn leave_neighbours(sources: &Sources, findings: &mut [Finding]) {
    for finding in findings {
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
        let mut files = edits.map(|edit| sources.get(edit.source));
        let Some(file) = files.find(|file| file.role() != Role::Named) else {
            continue;
        };
        let reason = format!("it changes {}, which is not named", file.path());
        if let Some(fix) = finding.fix.take() {
            finding.unfixable = Some(Unfixable {
                applicability: fix.applicability,
                title: fix.title,
                reason,
            });
        }
    }
}

/// Takes the fixes away that change files which are not named, and those that have to be tried and bring a finding, and says why there is none. `relint`
/// judges changed sources.
pub fn withhold(
    sources: &Sources,
    findings: &mut [Finding],
    relint: impl FnMut(&Sources) -> Vec<Finding>,
) {
    leave_neighbours(sources, findings);
    let doubtful: Vec<usize> = (0..)
        .zip(findings.iter())
        .filter(|(_, finding)| {
            let fix = finding.fix.as_ref();
            finding.suppressed.is_none() && fix.is_some_and(|fix| fix.reveals)
        })
        .map(|(at, _)| at)
        .collect();
    if doubtful.is_empty() {
        return;
    }
    let mut trials = Trials {
        sources,
        findings,
        view: View::default(),
        known: BTreeMap::new(),
        left: MAX_TRIED + total(sources) / 4,
        relint,
        guilty: Vec::new(),
    };
    let groups = neighbours(sources, findings, doubtful);
    let mut groups: Vec<_> = groups
        .into_iter()
        .map(|(directories, fixes)| (View::of(sources, &directories), fixes))
        .collect();
    // What costs little is tried first.
    groups.sort_by_key(|(view, _)| view.size);
    for (view, fixes) in groups {
        trials.try_in(view, fixes);
    }
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

fn total(sources: &Sources) -> usize {
    sources.iter().map(|it| it.text().len()).sum()
}

/// Fixes by the directories that their findings name; by none where all is small.
fn neighbours(
    sources: &Sources,
    findings: &[Finding],
    fixes: Vec<usize>,
) -> BTreeMap<BTreeSet<String>, Vec<usize>> {
    let is_small = total(sources) <= SMALL;
    let mut groups: BTreeMap<BTreeSet<String>, Vec<usize>> = BTreeMap::new();
    for at in fixes {
        let mut directories = BTreeSet::new();
        if let Some(finding) = findings.get(at).filter(|_| !is_small) {
            let related = finding.related.iter().map(|label| label.location.source);
            let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
            let places = related.chain(edits.map(|edit| edit.source));
            directories = places
                .chain([finding.primary.source])
                .map(|source| directory(sources, source).to_owned())
                .collect();
        }
        groups.entry(directories).or_default().push(at);
    }
    groups
}

/// What is judged for a trial.
#[derive(Default)]
struct View {
    sources: Sources,
    /// What its sources are in the run.
    ids: Vec<SourceId>,
    /// In bytes.
    size: usize,
}

impl View {
    /// What stands in these directories; all where there are none.
    fn of(sources: &Sources, directories: &BTreeSet<String>) -> Self {
        let is_all = directories.is_empty();
        let (sources, ids) =
            sources.only(|source| is_all || directories.contains(directory(sources, source.id())));
        let size = total(&sources);
        Self { sources, ids, size }
    }

    /// What a source of the run is here.
    fn id(&self, source: SourceId) -> Option<SourceId> {
        let at = self.ids.binary_search(&source).ok()?;
        self.sources.iter().nth(at).map(Source::id)
    }

    /// What one of its sources is in the run.
    fn outer(&self, source: SourceId) -> Option<SourceId> {
        let at = self.sources.iter().position(|it| it.id() == source)?;
        self.ids.get(at).copied()
    }
}

fn directory(sources: &Sources, source: SourceId) -> &str {
    let path = sources.get(source).root_path();
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

struct Trials<'a, R> {
    sources: &'a Sources,
    findings: &'a [Finding],
    view: View,
    /// What is found in the view as it is.
    known: BTreeMap<About, usize>,
    /// How many bytes may still be judged.
    left: usize,
    relint: R,
    /// The places of findings whose fix does harm, and why.
    guilty: Vec<(usize, String)>,
}

impl<R: FnMut(&Sources) -> Vec<Finding>> Trials<'_, R> {
    /// Tries fixes with this in view.
    fn try_in(&mut self, view: View, fixes: Vec<usize>) {
        if view.size > LARGEST_VIEW {
            let crowded = fixes.into_iter().map(|at| (at, CROWDED.to_owned()));
            self.guilty.extend(crowded);
            return;
        }
        self.view = view;
        self.known = if self.spend() {
            counted(&(self.relint)(&self.view.sources))
        } else {
            BTreeMap::new()
        };
        self.try_all(fixes);
    }

    /// Whether what is in view may be judged once more.
    fn spend(&mut self) -> bool {
        // What is small has its price, too.
        let price = self.view.size.max(MAX_TRIED / 256);
        let left = self.left.checked_sub(price);
        self.left = left.unwrap_or(0);
        left.is_some()
    }

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
        let mut taken: BTreeMap<SourceId, BTreeMap<u32, u32>> = BTreeMap::new();
        fixes.into_iter().partition(|at| {
            let edits = self.edits(*at);
            let touches = |edit: &Edit| {
                // They are apart, so the last to start before it also ends last.
                let before = taken
                    .get(&edit.source)
                    .and_then(|spans| spans.range(..=edit.span.end).next_back());
                before.is_some_and(|(_, end)| edit.span.start <= *end)
            };
            if edits.iter().any(touches) {
                return false;
            }
            for edit in edits {
                let spans = taken.entry(edit.source).or_default();
                let end = spans.entry(edit.span.start).or_default();
                *end = edit.span.end.max(*end);
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
        let by_file = self.by_harmed_file(fixes, &harm);
        // The only one in a file in which a finding is new.
        let blamed: BTreeMap<usize, &str> = by_file
            .iter()
            .filter_map(|(source, fixes)| match fixes.as_slice() {
                [only] => Some((*only, harm.reason_in(*source))),
                _ => None,
            })
            .collect();
        if blamed.is_empty() {
            let (left, right) = halves(fixes, &by_file);
            self.try_together(&left);
            self.try_together(&right);
            return;
        }
        let is_left = |at: &usize| !blamed.contains_key(at);
        let rest: Vec<usize> = fixes.iter().copied().filter(is_left).collect();
        let blamed = blamed.iter().map(|(at, why)| (*at, (*why).to_owned()));
        self.guilty.extend(blamed);
        if !rest.is_empty() {
            self.try_together(&rest);
        }
    }

    /// The fixes in each file in which harm shows.
    fn by_harmed_file(&self, fixes: &[usize], harm: &Harm) -> BTreeMap<SourceId, Vec<usize>> {
        let mut by_file: BTreeMap<SourceId, Vec<usize>> = BTreeMap::new();
        for at in fixes {
            let sources: BTreeSet<SourceId> = self.edits(*at).iter().map(|it| it.source).collect();
            for source in sources.intersection(&harm.sources) {
                by_file.entry(*source).or_default().push(*at);
            }
        }
        by_file
    }

    /// What these fixes bring, where they bring anything.
    fn harm(&mut self, fixes: &[usize]) -> Option<Harm> {
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
                Ok(text) => texts.extend(self.view.id(source).map(|id| (id, text))),
                Err(reason) => {
                    return Some(Harm {
                        reason: reason.to_owned(),
                        sources: BTreeSet::from([source]),
                        reasons: BTreeMap::new(),
                    });
                }
            }
        }
        if !self.spend() {
            return Some(Harm {
                reason: UNTRIED.to_owned(),
                sources: BTreeSet::new(),
                reasons: BTreeMap::new(),
            });
        }
        let after = (self.relint)(&self.view.sources.with_texts(&texts));
        let mut counts = self.known.clone();
        let fresh = after
            .iter()
            .filter(|it| it.suppressed.is_none())
            .filter(|it| {
                let left = counts.entry(about(it)).or_default();
                let is_known = *left > 0;
                *left = left.saturating_sub(1);
                !is_known
            });
        let mut reasons = BTreeMap::new();
        let mut first = None;
        for finding in fresh {
            let reason = format!(
                "it would bring a finding ({}): {}",
                finding.rule, finding.message
            );
            first.get_or_insert_with(|| reason.clone());
            if let Some(source) = self.view.outer(finding.primary.source) {
                reasons.entry(source).or_insert(reason);
            }
        }
        Some(Harm {
            reason: first?,
            sources: reasons.keys().copied().collect(),
            reasons,
        })
    }
}

/// Two parts to try by themselves: halves of what each of these files gets, since files seldom harm one
/// another, else halves of all.
fn halves(fixes: &[usize], by_file: &BTreeMap<SourceId, Vec<usize>>) -> (Vec<usize>, Vec<usize>) {
    let first = |fixes: &Vec<usize>| fixes.len().div_ceil(2);
    let early: BTreeSet<usize> = by_file
        .values()
        .flat_map(|fixes| fixes.iter().copied().take(first(fixes)))
        .collect();
    let late: BTreeSet<usize> = by_file
        .values()
        .flat_map(|fixes| fixes.iter().copied().skip(first(fixes)))
        .filter(|at| !early.contains(at))
        .collect();
    if late.is_empty() {
        let (left, right) = fixes.split_at(fixes.len() / 2);
        return (left.to_vec(), right.to_vec());
    }
    fixes.iter().copied().partition(|at| !late.contains(at))
}

/// What fixes bring.
struct Harm {
    reason: String,
    /// Where it shows.
    sources: BTreeSet<SourceId>,
    reasons: BTreeMap<SourceId, String>,
}

impl Harm {
    fn reason_in(&self, source: SourceId) -> &str {
        self.reasons.get(&source).unwrap_or(&self.reason)
    }
}
