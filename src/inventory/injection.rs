//! What decides on the sidecars of pods: labels, or the annotation of old and other releases.

use super::mesh_view::{NAMESPACE_INJECTION, REVISION};
use super::{Inventory, ObjectId};
use crate::kube::Object;
use crate::yaml::Node;

/// What a Namespace in view says of the sidecars of its pods.
#[derive(Clone, Copy, Debug)]
pub enum NamespaceInjection<'a> {
    /// This label has them injected.
    Labelled(&'a Object, Node<'a>),
    /// It has no such label.
    Unlabelled(&'a Object),
    /// It is not in view.
    Unknown,
}

impl Inventory {
    /// Whether the annotation may be what decides on the sidecar of an object's pods, and no label: where
    /// OpenShift Service Mesh 2 is in view or may be there, and with old releases of Istio.
    pub fn may_inject_by_annotation(&self, object: &Object) -> bool {
        let Some((entry, view)) = self.entry(object).zip(self.mesh_view(object)) else {
            return false;
        };
        view.is_openshift
            || view.on_openshift.contains(&entry.scope)
            || view.on_old_istio.contains(&entry.scope)
    }

    /// Whether an object may go to one of several namespaces, none of which is labelled for injection: each
    /// overlay of a base has its own.
    pub fn may_be_of_other_namespace(&self, object: &Object) -> bool {
        let named = self.namespace(object);
        let view = self.mesh_view(object);
        let ids = named
            .zip(view)
            .and_then(|(name, view)| view.namespaces.get(name));
        ids.is_some_and(|ids| ids.len() > 1)
    }

    /// What the labels in view say of the injection into an object's namespace.
    pub fn namespace_injection(&self, object: &Object) -> NamespaceInjection<'_> {
        let label = |key| self.namespace_label(object, key);
        let found = match label(NAMESPACE_INJECTION) {
            Some((_, node)) if node.text() != Some("enabled") => None,
            Some(found) => Some(found),
            None => label(REVISION),
        };
        if let Some((namespace, node)) = found {
            return NamespaceInjection::Labelled(namespace, node);
        }
        let named = self
            .namespace(object)
            .and_then(|it| self.mesh_view(object)?.namespaces.get(it));
        // Of several overlays' Namespaces, any may be it.
        let beside = |id: &&ObjectId| {
            let entry = self.get(**id);
            entry.is_some_and(|entry| self.same_scope(&entry.object, object))
        };
        let only = named.and_then(|ids| match ids.as_slice() {
            [only] => Some(only),
            all => all.iter().find(beside),
        });
        let only = only.and_then(|id| self.get(*id));
        only.map_or(NamespaceInjection::Unknown, |entry| {
            NamespaceInjection::Unlabelled(&entry.object)
        })
    }
}
