//! Which selector selects which workload.

use std::any::Any;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::alike::{Groups, LabelIndex};
use super::labelled::{label_hash, label_hash_beside};
use super::scaling::{ScaleTarget, Scaled};
use super::serving::Profiles;
use super::shared::Answers;
use super::{Entry, Inventory, Nearness, ObjectId, Relation};
use crate::kube::{Body, Match, Object, PodTemplate, Selector, Workload};
use crate::source::SourceId;

/// An object, and how it belongs to another.
pub(super) type Related = (ObjectId, Relation);

/// Which object selects which workload, and which autoscaler scales which.
///
/// Objects that select alike share one list, and so do workloads that are selected alike: thousands of
/// objects with one label make long lists, but few of them. What is in the same file comes first where
/// a list is read.
#[derive(Debug, Default)]
pub(super) struct Matches {
    selections: HashMap<ObjectId, usize>,
    /// The workloads of each selection.
    selected: Vec<Selection>,
    pods: HashMap<ObjectId, usize>,
    /// What selects workloads that are selected alike.
    selecting: Vec<Selecting>,
    targets: HashMap<ObjectId, usize>,
    /// The autoscalers of workloads of one name.
    scaling: Vec<Vec<Related>>,
    /// Workloads by what one of the labels of their pods and their namespace hash to; of those that
    /// are alike in kind, name, labels, scope and namespace the first.
    pub(super) labelled: HashMap<u64, Vec<ObjectId>>,
    /// Those that are the first of what is alike in all that.
    first_alike: HashSet<ObjectId>,
    /// Workloads by the namespace that their files say.
    in_namespace: HashMap<String, Vec<ObjectId>>,
    /// Workloads beside which others may look for one that was meant.
    pub(super) beside: OnceLock<super::beside::Beside>,
    /// The autoscaler that decides over workloads of one name, as a file has it.
    deciding: Mutex<HashMap<(usize, SourceId), Option<ObjectId>>>,
}

/// The workloads that objects with equal selectors, in one scope and namespace, select.
#[derive(Debug, Default)]
struct Selection {
    workloads: Vec<Related>,
    /// The same, by what is alike among them.
    pods: Vec<(usize, Relation)>,
    /// Whether some of them certainly stand beside what selects them.
    is_beside: bool,
    /// For all objects that select alike.
    answers: Answers<Question>,
}

/// What is asked, from which directory, and, where that makes a difference, from which file.
type Question = (&'static str, Option<u32>, Option<SourceId>);

/// What selects the pods of workloads with equal labels, in one scope and namespace.
#[derive(Debug, Default)]
pub(super) struct Selecting {
    pub(super) services: Vec<Related>,
    pub(super) budgets: Vec<Related>,
    /// The workloads themselves.
    members: Vec<ObjectId>,
    /// How many of them are not switched off.
    running: OnceLock<usize>,
    /// How the Services bring requests.
    pub(super) profiles: OnceLock<Profiles>,
    /// Services behind load balancers.
    pub(super) balanced: OnceLock<Vec<Related>>,
}

impl Matches {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let mut matches = Self::default();
        matches.match_selectors(inventory);
        matches.match_autoscalers(inventory);
        let mut seen = HashSet::new();
        for (id, entry) in inventory.whole() {
            let Some(workload) = inventory.workload(&entry.object) else {
                continue;
            };
            if let Some(namespace) = &entry.namespace {
                let beside = matches.in_namespace.entry(namespace.clone()).or_default();
                beside.push(id);
            }
            let (object, labels) = (&entry.object, workload.template().labels());
            if seen.insert((object.kind(), object.name(), labels, inventory.place(id))) {
                matches.first_alike.insert(id);
                for (key, value) in labels {
                    let hash = label_hash(key, value, entry.namespace.as_deref());
                    matches.labelled.entry(hash).or_default().push(id);
                    let hash = label_hash_beside(hash, inventory.place(id));
                    matches.labelled.entry(hash).or_default().push(id);
                }
            }
        }
        matches
    }

    fn match_selectors(&mut self, inventory: &Inventory) {
        let index = LabelIndex::of(inventory);
        let mut selectors = Groups::new();
        for (id, entry) in inventory.whole() {
            if let Some(selector) = pod_selector(&entry.object) {
                let is_service = matches!(entry.object.body(), Body::Service(_));
                let key = (selector_key(selector), inventory.place(id), is_service);
                let group = selectors.add(key, id);
                self.selections.insert(id, group);
            }
        }
        self.selecting
            .resize_with(index.groups.members.len(), Selecting::default);
        for (group, first, entry) in selectors.first(inventory) {
            let selector = pod_selector(&entry.object).unwrap_or(Selector::Nothing);
            let mut selection = Selection::default();
            for pods in index.candidates(inventory, first, selector) {
                let Some(relation) = index.relation(inventory, first, selector, pods) else {
                    continue;
                };
                selection.pods.push((pods, relation));
                selection.is_beside |= relation.is_firm();
                let related = index.groups.related(pods, relation);
                selection.workloads.extend(related);
                if let Some(selecting) = self.selecting.get_mut(pods) {
                    let list = match entry.object.body() {
                        Body::Service(_) => &mut selecting.services,
                        _ => &mut selecting.budgets,
                    };
                    list.extend(selectors.related(group, relation));
                }
            }
            order(&mut selection.workloads);
            self.selected.push(selection);
        }
        for (selecting, members) in self.selecting.iter_mut().zip(index.groups.members) {
            selecting.members = members;
            order(&mut selecting.services);
            order(&mut selecting.budgets);
        }
        self.pods = index.of;
    }

    fn match_autoscalers(&mut self, inventory: &Inventory) {
        let (mut targets, mut autoscalers) = (Groups::new(), Groups::new());
        for (id, entry) in inventory.whole() {
            let object = &entry.object;
            if matches!(object.body(), Body::Workload(_)) {
                let key = (object.kind(), object.name(), inventory.place(id));
                self.targets.insert(id, targets.add(key, id));
            } else if let Some(target) = ScaleTarget::of(object) {
                let group = autoscalers.add((target, inventory.place(id)), id);
                self.selections.insert(id, self.selected.len() + group);
            }
        }
        let mut by_name: HashMap<ScaleTarget<'_>, Scaled> = HashMap::new();
        for (group, first, entry) in targets.first(inventory) {
            let (kind, name) = (entry.object.kind(), entry.object.name());
            let named = by_name.entry(ScaleTarget { kind, name }).or_default();
            named.all.push((group, first));
            let of_home = named.by_home.entry(inventory.home(first)).or_default();
            of_home.push((group, first));
        }
        self.scaling.resize_with(targets.members.len(), Vec::new);
        for (group, first, entry) in autoscalers.first(inventory) {
            let target = ScaleTarget::of(&entry.object);
            let named = target.and_then(|it| by_name.get(&it));
            let mut workloads = Vec::new();
            for (pods, of_pods) in named.map_or(&[][..], |it| it.meant_by(inventory, first)) {
                let workload = inventory.get(*of_pods);
                if !workload.is_some_and(|workload| may_share_namespace(entry, workload)) {
                    continue;
                }
                let Some(relation) = inventory.relate_alike(first, *of_pods, true) else {
                    continue;
                };
                workloads.extend(targets.related(*pods, relation));
                if let Some(scaling) = self.scaling.get_mut(*pods) {
                    scaling.extend(autoscalers.related(group, relation));
                }
            }
            order(&mut workloads);
            self.selected.push(Selection {
                workloads,
                ..Selection::default()
            });
        }
        for scaling in &mut self.scaling {
            order(scaling);
        }
    }
}

/// Those that are near come first; each part is ordered by identity, which is the order of the files.
fn order(list: &mut [Related]) {
    list.sort_unstable_by_key(|(id, relation)| (!relation.is_near(), *id));
}

/// Whose view a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asking {
    /// The list holds what the object asks for.
    Object,
    /// The list holds what asks for it.
    Target,
}

/// What makes two selectors alike.
type SelectorKey<'a> = (
    Option<&'a BTreeMap<String, String>>,
    Vec<(&'a str, &'a str, Option<&'a [String]>)>,
);

fn selector_key(selector: Selector<'_>) -> SelectorKey<'_> {
    match selector {
        Selector::Nothing => (None, Vec::new()),
        Selector::Map(map) => (Some(map), Vec::new()),
        Selector::Full(full) => {
            let expressions = full.match_expressions.iter().flatten();
            let expressions =
                expressions.map(|it| (it.key.as_str(), it.operator.as_str(), it.values.as_deref()));
            (full.match_labels.as_ref(), expressions.collect())
        }
    }
}

/// Whether one of the labels that a selector asks for is there.
pub(super) fn shares_label(selector: Selector<'_>, labels: &BTreeMap<String, String>) -> bool {
    let wanted = match selector {
        Selector::Nothing => None,
        Selector::Map(map) => Some(map),
        Selector::Full(full) => full.match_labels.as_ref(),
    };
    wanted
        .into_iter()
        .flatten()
        .any(|(key, value)| labels.get(key) == Some(value))
}

pub(super) fn may_share_namespace(one: &Entry, other: &Entry) -> bool {
    match (&one.namespace, &other.namespace) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

/// The pods that a Service or PodDisruptionBudget speaks of.
pub(super) fn pod_selector(object: &Object) -> Option<Selector<'_>> {
    match object.body() {
        Body::Service(service) => {
            let spec = service.spec.as_ref()?;
            if spec.type_.as_deref() == Some("ExternalName") {
                return None;
            }
            spec.selector.as_ref().map(Selector::Map)
        }
        Body::PodDisruptionBudget(budget) => {
            let selector = budget.spec.as_ref()?.selector.as_ref()?;
            let is_empty = selector
                .match_labels
                .as_ref()
                .is_none_or(BTreeMap::is_empty)
                && selector
                    .match_expressions
                    .as_ref()
                    .is_none_or(Vec::is_empty);
            // Until v1 an empty selector selected nothing.
            if is_empty && object.api_version() == "policy/v1beta1" {
                return None;
            }
            Some(Selector::Full(selector))
        }
        _ => None,
    }
}

/// Whether a selector selects the pods of a template. A label that a kustomization sets may take any
/// value.
pub(super) fn matches(
    inventory: &Inventory,
    selector: Selector<'_>,
    template: PodTemplate<'_>,
) -> Match {
    let labels = template.labels();
    let matched = selector.matches(labels);
    if matched.possible() {
        return matched;
    }
    let mut open = labels.clone();
    for key in selector.keys() {
        if inventory.is_label_set_elsewhere(template, key) {
            open.insert(key.to_owned(), "${kustomization}".to_owned());
        }
    }
    if open == *labels {
        matched
    } else {
        selector.matches(&open)
    }
}

impl Inventory {
    /// Whether [`workloads_labelled`](Self::workloads_labelled) may give a workload: it is the first of
    /// those that are alike.
    pub fn is_first_alike(&self, workload: Workload<'_>) -> bool {
        let id = self.id(workload.object());
        id.is_some_and(|id| self.matches.first_alike.contains(&id))
    }

    /// The workloads whose files say that they are deployed to this namespace, in the order of the
    /// sources.
    pub fn workloads_in(&self, namespace: &str) -> impl Iterator<Item = Workload<'_>> {
        let found = self.matches.in_namespace.get(namespace);
        let found = found.into_iter().flatten();
        found.filter_map(|id| self.workload(&self.get(*id)?.object))
    }

    /// The Services whose selector may select the workload's pods.
    pub fn services_of<'a>(
        &'a self,
        workload: Workload<'a>,
    ) -> impl Iterator<Item = (&'a Object, Relation)> + use<'a> {
        let list = self.selecting(workload).map_or(&[][..], |it| &it.services);
        self.nearest_first(list, workload.object(), Asking::Target)
    }

    /// The PodDisruptionBudgets whose selector may select the workload's pods.
    pub fn budgets_of<'a>(
        &'a self,
        workload: Workload<'a>,
    ) -> impl Iterator<Item = (&'a Object, Relation)> + use<'a> {
        let list = self.selecting(workload).map_or(&[][..], |it| &it.budgets);
        self.nearest_first(list, workload.object(), Asking::Target)
    }

    /// The workloads that a Service or PodDisruptionBudget may select, or that an autoscaler scales.
    pub fn selects<'a>(
        &'a self,
        object: &'a Object,
    ) -> impl Iterator<Item = (Workload<'a>, Relation)> + use<'a> {
        let list = self
            .selection(object)
            .map_or(&[][..], |it| it.workloads.as_slice());
        self.nearest_first(list, object, Asking::Object)
            .filter_map(|(object, relation)| Some((self.workload(object)?, relation)))
    }

    /// What is to be said of the workloads that an object selects. Objects that select alike share
    /// the answer, so it may rest on nothing else; `what` names the question.
    pub fn of_selected<'a, T: Any + Send + Sync>(
        &'a self,
        object: &'a Object,
        what: &'static str,
        answer: impl FnOnce() -> T,
    ) -> Arc<T> {
        let Some(selection) = self.selection(object) else {
            return Arc::new(answer());
        };
        let is_alone = || {
            let own = own_range(self, &selection.workloads, object);
            let varied = self.id(object).is_some_and(|id| self.has_variants(id));
            own.is_empty() && !varied
        };
        let directory = self.id(object).and_then(|id| self.directory(id));
        let key = (what, directory, (!is_alone()).then(|| object.source()));
        selection.answers.remembered(key, answer)
    }

    /// The first of what [`selects`](Self::selects) gives that fits, shared as
    /// [`of_selected`](Self::of_selected) says.
    pub fn first_selected<'a>(
        &'a self,
        object: &'a Object,
        what: &'static str,
        fits: impl Fn(Workload<'a>, Relation) -> bool,
    ) -> Option<(Workload<'a>, Relation)> {
        let at = self.of_selected(object, what, || {
            let mut selected = self.selects(object);
            selected.position(|(workload, relation)| fits(workload, relation))
        });
        self.selects(object).nth((*at)?)
    }

    /// What tells apart the lists that [`selects`](Self::selects) gives: objects of one number select
    /// the same.
    pub fn selection_number(&self, object: &Object) -> Option<usize> {
        self.matches.selections.get(&self.id(object)?).copied()
    }

    /// What tells workloads apart for selectors: those of one number are selected by the same.
    pub fn pods_number(&self, workload: Workload<'_>) -> Option<usize> {
        self.matches.pods.get(&self.id(workload.object())?).copied()
    }

    /// The HorizontalPodAutoscalers and ScaledObjects that target the workload.
    pub fn autoscalers<'a>(
        &'a self,
        workload: Workload<'a>,
    ) -> impl Iterator<Item = (&'a Object, Relation)> + use<'a> {
        let group = self
            .id(workload.object())
            .and_then(|id| self.matches.targets.get(&id));
        let list = group.and_then(|group| self.matches.scaling.get(*group));
        let list = list.map_or(&[][..], Vec::as_slice);
        self.nearest_first(list, workload.object(), Asking::Target)
    }

    /// What is worked out once for all workloads that the same autoscalers target, as a file has it.
    pub(super) fn decided(
        &self,
        workload: Workload<'_>,
        decide: impl FnOnce() -> Option<ObjectId>,
    ) -> Option<ObjectId> {
        let group = *self.matches.targets.get(&self.id(workload.object())?)?;
        let key = (group, workload.object().source());
        let lock = || {
            let lock = self.matches.deciding.lock();
            lock.unwrap_or_else(PoisonError::into_inner)
        };
        let known = lock().get(&key).copied();
        known.unwrap_or_else(|| {
            let decided = decide();
            lock().insert(key, decided);
            decided
        })
    }

    /// Whether an object certainly selects workloads that are deployed together with it.
    pub(super) fn selects_beside(&self, object: &Object) -> bool {
        self.selection(object).is_some_and(|it| it.is_beside)
    }

    /// The workloads that some object selects together with this one, by their labels alone: also where
    /// that object belongs to copies of them.
    pub(super) fn selected_with<'a>(
        &'a self,
        workload: Workload<'a>,
        most: usize,
    ) -> impl Iterator<Item = Workload<'a>> + use<'a> {
        let services = self.selecting(workload).map(|it| it.services.iter());
        let services = services.into_iter().flatten().take(most);
        services
            .filter(|(_, relation)| relation.certain)
            .filter_map(|(id, _)| self.selection(&self.get(*id)?.object))
            .flat_map(move |selection| selection.workloads.iter().take(most))
            .filter(|(_, relation)| relation.certain)
            .filter_map(|(id, _)| self.workload(&self.get(*id)?.object))
    }

    /// The workloads that an object selects, by what is alike among them.
    pub(super) fn alike_selected<'a>(
        &'a self,
        object: &Object,
    ) -> impl Iterator<Item = (usize, Relation)> + use<'a> {
        let pods = self.selection(object).map(|it| it.pods.iter().copied());
        pods.into_iter().flatten()
    }

    /// How many of the workloads of this number are not switched off.
    pub(super) fn running_alike(&self, pods: usize) -> usize {
        self.matches.selecting.get(pods).map_or(0, |alike| {
            *alike.running.get_or_init(|| {
                let workloads = alike
                    .members
                    .iter()
                    .filter_map(|id| self.workload(&self.get(*id)?.object));
                let running = workloads.filter(|it| !self.replicas(*it).is_parked());
                running.count()
            })
        })
    }

    /// How many pairs of objects are kept.
    #[cfg(test)]
    pub(super) fn relations(&self) -> usize {
        let selected = self.matches.selected.iter().map(|it| it.workloads.len());
        let scaling = self.matches.scaling.iter().map(Vec::len);
        let selecting = self.matches.selecting.iter();
        let selecting = selecting.map(|it| it.services.len() + it.budgets.len());
        selected.chain(scaling).chain(selecting).sum()
    }

    pub(super) fn selecting(&self, workload: Workload<'_>) -> Option<&Selecting> {
        self.matches.selecting.get(self.pods_number(workload)?)
    }

    fn selection(&self, object: &Object) -> Option<&Selection> {
        self.matches.selected.get(self.selection_number(object)?)
    }

    /// The objects of an ordered list that belong to the given one, the nearest first: those of its file,
    /// of its directory, of its scope, then those elsewhere.
    pub(super) fn nearest_first<'a>(
        &'a self,
        list: &'a [Related],
        of: &Object,
        asking: Asking,
    ) -> impl Iterator<Item = (&'a Object, Relation)> + use<'a> {
        let of_id = self.id(of);
        let near = list.partition_point(|(_, relation)| relation.is_near());
        let own = own_range(self, list, of);
        let own_part = list.get(own.clone()).unwrap_or_default();
        let before = list.get(..own.start).unwrap_or_default();
        let after = list.get(own.end..near).unwrap_or_default();
        let elsewhere = list.get(near..).unwrap_or_default();
        let beside = move |nearness| {
            let others = before.iter().chain(after);
            let related = others.filter_map(move |it| self.related(*it, of_id?, asking));
            related.filter(move |(_, relation)| relation.nearness == nearness)
        };
        let related = move |it: &Related| self.related(*it, of_id?, asking);
        own_part
            .iter()
            .filter_map(related)
            .chain(beside(Nearness::Directory))
            .chain(beside(Nearness::Scope))
            // Those of copies.
            .chain(beside(Nearness::Elsewhere))
            .chain(elsewhere.iter().filter_map(related))
    }

    fn related(
        &self,
        (id, relation): Related,
        of: ObjectId,
        asking: Asking,
    ) -> Option<(&Object, Relation)> {
        let (object, target) = match asking {
            Asking::Object => (of, id),
            Asking::Target => (id, of),
        };
        let relation = self.relate(object, target, relation.certain)?;
        Some((&self.get(id)?.object, relation))
    }
}

/// Where those of an object's own file stand in an ordered list. Objects are numbered file by file.
fn own_range(inventory: &Inventory, list: &[Related], of: &Object) -> std::ops::Range<usize> {
    let near = list.partition_point(|(_, relation)| relation.is_near());
    let near = list.get(..near).unwrap_or_default();
    let source = |(id, _): &Related| inventory.get(*id).map(|entry| entry.object.source());
    let own = Some(of.source());
    let start = near.partition_point(|it| source(it) < own);
    let end = near.partition_point(|it| source(it) <= own);
    start..end
}
