//! Namespaces that hold more than is in view.

use std::collections::{BTreeSet, HashSet};

use super::Inventory;
use crate::kube::{Body, Object, OpaqueReason};
use crate::source::{Scope, Sources};

/// Where nothing can be called absent.
#[derive(Debug, Default)]
pub(super) struct OpenNamespaces {
    /// By name, whatever the scope.
    named: HashSet<String>,
    /// Scopes that hold something which may deploy to a namespace that no file names.
    scopes: HashSet<Scope>,
    /// Directories with unrendered charts; what stands in, directly above or below one is open.
    charts: BTreeSet<Scope>,
    /// Scopes with documents that cannot be read before something fills in their `{{…}}`.
    unrendered: HashSet<Scope>,
}

impl OpenNamespaces {
    pub(super) fn of(inventory: &Inventory, sources: &Sources) -> Self {
        let mut open = Self {
            charts: sources.charts().iter().cloned().collect(),
            unrendered: inventory
                .unrendered()
                .iter()
                .map(|document| sources.get(document.source).scope().clone())
                .collect(),
            ..Self::default()
        };
        for (_, entry) in inventory.whole() {
            let object = &entry.object;
            if opens_namespace(object) {
                match target_namespace(object).or(entry.namespace.as_deref()) {
                    Some(namespace) => {
                        open.named.insert(namespace.to_owned());
                        // What stands beside it without a namespace goes where it goes.
                        open.scopes.insert(entry.scope.clone());
                    }
                    None => {
                        open.scopes.insert(entry.scope.clone());
                    }
                }
            }
            if let Body::Kustomization(kustomization) = object.body()
                && (kustomization.has_remote_resources() || kustomization.has_charts())
            {
                open.scopes.insert(entry.scope.clone());
                open.named.extend(kustomization.namespace.clone());
            }
        }
        open
    }

    pub(super) fn holds(&self, namespace: Option<&str>, scope: &Scope) -> bool {
        namespace.is_some_and(|namespace| self.named.contains(namespace))
            || namespace.is_none() && self.scopes.contains(scope)
            || self.unrendered.contains(scope)
            || self.charts.iter().any(|chart| {
                scope == chart || parent(&chart.0) == &*scope.0 || is_below(&scope.0, &chart.0)
            })
    }
}

/// Where a generator deploys to, when that is not its own namespace.
fn target_namespace(object: &Object) -> Option<&str> {
    let path: &[&str] = match object.kind() {
        "HelmRelease" | "HelmChart" => &["spec", "targetNamespace"],
        "Application" => &["spec", "destination", "namespace"],
        _ => return None,
    };
    object.node().at(path)?.as_str()
}

fn parent(directory: &str) -> &str {
    directory.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn is_below(directory: &str, ancestor: &str) -> bool {
    directory
        .strip_prefix(ancestor)
        .is_some_and(|rest| rest.starts_with('/') || ancestor.is_empty())
}

/// Whether an object makes others that no file shows.
fn opens_namespace(object: &Object) -> bool {
    matches!(
        object.body(),
        Body::Opaque(OpaqueReason::Generator | OpaqueReason::PodTemplate)
    )
}
