//! Objects that are alike in all that decides what selects them.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use super::matching::{Related, Relation, matches, may_share_namespace, shares_label};
use super::{Entry, Inventory, ObjectId};
use crate::kube::{Match, Selector, is_placeholder};
use crate::source::Scope;

/// Objects that are alike, each group under what they have in common.
pub(super) struct Groups<K> {
    by_key: HashMap<K, usize>,
    pub(super) members: Vec<Vec<ObjectId>>,
}

impl<K: Eq + Hash> Groups<K> {
    pub(super) fn new() -> Self {
        Self {
            by_key: HashMap::new(),
            members: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, key: K, id: ObjectId) -> usize {
        let group = *self.by_key.entry(key).or_insert(self.members.len());
        if group == self.members.len() {
            self.members.push(Vec::new());
        }
        if let Some(members) = self.members.get_mut(group) {
            members.push(id);
        }
        group
    }

    /// The members of a group, each in this relation.
    pub(super) fn related(
        &self,
        group: usize,
        relation: Relation,
    ) -> impl Iterator<Item = Related> {
        let members = self.members.get(group).into_iter().flatten();
        members.map(move |id| (*id, relation))
    }

    /// Each group with its first member, which stands for all.
    pub(super) fn first<'a>(
        &'a self,
        inventory: &'a Inventory,
    ) -> impl Iterator<Item = (usize, ObjectId, &'a Entry)> {
        let groups = self.members.iter().enumerate();
        groups.filter_map(|(group, members)| {
            let first = *members.first()?;
            Some((group, first, inventory.get(first)?))
        })
    }
}

/// Where an object is deployed to.
pub(super) type Place<'a> = (&'a Scope, Option<&'a str>);

pub(super) fn place(entry: &Entry) -> Place<'_> {
    (&entry.scope, entry.namespace.as_deref())
}

/// What makes workloads alike for every selector. Those whose labels a kustomization sets are like no
/// other.
type PodsKey<'a> = (&'a BTreeMap<String, String>, Place<'a>, Option<ObjectId>);

/// Workloads that are alike, by one of their labels, so that a selector meets only those it may select.
pub(super) struct LabelIndex<'a> {
    pub(super) groups: Groups<PodsKey<'a>>,
    /// The group of each workload.
    pub(super) of: HashMap<ObjectId, usize>,
    by_label: HashMap<(&'a str, &'a str), Vec<usize>>,
    /// With labels that a placeholder or a kustomization fills in.
    open: Vec<usize>,
}

impl<'a> LabelIndex<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let mut index = Self {
            groups: Groups::new(),
            of: HashMap::new(),
            by_label: HashMap::new(),
            open: Vec::new(),
        };
        for (id, entry) in inventory.whole() {
            let Some(workload) = inventory.workload(&entry.object) else {
                continue;
            };
            let labels = workload.template().labels();
            let template = workload.template();
            let is_set = inventory.has_labels_set_elsewhere(id, template);
            let of_template = inventory.id(template.object());
            let is_set_there =
                of_template.is_some_and(|it| inventory.has_labels_set_elsewhere(it, template));
            let known = index.groups.members.len();
            let key = (labels, place(entry), (is_set || is_set_there).then_some(id));
            let group = index.groups.add(key, id);
            index.of.insert(id, group);
            if group < known {
                continue;
            }
            let is_open =
                |(key, value): (&String, &String)| is_placeholder(key) || is_placeholder(value);
            if is_set || labels.iter().any(is_open) {
                index.open.push(group);
                continue;
            }
            for (key, value) in labels {
                index.by_label.entry((key, value)).or_default().push(group);
            }
        }
        index
    }

    /// The groups that a selector may select.
    pub(super) fn candidates(&self, selector: Selector<'_>) -> Vec<usize> {
        let pairs = match selector {
            Selector::Nothing => return Vec::new(),
            Selector::Map(map) if map.is_empty() => return Vec::new(),
            Selector::Map(map) => Some(map),
            Selector::Full(full) => full.match_labels.as_ref(),
        };
        let rarest = pairs
            .into_iter()
            .flatten()
            .filter(|(key, value)| !is_placeholder(key) && !is_placeholder(value))
            .map(|(key, value)| {
                self.by_label
                    .get(&(key.as_str(), value.as_str()))
                    .map_or(&[][..], Vec::as_slice)
            })
            .min_by_key(|groups| groups.len());
        match rarest {
            Some(groups) => [groups, &self.open].concat(),
            None => (0..self.groups.members.len()).collect(),
        }
    }

    /// How a selecting object and the workloads of a group belong together, if they do.
    pub(super) fn relation(
        &self,
        inventory: &Inventory,
        entry: &Entry,
        selector: Selector<'_>,
        group: usize,
    ) -> Option<Relation> {
        let target = inventory.get(*self.groups.members.get(group)?.first()?)?;
        if !may_share_namespace(entry, target) {
            return None;
        }
        let workload = inventory.workload(&target.object)?;
        let written = workload.template().labels();
        // Across scopes a label of unknown value is not enough: it could be anybody's.
        if !selector.matches(written).possible()
            && entry.scope != target.scope
            && !shares_label(selector, written)
        {
            return None;
        }
        let matched = matches(inventory, selector, workload.template());
        let relation = Relation::of(entry, target, matched == Match::Yes);
        matched.possible().then_some(relation)
    }
}
