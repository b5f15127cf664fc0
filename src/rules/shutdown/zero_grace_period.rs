//! `zero-grace-period`

use super::grace;
use crate::clocks::{GRACE_PERIOD as FIELD, PodBudget};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Traffic;
use crate::kube::{Workload, WorkloadKind};
use crate::lifecycle::prestop::Prestop;
use crate::lifecycle::shutdown::{LEAST_AFTER_SIGTERM, LEAST_FOR_HOOK};
use crate::lifecycle::signal;
use crate::rules::text::is_explained;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;

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
                .all(|container| signal::only_waits(container.data))
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
        let message = message(&largest, seconds);
        let is_stateful = workload.kind() == WorkloadKind::StatefulSet;
        let identity = if is_stateful && seconds == 0 {
            "; and a second pod of the same name may start while the first still runs"
        } else {
            ""
        };
        let help = format!(
            "what the pod is doing is cut off{identity}; in the pod's spec:\n{FIELD}: {}",
            largest.budget.needed_seconds().max(LEAST)
        );
        let report = Report::template(workload, node, message).help(help);
        let is_meant = is_explained(node);
        let serving = cx.inventory.serving(workload);
        let severity = severity(is_stateful || serving.is_serving(), is_meant);
        let mut report = report.severity(severity);
        if serving.is_serving() {
            report = report.serving(&serving);
        }
        if is_meant {
            out.push(report);
            return;
        }
        let mut report = grace::raise(&largest, workload, LEAST, report);
        // Nobody writes 0 by accident: what it costs must be plain before it is taken back.
        let costs = is_stateful
            || cx.inventory.serving(workload).traffic() == Traffic::Yes
            || largest.budget.shutdown.is_beyond_doubt();
        if !costs {
            report.withhold("0 is written on purpose, and nothing in view is lost by it");
        }
        out.push(report);
    }
}

fn severity(is_costly: bool, is_meant: bool) -> Severity {
    match (is_costly, is_meant) {
        (true, _) => Severity::Error,
        (false, true) => Severity::Note,
        (false, false) => Severity::Warning,
    }
}

fn message(largest: &PodBudget<'_>, seconds: i64) -> String {
    let name = largest.container.name();
    let sigterm = show_seconds(LEAST_AFTER_SIGTERM);
    if largest.budget.prestop == Prestop::Absent {
        format!("grace period of {seconds}s: `{name}` gets {sigterm} from SIGTERM to SIGKILL")
    } else {
        format!(
            "grace period of {seconds}s: the preStop hook of `{name}` gets {}, SIGTERM {sigterm}",
            show_seconds(LEAST_FOR_HOOK)
        )
    }
}
