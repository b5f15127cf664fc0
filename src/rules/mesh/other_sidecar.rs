//! The clocks of sidecars that other injectors than Istio's add.

use super::app_clock::App;
use crate::finding::Severity;
use crate::inventory::{InjectedSidecar, Injector};
use crate::rules::Report;
use crate::units::show_seconds;

/// Where the sidecar leaves before the app is done.
pub(super) fn report<'a>(app: &App<'a>, sidecar: &InjectedSidecar<'_>) -> Option<Report<'a>> {
    let needs = app.budget.exit().min(app.budget.grace.value);
    if sidecar.exit >= needs {
        return None;
    }
    let seconds = needs.as_secs() + u64::from(needs.subsec_nanos() > 0);
    let (name, severity, help) = match sidecar.injector {
        Injector::Dapr => (
            "daprd",
            Severity::Warning,
            format!(
                "let daprd wait until the app is done, on the pod template:\n\
                 dapr.io/block-shutdown-duration: \"{seconds}s\""
            ),
        ),
        // What the injector's own configuration says is not in view.
        Injector::Consul => (
            "Consul's proxy",
            Severity::Note,
            format!(
                "let the proxy stay, on the pod template, unless the injector does so by default:\n\
                 consul.hashicorp.com/enable-sidecar-proxy-lifecycle: \"true\"\n\
                 consul.hashicorp.com/sidecar-proxy-lifecycle-shutdown-grace-period-seconds: \
                 \"{seconds}\""
            ),
        ),
        Injector::Linkerd => (
            "Linkerd's proxy",
            Severity::Note,
            format!(
                "let the proxy stay, on the pod template, unless it is a native sidecar:\n\
                 config.alpha.linkerd.io/proxy-wait-before-exit-seconds: \"{seconds}\""
            ),
        ),
    };
    let when = if sidecar.exit.is_zero() {
        "at the start of the termination".to_owned()
    } else {
        format!("{} after termination starts", show_seconds(sidecar.exit))
    };
    let message = format!(
        "{name} stops {when}, but `{}` needs {}{}",
        app.container.name(),
        show_seconds(needs),
        if app.budget.shutdown.is_declared() {
            ""
        } else {
            " (assumed)"
        }
    );
    let node = app.cause().unwrap_or_else(|| app.container.name_node());
    let report = Report::container(app.workload, app.container, node, message)
        .severity(severity)
        .help(help);
    Some(report.related(sidecar.object, sidecar.node, "injects the sidecar"))
}
