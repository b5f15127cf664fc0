//! `invalid-probe`

use k8s_openapi::api::core::v1::ContainerPort;

use super::probe::{ProbeKind, ProbeRef, probes_of};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRef, ContainerRole, Field, Workload, WorkloadKind};
use crate::rules::handler::{self, Handlers};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "invalid-probe",
    category: Category::Probes,
    severity: Severity::Error,
    pedantic: false,
    summary: "A probe that the API server rejects",
    page: include_str!("../../../rules/probes/invalid-probe.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

const HANDLERS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "grpc"];

/// See the rule's page.
pub(in crate::rules) struct InvalidProbe;

impl Rule for InvalidProbe {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        for container in workload.template().containers() {
            match container.role {
                ContainerRole::Init => check_init(cx, workload, container, out),
                // Older API servers drop `restartPolicy` of a container.
                ContainerRole::NativeSidecar if cx.is_kubernetes_before(1, 29) => {
                    check_init(cx, workload, container, out);
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

/// A plain init container runs to its end before anything could ask it.
fn check_init(
    cx: &Context<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    out: &mut Findings,
) {
    let policy = "restartPolicy";
    if container.field(&[policy]).is_unknown()
        || cx
            .inventory
            .is_set_elsewhere(container.object(), container.node, policy)
    {
        return;
    }
    for field in [
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
        "lifecycle",
    ] {
        let (Field::Set(_), Some(entry)) = (container.field(&[field]), container.node.entry(field))
        else {
            continue;
        };
        let (why, help) = if container.role == ContainerRole::NativeSidecar {
            (
                "a Kubernetes before 1.29 ignores its `restartPolicy: Always` and takes it for a \
                 plain init container, which may have no probes and no hooks",
                "make it a container of its own under `containers`",
            )
        } else {
            (
                "an init container without `restartPolicy: Always` may have no probes and no hooks",
                "remove it; or, where the container is to run as long as the pod does, make it a \
                 native sidecar: restartPolicy: Always",
            )
        };
        let message = format!(
            "init container `{}` has a {field}, and the API server rejects the object: {why}",
            container.name()
        );
        out.push(Report::container(workload, container, entry.key, message).help(help));
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
        let probe = &self.probe;
        let message = format!(
            "{} of container `{}` {what}: the API server rejects the object",
            probe.kind.as_str(),
            probe.container.name()
        );
        let report = Report::container(self.workload, probe.container, node, message).help(help);
        self.out.push(report);
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
                let what = format!("has more than one handler ({names})");
                self.report(second, &what, "keep one of them");
            }
            Handlers::One("exec") => {
                if handler::lacks_command(container.object(), node) {
                    self.report(key, "runs no command", "give exec a command");
                }
            }
            Handlers::One(name) => {
                let too_old = name == "grpc" && self.cx.is_kubernetes_before(1, 24);
                if too_old {
                    let what = "has only a grpc handler, which Kubernetes knows from 1.24 on";
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
            self.report(wrong.node, &wrong.what, wrong.help);
        } else if let Field::Unknown(node) = self.probe.field(&[handler, "port"])
            && handler::is_of_wrong_type(container.object(), node)
        {
            let found = node.text().unwrap_or("a collection");
            let what = match handler {
                "grpc" => format!("names port `{found}`, but a grpc handler takes a number only"),
                _ => format!("asks port `{found}`, which is neither a number nor a name"),
            };
            let is_named = |port: &&ContainerPort| port.name.as_deref() == Some(found);
            let help = match container.ports().iter().find(is_named) {
                Some(port) => format!("port: {}", port.container_port),
                None => handler::port_help(node),
            };
            self.report(node, &what, help);
        }
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
                let what = format!("has {field} {value}, which is negative");
                self.report(
                    node,
                    &what,
                    format!("remove {field} for its default, or raise it"),
                );
            } else if field == "successThreshold"
                && self.probe.kind != ProbeKind::Readiness
                && value > 1
            {
                let what = format!("has successThreshold {value}, where only 1 is allowed");
                self.report(
                    node,
                    &what,
                    "remove successThreshold: only readiness probes have one",
                );
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
            let what = format!("has a {FIELD}, but never ends a container");
            self.report(node, &what, "remove it, or move it to the livenessProbe");
        } else if value <= 0 {
            let what = format!("has {FIELD} {value}, which is not above 0");
            self.report(
                node,
                &what,
                format!("remove {FIELD} for the pod's, or set it to 1 or more"),
            );
        }
    }
}
