//! Hosts that a Sidecar keeps from every proxy of a namespace.

use crate::inventory::Together;
use crate::kube::istio::destination_rule::DestinationRuleSpec;
use crate::kube::{Body, Object};
use crate::rules::Context;

/// Whether no proxy has either rule: they are for the clients of their namespace only, and a Sidecar for all of
/// these leaves the host's namespace out (`DestinationRule`s are for the services that a proxy imports).
pub(super) fn is_imported_nowhere(
    cx: &Context<'_>,
    object: &Object,
    spec: &DestinationRuleSpec,
) -> bool {
    let own = cx.inventory.namespace(object);
    let labels: Vec<&str> = spec.host.iter().flat_map(|host| host.split('.')).collect();
    let [_, of, "svc", "cluster", "local"] = labels.as_slice() else {
        return false;
    };
    if own == Some(*of) || spec.export_to.iter().any(|to| to != ".") || spec.export_to.is_empty() {
        return false;
    }
    let near = cx.inventory.objects().filter(|other| {
        cx.inventory.namespace(other) == own
            && cx.inventory.together(object, other) == Some(Together::File)
    });
    let (mut has_one, mut leaves_out) = (false, true);
    for other in near {
        match other.body() {
            // The destinations of its routes are imported with it.
            Body::VirtualService(_) => leaves_out = false,
            Body::Sidecar(sidecar) => {
                let Some(sidecar) = &sidecar.spec else {
                    continue;
                };
                let mut hosts = sidecar.egress.iter().flat_map(|egress| &egress.hosts);
                let imports = hosts.any(|host| {
                    let namespace = host.split_once('/').map_or("*", |(namespace, _)| namespace);
                    namespace == "*" || namespace == *of
                });
                has_one |= sidecar.workload_selector.is_none() && !sidecar.egress.is_empty();
                leaves_out &= !imports;
            }
            _ => {}
        }
    }
    has_one && leaves_out
}
