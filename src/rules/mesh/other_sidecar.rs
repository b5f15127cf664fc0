//! The clocks of sidecars that other injectors than Istio's add.

use super::app_clock::App;
use crate::clocks::{Injected, grace_field};
use crate::finding::Severity;
use crate::lifecycle::helper::Wait;
use crate::rules::Report;
use crate::units::show_seconds;

/// Where the sidecar leaves before the app is done.
pub(super) fn report<'a>(app: &App<'a>, sidecar: &Injected<'_>) -> Option<Report<'a>> {
    let needs = app.budget.exit().min(app.budget.grace.value);
    let exit = sidecar.exit().filter(|exit| *exit < needs)?;
    let wait = sidecar.wait?;
    let ends = if exit.is_zero() {
        // Linkerd's lets requests finish that it has begun (linkerd.io/2/tasks/graceful-shutdown).
        "takes no new requests once the termination starts".to_owned()
    } else {
        let default = if wait.is_stated || wait.time.is_zero() {
            ""
        } else {
            " (default)"
        };
        format!(
            "stops {}{default} after termination starts",
            show_seconds(exit)
        )
    };
    let message = format!(
        "{} {ends}, but `{}` needs {}{}",
        sidecar.helper.name,
        app.container.name(),
        show_seconds(needs),
        if app.budget.shutdown.is_declared() {
            ""
        } else {
            " (assumed)"
        }
    );
    // What the injector's own configuration says is not in view.
    let severity = if sidecar.is_settled() {
        Severity::Warning
    } else {
        Severity::Note
    };
    let node = app.cause().unwrap_or_else(|| app.container.name_node());
    let report = Report::container(app.workload, app.container, node, message)
        .severity(severity)
        .help(help(app, sidecar, wait));
    let evidence = sidecar.evidence.as_ref()?;
    Some(report.related(evidence.object, evidence.node, "injects the sidecar"))
}

/// Lines of annotations, as they stand in a pod template.
fn annotations(lines: &str) -> String {
    let lines: Vec<String> = lines.lines().map(|line| format!("\n    {line}")).collect();
    format!("metadata:\n  annotations:{}", lines.concat())
}

/// What lets it stay, in a grace period that holds it.
fn help(app: &App<'_>, sidecar: &Injected<'_>, wait: Wait) -> String {
    let grace = app.budget.grace.value;
    let needs = app.budget.exit();
    let seconds = needs.as_secs() + u64::from(needs.subsec_nanos() > 0);
    let asked = sidecar.helper.ask_to_wait(seconds).unwrap_or_default();
    let native = &sidecar.injection.native;
    let unless = match (native.default_since, sidecar.is_native) {
        (Some(since), None) => {
            format!(", unless it is a native sidecar (the default from {since} on)")
        }
        _ if !sidecar.is_settled() => ", unless the injector does so by default".to_owned(),
        _ => String::new(),
    };
    let mut help = format!(
        "let it wait until the app is done, on the pod template{unless}:\n{}",
        annotations(&asked)
    );
    let then = wait
        .then
        .map(|then| then.time)
        .unwrap_or_default()
        .as_secs();
    let least = seconds.saturating_add(then).saturating_add(1);
    if grace.as_secs() < least {
        let field = grace_field(app.workload);
        help = format!("{help}\n# and in the pod's spec:\n{field}: {least}");
    }
    if let Some((key, since)) = native.advised {
        help = format!(
            "{help}\nor make it a native sidecar, which leaves after the app ({since} or newer):\n{}",
            annotations(&format!("{key}: \"true\""))
        );
    }
    help
}
