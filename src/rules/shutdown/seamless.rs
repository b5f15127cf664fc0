//! Whether the rollouts of a workload are plainly to lose no request.

use crate::inventory::{Traffic, extends_api, is_controller, is_data_store};
use crate::kube::{ContainerRef, Workload};
use crate::rules::Context;

/// Why only a person can tell whether waiting is what the workload needs.
pub(super) fn needs_a_person(
    cx: &Context<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
) -> Option<&'static str> {
    /// Kubernetes' default.
    const USUAL: i64 = 30;
    let spec = workload.template().spec();
    let grace = spec.and_then(|spec| spec.termination_grace_period_seconds);
    let count = cx.inventory.replicas(workload).count();
    let is_alone = count == Some(1);
    let has_several = count.is_some_and(|count| count >= 2);
    if grace.is_some_and(|seconds| seconds < USUAL) {
        Some("a short grace period is written, so the pod is meant to stop soon")
    } else if matches!(
        cx.inventory.serving(workload).traffic(),
        Traffic::Bounded(_)
    ) || extends_api(workload)
    {
        Some("only the API server calls it")
    } else if is_data_store(workload) {
        Some("by its image it is a data store, whose clients keep their connections")
    } else if is_controller(workload) {
        Some("by its name it is a controller, whose clients try again")
    } else if is_alone && !is_seamless(workload) {
        Some("with one replica, nothing says that its rollouts are to lose no request")
    } else if !has_several && container.data.readiness_probe.is_none() {
        Some("without a readiness probe requests reach a new pod too early, hook or not")
    } else {
        None
    }
}

/// Whether the strategy says that no pod may go before its successor is ready.
fn is_seamless(workload: Workload<'_>) -> bool {
    let limit = workload.strategy().limit("maxUnavailable").node();
    limit.is_some_and(|node| matches!(node.text(), Some("0" | "0%")))
}
