//! `missing-pdb`

use std::collections::BTreeMap;

use super::apart::{keeps_a_place, no_node_holds_all};
use super::labels;
use super::new_budget::{
    IDLE, condition, correct, document, free_name, idle_budget, is_only_workload,
};
use super::rollout::with_origin;
use super::sharing::{Sharing, is_applied_with};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{ReplicaOrigin, Replicas, is_led, only_generates_load};
use crate::kube::{Object, Workload, WorkloadKind, is_placeholder};
use crate::rules::text::{FEW, and_more, count};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "missing-pdb",
    category: Category::Availability,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A replicated workload has no PodDisruptionBudget",
    page: include_str!("../../../rules/availability/missing-pdb.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["pod-disruption-budget"],
};

/// See the rule's page.
pub(in crate::rules) struct MissingPdb;

impl Rule for MissingPdb {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let Some((replicas, origin)) = unprotected(cx, workload) else {
            return;
        };
        let lacks_budget = |other: Workload<'_>| unprotected(cx, other).is_some();
        let sharing = Sharing::of(cx, workload, lacks_budget);
        // One budget for all, and the first of them gets it.
        if sharing.is_led {
            return;
        }
        let object = workload.object();
        let name = free_name(cx, workload);
        let is_apart = no_node_holds_all(workload, cx.inventory.namespace(object));
        let message = message(object, replicas, origin, &sharing, is_apart);
        let report = Report::object(object, object.name_node(), message);
        let mut report = report.unless_needless(
            object,
            &["pdb", "disruption budget", "disruptionbudget"],
            &[],
        );
        report = with_origin(report, workload, origin);
        let others = sharing.first.iter();
        let others = others.map(|it| (it.object(), it.object().name_node()));
        report = report.related_few(others, sharing.total, "the same selector selects its pods");
        if sharing.total > 0 {
            report = report.detail("they share a selector");
        }
        let report = add_budget(cx, workload, name.as_deref(), report);
        let report = report.unless_trial(cx, workload);
        // The second pod of a controller waits for the first to go: no request is lost meanwhile.
        out.push(
            if is_led(workload) && !cx.inventory.serving(workload).is_serving() {
                report.severity(Severity::Note).without_fix()
            } else {
                report
            },
        );
    }
}

/// How many pods a workload keeps at least that no budget protects, where there are several.
fn unprotected<'a>(cx: &Context<'a>, workload: Workload<'a>) -> Option<(i32, ReplicaOrigin<'a>)> {
    let template = workload.template();
    // Pods that keep a place on a node are there to be evicted, and load that stops for a while is no outage.
    if !takes_budget(workload)
        || keeps_a_place(template)
        || only_generates_load(workload)
        || labels::are_none(cx, workload)
        || cx.inventory.is_run_by_flagger(workload)
    {
        return None;
    }
    let Replicas::Known { count, origin, .. } = cx.inventory.replicas(workload) else {
        return None;
    };
    let has_budget = cx.inventory.budgets_of(workload).next().is_some();
    (count >= 2 && !has_budget && !cx.inventory.is_open(workload.object()))
        .then_some((count, origin))
}

fn message(
    object: &Object,
    replicas: i32,
    origin: ReplicaOrigin<'_>,
    sharing: &Sharing<'_>,
    is_apart: bool,
) -> String {
    let drain = if is_apart {
        "drains of several nodes"
    } else {
        "a drain"
    };
    let names: Vec<String> = std::iter::once(object)
        .chain(sharing.first.iter().map(|it| it.object()))
        .take(FEW)
        .map(|it| format!("`{}`", it.name()))
        .collect();
    if sharing.total == 0 {
        let least = match origin {
            ReplicaOrigin::Autoscaler(..) => "at least ",
            _ => "",
        };
        return format!(
            "{least}{} and no PodDisruptionBudget: {drain} may evict all at once",
            count(replicas.into(), "replica")
        );
    }
    format!(
        "{} have no PodDisruptionBudget: {drain} may evict all their pods",
        and_more(&names, sharing.total + 1)
    )
}

fn takes_budget(workload: Workload<'_>) -> bool {
    matches!(
        workload.kind(),
        WorkloadKind::Deployment
            | WorkloadKind::StatefulSet
            | WorkloadKind::ReplicaSet
            | WorkloadKind::Rollout
            | WorkloadKind::DeploymentConfig
    )
}

/// Shows the budget, and adds it as a document to the workload's file where nothing speaks against that.
fn add_budget<'r>(
    cx: &Context<'r>,
    workload: Workload<'_>,
    name: Option<&str>,
    report: Report<'r>,
) -> Report<'r> {
    const LEAD: &str = "add a budget that lets one pod go at a time";
    let object = workload.object();
    let own = labels::lasting(cx, workload);
    let known = labels::carried(workload, own.clone());
    if own.is_empty() {
        return report.help(format!(
            "{LEAD}, over labels that its pods and no others carry"
        ));
    }
    let title = "add a PodDisruptionBudget that lets one pod go at a time";
    let idle = idle_budget(cx, object, &own);
    if let Some(budget) = idle.filter(|_| is_only_workload(cx, object)) {
        return correct(budget, &own, report, title);
    }
    let budget = document(cx, workload, name.unwrap_or(object.name()), &own);
    let shown = format!("{LEAD}{}:\n{}", condition(&own), budget.yaml());
    // policy/v1 is served from 1.21 on.
    if known.is_none()
        || name.is_none()
        || cx.is_kubernetes_before(1, 21)
        || is_placeholder(object.name())
        || object.node().at(&["metadata", "name"]).is_none()
        // What stands behind an OpenShift Template is not part of it.
        || object.is_in_template()
    {
        return report.help(shown);
    }
    if let Some(other) = shared(cx, object, &own) {
        let report = report.help(shown);
        return report.not_fixed(Applicability::Unsafe, title, also_selects(other));
    }
    if let Some(budget) = idle {
        let (name, place) = (budget.name(), budget.name_node());
        let reason = format!("PodDisruptionBudget `{name}` may be meant for these pods");
        return report.help(shown).related(budget, place, IDLE).not_fixed(
            Applicability::Unsafe,
            title,
            reason,
        );
    }
    let report = report.advise(
        &format!("{LEAD}{}", condition(&own)),
        &budget,
        Applicability::Unsafe,
        title,
        object,
        object.node(),
    );
    report.effect("a drain evicts one pod at a time")
}

fn also_selects(other: Workload<'_>) -> String {
    format!(
        "it would also select the pods of {} `{}`, and a pod with two budgets is never evicted",
        other.object().kind(),
        other.object().name()
    )
}

/// Another workload whose pods the budget would select, and which has one or may get one.
fn shared<'a>(
    cx: &Context<'a>,
    object: &'a Object,
    own: &BTreeMap<String, String>,
) -> Option<Workload<'a>> {
    let inventory = cx.inventory;
    let namespace = inventory.namespace(object);
    let anywhere = namespace.map(|it| inventory.workloads_labelled(own, Some(it)));
    let beside = namespace
        .is_none()
        .then(|| inventory.workloads_labelled_beside(own, object));
    let mut labelled = anywhere
        .into_iter()
        .flatten()
        .chain(beside.into_iter().flatten());
    // What is deployed together gets one budget, unless one of them has its own; of others a second one
    // may come where they are deployed to one namespace for certain.
    labelled.find(|workload| {
        let other = workload.object();
        let may_get_another = if is_applied_with(cx, object, other) {
            inventory.budgets_of(*workload).next().is_some()
        } else {
            inventory.namespace(object).is_some() || inventory.same_scope(object, other)
        };
        (other.kind(), other.name()) != (object.kind(), object.name()) && may_get_another
    })
}
