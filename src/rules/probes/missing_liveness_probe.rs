//! `missing-liveness-probe`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::Workload;
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "missing-liveness-probe",
    category: Category::Probes,
    severity: Severity::Note,
    pedantic: true,
    summary: "A container that takes requests has no liveness probe",
    page: include_str!("../../../rules/probes/missing-liveness-probe.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["distinct-probes"],
};

/// See the rule's page.
pub(in crate::rules) struct MissingLivenessProbe;

impl Rule for MissingLivenessProbe {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let serving = cx.inventory.serving(workload);
        if !serving.may_serve() || cx.inventory.replicas(workload).is_parked() {
            return;
        }
        for container in workload.template().lasting_containers() {
            let is_missing = container.field(&["livenessProbe"]).is_absent()
                && !cx.inventory.is_always_set_elsewhere(
                    container.object(),
                    container.node,
                    "livenessProbe",
                );
            if !is_missing || !serving.is_served_by(container) {
                continue;
            }
            let message = format!(
                "`{}` {} without a liveness probe: if it hangs, it is never restarted",
                container.name(),
                serving.takes_requests()
            );
            let help = "where the process can hang, add a livenessProbe on an endpoint that calls \
                        nothing else; where it exits when it cannot go on, none is better than a \
                        wrong one";
            let report = Report::container(workload, container, container.name_node(), message);
            out.push(report.help(help).serving(&serving));
        }
    }
}
