//! `probe-timeout-exceeds-period`

use super::probe::{ProbeKind, ProbeRef, probes_of};
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::Workload;
use crate::lifecycle::probes::Timing;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;

const THRESHOLD: &str = "failureThreshold";

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
    {
        return;
    }
    let container = probe.container;
    let message = format!(
        "{} of container `{}` may take {} but is due every {}{}: the kubelet runs one at a time, so \
         it gives up only after {}, not after {}",
        probe.kind.as_str(),
        container.name(),
        show_seconds(timeout),
        show_seconds(period),
        if probe.field(&["periodSeconds"]).is_absent() {
            " (default)"
        } else {
            ""
        },
        timing.show_tolerance(),
        show_seconds(period * timing.failure_threshold())
    );
    let help = format!(
        "in the {}: timeoutSeconds: {} or less, or a periodSeconds of at least {}",
        probe.kind.field(),
        period.as_secs(),
        timeout.as_secs()
    );
    // The longer period is what already happens whenever the timeout is used up.
    let seconds = timeout.as_secs();
    let mut title = format!("set {}.periodSeconds to {seconds}", probe.kind.field());
    let failures = failures_to_keep(cx, probe, &timing);
    if let Some(failures) = failures {
        title = format!("{title} and {THRESHOLD} to {failures}");
    }
    let mut report = Report::container(workload, container, node, message)
        .help(help)
        .fix(Applicability::Unsafe, title, container.object(), |editor| {
            let mut edits = editor.put(probe.node, &[], "periodSeconds", Value::int(seconds))?;
            if let Some(failures) = failures {
                edits.extend(editor.put(probe.node, &[], THRESHOLD, Value::int(failures))?);
            }
            Ok(edits)
        });
    if let Some(node) = probe.field(&["periodSeconds"]).node() {
        report = report.related(container.object(), node, "the period");
    }
    out.push(report);
}

/// The `failureThreshold` with which a startup probe grants as much over the longer period: what a slow
/// start may take is not to grow by the way, and a refused connection, which takes no time, must not end
/// it sooner. Where it stays as it is, none.
fn failures_to_keep(cx: &Context<'_>, probe: &ProbeRef<'_>, timing: &Timing) -> Option<u64> {
    if probe.kind != ProbeKind::Startup || !probe.is_known(cx, THRESHOLD) {
        return None;
    }
    let failures = timing.failures_at(timing.timeout());
    (failures < u64::from(timing.failure_threshold())).then_some(failures)
}
