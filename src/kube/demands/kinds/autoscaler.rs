//! HorizontalPodAutoscalers (`pkg/apis/autoscaling/validation/validation.go`, 1.37).

use super::super::Judge;
use super::super::judge::shown;
use super::{form, range};
use crate::kube::check::forms;
use crate::kube::object::Field;
use crate::units::{Quantity, Version};
use crate::yaml::Node;

fn is_autoscaler(judge: &Judge<'_>) -> bool {
    judge.kind() == "HorizontalPodAutoscaler"
}

/// `validateHorizontalPodAutoscalerSpec`, and `validateMetrics` about zero replicas.
pub(super) fn spec<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    if judge.int(spec, "maxReplicas") == Some(0)
        && let Some(node) = judge.get(spec, "maxReplicas")
    {
        judge.wrong(node, "`maxReplicas` is not at least 1");
    }
    range(
        judge,
        spec,
        "targetCPUUtilizationPercentage",
        1,
        i64::from(i32::MAX),
    );
    let Some(node) = judge.get(spec, "minReplicas") else {
        return;
    };
    if judge.int(spec, "minReplicas") != Some(0) {
        return;
    }
    let metrics: Vec<Node<'t>> = judge.items(spec, "metrics").collect();
    let wakes = |metric: &Node<'t>| {
        matches!(judge.text(*metric, "type"), Some("Object" | "External"))
            || judge.field(*metric, "type").is_unknown()
    };
    if metrics.iter().any(wakes) {
        judge
            .wrong(
                node,
                "`minReplicas: 0` needs the feature gate HPAScaleToZero before 1.37",
            )
            .until(Version::new(1, 37));
    } else if judge.knows_all(spec, "metrics") {
        judge.wrong(
            node,
            "`minReplicas: 0` needs a metric of type Object or External",
        );
    }
}

/// `ValidateCrossVersionObjectReference`
pub(super) fn reference<'t>(judge: &mut Judge<'t>, reference: Node<'t>) {
    if !is_autoscaler(judge) {
        return;
    }
    for field in ["kind", "name"] {
        let is_segment = |text: &str| forms::is_path_segment(text);
        form(judge, reference, field, is_segment, "a name");
    }
    let is_target = super::key_of(reference) == Some("scaleTargetRef");
    let Some(node) = judge.get(reference, "apiVersion") else {
        if is_target
            && judge.field(reference, "apiVersion").is_absent()
            && !names_core(judge, reference)
        {
            judge.missing(
                reference,
                "apiVersion",
                "`scaleTargetRef` has no `apiVersion`",
            );
        }
        return;
    };
    let Some(version) = judge.text_of(node) else {
        return;
    };
    if version.split('/').count() > 2 {
        judge.wrong(
            node,
            format!(
                "`apiVersion` {} is not a group and a version",
                shown(version)
            ),
        );
    } else if is_target && !version.contains('/') && !names_core(judge, reference) {
        judge.wrong(node, "the `apiVersion` of `scaleTargetRef` names no group");
    }
}

/// The one kind with replicas whose group has no name (`validationOptionsForHorizontalPodAutoscaler` in
/// `pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go`).
fn names_core<'t>(judge: &Judge<'t>, reference: Node<'t>) -> bool {
    match judge.field(reference, "kind") {
        Field::Absent | Field::Unknown(_) => true,
        Field::Set(_) => judge.text(reference, "kind") == Some("ReplicationController"),
    }
}

/// The source that each type of metric reads.
const SOURCES: [(&str, &str); 5] = [
    ("Object", "object"),
    ("External", "external"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
];

/// `validateMetricSpec`
pub(super) fn metric<'t>(judge: &mut Judge<'t>, metric: Node<'t>) {
    let Some(kind) = judge.text(metric, "type") else {
        return;
    };
    let Some((_, own)) = SOURCES.iter().find(|(name, _)| *name == kind) else {
        return;
    };
    if judge.field(metric, own).is_absent() {
        judge.missing(
            metric,
            own,
            format!("a metric of type {kind} has no `{own}`"),
        );
    }
    for (_, other) in SOURCES.iter().filter(|(_, source)| source != own) {
        if !judge.field(metric, other).is_absent()
            && let Some(entry) = metric.entry(other)
        {
            judge.wrong(
                entry.key,
                format!("a metric of type {kind} does not read `{other}`"),
            );
        }
    }
}

/// `validateMetricTarget`, and of each source which values it takes.
pub(super) fn target<'t>(judge: &mut Judge<'t>, target: Node<'t>) {
    range(judge, target, "averageUtilization", 1, i64::from(i32::MAX));
    for field in ["value", "averageValue"] {
        if let Some(node) = judge.get(target, field)
            && let Some(text) = node.text()
            && text
                .parse::<Quantity>()
                .is_ok_and(|quantity| quantity.milli <= 0)
        {
            judge.wrong(node, format!("`{field}` is not above 0"));
        }
    }
    let Some(source) = target.parent().and_then(super::key_of) else {
        return;
    };
    let takes: &[&'static str] = match source {
        "resource" | "containerResource" => &["averageUtilization", "averageValue"],
        "pods" => &["averageValue"],
        "object" | "external" => &["value", "averageValue"],
        _ => return,
    };
    let given: Vec<&&'static str> = takes
        .iter()
        .filter(|field| !judge.field(target, field).is_absent())
        .collect();
    match given.as_slice() {
        [] => {
            let list = takes.join("` or `");
            if let Some(first) = takes.first() {
                judge.missing(target, first, format!("the target has no `{list}`"));
            }
        }
        [first, second, ..] if source != "object" => {
            if let Some(entry) = target.entry(second) {
                judge.wrong(
                    entry.key,
                    format!("the target has both `{first}` and `{second}`"),
                );
            }
        }
        _ => {}
    }
}

/// `validateMetricIdentifier`
pub(super) fn identifier<'t>(judge: &mut Judge<'t>, identifier: Node<'t>) {
    let is_segment = |text: &str| forms::is_path_segment(text);
    form(
        judge,
        identifier,
        "name",
        is_segment,
        "a metric's name: it has a `/` or `%`",
    );
}

/// `validateScalingRules`
pub(super) fn scaling<'t>(judge: &mut Judge<'t>, rules: Node<'t>) {
    range(judge, rules, "stabilizationWindowSeconds", 0, 3600);
    // Left out, they have defaults.
    if let Some(list) = judge.get(rules, "policies")
        && list.is_sequence()
        && list.items().next().is_none()
        && let Some(entry) = rules.entry("policies")
    {
        judge.wrong(entry.key, "`policies` is empty");
    }
    if let Some(node) = judge.get(rules, "tolerance")
        && let Some(text) = node.text()
        && text
            .parse::<Quantity>()
            .is_ok_and(|quantity| quantity.milli < 0)
    {
        judge.wrong(node, "`tolerance` is below 0");
    }
}

/// `validateScalingPolicy`
pub(super) fn policy<'t>(judge: &mut Judge<'t>, policy: Node<'t>) {
    range(judge, policy, "value", 1, i64::from(i32::MAX));
    range(judge, policy, "periodSeconds", 1, 1800);
}
