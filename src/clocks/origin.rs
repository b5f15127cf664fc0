//! From where the arithmetic says a number comes to the node that says it.

use crate::kube::{ContainerRef, PodTemplate, Workload};
use crate::lifecycle::Origin;
use crate::yaml::Node;

/// The annotation's value for a container: with the container's name as suffix before one for all
/// containers, on the pod template before one on the workload's own metadata.
pub fn annotation<'a>(
    workload: Workload<'a>,
    container: ContainerRef<'_>,
    key: &str,
) -> Option<Node<'a>> {
    let template = workload.template();
    value(template, container, key).or_else(|| {
        let object = workload.object();
        let own = object.annotation(&format!("{key}.{}", container.name()));
        own.or_else(|| object.annotation(key))
    })
}

pub(super) fn value<'a>(
    template: PodTemplate<'a>,
    container: ContainerRef<'_>,
    key: &str,
) -> Option<Node<'a>> {
    let own = format!("{key}.{}", container.name());
    let object = template.object();
    template
        .annotation(&own)
        .or_else(|| object.annotation(&own))
        .or_else(|| template.annotation(key))
        .or_else(|| object.annotation(key))
}

/// The node that an origin speaks of; `None` for defaults, assumptions and the configuration.
pub fn node_of<'a>(
    origin: &Origin,
    template: PodTemplate<'a>,
    container: ContainerRef<'a>,
) -> Option<Node<'a>> {
    match origin {
        Origin::Annotation(key) => value(template, container, key),
        Origin::Argument { field, index } => {
            container.node.get(field.as_str())?.items().nth(*index)
        }
        Origin::Environment { index, .. } => {
            let variable = container.node.get("env")?.items().nth(*index)?;
            variable.get("value").or(Some(variable))
        }
        Origin::Field
        | Origin::Configuration
        | Origin::Default
        | Origin::Assumed
        | Origin::Bounded => None,
    }
}
