//! `excessive-grace-period`

use crate::finding::{Category, FixAvailability, OptionMeta, RuleMeta, Severity};
use crate::kube::{Workload, WorkloadKind};
use crate::lifecycle::shutdown;
use crate::rules::{Context, Findings, Report, Rule};
use crate::settings::OptionValue;
use crate::units::show_seconds;

const MAX: &str = "max";

static META: RuleMeta = RuleMeta {
    id: "excessive-grace-period",
    category: Category::Shutdown,
    severity: Severity::Note,
    pedantic: false,
    summary: "A workload that takes requests may take minutes to stop",
    page: include_str!("../../../rules/shutdown/excessive-grace-period.md"),
    options: &[OptionMeta {
        name: MAX,
        default: OptionValue::Seconds(120),
        summary: "The longest grace period that is not reported.",
    }],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["checkpoint-and-resume"],
};

/// See the rule's page.
pub(in crate::rules) struct ExcessiveGracePeriod;

impl Rule for ExcessiveGracePeriod {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        const FIELD: &str = "terminationGracePeriodSeconds";
        let template = workload.template();
        if matches!(
            workload.kind(),
            WorkloadKind::StatefulSet | WorkloadKind::KnativeService
        ) || cx.inventory.replicas(workload).is_parked()
            || !cx.inventory.serving(workload).is_serving()
        {
            return;
        }
        let (Some(spec), Some(spec_node), Some(node)) = (
            template.spec(),
            template.spec_node(),
            template.spec_field(&[FIELD]).node(),
        ) else {
            return;
        };
        let grace = shutdown::grace_period(spec.termination_grace_period_seconds).value;
        let max = cx.time(&META, MAX);
        if grace <= max
            || cx
                .inventory
                .is_set_elsewhere(template.object(), spec_node, FIELD)
        {
            return;
        }
        let message = format!(
            "grace period {} > {}: a rollout, a node drain or a scale-down may wait that long for \
             each pod, and a spot or upgraded node is gone before",
            show_seconds(grace),
            show_seconds(max)
        );
        let help = format!(
            "let long work stop at SIGTERM, keep its state (checkpoint), and resume in another pod; \
             where requests really last that long, raise `rules.{}.{MAX}` in lameduck.yaml",
            META.id
        );
        out.push(Report::template(workload, node, message).help(help));
    }
}
