//! `drain-exceeds-grace-period`

use std::time::Duration;

use crate::clocks::grace_field;
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Membership, ProxyKind, ProxySettings, Told, ToldBy};
use crate::kube::Workload;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "drain-exceeds-grace-period",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "The sidecar proxy drains longer than the pod has",
    page: include_str!("../../../rules/mesh/drain-exceeds-grace-period.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["sidecar-lifecycle", "grace-period-calculated"],
};

/// See the rule's page.
pub(in crate::rules) struct DrainExceedsGracePeriod;

impl Rule for DrainExceedsGracePeriod {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let inventory = cx.inventory;
        let mesh = inventory.mesh(workload);
        let template = workload.template();
        // A native sidecar has drained before it gets SIGTERM.
        if !workload.is_long_running()
            || !(mesh.has_sidecar() || mesh.membership == Membership::Gateway)
            || inventory.proxy_kind(workload) == ProxyKind::Native
            || inventory.replicas(workload).is_parked()
        {
            return;
        }
        let (Some(grace), Some(node)) = (cx.clocks().grace(workload), template.spec_node()) else {
            return;
        };
        let period = grace.term.value;
        let settings = inventory.proxy_settings(workload);
        let Some((name, Told { value, by })) = drain(&settings) else {
            return;
        };
        // A mesh of another scope may be another mesh.
        let is_far = |mesh| !inventory.same_scope(mesh, workload.object());
        if matches!(by, ToldBy::Mesh(mesh) if is_far(mesh)) {
            return;
        }
        if !settings.is_readable() || value <= period || period.is_zero() {
            return;
        }
        let default = if grace.node.is_none() {
            " (default)"
        } else {
            ""
        };
        let message = format!(
            "the sidecar drains for {}, but the grace period is {}{default}: it is killed",
            show_seconds(value),
            show_seconds(period),
        );
        let detail = format!(
            "{name}: the connections that it still holds end {} early",
            show_seconds(value.saturating_sub(period))
        );
        let needed = needed(value, cx.settings.lifecycle.buffer);
        let help = format!("in the pod's spec: {}: {needed}", grace_field(workload));
        let place = match (by, grace.node) {
            (ToldBy::Pod(drain), _) => drain,
            (_, Some(node)) => node,
            _ => workload.object().name_node(),
        };
        let report = Report::template(workload, place, message).detail(detail);
        let mut report = raise(workload, node, needed, report.help(help));
        if let Some(node) = grace.node {
            report = report.related(template.object(), node, "the grace period");
        }
        if let ToldBy::Mesh(object) = by {
            report = report.related(object, object.name_node(), "sets the drain");
        }
        out.push(report.mesh(&mesh));
    }
}

fn raise<'r>(
    workload: Workload<'_>,
    spec: Node<'_>,
    seconds: u64,
    report: Report<'r>,
) -> Report<'r> {
    let field = grace_field(workload);
    let title = format!("set {field} to {seconds}");
    let object = workload.template().object();
    report.fix(Applicability::Unsafe, title, object, |editor| {
        editor.put(spec, &[], field, Value::int(seconds))
    })
}

/// The drain that is in force, by its name: with `EXIT_ON_ZERO_ACTIVE_CONNECTIONS` the least one.
fn drain<'s>(settings: &'s ProxySettings<'_>) -> Option<(&'static str, Told<'s, Duration>)> {
    if settings.exit_on_zero().is_some_and(|told| told.value) {
        Some(("MINIMUM_DRAIN_DURATION", settings.minimum_drain()?))
    } else {
        Some(("terminationDrainDuration", settings.termination_drain()?))
    }
}

/// Whole seconds that hold the drain and the buffer.
fn needed(drain: Duration, buffer: Duration) -> u64 {
    let total = drain.saturating_add(buffer);
    total.as_secs() + u64::from(total.subsec_nanos() > 0)
}
