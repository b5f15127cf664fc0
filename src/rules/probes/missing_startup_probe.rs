//! `missing-startup-probe`

use std::time::Duration;

use k8s_openapi::api::core::v1::Probe;

use super::new_startup_probe::{pace, room, startup_probe, without_delay};
use super::probe::{ProbeKind, probes_of};
use crate::clocks::node_of;
use crate::edit::Advice;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Traffic, starts_at_once};
use crate::kube::{ContainerRef, Workload};
use crate::lifecycle::Term;
use crate::lifecycle::probes::{Handler, Timing};
use crate::lifecycle::startup::is_jvm;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;

/// Where nothing is declared: a liveness probe that kills this soon is a risk for any program, ...
const SHORT: Duration = Duration::from_secs(10);

/// ... and this soon for a Java virtual machine.
const SHORT_FOR_JVM: Duration = Duration::from_secs(60);

/// A liveness probe that waits this long leaves time enough, ...
const LONG: Duration = Duration::from_secs(300);

/// ... but an initial delay of this length leaves a container that hangs alone after each start.
const LONG_DELAY: Duration = Duration::from_secs(60);

static META: RuleMeta = RuleMeta {
    id: "missing-startup-probe",
    category: Category::Probes,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A liveness probe may kill a container that is starting",
    page: include_str!("../../../rules/probes/missing-startup-probe.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &["startup-probe"],
};

/// See the rule's page.
pub(in crate::rules) struct MissingStartupProbe;

impl Rule for MissingStartupProbe {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        if !workload.is_long_running() || cx.inventory.replicas(workload).is_parked() {
            return;
        }
        for container in workload.template().lasting_containers() {
            check(cx, workload, container, out);
        }
    }
}

fn check(
    cx: &Context<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    out: &mut Findings,
) {
    let (Some(liveness), Some(probe)) = (
        &container.data.liveness_probe,
        container.node.entry("livenessProbe"),
    ) else {
        return;
    };
    let asked = probes_of(container).find(|probe| probe.kind == ProbeKind::Liveness);
    let numbers = ["initialDelaySeconds", "periodSeconds", "failureThreshold"];
    if !container.field(&["startupProbe"]).is_absent()
        || cx
            .inventory
            .is_always_set_elsewhere(container.object(), container.node, "startupProbe")
        || !asked.is_some_and(|probe| {
            numbers.iter().all(|field| probe.is_known(cx, field)) && !probe.is_refused(cx)
        })
        || cannot_fail(workload, container, liveness)
    {
        return;
    }
    // What cannot fail kills nothing.
    if Handler::of(liveness, container.ports()).is_some_and(|it| it.always_passes()) {
        return;
    }
    let timing = Timing::of(liveness);
    let survival = timing.guaranteed_survival();
    let declared = cx.clocks().declared_start(workload, container);
    if declared.is_none() && survival >= LONG && timing.initial_delay() < LONG_DELAY {
        return;
    }
    let severity = severity(container, survival, declared.as_ref());
    if severity == Severity::Note && declared.is_none() && starts_at_once(container.data) {
        return;
    }
    let message = message(container, &timing, declared.as_ref());
    let room = room(cx, workload);
    let missing = pace(&timing, declared.as_ref(), room)
        .and_then(|pace| startup_probe(cx, container, liveness, &timing, pace));
    let report = Report::container(workload, container, probe.key, message).severity(severity);
    let mut report = advise(container, &timing, declared.as_ref(), missing, report);
    if let Some(time) = &declared
        && let Some(node) = node_of(&time.origin, workload.template(), container)
    {
        let label = format!("the start takes {}", show_seconds(time.value));
        report = report.related(container.object(), node, label);
    }
    // A minute is enough for most, and a command that another probe runs too is not free.
    let is_plain = survival < LONG_DELAY && liveness.exec.is_none();
    if severity == Severity::Note && !(is_plain && is_relied_on(cx, workload)) {
        report = report.without_fix();
    }
    out.push(report.unless_trial(cx, workload));
}

/// Whether the liveness probe passes whatever the process does, so that it kills nothing: also where it looks
/// at files that a ConfigMap or a Secret puts there before the container starts.
fn cannot_fail(workload: Workload<'_>, container: ContainerRef<'_>, liveness: &Probe) -> bool {
    let volumes = workload.template().spec();
    let volumes = volumes.and_then(|spec| spec.volumes.as_deref());
    let given = |name: &str| {
        volumes.unwrap_or_default().iter().any(|volume| {
            volume.name == name
                && (volume.config_map.is_some()
                    || volume.secret.is_some()
                    || volume.projected.is_some()
                    || volume.downward_api.is_some())
        })
    };
    let is_there = |path: &str| {
        let mut mounts = container.data.volume_mounts.iter().flatten();
        mounts.any(|mount| {
            let rest = path.strip_prefix(mount.mount_path.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) && given(&mount.name)
        })
    };
    Handler::of(liveness, container.ports()).is_some_and(|it| it.passes_with(is_there))
}

/// Whether somebody notices that a start takes longer: others send requests, and there is more than one pod
/// to answer them.
fn is_relied_on(cx: &Context<'_>, workload: Workload<'_>) -> bool {
    let count = cx.inventory.replicas(workload).count();
    count.is_some_and(|count| count >= 2)
        && cx.inventory.serving(workload).traffic() == Traffic::Yes
}

fn advise<'r>(
    container: ContainerRef<'_>,
    timing: &Timing,
    declared: Option<&Term>,
    missing: Option<Advice>,
    report: Report<'r>,
) -> Report<'r> {
    let lead = lead(timing, declared, missing.is_some());
    let Some(missing) = missing else {
        return report.help(lead);
    };
    if declared.is_some_and(|time| time.value <= timing.guaranteed_survival()) {
        return report.help(format!("{lead}:\n{}", missing.yaml()));
    }
    // Where the start takes a known time, the probe's length is known, too.
    let applicability = if declared.is_some_and(Term::is_beyond_doubt) {
        Applicability::Safe
    } else {
        Applicability::Unsafe
    };
    let title = "add a startupProbe that asks what the livenessProbe asks";
    let report = report.help_of_fix(&lead, &missing.yaml());
    let report = report.fix(applicability, title, container.object(), |editor| {
        let mut edits = missing.write(editor, container.node)?;
        if let Some(probe) = container.node.entry("livenessProbe") {
            edits.extend(without_delay(editor, probe));
        }
        Ok(edits)
    });
    report.effect("liveness and readiness wait until the start-up is over")
}

fn severity(container: ContainerRef<'_>, survival: Duration, declared: Option<&Term>) -> Severity {
    let is_short = || survival < SHORT || survival < SHORT_FOR_JVM && is_jvm(container.data);
    match declared {
        Some(time) if time.value > survival => Severity::Error,
        None if is_short() => Severity::Warning,
        _ => Severity::Note,
    }
}

fn message(container: ContainerRef<'_>, timing: &Timing, declared: Option<&Term>) -> String {
    let name = container.name();
    let survival = timing.guaranteed_survival();
    let window = show_seconds(survival);
    match declared {
        Some(time) if time.value > survival => format!(
            "`{name}` takes {} to start, but its liveness probe may kill it after {window}",
            show_seconds(time.value)
        ),
        Some(_) => format!(
            "`{name}` has no startup probe: its liveness probe waits {window} for every hang"
        ),
        None if survival >= LONG => format!(
            "a hang of `{name}` in the first {} after each start restarts nothing: initialDelaySeconds",
            show_seconds(timing.initial_delay())
        ),
        None => {
            format!(
                "liveness of `{name}` may kill it {window} after its start, unless it answers by then"
            )
        }
    }
}

/// What to do, without the probe itself.
fn lead(timing: &Timing, declared: Option<&Term>, has_room: bool) -> String {
    let start = declared.map_or_else(String::new, |time| format!("; the start takes {time}"));
    let delay = if timing.initial_delay() > Duration::ZERO {
        ", and remove initialDelaySeconds"
    } else {
        ""
    };
    let sum = timing.show_survival();
    let room = if has_room {
        ""
    } else {
        "; it has to fit within progressDeadlineSeconds"
    };
    format!("{sum}{start}; add a startup probe, which liveness and readiness wait for{delay}{room}")
}
