//! What the rules about the grace period share.

use crate::edit::Value;
use crate::finding::Applicability;
use crate::kube::{ContainerRef, Workload};
use crate::lifecycle::shutdown::{self, GraceBudget};
use crate::rules::origin::{annotation, node_of};
use crate::rules::{Context, Report};
use crate::units::show_seconds;
use crate::yaml::Node;

/// The field of a pod's spec.
pub(super) const FIELD: &str = "terminationGracePeriodSeconds";

/// The budget of one container, with the container.
pub(super) struct PodBudget<'a> {
    pub(super) container: ContainerRef<'a>,
    pub(super) budget: GraceBudget<'a>,
    /// `terminationGracePeriodSeconds`, where it is written.
    pub(super) grace_node: Option<Node<'a>>,
}

/// The budgets of the main containers; none where the grace period is unknown, or where a
/// kustomization sets it.
pub(super) fn budgets<'a>(cx: &Context<'_>, workload: Workload<'a>) -> Vec<PodBudget<'a>> {
    let template = workload.template();
    let field = template.spec_field(&[FIELD]);
    let (Some(spec), Some(node)) = (template.spec(), template.spec_node()) else {
        return Vec::new();
    };
    if field.is_unknown()
        || cx
            .inventory
            .is_set_elsewhere(template.object(), node, FIELD)
    {
        return Vec::new();
    }
    let grace = shutdown::grace_period(spec.termination_grace_period_seconds);
    template
        .main_containers()
        .filter(|container| !container.field(&["lifecycle", "preStop"]).is_unknown())
        .map(|container| PodBudget {
            container,
            budget: GraceBudget::of(
                container.data,
                grace.clone(),
                annotation(workload, container, shutdown::ANNOTATION).and_then(Node::text),
                &cx.settings.lifecycle,
            ),
            grace_node: field.node(),
        })
        .collect()
}

/// The budget of the main container that needs most.
pub(super) fn largest_budget<'a>(
    cx: &Context<'_>,
    workload: Workload<'a>,
) -> Option<PodBudget<'a>> {
    let pods = budgets(cx, workload);
    let largest = GraceBudget::largest(pods.iter().map(|pod| pod.budget.clone()))?;
    pods.into_iter().find(|pod| pod.budget == largest)
}

impl<'a> PodBudget<'a> {
    /// The node of the preStop hook's duration, else of the hook.
    pub(super) fn prestop_node(&self) -> Option<Node<'a>> {
        let hook = self.container.node.at(&["lifecycle", "preStop"])?;
        hook.at(&["sleep", "seconds"])
            .or_else(|| hook.at(&["exec", "command"]))
            .or(Some(hook))
    }

    /// Sets the grace period to what the pod needs: where the application's time is declared, the
    /// number is what was meant. It is never set below `least` seconds.
    pub(super) fn raise<'r>(
        &self,
        workload: Workload<'a>,
        least: u64,
        report: Report<'r>,
    ) -> Report<'r> {
        let template = workload.template();
        let Some(spec) = template.spec_node() else {
            return report;
        };
        let applicability = if self.budget.shutdown.is_declared() {
            Applicability::Safe
        } else {
            Applicability::Unsafe
        };
        let seconds = self.budget.needed_seconds().max(least);
        let title = format!("set {FIELD} to {seconds}");
        report.fix(applicability, title, template.object(), |editor| {
            editor.put(spec, &[], FIELD, Value::int(seconds))
        })
    }

    /// Labels on every term that a node states.
    pub(super) fn explain<'r>(&self, workload: Workload<'a>, mut report: Report<'r>) -> Report<'r> {
        let object = self.container.object();
        if let Some(node) = self.prestop_node() {
            report = report.related(object, node, self.budget.prestop.to_string());
        }
        let shutdown = &self.budget.shutdown;
        if let Some(node) = node_of(&shutdown.origin, workload.template(), self.container) {
            report = report.related(
                object,
                node,
                format!("{} shutdown", show_seconds(shutdown.value)),
            );
        }
        if let Some(node) = self.grace_node {
            report = report.related(object, node, "the grace period");
        }
        report
    }
}
