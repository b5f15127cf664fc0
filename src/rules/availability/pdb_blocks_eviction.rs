//! `pdb-blocks-eviction`

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Replicas;
use crate::kube::{Body, Object, Workload, WorkloadKind};
use crate::lifecycle::Amount;
use crate::lifecycle::disruption::{Allowance, Budget, Pods};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "pdb-blocks-eviction",
    category: Category::Availability,
    severity: Severity::Error,
    pedantic: false,
    summary: "A PodDisruptionBudget that never allows an eviction",
    page: include_str!("../../../rules/availability/pdb-blocks-eviction.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["pod-disruption-budget"],
};

/// See the rule's page.
pub(in crate::rules) struct PdbBlocksEviction;

impl Rule for PdbBlocksEviction {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Body::PodDisruptionBudget(typed) = object.body() else {
            return;
        };
        let is_unknown = |field| {
            object.field(&["spec", field]).is_unknown()
                || cx
                    .inventory
                    .is_set_elsewhere(object, object.node(), &format!("spec.{field}"))
        };
        let Some(spec) = typed.spec.as_ref() else {
            return;
        };
        if ["minAvailable", "maxUnavailable", "selector"]
            .into_iter()
            .any(is_unknown)
        {
            return;
        }
        if selects_nothing(object, spec.selector.as_ref()) {
            return;
        }
        // What the API server rejects is `invalid-field`.
        let Ok(budget) = Budget::of(spec) else {
            return;
        };
        let selected: Vec<Workload<'_>> = cx
            .inventory
            .selects(object)
            .filter(|(_, relation)| relation.is_firm())
            .map(|(workload, _)| workload)
            .collect();
        // A workload elsewhere in the repository that only happens to carry the same labels does
        // not count; one that may well be selected makes the sum unknown.
        let is_sum_open = cx
            .inventory
            .selects(object)
            .any(|(_, it)| !it.is_firm() && (it.same_scope || it.same_named_namespace));
        if selected.is_empty() {
            let runs = |workload| !cx.inventory.replicas(workload).is_parked();
            let mut elsewhere = cx.inventory.selects(object).peekable();
            if elsewhere.peek().is_none() || elsewhere.any(|(workload, _)| runs(workload)) {
                blocks_whatever_it_selects(object, budget, out);
            }
            return;
        }
        let Some(pods) = pods(cx, budget, &selected).filter(|_| !is_sum_open) else {
            return;
        };
        let allowance = budget.over(pods);
        if allowance.disruptions() == 0 {
            out.push(report(object, &selected, allowance));
        }
    }
}

/// Whether no pod can be meant, which is `pdb-selects-nothing`.
fn selects_nothing(object: &Object, selector: Option<&LabelSelector>) -> bool {
    // Since policy/v1 an empty one selects every pod.
    let is_beta = object.api_version() == "policy/v1beta1";
    selector.is_none_or(|it| is_beta && *it == LabelSelector::default())
}

/// The pods of all selected workloads together; `None` where some number is unknown that the
/// budget hangs on, or where all are parked.
fn pods(cx: &Context<'_>, budget: Budget, selected: &[Workload<'_>]) -> Option<Pods> {
    let mut scaled = 0_u32;
    let mut bare = 0_u32;
    let mut is_countable = true;
    for workload in selected {
        match (workload.kind(), cx.inventory.replicas(*workload)) {
            // How many its controller keeps is not in view.
            (WorkloadKind::Pod, _) if workload.controller().is_some() => return None,
            (WorkloadKind::Pod, _) => bare += 1,
            // As many as there are nodes, or as a Job happens to run.
            (WorkloadKind::DaemonSet | WorkloadKind::Job | WorkloadKind::CronJob, _) => {
                is_countable = false;
            }
            (_, Replicas::Parked) => {}
            (_, replicas) => scaled += u32::try_from(replicas.count()?).ok()?,
        }
    }
    if !is_countable {
        let is_whole_number = matches!(budget, Budget::MinAvailable(Amount::Count(_)));
        return (!is_whole_number).then_some(Pods::Unscaled(scaled + bare + 1));
    }
    match (scaled, bare) {
        (0, 0) => None,
        (count, 0) => Some(Pods::Scaled(count)),
        (scaled, bare) => Some(Pods::Unscaled(scaled + bare)),
    }
}

/// Budgets that allow nothing over any number of pods, when nothing they select is in view.
fn blocks_whatever_it_selects(object: &Object, budget: Budget, out: &mut Findings) {
    // Any number of pods gives the same answer for 0, 0% and 100%; 1,000 is more than a whole
    // number that is meant to allow something.
    let many = budget.over(Pods::Scaled(1_000));
    let is_relative = match budget {
        Budget::Unset | Budget::MaxUnavailable(_) => true,
        Budget::MinAvailable(amount) => matches!(amount, Amount::Percent(_)),
    };
    if is_relative && many.disruptions() == 0 {
        out.push(report(object, &[], many));
    }
}

fn report<'a>(object: &'a Object, selected: &[Workload<'_>], allowance: Allowance) -> Report<'a> {
    let arithmetic = match (selected.is_empty(), allowance.budget) {
        (true, Budget::MinAvailable(amount)) => {
            format!("minAvailable {amount} leaves 0 disruptions")
        }
        (true, Budget::MaxUnavailable(amount)) => {
            format!("maxUnavailable {amount} leaves 0 disruptions")
        }
        _ => allowance.to_string(),
    };
    // `kubectl drain` passes DaemonSet pods by; other programs that evict do not.
    let is_drained = selected.is_empty()
        || selected
            .iter()
            .any(|workload| workload.kind() != WorkloadKind::DaemonSet);
    let consequence = match (allowance.is_uncomputable(), is_drained) {
        (true, true) => {
            "the disruption controller cannot count them, and a node drain waits until it gives up"
        }
        (true, false) => {
            "the disruption controller cannot count them, and every eviction of them is refused"
        }
        (false, _) => "no pod can ever be evicted, and a node drain waits until it gives up",
    };
    let message = format!("{arithmetic}: {consequence}");
    let spec = object.node().get("spec");
    let node = allowance
        .budget
        .field()
        .and_then(|field| spec?.get(field))
        .or_else(|| object.node().entry("spec").map(|entry| entry.key))
        .unwrap_or_else(|| object.name_node());
    let help = if allowance.is_uncomputable() {
        "use a whole number as minAvailable, or drop the budget: a drain leaves DaemonSet pods alone"
    } else if allowance.pods == Pods::Scaled(1) {
        "a single replica cannot be both protected and drained: run at least 2 replicas, or drop the budget"
    } else if matches!(allowance.pods, Pods::Unscaled(_)) {
        "let one pod go at a time: as some have no controller to ask for their number, with a lower \
         minAvailable"
    } else {
        "let one pod go at a time: maxUnavailable: 1"
    };
    let mut report = Report::object(object, node, message).help(help);
    if matches!(allowance.pods, Pods::Scaled(count) if count > 1) {
        report = let_one_go(object, report);
    }
    for workload in selected {
        let replicas = workload.replicas_field().node();
        let node = replicas.unwrap_or_else(|| workload.object().name_node());
        report = report.related(workload.object(), node, "selected by the budget");
    }
    report
}

/// `maxUnavailable: 1`, which allows one disruption whatever the number of pods.
fn let_one_go<'r>(object: &Object, report: Report<'r>) -> Report<'r> {
    const FIELD: &str = "maxUnavailable";
    let title = format!("set {FIELD} to 1");
    report.fix(Applicability::Unsafe, title, object, |editor| {
        let spec = object.node().get("spec");
        match spec.and_then(|spec| spec.entry("minAvailable")) {
            Some(least) => editor.replace(least, FIELD, &Value::int(1)),
            None => editor.put(object.node(), &["spec"], FIELD, Value::int(1)),
        }
    })
}
