//! Workloads by the labels of their pods.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::Inventory;
use crate::kube::{Object, PodTemplate, Workload};

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
