//! `missing-readiness-gate`

use std::collections::HashSet;
use std::sync::Arc;

use crate::edit::{Advice, Refusal, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Evidence, Standing};
use crate::kube::{Body, Checks, Object, Workload};
use crate::rules::text::FEW;
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::{Node, path_below};

static META: RuleMeta = RuleMeta {
    id: "missing-readiness-gate",
    category: Category::Availability,
    severity: Severity::Note,
    pedantic: false,
    summary: "Pods are ready before the AWS load balancer uses them",
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
        let waiting = Waiting::of(cx, object);
        let workloads = waiting.first.iter();
        let workloads =
            workloads.filter_map(|it| cx.inventory.workload(cx.inventory.numbered(*it)?));
        let workloads: Vec<Workload<'_>> = workloads.collect();
        let first = workloads.first().copied();
        let Some((first, (checks, evidence))) = first.and_then(|it| Some((it, balanced(cx, it)?)))
        else {
            return;
        };
        let others = match waiting.total.saturating_sub(1) {
            0 => String::new(),
            1 => " and 1 other workload".to_owned(),
            count => format!(" and {count} other workloads"),
        };
        let message = "no readiness gates: a rollout stops old pods before the AWS load balancer uses new ones";
        let detail = format!(
            "it still health-checks the new pods of {} `{}`{others} when they are ready ({}{}s apart{})",
            first.object().kind(),
            first.object().name(),
            match checks.healthy {
                1 => "1 check, ".to_owned(),
                count => format!("{count} checks, "),
            },
            checks.interval,
            if checks.is_default {
                ", by default"
            } else {
                ""
            },
        );
        let node = object.label(INJECT).unwrap_or_else(|| object.name_node());
        let advice = Advice::below(&["metadata", "labels"], [(INJECT, Value::text("enabled"))]);
        let lead = "let pods wait until their target is healthy";
        let report = Report::object(object, node, message)
            .detail(detail)
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
        let places = workloads
            .iter()
            .map(|it| (it.object(), it.object().name_node()));
        out.push(report.related_few(places, waiting.total, "its pods get no readiness gate"));
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
    let key = namespace.name().to_owned();
    let answer = || {
        cx.inventory
            .objects_named(namespace.name())
            .filter(|object| matches!(object.body(), Body::Namespace(_)))
            .filter(|object| cx.inventory.standing(object) == Standing::Whole)
            .any(injects)
    };
    *cx.inventory.shared(
        namespace,
        "a namespace injects readiness gates",
        key,
        answer,
    )
}

/// The workloads of a namespace whose pods are not waited for.
struct Waiting {
    total: usize,
    /// The numbers of the first ones.
    first: Vec<u32>,
}

impl Waiting {
    /// Each workload once, as the file of the Namespace has it, where variants stand side by side.
    fn of(cx: &Context<'_>, namespace: &Object) -> Arc<Self> {
        let key = format!("{:?} {}", namespace.source(), namespace.name());
        let what = "workloads without readiness gates";
        cx.inventory.shared(namespace, what, key, || {
            let mut workloads: Vec<Workload<'_>> = cx
                .inventory
                .workloads_in(namespace.name())
                .filter(|workload| cx.inventory.same_scope(workload.object(), namespace))
                .collect();
            workloads.sort_by_key(|workload| workload.object().source() != namespace.source());
            let mut seen = HashSet::new();
            workloads.retain(|workload| {
                seen.insert((workload.object().kind(), workload.object().name()))
            });
            workloads.retain(|workload| balanced(cx, *workload).is_some());
            let first = workloads.iter().take(FEW);
            Self {
                total: workloads.len(),
                first: first.map(|it| it.object().number()).collect(),
            }
        })
    }
}

/// What says that an AWS load balancer leads straight to the pods of a workload that has no gate.
fn balanced<'a>(cx: &Context<'a>, workload: Workload<'a>) -> Option<(Checks, Evidence<'a>)> {
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
        .find_map(|(load_balancer, evidence)| Some((load_balancer.aws_pod_checks()?, evidence)))
}
