//! Objects that are alike in all that decides what selects them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use super::matching::{Related, matches, may_share_namespace, shares_label};
use super::nearest::Title;
use super::{Entry, Inventory, ObjectId, Relation};
use crate::kube::{Match, Selector, is_placeholder};

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

/// What makes workloads alike for every selector. Those whose labels a kustomization sets are like no
/// other.
type PodsKey<'a> = (&'a BTreeMap<String, String>, Place, Option<ObjectId>);

/// Where an object is deployed to: with what, and the namespace, as numbers.
type Place = Option<(u32, Option<u32>)>;

/// For an object with something of its own to select, so many groups elsewhere are looked at: they could
/// only silence a rule, and a label that more of them share says nothing about any.
const MOST_ELSEWHERE: usize = 100;

/// The groups whose pods have one label.
#[derive(Default)]
struct Labelled {
    all: Vec<usize>,
    by_home: HashMap<Option<u32>, Vec<usize>>,
}

/// Workloads that are alike, by one of their labels, so that a selector meets only those it may select.
pub(super) struct LabelIndex<'a> {
    pub(super) groups: Groups<PodsKey<'a>>,
    /// The group of each workload.
    pub(super) of: HashMap<ObjectId, usize>,
    by_label: HashMap<(&'a str, &'a str), Labelled>,
    /// The kinds and names in each group.
    titles: Vec<Vec<Title>>,
    /// With labels that a placeholder or a kustomization fills in.
    open: Vec<usize>,
}

impl<'a> LabelIndex<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let mut index = Self {
            groups: Groups::new(),
            of: HashMap::new(),
            by_label: HashMap::new(),
            titles: Vec::new(),
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
            let key = (
                labels,
                inventory.place(id),
                (is_set || is_set_there).then_some(id),
            );
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
                let labelled = index.by_label.entry((key, value)).or_default();
                labelled.all.push(group);
                let of_home = labelled.by_home.entry(inventory.home(id)).or_default();
                of_home.push(group);
            }
        }
        index.note_titles(inventory);
        index
    }

    fn note_titles(&mut self, inventory: &Inventory) {
        let titles = self.groups.members.iter().map(|members| {
            let titles = members.iter().filter_map(|id| inventory.title(*id));
            titles.collect::<BTreeSet<Title>>().into_iter().collect()
        });
        self.titles = titles.collect();
    }

    /// Whether a group holds something that has no copy beside an object.
    fn is_strange(&self, inventory: &Inventory, object: ObjectId, group: usize) -> bool {
        let mut titles = self.titles.get(group).into_iter().flatten();
        titles.any(|title| !inventory.has_own(object, *title))
    }

    /// The groups that the selector of an object may select. What stands elsewhere is left out where a
    /// copy of it stands beside the object.
    pub(super) fn candidates(
        &self,
        inventory: &Inventory,
        object: ObjectId,
        selector: Selector<'_>,
    ) -> Vec<usize> {
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
            .map(|(key, value)| self.by_label.get(&(key.as_str(), value.as_str())))
            .min_by_key(|labelled| labelled.map_or(0, |it| it.all.len()));
        let Some(labelled) = rarest else {
            return (0..self.groups.members.len()).collect();
        };
        let mut found = self.open.clone();
        if let Some(labelled) = labelled {
            let near = labelled.by_home.get(&inventory.home(object));
            let is_all_near = near.is_some() && labelled.by_home.len() == 1;
            let most = if near.is_some() {
                MOST_ELSEWHERE
            } else {
                usize::MAX
            };
            let elsewhere = labelled.all.iter().filter(|_| !is_all_near);
            let strange = elsewhere.filter(|it| self.is_strange(inventory, object, **it));
            found.extend(strange.take(most));
            found.extend(near.into_iter().flatten());
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// How a selecting object and the workloads of a group belong together, if they do.
    pub(super) fn relation(
        &self,
        inventory: &Inventory,
        object: ObjectId,
        selector: Selector<'_>,
        group: usize,
    ) -> Option<Relation> {
        let first = *self.groups.members.get(group)?.first()?;
        let (entry, target) = (inventory.get(object)?, inventory.get(first)?);
        if !may_share_namespace(entry, target) {
            return None;
        }
        let workload = inventory.workload(&target.object)?;
        let written = workload.template().labels();
        // Across scopes a label of unknown value is not enough: it could be anybody's.
        if !selector.matches(written).possible()
            && inventory.home(object) != inventory.home(first)
            && !shares_label(selector, written)
        {
            return None;
        }
        let matched = matches(inventory, selector, workload.template());
        let relation = inventory.relate_alike(object, first, matched == Match::Yes);
        relation.filter(|_| matched.possible())
    }
}
