//! `insufficient-grace-period`

use super::grace;
use crate::clocks::PodBudget;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Workload, WorkloadKind};
use crate::lifecycle::shutdown::{ANNOTATION, GraceBudget};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;

static META: RuleMeta = RuleMeta {
    id: "insufficient-grace-period",
    category: Category::Shutdown,
    severity: Severity::Warning,
    pedantic: false,
    summary: "The grace period ends before the container has drained",
    page: include_str!("../../../rules/shutdown/insufficient-grace-period.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &["grace-period-calculated"],
};

/// See the rule's page.
pub(in crate::rules) struct InsufficientGracePeriod;

impl Rule for InsufficientGracePeriod {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        // Knative derives the grace period from its own timeout.
        if !workload.is_long_running()
            || workload.kind() == WorkloadKind::KnativeService
            || cx.inventory.replicas(workload).is_parked()
        {
            return;
        }
        let Some(pod) = PodBudget::largest(cx.clocks().budgets(workload)) else {
            return;
        };
        let budget = &pod.budget;
        let is_declared = budget.shutdown.is_declared();
        if !is_declared && !cx.inventory.serving(workload).is_serving() {
            return;
        }
        // A grace period of 0 or less, and one that the hook alone uses up, are findings of their
        // own.
        if !budget.is_insufficient()
            || budget.grace.value.is_zero()
            || budget.prestop_exceeds_grace()
        {
            return;
        }
        let message = format!(
            "{budget}: container `{}` {} killed before it has finished its requests",
            pod.container.name(),
            if is_declared { "is" } else { "may be" }
        );
        let help = help(budget);
        let node = pod.grace_node.unwrap_or_else(|| pod.container.name_node());
        let severity = if is_declared {
            Severity::Error
        } else {
            Severity::Warning
        };
        let report = Report::container(workload, pod.container, node, message)
            .severity(severity)
            .help(help);
        out.push(grace::explain(
            &pod,
            workload,
            grace::raise(&pod, workload, 0, report),
        ));
    }
}

fn help(budget: &GraceBudget<'_>) -> String {
    let enough = format!(
        "in the pod's spec: terminationGracePeriodSeconds: {}",
        budget.needed_seconds()
    );
    let rest = budget
        .grace
        .value
        .saturating_sub(budget.prestop.lower_bound())
        .saturating_sub(budget.buffer);
    if budget.shutdown.is_declared() || rest.is_zero() {
        enough
    } else {
        format!(
            "{enough}; or, where the application stops within {rest}, say so on the pod template: \
             annotation {ANNOTATION}: {rest}",
            rest = show_seconds(rest)
        )
    }
}
