//! `prestop-exceeds-grace-period`

use std::collections::HashMap;
use std::time::Duration;

use super::grace;
use crate::clocks::{Grace, PodBudget};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRef, Workload, WorkloadKind};
use crate::lifecycle::Origin;
use crate::lifecycle::prestop::Hook;
use crate::lifecycle::shutdown::{GraceBudget, LEAST_AFTER_SIGTERM};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;
use crate::yaml::Node;

/// A longer hook is as often the mistake as the grace period.
const LONG_HOOK: Duration = Duration::from_secs(30);

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
        // Knative rejects hooks.
        if workload.kind() == WorkloadKind::KnativeService {
            return;
        }
        refuse(cx, workload, out);
        if !workload.is_long_running() || cx.inventory.replicas(workload).is_parked() {
            return;
        }
        for pod in cx.clocks().budgets(workload) {
            if !pod.budget.prestop_exceeds_grace() || pod.budget.grace.value.is_zero() {
                check_probes(workload, &pod, out);
            } else if !is_refused(&pod) {
                out.push(report(workload, &pod));
            }
        }
    }
}

fn is_refused(pod: &PodBudget<'_>) -> bool {
    let delay = pod.budget.prestop.lower_bound();
    pod.budget.prestop.hook() == Some(Hook::NativeSleep) && delay > pod.budget.grace.value
}

/// Reports the native sleeps of any workload that are longer than the grace period.
fn refuse(cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
    let Some(grace) = cx.clocks().grace(workload) else {
        return;
    };
    let hooks = refused(workload, grace.term.value);
    if hooks.is_empty() {
        return;
    }
    let budgets = if workload.is_long_running() {
        cx.clocks().budgets_within(workload, &grace)
    } else {
        Vec::new()
    };
    let pods: HashMap<_, _> = budgets
        .iter()
        .map(|pod| (pod.container.node.id(), pod))
        .collect();
    for (container, hook, node) in hooks {
        // A served container also has to finish its requests within the grace period.
        let pod = pods.get(&container.node.id()).copied();
        let pod = pod.filter(|_| hook == "preStop");
        out.push(refusal(workload, &grace, (container, hook, node), pod));
    }
}

/// A container, the name of its hook and the seconds of that.
type Sleep<'a> = (ContainerRef<'a>, &'static str, Node<'a>);

/// The sleeps that are longer than the grace period: the API server refuses them.
fn refused(workload: Workload<'_>, grace: Duration) -> Vec<Sleep<'_>> {
    let grace = grace.as_secs();
    let hooks = workload
        .template()
        .lasting_containers()
        .flat_map(|container| {
            let lifecycle = container.data.lifecycle.as_ref();
            ["preStop", "postStart"]
                .into_iter()
                .filter_map(move |name| {
                    let hook = match name {
                        "preStop" => lifecycle?.pre_stop.as_ref(),
                        _ => lifecycle?.post_start.as_ref(),
                    }?;
                    let seconds = u64::try_from(hook.sleep.as_ref()?.seconds).ok()?;
                    let node = container
                        .field(&["lifecycle", name, "sleep", "seconds"])
                        .node()?;
                    (grace > 0 && seconds > grace).then_some((container, name, node))
                })
        });
    hooks.collect()
}

fn refusal<'a>(
    workload: Workload<'a>,
    grace: &Grace<'a>,
    (container, hook, node): Sleep<'a>,
    pod: Option<&PodBudget<'a>>,
) -> Report<'a> {
    let seconds = node.text().unwrap_or_default();
    let (shown, written) = (show_seconds(grace.term.value), grace.node);
    let origin = if written.is_some() { "" } else { " (default)" };
    let message = format!(
        "{hook} sleep of {seconds}s exceeds the {shown} grace period{origin}: the API server rejects it"
    );
    let enough = pod.map_or_else(
        || seconds.to_owned(),
        |pod| pod.budget.needed_seconds().to_string(),
    );
    let help = format!(
        "shorten the sleep, or in the pod's spec:\nterminationGracePeriodSeconds: {enough}"
    );
    let mut report = Report::container(workload, container, node, message).help(help);
    if let Some(pod) = pod {
        report = grace::raise(pod, workload, 0, report);
    }
    match written {
        Some(node) => report.related(container.object(), node, "the grace period"),
        None => report,
    }
}

fn report<'a>(workload: Workload<'a>, pod: &PodBudget<'a>) -> Report<'a> {
    let container = pod.container;
    let GraceBudget { grace, prestop, .. } = &pod.budget;
    let message = format!(
        "`{}` gets {} after SIGTERM: its hook uses up the grace period of {}{}",
        container.name(),
        show_seconds(LEAST_AFTER_SIGTERM),
        show_seconds(grace.value),
        match grace.origin {
            Origin::Default => " (default)",
            _ => "",
        },
    );
    let raise = format!(
        "in the pod's spec, for {prestop} + {} shutdown ({}) + {} buffer:\n\
         terminationGracePeriodSeconds: {}",
        show_seconds(pod.budget.shutdown.value),
        pod.budget.shutdown.origin,
        show_seconds(pod.budget.buffer),
        pod.budget.needed_seconds(),
    );
    let help = if prestop.lower_bound() > LONG_HOOK {
        format!("shorten the hook: endpoints are gone long before; or {raise}")
    } else {
        raise
    };
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
                "{field} of `{}` grants {seconds}s after it fails, and the hook uses it up",
                container.name()
            );
            let detail = format!("{}: then no time is left after SIGTERM", pod.budget.prestop);
            let help =
                "fine where a hung container is to be killed at once; else raise it above the hook";
            out.push(
                Report::container(workload, container, node, message)
                    .detail(detail)
                    .help(help)
                    .pedantic(),
            );
        }
    }
}
