//! Objects whose counterparts an installer brings, which is in no folder of manifests.

use super::Inventory;
use crate::kube::{Object, is_applied_by_command, says_installed_elsewhere};

/// Namespaces of clusters, meshes and their add-ons, which installers fill.
const NAMES: [&str; 5] = [
    "cert-manager",
    "istio-system",
    "kube-public",
    "kube-system",
    "monitoring",
];

/// `linkerd-viz`, `knative-serving`, `openshift-monitoring`
const FAMILIES: [&str; 3] = ["knative", "linkerd", "openshift"];

impl Inventory {
    /// Whether something that is not in view probably makes what an object refers to: an installer fills its
    /// namespace, a comment says that a chart or the like brings it, or a command puts the object into a
    /// namespace that no file names.
    pub fn is_completed_elsewhere(&self, object: &Object) -> bool {
        let by_comment = || {
            let node = object.node();
            says_installed_elsewhere(node)
                || object.namespace().is_none() && is_applied_by_command(node)
        };
        self.namespace(object).is_some_and(is_installers) || by_comment()
    }
}

fn is_installers(namespace: &str) -> bool {
    let is_of = |family: &&str| {
        let rest = namespace.strip_prefix(*family);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    NAMES.contains(&namespace) || FAMILIES.iter().any(is_of)
}

#[cfg(test)]
mod tests {
    use super::is_installers;

    #[test]
    fn a_namespace_of_a_family_starts_with_its_name() {
        for name in [
            "istio-system",
            "linkerd",
            "linkerd-viz",
            "openshift-monitoring",
        ] {
            assert!(is_installers(name), "{name}");
        }
        for name in ["shop", "istio", "linkerdemo", "my-openshift"] {
            assert!(!is_installers(name), "{name}");
        }
    }
}
