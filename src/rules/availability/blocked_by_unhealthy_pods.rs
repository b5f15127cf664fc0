//! `blocked-by-unhealthy-pods`

use crate::edit::{Advice, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::waits_for_members;
use crate::kube::{Body, Object};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "blocked-by-unhealthy-pods",
    category: Category::Availability,
    severity: Severity::Note,
    pedantic: true,
    summary: "Pods that never become ready block the drain of their nodes",
    page: include_str!("../../../rules/availability/blocked-by-unhealthy-pods.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

const POLICY: &str = "unhealthyPodEvictionPolicy";

/// See the rule's page.
pub(in crate::rules) struct BlockedByUnhealthyPods;

impl Rule for BlockedByUnhealthyPods {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Body::PodDisruptionBudget(_) = object.body() else {
            return;
        };
        // The field is stable from 1.31 on; a written `IfHealthyBudget` is a decision.
        let path = format!("spec.{POLICY}");
        if !object.node().get("spec").is_some_and(Node::is_mapping)
            || cx.is_kubernetes_before(1, 31)
            || object.api_version() == "policy/v1beta1"
            || !object.field(&["spec", POLICY]).is_absent()
            || cx.inventory.is_set_elsewhere(object, object.node(), &path)
        {
            return;
        }
        let selected: Vec<_> = cx.inventory.selects(object).collect();
        if selected
            .iter()
            .any(|(workload, _)| waits_for_members(*workload))
        {
            return;
        }
        let place = object
            .node()
            .entry("spec")
            .map_or_else(|| object.name_node(), |entry| entry.key);
        let message = format!("no {POLICY}: pods that never become ready block a node drain");
        let report = Report::object(object, place, message)
            .detail("while the budget is used up, a running pod that is not ready is not evicted");
        let advice = Advice::below(&["spec"], [(POLICY, Value::text("AlwaysAllow"))]);
        let lead = "let pods that are not ready be evicted";
        let report = if selected.is_empty() {
            // An operator's pods may keep data.
            report.help(format!(
                "{lead}, unless they wait for each other's data:\n{}",
                advice.yaml()
            ))
        } else {
            let mapping = object.node();
            report.advise(lead, &advice, Applicability::Unsafe, lead, object, mapping)
        };
        out.push(report.pedantic());
    }
}
