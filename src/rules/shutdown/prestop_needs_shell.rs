//! `prestop-needs-shell`

use std::time::Duration;

use super::wait;
use crate::edit::{Advice, Refusal, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRef, Workload, WorkloadKind};
use crate::lifecycle::prestop::{Prestop, program_not_in_image};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "prestop-needs-shell",
    category: Category::Shutdown,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A preStop hook runs a program that its image does not hold",
    page: include_str!("../../../rules/shutdown/prestop-needs-shell.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &["prestop-hook"],
};

/// See the rule's page.
pub(in crate::rules) struct PrestopNeedsShell;

impl Rule for PrestopNeedsShell {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        // Knative rejects hooks.
        if !workload.is_long_running() || workload.kind() == WorkloadKind::KnativeService {
            return;
        }
        for container in workload.template().lasting_containers() {
            check(cx, workload, container, out);
        }
    }
}

fn check(
    cx: &Context<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    out: &mut Findings,
) {
    let hook = container
        .data
        .lifecycle
        .as_ref()
        .and_then(|lifecycle| lifecycle.pre_stop.as_ref());
    let exec = hook.and_then(|hook| hook.exec.as_ref());
    let (Some(exec), Some(image)) = (exec, container.data.image.as_deref()) else {
        return;
    };
    let is_set_elsewhere = ["image", "lifecycle.preStop"].iter().any(|field| {
        cx.inventory
            .is_always_set_elsewhere(container.object(), container.node, field)
    });
    let command = container.field(&["lifecycle", "preStop", "exec", "command"]);
    let (Some(program), Some(node)) = (program_not_in_image(exec, image), command.node()) else {
        return;
    };
    if is_set_elsewhere || container.field(&["image"]).is_unknown() || command.is_unknown() {
        return;
    }
    let message = format!(
        "preStop hook of `{}` runs `{program}`, which its image seems to lack: SIGTERM comes at once",
        container.name()
    );
    let node = node.items().next().unwrap_or(node);
    let prestop = Prestop::of(hook);
    let mut report = Report::container(workload, container, node, message).help(help(cx, prestop));
    // Whatever the image holds, the native sleep waits as long as was meant; one that is longer than the
    // grace period is rejected.
    let seconds = known_seconds(prestop).filter(|seconds| fits(cx, workload, *seconds));
    if let (true, Some(seconds)) = (wait::is_native(cx), seconds) {
        let title = format!("let the kubelet wait {seconds}s");
        report = report.fix(Applicability::Safe, title, container.object(), |editor| {
            let hook = container.node.at(&["lifecycle", "preStop"]);
            let exec = hook.and_then(|hook| hook.entry("exec"));
            let value = Value::map([("seconds", Value::int(seconds))]);
            editor.replace(exec.ok_or(Refusal::Moot)?, "sleep", &value)
        });
    }
    if let Some(image) = container.node.get("image") {
        report = report.related(
            container.object(),
            image,
            "by its name, an image without a shell",
        );
    }
    out.push(report);
}

/// Whether the grace period is known and no shorter.
fn fits(cx: &Context<'_>, workload: Workload<'_>, seconds: u64) -> bool {
    let grace = cx.clocks().grace(workload);
    grace.is_some_and(|grace| Duration::from_secs(seconds) <= grace.term.value)
}

fn help(cx: &Context<'_>, prestop: Prestop) -> String {
    if !wait::is_native(cx) {
        return "call a program that the image holds, such as a mode of the application's own binary \
                that waits; Kubernetes 1.30 and newer have a `sleep` of their own"
            .to_owned();
    }
    let seconds = known_seconds(prestop).unwrap_or(wait::USUAL);
    let sleep = Value::map([("seconds", Value::int(seconds))]);
    let advice = Advice::below(&["lifecycle", "preStop"], [("sleep", sleep)]);
    format!(
        "let the kubelet wait instead (Kubernetes 1.30 or newer):\n{}",
        advice.yaml()
    )
}

/// Whole seconds of a hook that only waits.
fn known_seconds(prestop: Prestop) -> Option<u64> {
    match prestop {
        Prestop::Known(delay, _) if !delay.is_zero() => {
            Some(delay.as_secs() + u64::from(delay.subsec_nanos() > 0))
        }
        _ => None,
    }
}
