//! `unsafe-rollout-strategy`

use super::limits;
use super::rollout::{lone, volume_of_a_singleton, with_origin};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Replicas, keeps_data};
use crate::kube::{Workload, WorkloadKind};
use crate::lifecycle::rollout::{InvalidStrategy, Rollout};
use crate::rules::text::is_explained;
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "unsafe-rollout-strategy",
    category: Category::Availability,
    severity: Severity::Error,
    pedantic: false,
    summary: "A rollout may leave no pod, or its strategy is rejected",
    page: include_str!("../../../rules/availability/unsafe-rollout-strategy.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &[],
};

/// A new pod beside the old ones would be one more member, or another store.
const MEMBERS: &str = "each pod keeps data of its own, so a new one next to the old ones is one member too many: a \
                       StatefulSet replaces one at a time";

/// See the rule's page.
pub(in crate::rules) struct UnsafeRolloutStrategy;

impl Rule for UnsafeRolloutStrategy {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        // What the API server refuses does not hang on the number.
        match cx.inventory.rollout(workload, 1) {
            Some(Err(refused)) => {
                if let Some(report) = refusal(cx, workload, &refused) {
                    out.push(report);
                }
            }
            Some(Ok(_)) => check_rollout(cx, workload, out),
            None => {}
        }
    }
}

fn check_rollout(cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
    let known = cx.inventory.replicas(workload);
    let Replicas::Known {
        count,
        most,
        origin,
    } = known
    else {
        return;
    };
    let (Ok(replicas), Ok(most)) = (u32::try_from(count), u32::try_from(most)) else {
        return;
    };
    let of = |replicas| cx.inventory.rollout(workload, replicas)?.ok();
    let Some(rollout) = of(replicas) else {
        return;
    };
    // One pod and no other: `single-replica` speaks of it, or nobody has to.
    if !rollout.may_leave_none()
        || most == 1
            && (workload.kind() == WorkloadKind::StatefulSet || lone(cx, workload).is_some())
        || (rollout.is_recreate() || replicas == 1) && volume_of_a_singleton(cx, workload).is_some()
    {
        return;
    }
    let serving = cx.inventory.serving(workload);
    if !serving.may_serve() || cx.inventory.has_stand_ins(workload, &serving) {
        return;
    }
    let is_always = of(most).is_some_and(|rollout| rollout.may_leave_none());
    let place = place(workload, rollout);
    let severity = if is_explained(place) {
        Severity::Note
    } else if is_always && most >= 2 {
        Severity::Error
    } else {
        Severity::Warning
    };
    let goes_first =
        replicas >= 2 && !rollout.is_recreate() && limits::goes_first(cx, workload, rollout);
    let message = message(cx, workload, rollout, (!is_always).then_some(replicas));
    let mut report = Report::object(workload.object(), place, message)
        .severity(severity)
        .help(if rollout.is_recreate() && keeps_data(workload) {
            MEMBERS.to_owned()
        } else {
            help(workload, goes_first)
        });
    if rollout.is_recreate() {
        report = report.detail(rollout.to_string());
    }
    let report = with_origin(report, workload, origin).serving(&serving);
    out.push(if rollout.is_recreate() || is_explained(place) {
        report
    } else {
        limits::keep_pods(cx, workload, rollout, replicas, report)
    });
}

/// The value that decides, else the key of the strategy, else the workload's name.
fn place(workload: Workload<'_>, rollout: Rollout) -> Node<'_> {
    let strategy = workload.strategy();
    let decides = if rollout.is_recreate() {
        strategy.field(&["type"]).node()
    } else {
        let unavailable = strategy.limit("maxUnavailable").node();
        unavailable.or_else(|| strategy.limit("maxSurge").node())
    };
    decides
        .or_else(|| strategy.key())
        .unwrap_or_else(|| workload.object().name_node())
}

fn message(
    cx: &Context<'_>,
    workload: Workload<'_>,
    rollout: Rollout,
    minimum: Option<u32>,
) -> String {
    if rollout.is_recreate() {
        return "strategy Recreate: each rollout is an outage until a new pod is ready".to_owned();
    }
    let since = match workload.kind() {
        WorkloadKind::StatefulSet if cx.settings.kubernetes_version.is_none() => {
            " (from Kubernetes 1.35 on)"
        }
        _ => "",
    };
    let at = minimum.map_or_else(String::new, |count| {
        format!(", at the autoscaler's minimum of {count}")
    });
    format!("{rollout}{since}: a rollout may leave no pod to answer{at}")
}

fn help(workload: Workload<'_>, goes_first: bool) -> String {
    let (what, limits) = if goes_first {
        ("let one pod go at a time:", "maxUnavailable: 1")
    } else {
        (
            "let a new pod become ready before an old one goes:",
            "maxSurge: 1\n    maxUnavailable: 0",
        )
    };
    match workload.kind() {
        WorkloadKind::StatefulSet => "keep pods up while others are replaced:\n\
             updateStrategy:\n  rollingUpdate:\n    maxUnavailable: 1"
            .to_owned(),
        WorkloadKind::Rollout => {
            format!("{what}\nstrategy:\n  canary:\n    {limits}")
        }
        WorkloadKind::DeploymentConfig => {
            format!("{what}\nstrategy:\n  type: Rolling\n  rollingParams:\n    {limits}")
        }
        _ => format!("{what}\nstrategy:\n  type: RollingUpdate\n  rollingUpdate:\n    {limits}"),
    }
}

/// What the API server refuses; wrong values and words are `invalid-field`.
fn refusal<'a>(
    cx: &Context<'_>,
    workload: Workload<'a>,
    refused: &InvalidStrategy,
) -> Option<Report<'a>> {
    let object = workload.object();
    let strategy = workload.strategy();
    let kind = workload.kind();
    let (what, help) = match refused {
        InvalidStrategy::NothingMayMove if kind == WorkloadKind::StatefulSet => (
            "maxUnavailable is 0: no pod could be replaced".to_owned(),
            "let one pod go at a time: maxUnavailable: 1",
        ),
        InvalidStrategy::NothingMayMove => (
            refused.to_string(),
            if cx.inventory.stands_in_the_way(workload) {
                "let one pod go before its successor comes: maxUnavailable: 1"
            } else {
                "let one pod more run during a rollout: maxSurge: 1"
            },
        ),
        InvalidStrategy::SurgeNeedsZeroUnavailable => (
            "maxSurge with a maxUnavailable above 0 (default 1)".to_owned(),
            if cx.inventory.stands_in_the_way(workload) {
                "remove maxSurge: a pod takes a port of its node or a volume, and has to go before \
                 another can start"
            } else {
                "a DaemonSet surges or goes down, not both: add maxUnavailable: 0"
            },
        ),
        InvalidStrategy::RecreateWithRollingUpdate => (
            refused.to_string(),
            "remove rollingUpdate, or write type: RollingUpdate",
        ),
        InvalidStrategy::UnknownType(_) | InvalidStrategy::Amount { .. } => return None,
    };
    let who = if kind == WorkloadKind::Rollout {
        "Argo Rollouts"
    } else {
        "the API server"
    };
    let place = match refused {
        InvalidStrategy::SurgeNeedsZeroUnavailable => strategy.limit("maxSurge").node(),
        InvalidStrategy::RecreateWithRollingUpdate => strategy.field(&["rollingUpdate"]).node(),
        _ => strategy.limit("maxUnavailable").node(),
    };
    let node = place
        .or_else(|| strategy.limit("maxSurge").node())
        .or_else(|| strategy.key())
        .unwrap_or_else(|| object.name_node());
    let message = format!("{what}: {who} rejects the {}", object.kind());
    let report = Report::object(object, node, message).help(help);
    Some(limits::permit(cx, workload, refused, report))
}
