//! The sidecars of other meshes and of Dapr, as annotations have them injected, and when they leave.

use std::time::Duration;

use super::Inventory;
use crate::kube::{Object, Workload};
use crate::units::parse_go_duration;
use crate::yaml::Node;

/// A sidecar that another injector than Istio's adds, and that gets SIGTERM with the application.
#[derive(Clone, Copy, Debug)]
pub struct InjectedSidecar<'a> {
    /// Whose it is.
    pub injector: Injector,
    /// When it stops taking and making connections, from the start of the termination.
    pub exit: Duration,
    /// The object that has it injected.
    pub object: &'a Object,
    /// The annotation.
    pub node: Node<'a>,
}

/// Whose sidecar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Injector {
    /// daprd.
    Dapr,
    /// Consul's Envoy.
    Consul,
    /// Linkerd's proxy.
    Linkerd,
}

impl Inventory {
    /// A sidecar of Dapr, Consul or Linkerd that runs as an ordinary container next to the application.
    pub fn injected_sidecar<'a>(&'a self, workload: Workload<'a>) -> Option<InjectedSidecar<'a>> {
        let template = workload.template();
        let find = |key: &str| template.annotation(key);
        let is = |key: &str, value: &str| find(key).is_some_and(|it| it.text() == Some(value));
        let seconds = |key: &str| {
            let number = find(key)?.text()?.trim().parse().ok()?;
            Some(Duration::from_secs(number))
        };
        let (injector, exit, node) =
            if let Some(node) = find("dapr.io/enabled").filter(|it| it.text() == Some("true")) {
                if is("dapr.io/enable-native-sidecar", "true") {
                    return None;
                }
                // `pkg/injector/annotations`, `pkg/runtime`: 5 s unless told otherwise.
                let block = match find("dapr.io/block-shutdown-duration") {
                    Some(node) => parse_go_duration(node.text()?).ok()?,
                    None => Duration::ZERO,
                };
                let graceful =
                    seconds("dapr.io/graceful-shutdown-seconds").unwrap_or(Duration::from_secs(5));
                (Injector::Dapr, block.saturating_add(graceful), node)
            } else if let Some(node) =
                find("consul.hashicorp.com/connect-inject").filter(|it| it.text() == Some("true"))
            {
                const LIFECYCLE: &str = "consul.hashicorp.com/enable-sidecar-proxy-lifecycle";
                const GRACE: &str =
                    "consul.hashicorp.com/sidecar-proxy-lifecycle-shutdown-grace-period-seconds";
                let exit = if is(LIFECYCLE, "true") {
                    seconds(GRACE).unwrap_or(Duration::from_secs(30))
                } else {
                    Duration::ZERO
                };
                (Injector::Consul, exit, node)
            } else {
                const NATIVE: [&str; 2] = [
                    "config.alpha.linkerd.io/proxy-enable-native-sidecar",
                    "config.beta.linkerd.io/proxy-enable-native-sidecar",
                ];
                const WAIT: &str = "config.alpha.linkerd.io/proxy-wait-before-exit-seconds";
                let node = find("linkerd.io/inject")
                    .filter(|it| matches!(it.text(), Some("enabled" | "ingress")))?;
                if NATIVE.iter().any(|key| is(key, "true")) {
                    return None;
                }
                let exit = seconds(WAIT).unwrap_or(Duration::ZERO);
                (Injector::Linkerd, exit, node)
            };
        Some(InjectedSidecar {
            injector,
            exit,
            object: template.object(),
            node,
        })
    }
}
