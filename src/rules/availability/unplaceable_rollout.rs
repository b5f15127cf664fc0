//! `unplaceable-rollout`

use k8s_openapi::api::core::v1::PodSpec;

use super::narrowed;
use super::rollout::with_origin;
use crate::edit::{Advice, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{ReplicaOrigin, Replicas, takes_port_of_node};
use crate::kube::{StrategyForm, Workload, WorkloadKind};
use crate::rules::text::count;
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "unplaceable-rollout",
    category: Category::Availability,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A rollout needs a node more than there may be",
    page: include_str!("../../../rules/availability/unplaceable-rollout.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct UnplaceableRollout;

impl Rule for UnplaceableRollout {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let Some(obstacle) = Obstacle::of(cx, workload) else {
            return;
        };
        if workload.kind() == WorkloadKind::DaemonSet {
            check_daemon_set(cx, workload, obstacle, out);
            return;
        }
        let Replicas::Known { count, origin, .. } = cx.inventory.replicas(workload) else {
            return;
        };
        let Ok(replicas) = u32::try_from(count) else {
            return;
        };
        let Some(Ok(rollout)) = cx.inventory.rollout(workload, replicas) else {
            return;
        };
        // Where all new pods run next to all old ones, a second set of nodes is there by design.
        let is_side_by_side = matches!(workload.strategy().form, StrategyForm::SideBySide);
        if replicas == 0 || is_side_by_side || rollout.most_down() > 0 || rollout.surge() == 0 {
            return;
        }
        out.push(report(workload, obstacle, replicas, origin));
    }
}

/// Why a node takes no second pod.
#[derive(Clone, Copy)]
enum Obstacle<'a> {
    /// A port of the node.
    Port(Node<'a>),
    /// A required anti-affinity to the workload's own pods.
    AntiAffinity(Node<'a>),
}

impl<'a> Obstacle<'a> {
    fn of(cx: &Context<'_>, workload: Workload<'a>) -> Option<Self> {
        let template = workload.template();
        let (spec, node) = (template.spec()?, template.spec_node()?);
        let is_set = |field| {
            let object = template.object();
            cx.inventory.is_always_set_elsewhere(object, node, field)
        };
        if takes_port_of_node(spec)
            && !is_set("hostNetwork")
            && let Some(place) = port(workload, spec)
        {
            return Some(Self::Port(place));
        }
        let term = narrowed::own_terms(workload, spec)
            .zip(node.at(&["affinity", "podAntiAffinity", REQUIRED]))
            .filter(|_| !is_set("affinity.podAntiAffinity"))?;
        Some(Self::AntiAffinity(
            term.1.items().nth(term.0).unwrap_or(term.1),
        ))
    }

    fn place(self) -> Node<'a> {
        match self {
            Self::Port(node) | Self::AntiAffinity(node) => node,
        }
    }
}

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

/// The first port of the node that a container takes; it has no node where it is a placeholder.
fn port<'a>(workload: Workload<'a>, spec: &PodSpec) -> Option<Node<'a>> {
    let on_host = spec.host_network == Some(true);
    workload.template().main_containers().find_map(|container| {
        let list = container.node.get("ports")?;
        let mut ports = container.ports().iter().zip(list.items());
        ports.find_map(|(port, node)| {
            let taken = port.host_port.is_some_and(|number| number > 0);
            let key = if taken { "hostPort" } else { "containerPort" };
            let place = node.get(key)?;
            ((taken || on_host) && !container.object().is_unknown(place)).then_some(place)
        })
    })
}

fn check_daemon_set(
    cx: &Context<'_>,
    workload: Workload<'_>,
    obstacle: Obstacle<'_>,
    out: &mut Findings,
) {
    let strategy = workload.strategy();
    // A strategy that the API server refuses is reported by `unsafe-rollout-strategy`.
    let (Obstacle::Port(port), Some(Ok(rollout))) = (obstacle, cx.inventory.rollout(workload, 1))
    else {
        return;
    };
    let (Some(surge), true) = (strategy.limit("maxSurge").node(), rollout.surge() > 0) else {
        return;
    };
    let object = workload.object();
    let message = "the new pod needs a port that the old one holds on the same node: no rollout ever \
                   proceeds";
    let report = Report::object(object, surge, message)
        .severity(Severity::Error)
        .related(workload.template().object(), port, "the port of the node");
    out.push(go_first(workload, "let the old pod go first", report));
}

fn report<'a>(
    workload: Workload<'a>,
    obstacle: Obstacle<'_>,
    replicas: u32,
    origin: ReplicaOrigin<'a>,
) -> Report<'a> {
    let nodes = count(i64::from(replicas) + 1, "node");
    let all = count(replicas.into(), "replica");
    let at = match origin {
        ReplicaOrigin::Autoscaler(..) => "at the autoscaler's minimum of ",
        ReplicaOrigin::Spec(_) | ReplicaOrigin::Default => "with ",
    };
    let (severity, why) = match obstacle {
        Obstacle::Port(_) => (Severity::Warning, "each pod takes a port of its node"),
        Obstacle::AntiAffinity(_) => (Severity::Note, "no two pods may share a node"),
    };
    let narrowed = narrowed::narrows(workload);
    let usable = if narrowed.is_some() {
        " it may use,"
    } else {
        ""
    };
    let message = format!("{why}: with fewer than {nodes}{usable} a rollout hangs");
    let report = Report::template(workload, obstacle.place(), message)
        .detail(format!("{at}{all} the rollout starts one more first"))
        .severity(severity);
    let report = match narrowed {
        Some(place) => report.related(
            workload.template().object(),
            place,
            "it may use these nodes only",
        ),
        None => report,
    };
    let report = with_origin(report, workload, origin);
    let report = match workload.strategy().limit("maxUnavailable").node() {
        Some(node) => report.related(workload.object(), node, "no pod may go first"),
        None => report,
    };
    // The only pod cannot go first without an outage.
    if replicas == 1 {
        return report.help(
            "keep a node with room free, or, where an outage during the rollout is acceptable, let the \
             old pod go first: strategy type Recreate",
        );
    }
    let usable = if narrowed.is_some() {
        " that it may use,"
    } else {
        ""
    };
    let lead = format!("let an old pod go first (or keep {nodes}{usable} with room for it)");
    let report = go_first(workload, &lead, report);
    // Whether there are nodes enough, no file says; of ports it is known that others take them, too.
    match obstacle {
        Obstacle::Port(_) => report,
        Obstacle::AntiAffinity(_) => report.without_fix(),
    }
}

/// Lets one pod go before its successor comes.
fn go_first<'r>(workload: Workload<'_>, lead: &str, report: Report<'r>) -> Report<'r> {
    let path = workload.strategy().limits_path();
    let limits = [
        ("maxSurge", Value::int(0)),
        ("maxUnavailable", Value::int(1)),
    ];
    let object = workload.object();
    report.advise(
        lead,
        &Advice::below(&path, limits),
        Applicability::Unsafe,
        "set maxSurge to 0 and maxUnavailable to 1",
        object,
        object.node(),
    )
}
