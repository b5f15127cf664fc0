//! `probe-timeout-exceeds-period`

use std::time::Duration;

use super::patience::{enough, failures};
use super::probe::{ProbeKind, ProbeRef, probes_of};
use crate::edit::{Advice, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Unedited;
use crate::kube::{Object, Workload};
use crate::lifecycle::probes::{Handler, Timing};
use crate::rules::text::is_explained;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "probe-timeout-exceeds-period",
    category: Category::Probes,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A probe may take longer than the time until the next one",
    page: include_str!("../../../rules/probes/probe-timeout-exceeds-period.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct ProbeTimeoutExceedsPeriod;

impl Rule for ProbeTimeoutExceedsPeriod {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        if workload.is_long_running() {
            let containers = workload.template().lasting_containers();
            for probe in containers.flat_map(probes_of) {
                check(cx, workload, &probe, out);
            }
        }
    }
}

fn check(cx: &Context<'_>, workload: Workload<'_>, probe: &ProbeRef<'_>, out: &mut Findings) {
    let timing = Timing::of(probe.data);
    let (timeout, period) = (timing.timeout(), timing.period());
    let Some(node) = probe.field(&["timeoutSeconds"]).node() else {
        return;
    };
    if timeout <= period
        || ["timeoutSeconds", "periodSeconds"]
            .iter()
            .any(|field| !probe.is_known(cx, field))
        || probe.is_refused(cx)
    {
        return;
    }
    let container = probe.container;
    let own_limit = Handler::of(probe.data, container.ports()).and_then(|it| it.own_limit());
    let longest = own_limit.map_or(timeout, |limit| limit.min(timeout));
    let is_close = longest < period * 2;
    // Who only takes over what others have written changes nothing for so little.
    if longest <= period || is_close && is_of_others(cx, container.object()) {
        return;
    }
    let message = message(probe, longest, period);
    if probe.kind == ProbeKind::Startup {
        out.push(of_start(workload, probe, node, message, longest));
        return;
    }
    let severity = if is_close {
        Severity::Note
    } else {
        Severity::Warning
    };
    let report = Report::container(workload, container, node, message).severity(severity);
    let report = shorten(probe, node, longest, report);
    // Little is lost, and who wrote the probe says why it is so.
    let report = if is_close && is_explained(probe.key) {
        report.pedantic()
    } else {
        report
    };
    out.push(match probe.field(&["periodSeconds"]).node() {
        Some(node) => report.related(container.object(), node, "the period"),
        None => report,
    });
}

/// Lets an attempt end before the next is due.
fn shorten<'r>(
    probe: &ProbeRef<'_>,
    node: Node<'_>,
    longest: Duration,
    report: Report<'r>,
) -> Report<'r> {
    let timing = Timing::of(probe.data);
    let period = timing.period();
    let seconds = period.as_secs();
    let most = timing.failure_threshold();
    let lead = format!(
        "the kubelet runs one probe at a time: when it hangs, the probe gives up after {most} × {} \
         instead of {most} × {}",
        show_seconds(longest),
        show_seconds(period),
    );
    let mut fields = vec![("timeoutSeconds", Value::int(seconds))];
    let mut title = format!("set {}.timeoutSeconds to {seconds}", probe.kind.field());
    let more = more_failures(probe, &timing);
    if let Some(more) = more {
        fields.push(("failureThreshold", Value::int(more)));
        title = format!("{title}, failureThreshold to {more}");
    }
    let yaml = Advice::below(&[probe.kind.field()], fields).yaml();
    let object = probe.container.object();
    report
        .help_of_fix(&lead, &yaml)
        .fix(Applicability::Unsafe, title, object, |editor| {
            let mut edits = editor.set(node, &Value::int(seconds))?;
            if let Some(more) = more {
                edits.extend(editor.put(probe.node, &[], "failureThreshold", Value::int(more))?);
            }
            Ok(edits)
        })
}

/// The failure threshold with which a liveness probe that is due as often as it says goes on to tolerate
/// longer than readiness with the same handler, as far as it does now; `None` where its own is enough.
fn more_failures(probe: &ProbeRef<'_>, timing: &Timing) -> Option<u128> {
    let container = probe.container;
    let readiness = container.data.readiness_probe.as_ref()?;
    let handler = Handler::of(probe.data, container.ports())?;
    if probe.kind != ProbeKind::Liveness
        || Handler::of(readiness, container.ports()) != Some(handler)
        || container
            .field(&["readinessProbe", "failureThreshold"])
            .is_unknown()
        || probe.field(&["failureThreshold"]).is_unknown()
    {
        return None;
    }
    // Its own fix may come along with this one.
    let ready = Timing::of(readiness);
    let ready = ready.period() * ready.failure_threshold();
    let kept = failures(enough(ready).min(timing.tolerance()), timing.period());
    (kept > u128::from(timing.failure_threshold())).then_some(kept)
}

fn is_of_others(cx: &Context<'_>, object: &Object) -> bool {
    let place = object.location(object.node());
    let unedited = cx.inventory.unedited(object.source(), Some(place));
    matches!(unedited, Some(Unedited::Generated | Unedited::Copied))
}

/// A start that takes longer costs nobody a request, and a shorter timeout would fail slow ones.
fn of_start<'a>(
    workload: Workload<'a>,
    probe: &ProbeRef<'a>,
    node: Node<'a>,
    message: String,
    longest: Duration,
) -> Report<'a> {
    let failures = Timing::of(probe.data).failure_threshold();
    let help = format!(
        "nothing to change where a start may take that long: when each attempt hangs, the probe gives up after \
         {failures} × {}",
        show_seconds(longest)
    );
    Report::container(workload, probe.container, node, message)
        .help(help)
        .pedantic()
}

fn message(probe: &ProbeRef<'_>, longest: Duration, period: Duration) -> String {
    format!(
        "{} of `{}` takes up to {} when it hangs, but is due every {}{}",
        probe.kind.as_str(),
        probe.container.name(),
        show_seconds(longest),
        show_seconds(period),
        if probe.field(&["periodSeconds"]).is_absent() {
            " (default)"
        } else {
            ""
        },
    )
}
