//! The clock of an app beside that of its sidecar, in words.

use std::time::Duration;

use super::native::moot_with_native;
use super::proxy_config::Settings;
use crate::clocks::node_of;
use crate::finding::Applicability;
use crate::inventory::{Mesh, ProxyKind, ProxySettings, ToldBy};
use crate::kube::{ContainerRef, Workload};
use crate::lifecycle::Origin;
use crate::lifecycle::shutdown::GraceBudget;
use crate::lifecycle::sidecar::{DrainConfig, ProxyExit};
use crate::rules::Report;
use crate::units::show_seconds;
use crate::yaml::Node;

/// The clock of the app.
pub(super) struct App<'a> {
    pub(super) workload: Workload<'a>,
    pub(super) container: ContainerRef<'a>,
    pub(super) budget: GraceBudget<'a>,
}

impl<'a> App<'a> {
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
            format!("{hook} + {shutdown} = {}", show_seconds(self.budget.exit()))
        };
        let grace = self.budget.grace.value;
        if grace < self.budget.exit() {
            return format!("{sum} (cut by the grace period of {})", show_seconds(grace));
        }
        sum
    }

    pub(super) fn report(
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
        let mut report = Report::container(self.workload, self.container, node, message);
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
        self.stay(exit, report).mesh(mesh)
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

    /// Whole seconds that the sidecar has to stay at least.
    fn least_drain(&self) -> u64 {
        let prestop = self.budget.prestop.lower_bound();
        let least = prestop.max(DrainConfig::default().minimum_drain);
        least.as_secs() + u64::from(least.subsec_nanos() > 0)
    }

    /// Lets the sidecar stay until its last connection ends, and through the hook.
    fn stay(&self, exit: ProxyExit, report: Report<'a>) -> Report<'a> {
        let mut variables = vec![("EXIT_ON_ZERO_ACTIVE_CONNECTIONS", "true".to_owned())];
        let mut lead = "let the sidecar stay until its last connection ends (Istio 1.12 or newer)";
        if matches!(exit, ProxyExit::WhenIdle { .. }) {
            variables.clear();
            lead = "keep the sidecar at least as long as the hook";
        }
        variables.push(("MINIMUM_DRAIN_DURATION", format!("{}s", self.least_drain())));
        let template = self.workload.template();
        let title = "let the sidecar stay until its last connection ends";
        let settings = Settings::variables(variables);
        let (lead, yaml) = settings.help(lead, template);
        report.help_of_fix(&lead, &yaml).fix(
            Applicability::Unsafe,
            title,
            template.object(),
            |editor| settings.write(editor, template),
        )
    }
}
