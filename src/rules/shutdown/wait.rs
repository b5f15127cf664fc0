//! The hook that waits until the endpoints are gone.

use std::time::Duration;

use k8s_openapi::api::core::v1::ExecAction;

use crate::clocks::Removal;
use crate::edit::Value;
use crate::kube::{Workload, WorkloadKind};
use crate::lifecycle::prestop::program_not_in_image;
use crate::rules::{Context, Report};
use crate::units::show_seconds;

/// Seconds. Covers the usual removal of an endpoint from proxies and ingresses.
pub(super) const USUAL: u64 = 15;

/// Whether the kubelet can sleep by itself: on by default from Kubernetes 1.30 (KEP-3960).
pub(super) fn is_native(cx: &Context<'_>) -> bool {
    !cx.is_kubernetes_before(1, 30)
}

/// Says of a Rollout that it deletes its old pods sooner after the switch of its Service than endpoints
/// need, so that not even a rollout waits for them (`docs/features/bluegreen.md` of Argo Rollouts).
pub(super) fn explain_scale_down<'r>(
    workload: Workload<'_>,
    removal: &Removal<'_>,
    report: Report<'r>,
) -> Report<'r> {
    let strategy = workload.object().node().at(&["spec", "strategy"]);
    let strategy = strategy.filter(|_| workload.kind() == WorkloadKind::Rollout);
    let written = ["blueGreen", "canary"].iter().find_map(|kind| {
        let node = strategy?.at(&[kind, "scaleDownDelaySeconds"])?;
        let seconds: u64 = node.text()?.trim().parse().ok()?;
        Some((node, Duration::from_secs(seconds)))
    });
    match written.filter(|(_, delay)| *delay < removal.delay) {
        Some((node, delay)) => {
            let delay = show_seconds(delay);
            let text =
                format!("the rollout deletes the old pods {delay} after the switch (default 30s)");
            report.related(workload.object(), node, text)
        }
        None => report,
    }
}

/// The handler that waits: its key and value. `None` where the cluster has no native sleep and the
/// image by its name has no `sleep` either.
pub(super) fn handler(
    cx: &Context<'_>,
    image: &str,
    seconds: u64,
) -> Option<(&'static str, Value)> {
    if is_native(cx) {
        return Some(("sleep", Value::map([("seconds", Value::int(seconds))])));
    }
    let argv = ["sleep".to_owned(), seconds.to_string()];
    let exec = ExecAction {
        command: Some(argv.to_vec()),
    };
    if program_not_in_image(&exec, image).is_some() {
        return None;
    }
    let command = Value::Flow(Box::new(Value::List(argv.map(Value::Text).to_vec())));
    Some(("exec", Value::map([("command", command)])))
}
