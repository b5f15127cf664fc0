//! From where the arithmetic says a number comes to the node that says it.

use crate::kube::{ContainerRef, PodTemplate, Workload};
use crate::lifecycle::Origin;
use crate::yaml::Node;

/// The annotation's value on the pod template, else on the workload's own metadata.
pub(super) fn annotation<'a>(workload: Workload<'a>, key: &str) -> Option<Node<'a>> {
    workload
        .template()
        .annotation(key)
        .or_else(|| workload.object().annotation(key))
}

/// The node that an origin speaks of; `None` for defaults, assumptions and the configuration.
pub(super) fn node_of<'a>(
    origin: &Origin,
    template: PodTemplate<'a>,
    container: ContainerRef<'a>,
) -> Option<Node<'a>> {
    match origin {
        Origin::Annotation(key) => template
            .annotation(key)
            .or_else(|| template.object().annotation(key)),
        Origin::Argument { field, index } => {
            container.node.get(field.as_str())?.items().nth(*index)
        }
        Origin::Environment { index, .. } => {
            let variable = container.node.get("env")?.items().nth(*index)?;
            variable.get("value").or(Some(variable))
        }
        Origin::Field | Origin::Configuration | Origin::Default | Origin::Assumed => None,
    }
}
