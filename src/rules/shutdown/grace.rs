//! What the rules about the grace period share.

use crate::clocks::{PodBudget, grace_field, node_of};
use crate::edit::Value;
use crate::finding::Applicability;
use crate::kube::{Workload, WorkloadKind};
use crate::rules::Report;
use crate::units::show_seconds;

/// Sets the grace period to what the pod needs: where the application's time is declared, the
/// number is what was meant. It is never set below `least` seconds.
pub(super) fn raise<'r>(
    pod: &PodBudget<'_>,
    workload: Workload<'_>,
    least: u64,
    report: Report<'r>,
) -> Report<'r> {
    let template = workload.template();
    let Some(spec) = template.spec_node() else {
        return report;
    };
    // Knative's field is also the longest time of a request.
    let is_own = workload.kind() != WorkloadKind::KnativeService;
    let applicability = if is_own && pod.budget.shutdown.is_beyond_doubt() {
        Applicability::Safe
    } else {
        Applicability::Unsafe
    };
    let seconds = round(pod.budget.needed_seconds().max(least));
    let field = grace_field(workload);
    let title = format!("set {field} to {seconds}");
    report
        .fix(applicability, title, template.object(), |editor| {
            editor.put(spec, &[], field, Value::int(seconds))
        })
        .effect(slower(seconds))
}

/// The next number of seconds that people write.
pub(super) fn round(seconds: u64) -> u64 {
    let step = if seconds > 60 { 10 } else { 5 };
    seconds.checked_next_multiple_of(step).unwrap_or(seconds)
}

/// What a longer grace period means for a drain.
pub(super) fn slower(seconds: u64) -> String {
    format!("a pod that hangs holds up a drain for {seconds}s")
}

/// Labels on every term that a node states.
pub(super) fn explain<'r>(
    pod: &PodBudget<'_>,
    workload: Workload<'_>,
    mut report: Report<'r>,
) -> Report<'r> {
    let object = pod.container.object();
    if let Some(node) = pod.prestop_node() {
        report = report.related(object, node, pod.budget.prestop.to_string());
    }
    let shutdown = &pod.budget.shutdown;
    if let Some(node) = node_of(&shutdown.origin, workload.template(), pod.container) {
        report = report.related(
            object,
            node,
            format!("{} shutdown", show_seconds(shutdown.value)),
        );
    }
    if let Some(node) = pod.grace_node {
        report = report.related(object, node, "the grace period");
    }
    report
}

#[cfg(test)]
mod tests {
    use super::round;

    #[test]
    fn grace_periods_are_round_numbers() {
        for (needed, written) in [(30, 30), (41, 45), (60, 60), (67, 70), (133, 140)] {
            assert_eq!(round(needed), written);
        }
    }
}
