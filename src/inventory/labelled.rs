//! Workloads by the labels of their pods.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Inventory, ObjectId};
use crate::kube::{Object, PodTemplate, Workload};
use crate::yaml;

pub(super) fn label_hash(key: &str, value: &str, namespace: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (key, value, namespace).hash(&mut hasher);
    hasher.finish()
}

/// As [`label_hash`], of those that are deployed together.
pub(super) fn label_hash_beside(hash: u64, place: Option<(u32, Option<u32>)>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (hash, place).hash(&mut hasher);
    hasher.finish()
}

impl Inventory {
    /// Whether a kustomization in view sets any label of the pods.
    pub fn may_gain_labels(&self, template: PodTemplate<'_>) -> bool {
        let id = self.id(template.object());
        id.is_some_and(|id| self.has_labels_set_elsewhere(id, template))
    }

    /// Whether a kustomization in view sets this label of the pods.
    pub fn is_label_set_elsewhere(&self, template: PodTemplate<'_>, key: &str) -> bool {
        let Some(id) = self.id(template.object()) else {
            return false;
        };
        let mut path = template.path().join(".");
        for key in ["metadata", "labels", key] {
            path = yaml::path_below(&path, key);
        }
        self.set_elsewhere.holds(id, || path)
    }

    pub(super) fn has_labels_set_elsewhere(&self, id: ObjectId, template: PodTemplate<'_>) -> bool {
        let path = [template.path(), &["metadata", "labels"]].concat();
        self.set_elsewhere.holds_below(id, &path.join("."))
    }

    /// Whether the pods have no label, and nothing in view gives them one: nothing can select them.
    pub fn are_unlabelled(&self, workload: Workload<'_>) -> bool {
        let template = workload.template();
        let object = template.object();
        let is_known = template.node().is_none_or(|node| {
            let labels = object.field_below(node, &["metadata", "labels"]);
            !labels.is_unknown()
        });
        let mut ids = [object, workload.object()]
            .into_iter()
            .filter_map(|it| self.id(it));
        template.labels().is_empty()
            && is_known
            && !ids.any(|id| self.has_labels_set_elsewhere(id, template))
    }

    /// The workloads whose pods have all of these labels, and whose files say this of their namespace;
    /// of those that are alike in kind and name, too, the first of a scope.
    pub fn workloads_labelled<'a>(
        &'a self,
        labels: &BTreeMap<String, String>,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = Workload<'a>> {
        self.labelled_so(labels, namespace, |hash| hash)
    }

    /// As [`workloads_labelled`](Self::workloads_labelled), those in the scope and the namespace of an
    /// object.
    pub fn workloads_labelled_beside<'a>(
        &'a self,
        labels: &BTreeMap<String, String>,
        object: &'a Object,
    ) -> impl Iterator<Item = Workload<'a>> {
        let place = self.id(object).and_then(|id| self.place(id));
        let hashed = move |hash| label_hash_beside(hash, place);
        self.labelled_so(labels, self.namespace(object), hashed)
            .filter(|workload| self.same_scope(workload.object(), object))
    }

    fn labelled_so<'a>(
        &'a self,
        labels: &BTreeMap<String, String>,
        namespace: Option<&'a str>,
        hashed: impl Fn(u64) -> u64,
    ) -> impl Iterator<Item = Workload<'a>> {
        let of_label = |(key, value): (&String, &String)| {
            let hash = hashed(label_hash(key, value, namespace));
            let found = self.matches.labelled.get(&hash);
            found.map_or(&[][..], Vec::as_slice)
        };
        let rarest = labels.iter().map(of_label).min_by_key(|ids| ids.len());
        rarest
            .unwrap_or_default()
            .iter()
            .filter_map(|id| self.get(*id))
            .filter(move |entry| entry.namespace.as_deref() == namespace)
            .filter_map(|entry| self.workload(&entry.object))
            .filter(|workload| {
                let found = workload.template().labels();
                labels
                    .iter()
                    .all(|(key, value)| found.get(key) == Some(value))
            })
    }
}
