//! Variables and where their values come from.
//!
//! pkg/apis/core/validation/validation.go, 1.37: ValidateEnv, ValidateEnvFrom,
//! validateObjectFieldSelector, validateContainerResourceFieldSelector.

use super::judge::{Judge, describe, shown};
use crate::kube::check::names::key_complaint;
use crate::units::Quantity;
use crate::yaml::Node;

const SOURCES: [&str; 5] = [
    "fieldRef",
    "resourceFieldRef",
    "configMapKeyRef",
    "secretKeyRef",
    "fileKeyRef",
];

/// `EnvVar`: a value, or one source of it.
pub(super) fn variable<'t>(judge: &mut Judge<'t>, variable: Node<'t>) {
    let Some(from) = judge.get(variable, "valueFrom") else {
        return;
    };
    if !from.is_mapping() {
        return;
    }
    let place = describe(variable, judge.object());
    let sources = judge.present(from, &SOURCES);
    match sources.as_slice() {
        [] => {
            judge.missing_one_of(
                from,
                &SOURCES,
                format!("`valueFrom` of {place} names no source"),
            );
        }
        [_, second, ..] => {
            judge.wrong(*second, format!("`valueFrom` of {place} names two sources"));
        }
        [_] => {}
    }
    let has_value = judge
        .text(variable, "value")
        .is_some_and(|text| !text.is_empty());
    if has_value && !sources.is_empty() {
        let key = variable.entry("valueFrom").map_or(from, |entry| entry.key);
        judge
            .wrong(key, format!("{place} has both `value` and `valueFrom`"))
            .rests_on(variable, "value");
    }
}

/// `EnvFromSource`: one source.
pub(super) fn list<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    const SOURCES: [&str; 2] = ["configMapRef", "secretRef"];
    match judge.present(source, &SOURCES).as_slice() {
        [] => judge.missing_one_of(
            source,
            &SOURCES,
            "an item of `envFrom` has neither `configMapRef` nor `secretRef`",
        ),
        [_, second, ..] => {
            judge.wrong(*second, "an item of `envFrom` has two sources");
        }
        [_] => {}
    }
}

/// The fields of a pod that variables can have.
const OF_VARIABLES: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// The fields of a pod that volumes can have.
const OF_VOLUMES: [&str; 5] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
];

/// `ObjectFieldSelector`: a field that the downward API has, in variables or in volumes.
pub(super) fn field_path<'t>(judge: &mut Judge<'t>, selector: Node<'t>) {
    if let Some(version) = judge.get(selector, "apiVersion")
        && judge
            .text_of(version)
            .is_some_and(|text| !text.is_empty() && text != "v1")
    {
        judge.wrong(version, "`fieldRef` has another `apiVersion` than v1");
    }
    let Some((node, path)) = judge
        .get(selector, "fieldPath")
        .and_then(|node| Some((node, judge.text_of(node)?)))
    else {
        return;
    };
    let in_variable = selector
        .parent()
        .and_then(Node::parent)
        .is_some_and(|holder| holder.get("valueFrom").is_some());
    let fits = match path
        .strip_suffix(']')
        .and_then(|path| path.split_once("['"))
    {
        Some((map, key)) => {
            let key = key.strip_suffix('\'').unwrap_or(key);
            match map {
                "metadata.labels" => key_complaint(key, false).is_none(),
                "metadata.annotations" => key_complaint(&key.to_lowercase(), false).is_none(),
                _ => false,
            }
        }
        // The old name of `spec.nodeName`.
        None if path == "spec.host" => in_variable,
        None if in_variable => OF_VARIABLES.contains(&path),
        None => OF_VOLUMES.contains(&path),
    };
    if !fits && !path.is_empty() {
        let place = if in_variable {
            "a variable"
        } else {
            "a volume"
        };
        judge.wrong(node, format!("{} is not a field for {place}", shown(path)));
    }
}

/// `ResourceFieldSelector`: a resource that the downward API has, and a divisor that fits it.
pub(super) fn resource<'t>(judge: &mut Judge<'t>, selector: Node<'t>) {
    let Some((node, resource)) = judge
        .get(selector, "resource")
        .and_then(|node| Some((node, judge.text_of(node)?)))
    else {
        return;
    };
    let name = resource
        .strip_prefix("limits.")
        .or_else(|| resource.strip_prefix("requests."));
    let is_known = name.is_some_and(|name| {
        matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-")
    });
    if !is_known && !resource.is_empty() {
        judge.wrong(
            node,
            format!("{} is not a resource of a container", shown(resource)),
        );
        return;
    }
    let Some((node, text)) = judge
        .get(selector, "divisor")
        .and_then(|node| Some((node, judge.text_of(node)?)))
    else {
        return;
    };
    let Ok(divisor) = text.parse::<Quantity>() else {
        return;
    };
    if divisor.milli != 0 && !is_divisor(divisor, name == Some("cpu")) {
        let units = if name == Some("cpu") {
            "1m or 1"
        } else {
            "1, 1k, 1Ki, 1M, 1Mi …"
        };
        judge.wrong(node, format!("the divisor {} is not {units}", shown(text)));
    }
}

/// One unit: of cores 1 and 1m, of bytes each power from 1 to 1E and 1Ei.
fn is_divisor(divisor: Quantity, of_cores: bool) -> bool {
    const ONE: i128 = 1000;
    if of_cores {
        return matches!(divisor.milli, 1 | ONE);
    }
    (0..=6).any(|power| {
        divisor.milli == ONE * 1000_i128.pow(power) || divisor.milli == ONE * 1024_i128.pow(power)
    })
}
