//! The persistent volumes of workloads.

use std::collections::HashMap;

use k8s_openapi::api::core::v1::PersistentVolumeClaimSpec;

use super::{Inventory, ObjectId};
use crate::kube::{Body, Object, Workload, WorkloadBody};
use crate::yaml::Node;

/// A PersistentVolumeClaim that a workload's pods use.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// Its name, or its template's.
    pub name: &'a str,
    /// Where the workload names it.
    pub mount: Node<'a>,
    /// Whether each pod has its own, made from one of `volumeClaimTemplates`.
    pub is_per_pod: bool,
    /// Who may use it at once.
    pub access: ClaimAccess<'a>,
}

/// Who may use a claim at once.
#[derive(Clone, Copy, Debug)]
pub enum ClaimAccess<'a> {
    /// The pods of one node (`ReadWriteOnce`) or one pod (`ReadWriteOncePod`).
    Exclusive {
        /// The manifest that says so.
        object: &'a Object,
        /// The access mode.
        mode: Node<'a>,
    },
    /// The pods of the node that has the volume, where the scheduler puts them all.
    NodeLocal,
    /// Pods of several nodes.
    Shared,
    /// The claim is not in view.
    Unknown,
}

impl Claim<'_> {
    /// Whether it is known, or must be feared, that only one node can use it.
    pub fn may_be_exclusive(&self) -> bool {
        !matches!(self.access, ClaimAccess::Shared)
    }
}

/// The claims in view, by name.
#[derive(Debug, Default)]
pub(super) struct ClaimIndex {
    by_name: HashMap<String, Vec<ObjectId>>,
}

impl ClaimIndex {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let mut index = Self::default();
        for (id, entry) in inventory.whole() {
            if matches!(entry.object.body(), Body::PersistentVolumeClaim(_)) {
                let name = entry.object.name().to_owned();
                index.by_name.entry(name).or_default().push(id);
            }
        }
        index
    }
}

impl Inventory {
    /// The claims that a workload's pods use: those that its volumes name, then its
    /// `volumeClaimTemplates`.
    pub fn claims<'a>(&'a self, workload: Workload<'a>) -> Vec<Claim<'a>> {
        let template = workload.template();
        let volumes = template.spec_node().and_then(|spec| spec.get("volumes"));
        let mut claims: Vec<Claim<'a>> = volumes
            .into_iter()
            .flat_map(Node::items)
            .filter_map(|volume| volume.at(&["persistentVolumeClaim", "claimName"]))
            .filter_map(|mount| {
                Some(Claim {
                    name: mount.text()?,
                    mount,
                    is_per_pod: false,
                    access: self.access_of(template.object(), mount.text()?),
                })
            })
            .collect();
        claims.extend(own_claims(workload));
        claims
    }

    fn access_of<'a>(&'a self, user: &Object, name: &str) -> ClaimAccess<'a> {
        let named = self.claims.by_name.get(name);
        named
            .into_iter()
            .flatten()
            .filter_map(|id| {
                let relation = self.relate(self.id(user)?, *id, true)?;
                Some((relation.nearness, &self.get(*id)?.object))
            })
            .filter(|(nearness, claim)| nearness.is_near() && self.same_namespace(claim, user))
            .min_by_key(|(nearness, _)| *nearness)
            .and_then(|(_, claim)| match claim.body() {
                Body::PersistentVolumeClaim(typed) => {
                    Some(access(claim, claim.node().get("spec"), typed.spec.as_ref()))
                }
                _ => None,
            })
            .unwrap_or(ClaimAccess::Unknown)
    }
}

/// The claims that a StatefulSet makes for each pod.
fn own_claims(workload: Workload<'_>) -> Vec<Claim<'_>> {
    let WorkloadBody::StatefulSet(typed) = workload.body() else {
        return Vec::new();
    };
    let object = workload.object();
    let nodes = object.node().at(&["spec", "volumeClaimTemplates"]);
    let templates = typed.spec.volume_claim_templates.iter().flatten();
    nodes
        .into_iter()
        .flat_map(Node::items)
        .zip(templates)
        .map(|(node, template)| {
            let mount = node.at(&["metadata", "name"]).unwrap_or(node);
            Claim {
                name: mount.text().unwrap_or_default(),
                mount,
                is_per_pod: true,
                access: access(object, node.get("spec"), template.spec.as_ref()),
            }
        })
        .collect()
}

fn access<'a>(
    object: &'a Object,
    node: Option<Node<'a>>,
    spec: Option<&PersistentVolumeClaimSpec>,
) -> ClaimAccess<'a> {
    let (Some(node), Some(spec)) = (node, spec) else {
        return ClaimAccess::Unknown;
    };
    let Some(modes) = node.get("accessModes").filter(|it| !object.is_unknown(*it)) else {
        return ClaimAccess::Unknown;
    };
    let mut modes = modes.items().map(Node::resolved);
    let Some(first) = modes.next() else {
        return ClaimAccess::Unknown;
    };
    let is_single =
        |mode: Node<'_>| matches!(mode.as_str(), Some("ReadWriteOnce" | "ReadWriteOncePod"));
    if object.is_unknown(first) {
        return ClaimAccess::Unknown;
    }
    let is_per_node = first.as_str() == Some("ReadWriteOnce");
    if !is_single(first) || !modes.all(is_single) {
        ClaimAccess::Shared
    } else if is_per_node
        && spec
            .storage_class_name
            .as_deref()
            .is_some_and(is_node_local)
    {
        ClaimAccess::NodeLocal
    } else {
        ClaimAccess::Exclusive {
            object,
            mode: first,
        }
    }
}

/// Volumes of these classes live on one node, and the scheduler puts every pod that uses one there.
fn is_node_local(class: &str) -> bool {
    ["local-path", "local-storage", "hostpath"]
        .iter()
        .any(|known| class.contains(known))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::settings::Settings;
    use crate::source::{NewSource, Role, Scope, Sources};

    const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: wiki}
spec:
  template:
    spec:
      containers: [{name: wiki, image: wiki}]
      volumes:
        - emptyDir: {}
        - persistentVolumeClaim: {claimName: data}
";

    fn claim(spec: &str) -> String {
        format!(
            "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data}}\n\
             spec: {{{spec}}}\n"
        )
    }

    /// What the first workload's claims allow.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let mut sources = Sources::default();
        for (scope, text) in files {
            sources.push(NewSource {
                path: format!("{scope}/a.yaml"),
                root_path: format!("{scope}/a.yaml"),
                text: Arc::from(*text),
                invalid_utf8: None,
                role: Role::Named,
                scope: Scope(Arc::from(*scope)),
            });
        }
        let inventory = Inventory::read(&sources, &Settings::default());
        let workload = inventory.workloads().next().expect("a workload");
        let claims = inventory.claims(workload);
        let show = |claim: &Claim<'_>| {
            let access = match claim.access {
                ClaimAccess::Exclusive { mode, .. } => mode.text().unwrap_or_default(),
                ClaimAccess::NodeLocal => "node-local",
                ClaimAccess::Shared => "shared",
                ClaimAccess::Unknown => "unknown",
            };
            format!("{} {access} {}", claim.name, claim.is_per_pod)
        };
        claims.iter().map(show).collect()
    }

    fn beside(spec: &str) -> Vec<String> {
        found(&[("", &format!("{DEPLOYMENT}{}", claim(spec)))])
    }

    #[test]
    fn access_modes() {
        for (spec, access) in [
            ("accessModes: [ReadWriteOnce]", "ReadWriteOnce"),
            ("accessModes: [ReadWriteOncePod]", "ReadWriteOncePod"),
            ("accessModes: [ReadWriteMany]", "shared"),
            ("accessModes: [ReadWriteOnce, ReadOnlyMany]", "shared"),
            (
                "accessModes: [ReadWriteOnce], storageClassName: local-path",
                "node-local",
            ),
            (
                "accessModes: [ReadWriteOncePod], storageClassName: local-path",
                "ReadWriteOncePod",
            ),
            ("accessModes: ['${MODE}']", "unknown"),
            ("accessModes: []", "unknown"),
            ("resources: {}", "unknown"),
        ] {
            assert_eq!(beside(spec), [format!("data {access} false")], "{spec}");
        }
    }

    #[test]
    fn claims_of_other_scopes_and_namespaces_are_unknown() {
        let claim = claim("accessModes: [ReadWriteOnce]");
        let unknown = ["data unknown false".to_owned()];
        assert_eq!(found(&[("a", DEPLOYMENT), ("b", &claim)]), unknown);
        let namespaced = |text: &str, namespace: &str| {
            text.replacen(
                "metadata: {",
                &format!("metadata: {{namespace: {namespace}, "),
                1,
            )
        };
        let both = namespaced(DEPLOYMENT, "one") + &namespaced(&claim, "two");
        assert_eq!(found(&[("", &both)]), unknown);
    }

    #[test]
    fn a_stateful_set_makes_its_own() {
        let text = "\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store}
spec:
  template: {spec: {containers: [{name: store, image: store}]}}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce]}
    - metadata: {name: shared}
      spec: {accessModes: [ReadWriteMany]}
";
        assert_eq!(
            found(&[("", text)]),
            ["data ReadWriteOnce true", "shared shared true"]
        );
    }
}
