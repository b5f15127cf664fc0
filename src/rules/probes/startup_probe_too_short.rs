//! `startup-probe-too-short`

use std::time::Duration;

use super::probe::{ProbeKind, probes_of};
use crate::clocks::node_of;
use crate::edit::{Advice, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRef, Workload};
use crate::lifecycle::probes::Timing;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "startup-probe-too-short",
    category: Category::Probes,
    severity: Severity::Error,
    pedantic: false,
    summary: "The startup probe gives up before the declared start-up time",
    page: include_str!("../../../rules/probes/startup-probe-too-short.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &["startup-probe"],
};

const THRESHOLD: &str = "failureThreshold";

/// Where no start-up time is declared: what any program needs, its image's layers read from a disk.
const SHORTEST_START: Duration = Duration::from_secs(5);

/// See the rule's page.
pub(in crate::rules) struct StartupProbeTooShort;

impl Rule for StartupProbeTooShort {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        if workload.is_long_running() {
            for container in workload.template().lasting_containers() {
                check(cx, workload, container, out);
            }
        }
    }
}

fn check(
    cx: &Context<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    out: &mut Findings,
) {
    let (Some(probe), Some(entry)) = (
        &container.data.startup_probe,
        container.node.entry("startupProbe"),
    ) else {
        return;
    };
    let startup = probes_of(container).find(|probe| probe.kind == ProbeKind::Startup);
    let numbers = ["initialDelaySeconds", "periodSeconds", THRESHOLD];
    let is_known = |field: &&str| startup.is_some_and(|probe| probe.is_known(cx, field));
    if !numbers.iter().all(is_known) || startup.is_some_and(|probe| probe.is_refused(cx)) {
        return;
    }
    let timing = Timing::of(probe);
    let survival = timing.guaranteed_survival();
    let node = container
        .field(&["startupProbe", THRESHOLD])
        .node()
        .unwrap_or(entry.key);
    let Some(time) = cx.clocks().declared_start(workload, container) else {
        if survival < SHORTEST_START {
            out.push(undeclared(workload, container, node, &timing));
        }
        return;
    };
    if time.value <= survival {
        return;
    }
    let message = format!(
        "`{}` takes {} to start, but its startup probe may kill it after {}",
        container.name(),
        show_seconds(time.value),
        show_seconds(survival)
    );
    let failures = timing.failures_to_survive(time.value);
    let lead = format!("{}; the start takes {time}", timing.show_survival());
    let longer = Advice::below(&["startupProbe"], [(THRESHOLD, Value::int(failures))]);
    let title = format!("set startupProbe.failureThreshold to {failures}");
    let applicability = if time.is_beyond_doubt() {
        Applicability::Safe
    } else {
        Applicability::Unsafe
    };
    let object = container.object();
    let mut report = Report::container(workload, container, node, message)
        .advise(&lead, &longer, applicability, title, object, container.node)
        .effect("a container that hangs while it starts is restarted later");
    if let Some(node) = node_of(&time.origin, workload.template(), container) {
        let label = format!("the start takes {}", show_seconds(time.value));
        report = report.related(container.object(), node, label);
    }
    out.push(report);
}

fn undeclared<'a>(
    workload: Workload<'a>,
    container: ContainerRef<'a>,
    node: Node<'a>,
    timing: &Timing,
) -> Report<'a> {
    let message = format!(
        "startup probe of `{}` gives up after {}, and the container is killed",
        container.name(),
        show_seconds(timing.guaranteed_survival())
    );
    let help = format!(
        "{}\nstartupProbe:\n  {THRESHOLD}: <start-up time / periodSeconds + 1>",
        timing.show_survival()
    );
    Report::container(workload, container, node, message)
        .help(help)
        .severity(Severity::Warning)
}
