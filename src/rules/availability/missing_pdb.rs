//! `missing-pdb`

use super::labels;
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{ReplicaOrigin, Replicas};
use crate::kube::{Workload, WorkloadKind, is_placeholder};
use crate::rules::text::{count, yaml_pair};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "missing-pdb",
    category: Category::Availability,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A replicated workload has no PodDisruptionBudget",
    page: include_str!("../../../rules/availability/missing-pdb.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["pod-disruption-budget"],
};

/// See the rule's page.
pub(in crate::rules) struct MissingPdb;

impl Rule for MissingPdb {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        if !takes_budget(workload) {
            return;
        }
        let Replicas::Known {
            count: replicas,
            origin,
        } = cx.inventory.replicas(workload)
        else {
            return;
        };
        let has_budget = cx.inventory.budgets_of(workload).next().is_some();
        let object = workload.object();
        if replicas < 2 || has_budget || cx.inventory.is_open(object) {
            return;
        }
        let message = format!(
            "{} has {} but no PodDisruptionBudget: a node drain may evict all of them at once",
            object.kind(),
            count(replicas.into(), "replica")
        );
        let name = free_name(cx, workload);
        let help = help(workload, name.as_deref().unwrap_or(object.name()));
        let mut report = Report::object(object, object.name_node(), message).help(help);
        report = match origin {
            ReplicaOrigin::Spec(node) => report.related(object, node, "the replicas"),
            ReplicaOrigin::Autoscaler(autoscaler, node) => report.related(
                autoscaler,
                node.unwrap_or_else(|| autoscaler.name_node()),
                "the least replicas",
            ),
            ReplicaOrigin::Default => report,
        };
        out.push(match name {
            Some(name) => add_budget(cx, workload, &name, report),
            None => report,
        });
    }
}

/// The kinds of [`takes_budget`].
const BUDGETED: [&str; 5] = [
    "Deployment",
    "StatefulSet",
    "ReplicaSet",
    "Rollout",
    "DeploymentConfig",
];

fn takes_budget(workload: Workload<'_>) -> bool {
    matches!(
        workload.kind(),
        WorkloadKind::Deployment
            | WorkloadKind::StatefulSet
            | WorkloadKind::ReplicaSet
            | WorkloadKind::Rollout
            | WorkloadKind::DeploymentConfig
    )
}

/// A name for the budget that no other budget in view has, nor may get: of two budgets of one name
/// the API server keeps the last. It hangs on none of the budgets that fixes add for other workloads.
fn free_name(cx: &Context<'_>, workload: Workload<'_>) -> Option<String> {
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

/// Adds the budget as a document to the workload's file.
fn add_budget<'r>(
    cx: &Context<'_>,
    workload: Workload<'_>,
    name: &str,
    report: Report<'r>,
) -> Report<'r> {
    let object = workload.object();
    let Some(own) = labels::selecting(workload) else {
        return report;
    };
    // policy/v1 is served from 1.21 on.
    if cx.is_kubernetes_before(1, 21)
        || is_placeholder(object.name())
        || object.node().at(&["metadata", "name"]).is_none()
        // What stands behind an OpenShift Template is no part of it.
        || object.node().parent().is_some_and(is_in_template)
    {
        return report;
    }
    let title = "add a PodDisruptionBudget that lets one pod go at a time";
    let inventory = cx.inventory;
    let labelled = inventory.workloads_labelled(&own, inventory.namespace(object));
    let mut labelled = labelled.map(Workload::object);
    if let Some(other) = labelled.find(|other| {
        let is_named = inventory.namespace(object).is_some();
        (other.kind(), other.name()) != (object.kind(), object.name())
            // Elsewhere in a repository without namespaces the same labels say little.
            && (inventory.same_scope(object, other) || is_named)
    }) {
        let reason = format!(
            "it would select the pods of {} `{}`, too, and a pod with two budgets is never evicted",
            other.kind(),
            other.name()
        );
        return report.not_fixed(Applicability::Unsafe, title, reason);
    }
    let mut metadata = vec![("name", Value::text(name))];
    metadata.extend(object.namespace().map(|it| ("namespace", Value::text(it))));
    let selector = Value::map([("matchLabels", labels::value(&own))]);
    let spec = Value::map([("maxUnavailable", Value::int(1)), ("selector", selector)]);
    let document = [
        ("apiVersion", Value::text("policy/v1")),
        ("kind", Value::text("PodDisruptionBudget")),
        ("metadata", Value::map(metadata)),
        ("spec", spec),
    ];
    report.fix(Applicability::Unsafe, title, object, |editor| {
        editor.append_document(&document.map(|(key, value)| (key.to_owned(), value)))
    })
}

fn is_in_template(node: Node<'_>) -> bool {
    let kind = node.tree().root().get("kind");
    kind.and_then(Node::as_str) == Some("Template")
}

fn help(workload: Workload<'_>, name: &str) -> String {
    let object = workload.object();
    // Without it, the budget would go to another namespace than the pods it is for.
    let namespace = object
        .namespace()
        .map(|name| format!("\n  {}", yaml_pair("namespace", name)))
        .unwrap_or_default();
    format!(
        "add a budget that lets one pod go at a time:\n\
         apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: {name}{namespace}\nspec:\n  \
         maxUnavailable: 1\n  selector:\n    matchLabels:{}",
        labels::yaml(&labels::own(workload), "      ")
    )
}
