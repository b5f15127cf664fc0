//! The limits that fixes write into a workload's strategy.

use crate::edit::Value;
use crate::finding::Applicability;
use crate::kube::{Workload, WorkloadKind};
use crate::lifecycle::rollout::{InvalidStrategy, Rollout};
use crate::rules::{Context, Report};

const SURGE: &str = "maxSurge";
const UNAVAILABLE: &str = "maxUnavailable";

/// Keeps pods up during a rollout of so many replicas.
pub(super) fn keep_pods<'r>(
    cx: &Context<'_>,
    workload: Workload<'_>,
    rollout: Rollout,
    replicas: u32,
    report: Report<'r>,
) -> Report<'r> {
    let goes_first = goes_first(cx, workload, rollout);
    // Another pod has to be left.
    if goes_first && replicas < 2 {
        return report;
    }
    let limit = (UNAVAILABLE, u32::from(goes_first));
    set_limit(workload, limit, Applicability::Unsafe, report)
}

/// Whether a pod has to go before its successor comes: a StatefulSet replaces one at a time, no surge
/// is asked for, or there is no room for one.
pub(super) fn goes_first(cx: &Context<'_>, workload: Workload<'_>, rollout: Rollout) -> bool {
    workload.kind() == WorkloadKind::StatefulSet
        || rollout.surge() == 0
        || cx.inventory.stands_in_the_way(workload)
}

/// Writes the limit with which the strategy is accepted.
pub(super) fn permit<'r>(
    cx: &Context<'_>,
    workload: Workload<'_>,
    refused: &InvalidStrategy,
    report: Report<'r>,
) -> Report<'r> {
    let goes_first =
        workload.kind() == WorkloadKind::StatefulSet || cx.inventory.stands_in_the_way(workload);
    let (limit, applicability) = match refused {
        InvalidStrategy::NothingMayMove if goes_first => ((UNAVAILABLE, 1), Applicability::Unsafe),
        InvalidStrategy::NothingMayMove => ((SURGE, 1), Applicability::Unsafe),
        // Who asks for a surge and leaves the other at its default can only mean 0.
        InvalidStrategy::SurgeNeedsZeroUnavailable
            if workload.strategy().limit(UNAVAILABLE).is_absent() && !goes_first =>
        {
            ((UNAVAILABLE, 0), Applicability::Safe)
        }
        _ => return report,
    };
    set_limit(workload, limit, applicability, report)
}

fn set_limit<'r>(
    workload: Workload<'_>,
    (name, number): (&str, u32),
    applicability: Applicability,
    report: Report<'r>,
) -> Report<'r> {
    let object = workload.object();
    let path = workload.strategy().limits_path();
    let title = format!("set {name} to {number}");
    report.fix(applicability, title, object, |editor| {
        editor.put(object.node(), &path, name, Value::int(number))
    })
}
