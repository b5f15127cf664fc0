//! `missing-startup-probe`

use std::time::Duration;

use k8s_openapi::api::core::v1::{ContainerPort, Probe};

use super::probe::{ProbeKind, probes_of};
use crate::clocks::node_of;
use crate::edit::{Beside, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRef, Workload};
use crate::lifecycle::Term;
use crate::lifecycle::probes::{Handler, Timing, failures_to_last};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;

/// Where nothing is declared, a liveness probe that waits this long is only worth a note.
const USUAL_START: Duration = Duration::from_secs(30);

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
    let severity = match &declared {
        Some(time) if time.value > survival => Severity::Error,
        None if survival < USUAL_START => Severity::Warning,
        _ => Severity::Note,
    };
    let message = message(container, &timing, declared.as_ref());
    let mut report = Report::container(workload, container, probe.key, message)
        .severity(severity)
        .help(help(container, liveness, &timing, declared.as_ref()));
    let is_too_long = declared.as_ref().is_some_and(|time| time.value > survival);
    if is_too_long || declared.is_none() {
        report = add_probe(container, &timing, declared.as_ref(), report);
    }
    if let Some(time) = &declared
        && let Some(node) = node_of(&time.origin, workload.template(), container)
    {
        let label = format!("the start takes {}", show_seconds(time.value));
        report = report.related(container.object(), node, label);
    }
    out.push(report);
}

fn message(container: ContainerRef<'_>, timing: &Timing, declared: Option<&Term>) -> String {
    let name = container.name();
    let survival = timing.guaranteed_survival();
    let window = timing.show_survival();
    match declared {
        Some(time) if time.value > survival => format!(
            "container `{name}` has no startup probe and takes {time} to start, but its liveness \
             probe may kill it after {window}: it may never come up"
        ),
        Some(time) => format!(
            "container `{name}` has no startup probe; its start of {time} fits within the liveness \
             probe's {window}, but a hung container is found no sooner for that"
        ),
        None => format!(
            "container `{name}` has no startup probe: its liveness probe may kill it after \
             {window}, whether it has come up or not"
        ),
    }
}

fn help(
    container: ContainerRef<'_>,
    liveness: &Probe,
    timing: &Timing,
    declared: Option<&Term>,
) -> String {
    let (period, failures) = pace(timing, declared);
    let handler = handler(liveness, container.ports()).unwrap_or_else(|| "<handler>".to_owned());
    format!(
        "add a startupProbe with the liveness probe's handler; liveness and readiness wait for it:\n\
         startupProbe:\n  {handler}\n  periodSeconds: {period}\n  failureThreshold: {failures}"
    )
}

/// `periodSeconds` and `failureThreshold` of the startup probe that is missing.
fn pace(timing: &Timing, declared: Option<&Term>) -> (u64, u64) {
    let timeout = timing.timeout().as_secs();
    let period = timing.period().as_secs().clamp(1, 5).max(timeout);
    // Twice the declared time leaves room for a slow node; five minutes is the usual allowance. What
    // the liveness probe may have granted so far is never shortened.
    let usual = declared.map_or(300, |time| time.value.as_secs().saturating_mul(2).max(30));
    let budget = usual.max(timing.latest_kill().as_secs());
    // The probes that count may all fail at once, while the port is not open yet.
    let declared = declared.map_or(Duration::ZERO, |time| time.value);
    let survived = timing.guaranteed_survival().max(declared);
    let failures = failures_to_last(survived, Duration::from_secs(period));
    (period, budget.div_ceil(period).max(failures))
}

/// Adds a startup probe that asks what the liveness probe asks: before it, as both are read in the
/// order in which they run.
fn add_probe<'r>(
    container: ContainerRef<'_>,
    timing: &Timing,
    declared: Option<&Term>,
    report: Report<'r>,
) -> Report<'r> {
    let Some(probe) = container.node.get("livenessProbe") else {
        return report;
    };
    let copied = ["exec", "httpGet", "tcpSocket", "grpc", TIMEOUT];
    let mut entries: Vec<(String, Value)> = probe
        .entries()
        .filter(|entry| copied.contains(&entry.key.key_text()) && !entry.value.is_null())
        .filter(|entry| entry.key.key_text() != TIMEOUT || timing.has_timeout())
        .map(|entry| (entry.key.key_text().to_owned(), Value::copy_of(entry.value)))
        .collect();
    let liveness = container.data.liveness_probe.as_ref();
    if liveness.is_none_or(|probe| Handler::of(probe, container.ports()).is_none()) {
        return report;
    }
    let (period, failures) = pace(timing, declared);
    entries.push(("periodSeconds".to_owned(), Value::int(period)));
    entries.push(("failureThreshold".to_owned(), Value::int(failures)));
    // Where the start takes a known time, the probe's length is known, too.
    let applicability = if declared.is_some_and(Term::is_beyond_doubt) {
        Applicability::Safe
    } else {
        Applicability::Unsafe
    };
    let title = "add a startupProbe that asks what the livenessProbe asks";
    report.fix(applicability, title, container.object(), |editor| {
        let place = Beside::Before("livenessProbe");
        editor.insert(container.node, "startupProbe", &Value::Map(entries), place)
    })
}

/// The handler on one line, in the form of JSON, which is YAML too. `None` where there is not just
/// one valid handler, or where it is too long to read.
fn handler(probe: &Probe, ports: &[ContainerPort]) -> Option<String> {
    const LONGEST: usize = 100;
    Handler::of(probe, ports)?;
    let value = serde_json::to_value(probe).ok()?;
    ["exec", "httpGet", "tcpSocket", "grpc"]
        .into_iter()
        .find_map(|name| Some(format!("{name}: {}", value.get(name)?)))
        .filter(|text| text.chars().count() <= LONGEST)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{HTTPGetAction, TCPSocketAction};
    use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

    use super::*;

    #[test]
    fn handlers_to_copy() {
        let get = |path: &str| HTTPGetAction {
            path: Some(path.to_owned()),
            port: IntOrString::Int(8080),
            ..HTTPGetAction::default()
        };
        let get_at = |port: &str| HTTPGetAction {
            port: IntOrString::String(port.to_owned()),
            ..HTTPGetAction::default()
        };
        let mut probe = Probe {
            http_get: Some(get("/livez")),
            period_seconds: Some(3),
            ..Probe::default()
        };
        assert_eq!(
            handler(&probe, &[]).as_deref(),
            Some(r#"httpGet: {"path":"/livez","port":8080}"#)
        );
        probe.http_get = Some(get_at("${PORT}"));
        assert_eq!(handler(&probe, &[]), None);
        probe.tcp_socket = Some(TCPSocketAction::default());
        assert_eq!(handler(&probe, &[]), None);
        probe.tcp_socket = None;
        probe.http_get = Some(get(&"/".repeat(100)));
        assert_eq!(handler(&probe, &[]), None);
        assert_eq!(handler(&Probe::default(), &[]), None);
    }
}
