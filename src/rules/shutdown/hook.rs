//! A lifecycle hook, what is wrong with it, and how it can be mended.

use k8s_openapi::api::core::v1::LifecycleHandler;

use super::wait;
use crate::edit::{Refusal, Value};
use crate::finding::Applicability;
use crate::kube::{ContainerRef, Workload};
use crate::rules::{Context, Report};
use crate::yaml::Node;

const REJECTED: &str = "the API server rejects it";

pub(super) struct Hook<'a> {
    pub(super) name: &'static str,
    pub(super) data: &'a LifecycleHandler,
    pub(super) container: ContainerRef<'a>,
    pub(super) key: Node<'a>,
    pub(super) node: Node<'a>,
}

pub(super) struct Problem<'a> {
    pub(super) node: Node<'a>,
    pub(super) what: String,
    pub(super) consequence: &'static str,
    pub(super) detail: Option<String>,
    pub(super) help: String,
    pub(super) repair: Repair,
}

/// How a hook can be made to do what was meant.
pub(super) enum Repair {
    None,
    /// Write the port as this number.
    Port(u16),
    /// Sleep this many seconds, without the kubelet's help.
    ExecSleep(u64),
}

impl<'a> Hook<'a> {
    pub(super) fn report(&self, workload: Workload<'a>, problem: &Problem<'a>) -> Report<'a> {
        let message = format!(
            "{} hook of `{}` {}: {}",
            self.name,
            self.container.name(),
            problem.what,
            problem.consequence
        );
        let report = Report::container(workload, self.container, problem.node, message);
        report
            .help(&*problem.help)
            .detail_of(problem.detail.as_deref())
    }

    /// What leaves nothing else that the author can have meant.
    pub(super) fn fix(
        &self,
        cx: &Context<'_>,
        problem: &Problem<'a>,
        report: Report<'a>,
    ) -> Report<'a> {
        let object = self.container.object();
        match problem.repair {
            Repair::None => report,
            Repair::Port(number) => {
                let title = format!("write the port as {number}");
                report.fix(Applicability::Safe, title, object, |editor| {
                    editor.set(problem.node, &Value::int(number))
                })
            }
            Repair::ExecSleep(seconds) => {
                let image = self.container.data.image.as_deref().unwrap_or_default();
                let Some((key, value)) = wait::handler(cx, image, seconds) else {
                    return report;
                };
                let title = format!("wait {seconds}s with exec");
                // Where the image has no `sleep` after all, a preStop hook fails and does no harm; a
                // postStart hook has the container killed.
                let applicability = if self.name == "preStop" {
                    Applicability::Safe
                } else {
                    Applicability::Unsafe
                };
                report.fix(applicability, title, object, |editor| {
                    let sleep = self.node.entry("sleep").ok_or(Refusal::Moot)?;
                    editor.replace(sleep, key, &value)
                })
            }
        }
    }

    pub(super) fn rejected(
        node: Node<'a>,
        what: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem<'a> {
        Problem {
            node,
            what: what.into(),
            consequence: REJECTED,
            detail: None,
            help: help.into(),
            repair: Repair::None,
        }
    }
}

/// Whether a probe or a hook of the pod names a file.
pub(super) fn is_read(workload: Workload<'_>, file: &str) -> bool {
    let mut containers = workload.template().containers();
    containers.any(|container| {
        let data = container.data;
        let probes = [
            &data.startup_probe,
            &data.liveness_probe,
            &data.readiness_probe,
        ];
        let of_probes = probes
            .into_iter()
            .flatten()
            .filter_map(|it| it.exec.as_ref());
        let hooks = data.lifecycle.as_ref();
        let hooks = hooks.map(|it| [&it.pre_stop, &it.post_start]);
        let of_hooks = hooks.into_iter().flatten().flatten();
        let of_hooks = of_hooks.filter_map(|it| it.exec.as_ref());
        let mut commands = of_probes.chain(of_hooks);
        commands.any(|exec| exec.command.iter().flatten().any(|it| it.contains(file)))
    })
}
