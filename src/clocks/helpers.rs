//! The helpers of a workload's pods: those that its manifest writes out, and those that are injected.

use super::Clocks;
use crate::inventory::Evidence;
use crate::kube::{Body, ContainerRef, Workload};
use crate::lifecycle::helper::{HELPERS, Helper, Injection, Origin};
use crate::yaml::Node;

/// A helper that is injected into the pods of a workload.
#[derive(Clone, Debug)]
pub struct Injected<'a> {
    /// What is known of it.
    pub helper: &'static Helper,
    /// What asks for it.
    pub evidence: Evidence<'a>,
    /// Whether it is a native sidecar, where an annotation says so.
    pub is_native: Option<bool>,
}

/// The helpers among the main containers of a workload.
pub fn written(
    workload: Workload<'_>,
) -> impl Iterator<Item = (ContainerRef<'_>, &'static Helper)> {
    workload
        .template()
        .main_containers()
        .filter_map(|container| Some((container, Helper::of_container(container.data)?)))
}

impl<'c> Clocks<'c> {
    /// The helpers that are injected into the pods of a workload, by its pod template or its Namespace.
    pub fn injected(&self, workload: Workload<'c>) -> Vec<Injected<'c>> {
        let known = HELPERS.iter().filter_map(|helper| match &helper.origin {
            Origin::Injected(injection) => Some((helper, injection)),
            Origin::Written(_) => None,
        });
        known
            .filter_map(|(helper, injection)| {
                Some(Injected {
                    helper,
                    evidence: self.asks_for(workload, injection)?,
                    is_native: injection
                        .native
                        .iter()
                        .find_map(|key| self.told(workload, key))
                        .and_then(|evidence| evidence.node.text())
                        .map(|text| !matches!(text, "false" | "disabled" | "0")),
                })
            })
            .collect()
    }

    fn asks_for(&self, workload: Workload<'c>, injection: &Injection) -> Option<Evidence<'c>> {
        let own = workload.template().annotation(injection.key);
        let told = match own {
            Some(node) => Evidence {
                object: workload.template().object(),
                node,
                message: String::new(),
            },
            // A Namespace of another part of the repository may be another cluster's.
            None if injection.by_namespace => self
                .told(workload, injection.key)
                .filter(|it| self.inventory.same_scope(it.object, workload.object()))?,
            None => return None,
        };
        let text = told.node.text()?;
        injection.values.contains(&text).then(|| Evidence {
            message: format!("{}: {text}", injection.key),
            ..told
        })
    }

    /// What the pod template says under a key, else its Namespace.
    fn told(&self, workload: Workload<'c>, key: &str) -> Option<Evidence<'c>> {
        let template = workload.template();
        let evidence = |object, node: Node<'c>| Evidence {
            object,
            node,
            message: String::new(),
        };
        if let Some(node) = template.annotation(key) {
            return Some(evidence(template.object(), node));
        }
        let inventory = self.inventory;
        let name = inventory.namespace(workload.object())?;
        inventory.objects_named(name).find_map(|object| {
            let is_namespace = matches!(object.body(), Body::Namespace(_));
            let node = object.annotation(key).filter(|_| is_namespace)?;
            Some(evidence(object, node))
        })
    }
}
