//! `sidecar-exits-before-app`

use super::app_clock::App;
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
        let mesh = cx.inventory.mesh(workload);
        let kind = cx.inventory.proxy_kind(workload);
        if !workload.is_long_running()
            || !mesh.has_sidecar()
            || kind == ProxyKind::Native
            || cx.inventory.replicas(workload).is_parked()
        {
            return;
        }
        let settings = cx.inventory.proxy_settings(workload);
        if !settings.is_readable() {
            return;
        }
        let Some(pod) = cx.clocks().longest(workload) else {
            return;
        };
        let exit = Proxy::Classic(drain(&settings)).exit();
        let app = App {
            workload,
            container: pod.container,
            budget: pod.budget,
        };
        let prestop = app.budget.prestop.lower_bound();
        let is_stated = !prestop.is_zero() || app.budget.shutdown.is_declared();
        if !is_stated && !cx.inventory.serving(workload).is_serving() {
            return;
        }
        if exit.outlived_by(&app.budget).is_some() {
            let certain = is_stated && kind == ProxyKind::Classic;
            let idle = matches!(exit, ProxyExit::WhenIdle { .. });
            let severity = if certain && !idle {
                Severity::Error
            } else {
                Severity::Warning
            };
            out.push(app.report(exit, kind, &settings, &mesh).severity(severity));
        }
    }
}
