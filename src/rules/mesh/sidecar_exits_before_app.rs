//! `sidecar-exits-before-app`

use super::app_clock::App;
use super::other_sidecar;
use crate::clocks::drain;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::ProxyKind;
use crate::kube::Workload;
use crate::lifecycle::sidecar::{Proxy, ProxyExit};
use crate::rules::{Context, Findings, Rule};

static META: RuleMeta = RuleMeta {
    id: "sidecar-exits-before-app",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "The sidecar proxy leaves while the app still serves",
    page: include_str!("../../../rules/mesh/sidecar-exits-before-app.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["sidecar-lifecycle"],
};

/// See the rule's page.
pub(in crate::rules) struct SidecarExitsBeforeApp;

impl Rule for SidecarExitsBeforeApp {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let inventory = cx.inventory;
        if !workload.is_long_running() || inventory.replicas(workload).is_parked() {
            return;
        }
        for sidecar in cx.clocks().injected(workload) {
            // Two assumptions, on the time and on the requests, are no evidence.
            let takes_requests = inventory.serving(workload).is_serving();
            let app = app(cx, workload).filter(|app| is_stated(app) || takes_requests);
            let report = app.as_ref().and_then(|app| {
                let report = other_sidecar::report(app, &sidecar)?;
                // The time is an assumption, or Istio's sidecar may be there instead.
                let note = !is_stated(app) || inventory.mesh(workload).has_sidecar();
                Some(if note {
                    report.severity(Severity::Note)
                } else {
                    report
                })
            });
            if let Some(report) = report {
                out.push(report);
            }
        }
        let mesh = inventory.mesh(workload);
        let kind = inventory.proxy_kind(workload);
        if !mesh.has_sidecar() || kind == ProxyKind::Native {
            return;
        }
        let settings = cx.inventory.proxy_settings(workload);
        if !settings.is_readable() {
            return;
        }
        let Some(app) = app(cx, workload) else {
            return;
        };
        let exit = Proxy::Classic(drain(&settings)).exit();
        let is_stated = is_stated(&app);
        if !is_stated && !inventory.serving(workload).is_serving() {
            return;
        }
        if exit.outlived_by(&app.budget).is_some() {
            let certain = is_stated && kind == ProxyKind::Classic;
            let idle = matches!(exit, ProxyExit::WhenIdle { .. });
            let report = app.report(exit, kind, &settings, &mesh);
            out.push(if certain && !idle {
                report.severity(Severity::Error)
            } else if is_stated {
                report.severity(Severity::Warning)
            } else {
                // The time is an assumption.
                report.severity(Severity::Note).without_fix()
            });
        }
    }
}

fn app<'a>(cx: &Context<'_>, workload: Workload<'a>) -> Option<App<'a>> {
    let pod = cx.clocks().longest(workload)?;
    Some(App {
        workload,
        container: pod.container,
        budget: pod.budget,
    })
}

/// Whether the manifest says how long the app needs, in a hook or as its shutdown time.
fn is_stated(app: &App<'_>) -> bool {
    !app.budget.prestop.lower_bound().is_zero() || app.budget.shutdown.is_declared()
}
