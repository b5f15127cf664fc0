//! `missing-prestop`

use super::wait;
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
        let image = first.data.image.as_deref().unwrap_or_default();
        if let Some((key, value)) = wait::handler(cx, image, wait::USUAL) {
            let title = format!("add a preStop hook that waits {}s", wait::USUAL);
            report = report.fix(Applicability::Unsafe, title, first.object(), |editor| {
                let hook = Value::map([(key, value)]);
                editor.insert_at(first.node, &["lifecycle"], "preStop", hook)
            });
        }
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
