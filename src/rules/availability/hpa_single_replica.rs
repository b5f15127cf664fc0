//! `hpa-single-replica`

use super::new_budget::holding_one;
use super::rivals;
use crate::edit::{Advice, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Body, Object, Workload};
use crate::lifecycle::disruption::{Budget, Pods};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "hpa-single-replica",
    category: Category::Availability,
    severity: Severity::Warning,
    pedantic: false,
    summary: "An autoscaler may leave one pod or none",
    page: include_str!("../../../rules/availability/hpa-single-replica.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct HpaSingleReplica;

impl Rule for HpaSingleReplica {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Some(minimum) = Minimum::of(cx, object) else {
            return;
        };
        let inventory = cx.inventory;
        let what = "first that takes requests";
        let target = inventory.first_selected(object, what, |workload, relation| {
            // A written namespace and the name say which one it is, wherever it stands.
            (relation.is_firm() || relation.certain && relation.same_named_namespace)
                && !inventory.replicas(workload).is_parked()
                && inventory.serving(workload).is_serving()
        });
        // What fights over the workload is another finding.
        let is_alone = |workload| {
            let autoscalers = rivals::autoscalers(cx, workload);
            autoscalers
                .iter()
                .skip(1)
                .all(|it| it.number() != object.number())
        };
        if let Some((workload, relation)) = target.filter(|(workload, _)| is_alone(*workload)) {
            let report = report(cx, object, workload, &minimum);
            // Two pods that stand elsewhere may lack a budget, which no rule would say.
            out.push(if relation.is_firm() {
                report
            } else {
                report.without_fix()
            });
        }
    }
}

/// A minimum that is too low.
struct Minimum<'a> {
    field: &'static str,
    node: Option<Node<'a>>,
    /// As written, or the default.
    count: i32,
}

impl<'a> Minimum<'a> {
    fn of(cx: &Context<'_>, object: &'a Object) -> Option<Self> {
        let is_known = |field: &str| {
            !object.field(&["spec", field]).is_unknown()
                && !cx
                    .inventory
                    .is_set_elsewhere(object, object.node(), &format!("spec.{field}"))
        };
        let low = |field: &'static str, count: i32| {
            (count <= 1 && is_known(field)).then(|| Self {
                field,
                node: object.field(&["spec", field]).node(),
                count,
            })
        };
        match object.body() {
            Body::HorizontalPodAutoscaler(it) => {
                low("minReplicas", it.spec.min_replicas.unwrap_or(1))
            }
            Body::ScaledObject(it) => {
                let spec = it.spec.as_ref()?;
                let idle = spec.idle_replica_count;
                idle.and_then(|count| low("idleReplicaCount", count))
                    .or_else(|| low("minReplicaCount", spec.min_replica_count.unwrap_or(0)))
            }
            _ => None,
        }
    }
}

fn report<'a>(
    cx: &Context<'_>,
    object: &'a Object,
    workload: Workload<'_>,
    minimum: &Minimum<'a>,
) -> Report<'a> {
    let Minimum { field, node, count } = minimum;
    let written = match node {
        Some(_) => format!("`{field}: {count}`"),
        None => format!("no {field} (default {count})"),
    };
    let target = workload.object();
    let consequence = consequence(cx, workload, *count);
    let message = format!("{written} scales `{}` {consequence}", target.name());
    let field = match object.body() {
        Body::ScaledObject(_) => "minReplicaCount",
        _ => "minReplicas",
    };
    let report = Report::object(object, node.unwrap_or_else(|| object.name_node()), message)
        .related(target, target.name_node(), "takes requests");
    if minimum.field == "idleReplicaCount" {
        return report.help("remove idleReplicaCount, so that minReplicaCount pods stay when idle");
    }
    let (pods, budget) = enough_pods(cx, workload);
    let lead = match budget {
        Some(budget) => format!(
            "keep at least {pods} pods, spread over nodes, so that PodDisruptionBudget `{}` lets one go",
            budget.name()
        ),
        None => "keep at least two pods, spread over nodes, under a PodDisruptionBudget".to_owned(),
    };
    let advice = Advice::below(&["spec"], [(field, Value::int(pods))]);
    match object.body() {
        // Whoever scales to nothing means it, a second pod may wait for the volume of the first, and
        // there has to be something left to scale.
        Body::HorizontalPodAutoscaler(it)
            if i64::from(it.spec.max_replicas) > i64::from(pods)
                && !cx.inventory.shares_exclusive_volume(workload) =>
        {
            let title = format!("set {field} to {pods}");
            let mapping = object.node();
            report
                .advise(
                    &lead,
                    &advice,
                    Applicability::Unsafe,
                    title,
                    object,
                    mapping,
                )
                .effect("one more pod runs")
                .reveals()
        }
        _ => report.help(format!("{lead}:\n{}", advice.yaml())),
    }
}

fn consequence(cx: &Context<'_>, workload: Workload<'_>, count: i32) -> &'static str {
    if count < 1 {
        "to no pod: the first requests then fail or wait"
    } else if holding_one(cx, workload).is_some() {
        "to one pod: a crash takes it all down"
    } else {
        "to one pod: a drain or crash takes it all down"
    }
}

/// How many pods to keep: two, or as many as the budget over them needs to let one go.
fn enough_pods<'a>(cx: &Context<'a>, workload: Workload<'a>) -> (u32, Option<&'a Object>) {
    const LEAST: u32 = 2;
    const MOST: u32 = 100;
    let mut budgets = cx.inventory.budgets_of(workload);
    let Some((object, _)) = budgets.find(|(_, relation)| relation.is_firm()) else {
        return (LEAST, None);
    };
    let Body::PodDisruptionBudget(typed) = object.body() else {
        return (LEAST, None);
    };
    let budget = typed.spec.as_ref().and_then(|spec| Budget::of(spec).ok());
    let enough = budget.and_then(|budget| {
        (LEAST..=MOST).find(|pods| budget.over(Pods::Scaled(*pods)).disruptions() > 0)
    });
    // One that never lets a pod go is `pdb-blocks-eviction`.
    enough.map_or((LEAST, None), |pods| (pods, Some(object)))
}
