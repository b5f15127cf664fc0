//! `single-replica`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{
    Claim, ClaimAccess, Serving, Traffic, elects_leader, is_controller, keeps_data,
};
use crate::kube::{Workload, WorkloadKind};
use crate::rules::availability::new_budget::holding_one;
use crate::rules::availability::rollout::{lone, show_claim};
use crate::rules::text::is_explained;
use crate::rules::{Context, Findings, Report, Rule, remarks};
use crate::yaml::Node;

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
        let Some(node) = lone(cx, workload) else {
            return;
        };
        let serving = cx.inventory.serving(workload);
        if !serving.may_serve() || cx.inventory.has_stand_ins(workload, &serving) {
            return;
        }
        let claims = cx.inventory.claims(workload);
        let surges = rollout_starts_first(cx, workload);
        let blocks = |claim: &Claim<'_>| matches!(claim.access, ClaimAccess::Exclusive { .. });
        // The rollout that hangs is what there is to repair.
        if surges
            && claims
                .iter()
                .any(|claim| !claim.is_per_pod && blocks(claim))
        {
            return;
        }
        let claim = claims.into_iter().find(Claim::may_be_exclusive);
        let holds = holding_one(cx, workload).is_some();
        let message = message(workload, &serving, node, (surges, holds), claim.is_some());
        let report = Report::object(workload.object(), node, message);
        let report = match claim {
            Some(claim) => singleton(workload, &claim, report),
            None if is_explained(node) || remarks::head_says_one(workload.object()) => report
                .help("nothing to change, where the application can only run once")
                .pedantic(),
            None if keeps_data(workload) => report
                .severity(Severity::Note)
                .help("plan for the outage; more replicas need a replication of their own"),
            None if is_controller(workload) => controller(workload, &serving, surges, report),
            None => several(workload, (surges, holds), report),
        };
        out.push(report.serving(&serving));
    }
}

/// Whether a rollout starts the new pod before the only one goes.
fn rollout_starts_first(cx: &Context<'_>, workload: Workload<'_>) -> bool {
    workload.kind() != WorkloadKind::StatefulSet
        && cx
            .inventory
            .rollout(workload, 1)
            .is_some_and(|it| it.is_ok_and(|rollout| !rollout.may_leave_none()))
}

/// A controller: two of it act on the same objects, unless one of them leads.
fn controller<'a>(
    workload: Workload<'a>,
    serving: &Serving<'_>,
    surges: bool,
    report: Report<'a>,
) -> Report<'a> {
    if elects_leader(workload) && surges {
        let report = report.help(
            "run a second one, which waits until the leader is gone and then takes over:\nreplicas: 2",
        );
        return report.severity(Severity::Note);
    }
    let report = report.help(
        "plan for the outage; more replicas of a controller need the election of a leader, or two act on \
         the same objects",
    );
    match serving.traffic() {
        _ if !surges => report.pedantic(),
        // The API server waits for its webhook.
        Traffic::Bounded(_) => report,
        _ => report.severity(Severity::Note),
    }
}

/// More replicas, and what stands against them.
fn several<'a>(
    workload: Workload<'a>,
    (surges, holds): (bool, bool),
    report: Report<'a>,
) -> Report<'a> {
    let strategy = workload.strategy();
    let kind = strategy.field(&["type"]).node().filter(|_| !surges);
    let report = report.help(match kind {
        Some(_) if workload.kind() == WorkloadKind::Deployment => {
            "where two may run side by side, run at least 2 replicas and let a rollout replace one at a \
             time; else plan for the outage:\n\
             replicas: 2\nstrategy:\n  type: RollingUpdate"
        }
        _ if holds => {
            "run at least 2 replicas, on different nodes:\nreplicas: 2"
        }
        _ => {
            "run at least 2 replicas, on different nodes and under a PodDisruptionBudget:\n\
             replicas: 2"
        }
    });
    match kind {
        Some(node) => report.related(
            workload.object(),
            node,
            "each rollout stops the only pod before a new one starts",
        ),
        None => report,
    }
}

/// A workload whose state only one pod can use: nothing to do but to know it.
fn singleton<'a>(workload: Workload<'a>, claim: &Claim<'_>, report: Report<'a>) -> Report<'a> {
    let (holder, node) = match claim.access {
        ClaimAccess::Exclusive { object, mode } => (object, mode),
        _ => (workload.template().object(), claim.mount),
    };
    report
        .help(
            "plan for the outage; more replicas need a state of their own each, or one that they \
             share (ReadWriteMany, a database)",
        )
        .related(holder, node, show_claim(claim))
        .pedantic()
}

fn message(
    workload: Workload<'_>,
    serving: &Serving<'_>,
    node: Node<'_>,
    (surges, holds): (bool, bool),
    is_singleton: bool,
) -> String {
    // No drain evicts a pod that a budget holds.
    let when = match (surges, holds) {
        (true, true) => "a crash",
        (true, false) => "a drain or crash",
        (false, true) => "a rollout or crash",
        (false, false) => "a rollout, drain or crash",
    };
    let default = if node.id() == workload.object().name_node().id() {
        " (default)"
    } else {
        ""
    };
    let who = if is_singleton { " by volume" } else { "" };
    format!(
        "1 replica{default}{who} {}: {when} leaves nobody to answer",
        serving.takes_requests()
    )
}
