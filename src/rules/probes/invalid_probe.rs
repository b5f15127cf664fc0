//! `invalid-probe`

use super::init_container;
use super::probe::{HANDLERS, ProbeKind, ProbeRef, probes_of};
use crate::edit::{Editor, Edits, Refusal, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRole, FaultRule, Field, Workload, WorkloadKind};
use crate::rules::handler::{self, Handlers, WrongPort};
use crate::rules::{Context, Findings, Report, Rule, faults};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "invalid-probe",
    category: Category::Probes,
    severity: Severity::Error,
    pedantic: false,
    summary: "A probe that the API server rejects",
    page: include_str!("../../../rules/probes/invalid-probe.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct InvalidProbe;

impl Rule for InvalidProbe {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        faults::report(cx, workload.object(), FaultRule::InvalidProbe, out);
        for container in workload.template().containers() {
            match container.role {
                ContainerRole::Init => init_container::check(cx, workload, container, out),
                // Older API servers drop `restartPolicy` of a container.
                ContainerRole::NativeSidecar if cx.is_kubernetes_before(1, 29) => {
                    init_container::check(cx, workload, container, out);
                }
                ContainerRole::Main | ContainerRole::NativeSidecar => {
                    for probe in probes_of(container) {
                        let mut check = Check {
                            cx,
                            workload,
                            probe,
                            out,
                        };
                        check.handler();
                        check.numbers();
                        check.grace_period();
                    }
                }
            }
        }
    }
}

struct Check<'c, 'a, 'o> {
    cx: &'c Context<'c>,
    workload: Workload<'a>,
    probe: ProbeRef<'a>,
    out: &'o mut Findings,
}

impl<'a> Check<'_, 'a, '_> {
    fn report(&mut self, node: Node<'a>, what: &str, help: impl Into<String>) {
        let report = self.made(node, what, help);
        self.out.push(report);
    }

    /// With a fix that leaves nothing else that the author can have meant.
    fn report_with_fix(
        &mut self,
        node: Node<'a>,
        (what, help): (&str, String),
        title: &str,
        edits: impl FnOnce(&Editor<'_>) -> Edits,
    ) {
        let object = self.probe.container.object();
        let report = self.made(node, what, help);
        self.out
            .push(report.fix(Applicability::Safe, title, object, edits));
    }

    fn made(&self, node: Node<'a>, what: &str, help: impl Into<String>) -> Report<'a> {
        let probe = &self.probe;
        let message = format!(
            "{} of `{}` {what}: the API server rejects it",
            probe.kind.as_str(),
            probe.container.name()
        );
        Report::container(self.workload, probe.container, node, message).help(help)
    }

    /// Removes a field of the probe, where nothing but its absence is accepted. A probe of which nothing
    /// would be left is no fix's business.
    fn removal(&self, field: &'static str) -> impl FnOnce(&Editor<'_>) -> Edits + use<'a> {
        let node = self.probe.node;
        move |editor| {
            let entry = node.entry(field).ok_or(Refusal::Moot)?;
            if node.written_entries().nth(1).is_none() {
                return Err(Refusal::Moot);
            }
            editor.remove_uncommented(entry)
        }
    }

    fn handler(&mut self) {
        let ProbeRef {
            node,
            key,
            container,
            ..
        } = self.probe;
        // Knative fills in what its readiness probes leave out.
        let is_knative = self.workload.kind() == WorkloadKind::KnativeService;
        match handler::of(self.cx, container.object(), node, &HANDLERS) {
            Handlers::Unknown => {}
            Handlers::None if is_knative => {}
            Handlers::None => self.report(
                key,
                "has no handler",
                "give it one of exec, httpGet, tcpSocket or grpc",
            ),
            Handlers::Several(names, second) => {
                let help = format!("keep one of {names}");
                self.report(second, "has several handlers", help);
            }
            Handlers::One("exec") => {
                if handler::lacks_command(container.object(), node) {
                    self.report(key, "runs no command", "give exec a command");
                }
            }
            Handlers::One(name) => {
                let too_old = name == "grpc" && self.cx.is_kubernetes_before(1, 24);
                if too_old {
                    let what = "is a grpc probe, new in Kubernetes 1.24";
                    self.report(key, what, "run grpc_health_probe with exec");
                } else if !is_knative {
                    self.port(name);
                }
            }
        }
    }

    fn port(&mut self, handler: &'static str) {
        let (node, container) = (self.probe.node, self.probe.container);
        let Some(port) = self.probe.port(handler) else {
            return;
        };
        if let Some(wrong) = handler::wrong_port(self.cx, container, node, handler, &port) {
            self.report_port(&wrong);
        } else if let Field::Unknown(node) = self.probe.field(&[handler, "port"])
            && handler::is_of_wrong_type(container.object(), node)
        {
            self.report_port(&handler::mistyped_port(container, node, handler));
        }
    }

    fn report_port(&mut self, wrong: &WrongPort<'a>) {
        let node = wrong.node;
        let report = self.made(node, &wrong.what, &*wrong.help);
        let mut report = report.detail_of(wrong.detail.as_deref());
        if let Some(number) = wrong.number {
            let title = format!("write the port as {number}");
            let object = self.probe.container.object();
            report = report.fix(Applicability::Safe, title, object, |editor| {
                editor.set(node, &Value::int(number))
            });
        }
        self.out.push(report);
    }

    fn numbers(&mut self) {
        let data = self.probe.data;
        let numbers = [
            ("initialDelaySeconds", data.initial_delay_seconds),
            ("timeoutSeconds", data.timeout_seconds),
            ("periodSeconds", data.period_seconds),
            ("failureThreshold", data.failure_threshold),
            ("successThreshold", data.success_threshold),
        ];
        for (field, value) in numbers {
            let (Some(value), Some(node)) = (value, self.probe.field(&[field]).node()) else {
                continue;
            };
            if self.probe.is_set_elsewhere(self.cx, field) {
                continue;
            }
            if value < 0 {
                let what = format!("has {field} {value}, below 0");
                self.report(
                    node,
                    &what,
                    format!("remove {field} for its default, or raise it"),
                );
            } else if field == "successThreshold"
                && self.probe.kind != ProbeKind::Readiness
                && value > 1
            {
                let what = format!("has successThreshold {value}, not 1");
                let help = "remove successThreshold: only readiness probes have one".to_owned();
                let edits = self.removal(field);
                self.report_with_fix(node, (&what, help), "remove successThreshold", edits);
            }
        }
    }

    fn grace_period(&mut self) {
        const FIELD: &str = "terminationGracePeriodSeconds";
        let probe = self.probe;
        let (Some(value), Some(node)) = (
            probe.data.termination_grace_period_seconds,
            probe.field(&[FIELD]).node(),
        ) else {
            return;
        };
        if probe.is_set_elsewhere(self.cx, FIELD) {
            return;
        }
        if probe.kind == ProbeKind::Readiness {
            let what = format!("has a {FIELD}");
            let help = "remove it, or move it to the livenessProbe".to_owned();
            let title = "remove the readinessProbe's terminationGracePeriodSeconds";
            let edits = self.removal(FIELD);
            self.report_with_fix(node, (&what, help), title, edits);
        } else if value <= 0 {
            let what = format!("has {FIELD} {value}");
            self.report(
                node,
                &what,
                format!("remove {FIELD} for the pod's, or set it to 1 or more"),
            );
        }
    }
}
