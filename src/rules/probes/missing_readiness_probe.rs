//! `missing-readiness-probe`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Body, ContainerRef, Workload, WorkloadKind};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "missing-readiness-probe",
    category: Category::Probes,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A container that takes requests has no readiness probe",
    page: include_str!("../../../rules/probes/missing-readiness-probe.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["distinct-probes"],
};

/// See the rule's page.
pub(in crate::rules) struct MissingReadinessProbe;

impl Rule for MissingReadinessProbe {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        // Knative's own proxy probes the port of every revision.
        if workload.kind() == WorkloadKind::KnativeService {
            return;
        }
        let serving = cx.inventory.serving(workload);
        if !serving.is_serving() || cx.inventory.replicas(workload).is_parked() {
            return;
        }
        let publishes_unready = |object: &crate::kube::Object| match object.body() {
            Body::Service(service) => service
                .spec
                .as_ref()
                .is_some_and(|spec| spec.publish_not_ready_addresses == Some(true)),
            _ => false,
        };
        let mut services = serving.services().peekable();
        if services.peek().is_some() && services.all(|(service, _)| publishes_unready(service)) {
            return;
        }
        for container in workload.template().lasting_containers() {
            if serving.is_served_by(container) && lacks_probe(cx, container) {
                report(&serving, workload, container, out);
            }
        }
    }
}

fn lacks_probe(cx: &Context<'_>, container: ContainerRef<'_>) -> bool {
    container.field(&["readinessProbe"]).is_absent()
        && !cx
            .inventory
            .is_set_elsewhere(container.object(), container.node, "readinessProbe")
}

fn report(
    serving: &crate::inventory::Serving<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    out: &mut Findings,
) {
    let name = container.name();
    let message = format!(
        "container `{name}` takes requests but has no readiness probe: it gets them as soon as its \
         process starts, before it can answer, on every rollout and restart",
    );
    let help = "add a readinessProbe on an endpoint that fails while the container cannot serve:\n\
                readinessProbe:\n  httpGet:\n    path: /ready\n    port: <its port>\n  periodSeconds: 5";
    let mut report =
        Report::container(workload, container, container.name_node(), message).help(help);
    if let Some(service) = serving.evidence() {
        report = report.related(
            service,
            service.name_node(),
            "requests come through this Service",
        );
    }
    out.push(report);
}
