//! The hook that waits until the endpoints are gone.

use k8s_openapi::api::core::v1::ExecAction;

use crate::edit::Value;
use crate::lifecycle::prestop::program_not_in_image;
use crate::rules::Context;

/// Seconds. Covers the usual removal of an endpoint from proxies and ingresses.
pub(super) const USUAL: u64 = 15;

/// Whether the kubelet can sleep by itself: on by default from Kubernetes 1.30 (KEP-3960).
pub(super) fn is_native(cx: &Context<'_>) -> bool {
    !cx.is_kubernetes_before(1, 30)
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
