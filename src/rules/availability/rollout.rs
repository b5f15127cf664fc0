//! What the rules about rollouts share.

use crate::inventory::{Claim, ClaimAccess, ReplicaOrigin, Replicas};
use crate::kube::{Workload, WorkloadKind};
use crate::rules::{Context, Report};
use crate::yaml::Node;

/// Where a workload says that it runs one pod, of those of which `single-replica` speaks: the number, or
/// the name of what lacks it.
pub(super) fn lone<'a>(cx: &Context<'a>, workload: Workload<'a>) -> Option<Node<'a>> {
    let is_judged = matches!(
        workload.kind(),
        WorkloadKind::Deployment
            | WorkloadKind::StatefulSet
            | WorkloadKind::Rollout
            | WorkloadKind::DeploymentConfig
    );
    let Replicas::Known {
        count: 1, origin, ..
    } = cx.inventory.replicas(workload)
    else {
        return None;
    };
    let object = workload.object();
    match origin {
        _ if !is_judged => None,
        ReplicaOrigin::Spec(node) => Some(node),
        // Whoever leaves the number out may have an autoscaler where nobody sees it.
        ReplicaOrigin::Default if !cx.inventory.is_open(object) => Some(object.name_node()),
        // An autoscaler's minimum is another rule's.
        ReplicaOrigin::Default | ReplicaOrigin::Autoscaler(..) => None,
    }
}

/// The volume for whose sake the only pod has to go before its successor comes: the workload is a
/// singleton by design. A claim that is not in view may be of that kind.
pub(super) fn volume_of_a_singleton<'a>(
    cx: &Context<'a>,
    workload: Workload<'a>,
) -> Option<Claim<'a>> {
    let goes_first = workload.kind() == WorkloadKind::StatefulSet
        || cx.inventory.rollout(workload, 1)?.is_ok_and(|rollout| {
            rollout.is_recreate() || rollout.surge() == 0 && rollout.may_leave_none()
        });
    let claims = cx.inventory.claims(workload);
    claims
        .into_iter()
        .find(|claim| goes_first && claim.may_be_exclusive())
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

/// Shows where the number of replicas is said.
pub(super) fn with_origin<'a>(
    report: Report<'a>,
    workload: Workload<'_>,
    origin: ReplicaOrigin<'_>,
) -> Report<'a> {
    match origin {
        ReplicaOrigin::Spec(node) => report.related(workload.object(), node, "the replicas"),
        ReplicaOrigin::Autoscaler(autoscaler, node) => report.related(
            autoscaler,
            node.unwrap_or_else(|| autoscaler.name_node()),
            "the autoscaler's minimum",
        ),
        ReplicaOrigin::Default => report,
    }
}
