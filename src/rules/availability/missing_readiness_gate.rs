//! `missing-readiness-gate`

use std::collections::HashSet;

use crate::edit::{Advice, Refusal, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Evidence, Standing};
use crate::kube::{Body, Object, Workload};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::{Node, path_below};

static META: RuleMeta = RuleMeta {
    id: "missing-readiness-gate",
    category: Category::Availability,
    severity: Severity::Note,
    pedantic: false,
    summary: "Pods behind an AWS load balancer count as ready before it sends them requests",
    page: include_str!("../../../rules/availability/missing-readiness-gate.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

/// The label of a namespace by which the AWS Load Balancer Controller gives pods their gates.
const INJECT: &str = "elbv2.k8s.aws/pod-readiness-gate-inject";
/// What the condition types of its gates start with.
const GATE: &str = "target-health.elbv2.k8s.aws/";

/// See the rule's page.
pub(in crate::rules) struct MissingReadinessGate;

impl Rule for MissingReadinessGate {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        if !matches!(object.body(), Body::Namespace(_)) || injects_somewhere(cx, object) {
            return;
        }
        let waiting = waiting(cx, object);
        let Some((first, evidence)) = waiting.first() else {
            return;
        };
        let others = match waiting.len() - 1 {
            0 => String::new(),
            1 => " and 1 other workload".to_owned(),
            count => format!(" and {count} other workloads"),
        };
        let message = format!(
            "the namespace does not inject readiness gates, but an AWS load balancer sends requests \
             to the pods of {} `{}`{others}: a rollout stops the old pods when the new ones are \
             ready, while the load balancer still health-checks them (2 checks, 15s apart, by default)",
            first.object().kind(),
            first.object().name(),
        );
        let node = object.label(INJECT).unwrap_or_else(|| object.name_node());
        let advice = Advice::below(&["metadata", "labels"], [(INJECT, Value::text("enabled"))]);
        let lead = "let pods wait until their target is healthy";
        let mut report = Report::object(object, node, message)
            .help_of_fix(lead, &advice.yaml())
            .related(evidence.object, evidence.node, evidence.message.clone())
            .fix(
                Applicability::Unsafe,
                "let the namespace inject readiness gates",
                object,
                |editor| {
                    let is_off = |node: Node<'_>| matches!(node.text(), Some("disabled" | "false"));
                    if object.label(INJECT).is_some_and(is_off) {
                        return Err(Refusal::Moot);
                    }
                    advice.write(editor, object.node())
                },
            );
        for (workload, _) in &waiting {
            let object = workload.object();
            report = report.related(object, object.name_node(), "its pods get no readiness gate");
        }
        out.push(report);
    }
}

/// Whether a manifest of the same namespace, in whatever scope, has the label, or a kustomization
/// sets it.
fn injects_somewhere(cx: &Context<'_>, namespace: &Object) -> bool {
    let injects = |object: &Object| {
        object
            .label(INJECT)
            .is_some_and(|value| value.as_str() == Some("enabled") || object.is_unknown(value))
            || cx.inventory.is_set_elsewhere(
                object,
                object.node(),
                &path_below("metadata.labels", INJECT),
            )
    };
    cx.inventory
        .objects_named(namespace.name())
        .filter(|object| matches!(object.body(), Body::Namespace(_)))
        .filter(|object| cx.inventory.standing(object) == Standing::Whole)
        .any(injects)
}

/// The workloads of a namespace whose pods are not waited for, and why: each once, as the file of
/// the Namespace has it, where variants stand side by side.
fn waiting<'a>(cx: &Context<'a>, namespace: &Object) -> Vec<(Workload<'a>, Evidence<'a>)> {
    let mut workloads: Vec<Workload<'a>> = cx
        .inventory
        .workloads_in(namespace.name())
        .filter(|workload| cx.inventory.same_scope(workload.object(), namespace))
        .collect();
    workloads.sort_by_key(|workload| workload.object().source() != namespace.source());
    let mut seen = HashSet::new();
    workloads
        .into_iter()
        .filter(|workload| seen.insert((workload.object().kind(), workload.object().name())))
        .filter_map(|workload| Some((workload, balanced(cx, workload)?)))
        .collect()
}

/// What says that an AWS load balancer leads straight to the pods of a workload that has no gate.
fn balanced<'a>(cx: &Context<'a>, workload: Workload<'a>) -> Option<Evidence<'a>> {
    let spec = workload.template().spec()?;
    let has_gate = spec
        .readiness_gates
        .iter()
        .flatten()
        .any(|gate| gate.condition_type.starts_with(GATE));
    if has_gate
        || cx.inventory.replicas(workload).is_parked()
        || !cx.inventory.serving(workload).is_serving()
    {
        return None;
    }
    cx.inventory
        .load_balancers(workload)
        .into_iter()
        .find(|(load_balancer, _)| load_balancer.has_pods_as_aws_targets())
        .map(|(_, evidence)| evidence)
}
