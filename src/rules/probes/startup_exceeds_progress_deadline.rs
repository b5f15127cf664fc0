//! `startup-exceeds-progress-deadline`

use super::probe::{ProbeKind, ProbeRef, probes_of};
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Workload, WorkloadKind};
use crate::lifecycle::probes::Timing;
use crate::lifecycle::startup::Progress;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;

static META: RuleMeta = RuleMeta {
    id: "startup-exceeds-progress-deadline",
    category: Category::Probes,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A pod may take longer to start than its rollout waits",
    page: include_str!("../../../rules/probes/startup-exceeds-progress-deadline.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["startup-probe"],
};

/// See the rule's page.
pub(in crate::rules) struct StartupExceedsProgressDeadline;

impl Rule for StartupExceedsProgressDeadline {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        if cx.inventory.replicas(workload).is_parked() {
            return;
        }
        let Some((min_ready, deadline)) = cx.clocks().rollout_times(workload) else {
            return;
        };
        let slowest = workload
            .template()
            .lasting_containers()
            .flat_map(probes_of)
            .filter(|probe| probe.kind == ProbeKind::Startup && !probe.is_refused(cx))
            .filter(|probe| {
                ["initialDelaySeconds", "periodSeconds", "failureThreshold"]
                    .iter()
                    .all(|field| probe.is_known(cx, field))
            })
            .map(|probe| (Timing::of(probe.data), probe))
            .reduce(|best, next| {
                if next.0.startup_budget() > best.0.startup_budget() {
                    next
                } else {
                    best
                }
            });
        if let Some((timing, probe)) = slowest {
            let progress = Progress::new(timing.startup_budget(), min_ready, deadline);
            if progress.exceeds_deadline() {
                out.push(report(workload, &probe, &timing, &progress));
            }
        }
    }
}

fn report<'a>(
    workload: Workload<'a>,
    probe: &ProbeRef<'a>,
    timing: &Timing,
    progress: &Progress,
) -> Report<'a> {
    let object = workload.object();
    let outcome = match workload.kind() {
        WorkloadKind::Rollout => "degraded",
        _ => "failed",
    };
    let message = format!(
        "`{}` may take {} to become available, but the rollout has {outcome} after {}{}",
        probe.container.name(),
        show_seconds(progress.latest_available()),
        show_seconds(progress.deadline),
        if progress.is_default {
            " (default)"
        } else {
            ""
        },
    );
    // Room for the pod to be scheduled and its image to be pulled.
    let enough = progress.latest_available().as_secs().saturating_add(60);
    let help = format!(
        "{progress}\nin the {}'s spec, with room for scheduling and the image pull; or let the startup probe give \
         up sooner:\nprogressDeadlineSeconds: {enough}",
        object.kind()
    );
    let budget = format!("startup budget: {}", timing.show_startup_budget());
    let threshold = probe.field(&["failureThreshold"]).node();
    let threshold = threshold.unwrap_or(probe.key);
    let deadline = object.field(&["spec", "progressDeadlineSeconds"]).node();
    let report = match deadline {
        Some(node) => Report::object(object, node, message),
        None => Report::container(workload, probe.container, threshold, message),
    };
    let title = format!("set progressDeadlineSeconds to {enough}");
    let report = report
        .help(help)
        .fix(Applicability::Unsafe, title, object, |editor| {
            let seconds = Value::int(enough);
            editor.put(object.node(), &["spec"], "progressDeadlineSeconds", seconds)
        })
        .related(probe.container.object(), threshold, budget);
    match object.field(&["spec", "minReadySeconds"]).node() {
        Some(node) => {
            let label = format!(
                "{} more until it counts as available",
                show_seconds(progress.min_ready)
            );
            report.related(object, node, label)
        }
        None => report,
    }
}
