//! What the rules about rollouts share.

use std::collections::HashSet;

use k8s_openapi::api::core::v1::PodSpec;

use crate::inventory::{Claim, ClaimAccess, Relation, Serving};
use crate::kube::{Object, Strategy, Workload, WorkloadKind};
use crate::lifecycle::rollout::{InvalidStrategy, Rollout};
use crate::rules::Context;

/// What the strategy does to so many replicas; `None` where no rule can judge it.
pub(super) fn rollout(
    cx: &Context<'_>,
    workload: Workload<'_>,
    replicas: u32,
) -> Option<Result<Rollout, InvalidStrategy>> {
    let strategy = workload.strategy();
    if strategy.is_unknown() || is_set_by_patch(cx, workload, strategy) {
        return None;
    }
    Rollout::of(strategy.form, replicas, cx.settings.kubernetes_version).transpose()
}

fn is_set_by_patch(cx: &Context<'_>, workload: Workload<'_>, strategy: Strategy<'_>) -> bool {
    let object = workload.object();
    strategy
        .paths()
        .any(|path| cx.inventory.is_set_elsewhere(object, object.node(), &path))
}

/// The volume for whose sake the only pod has to go before its successor comes: the workload is a
/// singleton by design. A claim that is not in view may be of that kind.
pub(super) fn volume_of_a_singleton<'a>(
    cx: &Context<'a>,
    workload: Workload<'a>,
) -> Option<Claim<'a>> {
    let goes_first = workload.kind() == WorkloadKind::StatefulSet
        || rollout(cx, workload, 1)?.is_ok_and(|rollout| {
            rollout.is_recreate() || rollout.surge() == 0 && rollout.may_leave_none()
        });
    let claims = cx.inventory.claims(workload);
    claims
        .into_iter()
        .find(|claim| goes_first && claim.may_be_exclusive())
}

/// Whether other workloads answer the same requests: every Service of this one also selects another
/// that runs. Two of one name are variants of which one is deployed.
pub(super) fn has_stand_ins(
    cx: &Context<'_>,
    workload: Workload<'_>,
    serving: &Serving<'_>,
) -> bool {
    let own = (workload.object().kind(), workload.object().name());
    let mut services = serving.services().peekable();
    let mut asked = HashSet::new();
    services.peek().is_some()
        && services.all(|(service, _)| {
            let is_asked = !asked.insert(cx.inventory.selection_number(service));
            is_asked || runs_another(cx, service, own)
        })
}

/// Whether a Service selects a running workload of another kind or name than this one.
fn runs_another(cx: &Context<'_>, service: &Object, (kind, name): (&str, &str)) -> bool {
    let runs = |workload: Workload<'_>, relation: Relation| {
        relation.is_firm()
            && workload.is_long_running()
            && !cx.inventory.replicas(workload).is_parked()
    };
    let first = cx
        .inventory
        .first_selected(service, "first that runs", runs);
    let first = first.map(|(workload, _)| workload.object());
    first.is_some_and(|first| {
        (first.kind(), first.name()) != (kind, name)
            || cx
                .inventory
                .first_selected(service, "first other that runs", |workload, relation| {
                    let other = workload.object();
                    runs(workload, relation)
                        && (other.kind(), other.name()) != (first.kind(), first.name())
                })
                .is_some()
    })
}

/// Whether a pod takes what its successor needs before that can start: a port of the node, or a volume
/// that one node or pod can mount. Such a pod has to go first.
pub(super) fn stands_in_the_way(cx: &Context<'_>, workload: Workload<'_>) -> bool {
    let spec = workload.template().spec();
    spec.is_some_and(takes_port_of_node) || shares_exclusive_volume(cx, workload)
}

/// Whether all pods use one volume that perhaps only one node or pod can mount.
pub(super) fn shares_exclusive_volume(cx: &Context<'_>, workload: Workload<'_>) -> bool {
    let mut claims = cx.inventory.claims(workload).into_iter();
    claims.any(|claim| !claim.is_per_pod && claim.may_be_exclusive())
}

/// Whether each pod needs a port of its node, which no second one can have there. With
/// `hostNetwork` every declared port is one.
pub(super) fn takes_port_of_node(spec: &PodSpec) -> bool {
    let mut ports = spec
        .containers
        .iter()
        .flat_map(|container| container.ports.iter().flatten());
    ports.any(|port| spec.host_network == Some(true) || port.host_port.is_some_and(|it| it > 0))
}

/// `claim data (ReadWriteOnce)`, `claim data (not in view)`
pub(super) fn show_claim(claim: &Claim<'_>) -> String {
    let what = if claim.is_per_pod {
        "claim template"
    } else {
        "claim"
    };
    let access = match claim.access {
        ClaimAccess::Exclusive { mode, .. } => mode.text().unwrap_or_default(),
        ClaimAccess::NodeLocal => "on one node's disk",
        ClaimAccess::Shared => "shared",
        ClaimAccess::Unknown => "not in view",
    };
    format!("{what} `{}` ({access})", claim.name)
}
