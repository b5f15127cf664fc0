//! `sidecar-exits-before-app`

use std::time::Duration;

use super::app_clock::App;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{ProxyKind, ProxySettings, Told};
use crate::kube::{ContainerRef, Workload};
use crate::lifecycle::Term;
use crate::lifecycle::shutdown::{self, GraceBudget};
use crate::lifecycle::sidecar::{DrainConfig, Proxy, ProxyExit};
use crate::rules::origin::annotation;
use crate::rules::{Context, Findings, Rule};
use crate::yaml::Node;

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
        let Some((container, budget)) = longest(cx, workload) else {
            return;
        };
        let exit = Proxy::Classic(drain(&settings)).exit();
        let app = App {
            workload,
            container,
            budget,
        };
        let prestop = app.budget.prestop.lower_bound();
        let is_stated = !prestop.is_zero() || app.budget.shutdown.is_declared();
        if !is_stated && !cx.inventory.serving(workload).is_serving() {
            return;
        }
        let needs = match exit {
            // Connections hold the proxy once the hook is over.
            ProxyExit::WhenIdle { .. } => prestop,
            _ => app.needs(),
        };
        // The grace period may end the app before the sidecar does.
        if exit.may_precede(needs.min(app.budget.grace.value)) {
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

fn drain(settings: &ProxySettings<'_>) -> DrainConfig {
    let default = DrainConfig::default();
    let or = |told: Option<Told<'_, Duration>>, default| told.map_or(default, |told| told.value);
    DrainConfig {
        termination_drain: or(settings.termination_drain(), default.termination_drain),
        exit_on_zero_connections: settings.exit_on_zero().is_some_and(|told| told.value),
        minimum_drain: or(settings.minimum_drain(), default.minimum_drain),
    }
}

/// Endless where it is not known.
fn grace_period(cx: &Context<'_>, workload: Workload<'_>) -> Term {
    const FIELD: &str = "terminationGracePeriodSeconds";
    let template = workload.template();
    let is_set = template.spec_node().is_some_and(|node| {
        cx.inventory
            .is_set_elsewhere(template.object(), node, FIELD)
    });
    if is_set || template.spec_field(&[FIELD]).is_unknown() {
        return shutdown::grace_period(Some(i64::MAX));
    }
    let spec = template.spec();
    shutdown::grace_period(spec.and_then(|spec| spec.termination_grace_period_seconds))
}

/// The main container that is done last.
fn longest<'a>(
    cx: &Context<'_>,
    workload: Workload<'a>,
) -> Option<(ContainerRef<'a>, GraceBudget<'a>)> {
    let template = workload.template();
    let budgets: Vec<_> = template
        .main_containers()
        .filter(|container| !container.field(&["lifecycle", "preStop"]).is_unknown())
        .map(|container| {
            let grace = grace_period(cx, workload);
            let stated = annotation(workload, container, shutdown::ANNOTATION).and_then(Node::text);
            let budget = GraceBudget::of(container.data, grace, stated, &cx.settings.lifecycle);
            (container, budget)
        })
        .collect();
    let longest = GraceBudget::largest(budgets.iter().map(|(_, budget)| budget.clone()))?;
    budgets.into_iter().find(|(_, budget)| *budget == longest)
}
