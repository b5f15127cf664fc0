//! `prestop-too-short`

use std::time::Duration;

use super::grace::{PodBudget, budgets};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Evidence;
use crate::kube::{LoadBalancer, Workload, WorkloadKind};
use crate::lifecycle::shutdown::removal_delay;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;

static META: RuleMeta = RuleMeta {
    id: "prestop-too-short",
    category: Category::Shutdown,
    severity: Severity::Note,
    pedantic: false,
    summary: "The preStop hook ends before the load balancer has stopped sending requests",
    page: include_str!("../../../rules/shutdown/prestop-too-short.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["prestop-hook"],
};

/// See the rule's page.
pub(in crate::rules) struct PrestopTooShort;

impl Rule for PrestopTooShort {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        // Knative rejects hooks.
        if workload.kind() == WorkloadKind::KnativeService
            || cx.inventory.replicas(workload).is_parked()
        {
            return;
        }
        let serving = cx.inventory.serving(workload);
        if !serving.is_serving() {
            return;
        }
        let needed = Need::of(cx, workload);
        for pod in budgets(cx, workload) {
            let container = pod.container;
            let is_known = !cx.inventory.is_set_elsewhere(
                container.object(),
                container.node,
                "lifecycle.preStop",
            );
            // Without a grace period no hook runs.
            if serving.is_served_by(container)
                && is_known
                && !pod.budget.grace.value.is_zero()
                && pod.budget.prestop.hook().is_some()
                && pod
                    .budget
                    .prestop
                    .exact()
                    .is_some_and(|delay| delay < needed.delay)
            {
                out.push(report(workload, &pod, &needed));
            }
        }
    }
}

/// How long requests may still come after the pod is deleted.
struct Need<'a> {
    delay: Duration,
    /// What asks for it; the configuration where nothing in view does.
    by: Option<(LoadBalancer, Evidence<'a>)>,
}

impl<'a> Need<'a> {
    fn of(cx: &Context<'a>, workload: Workload<'a>) -> Self {
        let least = cx.settings.lifecycle.min_prestop;
        let slowest = cx
            .inventory
            .load_balancers(workload)
            .into_iter()
            .reduce(|best, next| {
                if removal_delay(next.0) > removal_delay(best.0) {
                    next
                } else {
                    best
                }
            })
            .filter(|(load_balancer, _)| removal_delay(*load_balancer) >= least);
        Self {
            delay: slowest
                .as_ref()
                .map_or(least, |(load_balancer, _)| removal_delay(*load_balancer)),
            by: slowest,
        }
    }
}

fn report<'a>(workload: Workload<'a>, pod: &PodBudget<'a>, needed: &Need<'_>) -> Report<'a> {
    let container = pod.container;
    let budget = &pod.budget;
    let delay = show_seconds(needed.delay);
    let who = match &needed.by {
        Some((load_balancer, _)) => format!("the {delay} that {} needs", article(*load_balancer)),
        None => format!("the {delay} that the removal of an endpoint may take"),
    };
    let message = format!(
        "{} of container `{}` is shorter than {who}: requests still come after SIGTERM",
        budget.prestop,
        container.name()
    );
    let shutdown = &budget.shutdown;
    let total = needed
        .delay
        .saturating_add(shutdown.value)
        .saturating_add(budget.buffer);
    let help = format!(
        "let preStop wait {delay}, in a grace period of at least {} ({delay} preStop + {} shutdown \
         ({}) + {} buffer)",
        show_seconds(total),
        show_seconds(shutdown.value),
        shutdown.origin,
        show_seconds(budget.buffer),
    );
    let node = pod.prestop_node().unwrap_or_else(|| container.name_node());
    let report = Report::container(workload, container, node, message).help(help);
    match &needed.by {
        Some((_, evidence)) => {
            report.related(evidence.object, evidence.node, evidence.message.clone())
        }
        None => report,
    }
}

fn article(load_balancer: LoadBalancer) -> String {
    match load_balancer {
        LoadBalancer::NginxIngress | LoadBalancer::Agic => load_balancer.as_str().to_owned(),
        LoadBalancer::AwsIpTarget => format!("an {}", load_balancer.as_str()),
        LoadBalancer::GkeNeg => format!("a {}", load_balancer.as_str()),
    }
}
