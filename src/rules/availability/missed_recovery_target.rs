//! `missed-recovery-target`

use crate::clocks::{Recovery, node_of};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::Workload;
use crate::lifecycle::startup::ReadyAfter;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;

static META: RuleMeta = RuleMeta {
    id: "missed-recovery-target",
    category: Category::Availability,
    severity: Severity::Error,
    pedantic: false,
    summary: "A new pod starts slower than the recovery objective",
    page: include_str!("../../../rules/availability/missed-recovery-target.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["rto-rpo-metrics"],
};

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
        // The pod is ready when all of its containers are: one is enough to miss the target.
        let recoveries = cx.clocks().recoveries(workload).into_iter();
        let mut reports = recoveries.filter_map(|it| judge(workload, &it));
        if let Some(report) = reports.next() {
            out.push(report);
        }
    }
}

fn judge<'a>(workload: Workload<'a>, recovery: &Recovery<'a>) -> Option<Report<'a>> {
    let earliest = show_seconds(recovery.earliest);
    if recovery.is_missed() {
        let why = match (recovery.after, &recovery.declared) {
            (ReadyAfter::Declared, Some(term)) => {
                format!("takes {earliest} to start ({})", term.origin)
            }
            (ReadyAfter::StartupProbe, _) => format!("waits {earliest} for its startup probe"),
            _ => format!("is ready after {earliest} at the earliest"),
        };
        return Some(explain(
            workload,
            recovery,
            report(workload, recovery, &why),
        ));
    }
    // What the startup probe still accepts may be slower than a start usually is.
    let latest = recovery.latest.filter(|_| recovery.may_be_missed())?;
    let why = format!(
        "may take {} until its startup probe gives up",
        show_seconds(latest)
    );
    let report = report(workload, recovery, &why).severity(Severity::Warning);
    Some(explain(workload, recovery, report))
}

fn report<'a>(workload: Workload<'a>, recovery: &Recovery<'a>, why: &str) -> Report<'a> {
    let container = recovery.container;
    let message = format!(
        "`{}` {why}, over the recovery objective of {}",
        container.name(),
        show_seconds(recovery.target)
    );
    let place = recovery.node.unwrap_or_else(|| container.name_node());
    let is_elsewhere = !std::ptr::eq(recovery.object, container.object());
    let report = if recovery.node.is_some() && is_elsewhere {
        Report::object(workload.object(), place, message)
    } else {
        Report::container(workload, container, place, message)
    };
    report.help(
        "make the start faster, keep another replica ready so that no outage waits for a start, or set the \
         objective that the service has; scheduling and pulling the image come on top of the start",
    )
}

fn explain<'a>(workload: Workload<'a>, recovery: &Recovery<'a>, report: Report<'a>) -> Report<'a> {
    let container = recovery.container;
    let origin = recovery.declared.as_ref().map(|term| &term.origin);
    let stated = origin.and_then(|origin| node_of(origin, workload.template(), container));
    let node = stated.or_else(|| container.node.get("startupProbe"));
    match node {
        Some(node) => report.related(container.object(), node, "the time that the start takes"),
        None => report,
    }
}
