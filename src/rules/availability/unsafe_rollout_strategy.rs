//! `unsafe-rollout-strategy`

use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{ReplicaOrigin, Replicas};
use crate::kube::{Workload, WorkloadKind};
use crate::lifecycle::rollout::{InvalidStrategy, Rollout};
use crate::rules::availability::rollout::{has_stand_ins, rollout, volume_of_a_singleton};
use crate::rules::text::and;
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "unsafe-rollout-strategy",
    category: Category::Availability,
    severity: Severity::Error,
    pedantic: false,
    summary: "A rollout may leave no pod to answer, or its strategy is refused",
    page: include_str!("../../../rules/availability/unsafe-rollout-strategy.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct UnsafeRolloutStrategy;

impl Rule for UnsafeRolloutStrategy {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        // What the API server refuses does not hang on the number.
        match rollout(cx, workload, 1) {
            Some(Err(refused)) => {
                if let Some(report) = refusal(workload, &refused) {
                    out.push(report);
                }
            }
            Some(Ok(_)) => check_rollout(cx, workload, out),
            None => {}
        }
    }
}

fn check_rollout(cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
    let Replicas::Known { count, origin } = cx.inventory.replicas(workload) else {
        return;
    };
    let Ok(replicas) = u32::try_from(count) else {
        return;
    };
    let Some(Ok(rollout)) = rollout(cx, workload, replicas) else {
        return;
    };
    let is_lone_stateful_set = replicas == 1 && workload.kind() == WorkloadKind::StatefulSet;
    let must_recreate =
        (rollout.is_recreate() || replicas == 1) && volume_of_a_singleton(cx, workload).is_some();
    if !rollout.may_leave_none() || is_lone_stateful_set || must_recreate {
        return;
    }
    let serving = cx.inventory.serving(workload);
    if !serving.is_serving() || has_stand_ins(cx, workload, &serving) {
        return;
    }
    let severity = if replicas >= 2 {
        Severity::Error
    } else {
        Severity::Warning
    };
    let mut report = Report::object(
        workload.object(),
        place(workload, rollout),
        message(cx, workload, rollout),
    )
    .severity(severity)
    .help(help(workload));
    report = match origin {
        ReplicaOrigin::Spec(node) => report.related(workload.object(), node, "the replicas"),
        ReplicaOrigin::Autoscaler(autoscaler, node) => report.related(
            autoscaler,
            node.unwrap_or_else(|| autoscaler.name_node()),
            "the least replicas",
        ),
        ReplicaOrigin::Default => report,
    };
    out.push(if rollout.is_recreate() {
        report
    } else {
        keep_pods(workload, rollout, report)
    });
}

/// Lets a new pod become ready before an old one goes; a StatefulSet replaces one at a time.
fn keep_pods<'r>(workload: Workload<'_>, rollout: Rollout, report: Report<'r>) -> Report<'r> {
    let mut limits = vec![("maxUnavailable", 0)];
    if workload.kind() == WorkloadKind::StatefulSet {
        limits = vec![("maxUnavailable", 1)];
    } else if rollout.surge() == 0 {
        limits.push(("maxSurge", 1));
    }
    set_limits(workload, &limits, Applicability::Unsafe, report)
}

fn set_limits<'r>(
    workload: Workload<'_>,
    limits: &[(&'static str, u32)],
    applicability: Applicability,
    report: Report<'r>,
) -> Report<'r> {
    let object = workload.object();
    let path = workload.strategy().limits_path();
    let shown: Vec<String> = limits
        .iter()
        .map(|(name, number)| format!("{name} to {number}"))
        .collect();
    let title = format!("set {}", and(&shown));
    report.fix(applicability, title, object, |editor| {
        let mut edits = Vec::new();
        for (name, number) in limits {
            edits.extend(editor.put(object.node(), &path, name, Value::int(*number))?);
        }
        Ok(edits)
    })
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

fn message(cx: &Context<'_>, workload: Workload<'_>, rollout: Rollout) -> String {
    if rollout.is_recreate() {
        return format!(
            "strategy {rollout}: each rollout is an outage from the first SIGTERM until a new pod is \
             ready"
        );
    }
    let since = match workload.kind() {
        WorkloadKind::StatefulSet if cx.settings.kubernetes_version.is_none() => {
            " (from Kubernetes 1.35 on)"
        }
        _ => "",
    };
    format!("{rollout}{since}: during each rollout there may be no pod that answers")
}

fn help(workload: Workload<'_>) -> String {
    let what = "let a new pod become ready before an old one goes:";
    let limits = "maxSurge: 1\n    maxUnavailable: 0";
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
fn refusal<'a>(workload: Workload<'a>, refused: &InvalidStrategy) -> Option<Report<'a>> {
    let object = workload.object();
    let strategy = workload.strategy();
    let kind = workload.kind();
    let (what, help) = match refused {
        InvalidStrategy::NothingMayMove if kind == WorkloadKind::StatefulSet => (
            "maxUnavailable is 0, so that no pod could ever be replaced".to_owned(),
            "let one pod go at a time: maxUnavailable: 1",
        ),
        InvalidStrategy::NothingMayMove => (
            format!("{refused}, so that no pod could ever be replaced"),
            "let one pod more run during a rollout: maxSurge: 1",
        ),
        InvalidStrategy::SurgeNeedsZeroUnavailable => (
            "maxSurge is set, and maxUnavailable is not 0 (it is 1 unless written)".to_owned(),
            "a DaemonSet surges or goes down, not both: add maxUnavailable: 0",
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
    let message = format!("{what}: {who} refuses the {}", object.kind());
    let report = Report::object(object, node, message).help(help);
    Some(permit(workload, refused, report))
}

/// The limit with which the strategy is accepted.
fn permit<'r>(workload: Workload<'_>, refused: &InvalidStrategy, report: Report<'r>) -> Report<'r> {
    let kind = workload.kind();
    let strategy = workload.strategy();
    match refused {
        InvalidStrategy::NothingMayMove if kind == WorkloadKind::StatefulSet => set_limits(
            workload,
            &[("maxUnavailable", 1)],
            Applicability::Unsafe,
            report,
        ),
        InvalidStrategy::NothingMayMove => {
            set_limits(workload, &[("maxSurge", 1)], Applicability::Unsafe, report)
        }
        // Who asks for a surge and leaves the other at its default can only mean 0.
        InvalidStrategy::SurgeNeedsZeroUnavailable
            if strategy.limit("maxUnavailable").is_absent() =>
        {
            set_limits(
                workload,
                &[("maxUnavailable", 0)],
                Applicability::Safe,
                report,
            )
        }
        _ => report,
    }
}
