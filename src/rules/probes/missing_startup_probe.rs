//! `missing-startup-probe`

use std::time::Duration;

use k8s_openapi::api::core::v1::Probe;

use super::probe::{ProbeKind, probes_of};
use crate::clocks::node_of;
use crate::edit::{Beside, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRef, Workload};
use crate::lifecycle::Term;
use crate::lifecycle::probes::{Handler, Timing, failures_to_last};
use crate::lifecycle::startup::{Progress, is_jvm};
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

const TIMEOUT: &str = "timeoutSeconds";

static META: RuleMeta = RuleMeta {
    id: "missing-startup-probe",
    category: Category::Probes,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A liveness probe without a startup probe may kill a container that is still starting",
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
            .is_set_elsewhere(container.object(), container.node, "startupProbe")
        || !asked.is_some_and(|probe| numbers.iter().all(|field| probe.is_known(cx, field)))
    {
        return;
    }
    let timing = Timing::of(liveness);
    let survival = timing.guaranteed_survival();
    let declared = cx.clocks().declared_start(workload, container);
    if declared.is_none() && survival >= LONG && timing.initial_delay() < LONG_DELAY {
        return;
    }
    let severity = severity(container, survival, declared.as_ref());
    let message = message(container, &timing, declared.as_ref());
    let room = room(cx, workload);
    let missing = pace(&timing, declared.as_ref(), room)
        .and_then(|pace| startup_probe(cx, container, liveness, &timing, pace));
    let mut report = Report::container(workload, container, probe.key, message)
        .severity(severity)
        .help(help(&timing, declared.as_ref(), missing.as_deref()));
    let is_too_long = declared.as_ref().is_some_and(|time| time.value > survival);
    if let Some(missing) = missing
        && (is_too_long || declared.is_none())
    {
        // Where the start takes a known time, the probe's length is known, too.
        let applicability = if declared.as_ref().is_some_and(Term::is_beyond_doubt) {
            Applicability::Safe
        } else {
            Applicability::Unsafe
        };
        let title = "add a startupProbe that asks what the livenessProbe asks";
        report = report.fix(applicability, title, container.object(), |editor| {
            let place = Beside::Before("livenessProbe");
            editor.insert(container.node, "startupProbe", &Value::Map(missing), place)
        });
    }
    if let Some(time) = &declared
        && let Some(node) = node_of(&time.origin, workload.template(), container)
    {
        let label = format!("the start takes {}", show_seconds(time.value));
        report = report.related(container.object(), node, label);
    }
    out.push(report);
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
        None if timing.initial_delay() >= LONG_DELAY => format!(
            "`{name}` may hang for {} after each start: initialDelaySeconds holds liveness back",
            show_seconds(timing.initial_delay())
        ),
        None => format!(
            "liveness of `{name}` may kill it {window} after its start, unless it answers by then"
        ),
    }
}

fn help(timing: &Timing, declared: Option<&Term>, probe: Option<&[(String, Value)]>) -> String {
    let start = declared.map_or_else(String::new, |time| format!("; the start takes {time}"));
    let delay = if timing.initial_delay() >= LONG_DELAY {
        ", and then remove initialDelaySeconds"
    } else {
        ""
    };
    let sum = timing.show_survival();
    match probe {
        Some(probe) => format!(
            "{sum}{start}\nliveness and readiness wait for a startup probe: add it{delay}\n{}",
            Value::block(&[("startupProbe".to_owned(), Value::Map(probe.to_vec()))])
        ),
        None => format!(
            "{sum}{start}\nadd a startup probe, which liveness and readiness wait for{delay}; it has to \
             fit within progressDeadlineSeconds"
        ),
    }
}

/// The time that the rollout leaves a pod to start, where it is known.
fn room(cx: &Context<'_>, workload: Workload<'_>) -> Option<Duration> {
    let (min_ready, deadline) = cx.clocks().rollout_times(workload)?;
    let progress = Progress::new(Duration::ZERO, min_ready, deadline);
    Some(progress.deadline.saturating_sub(progress.min_ready))
}

/// `periodSeconds` and `failureThreshold` of the startup probe that is missing; `None` where the rollout
/// leaves no room for one.
fn pace(timing: &Timing, declared: Option<&Term>, room: Option<Duration>) -> Option<(u64, u64)> {
    let timeout = timing.timeout().as_secs();
    let period = timing.period().as_secs().clamp(1, 5).max(timeout);
    // Twice the declared time leaves room for a slow node; five minutes is the usual allowance. What
    // the liveness probe may have granted so far is never shortened.
    let usual = declared.map_or(300, |time| time.value.as_secs().saturating_mul(2).max(30));
    let budget = usual.max(timing.latest_kill().as_secs());
    let most = room.map_or(u64::MAX, |room| room.as_secs() / period);
    // The probes that count may all fail at once, while the port is not open yet.
    let declared = declared.map_or(Duration::ZERO, |time| time.value);
    let survived = timing.guaranteed_survival().max(declared);
    let failures = failures_to_last(survived, Duration::from_secs(period));
    (failures <= most).then(|| (period, budget.div_ceil(period).min(most).max(failures)))
}

/// A startup probe that asks what the liveness probe asks. `None` where that has not just one valid
/// handler.
fn startup_probe(
    cx: &Context<'_>,
    container: ContainerRef<'_>,
    liveness: &Probe,
    timing: &Timing,
    (period, failures): (u64, u64),
) -> Option<Vec<(String, Value)>> {
    Handler::of(liveness, container.ports())?;
    let probe = container.node.get("livenessProbe")?;
    let handlers = ["exec", "httpGet", "tcpSocket", "grpc"];
    if handlers.iter().any(|field| {
        cx.inventory
            .is_set_elsewhere(container.object(), probe, field)
    }) {
        return None;
    }
    let mut entries: Vec<(String, Value)> = probe
        .entries()
        .filter(|entry| {
            let key = entry.key.key_text();
            handlers.contains(&key) || key == TIMEOUT && timing.has_timeout()
        })
        .filter(|entry| !entry.value.is_null())
        .map(|entry| (entry.key.key_text().to_owned(), Value::copy_of(entry.value)))
        .collect();
    entries.push(("periodSeconds".to_owned(), Value::int(period)));
    entries.push(("failureThreshold".to_owned(), Value::int(failures)));
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_startup_probe_fits_into_the_progress_deadline() {
        let timing = Timing::of(&Probe::default());
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(pace(&timing, None, None), Some((5, 60)));
        assert_eq!(pace(&timing, None, seconds(120)), Some((5, 24)));
        // The liveness probe grants 20s so far.
        assert_eq!(pace(&timing, None, seconds(25)), Some((5, 5)));
        assert_eq!(pace(&timing, None, seconds(20)), None);
    }
}
