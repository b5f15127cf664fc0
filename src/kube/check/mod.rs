//! What Kubernetes demands of values beyond their types: enumerated strings, ranges, quantities,
//! durations, names and labels. k8s-openapi checks none of it.

pub(super) mod forms;
pub(super) mod names;
mod placeholder;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::istio::duration;
use super::tables::values::{self, Percentage};
use crate::units::Quantity;
use crate::yaml::{self, Check, Issue, IssueKind, Node, NodeId, Reading, Scalar};

pub use placeholder::is_placeholder;
pub(super) use placeholder::{holds_placeholder, is_placeholder_node};

/// Checks the values of one object.
#[derive(Debug, Default)]
pub struct KubeCheck {
    /// Texts to read as others: they must equal what the type says, which the API server does not ask.
    substitutes: Vec<(NodeId, &'static str)>,
    kept: RefCell<BTreeMap<NodeId, String>>,
}

impl KubeCheck {
    /// For an object that is read as it is written.
    pub fn new() -> Self {
        Self::default()
    }

    /// For an object whose `apiVersion`, the node given, is read as `canonical`.
    pub fn for_object(api_version: NodeId, canonical: &'static str) -> Self {
        Self {
            substitutes: vec![(api_version, canonical)],
            ..Self::default()
        }
    }

    /// Of the claim templates of a StatefulSet, the API server looks neither at the version nor at the
    /// kind.
    #[must_use]
    pub fn with_claim_templates(mut self, object: Node<'_>) -> Self {
        let templates = object.at(&["spec", "volumeClaimTemplates"]);
        for template in templates.into_iter().flat_map(Node::items) {
            for (field, read_as) in [("apiVersion", "v1"), ("kind", "PersistentVolumeClaim")] {
                if let Some(value) = template.get(field) {
                    self.substitutes.push((value.id(), read_as));
                }
            }
        }
        self
    }

    /// Reads a node as a `T`. Issues are in the order of the text, those of values that rules still
    /// use as they stand (a label that is too long still selects) among them.
    pub fn read<T: DeserializeOwned>(self, node: Node<'_>) -> Reading<Option<T>> {
        let mut reading = yaml::read::<T>(node, &self);
        reading
            .issues
            .retain_mut(|issue| judge_base64(issue, node.tree().node(issue.node)));
        let kept = self.kept.into_inner();
        // Of a node that is of the wrong type, too, the form is the greater fault.
        reading
            .issues
            .retain(|issue| !kept.contains_key(&issue.node));
        reading
            .issues
            .extend(kept.into_iter().map(|(node, message)| Issue {
                node,
                kind: IssueKind::Invalid {
                    message,
                    kept: true,
                },
            }));
        reading
            .issues
            .sort_by_key(|issue| (node.tree().node(issue.node).span().start, issue.node));
        reading
    }

    fn keep(&self, node: Node<'_>, message: String) {
        self.kept.borrow_mut().insert(node.id(), message);
    }

    fn check_labels(&self, labels: Node<'_>) {
        self.check_keys(labels, false);
        for entry in labels.entries() {
            if let Some(text) = entry.value.text()
                && !holds_placeholder(text)
                && let Some(message) = names::label_value_complaint(text)
            {
                self.keep(entry.value, message);
            }
        }
    }

    fn check_keys(&self, map: Node<'_>, annotations: bool) {
        for entry in map.entries() {
            if let Some(key) = entry.key.text()
                && !holds_placeholder(key)
                && let Some(message) = names::key_complaint(key, annotations)
            {
                self.keep(entry.key, message);
            }
        }
    }

    fn check_elements(&self, list: Node<'_>, allowed: &[&str]) {
        for item in list.items() {
            if let Some(text) = item.as_str()
                && !holds_placeholder(text)
                && let Some(message) = enum_complaint(text, allowed)
            {
                self.keep(item, message);
            }
        }
    }
}

/// Whether an issue still stands once a text in base64 is judged as Kubernetes does, which allows line
/// breaks in it; gives it words.
fn judge_base64(issue: &mut Issue, node: Node<'_>) -> bool {
    /// How the base64 crate begins what it says (its `DecodeError`).
    const FAULTS: [&str; 4] = [
        "Invalid symbol",
        "Invalid input length",
        "Invalid last symbol",
        "Invalid padding",
    ];
    let IssueKind::Invalid { message, .. } = &mut issue.kind else {
        return true;
    };
    if !FAULTS.iter().any(|fault| message.starts_with(fault)) {
        return true;
    }
    let text = node.text().unwrap_or_default();
    if forms::from_base64(text).is_some() {
        return false;
    }
    // What a Secret holds is not shown.
    "expected base64, found other text".clone_into(message);
    true
}

impl Check for KubeCheck {
    fn field(&self, structure: &'static str, field: &str, value: Node<'_>) -> Option<String> {
        if value.text().is_some_and(holds_placeholder) {
            return None;
        }
        if is_label_map(structure, field) {
            if !is_of_metric(value) {
                self.check_labels(value);
            }
            return None;
        }
        if (structure, field) == ("ObjectMeta", "annotations") {
            self.check_keys(value, true);
            return None;
        }
        if let Some(allowed) = values::allowed_elements(structure, field) {
            self.check_elements(value, allowed);
            return None;
        }
        if let Some(allowed) = values::allowed(structure, field) {
            return enum_complaint(value.text()?, allowed);
        }
        if let Some(percentage) = values::percentage(structure, field) {
            return both_budgets(structure, field, value)
                .or_else(|| percentage_complaint(value, percentage));
        }
        if let Some(range) = values::range(structure, field)
            && let Some(message) = range_complaint(value.scalar()?, range)
        {
            return Some(message);
        }
        relation_complaint(structure, field, value)
            .or_else(|| name_complaint(structure, field, value))
    }

    fn newtype(&self, name: &'static str, value: Node<'_>) -> Option<String> {
        let scalar = value.scalar()?;
        if value.text().is_some_and(holds_placeholder) {
            return None;
        }
        match name {
            "Quantity" => quantity_complaint(scalar),
            duration::POSITIVE => duration_complaint(value, scalar, duration::parse_positive),
            duration::OR_ZERO => duration_complaint(value, scalar, duration::parse_or_zero),
            duration::ANY_SIGN => duration_complaint(value, scalar, duration::parse_any_sign),
            _ => None,
        }
    }

    fn placeholder(&self, value: Node<'_>) -> bool {
        is_placeholder_node(value)
    }

    fn substitute(&self, value: Node<'_>) -> Option<&'static str> {
        let mut substitutes = self.substitutes.iter();
        let found = substitutes.find(|(node, _)| *node == value.id());
        found.map(|(_, read_as)| *read_as)
    }
}

/// Labels, and what selects by them.
fn is_label_map(structure: &str, field: &str) -> bool {
    match field {
        "labels" => structure == "ObjectMeta",
        "matchLabels" => structure == "LabelSelector",
        "selector" => matches!(structure, "ServiceSpec" | "ReplicationControllerSpec"),
        "nodeSelector" => structure == "PodSpec",
        _ => false,
    }
}

/// Whether a part of a selector is one of a metric's, at which the API server does not look.
pub(super) fn is_of_metric(part: Node<'_>) -> bool {
    let holds = |holder: Node<'_>, key: &str, node: Node<'_>| {
        holder
            .get(key)
            .is_some_and(|value| value.resolved().id() == node.id())
    };
    let Some(selector) = part.parent() else {
        return false;
    };
    let Some(metric) = selector.parent() else {
        return false;
    };
    holds(metric, "selector", selector)
        && metric
            .parent()
            .is_some_and(|source| holds(source, "metric", metric))
}

/// A value from a manifest as messages show it: quoted, and cut where it is long.
fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("`{}…`", text.get(..cut).unwrap_or_default()),
        None => format!("`{text}`"),
    }
}

/// An empty string stands for the default.
fn enum_complaint(text: &str, allowed: &[&str]) -> Option<String> {
    if text.is_empty() || allowed.contains(&text) {
        return None;
    }
    let quoted: Vec<String> = allowed.iter().map(|value| format!("`{value}`")).collect();
    let list = match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    };
    let of = if allowed.len() > 2 { "one of " } else { "" };
    Some(format!("expected {of}{list}, found {}", shown(text)))
}

fn percentage_complaint(value: Node<'_>, percentage: Percentage) -> Option<String> {
    const EXPECTED: &str = "expected a whole number or a percentage such as 25%";
    match value.scalar()? {
        Scalar::Int(number) if number < 0 => Some(format!("{EXPECTED}, found {number}")),
        Scalar::Float(number) if number.fract() != 0.0 => {
            Some(format!("{EXPECTED}, found {number}"))
        }
        Scalar::Text(text) => {
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            if digits(text) {
                return Some(format!(
                    "{EXPECTED}, found the string \"{text}\": write {text} without quotes"
                ));
            }
            let Some(number) = text.strip_suffix('%').filter(|number| digits(number)) else {
                return Some(format!("{EXPECTED}, found {}", shown(text)));
            };
            let over = number.parse::<u64>().is_ok_and(|number| number > 100)
                || number.trim_start_matches('0').len() > 3;
            (percentage.capped && over)
                .then(|| format!("expected at most 100%, found {}", shown(text)))
        }
        _ => None,
    }
}

/// A disruption budget takes one of its two fields.
fn both_budgets(structure: &str, field: &str, value: Node<'_>) -> Option<String> {
    let both = structure == "PodDisruptionBudgetSpec"
        && field == "maxUnavailable"
        && value
            .parent()?
            .get("minAvailable")
            .is_some_and(|other| !other.is_null());
    both.then(|| {
        "expected only one of minAvailable and maxUnavailable, found both: the API server refuses \
         the object"
            .to_owned()
    })
}

fn relation_complaint(structure: &str, field: &str, value: Node<'_>) -> Option<String> {
    if (structure, field) != ("HorizontalPodAutoscalerSpec", "maxReplicas") {
        return None;
    }
    let (Scalar::Int(most), Some(Scalar::Int(least))) = (
        value.scalar()?,
        value.parent()?.get("minReplicas")?.scalar(),
    ) else {
        return None;
    };
    (most < least).then(|| format!("expected at least minReplicas, {least}, found {most}"))
}

fn range_complaint(scalar: Scalar<'_>, (least, greatest): (i64, i64)) -> Option<String> {
    let found = match scalar {
        Scalar::Int(number) if (least..=greatest).contains(&number) => return None,
        Scalar::Int(number) => number.to_string(),
        Scalar::Unsigned(number) => number.to_string(),
        Scalar::Float(number) => {
            #[allow(clippy::cast_precision_loss, reason = "bounds are below 2^31")]
            let fits = number >= least as f64 && number <= greatest as f64;
            if fits {
                return None;
            }
            number.to_string()
        }
        // Without its quotes it would be refused as well.
        Scalar::Text(text) => match text.parse::<i64>() {
            Ok(number) if !(least..=greatest).contains(&number) => number.to_string(),
            _ => return None,
        },
        Scalar::Null | Scalar::Bool(_) => return None,
    };
    Some(
        if greatest >= i64::from(i32::MAX) && found.parse::<i64>().is_ok_and(|it| it < least) {
            format!("expected a number of at least {least}, found {found}")
        } else {
            format!("expected a number from {least} to {greatest}, found {found}")
        },
    )
}

fn quantity_complaint(scalar: Scalar<'_>) -> Option<String> {
    match scalar {
        Scalar::Text(text) => text.parse::<Quantity>().err().map(|_| {
            format!(
                "expected a quantity such as 250m, 0.5, 64Mi or 1G, found {}",
                shown(text)
            )
        }),
        Scalar::Bool(value) => Some(format!(
            "expected a quantity such as 250m, 0.5, 64Mi or 1G, found the boolean {value}"
        )),
        _ => None,
    }
}

fn duration_complaint(
    value: Node<'_>,
    scalar: Scalar<'_>,
    parse: fn(&str) -> Result<std::time::Duration, String>,
) -> Option<String> {
    match scalar {
        Scalar::Null => None,
        Scalar::Text(text) => parse(text).err(),
        Scalar::Bool(found) => Some(format!(
            "expected a duration such as 30s, found the boolean {found}"
        )),
        Scalar::Int(_) | Scalar::Unsigned(_) | Scalar::Float(_) => {
            let text = value.text()?;
            Some(format!(
                "expected a duration such as 30s, found the number {text}: write {text}s for seconds"
            ))
        }
    }
}

fn name_complaint(structure: &str, field: &str, value: Node<'_>) -> Option<String> {
    match (structure, field) {
        ("ContainerPort", "name") => names::port_name_complaint(value.text()?),
        ("ServicePort", "name") => names::dns_label_complaint(value.text()?),
        ("ServicePort", "targetPort") => match value.scalar()? {
            Scalar::Text(text) => names::port_complaint(text),
            number => range_complaint(number, (0, 65_535)),
        },
        ("ObjectMeta", "name" | "generateName") => {
            let object = value.parent()?.parent()?;
            let kind = object.get("kind")?.as_str()?;
            let name = value.text()?;
            if is_of_istio(object) {
                return names::custom_name_complaint(name, field == "generateName");
            }
            names::object_name_complaint(kind, name, field == "generateName")
        }
        _ => None,
    }
}

/// Whether an object is in one of the groups of Istio's custom resources.
pub(super) fn is_of_istio(object: Node<'_>) -> bool {
    let version = object.get("apiVersion").and_then(Node::as_str);
    let group = version.and_then(|version| version.split_once('/'));
    group.is_some_and(|(group, _)| group.ends_with(".istio.io"))
}
