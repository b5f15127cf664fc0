//! `insufficient-grace-period`

use std::time::Duration;

use super::grace;
use crate::clocks::{PodBudget, grace_field};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::is_led;
use crate::kube::{ContainerRef, Workload, WorkloadKind};
use crate::lifecycle::Origin;
use crate::lifecycle::shutdown::{ANNOTATION, GraceBudget};
use crate::lifecycle::signal::unforwarded;
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

/// Less than this after the hook is too short for any application.
const LEAST_LEFT: Duration = Duration::from_secs(5);

/// What the scaffold of kubebuilder gives a controller.
const ENOUGH_FOR_A_CONTROLLER: Duration = Duration::from_secs(10);

/// See the rule's page.
pub(in crate::rules) struct InsufficientGracePeriod;

impl Rule for InsufficientGracePeriod {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        if !workload.is_long_running() || cx.inventory.replicas(workload).is_parked() {
            return;
        }
        let Some(pod) = PodBudget::largest(cx.clocks().budgets(workload)) else {
            return;
        };
        let budget = &pod.budget;
        let is_declared = budget.shutdown.is_declared();
        if !is_declared && is_fine(cx, workload, &pod) {
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
        let name = pod.container.name();
        let grace = show_seconds(budget.grace.value);
        let message = if is_declared {
            format!(
                "`{name}` needs {}{} to stop, but is killed after {grace}{}",
                budget.least(),
                show_seconds(budget.total()),
                default_of(budget)
            )
        } else {
            format!(
                "`{name}` may be killed before it has finished: it has {} after SIGTERM",
                show_seconds(left(budget))
            )
        };
        let help = help(workload, budget);
        let node = pod.grace_node.unwrap_or_else(|| pod.container.name_node());
        let severity = if is_declared {
            Severity::Error
        } else if left(budget) < LEAST_LEFT {
            Severity::Warning
        } else {
            Severity::Note
        };
        let report = Report::container(workload, pod.container, node, message)
            .severity(severity)
            .help(help);
        let report = if is_declared {
            grace::raise(&pod, workload, 0, report)
        } else {
            report
        };
        out.push(grace::explain(&pod, workload, report));
    }
}

/// Whether nothing follows from the assumed time.
fn is_fine(cx: &Context<'_>, workload: Workload<'_>, pod: &PodBudget<'_>) -> bool {
    let budget = &pod.budget;
    let serving = cx.inventory.serving(workload);
    // The buffer on top of an assumption is no evidence.
    left(budget) >= budget.shutdown.value
        || !serving.may_serve()
        // Who elects a leader and takes no requests for certain is called by scrapers and probes.
        || is_led(workload) && !serving.is_serving() && left(budget) >= ENOUGH_FOR_A_CONTROLLER
        || needs_no_time(workload, pod.container)
}

/// Whether the assumed time is not that of a container: its server stops at once, or never hears of the end
/// (`signal-not-forwarded`), so that a longer grace period only lengthens the wait.
fn needs_no_time(workload: Workload<'_>, container: ContainerRef<'_>) -> bool {
    let image = container.data.image.as_deref().unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    let name = name.split([':', '@']).next().unwrap_or_default();
    // Its Dockerfile (kubernetes/kubernetes, test/images) has no STOPSIGNAL SIGQUIT, as nginx's own has: SIGTERM
    // is nginx's fast shutdown.
    let stops_at_once = name == "nginx-slim" && container.data.command.is_none();
    let spec = workload.template().spec();
    stops_at_once || spec.is_some_and(|spec| unforwarded(spec, container.data).is_some())
}

/// What the hook leaves of the grace period.
fn left(budget: &GraceBudget<'_>) -> Duration {
    budget
        .grace
        .value
        .saturating_sub(budget.prestop.lower_bound())
}

fn default_of(budget: &GraceBudget<'_>) -> &'static str {
    match budget.grace.origin {
        Origin::Default => " (default)",
        _ => "",
    }
}

fn help(workload: Workload<'_>, budget: &GraceBudget<'_>) -> String {
    let enough = format!(
        "{budget}\n{}: {}",
        grace_field(workload),
        budget.needed_seconds()
    );
    if budget.shutdown.is_declared() {
        let knative = if workload.kind() == WorkloadKind::KnativeService {
            "\nKnative makes this field the grace period, and rejects more than its \
             max-revision-timeout-seconds (600 by default)"
        } else {
            ""
        };
        return format!("{enough}{knative}");
    }
    format!(
        "say on the pod template how long the application takes to stop:\n\
         metadata:\n  annotations:\n    {ANNOTATION}: <time from SIGTERM to exit>\nwith the assumed time: {enough}"
    )
}
