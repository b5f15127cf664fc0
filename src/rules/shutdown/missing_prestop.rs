//! `missing-prestop`

use std::time::Duration;

use super::wait;
use crate::clocks::GRACE_PERIOD;
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRef, Workload, WorkloadKind};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "missing-prestop",
    category: Category::Shutdown,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A workload that takes requests has no preStop hook that waits for endpoint removal",
    page: include_str!("../../../rules/shutdown/missing-prestop.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["prestop-hook"],
};

/// See the rule's page.
pub(in crate::rules) struct MissingPrestop;

impl Rule for MissingPrestop {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        // Knative rejects lifecycle hooks and drains through its own proxy.
        if workload.kind() == WorkloadKind::KnativeService
            || cx.inventory.replicas(workload).is_parked()
        {
            return;
        }
        let serving = cx.inventory.serving(workload);
        if !serving.is_serving() {
            return;
        }
        let template = workload.template();
        let owners: Vec<ContainerRef<'_>> = template
            .lasting_containers()
            .filter(|container| serving.is_served_by(*container))
            .collect();
        let Some(first) = owners.first() else {
            return;
        };
        let has_hook = |container: &ContainerRef<'_>| {
            !container.field(&["lifecycle", "preStop"]).is_absent()
                || cx.inventory.is_set_elsewhere(
                    container.object(),
                    container.node,
                    "lifecycle.preStop",
                )
        };
        if owners.iter().any(has_hook) {
            return;
        }
        let message = format!(
            "container `{}` takes requests but has no preStop hook: SIGTERM comes while endpoints \
             are still being removed, so requests reach a process that is already shutting down",
            first.name()
        );
        let mut report =
            Report::container(workload, *first, first.name_node(), message).help(help(cx));
        report = add_hook(cx, workload, *first, report);
        if let Some(service) = serving.evidence() {
            report = report.related(
                service,
                service.name_node(),
                "requests come through this Service",
            );
        }
        out.push(report);
    }
}

/// Adds a hook that waits. What the grace period is has to be known: the API server rejects a native sleep
/// that is longer, and another hook would leave no time. Where it is as short, it is raised in the same
/// step.
fn add_hook<'r>(
    cx: &Context<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    report: Report<'r>,
) -> Report<'r> {
    let image = container.data.image.as_deref().unwrap_or_default();
    let handler = wait::handler(cx, image, wait::USUAL);
    let (Some((key, value)), Some(grace)) = (handler, cx.clocks().grace(workload)) else {
        return report;
    };
    let raised = if grace.term.value > Duration::from_secs(wait::USUAL) {
        None
    } else {
        let mut budgets = cx.clocks().budgets(workload).into_iter();
        let own = budgets.find(|pod| pod.container.node.id() == container.node.id());
        let Some(own) = own else {
            return report;
        };
        Some(own.budget.needed_seconds() + wait::USUAL)
    };
    let mut title = format!("add a preStop hook that waits {}s", wait::USUAL);
    if let Some(seconds) = raised {
        title = format!("{title}, and set {GRACE_PERIOD} to {seconds}");
    }
    report.fix(Applicability::Unsafe, title, container.object(), |editor| {
        let hook = Value::map([(key, value)]);
        let mut edits = editor.insert_at(container.node, &["lifecycle"], "preStop", hook)?;
        if let (Some(spec), Some(seconds)) = (workload.template().spec_node(), raised) {
            edits.extend(editor.put(spec, &[], GRACE_PERIOD, Value::int(seconds))?);
        }
        Ok(edits)
    })
}

fn help(cx: &Context<'_>) -> String {
    if !wait::is_native(cx) {
        return "keep serving until the endpoints are gone:\n\
                lifecycle:\n  preStop:\n    exec:\n      command: [\"sleep\", \"15\"]"
            .to_owned();
    }
    "keep serving until the endpoints are gone (Kubernetes 1.30 or newer; before, exec `sleep 15`):\n\
     lifecycle:\n  preStop:\n    sleep:\n      seconds: 15"
        .to_owned()
}
