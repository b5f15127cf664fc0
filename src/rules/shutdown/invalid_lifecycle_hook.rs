//! `invalid-lifecycle-hook`

use super::hook::{Hook, Problem, Repair};
use super::wait;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{FaultRule, Workload, WorkloadKind};
use crate::lifecycle::shutdown::grace_period;
use crate::rules::handler::{self, Handlers};
use crate::rules::{Context, Findings, Rule, faults};
use crate::units::show_seconds;
use crate::yaml::Node;

const HANDLERS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "sleep"];

static META: RuleMeta = RuleMeta {
    id: "invalid-lifecycle-hook",
    category: Category::Shutdown,
    severity: Severity::Error,
    pedantic: false,
    summary: "A lifecycle hook that is rejected or always fails",
    page: include_str!("../../../rules/shutdown/invalid-lifecycle-hook.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &["prestop-hook"],
};

/// See the rule's page.
pub(in crate::rules) struct InvalidLifecycleHook;

impl Rule for InvalidLifecycleHook {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        faults::report(cx, workload.object(), FaultRule::InvalidLifecycleHook, out);
        // Knative rejects hooks, and says so.
        if workload.kind() == WorkloadKind::KnativeService {
            return;
        }
        for container in workload.template().lasting_containers() {
            let lifecycle = container.data.lifecycle.as_ref();
            let hooks = [
                (
                    "preStop",
                    lifecycle.and_then(|lifecycle| lifecycle.pre_stop.as_ref()),
                ),
                (
                    "postStart",
                    lifecycle.and_then(|lifecycle| lifecycle.post_start.as_ref()),
                ),
            ];
            for (name, data) in hooks {
                let entry = container
                    .node
                    .get("lifecycle")
                    .and_then(|lifecycle| lifecycle.entry(name));
                if let (Some(data), Some(entry)) = (data, entry) {
                    let hook = Hook {
                        name,
                        data,
                        container,
                        key: entry.key,
                        node: entry.value.resolved(),
                    };
                    if let Some(problem) = hook.problem(cx, workload) {
                        let report = hook.report(workload, &problem);
                        out.push(hook.fix(cx, &problem, report));
                    }
                }
            }
        }
    }
}

impl<'a> Hook<'a> {
    fn problem(&self, cx: &Context<'_>, workload: Workload<'a>) -> Option<Problem<'a>> {
        let object = self.container.object();
        match handler::of(cx, object, self.node, &HANDLERS) {
            Handlers::None => Some(Self::rejected(
                self.key,
                "has no handler",
                "give it one of exec, httpGet or sleep",
            )),
            Handlers::Several(names, second) => {
                let help = format!("keep one of {names}");
                Some(Self::rejected(second, "has several handlers", help))
            }
            Handlers::One("exec") => handler::lacks_command(object, self.node)
                .then(|| Self::rejected(self.key, "runs no command", "give exec a command")),
            Handlers::One("httpGet") => self.port(cx),
            Handlers::One("tcpSocket") => Some(self.tcp_socket()),
            Handlers::One("sleep") => self.sleep(cx, workload),
            Handlers::One(_) | Handlers::Unknown => None,
        }
    }

    fn tcp_socket(&self) -> Problem<'a> {
        let node = self.node.entry("tcpSocket").map(|entry| entry.key);
        let consequence = if self.name == "preStop" {
            "SIGTERM comes at once"
        } else {
            "the container is killed and started again"
        };
        Problem {
            node: node.unwrap_or(self.key),
            what: "is a tcpSocket".to_owned(),
            consequence,
            detail: Some("the API server accepts it, but the kubelet cannot run it".to_owned()),
            help: "use exec, httpGet or sleep".to_owned(),
            repair: Repair::None,
        }
    }

    fn port(&self, cx: &Context<'_>) -> Option<Problem<'a>> {
        let get = self.data.http_get.as_ref()?;
        let wrong = handler::wrong_port(cx, self.container, self.node, "httpGet", &get.port)?;
        Some(Problem {
            repair: wrong.number.map_or(Repair::None, Repair::Port),
            detail: wrong.detail,
            ..Self::rejected(wrong.node, wrong.what, wrong.help)
        })
    }

    fn sleep(&self, cx: &Context<'_>, workload: Workload<'a>) -> Option<Problem<'a>> {
        let object = self.container.object();
        let key = self.node.entry("sleep").map_or(self.key, |entry| entry.key);
        if !wait::is_native(cx) {
            let seconds = self.data.sleep.as_ref().map(|sleep| sleep.seconds);
            let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
            let what = "is a sleep, new in Kubernetes 1.30";
            let help = format!(
                "where the image has a sleep:\nexec:\n  command: [\"sleep\", \"{}\"]",
                seconds.unwrap_or(wait::USUAL)
            );
            return Some(Problem {
                repair: seconds.map_or(Repair::None, Repair::ExecSleep),
                ..Self::rejected(key, what, help)
            });
        }
        let field = object.field_below(self.node, &["sleep", "seconds"]);
        if field.is_unknown()
            || cx
                .inventory
                .is_always_set_elsewhere(object, self.node, "sleep.seconds")
        {
            return None;
        }
        let Some(node) = field.node() else {
            // Zero, which the API server takes from 1.33 on.
            return None;
        };
        let seconds = self.data.sleep.as_ref()?.seconds;
        if seconds < 0 {
            let what = format!("sleeps {seconds} seconds");
            return Some(Self::rejected(node, what, "write a number above 0"));
        }
        if seconds == 0 && cx.is_kubernetes_before(1, 33) {
            let what = "sleeps 0s, valid from Kubernetes 1.33 on";
            let help = "write a number above 0, or remove the hook";
            return Some(Self::rejected(node, what, help));
        }
        self.post_start_sleep(cx, workload, node, seconds)
    }

    /// The API server holds every sleep against the grace period. A preStop sleep that is too long
    /// is a finding of its own.
    fn post_start_sleep(
        &self,
        cx: &Context<'_>,
        workload: Workload<'a>,
        node: Node<'a>,
        seconds: i64,
    ) -> Option<Problem<'a>> {
        const FIELD: &str = "terminationGracePeriodSeconds";
        let template = workload.template();
        let spec_node = template.spec_node()?;
        if self.name == "preStop"
            || template.spec_field(&[FIELD]).is_unknown()
            || cx
                .inventory
                .is_always_set_elsewhere(template.object(), spec_node, FIELD)
        {
            return None;
        }
        let grace = grace_period(template.spec()?.termination_grace_period_seconds).value;
        if seconds.unsigned_abs() <= grace.as_secs() {
            return None;
        }
        let grace = show_seconds(grace);
        let what = format!("sleeps {seconds}s, over the {grace} grace period");
        let help = "shorten the sleep; a startup probe waits for a slow start";
        Some(Self::rejected(node, what, help))
    }
}
