//! Where pods run: tolerations, affinities, spreading.
//!
//! pkg/apis/core/validation/validation.go, 1.37: ValidateTolerations, ValidateNodeSelector,
//! ValidateNodeSelectorRequirement, validateTopologySpreadConstraints; apimachinery
//! pkg/apis/meta/v1/validation: ValidateLabelSelector.

use std::collections::BTreeSet;

use super::judge::{Judge, shown};
use crate::kube::check::names::{is_dns_subdomain, label_value_complaint};
use crate::yaml::{Node, Scalar};

/// `Toleration`: what its operator and effect take.
pub(super) fn toleration<'t>(judge: &mut Judge<'t>, toleration: Node<'t>) {
    let fields = ["key", "operator", "value", "effect"];
    if fields.iter().any(|field| {
        judge.field(toleration, field).is_unknown()
            || judge.get(toleration, field).is_some() && judge.text(toleration, field).is_none()
    }) {
        return;
    }
    let text = |judge: &Judge<'t>, field| judge.text(toleration, field).unwrap_or_default();
    let operator = text(judge, "operator");
    if text(judge, "key").is_empty() && operator != "Exists" {
        judge.missing(
            toleration,
            "key",
            "a toleration without `key` that is not Exists",
        );
    }
    if judge.get(toleration, "tolerationSeconds").is_some() && text(judge, "effect") != "NoExecute"
    {
        let entry = toleration.entry("tolerationSeconds");
        let key = entry.map_or(toleration, |entry| entry.key);
        judge
            .wrong(key, "`tolerationSeconds` without the effect NoExecute")
            .rests_on(toleration, "effect");
    }
    if let Some(node) = judge.get(toleration, "operator")
        && matches!(operator, "Lt" | "Gt")
    {
        judge.wrong(
            node,
            format!("the operator {operator} without the gate TaintTolerationComparisonOperators"),
        );
    }
    let Some(value) = judge.get(toleration, "value") else {
        return;
    };
    let given = judge.text_of(value).unwrap_or_default();
    match operator {
        "Exists" if !given.is_empty() => {
            judge.wrong(value, "a toleration that Exists with a `value`");
        }
        "Equal" | "" if label_value_complaint(given).is_some() => {
            judge.wrong(value, format!("{} is not a label value", shown(given)));
        }
        _ => {}
    }
}

/// The operator of a requirement and how many values it has, where both are known.
fn operation<'t>(judge: &Judge<'t>, requirement: Node<'t>) -> Option<(&'t str, usize)> {
    let operator = judge.text(requirement, "operator")?;
    let values = judge.get(requirement, "values");
    // Null is the empty string, which is a value.
    let count = values.map_or(0, |values| values.items().count());
    (!operator.is_empty() && judge.knows_all(requirement, "values")).then_some((operator, count))
}

/// What is wrong with how many values an operator has; empty where nothing is.
fn count_complaint(operator: &str, count: usize) -> &'static str {
    match operator {
        "In" | "NotIn" if count == 0 => "takes values",
        "Exists" | "DoesNotExist" if count > 0 => "takes no values",
        _ => "",
    }
}

fn tell_of_operator<'t>(judge: &mut Judge<'t>, requirement: Node<'t>, operator: &str, fault: &str) {
    if fault.is_empty() {
        return;
    }
    let node = requirement.entry("values").map(|entry| entry.key);
    let node = node.or_else(|| judge.get(requirement, "operator"));
    judge
        .wrong(
            node.unwrap_or(requirement),
            format!("the operator {operator} {fault}"),
        )
        .rests_on(requirement, "values");
}

/// `NodeSelectorRequirement`: what its operator takes.
pub(super) fn node_requirement<'t>(judge: &mut Judge<'t>, requirement: Node<'t>) {
    let Some((operator, count)) = operation(judge, requirement) else {
        return;
    };
    let list = requirement.parent();
    let of_fields = list
        .and_then(Node::parent)
        .and_then(|term| term.get("matchFields"));
    let is_field = of_fields.is_some_and(|fields| Some(fields.id()) == list.map(Node::id));
    let fault = match operator {
        "In" | "NotIn" if is_field && count != 1 => "takes one value of a field",
        // Matched by a field, a node is told by its name alone.
        _ if is_field && !matches!(operator, "In" | "NotIn") => "does not match fields",
        "Gt" | "Lt" if count != 1 => "takes one value",
        _ => count_complaint(operator, count),
    };
    tell_of_operator(judge, requirement, operator, fault);
    operands(judge, requirement, is_field);
}

/// The key and the values of a requirement on nodes.
fn operands<'t>(judge: &mut Judge<'t>, requirement: Node<'t>, is_field: bool) {
    let list = requirement.parent();
    let Some(key) = judge.get(requirement, "key") else {
        return;
    };
    if is_field {
        if judge
            .text_of(key)
            .is_some_and(|text| text != "metadata.name")
        {
            judge.wrong(key, "`matchFields` select by metadata.name only");
        }
    } else {
        super::forms::one(judge, key, super::forms::Form::Qualified);
    }
    let is_required = list.and_then(Node::parent).and_then(Node::parent);
    let is_required = is_required.is_some_and(Node::is_sequence);
    for value in judge.items(requirement, "values") {
        let Some(text) = judge.text_of(value) else {
            continue;
        };
        let fits = if is_field {
            is_dns_subdomain(text)
        } else {
            !is_required || label_value_complaint(text).is_none()
        };
        if !fits {
            judge.wrong(value, format!("{} is not a label value", shown(text)));
        }
    }
}

/// `LabelSelectorRequirement`: what its operator takes.
pub(super) fn label_requirement<'t>(judge: &mut Judge<'t>, requirement: Node<'t>) {
    if requirement
        .parent()
        .is_some_and(crate::kube::check::is_of_metric)
    {
        return;
    }
    let Some((operator, count)) = operation(judge, requirement) else {
        return;
    };
    tell_of_operator(
        judge,
        requirement,
        operator,
        count_complaint(operator, count),
    );
    for value in judge.items(requirement, "values") {
        if let Some(text) = judge.text_of(value)
            && label_value_complaint(text).is_some()
        {
            judge.wrong(value, format!("{} is not a label value", shown(text)));
        }
    }
}

/// `PodSpec`: each pair of a domain and a policy has one constraint.
pub(super) fn spread<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let mut seen = BTreeSet::new();
    for constraint in judge.items(spec, "topologySpreadConstraints") {
        let pair = judge
            .text(constraint, "topologyKey")
            .zip(judge.text(constraint, "whenUnsatisfiable"));
        if let Some((key, action)) = pair
            && !key.is_empty()
            && !seen.insert((key, action))
        {
            let node = judge.get(constraint, "topologyKey").unwrap_or(constraint);
            judge.wrong(
                node,
                format!("two spread constraints for {} and {action}", shown(key)),
            );
        }
    }
}

/// `TopologySpreadConstraint`: its minimum of domains, and keys of labels.
pub(super) fn constraint<'t>(judge: &mut Judge<'t>, constraint: Node<'t>) {
    if let Some(domains) = judge.get(constraint, "minDomains")
        && let Some(Scalar::Int(number)) = domains.scalar()
    {
        if number < 1 {
            judge.wrong(domains, "`minDomains` is below 1");
        }
        if judge.text(constraint, "whenUnsatisfiable") == Some("ScheduleAnyway") {
            judge.wrong(domains, "`minDomains` with ScheduleAnyway");
        }
    }
    label_keys(judge, constraint);
}

/// `PodAffinityTerm` and spread constraints: keys that the pod's own labels fill in.
pub(super) fn label_keys<'t>(judge: &mut Judge<'t>, term: Node<'t>) {
    let selector = judge.field(term, "labelSelector");
    if selector.is_unknown() {
        return;
    }
    let selector = selector.node();
    for field in ["matchLabelKeys", "mismatchLabelKeys"] {
        let keys: Vec<Node<'t>> = judge.items(term, field).collect();
        if let (None, Some(list)) = (selector, judge.get(term, field))
            && !keys.is_empty()
        {
            let key = term.entry(field).map_or(list, |entry| entry.key);
            judge
                .wrong(key, format!("`{field}` without `labelSelector`"))
                .absence(term, "labelSelector");
        }
        for key in keys {
            if field == "mismatchLabelKeys"
                && let Some(text) = judge.text_of(key)
                && judge
                    .items(term, "matchLabelKeys")
                    .any(|other| judge.text_of(other) == Some(text))
            {
                judge
                    .wrong(key, format!("{} is also in `matchLabelKeys`", shown(text)))
                    .rests_on(term, "matchLabelKeys");
            }
            let labels = selector.and_then(|selector| judge.get(selector, "matchLabels"));
            let is_twice = judge
                .text_of(key)
                .zip(labels)
                .is_some_and(|(text, labels)| labels.get(text).is_some());
            if is_twice && field == "matchLabelKeys" {
                // Only a label that an expression selects by as well is refused.
                let text = judge.text_of(key).unwrap_or_default();
                let in_expression = selector.is_some_and(|selector| {
                    judge
                        .items(selector, "matchExpressions")
                        .any(|it| judge.text(it, "key") == Some(text))
                });
                if in_expression {
                    judge.wrong(key, format!("{} is also in `labelSelector`", shown(text)));
                }
            }
        }
    }
}
