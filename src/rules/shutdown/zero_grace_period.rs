//! `zero-grace-period`

use super::grace;
use crate::clocks::{GRACE_PERIOD as FIELD, PodBudget};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Workload, WorkloadKind};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "zero-grace-period",
    category: Category::Shutdown,
    severity: Severity::Error,
    pedantic: false,
    summary: "A grace period of 0 kills the pod without a shutdown",
    page: include_str!("../../../rules/shutdown/zero-grace-period.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &["grace-period-calculated"],
};

/// See the rule's page.
pub(in crate::rules) struct ZeroGracePeriod;

impl Rule for ZeroGracePeriod {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        /// Kubernetes' default.
        const LEAST: u64 = 30;
        let template = workload.template();
        // Knative derives the grace period from its own timeout.
        if !workload.is_long_running()
            || workload.kind() == WorkloadKind::KnativeService
            || template
                .main_containers()
                .all(|container| is_pause(container.data.image.as_deref().unwrap_or_default()))
        {
            return;
        }
        let seconds = template
            .spec()
            .and_then(|spec| spec.termination_grace_period_seconds);
        let node = template.spec_field(&[FIELD]).node();
        let (Some(seconds), Some(node)) = (seconds.filter(|seconds| *seconds <= 0), node) else {
            return;
        };
        // None where a kustomization sets the grace period.
        let Some(largest) = PodBudget::largest(cx.clocks().budgets(workload)) else {
            return;
        };
        let consequence = if seconds == 0 {
            "the pod is removed from the API at once, its preStop hooks do not run, and what it is \
             doing is cut off"
        } else {
            "the API server takes a negative number for 1, so what the pod is doing is cut off"
        };
        let identity = if workload.kind() == WorkloadKind::StatefulSet && seconds == 0 {
            "; a second pod of the same name may start while the first still runs"
        } else {
            ""
        };
        let message =
            format!("{FIELD} {seconds} leaves no time to shut down: {consequence}{identity}");
        let help = format!(
            "in the pod's spec: {FIELD}: {}",
            largest.budget.needed_seconds().max(LEAST)
        );
        let report = Report::template(workload, node, message).help(help);
        out.push(grace::raise(&largest, workload, LEAST, report));
    }
}

/// The image that only waits: it holds a place for other pods, and has nothing to shut down.
fn is_pause(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or_default();
    let name = name.split(['@', ':']).next().unwrap_or_default();
    name == "pause" || name.starts_with("pause-")
}
