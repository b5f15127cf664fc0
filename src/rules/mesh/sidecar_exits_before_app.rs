//! `sidecar-exits-before-app`

use std::time::Duration;

use super::native::moot_with_native;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Mesh, ProxyKind, ProxySettings, Told, ToldBy};
use crate::kube::{ContainerRef, PROXY_CONFIG_ANNOTATION, Workload};
use crate::lifecycle::shutdown::{self, GraceBudget};
use crate::lifecycle::sidecar::{DrainConfig, Proxy, ProxyExit};
use crate::lifecycle::{Origin, Term};
use crate::rules::origin::{annotation, node_of};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "sidecar-exits-before-app",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "The sidecar proxy leaves while the app still serves",
    page: include_str!("../../../rules/mesh/sidecar-exits-before-app.md"),
    options: &[],
    fix: FixAvailability::None,
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
    let stated = annotation(workload, shutdown::ANNOTATION).and_then(Node::text);
    let budgets: Vec<_> = template
        .main_containers()
        .filter(|container| !container.field(&["lifecycle", "preStop"]).is_unknown())
        .map(|container| {
            let grace = grace_period(cx, workload);
            let budget = GraceBudget::of(container.data, grace, stated, &cx.settings.lifecycle);
            (container, budget)
        })
        .collect();
    let longest = GraceBudget::largest(budgets.iter().map(|(_, budget)| budget.clone()))?;
    budgets.into_iter().find(|(_, budget)| *budget == longest)
}

/// The clock of the app.
struct App<'a> {
    workload: Workload<'a>,
    container: ContainerRef<'a>,
    budget: GraceBudget<'a>,
}

impl<'a> App<'a> {
    /// From the start of the termination to the exit of the container.
    fn needs(&self) -> Duration {
        let prestop = self.budget.prestop.lower_bound();
        prestop.saturating_add(self.budget.shutdown.value)
    }

    /// `app: 15s preStop (native sleep) + 20s shutdown (assumed) = 35s`
    fn clock(&self, exit: ProxyExit) -> String {
        let prestop = self.budget.prestop;
        let shutdown = &self.budget.shutdown;
        let hook = match prestop.hook() {
            Some(_) => format!("{prestop}"),
            None => String::new(),
        };
        if matches!(exit, ProxyExit::WhenIdle { .. }) {
            return hook;
        }
        let shutdown = format!(
            "{} shutdown ({})",
            show_seconds(shutdown.value),
            shutdown.origin
        );
        let sum = if hook.is_empty() {
            shutdown
        } else {
            format!("{hook} + {shutdown} = {}", show_seconds(self.needs()))
        };
        let grace = self.budget.grace.value;
        if grace < self.needs() {
            return format!("{sum} (cut by the grace period of {})", show_seconds(grace));
        }
        sum
    }

    fn report(
        &self,
        exit: ProxyExit,
        kind: ProxyKind,
        settings: &ProxySettings<'_>,
        mesh: &Mesh<'_>,
    ) -> Report<'a> {
        let name = self.container.name();
        let clock = self.clock(exit);
        let until = moot_with_native(kind);
        let message = match exit {
            ProxyExit::WhenIdle { earliest } => format!(
                "the sidecar may leave {} after the start of the termination (MINIMUM_DRAIN_DURATION) \
                 once it has no connection, but container `{name}` serves through its {clock}: \
                 requests that arrive later fail{until}",
                show_seconds(earliest)
            ),
            _ => format!(
                "two clocks from the start of the termination: the sidecar leaves after {}, \
                 container `{name}` after {clock}; in between the app can neither take nor send \
                 requests{until}",
                show_seconds(match exit {
                    ProxyExit::At(exit) => exit,
                    _ => Duration::ZERO,
                })
            ),
        };
        let node = self.cause().unwrap_or_else(|| self.container.name_node());
        let mut report =
            Report::container(self.workload, self.container, node, message).help(self.help(exit));
        let object = self.container.object();
        for (term, what) in [
            (settings.termination_drain(), "the sidecar's drain"),
            (settings.minimum_drain(), "the sidecar's least drain"),
        ] {
            match term.map(|term| term.by) {
                Some(ToldBy::Pod(node)) => report = report.related(object, node, what),
                Some(ToldBy::Mesh(mesh)) => report = report.related(mesh, mesh.name_node(), what),
                Some(ToldBy::Configuration) | None => {}
            }
        }
        let shutdown = &self.budget.shutdown;
        if let Some(node) = node_of(&shutdown.origin, self.workload.template(), self.container) {
            let what = format!("{} shutdown", show_seconds(shutdown.value));
            report = report.related(object, node, what);
        }
        report.mesh(mesh)
    }

    /// The hook's duration, else what declares the shutdown time.
    fn cause(&self) -> Option<Node<'a>> {
        let hook = self.container.node.at(&["lifecycle", "preStop"]);
        let hook = hook.map(|hook| {
            hook.at(&["sleep", "seconds"])
                .or_else(|| hook.at(&["exec", "command"]))
                .unwrap_or(hook)
        });
        let origin: &Origin = &self.budget.shutdown.origin;
        hook.or_else(|| node_of(origin, self.workload.template(), self.container))
    }

    fn help(&self, exit: ProxyExit) -> String {
        let prestop = self.budget.prestop.lower_bound();
        let minimum = prestop.max(DrainConfig::default().minimum_drain);
        let minimum = minimum.as_secs() + u64::from(minimum.subsec_nanos() > 0);
        let (lead, key) = match exit {
            ProxyExit::WhenIdle { .. } => ("keep the sidecar at least as long as the hook", ""),
            _ => (
                "let the sidecar stay until its last connection ends (Istio 1.12 or newer)",
                "\n        EXIT_ON_ZERO_ACTIVE_CONNECTIONS: \"true\"",
            ),
        };
        format!(
            "{lead}, on the pod template:\nmetadata:\n  annotations:\n    {PROXY_CONFIG_ANNOTATION}: |\n      \
             proxyMetadata:{key}\n        MINIMUM_DRAIN_DURATION: \"{minimum}s\""
        )
    }
}
