//! The production-readiness checklist of each workload: what rules found, what else is in view, and
//! what people attest.
//!
//! A rule's silence alone passes nothing: where it says nothing for want of knowledge, a person has
//! to.

mod attestation;
mod evidence;
mod items;
mod kubernetes;
mod mesh;
mod related;

use jiff::civil::Date;

pub use attestation::{PREFIX, Problem, date};
pub use items::ITEMS;

use attestation::{Attested, attestations};
use evidence::Witnesses;
use mesh::Routes;
use related::Related;

use crate::clocks::Clocks;
use crate::finding::{
    Because, Checklist, ChecklistItem, ChecklistRow, Finding, ItemState, Resource, RuleMeta,
};
use crate::inventory::Inventory;
use crate::kube::{Object, Workload, WorkloadKind};
use crate::source::{Role, Sources};
use crate::yaml::Node;

/// What checklists are made of.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The objects of the run.
    pub inventory: &'a Inventory,
    /// Their texts.
    pub sources: &'a Sources,
    /// What the rules found, suppressed findings among it.
    pub findings: &'a [Finding],
    /// All rules.
    pub rules: &'a [RuleMeta],
    /// The day on which attestations have to hold.
    pub today: Date,
}

/// What the manifests alone say of an item.
enum Basis {
    /// It holds where no rule speaks against it; what is seen of it.
    Seen(Vec<Because>),
    /// A person has to say; what is asked of them, and what they may want to know.
    Person(String, Vec<Because>),
    /// A person has to say; what is asked of them, and what in view speaks for it.
    Evidence(String, Vec<Because>),
    /// It says nothing about this workload, and why.
    NotApplicable(String),
}

impl Basis {
    fn person(text: impl Into<String>) -> Self {
        Self::Person(text.into(), Vec::new())
    }

    /// With what in view speaks for it, where a person has to say.
    fn with_evidence(self, places: Vec<Because>) -> Self {
        match self {
            Self::Person(text, more) if !places.is_empty() => {
                Self::Evidence(text, places.into_iter().chain(more).collect())
            }
            other => other,
        }
    }

    fn none(text: impl Into<String>) -> Self {
        Self::NotApplicable(text.into())
    }

    /// Seen at these places; a person has to say where there is none.
    fn seen(places: Vec<Because>, unseen: &str) -> Self {
        if places.is_empty() {
            Self::person(unseen)
        } else {
            Self::Seen(places)
        }
    }
}

/// The checklists of the workloads of the named sources, by path and place, and the annotations that
/// attest nothing.
pub fn checklists(request: Request<'_>) -> (Vec<Checklist>, Vec<Problem>) {
    let Request {
        inventory, sources, ..
    } = request;
    let related = Related::of(request);
    let routes = Routes::of(inventory);
    let witnesses = Witnesses::of(inventory);
    let mut workloads: Vec<Workload<'_>> = inventory
        .workloads()
        .filter(|workload| sources.get(workload.object().source()).role() == Role::Named)
        .filter(|workload| !inventory.is_dump(workload.object()))
        .collect();
    workloads.sort_by_key(|workload| {
        let object = workload.object();
        let at = object.node().span().start;
        (sources.get(object.source()).path(), at)
    });
    let mut problems = Vec::new();
    let checklists = workloads
        .into_iter()
        .map(|workload| {
            let object = workload.object();
            let attested = attestations(workload, &mut problems);
            let findings = related.findings(inventory, &routes, workload);
            Checklist {
                resource: Resource::new(
                    object.api_version(),
                    object.kind(),
                    object.namespace(),
                    object.name(),
                ),
                location: object.location(object.name_node()),
                rows: ITEMS
                    .iter()
                    .map(|item| {
                        let word = attested.iter().find(|it| it.item == item.id);
                        let tied = tied(request.rules, item);
                        let findings = findings
                            .iter()
                            .copied()
                            .filter(|finding| tied.iter().any(|rule| rule.id == finding.rule));
                        let view = View {
                            request,
                            routes: &routes,
                            witnesses: &witnesses,
                            workload,
                        };
                        row(view, item, word, findings.collect())
                    })
                    .collect(),
            }
        })
        .collect();
    (checklists, problems)
}

/// How many findings a row of a checklist tells.
const MOST_REASONS: usize = 20;

fn tied<'a>(rules: &'a [RuleMeta], item: &ChecklistItem) -> Vec<&'a RuleMeta> {
    let rules = rules.iter();
    rules
        .filter(|rule| rule.checklist.contains(&item.id))
        .collect()
}

/// What rows are made of.
#[derive(Clone, Copy)]
struct View<'a> {
    request: Request<'a>,
    routes: &'a Routes<'a>,
    witnesses: &'a Witnesses<'a>,
    workload: Workload<'a>,
}

fn row(
    view: View<'_>,
    item: &ChecklistItem,
    attested: Option<&Attested>,
    findings: Vec<&Finding>,
) -> ChecklistRow {
    let (suppressed, open): (Vec<&Finding>, Vec<&Finding>) = findings
        .into_iter()
        .partition(|finding| finding.suppressed.is_some());
    let row = |state, because| ChecklistRow {
        item: *item,
        state,
        because,
    };
    if !open.is_empty() {
        return row(
            ItemState::Failed,
            few(open.into_iter().map(failure).collect()),
        );
    }
    if let Some(attested) = attested
        && let Ok(word) = &attested.word
    {
        let (state, text) = if word.is_expired(view.request.today) {
            (
                ItemState::Failed,
                format!("the attestation has expired: {word}"),
            )
        } else {
            (ItemState::Passed, format!("attested by {word}"))
        };
        return row(state, vec![because(text, Some(attested.location))]);
    }
    if !suppressed.is_empty() {
        let reasons = suppressed.into_iter().map(suppression).collect();
        return row(ItemState::NotApplicable, few(reasons));
    }
    match basis(view, item) {
        Basis::NotApplicable(why) => row(ItemState::NotApplicable, vec![because(why, None)]),
        Basis::Seen(places) => row(ItemState::Passed, places),
        Basis::Person(what, more) => {
            let unreadable = attested
                .map(|attested| because("its attestation cannot be read", Some(attested.location)));
            let reasons = unreadable.into_iter().chain([because(what, None)]);
            row(ItemState::NeedsPerson, reasons.chain(more).collect())
        }
        Basis::Evidence(what, places) => {
            let mut reasons = few(places);
            reasons.push(because(format!("to be attested: {what}"), None));
            row(ItemState::Evidence, reasons)
        }
    }
}

/// Reasons that nobody reads to the end: thousands of budgets may speak against each of thousands of
/// workloads.
fn few(mut reasons: Vec<Because>) -> Vec<Because> {
    let more = reasons.len().saturating_sub(MOST_REASONS);
    if more > 0 {
        reasons.truncate(MOST_REASONS);
        reasons.push(because(format!("and {more} more findings"), None));
    }
    reasons
}

fn failure(finding: &Finding) -> Because {
    Because {
        text: finding.message.clone(),
        rule: Some(finding.rule),
        location: Some(finding.primary),
    }
}

fn suppression(finding: &Finding) -> Because {
    let by = finding.suppressed.as_ref();
    let reason = by.and_then(|it| it.reason.as_deref());
    let by = by.map_or("", |it| it.by.as_str());
    Because {
        text: match reason {
            Some(reason) => format!("suppressed by {by}: {reason}"),
            None => format!("suppressed by {by}"),
        },
        rule: Some(finding.rule),
        location: Some(finding.primary),
    }
}

fn because(text: impl Into<String>, location: Option<crate::source::Location>) -> Because {
    Because {
        text: text.into(),
        rule: None,
        location,
    }
}

fn because_at(text: impl Into<String>, object: &Object, node: Node<'_>) -> Because {
    because(text, Some(object.location(node)))
}

/// What holds of an item where no rule speaks against it.
fn basis(view: View<'_>, item: &ChecklistItem) -> Basis {
    let View {
        request,
        routes,
        workload,
        ..
    } = view;
    let clocks = Clocks::of(request.inventory, workload);
    let runs_out = !workload.is_long_running();
    let found = match item.id {
        // Whatever ends by itself may have to do it again.
        "idempotency" => Basis::person("that doing an operation twice does no harm"),
        "reconciliation" => Basis::person("that what is and what should be are compared"),
        "checkpoint-and-resume" => Basis::person("that long work survives a restart"),
        "structured-logs" => Basis::person("that logs are structured and carry correlation ids"),
        "lifecycle-metrics" => Basis::person("that starts, stops and drains are measured"),
        "requests-and-limits" => kubernetes::resources(clocks, workload),
        "sidecar-lifecycle" => mesh::sidecar(clocks, workload),
        "tracing" => mesh::tracing(clocks, workload),
        "mtls" => mesh::mtls(clocks, workload),
        _ if runs_out => Basis::none("runs to completion"),
        "readiness-checks-dependencies" => when_serving(
            clocks,
            workload,
            "that readiness fails while a dependency is missing",
        ),
        "graceful-shutdown" => {
            Basis::person("that SIGTERM makes it finish what it has and take nothing new")
        }
        "dependency-circuit-breakers" => {
            Basis::person("that calls to failing dependencies are cut short")
        }
        "separate-endpoints" => kubernetes::endpoints(workload),
        "startup-probe" => kubernetes::startup_probe(workload),
        "distinct-probes" => kubernetes::probes(clocks, workload),
        "grace-period-calculated" => kubernetes::grace_period(clocks, workload),
        "prestop-hook" => kubernetes::prestop(clocks, workload),
        "pod-disruption-budget" => kubernetes::budget(clocks, workload),
        "anti-affinity-or-spread" => kubernetes::spread(clocks, workload),
        "retry-policy" => mesh::retries(clocks, routes, workload),
        "circuit-breaker" => mesh::circuit_breaker(clocks, workload),
        "rto-rpo-metrics" => kubernetes::recovery(clocks, workload),
        "reconciliation-exercised" => Basis::person("that reconciliation was run on purpose"),
        "chaos-tests" => Basis::person("that failures are injected on purpose"),
        "synthetic-monitoring" => Basis::person("that someone plays the user all the time"),
        _ => Basis::person("that a restore from backup was tried"),
    };
    let parked = clocks.inventory.replicas(workload).is_parked();
    let found = found.with_evidence(view.witnesses.of_item(clocks, workload, item.id));
    match found {
        Basis::Seen(_) if parked => Basis::none("parked at 0 replicas"),
        Basis::Seen(places) => match silent(request, workload, item) {
            Some(rule) => Basis::person(format!("{rule} does not run, by the configuration")),
            None => Basis::Seen(places),
        },
        found => found,
    }
}

/// A rule of the item that did not run.
fn silent(
    request: Request<'_>,
    workload: Workload<'_>,
    item: &ChecklistItem,
) -> Option<&'static str> {
    let settings = request.inventory.settings(workload.object());
    let mut tied = tied(request.rules, item).into_iter();
    tied.find(|rule| rule.enabled(settings).is_none())
        .map(|rule| rule.id)
}

fn when_serving(clocks: Clocks<'_>, workload: Workload<'_>, what: &str) -> Basis {
    if clocks.inventory.serving(workload).is_serving() {
        Basis::person(what)
    } else {
        Basis::none("takes no requests")
    }
}

/// Whether Knative decides what the pod's spec would say.
fn is_knative(workload: Workload<'_>) -> bool {
    workload.kind() == WorkloadKind::KnativeService
}
