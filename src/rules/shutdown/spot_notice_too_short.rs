//! `spot-notice-too-short`

use std::time::Duration;

use k8s_openapi::api::core::v1::{NodeSelectorRequirement, NodeSelectorTerm, PodSpec};

use crate::clocks::{PodBudget, node_of};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Workload, WorkloadKind};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "spot-notice-too-short",
    category: Category::Shutdown,
    severity: Severity::Note,
    pedantic: false,
    summary: "A pod on spot nodes shuts down slower than their notice",
    page: include_str!("../../../rules/shutdown/spot-notice-too-short.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["graceful-shutdown"],
};

/// Labels and taints of spot nodes, their value, whose they are, and how long pods have after the
/// notice, in seconds.
const SPOT: [(&str, &str, &str, u64); 5] = [
    ("cloud.google.com/gke-spot", "true", "GKE", 15),
    ("cloud.google.com/gke-preemptible", "true", "GKE", 15),
    ("eks.amazonaws.com/capacityType", "SPOT", "EKS", 120),
    ("kubernetes.azure.com/scalesetpriority", "spot", "AKS", 30),
    // AWS gives 120 s, Azure 30 s: what is more than both is too much for each.
    ("karpenter.sh/capacity-type", "spot", "Karpenter", 120),
];

/// See the rule's page.
pub(in crate::rules) struct SpotNoticeTooShort;

impl Rule for SpotNoticeTooShort {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        if workload.kind() == WorkloadKind::KnativeService
            || !workload.is_long_running()
            || cx.inventory.replicas(workload).is_parked()
        {
            return;
        }
        let template = workload.template();
        let Some(spot) = template.spec().and_then(Spot::of) else {
            return;
        };
        let budgets = cx.clocks().budgets(workload);
        let longest = budgets.into_iter().max_by_key(certain);
        let Some(pod) = longest else {
            return;
        };
        // A hook that uses up the notice leaves nothing for the shutdown, however short that is.
        let hook = pod.budget.prestop.lower_bound();
        if certain(&pod) > spot.notice || hook >= spot.notice {
            out.push(report(workload, &pod, &spot));
        }
    }
}

/// What the container certainly needs: its hook, and its shutdown time where one is declared.
fn certain(pod: &PodBudget<'_>) -> Duration {
    let shutdown = &pod.budget.shutdown;
    let declared = if shutdown.is_declared() {
        shutdown.value
    } else {
        Duration::ZERO
    };
    pod.budget.prestop.lower_bound().saturating_add(declared)
}

/// The spot nodes that a pod asks for.
struct Spot {
    who: &'static str,
    notice: Duration,
    /// Where in the pod's spec it says so.
    path: &'static [&'static str],
    key: &'static str,
    /// Whether it only may run there.
    only_tolerates: bool,
}

impl Spot {
    fn of(spec: &PodSpec) -> Option<Self> {
        let found = |path, only_tolerates| {
            move |(key, _, who, seconds): &(&'static str, &'static str, &'static str, u64)| Self {
                who,
                notice: Duration::from_secs(*seconds),
                path,
                key,
                only_tolerates,
            }
        };
        let selector = spec.node_selector.as_ref();
        let by_label = SPOT.iter().find(|(key, value, ..)| {
            selector
                .and_then(|labels| labels.get(*key))
                .is_some_and(|text| text == value)
        });
        if let Some(row) = by_label {
            return Some(found(&["nodeSelector"], false)(row));
        }
        let affinity = SPOT.iter().find(|(key, value, ..)| {
            let mut terms = required(spec);
            terms.any(|term| {
                let mut wants = term.match_expressions.iter().flatten();
                wants.any(|it| only(it, key, value))
            })
        });
        if let Some(row) = affinity {
            return Some(found(&["affinity", "nodeAffinity"], false)(row));
        }
        let tolerated = SPOT.iter().find(|(key, value, ..)| {
            let mut all = spec.tolerations.iter().flatten();
            all.any(|it| {
                let value_fits = it.value.as_deref().is_none_or(|own| own == *value);
                it.key.as_deref() == Some(*key) && value_fits
            })
        });
        tolerated.map(found(&["tolerations"], true))
    }
}

fn required(spec: &PodSpec) -> impl Iterator<Item = &NodeSelectorTerm> {
    let affinity = spec
        .affinity
        .as_ref()
        .and_then(|it| it.node_affinity.as_ref());
    let required = affinity.and_then(|it| {
        it.required_during_scheduling_ignored_during_execution
            .as_ref()
    });
    required.into_iter().flat_map(|it| &it.node_selector_terms)
}

/// Whether a requirement holds on spot nodes only.
fn only(requirement: &NodeSelectorRequirement, key: &str, value: &str) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    requirement.key == key
        && match requirement.operator.as_str() {
            "In" => values.len() == 1 && values.first().is_some_and(|it| it == value),
            "Exists" => key.starts_with("cloud.google.com/"),
            _ => false,
        }
}

fn report<'a>(workload: Workload<'a>, pod: &PodBudget<'a>, spot: &Spot) -> Report<'a> {
    let notice = show_seconds(spot.notice);
    let needs = show_seconds(certain(pod));
    let runs = if spot.only_tolerates {
        "may run"
    } else {
        "runs"
    };
    let message = format!(
        "the pod {runs} on spot nodes with {notice} notice ({}), but `{}` needs {needs}",
        spot.who,
        pod.container.name()
    );
    let template = workload.template();
    let object = template.object();
    let place = place(workload, spot).unwrap_or_else(|| workload.object().name_node());
    let mut help =
        format!("keep hook and shutdown within {notice}, or run what needs longer on other nodes");
    if spot.who == "GKE" {
        help.push_str(
            "; from GKE 1.35.0-gke.1171000 on, a node pool can be told to give up to 120s",
        );
    }
    let mut report = Report::template(workload, place, message).help(help);
    if let Some(hook) = pod.prestop_node() {
        report = report.related(object, hook, pod.budget.prestop.to_string());
    }
    let shutdown = &pod.budget.shutdown;
    if let Some(node) = node_of(&shutdown.origin, template, pod.container) {
        report = report.related(
            object,
            node,
            format!("{} shutdown", show_seconds(shutdown.value)),
        );
    }
    report
}

/// The label that asks for them, else the list that holds it.
fn place<'a>(workload: Workload<'a>, spot: &Spot) -> Option<Node<'a>> {
    let list = workload.template().spec_node()?.at(spot.path)?;
    let tolerations = list.items().find(|item| {
        let key = item.get("key").and_then(Node::text);
        key == Some(spot.key)
    });
    list.get(spot.key)
        .or_else(|| tolerations.and_then(|item| item.get("key")))
        .or(Some(list))
}
