//! `dangling-hpa`

use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::ScaleTarget;
use crate::kube::{Object, Workload, is_placeholder};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::suggest;

static META: RuleMeta = RuleMeta {
    id: "dangling-hpa",
    category: Category::Availability,
    severity: Severity::Warning,
    pedantic: false,
    summary: "An autoscaler targets a workload that does not exist",
    page: include_str!("../../../rules/availability/dangling-hpa.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

/// The kinds whose objects are known when they are in view.
const KNOWN: [&str; 6] = [
    "Deployment",
    "StatefulSet",
    "ReplicaSet",
    "ReplicationController",
    "Rollout",
    "DeploymentConfig",
];

/// See the rule's page.
pub(in crate::rules) struct DanglingHpa;

impl Rule for DanglingHpa {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Some(target) = ScaleTarget::of(object) else {
            return;
        };
        let reference = ["spec", "scaleTargetRef"];
        let field = |key| object.field(&[reference[0], reference[1], key]);
        if !KNOWN.contains(&target.kind)
            || target.name.is_empty()
            || is_placeholder(target.name)
            || field("name").is_unknown()
            || field("kind").is_unknown()
            || cx
                .inventory
                .is_set_elsewhere(object, object.node(), "spec.scaleTargetRef")
            || cx.inventory.is_in_view(target.kind, target.name, object)
            || cx.inventory.is_open(object)
            || cx.inventory.is_named_by_operator(object, target.name)
        {
            return;
        }
        let beside: Vec<&Object> = cx
            .inventory
            .workloads_beside(object)
            .map(Workload::object)
            .collect();
        if beside.is_empty() || beside.iter().any(|other| is_placeholder(other.name())) {
            return;
        }
        let message = format!(
            "its target, {} `{}`, is not in view: the autoscaler scales nothing",
            target.kind, target.name
        );
        let node = field("name").node().unwrap_or_else(|| object.name_node());
        let near = near(target, &beside);
        let report = Report::object(object, node, message).help(help(target, &beside, near));
        // Two autoscalers of one workload would take back what the other does.
        let is_scaled = |name: &str| {
            let mut named = cx.inventory.workloads_beside(object).filter(|workload| {
                let other = workload.object();
                (other.kind(), other.name()) == (target.kind, name)
            });
            named.any(|workload| cx.inventory.autoscalers(workload).next().is_some())
        };
        out.push(match near.filter(|near| !is_scaled(near)) {
            Some(near) => report
                .fix(
                    Applicability::Unsafe,
                    format!("scale {} `{near}`", target.kind),
                    object,
                    |editor| editor.put(object.node(), &reference, "name", Value::text(near)),
                )
                .effect("the autoscaler says how many pods there are")
                .reveals(),
            None => report,
        });
    }
}

/// The workload of the same kind whose name comes near.
fn near<'a>(target: ScaleTarget<'_>, beside: &[&'a Object]) -> Option<&'a str> {
    let names = beside
        .iter()
        .filter(|other| other.kind() == target.kind)
        .map(|other| other.name());
    suggest(target.name, names)
}

fn help(target: ScaleTarget<'_>, beside: &[&Object], near: Option<&str>) -> String {
    let namesake = beside.iter().find(|other| other.name() == target.name);
    if let Some(other) = namesake {
        return format!(
            "`{}` is a {1}: write `kind: {1}`",
            other.name(),
            other.kind()
        );
    }
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "name a {} of this namespace, or remove the autoscaler",
            target.kind
        ),
    }
}
