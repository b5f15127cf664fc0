//! The ports behind a Service.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{ContainerPort, ServicePort};

use crate::kube::{ContainerRef, ContainerRole, Object, Workload, WorkloadKind, is_placeholder};
use crate::rules::Context;

/// The ports of the long-running workloads behind a Service.
#[derive(Default)]
pub(super) struct Behind {
    /// Those that are deployed with the Service.
    pub(super) workloads: usize,
    /// Whether all ports of all of them are in view.
    pub(super) is_known: bool,
    /// The protocols of the ports of each name.
    pub(super) named: BTreeMap<String, BTreeSet<String>>,
    /// Of the workloads that are deployed with the Service the numbers of all ports,
    pub(super) numbers: BTreeSet<i32>,
    /// and their names.
    near: BTreeSet<String>,
}

impl Behind {
    pub(super) fn of(cx: &Context<'_>, object: &Object) -> Self {
        let mut behind = Self {
            is_known: true,
            ..Self::default()
        };
        for (workload, relation) in cx.inventory.selects(object) {
            if !workload.is_long_running() {
                continue;
            }
            let is_near = relation.is_firm();
            behind.workloads += usize::from(is_near);
            behind.is_known &= ports_are_known(cx, workload);
            for port in declared(workload) {
                if let Some(name) = &port.name {
                    let protocols = behind.named.entry(name.clone()).or_default();
                    protocols.insert(protocol(port.protocol.as_deref()).to_owned());
                    if is_near {
                        behind.near.insert(name.clone());
                    }
                }
                if is_near {
                    behind.numbers.insert(port.container_port);
                }
            }
        }
        behind
    }

    /// The endpoints controller looks for name and protocol.
    pub(super) fn serves(&self, port: &ServicePort, name: &str) -> bool {
        let protocols = self.named.get(name);
        protocols.is_some_and(|it| it.contains(protocol(port.protocol.as_deref())))
    }

    /// The names that may be meant.
    pub(super) fn names(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.near.iter().map(String::as_str)
    }
}

/// Whether all ports of a workload's containers are in view.
fn ports_are_known(cx: &Context<'_>, workload: Workload<'_>) -> bool {
    let template = workload.template();
    let is_gateway =
        template.is_injected() || template.annotation("inject.istio.io/templates").is_some();
    let mut containers = template.containers().peekable();
    workload.kind() != WorkloadKind::KnativeService
        && !is_gateway
        && containers.peek().is_some()
        && containers.all(|container| {
            let names_are_known = container
                .ports()
                .iter()
                .all(|port| !port.name.as_deref().is_some_and(is_placeholder));
            names_are_known
                && !container.field(&["ports"]).is_unknown()
                && !cx
                    .inventory
                    .is_set_elsewhere(container.object(), container.node, "ports")
        })
}

fn declared(workload: Workload<'_>) -> impl Iterator<Item = &ContainerPort> {
    workload
        .template()
        .containers()
        .filter(|container| container.role != ContainerRole::Init)
        .flat_map(ContainerRef::ports)
}

pub(super) fn protocol(written: Option<&str>) -> &str {
    written.unwrap_or("TCP")
}
