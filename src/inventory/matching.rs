//! Which selector selects which workload.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Entry, Inventory, ObjectId};
use crate::kube::{Body, Match, Object, PodTemplate, Selector, Workload, is_placeholder};

/// How a selecting object and a workload belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relation {
    /// They stand in one scope: deployed together, as far as files can tell.
    pub same_scope: bool,
    /// Both name their namespace, and it is one.
    pub same_named_namespace: bool,
    /// The match does not hang on a placeholder.
    pub certain: bool,
}

impl Relation {
    /// Whether a rule about presence may rest on it.
    pub fn is_firm(self) -> bool {
        self.same_scope && self.certain
    }

    /// Whether the two belong together for more than a label that others may carry too: they stand
    /// in one scope or in one named namespace.
    pub fn is_near(self) -> bool {
        self.same_scope || self.same_named_namespace && self.certain
    }

    pub(super) fn of(one: &Entry, other: &Entry, certain: bool) -> Self {
        Self {
            same_scope: one.scope == other.scope,
            same_named_namespace: one.namespace.is_some() && one.namespace == other.namespace,
            certain,
        }
    }
}

/// All pairs of selecting object and selected workload, and of autoscaler and target. What is in the
/// same file comes first.
#[derive(Debug, Default)]
pub(super) struct Matches {
    selected_by: HashMap<ObjectId, Vec<(ObjectId, Relation)>>,
    selects: HashMap<ObjectId, Vec<(ObjectId, Relation)>>,
    scaled_by: HashMap<ObjectId, Vec<(ObjectId, Relation)>>,
    /// Workloads by what one of the labels of their pods hashes to.
    labelled: HashMap<u64, Vec<ObjectId>>,
}

fn label_hash(key: &str, value: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (key, value).hash(&mut hasher);
    hasher.finish()
}

impl Matches {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let index = LabelIndex::of(inventory);
        let mut matches = Self::default();
        for (id, entry) in inventory.whole() {
            if let Some(selector) = pod_selector(&entry.object) {
                for candidate in index.candidates(selector) {
                    matches.pair(inventory, (id, entry), candidate, selector);
                }
            }
        }
        matches.pair_autoscalers(inventory);
        for id in &index.all {
            let entry = inventory.get(*id);
            let workload = entry.and_then(|entry| inventory.workload(&entry.object));
            for (key, value) in workload.iter().flat_map(|it| it.template().labels()) {
                let hash = label_hash(key, value);
                matches.labelled.entry(hash).or_default().push(*id);
            }
        }
        let maps = [
            &mut matches.selected_by,
            &mut matches.selects,
            &mut matches.scaled_by,
        ];
        for (id, related) in maps.into_iter().flatten() {
            let source = |id| inventory.get(id).map(|entry| entry.object.source());
            let own = source(*id);
            // Where variants of one name stand side by side, those of its own file are meant.
            related.sort_by_key(|(other, _)| source(*other) != own);
        }
        matches
    }

    fn pair(
        &mut self,
        inventory: &Inventory,
        (id, entry): (ObjectId, &Entry),
        candidate: ObjectId,
        selector: Selector<'_>,
    ) {
        let Some(target) = inventory.get(candidate) else {
            return;
        };
        if !may_share_namespace(entry, target) {
            return;
        }
        let Some(workload) = inventory.workload(&target.object) else {
            return;
        };
        let written = workload.template().labels();
        // Across scopes a label of unknown value is not enough: it could be anybody's.
        if !selector.matches(written).possible()
            && entry.scope != target.scope
            && !shares_label(selector, written)
        {
            return;
        }
        let matched = matches(inventory, selector, workload.template());
        if matched.possible() {
            let relation = Relation::of(entry, target, matched == Match::Yes);
            self.selects
                .entry(id)
                .or_default()
                .push((candidate, relation));
            self.selected_by
                .entry(candidate)
                .or_default()
                .push((id, relation));
        }
    }

    fn pair_autoscalers(&mut self, inventory: &Inventory) {
        let mut by_name: HashMap<(&str, &str), Vec<(ObjectId, &Entry)>> = HashMap::new();
        for (id, entry) in inventory.whole() {
            if matches!(entry.object.body(), Body::Workload(_)) {
                let key = (entry.object.kind(), entry.object.name());
                by_name.entry(key).or_default().push((id, entry));
            }
        }
        for (id, entry) in inventory.whole() {
            let Some(target) = ScaleTarget::of(&entry.object) else {
                continue;
            };
            let key = (target.kind, target.name);
            for (target, workload) in by_name.get(&key).into_iter().flatten() {
                if may_share_namespace(entry, workload) {
                    let relation = Relation::of(entry, workload, true);
                    self.scaled_by
                        .entry(*target)
                        .or_default()
                        .push((id, relation));
                    self.selects
                        .entry(id)
                        .or_default()
                        .push((*target, relation));
                }
            }
        }
    }
}

/// Whether one of the labels that a selector asks for is there.
fn shares_label(selector: Selector<'_>, labels: &BTreeMap<String, String>) -> bool {
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
fn matches(inventory: &Inventory, selector: Selector<'_>, template: PodTemplate<'_>) -> Match {
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

/// What an autoscaler scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScaleTarget<'a> {
    /// A workload's kind; KEDA takes Deployment where none is given.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
}

impl<'a> ScaleTarget<'a> {
    /// The target of a HorizontalPodAutoscaler or ScaledObject.
    pub fn of(object: &'a Object) -> Option<Self> {
        match object.body() {
            Body::HorizontalPodAutoscaler(autoscaler) => {
                let target = &autoscaler.spec.scale_target_ref;
                Some(Self {
                    kind: &target.kind,
                    name: &target.name,
                })
            }
            Body::ScaledObject(scaled) => {
                let target = scaled.spec.as_ref()?.scale_target_ref.as_ref()?;
                Some(Self {
                    kind: target.kind.as_deref().unwrap_or("Deployment"),
                    name: target.name.as_deref()?,
                })
            }
            _ => None,
        }
    }
}

/// Workloads by one of their labels, so that a selector meets only those it may select.
struct LabelIndex<'a> {
    by_label: HashMap<(&'a str, &'a str), Vec<ObjectId>>,
    /// With labels that a placeholder or a kustomization fills in.
    open: Vec<ObjectId>,
    all: Vec<ObjectId>,
}

impl<'a> LabelIndex<'a> {
    fn of(inventory: &'a Inventory) -> Self {
        let mut index = Self {
            by_label: HashMap::new(),
            open: Vec::new(),
            all: Vec::new(),
        };
        for (id, entry) in inventory.whole() {
            let Some(workload) = inventory.workload(&entry.object) else {
                continue;
            };
            index.all.push(id);
            let labels = workload.template().labels();
            let is_open =
                |(key, value): (&String, &String)| is_placeholder(key) || is_placeholder(value);
            if labels.iter().any(is_open)
                || inventory.has_labels_set_elsewhere(id, workload.template())
            {
                index.open.push(id);
                continue;
            }
            for (key, value) in labels {
                index.by_label.entry((key, value)).or_default().push(id);
            }
        }
        index
    }

    fn candidates(&self, selector: Selector<'_>) -> Vec<ObjectId> {
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
            .min_by_key(|ids| ids.len());
        match rarest {
            Some(ids) => {
                let mut ids = [ids, &self.open].concat();
                ids.sort_unstable();
                ids
            }
            None => self.all.clone(),
        }
    }
}

impl Inventory {
    /// The workloads whose pods have all of these labels, wherever they are deployed to.
    pub fn workloads_labelled<'a>(
        &'a self,
        labels: &BTreeMap<String, String>,
    ) -> impl Iterator<Item = Workload<'a>> {
        let of_label = |(key, value): (&String, &String)| {
            let found = self.matches.labelled.get(&label_hash(key, value));
            found.map_or(&[][..], Vec::as_slice)
        };
        let rarest = labels.iter().map(of_label).min_by_key(|ids| ids.len());
        rarest
            .unwrap_or_default()
            .iter()
            .filter_map(|id| self.workload(&self.get(*id)?.object))
            .filter(|workload| {
                let found = workload.template().labels();
                labels
                    .iter()
                    .all(|(key, value)| found.get(key) == Some(value))
            })
    }

    /// The Services and PodDisruptionBudgets whose selector may select the workload's pods.
    pub fn selected_by<'a>(
        &'a self,
        workload: Workload<'a>,
    ) -> impl Iterator<Item = (&'a Object, Relation)> + use<'a> {
        self.related(&self.matches.selected_by, workload.object())
    }

    /// The workloads that a Service or PodDisruptionBudget may select, or that an autoscaler scales.
    pub fn selects<'a>(
        &'a self,
        object: &'a Object,
    ) -> impl Iterator<Item = (Workload<'a>, Relation)> + use<'a> {
        self.related(&self.matches.selects, object)
            .filter_map(|(object, relation)| Some((self.workload(object)?, relation)))
    }

    /// The HorizontalPodAutoscalers and ScaledObjects that target the workload.
    pub fn autoscalers<'a>(
        &'a self,
        workload: Workload<'a>,
    ) -> impl Iterator<Item = (&'a Object, Relation)> + use<'a> {
        self.related(&self.matches.scaled_by, workload.object())
    }

    fn related<'a>(
        &'a self,
        pairs: &'a HashMap<ObjectId, Vec<(ObjectId, Relation)>>,
        object: &Object,
    ) -> impl Iterator<Item = (&'a Object, Relation)> + use<'a> {
        let related = self.id(object).and_then(|id| pairs.get(&id));
        related
            .into_iter()
            .flatten()
            .filter_map(|(other, relation)| Some((&self.get(*other)?.object, *relation)))
    }
}
