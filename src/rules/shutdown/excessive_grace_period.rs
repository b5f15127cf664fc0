//! `excessive-grace-period`

use std::time::Duration;

use crate::clocks::PodBudget;
use crate::finding::{Category, FixAvailability, OptionMeta, RuleMeta, Severity};
use crate::inventory::keeps_data;
use crate::kube::{ContainerRef, Workload, WorkloadKind};
use crate::lifecycle::prestop::Prestop;
use crate::lifecycle::shutdown;
use crate::rules::text::is_explained;
use crate::rules::{Context, Findings, Report, Rule};
use crate::settings::OptionValue;
use crate::units::show_seconds;

const MAX: &str = "max";

/// How long the cluster autoscaler waits for a pod (`--max-graceful-termination-sec`, by default).
const AUTOSCALER: Duration = Duration::from_secs(600);

static META: RuleMeta = RuleMeta {
    id: "excessive-grace-period",
    category: Category::Shutdown,
    severity: Severity::Note,
    pedantic: false,
    summary: "A pod may take longer to stop than nodes wait for it",
    page: include_str!("../../../rules/shutdown/excessive-grace-period.md"),
    options: &[OptionMeta {
        name: MAX,
        default: OptionValue::Seconds(120),
        summary: "The longest grace period that is not reported; for workloads without requests at least 600s.",
    }],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["checkpoint-and-resume"],
};

/// See the rule's page.
pub(in crate::rules) struct ExcessiveGracePeriod;

impl Rule for ExcessiveGracePeriod {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        const FIELD: &str = "terminationGracePeriodSeconds";
        let template = workload.template();
        if matches!(
            workload.kind(),
            WorkloadKind::StatefulSet | WorkloadKind::KnativeService
        ) || !workload.is_long_running()
            || cx.inventory.replicas(workload).is_parked()
        {
            return;
        }
        let is_serving = cx.inventory.serving(workload).is_serving();
        if is_serving && template.main_containers().any(drains) {
            return;
        }
        let node = template.spec_field(&[FIELD]).node();
        let (Some(spec), Some(spec_node), Some(node)) =
            (template.spec(), template.spec_node(), node)
        else {
            return;
        };
        let grace = shutdown::grace_period(spec.termination_grace_period_seconds).value;
        let max = cx.time(&META, MAX);
        // A store writes down what it holds.
        let is_serving = is_serving && !keeps_data(workload);
        let max = if is_serving { max } else { max.max(AUTOSCALER) };
        if grace <= max
            || cx
                .inventory
                .is_always_set_elsewhere(template.object(), spec_node, FIELD)
        {
            return;
        }
        // Whoever says how long the application takes means the time that this needs.
        let pod = PodBudget::largest(cx.clocks().budgets(workload));
        if pod.is_some_and(|pod| pod.budget.shutdown.is_declared() && pod.budget.total() > max) {
            return;
        }
        let message = message(grace);
        let upgrades = "a node upgrade waits 15 min on EKS, 30 min on AKS, 1 h on GKE";
        let help = if is_serving {
            format!(
                "{upgrades}; where requests really last that long, raise `rules.{}.{MAX}` in \
                 lameduck.yaml",
                META.id
            )
        } else {
            format!("{upgrades}; let work stop at SIGTERM, checkpoint, and resume in another pod")
        };
        let report = Report::template(workload, node, message).help(help);
        out.push(if is_explained(node) {
            report.pedantic()
        } else {
            report
        });
    }
}

fn message(grace: Duration) -> String {
    let shown = show_seconds(grace);
    if grace > AUTOSCALER {
        format!("grace period of {shown}: the cluster autoscaler kills the pod after 600s")
    } else {
        format!("grace period of {shown}: a spot node is gone 15s to 120s after its notice")
    }
}

/// Whether a hook of the container's own does more than to sleep.
fn drains(container: ContainerRef<'_>) -> bool {
    let lifecycle = container.data.lifecycle.as_ref();
    let hook = lifecycle.and_then(|lifecycle| lifecycle.pre_stop.as_ref());
    matches!(
        Prestop::of(hook),
        Prestop::Unknown(_) | Prestop::AtLeast(..)
    )
}
