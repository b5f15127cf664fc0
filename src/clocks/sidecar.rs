//! The sidecar's clock.

use std::time::Duration;

use super::{Clocks, Grace, PodBudget};
use crate::inventory::{ProxySettings, Told};
use crate::kube::{PROXY_CONFIG_ANNOTATION, ProxyAnnotation, Workload};
use crate::lifecycle::shutdown;
use crate::lifecycle::sidecar::DrainConfig;
use crate::yaml::Node;

/// What a proxy is told about its end, with Istio's defaults filled in.
pub fn drain(settings: &ProxySettings<'_>) -> DrainConfig {
    let default = DrainConfig::default();
    let or = |told: Option<Told<'_, Duration>>, default| told.map_or(default, |told| told.value);
    DrainConfig {
        termination_drain: or(settings.termination_drain(), default.termination_drain),
        exit_on_zero_connections: settings.exit_on_zero().is_some_and(|told| told.value),
        minimum_drain: or(settings.minimum_drain(), default.minimum_drain),
    }
}

/// What holds an application until its classic sidecar is ready.
#[derive(Clone, Copy, Debug)]
pub enum Hold<'a> {
    /// The pod's own annotation, `proxy.istio.io/config`.
    Pod(Node<'a>),
    /// A setting for the whole mesh.
    Mesh,
    /// Nothing.
    None,
}

impl Clocks<'_> {
    /// What holds the application of a workload until its classic sidecar is ready.
    pub fn hold<'a>(&self, workload: Workload<'a>) -> Hold<'a> {
        let annotation = workload.template().annotation(PROXY_CONFIG_ANNOTATION);
        let own = annotation.and_then(|node| {
            let config = ProxyAnnotation::read(node).ok()?;
            let held = config.value().hold_application_until_proxy_starts?;
            Some((node, held))
        });
        match own {
            Some((node, true)) => Hold::Pod(node),
            None if self.inventory.holds_mesh_wide(workload) => Hold::Mesh,
            Some((_, false)) | None => Hold::None,
        }
    }

    /// The main container that is done last; a grace period that is not known never ends it.
    pub fn longest<'a>(&self, workload: Workload<'a>) -> Option<PodBudget<'a>> {
        let grace = self.grace(workload).unwrap_or_else(|| Grace {
            term: shutdown::grace_period(Some(i64::MAX)),
            node: None,
        });
        PodBudget::largest(self.budgets_within(workload, &grace))
    }
}
