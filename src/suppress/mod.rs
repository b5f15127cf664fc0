//! Which findings do not count, and what suppresses nothing.
//!
//! Comments, annotations and the configuration are claims: each names a rule and what it speaks for.
//! A claim that hides nothing although its rule ran is a finding itself, of the rule
//! `unused-suppression`; so is what was meant as a claim and is none.

mod annotations;
mod baseline;
mod comments;
mod directive;
mod excludes;
mod unused;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use crate::finding::{Finding, Outcome, Resource, RuleMeta, SuppressedBy, Suppression};
use crate::inventory::{Inventory, Standing};
use crate::kube::Object;
use crate::settings::Settings;
use crate::source::{Location, Role, SourceId, Sources, Span};
use crate::units::suggest;

pub use baseline::{Baseline, BaselineError, Coverage};

/// What verdicts rest on.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The texts of the run.
    pub sources: &'a Sources,
    /// The objects in them.
    pub inventory: &'a Inventory,
    /// The configuration.
    pub settings: &'a Settings,
    /// Every rule.
    pub rules: &'a [RuleMeta],
    /// The rule that findings of this room belong to.
    pub unused: &'static RuleMeta,
    /// The configuration files, in the order of the settings.
    pub configs: &'a [SourceId],
    /// Whether everything that the configuration speaks of is named.
    pub is_whole: bool,
}

/// A word that findings of one rule do not count.
#[derive(Debug)]
struct Claim {
    by: SuppressedBy,
    /// The rule's id.
    rule: &'static str,
    /// No longer than messages are.
    reason: Option<String>,
    covers: Covers,
    written: Written,
    used: bool,
}

/// What a claim speaks for.
#[derive(Debug)]
enum Covers {
    /// Findings whose place lies in a range.
    Region(Location),
    /// Findings whose place lies in a file.
    File(SourceId),
    /// Findings about an object, or at a place in it.
    Object {
        /// Its outermost node.
        object: Location,
        /// The container that they must be about, and where it stands.
        container: Option<(String, Location)>,
    },
    /// Findings in the files that an entry of the configuration names, by its place there.
    Files((usize, u32)),
}

/// Where something that suppresses is written.
#[derive(Debug)]
struct Written {
    at: Location,
    /// What it is, for messages: `this comment`.
    what: &'static str,
    /// As written, to tell several apart.
    text: String,
    /// The object it is written on.
    resource: Option<Resource>,
    subject: Option<Location>,
}

/// What was meant to suppress something and cannot.
#[derive(Debug)]
struct Misfit {
    written: Written,
    message: String,
}

/// What claims were found.
#[derive(Debug, Default)]
struct Claims {
    claims: Vec<Claim>,
    misfits: Vec<Misfit>,
}

/// The objects by the file that a person finds them in, with their place there.
#[derive(Debug, Default)]
struct Objects<'a> {
    by_source: HashMap<SourceId, Vec<(Span, &'a Object)>>,
}

impl<'a> Objects<'a> {
    fn of(view: &View<'a>) -> Self {
        let mut objects = Self::default();
        for object in view.inventory.all_objects() {
            let place = view.sources.place(object.location(object.node()));
            let of_source = objects.by_source.entry(place.source).or_default();
            of_source.push((place.span, object));
        }
        objects
    }

    fn in_source(&self, source: SourceId) -> &[(Span, &'a Object)] {
        self.by_source.get(&source).map_or(&[], Vec::as_slice)
    }
}

/// Gives each finding that a comment, an annotation or the configuration suppresses its verdict, and
/// adds findings for what suppresses nothing. They are not in order yet and have no identity.
pub fn apply(outcome: &mut Outcome, view: &View<'_>) {
    let mut claims = Claims::default();
    let objects = Objects::of(view);
    for source in view.sources {
        comments::collect(view, &objects, source, &mut claims);
    }
    for object in view.inventory.all_objects() {
        annotations::collect(view, object, &mut claims);
    }
    excludes::collect(view, &mut claims);

    let Claims {
        mut claims,
        misfits,
    } = claims;
    judge(&mut outcome.findings, &mut claims, view);
    judge(&mut outcome.unasked, &mut claims, view);
    let mut unused = unused::findings(view, &objects, &claims, misfits);
    // What hides an unused suppression is used, so those that name this rule come last.
    judge(&mut unused, &mut claims, view);
    unused.extend(unused::of_itself(view, &objects, &claims));
    outcome.findings.append(&mut unused);
}

/// Adds findings for entries of the baseline that match nothing any more, and gives those that it
/// lists their verdict. Every finding must have its identity.
pub fn apply_baseline(
    outcome: &mut Outcome,
    baseline: &Baseline,
    file: SourceId,
    view: &View<'_>,
    covers: &Coverage,
) {
    let stale = baseline.apply(outcome, view, covers);
    let found = stale.map(|entry| unused::stale(view, entry, file));
    let found: Vec<Finding> = found.flatten().collect();
    outcome.findings.extend(found);
}

fn judge(findings: &mut [Finding], claims: &mut [Claim], view: &View<'_>) {
    let mut by_rule: HashMap<&str, Vec<&mut Claim>> = HashMap::new();
    for claim in &mut *claims {
        by_rule.entry(claim.rule).or_default().push(claim);
    }
    let mut known = excludes::Known::new();
    for finding in findings {
        let Some(claims) = by_rule.get_mut(finding.rule) else {
            continue;
        };
        let excluded = excludes::of(finding, view, &mut known);
        for claim in claims {
            if !claim.covers.holds(finding, &excluded) {
                continue;
            }
            claim.used = true;
            if finding.suppressed.is_none() {
                finding.suppressed = Some(Suppression {
                    by: claim.by,
                    reason: claim.reason.clone(),
                });
            }
        }
    }
    share_use(claims, view);
}

/// Several overlays repeat what one file says: it is in use if it is in use in one of them.
fn share_use(claims: &mut [Claim], view: &View<'_>) {
    let key = |claim: &Claim| (claim.rule, view.sources.place(claim.written.at));
    let used: BTreeSet<_> = claims.iter().filter(|it| it.used).map(key).collect();
    for claim in claims {
        claim.used |= used.contains(&key(claim));
    }
}

impl Covers {
    fn holds(&self, finding: &Finding, excluded: &[(usize, u32)]) -> bool {
        let place = finding.primary;
        let lies_in = |range: &Location| {
            range.source == place.source
                && range.span.start <= place.span.start
                && place.span.start < range.span.end.max(range.span.start + 1)
        };
        match self {
            Self::Region(range) => lies_in(range),
            Self::File(source) => *source == place.source,
            Self::Object { object, container } => {
                let about = finding.subject.as_ref() == Some(object) || lies_in(object);
                let resource = finding.resource.as_ref();
                about
                    && container.as_ref().is_none_or(|(name, range)| {
                        let named = resource.and_then(|it| it.container.as_ref());
                        named == Some(name) || lies_in(range)
                    })
            }
            Self::Files(entry) => excluded.contains(entry),
        }
    }
}

impl View<'_> {
    /// The rule with this id.
    fn rule(&self, id: &str) -> Option<&RuleMeta> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Why a word names no rule, and what may be meant.
    fn unknown_rule(&self, name: &str) -> String {
        let is_category = |rule: &RuleMeta| rule.category.as_str() == name;
        if self.rules.iter().any(is_category) {
            return format!("`{name}` is a category, so nothing is ignored: name the rules");
        }
        let meant = suggest(name, self.rules.iter().map(|rule| rule.id));
        let hint = meant.map_or_else(String::new, |it| format!(", did you mean `{it}`?"));
        format!("there is no rule `{name}`, so nothing is ignored{hint}")
    }

    fn is_named(&self, source: SourceId) -> bool {
        self.sources.get(source).role() == Role::Named
    }

    /// Whether a rule runs on an object that is judged.
    fn runs_on(&self, rule: &RuleMeta, object: &Object) -> bool {
        rule.enabled(self.inventory.settings(object)).is_some()
    }

    /// Whether rules are asked about an object, with nothing hidden from them.
    fn is_judged(&self, object: &Object) -> bool {
        self.inventory.standing(object) == Standing::Whole && self.inventory.is_seen_whole(object)
    }
}
