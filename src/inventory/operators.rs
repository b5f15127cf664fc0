//! Custom resources, from which operators make workloads and Services that no file shows.

use std::collections::{BTreeMap, HashMap};

use super::labelled::label_hash;
use super::{Inventory, ObjectId};
use crate::kube::{Body, Object, OpaqueReason};
use crate::yaml::{Node, NodeId};

/// Kinds whose controllers make no pods and no Services.
const MAKES_NEITHER: [&str; 18] = [
    "AuthorizationPolicy",
    "Certificate",
    "CiliumNetworkPolicy",
    "ClusterIssuer",
    "ClusterSecretStore",
    "ExternalSecret",
    "IngressRoute",
    "Issuer",
    "Middleware",
    "PodMonitor",
    "PodMonitoring",
    "Probe",
    "PrometheusRule",
    "SealedSecret",
    "SecretStore",
    "ServiceMonitor",
    "VMServiceScrape",
    "VerticalPodAutoscaler",
];

/// Keys under which a custom resource gives labels to what is made of it.
const LABELS: [&str; 4] = ["labels", "podLabels", "extraLabels", "commonLabels"];

/// The custom resources in view.
#[derive(Debug, Default)]
pub(super) struct CustomResources {
    by_name: HashMap<String, Vec<ObjectId>>,
    /// By the kind in small letters.
    by_kind: BTreeMap<String, Vec<ObjectId>>,
    /// Labels that they give, by what one of them hashes to.
    labels: HashMap<u64, Vec<(ObjectId, NodeId)>>,
}

impl CustomResources {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let mut found = Self::default();
        for (id, entry) in inventory.whole() {
            let object = &entry.object;
            if !is_custom_resource(object) {
                continue;
            }
            let name = object.name().to_owned();
            found.by_name.entry(name).or_default().push(id);
            let kind = object.kind().to_lowercase();
            found.by_kind.entry(kind).or_default().push(id);
            if let Some(spec) = object.node().get("spec") {
                found.add_labels(id, spec);
            }
        }
        found
    }

    fn add_labels(&mut self, id: ObjectId, spec: Node<'_>) {
        let mut todo = vec![spec];
        while let Some(node) = todo.pop() {
            for entry in node.written_entries() {
                if LABELS.contains(&entry.key.key_text()) {
                    for label in entry.value.entries() {
                        if let Some(value) = label.value.text() {
                            let hash = label_hash(label.key.key_text(), value, None);
                            let of_label = self.labels.entry(hash).or_default();
                            of_label.push((id, entry.value.id()));
                        }
                    }
                } else if !entry.value.is_alias() {
                    todo.push(entry.value);
                }
            }
            todo.extend(node.items().filter(|item| !item.is_alias()));
        }
    }
}

fn is_custom_resource(object: &Object) -> bool {
    let group = object.group();
    let is_unknown = matches!(
        object.body(),
        Body::Opaque(OpaqueReason::Other | OpaqueReason::PodTemplate | OpaqueReason::Generator)
    );
    is_unknown
        && group.contains('.')
        && !group.ends_with(".k8s.io")
        && !group.ends_with(".istio.io")
        && !MAKES_NEITHER.contains(&object.kind())
}

impl Inventory {
    /// Whether a custom resource that may be in the namespace of `beside` looks like what pods with
    /// these labels come from: a label has its name, or names its kind (`prometheus: k8s`, `managed-by:
    /// keycloak-operator`), or it gives all of the labels itself.
    pub fn is_made_by_operator(&self, beside: &Object, labels: &BTreeMap<String, String>) -> bool {
        /// More labels than any pod has are not compared with all kinds.
        const MOST_LABELS: usize = 100;
        let all = &self.custom_resources;
        let is_named = |(key, value): (&String, &String)| {
            let by_name = all.by_name.get(value).into_iter().flatten();
            let by_kind = all.by_kind.iter();
            let by_kind = by_kind.filter(|(kind, _)| value.contains(*kind) || key.contains(*kind));
            by_name
                .chain(by_kind.flat_map(|(_, ids)| ids))
                .any(|id| self.may_stand_beside(*id, beside))
        };
        labels.iter().take(MOST_LABELS).any(is_named)
            || self.is_labelled_by_operator(beside, labels)
    }

    /// Whether a custom resource that may be in the namespace of `beside` has this name, or one that the
    /// name goes on from: operators name what they make after it.
    pub fn is_named_by_operator(&self, beside: &Object, name: &str) -> bool {
        /// No object has a longer name (`IsDNS1123Subdomain`).
        const LONGEST: usize = 253;
        if name.len() > LONGEST {
            return false;
        }
        let ends = name.match_indices('-').map(|(at, _)| at);
        let starts = ends.chain([name.len()]).filter_map(|end| name.get(..end));
        starts
            .filter_map(|start| self.custom_resources.by_name.get(start))
            .flatten()
            .any(|id| self.may_stand_beside(*id, beside))
    }

    fn is_labelled_by_operator(&self, beside: &Object, labels: &BTreeMap<String, String>) -> bool {
        let of_label = |(key, value): (&String, &String)| {
            let found = self
                .custom_resources
                .labels
                .get(&label_hash(key, value, None));
            found.map_or(&[][..], Vec::as_slice)
        };
        let rarest = labels.iter().map(of_label).min_by_key(|found| found.len());
        rarest.unwrap_or_default().iter().any(|(id, node)| {
            self.get(*id).is_some_and(|entry| {
                let given = entry.object.node_of(*node);
                labels
                    .iter()
                    .all(|(key, value)| given.get(key).and_then(Node::text) == Some(value.as_str()))
                    && self.may_stand_beside(*id, beside)
            })
        })
    }

    fn may_stand_beside(&self, id: ObjectId, beside: &Object) -> bool {
        self.get(id).is_some_and(|entry| {
            self.same_namespace(&entry.object, beside)
                && self.nearness(&entry.object, beside).is_some()
        })
    }
}
