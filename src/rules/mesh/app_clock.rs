//! The clock of an app beside that of its sidecar, in words.

use super::native::unless_native;
use super::proxy_config::Settings;
use crate::clocks::node_of;
use crate::edit::{Advice, Refusal, Value};
use crate::finding::Applicability;
use crate::inventory::{Mesh, ProxyKind, ProxySettings, ToldBy, written_proxy};
use crate::kube::{ContainerRef, ISTIO_PROXY, Workload};
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
        let message = match exit {
            ProxyExit::WhenIdle { earliest } => format!(
                "the sidecar may exit after {}, but `{name}` still serves in its hook",
                show_seconds(earliest)
            ),
            ProxyExit::At(exit) => format!(
                "the sidecar exits after {}, but `{name}` needs {}{}",
                show_seconds(exit),
                show_seconds(self.budget.exit().min(self.budget.grace.value)),
                if self.budget.shutdown.is_declared() {
                    ""
                } else {
                    " (assumed)"
                },
            ),
            ProxyExit::AfterApplication => String::new(),
        };
        let node = self.cause().unwrap_or_else(|| self.container.name_node());
        let mut report = Report::container(self.workload, self.container, node, message)
            .detail("both from the start of the termination");
        if !matches!(exit, ProxyExit::WhenIdle { .. }) {
            report = report.related(
                self.container.object(),
                self.container.name_node(),
                self.clock(exit),
            );
        }
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
        self.stay(exit, kind, report).mesh(mesh)
    }

    /// The hook's duration, else what declares the shutdown time.
    pub(super) fn cause(&self) -> Option<Node<'a>> {
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

    /// What lets the sidecar stay until its last connection ends, and through the hook.
    fn variables(&self, exit: ProxyExit) -> Vec<(&'static str, String)> {
        let mut variables = vec![("EXIT_ON_ZERO_ACTIVE_CONNECTIONS", "true".to_owned())];
        if matches!(exit, ProxyExit::WhenIdle { .. }) {
            variables.clear();
        }
        variables.push(("MINIMUM_DRAIN_DURATION", format!("{}s", self.least_drain())));
        variables
    }

    /// As entries of a container's environment.
    fn environment(&self, exit: ProxyExit) -> Value {
        let variables = self.variables(exit).into_iter();
        let entries = variables.map(|(name, value)| {
            Value::map([("name", Value::text(name)), ("value", Value::Text(value))])
        });
        Value::List(entries.collect())
    }

    fn stay(&self, exit: ProxyExit, kind: ProxyKind, report: Report<'a>) -> Report<'a> {
        let lead = match exit {
            ProxyExit::WhenIdle { .. } => "keep the sidecar at least as long as the hook",
            _ => "let the sidecar stay until its last connection ends (Istio 1.12 or newer)",
        };
        let template = self.workload.template();
        let title = "let the sidecar stay until its last connection ends";
        let proxy = written_proxy(template);
        let settings = Settings::variables(self.variables(exit));
        let environment = Advice::below(&[], [("env", self.environment(exit))]);
        let (lead, yaml) = if proxy.is_some() {
            let lead = format!("{lead}; add to the container {ISTIO_PROXY}");
            (lead, environment.yaml())
        } else {
            settings.help(lead, template)
        };
        let lead = format!("{lead}{}", unless_native(kind));
        report.help_of_fix(&lead, &yaml).fix(
            Applicability::Unsafe,
            title,
            template.object(),
            |editor| match proxy {
                // What else its list holds may set the same.
                Some(proxy) if proxy.get("env").is_some() => Err(Refusal::Moot),
                Some(proxy) => environment.write(editor, proxy),
                None => settings.write(editor, template),
            },
        )
    }
}
