//! The helpers of a workload's pods: those that its manifest writes out, and those that are injected.

use std::time::Duration;

use super::Clocks;
use crate::inventory::Evidence;
use crate::kube::{Body, ContainerRef, Workload};
use crate::lifecycle::helper::{HELPERS, Helper, Injection, Origin, Wait};
use crate::yaml::Node;

/// A helper that is injected into the pods of a workload.
#[derive(Clone, Debug)]
pub struct Injected<'a> {
    /// What is known of it.
    pub helper: &'static Helper,
    /// How it is injected.
    pub injection: &'static Injection,
    /// What asks for it; where nothing in view does, an annotation that only it reads may still tell
    /// it to wait.
    pub evidence: Option<Evidence<'a>>,
    /// Whether it is a native sidecar, where an annotation says so.
    pub is_native: Option<bool>,
    /// How it ends; `None` where it carries nothing, or where an annotation cannot be read.
    pub wait: Option<Wait>,
}

impl Injected<'_> {
    /// When the application is without it, from the start of the termination; `None` where it is known
    /// to leave after the application, or where its end is not known.
    pub fn exit(&self) -> Option<Duration> {
        let wait = self.wait.filter(|_| self.is_native != Some(true))?;
        Some(wait.exit())
    }

    /// Whether the pod's own annotations settle when it leaves: the injector may have other defaults.
    pub fn is_settled(&self) -> bool {
        let is_default_known =
            self.injection.native.default_since.is_none() || self.is_native.is_some();
        let has_own_default = |wait: Wait| wait.is_stated || wait.time.is_zero();
        is_default_known && self.wait.is_some_and(has_own_default)
    }
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
        let mut found = self.injectable(workload);
        found.retain(|injected| injected.evidence.is_some());
        found
    }

    /// The helpers that the pods of a workload have or may have, because something in view asks for
    /// them, or nothing refuses them.
    pub fn injectable(&self, workload: Workload<'c>) -> Vec<Injected<'c>> {
        let known = HELPERS.iter().filter_map(|helper| match &helper.origin {
            Origin::Injected(injection) => Some((helper, injection)),
            Origin::Written(_) => None,
        });
        known
            .filter_map(|(helper, injection)| {
                let told = |key: &str| self.told(workload, injection, key);
                let text = |key: &str| told(key).and_then(|evidence| evidence.node.text());
                let evidence = match injection.is_asked(text) {
                    Some(true) => told(injection.key).map(|evidence| Evidence {
                        message: format!(
                            "{}: {}",
                            injection.key,
                            evidence.node.text().unwrap_or_default()
                        ),
                        ..evidence
                    }),
                    Some(false) => return None,
                    None => None,
                };
                let is_native = injection.is_native(text);
                Some(Injected {
                    helper,
                    injection,
                    evidence,
                    is_native,
                    wait: helper.wait(text, is_native == Some(true)),
                })
            })
            .collect()
    }

    /// What the pod template says under a key, else its Namespace, where the injector reads that, too.
    pub fn told(
        &self,
        workload: Workload<'c>,
        injection: &Injection,
        key: &str,
    ) -> Option<Evidence<'c>> {
        let template = workload.template();
        let evidence = |object, node: Node<'c>| Evidence {
            object,
            node,
            message: String::new(),
        };
        if let Some(node) = template.annotation(key) {
            return Some(evidence(template.object(), node));
        }
        if !injection.by_namespace {
            return None;
        }
        let inventory = self.inventory;
        let name = inventory.namespace(workload.object())?;
        inventory.objects_named(name).find_map(|object| {
            // A Namespace of another part of the repository may be another cluster's.
            let is_own = matches!(object.body(), Body::Namespace(_))
                && inventory.same_scope(object, workload.object());
            let node = object.annotation(key).filter(|_| is_own)?;
            Some(evidence(object, node))
        })
    }
}
