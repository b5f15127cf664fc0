//! Which names are in view.

use std::collections::{HashMap, HashSet};

use crate::kube::Object;

/// Kinds and names, each with the namespaces that objects of it are deployed to.
#[derive(Debug, Default)]
pub(super) struct Names {
    by_name: HashMap<String, HashMap<String, HashSet<Option<String>>>>,
}

impl Names {
    pub(super) fn add(&mut self, object: &Object, namespace: Option<&str>) {
        let kinds = self.by_name.entry(object.name().to_owned()).or_default();
        let namespaces = kinds.entry(object.kind().to_owned()).or_default();
        namespaces.insert(namespace.map(str::to_owned));
    }

    /// Whether there is one that may be in this namespace: it, or the namespace, leaves it out, or both
    /// are the same.
    pub(super) fn holds(&self, kind: &str, name: &str, namespace: Option<&str>) -> bool {
        let namespaces = self.by_name.get(name).and_then(|kinds| kinds.get(kind));
        namespaces.is_some_and(|namespaces| {
            namespace.is_none()
                || namespaces.contains(&None)
                || namespaces.contains(&namespace.map(str::to_owned))
        })
    }
}
