//! Fields whose form changed with the version of their API.

use crate::edit::{Beside, Editor, Edits, Refusal, Value};
use crate::kube::Object;
use crate::rules::backend;
use crate::yaml::Node;

/// The backends of an Ingress, and the path types, which were `ImplementationSpecific` where none was
/// given (`networking.k8s.io/v1`).
pub(super) fn ingress(object: &Object, editor: &Editor<'_>) -> Edits {
    let mut edits = Vec::new();
    let spec = object.node().get("spec").ok_or(Refusal::Moot)?;
    if let Some(entry) = spec.entry("backend") {
        edits.extend(backend::rewrite(editor, entry, "defaultBackend")?);
    }
    let rules = spec.get("rules").into_iter().flat_map(Node::items);
    for rule in rules.map(Node::resolved) {
        let paths = rule
            .at(&["http", "paths"])
            .into_iter()
            .flat_map(Node::items);
        for path in paths {
            let entry = path.entry("backend").ok_or(Refusal::Moot)?;
            edits.extend(backend::rewrite(editor, entry, "backend")?);
            if path.entry("pathType").is_none() {
                let usual = Value::text("ImplementationSpecific");
                edits.extend(editor.insert(path, "pathType", &usual, Beside::After("path"))?);
            }
        }
    }
    Ok(edits)
}

/// The metrics of an autoscaler, which give their aim as `target` (`autoscaling/v2`).
pub(super) fn autoscaler(object: &Object, editor: &Editor<'_>) -> Edits {
    let mut edits = Vec::new();
    let metrics = object.node().at(&["spec", "metrics"]);
    for metric in metrics.into_iter().flat_map(Node::items) {
        let source = ["resource", "containerResource", "pods", "external"]
            .into_iter()
            .find_map(|key| metric.get(key))
            .filter(|source| source.is_mapping());
        edits.extend(aim(editor, source.ok_or(Refusal::Moot)?)?);
    }
    Ok(edits)
}

/// The source of one metric.
fn aim(editor: &Editor<'_>, source: Node<'_>) -> Edits {
    const AIMS: [(&str, &str, &str); 3] = [
        (
            "targetAverageUtilization",
            "Utilization",
            "averageUtilization",
        ),
        ("targetAverageValue", "AverageValue", "averageValue"),
        ("targetValue", "Value", "value"),
    ];
    let mut edits = Vec::new();
    let mut aims = AIMS
        .iter()
        .filter_map(|aim| Some((source.entry(aim.0)?, aim)));
    let (Some((entry, (_, kind, field))), None) = (aims.next(), aims.next()) else {
        return Err(Refusal::Moot);
    };
    let is_selected = ["selector", "metricSelector"]
        .iter()
        .any(|key| source.get(key).is_some());
    if is_selected {
        return Err(Refusal::Moot);
    }
    let target = Value::map([
        ("type", Value::text(*kind)),
        (*field, Value::copy_of(entry.value)),
    ]);
    edits.extend(editor.replace(entry, "target", &target)?);
    if let Some(entry) = source.entry("metricName") {
        let metric = Value::map([("name", Value::copy_of(entry.value))]);
        edits.extend(editor.replace(entry, "metric", &metric)?);
    }
    Ok(edits)
}
