//! How long the proxies of Envoy Gateway drain. Their shutdown manager waits in a preStop hook: at least
//! `minDrainDuration`, then for the last connection, and no longer than `drainTimeout`; the grace period
//! is 300 s longer than that (`internal/cmd/envoy/shutdown_manager.go` and
//! `internal/infrastructure/kubernetes/proxy/resource_provider.go` of Envoy Gateway 1.9).

use std::time::Duration;

use crate::edit::{Advice, Value};
use crate::finding::Applicability;
use crate::kube::{LoadBalancer, Object};
use crate::rules::{Context, Report};
use crate::units::{parse_go_duration, show_seconds};

const MINIMUM: &str = "minDrainDuration";
const LIMIT: &str = "drainTimeout";
/// What they are by default, from Envoy Gateway 1.2 on; before it was 5 s and 600 s.
const DEFAULTS: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(60)];

/// Where the proxies may be gone before the load balancer of their Service knows.
pub(super) fn report<'a>(cx: &Context<'_>, proxy: &'a Object) -> Option<Report<'a>> {
    let (load_balancer, by) = LoadBalancer::of_envoy_proxy(proxy)?;
    let shutdown = proxy.node().at(&["spec", "shutdown"]);
    let told = |key: &str| shutdown.and_then(|shutdown| shutdown.get(key));
    let time = |key: &str, default| match told(key) {
        Some(node) => parse_go_duration(node.text()?).ok(),
        None => Some(default),
    };
    let (minimum, limit) = (time(MINIMUM, DEFAULTS[0])?, time(LIMIT, DEFAULTS[1])?);
    let needed = load_balancer.removal();
    let drain = minimum.min(limit);
    let is_set = cx
        .inventory
        .is_set_elsewhere(proxy, proxy.node(), "spec.shutdown");
    if drain >= needed || is_set {
        return None;
    }
    let decisive = told(if minimum <= limit { MINIMUM } else { LIMIT });
    let default = if decisive.is_none() { " (default)" } else { "" };
    let message = format!(
        "Envoy may exit {}{default} into the termination, but its load balancer needs {}",
        show_seconds(drain),
        show_seconds(needed)
    );
    let seconds = needed.as_secs();
    let mut entries = Vec::new();
    if minimum < needed {
        entries.push((MINIMUM, Value::text(format!("{seconds}s"))));
    }
    if limit < needed {
        let longest = needed.max(minimum);
        let total = longest.saturating_add(cx.settings.lifecycle.buffer);
        // Fractions of a second are no duration of the Gateway API.
        let whole = total.as_secs() + u64::from(total.subsec_nanos() > 0);
        entries.push((LIMIT, Value::text(format!("{whole}s"))));
    }
    let lead = format!("let Envoy drain for {seconds}s at least");
    let place = decisive.unwrap_or_else(|| proxy.name_node());
    let stands = format!("the {} of its Service", load_balancer.as_str());
    Some(
        Report::object(proxy, place, message)
            .related(proxy, by, stands)
            .advise(
                &lead,
                &Advice::below(&["spec", "shutdown"], entries),
                Applicability::Unsafe,
                &lead,
                proxy,
                proxy.node(),
            ),
    )
}

/// Whether an object says how Envoy Gateway runs its proxies.
pub(super) fn is_envoy_proxy(object: &Object) -> bool {
    object.kind() == "EnvoyProxy" && object.group() == "gateway.envoyproxy.io"
}
