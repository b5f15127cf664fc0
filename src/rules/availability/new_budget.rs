//! The PodDisruptionBudget that a workload lacks: its name and its text, and one that is likely meant for
//! it, and how that is corrected.

use std::collections::BTreeMap;

use super::labels;
use crate::edit::{Advice, Value};
use crate::finding::Applicability;
use crate::inventory::waits_for_members;
use crate::kube::{Body, Object, Workload};
use crate::lifecycle::disruption::{Budget, Pods};
use crate::rules::{Context, Report};

/// Many workloads may lack a budget.
const MOST_LOOKS: usize = 5_000;

/// What a budget does that is likely meant for other pods than it selects.
pub(super) const IDLE: &str = "selects no pods here, by the same labels with other values";

/// The kinds that get a budget.
const BUDGETED: [&str; 5] = [
    "Deployment",
    "StatefulSet",
    "ReplicaSet",
    "Rollout",
    "DeploymentConfig",
];

/// A name for the budget that no other budget in view has, nor may get: of two budgets of one name
/// the API server keeps the last. It hangs on none of the budgets that fixes add for other workloads.
pub(super) fn free_name(cx: &Context<'_>, workload: Workload<'_>) -> Option<String> {
    /// Of DNS subdomains (`k8s.io/apimachinery/pkg/util/validation`).
    const LONGEST: usize = 253;
    let object = workload.object();
    let inventory = cx.inventory;
    let is_of_other = |name: &str| {
        let mut kinds = BUDGETED.iter();
        kinds.any(|kind| {
            // What shares the kind, too, is a variant of this object.
            (*kind, name) != (object.kind(), object.name())
                && inventory.is_workload_in_view(kind, name, object)
        })
    };
    let is_budget = |name: &str| inventory.is_in_view("PodDisruptionBudget", name, object);
    let name = object.name();
    let plain = [name.to_owned(), format!("{name}-pdb")];
    let plain = plain.into_iter().filter(|_| !is_of_other(name));
    let by_kind = format!("{name}-{}", object.kind().to_lowercase());
    let mut names = plain.chain([by_kind]);
    names.find(|name| name.len() <= LONGEST && !is_of_other(name) && !is_budget(name))
}

/// The budget.
pub(super) fn document(
    cx: &Context<'_>,
    workload: Workload<'_>,
    name: &str,
    labels: &BTreeMap<String, String>,
) -> Advice {
    let namespace = workload.object().namespace();
    let mut metadata = vec![("name", Value::text(name))];
    // Without it, the budget would go to another namespace than the pods it is for.
    metadata.extend(namespace.map(|it| ("namespace", Value::text(it))));
    let mut spec = vec![("maxUnavailable", Value::int(1))];
    // Stable since 1.31: pods that are not ready anyway do not stop a drain. A member that is not ready
    // may be the one whose data the others wait for.
    if !cx.is_kubernetes_before(1, 31) && !waits_for_members(workload) {
        spec.push(("unhealthyPodEvictionPolicy", Value::text("AlwaysAllow")));
    }
    let selector = Value::map([("matchLabels", labels::value(labels))]);
    spec.push(("selector", selector));
    Advice::document([
        ("apiVersion", Value::text("policy/v1")),
        ("kind", Value::text("PodDisruptionBudget")),
        ("metadata", Value::map(metadata)),
        ("spec", Value::map(spec)),
    ])
}

/// A budget that is deployed with the workload, asks for the same labels with other values and selects
/// nothing, or only what has a budget of its own elsewhere: likely it is meant for these pods.
pub(super) fn idle_budget<'a>(
    cx: &Context<'a>,
    object: &Object,
    own: &BTreeMap<String, String>,
) -> Option<&'a Object> {
    /// A budget is for one workload, or a few.
    const FEW: usize = 10;
    let inventory = cx.inventory;
    inventory.objects().take(MOST_LOOKS).find(|other| {
        let Body::PodDisruptionBudget(budget) = other.body() else {
            return false;
        };
        let spec = budget.spec.as_ref();
        let labels = spec.and_then(|spec| spec.selector.as_ref()?.match_labels.as_ref());
        labels.is_some_and(|labels| labels.keys().eq(own.keys()))
            && inventory.same_scope(object, other)
            && inventory.same_namespace(object, other)
            && inventory
                .selects(other)
                .take(FEW)
                .all(|(workload, relation)| !relation.is_near() && has_own_budget(cx, workload))
    })
}

/// A budget that lets the only pod of a workload never go: a drain waits for it in vain.
pub(super) fn holding_one<'a>(cx: &Context<'a>, workload: Workload<'a>) -> Option<&'a Object> {
    let mut budgets = cx.inventory.budgets_of(workload);
    let (object, _) = budgets.find(|(_, relation)| relation.is_firm())?;
    let Body::PodDisruptionBudget(typed) = object.body() else {
        return None;
    };
    let budget = Budget::of(typed.spec.as_ref()?).ok()?;
    (budget.over(Pods::Scaled(1)).disruptions() == 0).then_some(object)
}

fn has_own_budget(cx: &Context<'_>, workload: Workload<'_>) -> bool {
    let mut budgets = cx.inventory.budgets_of(workload);
    budgets
        .next()
        .is_some_and(|(_, relation)| relation.is_near())
}

/// Whether no other workload stands where the object does, for which a budget could be meant.
pub(super) fn is_only_workload(cx: &Context<'_>, object: &Object) -> bool {
    let near = cx.inventory.objects().take(MOST_LOOKS);
    let near = near.filter(|other| Workload::of(other).is_some());
    near.filter(|other| cx.inventory.same_scope(object, other))
        .nth(1)
        .is_none()
}

/// Shows the selector that a budget which selects none of the pods needs for them.
pub(super) fn correct<'r>(
    budget: &'r Object,
    own: &BTreeMap<String, String>,
    report: Report<'r>,
    title: &str,
) -> Report<'r> {
    let labels = Value::map([("matchLabels", labels::value(own))]);
    let selector = Advice::below(&["spec"], [("selector", labels)]);
    let name = budget.name();
    let help = format!(
        "let PodDisruptionBudget `{name}` select these pods, or add another one:\n{}",
        selector.yaml()
    );
    let reason = format!("PodDisruptionBudget `{name}` may be meant for these pods");
    report
        .help(help)
        .related(budget, budget.name_node(), IDLE)
        .not_fixed(Applicability::Unsafe, title, reason)
}

/// What has to hold for a budget to protect one workload alone.
pub(super) fn condition(labels: &BTreeMap<String, String>) -> &'static str {
    // kubebuilder's scaffold gives it to every controller.
    let is_of_all =
        |(key, value): (&String, &String)| key == "control-plane" && value == "controller-manager";
    if labels.iter().all(is_of_all) {
        ", where no other controller of the namespace has this label"
    } else {
        ""
    }
}
