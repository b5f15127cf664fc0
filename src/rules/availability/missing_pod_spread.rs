//! `missing-pod-spread`

use k8s_openapi::api::core::v1::PodSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::labels;
use super::rollout::takes_port_of_node;
use crate::edit::{Editor, Edits, Refusal, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Selector, Workload, WorkloadKind};
use crate::rules::text::count;
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
        let Some(replicas) = cx
            .inventory
            .replicas(workload)
            .count()
            .filter(|count| *count >= 2)
        else {
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
        if anti_affinity_selectors(spec).any(selects)
            || takes_port_of_node(spec)
            || is_set_by_patch(cx, workload)
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
        out.push(report(workload, replicas, attempt));
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

fn report<'a>(workload: Workload<'a>, replicas: i32, attempt: Attempt<'_>) -> Report<'a> {
    let all = match replicas {
        2 => "both replicas".to_owned(),
        _ => format!("all {}", count(replicas.into(), "replica")),
    };
    let report = match attempt {
        Attempt::None => Report::object(
            workload.object(),
            workload.object().name_node(),
            format!(
                "nothing spreads the pods: {all} may run on one node, and its failure or drain \
                 takes them all down"
            ),
        ),
        Attempt::UnselectiveConstraints(list) => Report::template(
            workload,
            list,
            format!(
                "topologySpreadConstraints without labelSelector select no pods and spread \
                 nothing: {all} may run on one node"
            ),
        ),
        Attempt::StrayAntiAffinity(key) => Report::template(
            workload,
            key,
            format!(
                "no podAntiAffinity term selects the pod's own labels, so the pods do not keep apart \
                 from one another: {all} may run on one node"
            ),
        ),
        Attempt::StrayConstraints(list) => Report::template(
            workload,
            list,
            format!(
                "no topologySpreadConstraints selector matches the pod's own labels, so they \
                 spread nothing: {all} may run on one node"
            ),
        ),
    };
    spread(workload, attempt, report.help(help(workload)))
}

/// Spreads the pods over nodes as far as that goes, or gives constraints the selector they lack.
fn spread<'r>(workload: Workload<'_>, attempt: Attempt<'_>, report: Report<'r>) -> Report<'r> {
    let Some(own) = labels::selecting(workload) else {
        return report;
    };
    let template = workload.template();
    let selector = Value::map([("matchLabels", labels::value(&own))]);
    let object = template.object();
    match (attempt, template.spec_node()) {
        (Attempt::None, Some(spec)) => {
            let constraint = Value::map([
                ("maxSkew", Value::int(1)),
                ("topologyKey", Value::text("kubernetes.io/hostname")),
                ("whenUnsatisfiable", Value::text("ScheduleAnyway")),
                ("labelSelector", selector),
            ]);
            let title = "spread the pods over the nodes";
            report.fix(Applicability::Unsafe, title, object, |editor| {
                let list = Value::List(vec![constraint]);
                editor.insert_at(spec, &[], "topologySpreadConstraints", list)
            })
        }
        (Attempt::UnselectiveConstraints(list), _) => {
            let title = "let the constraints select the pod's own labels";
            report.fix(Applicability::Unsafe, title, object, |editor| {
                select_in_each(editor, list, &selector)
            })
        }
        _ => report,
    }
}

fn select_in_each(editor: &Editor<'_>, list: Node<'_>, selector: &Value) -> Edits {
    let mut edits = Vec::new();
    for constraint in list.items() {
        edits.extend(editor.put(constraint, &[], "labelSelector", selector.clone())?);
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
                    .is_set_elsewhere(template.object(), spec, field)
            })
    })
}

/// The selectors of required and preferred anti-affinity terms. A term without one selects nothing.
fn anti_affinity_selectors(spec: &PodSpec) -> impl Iterator<Item = &LabelSelector> {
    let rules = spec
        .affinity
        .as_ref()
        .and_then(|affinity| affinity.pod_anti_affinity.as_ref());
    let required = rules
        .and_then(|rules| {
            rules
                .required_during_scheduling_ignored_during_execution
                .as_deref()
        })
        .unwrap_or_default()
        .iter();
    let preferred = rules
        .and_then(|rules| {
            rules
                .preferred_during_scheduling_ignored_during_execution
                .as_deref()
        })
        .unwrap_or_default()
        .iter()
        .map(|weighted| &weighted.pod_affinity_term);
    required
        .chain(preferred)
        .filter_map(|term| term.label_selector.as_ref())
}

fn help(workload: Workload<'_>) -> String {
    format!(
        "spread them over the nodes, in the pod's spec:\n\
         topologySpreadConstraints:\n  - maxSkew: 1\n    topologyKey: kubernetes.io/hostname\n    \
         whenUnsatisfiable: ScheduleAnyway\n    labelSelector:\n      matchLabels:{}",
        labels::yaml(&labels::own(workload), "        ")
    )
}
