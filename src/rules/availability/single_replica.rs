//! `single-replica`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{ClaimAccess, ReplicaOrigin, Replicas};
use crate::kube::{Workload, WorkloadKind};
use crate::rules::availability::rollout::{has_stand_ins, show_claim, volume_of_a_singleton};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "single-replica",
    category: Category::Availability,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A workload that takes requests runs one replica",
    page: include_str!("../../../rules/availability/single-replica.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct SingleReplica;

impl Rule for SingleReplica {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let is_judged = matches!(
            workload.kind(),
            WorkloadKind::Deployment
                | WorkloadKind::StatefulSet
                | WorkloadKind::Rollout
                | WorkloadKind::DeploymentConfig
        );
        let Replicas::Known { count: 1, origin } = cx.inventory.replicas(workload) else {
            return;
        };
        let object = workload.object();
        let node = match origin {
            ReplicaOrigin::Spec(node) => node,
            // Whoever leaves the number out may have an autoscaler where nobody sees it.
            ReplicaOrigin::Default if !cx.inventory.is_open(object) => object.name_node(),
            // An autoscaler's minimum is another rule's.
            ReplicaOrigin::Default | ReplicaOrigin::Autoscaler(..) => return,
        };
        let serving = cx.inventory.serving(workload);
        if !is_judged || !serving.is_serving() || has_stand_ins(cx, workload, &serving) {
            return;
        }
        let singleton = volume_of_a_singleton(cx, workload);
        let mut report = Report::object(object, node, message(workload, singleton.is_some()));
        report = match singleton {
            Some(claim) => {
                let (holder, node) = match claim.access {
                    ClaimAccess::Exclusive { object, mode } => (object, mode),
                    _ => (workload.template().object(), claim.mount),
                };
                report = report.related(holder, node, show_claim(&claim));
                report.severity(Severity::Note).help(
                    "nothing to change if the application can only run once: plan the outage. Else \
                     give every replica its own state, or share it (ReadWriteMany, a database), and \
                     run at least 2",
                )
            }
            None => report.help(
                "run at least 2 replicas, on different nodes and under a PodDisruptionBudget:\n\
                 replicas: 2",
            ),
        };
        if let Some((service, _)) = serving.services().next() {
            report = report.related(
                service,
                service.name_node(),
                "requests come through this Service",
            );
        }
        out.push(report);
    }
}

fn message(workload: Workload<'_>, is_singleton: bool) -> String {
    let kind = workload.object().kind();
    let when = match workload.kind() {
        WorkloadKind::StatefulSet => "every rollout, node drain or crash",
        _ if is_singleton => "every rollout, node drain or crash",
        _ => "every node drain, eviction or crash",
    };
    let why = if is_singleton {
        " (a singleton, by its volume)"
    } else {
        ""
    };
    format!(
        "{kind} takes requests with 1 replica{why}: {when} leaves nobody to answer until another pod \
         is ready"
    )
}
