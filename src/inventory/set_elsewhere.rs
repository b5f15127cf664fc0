//! The fields that patches, `replicas`, `images` and labels set in objects.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;

use super::ObjectId;
use super::ways::Ways;
use crate::kube::models::kustomization::{Kustomization, PatchTarget};
use crate::kube::{Object, Workload};
use crate::yaml::{Node, Tree, path_below};

/// The fields that something other than the object's own manifest sets. What sets the same fields of
/// many objects is there once.
#[derive(Debug, Default)]
pub(super) struct SetElsewhere {
    paths: HashMap<ObjectId, Vec<Share>>,
    ways: Ways,
}

/// What one kustomization sets in an object.
#[derive(Debug)]
pub(super) struct Share {
    /// `None`: what no kustomization in view says is set in every way.
    pub(super) by: Option<usize>,
    pub(super) paths: Paths,
}

/// The fields of one object.
#[derive(Debug, Default)]
pub(super) struct Paths {
    own: HashSet<String>,
    shared: Vec<Arc<FieldSet>>,
}

/// Fields of many objects.
#[derive(Debug)]
pub(super) struct FieldSet {
    paths: BTreeSet<String>,
    /// Whether there are others than labels and selectors.
    sets_more: bool,
}

impl From<HashSet<String>> for FieldSet {
    fn from(paths: HashSet<String>) -> Self {
        Self {
            sets_more: paths.iter().any(|path| !is_label(path)),
            paths: paths.into_iter().collect(),
        }
    }
}

fn is_label(path: &str) -> bool {
    let mut parts = path.split(['.', '[']);
    parts.any(|part| matches!(part, "labels" | "selector"))
}

impl Paths {
    fn contains(&self, path: &str) -> bool {
        self.own.contains(path) || self.shared.iter().any(|set| set.paths.contains(path))
    }

    pub(super) fn share(&mut self, set: &Arc<FieldSet>) {
        if !set.paths.is_empty() {
            self.shared.push(Arc::clone(set));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.own.is_empty() && self.shared.is_empty()
    }

    /// Whether anything but labels and selectors is set.
    fn sets_more(&self) -> bool {
        self.shared.iter().any(|set| set.sets_more) || self.own.iter().any(|path| !is_label(path))
    }
}

impl SetElsewhere {
    pub(super) fn of(paths: HashMap<ObjectId, Vec<Share>>, ways: Ways) -> Self {
        Self { paths, ways }
    }

    fn shares(&self, id: ObjectId) -> &[Share] {
        self.paths.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Whether anything in view sets the field.
    pub(super) fn holds(&self, id: ObjectId, path: impl FnOnce() -> String) -> bool {
        let shares = self.shares(id);
        if shares.is_empty() {
            // Paths take long to write.
            return false;
        }
        let path = path();
        shares.iter().any(|share| share.paths.contains(&path))
    }

    /// Whether the field is set on every way by which the object is deployed.
    pub(super) fn holds_always(&self, id: ObjectId, path: impl FnOnce() -> String) -> bool {
        let shares = self.shares(id);
        if shares.is_empty() {
            return false;
        }
        let path = path();
        self.is_always(id, |paths| paths.contains(&path))
    }

    fn is_always(&self, id: ObjectId, sets: impl Fn(&Paths) -> bool) -> bool {
        let mut those = Vec::new();
        for share in self.shares(id).iter().filter(|share| sets(&share.paths)) {
            match share.by {
                Some(by) => those.push(by),
                None => return true,
            }
        }
        !those.is_empty() && self.ways.all_lead_through(id, &those)
    }

    /// Whether anything but labels and selectors is set.
    pub(super) fn holds_any(&self, id: ObjectId) -> bool {
        self.shares(id).iter().any(|share| share.paths.sets_more())
    }

    /// Whether it is, on every way by which the object is deployed.
    pub(super) fn holds_any_always(&self, id: ObjectId) -> bool {
        self.is_always(id, Paths::sets_more)
    }

    /// Whether something below this path is set.
    pub(super) fn holds_below(&self, id: ObjectId, path: &str) -> bool {
        let is_below = |set: &FieldSet| {
            let next = set
                .paths
                .range::<str, _>((Bound::Included(path), Bound::Unbounded))
                .next();
            next.is_some_and(|next| next.starts_with(path))
        };
        self.shares(id).iter().any(|Share { paths, .. }| {
            paths.shared.iter().any(|set| is_below(set))
                || paths.own.iter().any(|set| set.starts_with(path))
        })
    }
}

/// A patch as a kustomization gives it: which objects, and the text.
pub(super) struct PatchText {
    pub(super) target: Option<Target>,
    pub(super) tree: Arc<Tree>,
}

impl PatchText {
    /// Its target, else what it calls itself.
    fn aim(&self) -> Option<Target> {
        let text = |path: &[&str]| {
            let node = self.tree.root().at(path);
            node.and_then(Node::as_str).map(str::to_owned)
        };
        let own = || {
            Some(Target {
                kind: Some(text(&["kind"])?),
                name: Some(text(&["metadata", "name"])?),
            })
        };
        self.target.clone().or_else(own)
    }
}

/// Which objects a patch is for.
#[derive(Clone)]
pub(super) struct Target {
    /// `None`: any. A regular expression counts as any: what it may set is not known.
    kind: Option<String>,
    /// Likewise.
    name: Option<String>,
}

impl Target {
    pub(super) fn of(target: &PatchTarget) -> Self {
        let literal = |name: &String| {
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        };
        Self {
            kind: target.kind.clone().filter(literal),
            name: target.name.clone().filter(literal),
        }
    }

    fn is_of_kind(&self, object: &Object) -> bool {
        self.kind.as_ref().is_none_or(|kind| kind == object.kind())
    }
}

/// What kustomizations in view put before and behind names: an overlay may call an object as its
/// base has renamed it.
#[derive(Default)]
pub(super) struct Affixes<'a> {
    pub(super) prefixes: HashSet<&'a str>,
    pub(super) suffixes: HashSet<&'a str>,
}

impl Affixes<'_> {
    /// What an object may be called of which a patch has this name.
    fn names<'n>(&self, name: &'n str) -> Vec<&'n str> {
        /// Of DNS subdomains (`k8s.io/apimachinery/pkg/util/validation`).
        const LONGEST: usize = 253;
        let mut names = vec![name];
        if name.len() > LONGEST || self.prefixes.is_empty() && self.suffixes.is_empty() {
            return names;
        }
        let ends = |at: &usize| name.is_char_boundary(*at);
        let of = |range: std::ops::Range<usize>| name.get(range).unwrap_or_default();
        let starts: Vec<usize> = (0..name.len())
            .filter(ends)
            .filter(|at| *at == 0 || self.prefixes.contains(of(0..*at)))
            .collect();
        let stops: Vec<usize> = (1..=name.len())
            .filter(ends)
            .filter(|at| *at == name.len() || self.suffixes.contains(of(*at..name.len())))
            .collect();
        for start in starts {
            let stops = stops.iter().filter(|stop| **stop > start);
            names.extend(stops.map(|stop| of(start..*stop)));
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// What a kustomization covers.
pub(super) struct Objects<'a> {
    all: Vec<(ObjectId, &'a Object)>,
    by_name: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Objects<'a> {
    pub(super) fn of(all: Vec<(ObjectId, &'a Object)>) -> Self {
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, (_, object)) in all.iter().enumerate() {
            by_name.entry(object.name()).or_default().push(at);
        }
        Self { all, by_name }
    }

    /// Where the objects stand that something with this name may be for.
    fn named(&self, name: &str, affixes: &Affixes<'_>) -> impl Iterator<Item = usize> {
        let names = affixes.names(name).into_iter();
        let places = names.filter_map(|name| self.by_name.get(name));
        places.flatten().copied()
    }
}

pub(super) fn apply_patches(
    patches: &[PatchText],
    objects: &Objects<'_>,
    affixes: &Affixes<'_>,
    set: &mut HashMap<ObjectId, Paths>,
) {
    // By the patches: objects of one kind that get the same ones share the fields.
    let mut of_object: Vec<Vec<usize>> = vec![Vec::new(); objects.all.len()];
    for (nth, patch) in patches.iter().enumerate() {
        let Some(target) = patch.aim() else {
            continue;
        };
        let candidates: Vec<usize> = match &target.name {
            Some(name) => objects.named(name, affixes).collect(),
            None => (0..objects.all.len()).collect(),
        };
        for at in candidates {
            // A file that is a patch of itself says nothing new of itself.
            let covered = objects
                .all
                .get(at)
                .filter(|(_, it)| target.is_of_kind(it) && !Arc::ptr_eq(it.tree(), &patch.tree));
            if let (Some(_), Some(patches)) = (covered, of_object.get_mut(at)) {
                patches.push(nth);
            }
        }
    }
    let mut shared: HashMap<Vec<usize>, Arc<FieldSet>> = HashMap::new();
    for ((id, object), of_object) in objects.all.iter().zip(of_object) {
        if of_object.is_empty() {
            continue;
        }
        let paths = set.entry(*id).or_default();
        let of_object_patches = of_object.iter().filter_map(|nth| patches.get(*nth));
        for patch in of_object_patches.clone() {
            let operations = patch.tree.root().items();
            for operation in operations.filter(|it| !is_shared(*it)) {
                pointer_paths(operation, Some(object), &mut paths.own);
            }
        }
        let in_common = shared.entry(of_object.clone()).or_insert_with(|| {
            let mut paths = HashSet::new();
            for patch in of_object_patches {
                let root = patch.tree.root();
                if root.is_sequence() {
                    let operations = root.items().filter(|it| is_shared(*it));
                    operations.for_each(|it| pointer_paths(it, None, &mut paths));
                } else {
                    merge_paths(root, &mut paths);
                }
            }
            Arc::new(FieldSet::from(paths))
        });
        paths.share(in_common);
    }
}

/// Whether an operation sets the same fields in every object: its pointer leads through no list.
fn is_shared(operation: Node<'_>) -> bool {
    let pointer = operation.get("path").and_then(Node::as_str);
    pointer.is_none_or(|pointer| {
        let mut tokens = pointer.split('/').skip(1);
        tokens.all(|token| token != "-" && token.parse::<usize>().is_err())
    })
}

/// No path that a rule asks for has more steps, or more bytes: what lies below is not kept, since each step
/// repeats all before it.
const DEEPEST: usize = 64;
const LONGEST: usize = 1_000;

/// The paths that a strategic merge patch sets: every key in it.
pub(super) fn merge_paths(root: Node<'_>, paths: &mut HashSet<String>) {
    let prefix = root.path();
    let mut todo: Vec<Node<'_>> = vec![root];
    while let Some(node) = todo.pop() {
        if node.get("$patch").is_some() {
            continue;
        }
        let values = node.entries().map(|entry| entry.value);
        for child in values.chain(node.items()) {
            let path = child.path();
            let below = path.strip_prefix(&prefix).unwrap_or(&path);
            if below.len() > LONGEST {
                continue;
            }
            paths.insert(below.trim_start_matches('.').to_owned());
            if !child.is_alias() {
                todo.push(child);
            }
        }
    }
}

/// The paths that one JSON 6902 operation sets in this object, or in any.
fn pointer_paths(operation: Node<'_>, object: Option<&Object>, paths: &mut HashSet<String>) {
    let text = |key: &str| operation.get(key).and_then(Node::as_str);
    // What a patch removes is as little known as what it sets.
    if !matches!(
        text("op"),
        Some("add" | "replace" | "copy" | "move" | "remove")
    ) {
        return;
    }
    let Some(pointer) = text("path") else {
        return;
    };
    let mut at = object.map(Object::node);
    let mut path = String::new();
    for token in pointer.split('/').skip(1).take(DEEPEST) {
        let token = token.replace("~1", "/").replace("~0", "~");
        at = match at {
            Some(list) if list.is_sequence() => {
                token.parse().ok().and_then(|index| list.items().nth(index))
            }
            Some(node) => node.get(&token),
            None => None,
        };
        path = match at {
            Some(node) => node.path(),
            None if token == "-" => path,
            None => path_below(&path, &token),
        };
        paths.insert(path.clone());
    }
    if let Some(value) = operation.get("value") {
        let mut inner = HashSet::new();
        merge_paths(value, &mut inner);
        paths.extend(inner.into_iter().map(|below| format!("{path}.{below}")));
    }
}

/// Whether a kustomization sets anything by itself.
pub(super) fn transforms(data: &Kustomization) -> bool {
    !(data.replicas.is_empty()
        && data.labels.is_empty()
        && data.common_labels.is_empty()
        && data.common_annotations.is_empty()
        && data.images.is_empty()
        && data.namespace.is_none())
}

/// What `replicas`, `images`, labels and annotations of a kustomization set in the objects that it
/// covers.
pub(super) fn transform(
    data: &Kustomization,
    objects: &Objects<'_>,
    affixes: &Affixes<'_>,
    set: &mut HashMap<ObjectId, Paths>,
) {
    for name in data.replicas.iter().filter_map(|it| it.name.as_deref()) {
        for at in objects.named(name, affixes) {
            if let Some((id, _)) = objects.all.get(at) {
                let paths = set.entry(*id).or_default();
                paths.own.insert("spec.replicas".to_owned());
            }
        }
    }
    // By where the pod template stands, where there is one.
    let mut metadata: HashMap<Option<&[&str]>, Arc<FieldSet>> = HashMap::new();
    for (id, object) in &objects.all {
        let template = Workload::of(object).map(|workload| workload.template().path());
        let shared = metadata
            .entry(template)
            .or_insert_with(|| Arc::new(FieldSet::from(metadata_paths(data, template))));
        set.entry(*id).or_default().share(shared);
    }
    if data.namespace.is_some() {
        for (id, object) in &objects.all {
            let namespaces = namespaces_of_subjects(object);
            set.entry(*id).or_default().own.extend(namespaces);
        }
    }
    let images: HashSet<&str> = data
        .images
        .iter()
        .filter_map(|image| image.name.as_deref())
        .collect();
    if images.is_empty() {
        return;
    }
    for (id, object) in &objects.all {
        let containers = Workload::of(object).into_iter();
        for container in containers.flat_map(|workload| workload.template().containers()) {
            let image = container.data.image.as_deref().unwrap_or_default();
            let name = image.split('@').next().unwrap_or(image);
            let untagged = match name.rsplit_once(':') {
                Some((untagged, tag)) if !tag.contains('/') => untagged,
                _ => name,
            };
            if images.contains(untagged) {
                let paths = set.entry(*id).or_default();
                paths.own.insert(format!("{}.image", container.node.path()));
            }
        }
    }
}

/// The namespace of a binding's subjects follows that of the kustomization.
fn namespaces_of_subjects(object: &Object) -> impl Iterator<Item = String> {
    let subjects = object.node().get("subjects").into_iter();
    let subjects = subjects.flat_map(Node::items);
    subjects.map(|subject| format!("{}.namespace", subject.path()))
}

/// The labels, annotations and selectors that a kustomization sets in objects with a pod template there.
fn metadata_paths(data: &Kustomization, template: Option<&[&str]>) -> HashSet<String> {
    let mut paths = HashSet::new();
    let labels = data.labels.iter().flat_map(|change| change.pairs.keys());
    let mut metadata = |map: &str, key: &str| {
        paths.insert(path_below(&format!("metadata.{map}"), key));
        paths.extend(template.iter().map(|path| {
            let metadata = [&path.join("."), "metadata", map].join(".");
            path_below(metadata.trim_start_matches('.'), key)
        }));
    };
    for key in data.common_labels.keys().chain(labels) {
        metadata("labels", key);
    }
    for key in data.common_annotations.keys() {
        metadata("annotations", key);
    }
    let into_selectors = data
        .labels
        .iter()
        .any(|change| change.include_selectors == Some(true));
    if template.is_some() && (into_selectors || !data.common_labels.is_empty()) {
        paths.insert("spec.selector".to_owned());
    }
    paths
}
