//! `prestop-exceeds-grace-period`

use super::grace;
use crate::clocks::PodBudget;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{FaultRule, Workload, WorkloadKind};
use crate::lifecycle::shutdown::{GraceBudget, LEAST_AFTER_SIGTERM};
use crate::rules::{Context, Findings, Report, Rule, faults};
use crate::units::show_seconds;

static META: RuleMeta = RuleMeta {
    id: "prestop-exceeds-grace-period",
    category: Category::Shutdown,
    severity: Severity::Error,
    pedantic: false,
    summary: "The preStop hook uses up the whole grace period",
    page: include_str!("../../../rules/shutdown/prestop-exceeds-grace-period.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &["prestop-hook", "grace-period-calculated"],
};

/// See the rule's page.
pub(in crate::rules) struct PrestopExceedsGracePeriod;

impl Rule for PrestopExceedsGracePeriod {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        faults::report(
            cx,
            workload.object(),
            FaultRule::PrestopExceedsGracePeriod,
            out,
        );
        // Knative rejects hooks.
        if !workload.is_long_running()
            || workload.kind() == WorkloadKind::KnativeService
            || cx.inventory.replicas(workload).is_parked()
        {
            return;
        }
        for pod in cx.clocks().budgets(workload) {
            if pod.budget.prestop_exceeds_grace() && !pod.budget.grace.value.is_zero() {
                out.push(report(workload, &pod));
            } else {
                check_probes(workload, &pod, out);
            }
        }
    }
}

fn report<'a>(workload: Workload<'a>, pod: &PodBudget<'a>) -> Report<'a> {
    let container = pod.container;
    let GraceBudget { grace, prestop, .. } = &pod.budget;
    let message = format!(
        "{prestop} uses up the grace period of {grace}: container `{}` gets SIGTERM and, {} later, \
         SIGKILL, with no time to finish its requests",
        container.name(),
        show_seconds(LEAST_AFTER_SIGTERM)
    );
    let help = format!(
        "in the pod's spec: terminationGracePeriodSeconds: {} ({prestop} + {} shutdown ({}) + {} buffer)",
        pod.budget.needed_seconds(),
        show_seconds(pod.budget.shutdown.value),
        pod.budget.shutdown.origin,
        show_seconds(pod.budget.buffer),
    );
    let node = pod.prestop_node().unwrap_or_else(|| container.name_node());
    let report = Report::container(workload, container, node, message).help(help);
    let report = grace::raise(pod, workload, 0, report);
    match pod.grace_node {
        Some(node) => report.related(container.object(), node, "the grace period"),
        None => report,
    }
}

/// A probe's own grace period, which bounds the hook when that probe kills the container.
fn check_probes(workload: Workload<'_>, pod: &PodBudget<'_>, out: &mut Findings) {
    let container = pod.container;
    let delay = pod.budget.prestop.lower_bound();
    let probes = [
        ("livenessProbe", &container.data.liveness_probe),
        ("startupProbe", &container.data.startup_probe),
    ];
    for (field, probe) in probes {
        let seconds = probe
            .as_ref()
            .and_then(|probe| probe.termination_grace_period_seconds)
            .and_then(|seconds| u64::try_from(seconds).ok())
            .filter(|seconds| *seconds > 0 && *seconds <= delay.as_secs());
        let node = container.node.at(&[field, "terminationGracePeriodSeconds"]);
        if let (Some(seconds), Some(node)) = (seconds, node) {
            let message = format!(
                "{} uses up the {seconds}s that {field} of container `{}` grants: a container that \
                 it kills gets no time after SIGTERM",
                pod.budget.prestop,
                container.name()
            );
            let help =
                "fine where a hung container is to be killed at once; else raise it above the hook";
            out.push(
                Report::container(workload, container, node, message)
                    .help(help)
                    .pedantic(),
            );
        }
    }
}
