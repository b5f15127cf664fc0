//! What kustomizations do to the objects in view: their namespace, and the fields that patches,
//! `replicas`, `images` and labels set.
//!
//! Nothing is built here. A field that some kustomization sets counts as set, so that a rule does
//! not call it missing; its value stays unknown.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::duplicates::Builds;
use super::{Inventory, ObjectId, Standing};
use crate::kube::models::kustomization::{
    Kustomization, Patch, PatchEntry, PatchTarget, is_inline,
};
use crate::kube::{Body, Object, Workload};
use crate::source::{Scope, SourceId, Sources};
use crate::yaml::{self, Content, Node, Tree, path_below};

/// The fields that something other than the object's own manifest sets.
#[derive(Debug, Default)]
pub(super) struct SetElsewhere {
    paths: HashMap<ObjectId, HashSet<String>>,
}

impl SetElsewhere {
    pub(super) fn holds(&self, id: ObjectId, path: impl FnOnce() -> String) -> bool {
        // Paths take long to write.
        let paths = self.paths.get(&id);
        paths.is_some_and(|paths| paths.contains(&path()))
    }

    /// Whether anything but labels and selectors is set.
    pub(super) fn holds_any(&self, id: ObjectId) -> bool {
        let is_label = |path: &str| {
            let mut parts = path.split(['.', '[']);
            parts.any(|part| matches!(part, "labels" | "selector"))
        };
        self.paths
            .get(&id)
            .is_some_and(|paths| paths.iter().any(|set| !is_label(set)))
    }

    /// Whether something below this path is set.
    pub(super) fn holds_below(&self, id: ObjectId, path: &str) -> bool {
        self.paths
            .get(&id)
            .is_some_and(|paths| paths.iter().any(|set| set.starts_with(path)))
    }
}

/// A patch as a kustomization gives it: which objects, and the text.
struct PatchText {
    target: Option<Target>,
    tree: Arc<Tree>,
}

/// Which objects a patch is for.
#[derive(Clone)]
struct Target {
    /// `None`: any. A regular expression counts as any: a patch only ever silences.
    kind: Option<String>,
    /// Likewise.
    name: Option<String>,
}

impl Target {
    fn of(target: &PatchTarget) -> Self {
        let literal = |name: &String| {
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        };
        Self {
            kind: target.kind.clone().filter(literal),
            name: target.name.clone().filter(literal),
        }
    }

    fn covers(&self, object: &Object, affixes: &Affixes<'_>) -> bool {
        self.kind.as_ref().is_none_or(|kind| kind == object.kind())
            && self
                .name
                .as_ref()
                .is_none_or(|name| affixes.may_name(name, object))
    }
}

/// What kustomizations in view put before and behind names: an overlay may call an object as its
/// base has renamed it.
#[derive(Default)]
struct Affixes<'a> {
    prefixes: HashSet<&'a str>,
    suffixes: HashSet<&'a str>,
}

impl Affixes<'_> {
    fn may_name(&self, name: &str, object: &Object) -> bool {
        name == object.name()
            || name.match_indices(object.name()).any(|(at, own)| {
                let (prefix, rest) = name.split_at(at);
                let suffix = rest.get(own.len()..).unwrap_or_default();
                (prefix.is_empty() || self.prefixes.contains(prefix))
                    && (suffix.is_empty() || self.suffixes.contains(suffix))
            })
    }
}

/// A kustomization in view.
struct Kustomized<'a> {
    directory: String,
    data: &'a Kustomization,
}

/// Everything that is needed to follow kustomizations through the sources.
struct View<'a> {
    inventory: &'a Inventory,
    kustomizations: Vec<Kustomized<'a>>,
    affixes: Affixes<'a>,
    by_directory: HashMap<String, usize>,
    by_path: HashMap<&'a str, SourceId>,
    by_source: HashMap<SourceId, Vec<ObjectId>>,
    others: HashMap<SourceId, Vec<&'a Arc<Tree>>>,
}

/// What [`View`] finds out.
#[derive(Default)]
struct Effects {
    patches: BTreeSet<ObjectId>,
    namespaces: Vec<(ObjectId, String)>,
    set: HashMap<ObjectId, HashSet<String>>,
    builds: Builds,
}

/// Marks patches, gives objects the namespace of their kustomization, and notes what is set
/// elsewhere.
pub(super) fn apply(
    inventory: &mut Inventory,
    sources: &Sources,
    others: &[(SourceId, Arc<Tree>)],
) {
    let effects = View::of(inventory, sources, others).effects();
    for id in effects.patches {
        if let Some(entry) = inventory.entries.get_mut(id.index()) {
            entry.standing = Standing::Patch;
        }
    }
    for (id, namespace) in effects.namespaces {
        if let Some(entry) = inventory.entries.get_mut(id.index()) {
            entry.namespace = Some(namespace);
        }
    }
    inventory.set_elsewhere = SetElsewhere { paths: effects.set };
    inventory.builds = effects.builds;
}

impl<'a> View<'a> {
    fn of(
        inventory: &'a Inventory,
        sources: &'a Sources,
        others: &'a [(SourceId, Arc<Tree>)],
    ) -> Self {
        let mut view = Self {
            inventory,
            kustomizations: Vec::new(),
            affixes: Affixes::default(),
            by_directory: HashMap::new(),
            by_path: sources
                .iter()
                .map(|source| (source.root_path(), source.id()))
                .collect(),
            by_source: HashMap::new(),
            others: HashMap::new(),
        };
        for (_, entry) in inventory.whole() {
            if let Body::Kustomization(data) = entry.object.body() {
                let path = sources.get(entry.object.source()).root_path();
                let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
                let index = view.kustomizations.len();
                view.by_directory.insert(directory.to_owned(), index);
                view.affixes.prefixes.extend(data.name_prefix.as_deref());
                view.affixes.suffixes.extend(data.name_suffix.as_deref());
                view.kustomizations.push(Kustomized {
                    directory: directory.to_owned(),
                    data,
                });
            }
        }
        for (id, entry) in (0_u32..).map(ObjectId).zip(&inventory.entries) {
            view.by_source
                .entry(entry.object.source())
                .or_default()
                .push(id);
        }
        for (source, tree) in others {
            view.others.entry(*source).or_default().push(tree);
        }
        view
    }

    fn effects(&self) -> Effects {
        let mut effects = Effects::default();
        let mut claimed = HashSet::new();
        for kustomization in &self.kustomizations {
            for file in patch_files(kustomization.data).chain(kustomization.data.content_files()) {
                claimed.extend(self.objects_of(&join(&kustomization.directory, file)));
            }
        }
        effects.patches.extend(&claimed);
        for index in 0..self.kustomizations.len() {
            self.follow(index, &claimed, &mut effects);
        }
        self.namespaces(&mut effects);
        self.loose_patches(&claimed, &mut effects);
        effects.builds = self.builds();
        effects
    }

    fn builds(&self) -> Builds {
        let mut builds = Builds::default();
        for (index, kustomization) in self.kustomizations.iter().enumerate() {
            let directory = kustomization.directory.as_str();
            builds.scopes.insert(Scope(Arc::from(directory)));
            for file in &kustomization.data.resources {
                for id in self.objects_of(&join(directory, file)) {
                    builds.resources.entry(id).or_default().push(index);
                }
            }
        }
        builds
    }

    fn namespaces(&self, effects: &mut Effects) {
        for (id, entry) in self.inventory.whole() {
            let namespace = self
                .by_directory
                .get(&*entry.scope.0)
                .and_then(|index| self.kustomizations.get(*index))
                .and_then(|kustomization| kustomization.data.namespace.clone())
                .filter(|namespace| !namespace.is_empty());
            if let Some(namespace) = namespace {
                effects.namespaces.push((id, namespace));
            }
        }
    }

    /// Objects that are plainly partial though no kustomization names them as patches.
    fn loose_patches(&self, claimed: &HashSet<ObjectId>, effects: &mut Effects) {
        let mut by_name: HashMap<(&str, &str), Vec<(ObjectId, &Object)>> = HashMap::new();
        for (id, entry) in self.inventory.whole() {
            let key = (entry.object.kind(), entry.object.name());
            by_name.entry(key).or_default().push((id, &entry.object));
        }
        for (id, entry) in (0_u32..).map(ObjectId).zip(&self.inventory.entries) {
            if !entry.object.is_partial() || claimed.contains(&id) {
                continue;
            }
            let key = (entry.object.kind(), entry.object.name());
            for (target, object) in by_name.get(&key).into_iter().flatten() {
                if self.inventory.same_namespace(object, &entry.object) {
                    merge_paths(entry.object.node(), effects.set.entry(*target).or_default());
                }
            }
        }
    }

    /// Applies what one kustomization and its components say to all that it covers.
    fn follow(&self, index: usize, claimed: &HashSet<ObjectId>, effects: &mut Effects) {
        let mut covered = BTreeSet::new();
        let mut speakers = Vec::new();
        self.cover(index, &mut HashSet::new(), &mut covered);
        self.components(index, &mut HashSet::new(), &mut speakers);
        let objects: Vec<(ObjectId, &Object)> = covered
            .iter()
            .filter(|id| !claimed.contains(id))
            .filter_map(|id| Some((*id, &self.inventory.get(*id)?.object)))
            .collect();
        for speaker in speakers {
            for patch in self.patches(speaker) {
                apply_patch(&patch, &objects, &self.affixes, &mut effects.set);
            }
            for (id, object) in &objects {
                let paths = effects.set.entry(*id).or_default();
                transform(speaker.data, object, &self.affixes, paths);
            }
        }
    }

    /// The objects that a kustomization takes in, bases and components included.
    fn cover(&self, index: usize, seen: &mut HashSet<usize>, covered: &mut BTreeSet<ObjectId>) {
        let Some(kustomization) = self.kustomizations.get(index) else {
            return;
        };
        if !seen.insert(index) {
            return;
        }
        let data = kustomization.data;
        for entry in data
            .resources
            .iter()
            .chain(&data.bases)
            .chain(&data.components)
        {
            let path = join(&kustomization.directory, entry);
            match self.by_directory.get(&path) {
                Some(base) => self.cover(*base, seen, covered),
                None => covered.extend(self.objects_of(&path)),
            }
        }
    }

    /// The kustomization itself and every component it includes.
    fn components<'b>(
        &'b self,
        index: usize,
        seen: &mut HashSet<usize>,
        speakers: &mut Vec<&'b Kustomized<'a>>,
    ) {
        let Some(kustomization) = self.kustomizations.get(index) else {
            return;
        };
        if !seen.insert(index) {
            return;
        }
        speakers.push(kustomization);
        for component in &kustomization.data.components {
            let path = join(&kustomization.directory, component);
            if let Some(component) = self.by_directory.get(&path) {
                self.components(*component, seen, speakers);
            }
        }
    }

    fn objects_of(&self, path: &str) -> impl Iterator<Item = ObjectId> + use<'_> {
        self.by_path
            .get(path)
            .and_then(|source| self.by_source.get(source))
            .into_iter()
            .flatten()
            .copied()
    }

    /// Every patch of a kustomization, from its files and from its own text.
    fn patches(&self, kustomization: &Kustomized<'_>) -> Vec<PatchText> {
        let data = kustomization.data;
        let mut patches = Vec::new();
        let mut from_file = |file: &str, target: Option<&PatchTarget>| {
            let path = join(&kustomization.directory, file);
            let Some(source) = self.by_path.get(path.as_str()) else {
                return;
            };
            let objects = self.by_source.get(source).into_iter().flatten();
            let trees = objects
                .filter_map(|id| Some(self.inventory.get(*id)?.object.tree()))
                .chain(self.others.get(source).into_iter().flatten().copied());
            patches.extend(trees.map(|tree| PatchText {
                target: target.map(Target::of),
                tree: Arc::clone(tree),
            }));
        };
        for patch in all_patches(data) {
            if let Some(path) = patch.path {
                from_file(path, patch.target);
            }
        }
        for patch in all_patches(data) {
            patches.extend(
                patch
                    .text
                    .into_iter()
                    .flat_map(trees_of)
                    .map(|tree| PatchText {
                        target: patch.target.map(Target::of),
                        tree,
                    }),
            );
        }
        patches
    }
}

/// A patch entry, whichever field of the kustomization it stands in.
struct AnyPatch<'a> {
    path: Option<&'a str>,
    text: Option<&'a str>,
    target: Option<&'a PatchTarget>,
}

fn all_patches(data: &Kustomization) -> impl Iterator<Item = AnyPatch<'_>> {
    data.patches
        .iter()
        .map(|entry| match entry {
            PatchEntry::Patch(patch) => any_of_patch(patch),
            PatchEntry::File(file) => any_of_text(file),
        })
        .chain(data.patches_json_6902.iter().map(any_of_patch))
        .chain(
            data.patches_strategic_merge
                .iter()
                .map(|text| any_of_text(text)),
        )
}

fn any_of_patch(patch: &Patch) -> AnyPatch<'_> {
    AnyPatch {
        path: patch.path.as_deref(),
        text: patch.patch.as_deref(),
        target: patch.target.as_ref(),
    }
}

/// `patchesStrategicMerge` holds files and patches themselves.
fn any_of_text(text: &str) -> AnyPatch<'_> {
    let inline = is_inline(text);
    AnyPatch {
        path: (!inline).then_some(text),
        text: inline.then_some(text),
        target: None,
    }
}

fn patch_files(data: &Kustomization) -> impl Iterator<Item = &str> {
    all_patches(data).filter_map(|patch| patch.path)
}

fn trees_of(text: &str) -> Vec<Arc<Tree>> {
    let documents = yaml::parse(&Arc::from(text)).documents;
    documents
        .into_iter()
        .filter_map(|document| match document.content {
            Content::Tree(tree) => Some(Arc::new(tree)),
            Content::Empty | Content::Broken(_) => None,
        })
        .collect()
}

fn apply_patch(
    patch: &PatchText,
    objects: &[(ObjectId, &Object)],
    affixes: &Affixes<'_>,
    set: &mut HashMap<ObjectId, HashSet<String>>,
) {
    let root = patch.tree.root();
    let own = || {
        let text = |path: &[&str]| root.at(path).and_then(Node::as_str).map(str::to_owned);
        Some(Target {
            kind: Some(text(&["kind"])?),
            name: Some(text(&["metadata", "name"])?),
        })
    };
    let Some(target) = patch.target.clone().or_else(own) else {
        return;
    };
    let covered = objects
        .iter()
        .filter(|(_, object)| target.covers(object, affixes));
    for (id, object) in covered {
        let paths = set.entry(*id).or_default();
        if root.is_sequence() {
            root.items()
                .for_each(|operation| pointer_paths(operation, object, paths));
        } else {
            merge_paths(root, paths);
        }
    }
}

/// The paths that a strategic merge patch sets: every key in it.
fn merge_paths(root: Node<'_>, paths: &mut HashSet<String>) {
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
            paths.insert(below.trim_start_matches('.').to_owned());
            if !child.is_alias() {
                todo.push(child);
            }
        }
    }
}

/// The paths that one JSON 6902 operation sets in this object.
fn pointer_paths(operation: Node<'_>, object: &Object, paths: &mut HashSet<String>) {
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
    let mut at = Some(object.node());
    let mut path = String::new();
    for token in pointer.split('/').skip(1) {
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

/// What `replicas`, `images`, labels and annotations of a kustomization set in this object.
fn transform(
    data: &Kustomization,
    object: &Object,
    affixes: &Affixes<'_>,
    paths: &mut HashSet<String>,
) {
    let mut names = data.replicas.iter().filter_map(|it| it.name.as_deref());
    if names.any(|name| affixes.may_name(name, object)) {
        paths.insert("spec.replicas".to_owned());
    }
    let template = Workload::of(object).map(|workload| workload.template().path().join("."));
    let labels = data.labels.iter().flat_map(|change| change.pairs.keys());
    let mut metadata = |map: &str, key: &str| {
        paths.insert(path_below(&format!("metadata.{map}"), key));
        paths.extend(template.iter().map(|path| {
            let metadata = [path, "metadata", map].join(".");
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
    let images: HashSet<&str> = data
        .images
        .iter()
        .filter_map(|image| image.name.as_deref())
        .collect();
    if images.is_empty() {
        return;
    }
    for container in Workload::of(object)
        .into_iter()
        .flat_map(|workload| workload.template().containers())
    {
        let image = container.data.image.as_deref().unwrap_or_default();
        let name = image.split('@').next().unwrap_or(image);
        let untagged = match name.rsplit_once(':') {
            Some((untagged, tag)) if !tag.contains('/') => untagged,
            _ => name,
        };
        if images.contains(untagged) {
            paths.insert(format!("{}.image", container.node.path()));
        }
    }
}

/// A path written in a file of `directory`, relative to the repository root.
fn join(directory: &str, path: &str) -> String {
    let mut parts: Vec<&str> = directory
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
