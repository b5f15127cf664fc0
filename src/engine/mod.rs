//! Runs the rules over an inventory and puts what they say in order.

mod copies;
mod provenance;
mod refused;
#[cfg(test)]
mod tests;
mod trace;
mod values;

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::prelude::*;

use crate::finding::{Category, Enabled, Finding, Fingerprint, LISTED, Outcome, Severity, Summary};
use crate::inventory::Inventory;
use crate::rules::{self, Context, Findings, Rule};
use crate::settings::{ObjectSettings, Settings};
use crate::source::{Location, Origin, Role, SourceId, Sources};

pub use copies::merge_copies;
pub use refused::defer;
pub use trace::merge_variants;

/// Judges everything in view and keeps what concerns a named source.
pub fn run(sources: &Sources, inventory: &Inventory, settings: &Settings) -> Outcome {
    run_rules(rules::all(), sources, inventory, settings)
}

/// Every error in view that concerns a named source, whatever rules and severities were asked for.
pub fn errors(sources: &Sources, inventory: &Inventory) -> Vec<Finding> {
    let panel = Panel {
        rules: rules::all(),
        is_asked_all: true,
        is_about_schema: false,
    };
    let mut errors = judge_all(panel, sources, inventory, &Settings::default()).findings;
    errors.retain(|finding| finding.severity == Severity::Error);
    trace::to_files(&mut errors, sources);
    finish(&mut errors, sources);
    errors
}

/// As [`run`], by these rules.
pub fn run_rules(
    rules: &[&'static dyn Rule],
    sources: &Sources,
    inventory: &Inventory,
    settings: &Settings,
) -> Outcome {
    let panel = Panel {
        rules,
        is_asked_all: false,
        is_about_schema: false,
    };
    let mut outcome = judge_all(panel, sources, inventory, settings);
    trace::to_files(&mut outcome.findings, sources);
    trace::to_files(&mut outcome.unasked, sources);
    provenance::withhold(&mut outcome.findings, inventory);
    (outcome.checked, outcome.summary) = view(sources, inventory);
    if !settings.overrides.is_empty() {
        let mut known = HashMap::new();
        let findings = &mut outcome.findings;
        findings
            .retain_mut(|finding| is_wanted_there(rules, finding, sources, settings, &mut known));
    }
    finish(&mut outcome.findings, sources);
    outcome
}

/// The rules that are asked.
#[derive(Clone, Copy)]
struct Panel<'a> {
    rules: &'a [&'static dyn Rule],
    /// Every rule for what it says by default, whatever the settings ask for.
    is_asked_all: bool,
    /// Only the rules about what the API server takes.
    is_about_schema: bool,
}

impl Panel<'_> {
    /// The rules that are asked about an object: how a cluster runs what it has given is not for a file
    /// to say.
    fn of(self, is_dump: bool) -> Self {
        Self {
            is_about_schema: is_dump,
            ..self
        }
    }

    /// The rules that run under these settings, and how.
    fn asked(self, settings: &ObjectSettings) -> Vec<Asked> {
        let asked = self.rules.iter().filter_map(|rule| {
            let enabled = self.enabled(*rule, settings)?;
            Some((*rule, enabled))
        });
        asked.collect()
    }

    fn enabled(self, rule: &dyn Rule, settings: &ObjectSettings) -> Option<Enabled> {
        if self.is_about_schema && rule.meta().category != Category::Schema {
            return None;
        }
        if !self.is_asked_all {
            return rule.meta().enabled(settings);
        }
        (!rule.meta().pedantic).then_some(Enabled {
            severity: None,
            pedantic: false,
        })
    }
}

/// A rule that runs, and how.
type Asked = (&'static dyn Rule, Enabled);

/// What the rules say of everything in view, in no order.
fn judge_all(
    panel: Panel<'_>,
    sources: &Sources,
    inventory: &Inventory,
    settings: &Settings,
) -> Outcome {
    let objects: Vec<_> = inventory.objects().collect();
    let texts = Texts {
        panel,
        sources,
        inventory,
        settings,
    };
    // Most objects have the settings of all, and there are many rules.
    let common = [false, true].map(|is_dump| panel.of(is_dump).asked(&settings.common));
    let mut collected = Collected::default();
    // Part by part: what no report lists is given up before more of it comes.
    for part in objects.chunks(PART) {
        let judged = part.par_iter().map(|object| {
            let cx = Context {
                inventory,
                settings: inventory.settings(object),
            };
            let path = sources.get(object.source()).path();
            let subject = || format!("{} {} in {path}", object.kind(), object.name());
            let workload = inventory.workload(object);
            let is_dump = inventory.is_dump(object);
            let [of_files, of_dumps] = &common;
            let own;
            let asked = if !inventory.has_common_settings(object) {
                own = panel.of(is_dump).asked(cx.settings);
                &own
            } else if is_dump {
                of_dumps
            } else {
                of_files
            };
            judge(asked, subject, |rule, out| {
                rule.check_object(&cx, object, out);
                if let Some(workload) = workload {
                    rule.check_workload(&cx, workload, out);
                }
            })
        });
        collected.take(judged.collect());
    }
    collected.take(texts.judged().collect());
    collected.outcome
}

/// What the rules are asked about that is no object.
struct Texts<'a> {
    panel: Panel<'a>,
    sources: &'a Sources,
    inventory: &'a Inventory,
    settings: &'a Settings,
}

impl<'a> Texts<'a> {
    fn judged(&'a self) -> impl ParallelIterator<Item = Judged> + use<'a> {
        let of_documents = self.inventory.broken().par_iter().map(|document| {
            self.judge(document.source, &|rule, cx, out| {
                rule.check_broken(cx, document, out);
            })
        });
        let of_dropped = self.inventory.dropped().par_iter().map(|text| {
            self.judge(text.source, &|rule, cx, out| {
                rule.check_dropped(cx, *text, out);
            })
        });
        let of_failures = self.sources.failures().par_iter().map(|failure| {
            self.judge(failure.location.source, &|rule, cx, out| {
                rule.check_render_failure(cx, failure, out);
            })
        });
        of_documents.chain(of_dropped).chain(of_failures)
    }

    fn judge(
        &self,
        source: SourceId,
        ask: &dyn Fn(&dyn Rule, &Context<'_>, &mut Findings),
    ) -> Judged {
        let path = self.sources.get(source).path();
        let settings = &self.settings.of(path, None);
        let cx = Context {
            inventory: self.inventory,
            settings,
        };
        let subject = || path.to_owned();
        judge(&self.panel.asked(settings), subject, |rule, out| {
            ask(rule, &cx, out);
        })
    }
}

/// How many objects are judged before what is found is looked through.
const PART: usize = 4_096;

/// What the rules say, as it comes.
#[derive(Default)]
struct Collected {
    outcome: Outcome,
    /// How many findings there are of a rule in a file.
    counts: HashMap<(&'static str, SourceId), usize>,
}

impl Collected {
    fn take(&mut self, judged: Vec<Judged>) {
        for mut part in judged {
            for finding in &mut part.findings {
                let key = (finding.rule, finding.primary.source);
                let count = self.counts.entry(key).or_default();
                *count += 1;
                if *count > LISTED {
                    finding.trim();
                }
            }
            self.outcome.findings.extend(part.findings);
            // No report lists them.
            part.unasked.iter_mut().for_each(Finding::trim);
            self.outcome.unasked.extend(part.unasked);
            self.outcome.internal_errors.extend(part.internal_errors);
        }
    }
}

/// Orders findings, gives each its identity and keeps what concerns a named source.
pub fn finish(findings: &mut Vec<Finding>, sources: &Sources) {
    sort(findings, sources);
    // Before any is dropped: a finding must have one identity whatever paths are named.
    identify(findings, sources);
    findings.retain(|finding| concerns_named(finding, sources));
}

/// A rule, and of what it speaks: in which file, and the kind and name of the object.
type Subject = (&'static str, SourceId, Option<(String, String)>);

/// A rule is asked about one object and may speak of another, with other settings: those have a say,
/// too.
fn is_wanted_there(
    rules: &[&'static dyn Rule],
    finding: &mut Finding,
    sources: &Sources,
    settings: &Settings,
    known: &mut HashMap<Subject, Option<Enabled>>,
) -> bool {
    let subject = finding.resource.as_ref();
    let subject = subject.map(|it| (it.kind.clone(), it.name.clone()));
    let source = finding.primary.source;
    let enabled = known
        .entry((finding.rule, source, subject))
        .or_insert_with_key(|(id, _, subject)| {
            let subject = subject.as_ref();
            let subject = subject.map(|(kind, name)| (kind.as_str(), name.as_str()));
            let rule = rules.iter().find(|rule| rule.meta().id == *id)?;
            let path = sources.get(source).path();
            rule.meta().enabled(&settings.of(path, subject))
        });
    if let Some(severity) = enabled.and_then(|it| it.severity) {
        finding.severity = severity;
    }
    enabled.is_some()
}

/// What the rules say of one subject.
#[derive(Default)]
struct Judged {
    findings: Vec<Finding>,
    unasked: Vec<Finding>,
    internal_errors: Vec<String>,
}

/// Asks every rule about one subject. A rule that panics loses its say on this subject only.
fn judge(
    asked: &[Asked],
    subject: impl Fn() -> String,
    ask: impl Fn(&dyn Rule, &mut Findings),
) -> Judged {
    let mut judged = Judged::default();
    for (rule, enabled) in asked {
        let answer = catch_unwind(AssertUnwindSafe(|| {
            let mut out = Findings::new(rule.meta(), enabled.pedantic);
            ask(*rule, &mut out);
            out.into_parts()
        }));
        match answer {
            Ok((mut findings, unasked)) => {
                for finding in &mut findings {
                    finding.severity = enabled.severity.unwrap_or(finding.severity);
                }
                judged.findings.append(&mut findings);
                judged.unasked.extend(unasked);
            }
            Err(panic) => judged.internal_errors.push(format!(
                "rule {} failed on {}, which it says nothing about: {}; this is a bug of lameduck {}, \
                 please report it with the manifest: {}/issues",
                rule.meta().id,
                subject(),
                panic_text(&*panic),
                env!("CARGO_PKG_VERSION"),
                env!("CARGO_PKG_REPOSITORY")
            )),
        }
    }
    judged
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// Whether the finding, or something that explains it, lies in a path that was named, or it was found
/// in what is rendered from such a path.
fn concerns_named(finding: &Finding, sources: &Sources) -> bool {
    let named = |location: Location| sources.get(location.source).role() == Role::Named;
    let rendered = finding
        .subject
        .and_then(|it| sources.get(it.source).origin());
    named(finding.primary)
        || finding.related.iter().any(|label| named(label.location))
        || rendered.is_some_and(Origin::is_named)
}

fn sort(findings: &mut [Finding], sources: &Sources) {
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| {
            let source = sources.get(finding.primary.source);
            (
                finding.primary.span.start,
                finding.rule,
                finding.primary.span.end,
                source.id(),
            )
        };
        let path = |finding: &Finding| sources.get(finding.primary.source).path();
        path(one)
            .cmp(path(other))
            .then_with(|| key(one).cmp(&key(other)))
            .then_with(|| one.message.cmp(&other.message))
    });
}

/// Gives every finding its identity; findings that would share one are told apart by their order.
fn identify(findings: &mut [Finding], sources: &Sources) {
    let mut seen: HashMap<(SourceId, Fingerprint), u32> = HashMap::new();
    for finding in findings {
        let source = finding.primary.source;
        let (resource, cause) = trace::as_written(finding, sources);
        let parts = |nth: &str| {
            Fingerprint::of([
                finding.rule,
                sources.get(source).root_path(),
                &resource.kind,
                resource.namespace.as_deref().unwrap_or_default(),
                &resource.name,
                resource.container.as_deref().unwrap_or_default(),
                &cause,
                nth,
            ])
        };
        let first = parts("");
        let count = seen.entry((source, first)).or_default();
        finding.fingerprint = match *count {
            0 => first,
            nth => parts(&nth.to_string()),
        };
        *count += 1;
    }
}

/// The named files that hold a manifest, and the counts of what they hold.
fn view(sources: &Sources, inventory: &Inventory) -> (Vec<SourceId>, Summary) {
    let named = |location: &Location| sources.get(location.source).role() == Role::Named;
    // What several overlays make of one object is one object.
    let places = |of: &mut dyn Iterator<Item = Location>| -> BTreeSet<Location> {
        of.map(|location| sources.place(location))
            .filter(named)
            .collect()
    };
    let objects = places(&mut inventory.places());
    let broken = inventory.broken().iter().map(|document| Location {
        source: document.source,
        span: document.span,
    });
    let files: BTreeSet<SourceId> = objects
        .iter()
        .copied()
        .chain(broken.filter(named))
        .map(|location| location.source)
        .collect();
    let mut workloads = inventory
        .workloads()
        .map(|workload| workload.object().location(workload.object().node()));
    let summary = Summary {
        files: files.len(),
        objects: objects.len(),
        workloads: places(&mut workloads).len(),
    };
    (files.into_iter().collect(), summary)
}
