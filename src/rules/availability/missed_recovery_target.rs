//! `missed-recovery-target`

use std::time::Duration;

use crate::clocks::{annotation, node_of};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRef, Workload};
use crate::lifecycle::Term;
use crate::lifecycle::probes::Timing;
use crate::lifecycle::startup::{ReadyAfter, earliest_ready};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::{parse_lenient_duration, show_seconds};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "missed-recovery-target",
    category: Category::Availability,
    severity: Severity::Error,
    pedantic: false,
    summary: "A new pod needs longer to be ready than the recovery time objective allows",
    page: include_str!("../../../rules/availability/missed-recovery-target.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["rto-rpo-metrics"],
};

/// The annotation that gives the recovery time objective of a workload.
const RTO: &str = "lameduck.dev/rto";

/// See the rule's page.
pub(in crate::rules) struct MissedRecoveryTarget;

impl Rule for MissedRecoveryTarget {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        if !workload.is_long_running() || cx.inventory.replicas(workload).is_parked() {
            return;
        }
        for container in workload.template().main_containers() {
            let Some(target) = Target::of(cx, workload, container) else {
                continue;
            };
            if let Some(report) = judge(cx, workload, container, &target) {
                out.push(report);
                // The pod is ready when all of its containers are: one is enough to miss the target.
                return;
            }
        }
    }
}

/// The time in which a pod has to be ready again.
struct Target<'a> {
    time: Duration,
    /// The annotation; the configuration has no place here.
    node: Option<Node<'a>>,
}

impl<'a> Target<'a> {
    fn of(cx: &Context<'_>, workload: Workload<'a>, container: ContainerRef<'_>) -> Option<Self> {
        let node = annotation(workload, container, RTO);
        let read = node.and_then(Node::text).and_then(parse_lenient_duration);
        match read {
            Some(time) => Some(Self { time, node }),
            None => cx
                .settings
                .lifecycle
                .rto
                .map(|time| Self { time, node: None }),
        }
    }
}

fn judge<'a>(
    cx: &Context<'_>,
    workload: Workload<'a>,
    container: ContainerRef<'a>,
    target: &Target<'a>,
) -> Option<Report<'a>> {
    let declared = cx.clocks().declared_start(workload, container);
    let is_known = |field: &str| {
        !container.field(&[field]).is_unknown()
            && !cx
                .inventory
                .is_set_elsewhere(container.object(), container.node, field)
    };
    let probe = |field| match field {
        "startupProbe" => container.data.startup_probe.as_ref(),
        _ => container.data.readiness_probe.as_ref(),
    };
    let timing = |field| probe(field).filter(|_| is_known(field)).map(Timing::of);
    let (startup, readiness) = (timing("startupProbe"), timing("readinessProbe"));
    let successes = probe("readinessProbe").and_then(|it| it.success_threshold);
    let successes = successes.and_then(|it| u32::try_from(it).ok()).unwrap_or(1);
    let (earliest, after) = earliest_ready(
        declared.as_ref().map(|term| term.value),
        startup.as_ref(),
        readiness.as_ref().map(|timing| (timing, successes)),
    );
    if earliest > target.time {
        let why = match (after, &declared) {
            (ReadyAfter::Declared, Some(term)) => {
                format!(
                    "takes {} to start ({})",
                    show_seconds(earliest),
                    term.origin
                )
            }
            (ReadyAfter::StartupProbe, _) => {
                format!("waits {} for its startup probe", show_seconds(earliest))
            }
            _ => format!("is ready after {} at the earliest", show_seconds(earliest)),
        };
        let report = report(workload, container, target, &why);
        return Some(explain(workload, container, declared.as_ref(), report));
    }
    // What the startup probe still accepts may be slower than a start usually is.
    let latest = startup?.startup_budget();
    if latest <= target.time || declared.is_some() {
        return None;
    }
    let why = format!(
        "may take {} until its startup probe gives up",
        show_seconds(latest)
    );
    let report = report(workload, container, target, &why).severity(Severity::Warning);
    Some(explain(workload, container, None, report))
}

fn report<'a>(
    workload: Workload<'a>,
    container: ContainerRef<'a>,
    target: &Target<'a>,
    why: &str,
) -> Report<'a> {
    let time = show_seconds(target.time);
    let message = format!(
        "container `{}` {why}, but the recovery time objective is {time}",
        container.name()
    );
    let place = target.node.unwrap_or_else(|| container.name_node());
    let report = match target.node {
        Some(_) if !stands_in_template(workload, container) => {
            Report::object(workload.object(), place, message)
        }
        _ => Report::container(workload, container, place, message),
    };
    report.help(
        "make the start faster, keep another replica ready so that no outage waits for a start, or set the \
         objective that the service has; scheduling and pulling the image come on top of the start",
    )
}

/// Whether the annotation stands in the object that holds the pod template.
fn stands_in_template(workload: Workload<'_>, container: ContainerRef<'_>) -> bool {
    let template = workload.template();
    [format!("{RTO}.{}", container.name()), RTO.to_owned()]
        .iter()
        .any(|key| {
            let own = template.annotation(key);
            own.or_else(|| template.object().annotation(key)).is_some()
        })
}

fn explain<'a>(
    workload: Workload<'a>,
    container: ContainerRef<'a>,
    declared: Option<&Term>,
    report: Report<'a>,
) -> Report<'a> {
    let origin = declared.map(|term| &term.origin);
    let stated = origin.and_then(|origin| node_of(origin, workload.template(), container));
    let node = stated.or_else(|| container.node.get("startupProbe"));
    match node {
        Some(node) => report.related(container.object(), node, "the time that the start takes"),
        None => report,
    }
}
