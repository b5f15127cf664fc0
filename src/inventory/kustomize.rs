//! What kustomizations do to the objects in view: their namespace, and the fields that patches,
//! `replicas`, `images` and labels set.
//!
//! Nothing is built here. A field that some kustomization sets counts as set, so that a rule does
//! not call it missing; its value stays unknown.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::duplicates::Builds;
use super::set_elsewhere::{
    Affixes, FieldSet, Objects, PatchText, Paths, SetElsewhere, Share, Target, apply_patches,
    merge_paths, transform, transforms,
};
use super::ways::Ways;
use super::{Inventory, ObjectId, Standing};
use crate::kube::models::kustomization::{
    Kustomization, Patch, PatchEntry, PatchTarget, is_inline,
};
use crate::kube::{Body, Object};
use crate::source::{Scope, SourceId, Sources};
use crate::yaml::{self, Content, Tree};

/// A kustomization in view.
struct Kustomized<'a> {
    directory: String,
    data: &'a Kustomization,
    /// The kustomizations that it takes in, and among them its components.
    bases: Vec<usize>,
    components: Vec<usize>,
    /// The objects of the other files that it lists.
    objects: Vec<ObjectId>,
}

/// Everything that is needed to follow kustomizations through the sources.
struct View<'a> {
    inventory: &'a Inventory,
    sources: &'a Sources,
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
    set: HashMap<ObjectId, Vec<Share>>,
    ways: Ways,
    builds: Builds,
}

impl Effects {
    fn add(&mut self, id: ObjectId, by: Option<usize>, paths: Paths) {
        if !paths.is_empty() {
            self.set.entry(id).or_default().push(Share { by, paths });
        }
    }
}

/// Marks patches, gives objects the namespace of their kustomization, and notes what is set
/// elsewhere.
pub(super) fn apply(
    inventory: &mut Inventory,
    sources: &Sources,
    others: &[(SourceId, Arc<Tree>)],
) {
    let effects = View::of(inventory, sources, others).effects();
    for id in &effects.patches {
        if let Some(entry) = inventory.entries.get_mut(id.index()) {
            entry.standing = Standing::Patch;
        }
    }
    for (id, namespace) in effects.namespaces {
        if let Some(entry) = inventory.entries.get_mut(id.index()) {
            entry.namespace = Some(namespace);
        }
    }
    inventory.set_elsewhere = SetElsewhere::of(effects.set, effects.ways);
    inventory.builds = effects.builds;
    inventory.builds.patches.extend(effects.patches);
}

impl Inventory {
    /// Whether a kustomization in view uses the object as a patch.
    pub fn is_used_patch(&self, object: &Object) -> bool {
        let id = self.id(object);
        id.is_some_and(|id| self.builds.patches.contains(&id))
    }
}

impl<'a> View<'a> {
    fn of(
        inventory: &'a Inventory,
        sources: &'a Sources,
        others: &'a [(SourceId, Arc<Tree>)],
    ) -> Self {
        let mut view = Self {
            inventory,
            sources,
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
                    bases: Vec::new(),
                    components: Vec::new(),
                    objects: Vec::new(),
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
        view.link();
        view
    }

    /// Notes what each kustomization takes in.
    fn link(&mut self) {
        let mut kustomizations = std::mem::take(&mut self.kustomizations);
        for kustomization in &mut kustomizations {
            let data = kustomization.data;
            let mut listed: Vec<String> = data
                .resources
                .iter()
                .chain(&data.bases)
                .chain(&data.components)
                .map(|entry| join(&kustomization.directory, entry))
                .collect();
            listed.sort_unstable();
            listed.dedup();
            for path in listed {
                match self.by_directory.get(&path) {
                    Some(base) => kustomization.bases.push(*base),
                    None => kustomization.objects.extend(self.objects_of(&path)),
                }
            }
            let components = data.components.iter();
            let components = components.map(|entry| join(&kustomization.directory, entry));
            kustomization.components = components
                .filter_map(|path| self.by_directory.get(&path).copied())
                .collect();
        }
        self.kustomizations = kustomizations;
    }

    fn effects(&self) -> Effects {
        let mut effects = Effects::default();
        let mut claimed = HashSet::new();
        for kustomization in &self.kustomizations {
            for file in patch_files(kustomization.data).chain(kustomization.data.content_files()) {
                claimed.extend(self.objects_of(&join(&kustomization.directory, file)));
            }
        }
        let deployed = self.deployed();
        claimed.retain(|id| !deployed.contains(id));
        effects.patches.extend(&claimed);
        for index in 0..self.kustomizations.len() {
            self.follow(index, &claimed, &mut effects);
        }
        self.namespaces(&mut effects);
        self.loose_patches(&claimed, &mut effects);
        effects.builds = self.builds();
        if !effects.set.is_empty() {
            effects.ways = self.ways();
        }
        effects
    }

    /// What is deployed, and by what: a component is not by itself.
    fn ways(&self) -> Ways {
        let all = || self.kustomizations.iter().enumerate();
        let mut ways = Ways::of(self.kustomizations.len());
        let taken_in: HashSet<usize> = all().flat_map(|(_, it)| &it.bases).copied().collect();
        for (index, kustomization) in all() {
            let is_component = kustomization.data.kind.as_deref() == Some("Component");
            if !is_component && !taken_in.contains(&index) {
                ways.add_top(index, &self.reached(index, |it| &it.bases));
            }
            let directory = &kustomization.directory;
            let is_inside = |id: &ObjectId| {
                let entry = self.inventory.get(*id)?;
                let path = self.sources.get(entry.object.source()).root_path();
                let below = path.strip_prefix(directory.as_str())?;
                Some(directory.is_empty() || below.starts_with('/'))
            };
            for id in &kustomization.objects {
                ways.add_object(index, *id, is_inside(id).unwrap_or_default());
            }
        }
        ways
    }

    /// What a kustomization deploys as it is, and not as a part of something else: it stays so, whoever
    /// names its file as a patch as well.
    fn deployed(&self) -> HashSet<ObjectId> {
        let listed = self.kustomizations.iter().flat_map(|it| &it.objects);
        let is_whole = |id: &&ObjectId| {
            let entry = self.inventory.entries.get(id.index());
            entry.is_some_and(|entry| entry.standing == Standing::Whole)
        };
        listed.filter(is_whole).copied().collect()
    }

    fn builds(&self) -> Builds {
        let mut builds = Builds {
            families: self.families(),
            ..Builds::default()
        };
        for (index, kustomization) in self.kustomizations.iter().enumerate() {
            let directory = kustomization.directory.as_str();
            builds.scopes.extend(scopes(directory));
            for file in &kustomization.data.resources {
                for id in self.objects_of(&join(directory, file)) {
                    builds.resources.entry(id).or_default().push(index);
                }
            }
        }
        builds
    }

    /// Kustomizations that lead to one another, by their directories. Components are lent to many.
    fn families(&self) -> HashMap<Scope, usize> {
        let mut heads: Vec<usize> = (0..self.kustomizations.len()).collect();
        for (index, kustomization) in self.kustomizations.iter().enumerate() {
            let bases = kustomization.bases.iter();
            for base in bases.filter(|base| !kustomization.components.contains(base)) {
                let (one, other) = (head(&mut heads, index), head(&mut heads, *base));
                if let Some(joined) = heads.get_mut(one) {
                    *joined = other;
                }
            }
        }
        let all = self.kustomizations.iter().enumerate();
        all.flat_map(|(index, kustomization)| {
            let head = head(&mut heads, index);
            scopes(&kustomization.directory).map(move |scope| (scope, head))
        })
        .collect()
    }

    fn namespaces(&self, effects: &mut Effects) {
        for (id, entry) in self.inventory.whole() {
            let namespace = self
                .by_directory
                .get(if &*entry.scope.0 == "." {
                    ""
                } else {
                    &*entry.scope.0
                })
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
        let mut patches: HashMap<(&str, &str), Vec<&Object>> = HashMap::new();
        for (id, entry) in (0_u32..).map(ObjectId).zip(&self.inventory.entries) {
            if entry.standing != Standing::Patch || claimed.contains(&id) {
                continue;
            }
            let key = (entry.object.kind(), entry.object.name());
            patches.entry(key).or_default().push(&entry.object);
        }
        for (key, patches) in patches {
            let targets = by_name.get(&key).into_iter().flatten();
            let mut shared: HashMap<Option<&str>, Arc<FieldSet>> = HashMap::new();
            for (target, object) in targets {
                let namespace = self.inventory.namespace(object);
                let paths = shared.entry(namespace).or_insert_with(|| {
                    let mut paths = HashSet::new();
                    let meant = patches.iter().filter(|patch| {
                        let own = self.inventory.namespace(patch);
                        own.is_none() || namespace.is_none() || own == namespace
                    });
                    meant.for_each(|patch| merge_paths(patch.node(), &mut paths));
                    Arc::new(FieldSet::from(paths))
                });
                let mut own = Paths::default();
                own.share(paths);
                effects.add(*target, None, own);
            }
        }
    }

    /// Applies what one kustomization and its components say to all that it covers.
    fn follow(&self, index: usize, claimed: &HashSet<ObjectId>, effects: &mut Effects) {
        let speakers = self.components(index);
        let spoken: Vec<_> = speakers
            .into_iter()
            .map(|speaker| (speaker, self.patches(speaker)))
            .filter(|(speaker, patches)| !patches.is_empty() || transforms(speaker.data))
            .collect();
        if spoken.is_empty() {
            return;
        }
        let covered = self.cover(index);
        let covered = covered.into_iter().filter(|id| !claimed.contains(id));
        let objects = Objects::of(
            covered
                .filter_map(|id| Some((id, &self.inventory.get(id)?.object)))
                .collect(),
        );
        let mut set = HashMap::new();
        for (speaker, patches) in spoken {
            apply_patches(&patches, &objects, &self.affixes, &mut set);
            transform(speaker.data, &objects, &self.affixes, &mut set);
        }
        for (id, paths) in set {
            effects.add(id, Some(index), paths);
        }
    }

    /// The objects that a kustomization takes in, bases and components included.
    fn cover(&self, index: usize) -> BTreeSet<ObjectId> {
        let mut covered = BTreeSet::new();
        for index in self.reached(index, |it| &it.bases) {
            let objects = self.kustomizations.get(index).map(|it| &it.objects);
            covered.extend(objects.into_iter().flatten());
        }
        covered
    }

    /// The kustomization itself and every component it includes.
    fn components(&self, index: usize) -> Vec<&Kustomized<'a>> {
        let reached = self.reached(index, |it| &it.components).into_iter();
        reached
            .filter_map(|index| self.kustomizations.get(index))
            .collect()
    }

    /// A kustomization and all that it leads to, each once.
    fn reached(
        &self,
        index: usize,
        next: impl for<'k> Fn(&'k Kustomized<'a>) -> &'k [usize],
    ) -> Vec<usize> {
        let mut seen = vec![false; self.kustomizations.len()];
        let mut reached = Vec::new();
        let mut todo = vec![index];
        while let Some(index) = todo.pop() {
            let (Some(kustomization), Some(seen)) =
                (self.kustomizations.get(index), seen.get_mut(index))
            else {
                continue;
            };
            if !std::mem::replace(seen, true) {
                reached.push(index);
                todo.extend(next(kustomization));
            }
        }
        reached
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

/// Who stands for a family; the way there is halved for whoever asks next.
fn head(heads: &mut [usize], mut index: usize) -> usize {
    while let Some(next) = heads.get(index).copied().filter(|next| *next != index) {
        let beyond = heads.get(next).copied().unwrap_or(next);
        if let Some(head) = heads.get_mut(index) {
            *head = beyond;
        }
        index = beyond;
    }
    index
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

pub(super) fn patch_files(data: &Kustomization) -> impl Iterator<Item = &str> {
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

/// What the scope of a kustomization's directory may be called. The root of a repository has two names.
fn scopes(directory: &str) -> impl Iterator<Item = Scope> + use<> {
    let root = directory.is_empty().then(|| Scope(Arc::from(".")));
    std::iter::once(Scope(Arc::from(directory))).chain(root)
}

/// A path written in a file of `directory`, relative to the repository root.
pub(super) fn join(directory: &str, path: &str) -> String {
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
