//! Which workloads a selector that selects none may mean.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Inventory, ObjectId};
use crate::kube::{Object, Workload, is_placeholder};

/// The long-running workloads, so that what selects none of them meets those that come near, and not
/// all of them.
#[derive(Debug, Default)]
pub(super) struct Beside {
    all: Vec<ObjectId>,
    by_label: HashMap<(String, String), Vec<ObjectId>>,
    by_name: HashMap<String, Vec<ObjectId>>,
    /// With labels that hold placeholders.
    open: Vec<ObjectId>,
}

impl Beside {
    fn of(inventory: &Inventory) -> Self {
        let mut beside = Self::default();
        for (id, entry) in inventory.whole() {
            let workload = inventory.workload(&entry.object);
            let Some(workload) = workload.filter(|it| it.is_long_running()) else {
                continue;
            };
            let name = entry.object.name().to_owned();
            beside.all.push(id);
            beside.by_name.entry(name).or_default().push(id);
            let labels = workload.template().labels();
            if labels.values().any(|value| is_placeholder(value)) {
                beside.open.push(id);
            }
            for (key, value) in labels {
                let label = (key.clone(), value.clone());
                beside.by_label.entry(label).or_default().push(id);
            }
        }
        beside
    }
}

impl Inventory {
    /// Of the long-running workloads that are deployed to the object's namespace together with it, those
    /// with one of these labels or with the object's name, and the first of all. In the order of the
    /// sources; `fits` says which count at all.
    pub fn workloads_like<'a>(
        &'a self,
        object: &Object,
        labels: &BTreeMap<String, String>,
        fits: impl Fn(Workload<'a>) -> bool,
    ) -> Vec<Workload<'a>> {
        let index = self.matches.beside.get_or_init(|| Beside::of(self));
        let found = |id: &ObjectId| {
            let other = &self.get(*id)?.object;
            let is_beside = self.same_scope(other, object) && self.same_namespace(other, object);
            let workload = self.workload(other).filter(|_| is_beside)?;
            fits(workload).then_some((*id, workload))
        };
        let first = index.all.iter().find_map(found);
        let labels = labels
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()));
        let labelled = labels.filter_map(|label| index.by_label.get(&label));
        let named = index.by_name.get(object.name());
        let candidates = labelled.chain(named).flatten().chain(&index.open);
        let candidates: BTreeSet<ObjectId> = candidates.copied().collect();
        let first_id = first.map(|(id, _)| id);
        let others = candidates.iter().filter(|id| Some(**id) != first_id);
        let like = first.into_iter().chain(others.filter_map(found));
        like.map(|(_, workload)| workload).collect()
    }
}
