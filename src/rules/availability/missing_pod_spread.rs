//! `missing-pod-spread`

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::apart::{anti_affinity_terms, is_on_fargate, keeps_a_place, keeps_apart};
use super::labels;
use crate::edit::{Advice, Editor, Edits, Refusal, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{is_controller, only_generates_load, takes_port_of_node};
use crate::kube::{Selector, Workload, WorkloadKind};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "missing-pod-spread",
    category: Category::Availability,
    severity: Severity::Warning,
    pedantic: false,
    summary: "Nothing keeps the replicas of a workload off one node",
    page: include_str!("../../../rules/availability/missing-pod-spread.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["anti-affinity-or-spread"],
};

/// See the rule's page.
pub(in crate::rules) struct MissingPodSpread;

impl Rule for MissingPodSpread {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        if workload.kind() == WorkloadKind::KnativeService {
            return;
        }
        let replicas = cx.inventory.replicas(workload);
        let Some(fewest) = replicas.count().filter(|count| *count >= 2) else {
            return;
        };
        let template = workload.template();
        let (Some(spec), Some(node)) = (template.spec(), template.spec_node()) else {
            return;
        };
        let selects = |selector: &LabelSelector| {
            Selector::Full(selector)
                .matches(template.labels())
                .possible()
        };
        let namespace = cx.inventory.namespace(workload.object());
        if anti_affinity_terms(spec).any(|term| keeps_apart(term, namespace, selects))
            || is_on_fargate(workload)
            // Pods that keep a place on a node lose nothing.
            || keeps_a_place(template)
            || only_generates_load(workload)
            || takes_port_of_node(spec)
            || is_set_by_patch(cx, workload)
            || labels::are_none(cx, workload)
        {
            return;
        }
        let constraints = spec
            .topology_spread_constraints
            .as_deref()
            .unwrap_or_default();
        let selectors = || {
            constraints
                .iter()
                .filter_map(|it| it.label_selector.as_ref())
        };
        if selectors().any(selects) {
            return;
        }
        let list = node
            .get("topologySpreadConstraints")
            .filter(|_| !constraints.is_empty());
        let attempt = match list {
            Some(list) if selectors().next().is_none() => Attempt::UnselectiveConstraints(list),
            Some(list) => Attempt::StrayConstraints(list),
            None => anti_affinity(node).map_or(Attempt::None, Attempt::StrayAntiAffinity),
        };
        let least = if replicas.is_range() { "at least " } else { "" };
        let all = format!("{least}{fewest}");
        let report = report(workload, &all, attempt).unless_trial(cx, workload);
        // The pods of a controller that nobody calls wait for one another.
        let only_controls = is_controller(workload) && !cx.inventory.serving(workload).is_serving();
        out.push(if only_controls {
            report.without_fix()
        } else {
            report
        });
    }
}

/// What was written to spread the pods, and does not.
#[derive(Clone, Copy)]
enum Attempt<'a> {
    None,
    /// No constraint has a selector.
    UnselectiveConstraints(Node<'a>),
    /// Constraints that select other pods.
    StrayConstraints(Node<'a>),
    /// Terms that select other pods, or none.
    StrayAntiAffinity(Node<'a>),
}

/// The key of an anti-affinity that has terms.
fn anti_affinity(spec: Node<'_>) -> Option<Node<'_>> {
    let entry = spec.get("affinity")?.entry("podAntiAffinity")?;
    let mut lists = entry.value.resolved().entries();
    let has_terms = lists.any(|list| list.value.items().next().is_some());
    has_terms.then_some(entry.key)
}

fn report<'a>(workload: Workload<'a>, all: &str, attempt: Attempt<'_>) -> Report<'a> {
    let is_number = all.starts_with(|c: char| c.is_ascii_digit());
    let the = if is_number { "the " } else { "" };
    let report = match attempt {
        Attempt::None => Report::object(
            workload.object(),
            workload.object().name_node(),
            format!(
                "only the scheduler's soft default spreads {the}{all} replicas: one node may hold all"
            ),
        ),
        Attempt::UnselectiveConstraints(list) => Report::template(
            workload,
            list,
            format!(
                "constraints without labelSelector spread nothing: one node may hold \
                 all {all} pods"
            ),
        ),
        Attempt::StrayAntiAffinity(key) => Report::template(
            workload,
            key,
            format!("podAntiAffinity selects other pods: one node may hold all {all} replicas"),
        ),
        Attempt::StrayConstraints(list) => Report::template(
            workload,
            list,
            format!(
                "topologySpreadConstraints select other pods: one node may hold all {all} replicas"
            ),
        ),
    };
    spread(workload, attempt, report)
}

/// The constraints that spread pods with these labels over nodes and zones as far as that goes. One of a
/// pod's own takes the scheduler's defaults away, so both are named.
fn constraints(labels: &BTreeMap<String, String>) -> Advice {
    let of = |key: &str| {
        let selector = Value::map([("matchLabels", labels::value(labels))]);
        Value::map([
            ("maxSkew", Value::int(1)),
            ("topologyKey", Value::text(key)),
            ("whenUnsatisfiable", Value::text("ScheduleAnyway")),
            ("labelSelector", selector),
        ])
    };
    let both = [
        of("kubernetes.io/hostname"),
        of("topology.kubernetes.io/zone"),
    ];
    Advice::below(
        &[],
        [("topologySpreadConstraints", Value::List(both.into()))],
    )
}

/// Spreads the pods over nodes as far as that goes, or corrects what selects other pods.
fn spread<'r>(workload: Workload<'_>, attempt: Attempt<'_>, report: Report<'r>) -> Report<'r> {
    let known = labels::selecting(workload);
    let own = known.clone().unwrap_or_else(|| labels::own(workload));
    let template = workload.template();
    let object = template.object();
    let selector = Value::map([("matchLabels", labels::value(&own))]);
    let selector = Advice::below(&[], [("labelSelector", selector)]);
    let lead = match attempt {
        Attempt::None => "spread them over nodes and zones, in the pod's spec",
        Attempt::UnselectiveConstraints(_) => "let each constraint select the pod's own labels",
        Attempt::StrayConstraints(_) => "let a constraint select the pod's own labels",
        Attempt::StrayAntiAffinity(_) => {
            "let a preferred term, which keeps no pod from starting, select the pod's own labels"
        }
    };
    match (attempt, template.spec_node()) {
        (Attempt::None, Some(spec)) if known.is_some() => report.advise(
            lead,
            &constraints(&own),
            Applicability::Unsafe,
            "spread the pods over nodes and zones",
            object,
            spec,
        ),
        _ if own.is_empty() => report.help(format!(
            "{lead}, by labels that these pods and no others carry"
        )),
        (Attempt::None, _) => report.help(format!("{lead}:\n{}", constraints(&own).yaml())),
        (Attempt::UnselectiveConstraints(list), _) if known.is_some() => report
            .help_of_fix(lead, &selector.yaml())
            .fix(Applicability::Unsafe, lead, object, |editor| {
                select_in_each(editor, list, &selector)
            }),
        _ => report.help(format!("{lead}:\n{}", selector.yaml())),
    }
}

fn select_in_each(editor: &Editor<'_>, list: Node<'_>, selector: &Advice) -> Edits {
    let mut edits = Vec::new();
    for constraint in list.items() {
        edits.extend(selector.write(editor, constraint)?);
    }
    if edits.is_empty() {
        return Err(Refusal::Moot);
    }
    Ok(edits)
}

fn is_set_by_patch(cx: &Context<'_>, workload: Workload<'_>) -> bool {
    let template = workload.template();
    template.spec_node().is_some_and(|spec| {
        ["affinity.podAntiAffinity", "topologySpreadConstraints"]
            .iter()
            .any(|field| {
                cx.inventory
                    .is_always_set_elsewhere(template.object(), spec, field)
            })
    })
}
