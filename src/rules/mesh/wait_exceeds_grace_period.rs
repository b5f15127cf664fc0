//! `wait-exceeds-grace-period`

use crate::clocks::{Grace, Injected, grace_field};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Evidence;
use crate::kube::Workload;
use crate::lifecycle::Origin;
use crate::lifecycle::helper::Wait;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;
use crate::yaml::path_below;

static META: RuleMeta = RuleMeta {
    id: "wait-exceeds-grace-period",
    category: Category::Mesh,
    severity: Severity::Error,
    pedantic: false,
    summary: "A sidecar waits longer than the pod's grace period",
    page: include_str!("../../../rules/mesh/wait-exceeds-grace-period.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["sidecar-lifecycle"],
};

/// See the rule's page.
pub(in crate::rules) struct WaitExceedsGracePeriod;

impl Rule for WaitExceedsGracePeriod {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let Some(grace) = cx.clocks().grace(workload) else {
            return;
        };
        if cx.inventory.replicas(workload).is_parked() {
            return;
        }
        for injected in cx.clocks().injectable(workload) {
            let Some(wait) = injected.wait else {
                continue;
            };
            let Some(place) = place(cx, workload, &injected, &wait) else {
                continue;
            };
            if let Some(severity) = severity(&wait, &grace) {
                let report = report(cx, workload, &injected, &wait, &grace, &place);
                out.push(report.severity(severity));
            }
        }
    }
}

/// The annotation that asks for the longest of the sidecar's times; none where the manifest asks for
/// none, or where something else may set it.
fn place<'a>(
    cx: &Context<'a>,
    workload: Workload<'a>,
    injected: &Injected<'_>,
    wait: &Wait,
) -> Option<Evidence<'a>> {
    let key = key(wait);
    if !wait.is_stated && !wait.then.is_some_and(|then| then.is_stated) {
        return None;
    }
    let metadata = workload.template().node()?;
    let is_set = cx.inventory.is_always_set_elsewhere(
        workload.template().object(),
        metadata,
        &path_below("metadata.annotations", key),
    );
    let told = cx.clocks().told(workload, injected.injection, key);
    told.filter(|_| !is_set)
}

/// An error where the wait alone uses up the grace period every time.
fn severity(wait: &Wait, grace: &Grace<'_>) -> Option<Severity> {
    let grace = grace.term.value;
    if wait.time >= grace && !wait.may_end_early {
        Some(Severity::Error)
    } else if wait.exit() >= grace {
        Some(Severity::Warning)
    } else {
        None
    }
}

fn report<'a>(
    cx: &Context<'a>,
    workload: Workload<'a>,
    injected: &Injected<'_>,
    wait: &Wait,
    grace: &Grace<'a>,
    place: &Evidence<'a>,
) -> Report<'a> {
    let template = workload.template();
    let default = match grace.term.origin {
        Origin::Default => " (default)",
        _ => "",
    };
    let message = format!(
        "{} waits longer than the grace period of {}{default}: it is killed",
        injected.helper.name,
        show_seconds(grace.term.value)
    );
    let report = if std::ptr::eq(place.object, template.object()) {
        Report::template(workload, place.node, message)
    } else {
        let object = workload.object();
        let report = Report::object(object, object.name_node(), message);
        report.related(place.object, place.node, "the namespace sets the time")
    };
    let report = match grace.node {
        Some(node) => report.related(template.object(), node, "the grace period"),
        None => report,
    };
    let report = report
        .detail(format!(
            "it {}, and is killed with its connections open",
            does(wait, grace)
        ))
        .help(help(workload, injected, wait));
    let then = wait
        .then
        .filter(|then| then.is_stated && then.key != key(wait));
    let told = then.and_then(|then| {
        let told = cx.clocks().told(workload, injected.injection, then.key)?;
        Some((told, then.time))
    });
    match told {
        Some((told, time)) => {
            let what = format!("then it shuts down, in up to {}", show_seconds(time));
            report.related(told.object, told.node, what)
        }
        None => report,
    }
}

/// `waits 45s`, `waits 25s and then shuts down in up to 5s`
fn does(wait: &Wait, grace: &Grace<'_>) -> String {
    let waits = show_seconds(wait.time);
    match wait.then.map(|then| show_seconds(then.time)) {
        Some(then) if wait.time.is_zero() => format!("shuts down in up to {then}"),
        Some(then) if wait.time < grace.term.value => {
            format!("waits {waits} and then shuts down in up to {then}")
        }
        _ => format!("waits {waits}"),
    }
}

/// The annotation whose time is the first to lower.
fn key(wait: &Wait) -> &'static str {
    match wait.then {
        Some(then) if !wait.is_stated => then.key,
        _ => wait.key,
    }
}

fn help(workload: Workload<'_>, injected: &Injected<'_>, wait: &Wait) -> String {
    let least = wait.exit().as_secs().saturating_add(1);
    let help = format!(
        "lower {}, or give the pod more time than both need: {}: {least} at least, and time for the \
         application's own hook and shutdown",
        key(wait),
        grace_field(workload)
    );
    match injected.injection.native.default_since {
        Some(since) => format!(
            "{help}; a native sidecar, the default from {since} on, leaves after the application and \
             ignores the wait"
        ),
        None => help,
    }
}
