//! Runs the rules over an inventory and puts what they say in order.

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::prelude::*;

use crate::finding::{Finding, Fingerprint, Outcome, RuleMeta, Severity, Summary};
use crate::inventory::Inventory;
use crate::rules::{self, Context, Findings, Rule};
use crate::settings::{Level, Settings};
use crate::source::{Location, Role, SourceId, Sources};

/// Judges everything in view and keeps what concerns a named source.
pub fn run(sources: &Sources, inventory: &Inventory, settings: &Settings) -> Outcome {
    run_rules(rules::all(), sources, inventory, settings)
}

fn run_rules(
    rules: &[&'static dyn Rule],
    sources: &Sources,
    inventory: &Inventory,
    settings: &Settings,
) -> Outcome {
    let cx = Context {
        inventory,
        settings,
    };
    let enabled: Vec<Enabled> = rules
        .iter()
        .filter_map(|rule| Enabled::of(*rule, settings))
        .collect();
    let objects: Vec<_> = inventory.objects().collect();
    let of_objects = objects.par_iter().map(|object| {
        let subject = || format!("{} {}", object.kind(), object.name());
        judge(&enabled, subject, |rule, out| {
            rule.check_object(&cx, object, out);
            if let Some(workload) = inventory.workload(object) {
                rule.check_workload(&cx, workload, out);
            }
        })
    });
    let of_documents = inventory.broken().par_iter().map(|document| {
        let subject = || sources.get(document.source).path().to_owned();
        judge(&enabled, subject, |rule, out| {
            rule.check_broken(&cx, document, out);
        })
    });
    let of_dropped = inventory.dropped().par_iter().map(|text| {
        let subject = || sources.get(text.source).path().to_owned();
        judge(&enabled, subject, |rule, out| {
            rule.check_dropped(&cx, *text, out);
        })
    });
    let judged: Vec<Judged> = of_objects.chain(of_documents).chain(of_dropped).collect();

    let mut outcome = Outcome {
        summary: summary(sources, inventory),
        ..Outcome::default()
    };
    for part in judged {
        outcome.findings.extend(part.findings);
        outcome.internal_errors.extend(part.internal_errors);
    }
    outcome
        .findings
        .retain(|finding| concerns_named(finding, sources));
    sort(&mut outcome.findings, sources);
    identify(&mut outcome.findings, sources);
    outcome
}

/// A rule that runs, and what the settings make of its findings.
struct Enabled {
    rule: &'static dyn Rule,
    severity: Option<Severity>,
    pedantic: bool,
}

impl Enabled {
    fn of(rule: &'static dyn Rule, settings: &Settings) -> Option<Self> {
        let meta = rule.meta();
        let named = settings.select.contains(meta.id);
        let level = settings.rules.get(meta.id).and_then(|rule| rule.level);
        let selected =
            settings.select.is_empty() || named || settings.select.contains(meta.category.as_str());
        let ignored =
            settings.ignore.contains(meta.id) || settings.ignore.contains(meta.category.as_str());
        let pedantic = settings.pedantic || named || level.is_some_and(|level| level != Level::Off);
        if !selected || ignored && !named || level == Some(Level::Off) || meta.pedantic && !pedantic
        {
            return None;
        }
        Some(Self {
            rule,
            severity: level.and_then(severity_of),
            pedantic,
        })
    }

    fn meta(&self) -> &'static RuleMeta {
        self.rule.meta()
    }
}

fn severity_of(level: Level) -> Option<Severity> {
    match level {
        Level::Off => None,
        Level::Note => Some(Severity::Note),
        Level::Warning => Some(Severity::Warning),
        Level::Error => Some(Severity::Error),
    }
}

/// What the rules say of one subject.
#[derive(Default)]
struct Judged {
    findings: Vec<Finding>,
    internal_errors: Vec<String>,
}

/// Asks every rule about one subject. A rule that panics loses its say on this subject only.
fn judge(
    enabled: &[Enabled],
    subject: impl Fn() -> String,
    ask: impl Fn(&dyn Rule, &mut Findings),
) -> Judged {
    let mut judged = Judged::default();
    for enabled in enabled {
        let answer = catch_unwind(AssertUnwindSafe(|| {
            let mut out = Findings::new(enabled.meta(), enabled.pedantic);
            ask(enabled.rule, &mut out);
            out.into_vec()
        }));
        match answer {
            Ok(mut findings) => {
                if let Some(severity) = enabled.severity {
                    for finding in &mut findings {
                        finding.severity = severity;
                    }
                }
                judged.findings.append(&mut findings);
            }
            Err(panic) => judged.internal_errors.push(format!(
                "rule {} failed on {}: {}",
                enabled.meta().id,
                subject(),
                panic_text(&*panic)
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

/// Whether the finding, or something that explains it, lies in a path that was named.
fn concerns_named(finding: &Finding, sources: &Sources) -> bool {
    let named = |location: Location| sources.get(location.source).role() == Role::Named;
    named(finding.primary) || finding.related.iter().any(|label| named(label.location))
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
        let resource = finding.resource.clone().unwrap_or_default();
        let parts = |nth: &str| {
            Fingerprint::of([
                finding.rule,
                sources.get(source).root_path(),
                &resource.kind,
                resource.namespace.as_deref().unwrap_or_default(),
                &resource.name,
                resource.container.as_deref().unwrap_or_default(),
                &finding.cause,
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

fn summary(sources: &Sources, inventory: &Inventory) -> Summary {
    let named = |source: &SourceId| sources.get(*source).role() == Role::Named;
    let of_objects: Vec<SourceId> = inventory.files().filter(named).collect();
    let broken = inventory.broken().iter().map(|document| document.source);
    let files: BTreeSet<SourceId> = of_objects
        .iter()
        .copied()
        .chain(broken.filter(named))
        .collect();
    let workloads = inventory
        .workloads()
        .map(|workload| workload.object().source());
    Summary {
        files: files.len(),
        objects: of_objects.len(),
        workloads: workloads.filter(named).count(),
    }
}
