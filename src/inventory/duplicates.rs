//! What is applied together, and which objects are thereby given twice.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::{Entry, Inventory, ObjectId};
use crate::kube::tables::removed::removed;
use crate::kube::{Body, Object, is_placeholder};
use crate::source::Scope;

/// Why two objects reach the cluster together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Together {
    /// They stand in one file.
    File,
    /// One kustomization lists the files of both among its resources.
    Kustomization,
    /// Their files stand in one directory without a kustomization: `kubectl apply -f` takes both,
    /// but they may as well be variants to choose from.
    Directory,
}

/// The objects of each kustomization's own resource files, and where kustomizations stand.
#[derive(Debug, Default)]
pub(super) struct Builds {
    pub(super) resources: HashMap<ObjectId, Vec<usize>>,
    pub(super) scopes: HashSet<Scope>,
    /// The objects that kustomizations use as patches.
    pub(super) patches: HashSet<ObjectId>,
    /// Kustomizations that lead to one another have one number, by their directories.
    pub(super) families: HashMap<Scope, usize>,
}

/// For each object the first earlier one of the same identity that is applied together with it.
#[derive(Debug, Default)]
pub(super) struct Namesakes {
    earlier: HashMap<ObjectId, (ObjectId, Together)>,
    /// The other way round: all later ones of each first one, in order.
    later: HashMap<(ObjectId, Together), Vec<ObjectId>>,
}

/// Manifests of one object that are applied together.
#[derive(Debug)]
pub struct Repeated<'a> {
    /// The one that stands first.
    pub first: &'a Object,
    /// Those behind the second, in order.
    pub rest: Vec<&'a Object>,
    /// Why they reach the cluster together.
    pub together: Together,
}

/// What makes two manifests the same object: the API server keeps one object for all versions of a
/// group.
type Identity<'a> = (&'a str, &'a str, Option<&'a str>, &'a str);

impl Inventory {
    /// Whether what stands in the object's scope is applied as one: a kustomization builds it, or it is
    /// rendered or read as a stream. Files of a directory may as well be variants to choose from.
    pub fn is_applied_as_one(&self, object: &Object) -> bool {
        self.entry(object).is_some_and(|entry| {
            entry.view != super::nearest::View::Files || self.builds.scopes.contains(&entry.scope)
        })
    }
}

impl Namesakes {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let mut in_file = HashMap::new();
        let mut in_build = HashMap::new();
        let mut in_directory = HashMap::new();
        let mut earlier = HashMap::new();
        for (id, entry) in inventory.whole() {
            let Some(who) = identity(&entry.object) else {
                continue;
            };
            let same_file = first(&mut in_file, (who, entry.object.source()), id);
            let builds = inventory.builds.resources.get(&id).into_iter().flatten();
            // Every kustomization takes note of the object, whichever has seen its like before.
            let seen: Vec<ObjectId> = builds
                .filter_map(|build| first(&mut in_build, (who, *build), id))
                .collect();
            let same_build = seen.into_iter().next();
            let same_directory = if inventory.builds.scopes.contains(&entry.scope) {
                None
            } else {
                first(&mut in_directory, (who, entry.scope.clone()), id)
            };
            let found = same_file
                .map(|id| (id, Together::File))
                .or(same_build.map(|id| (id, Together::Kustomization)))
                .or(same_directory.map(|id| (id, Together::Directory)));
            earlier.extend(found.map(|found| (id, found)));
        }
        let mut later: HashMap<_, Vec<ObjectId>> = HashMap::new();
        for (id, _) in inventory.whole() {
            if let Some(found) = earlier.get(&id) {
                later.entry(*found).or_default().push(id);
            }
        }
        Self { earlier, later }
    }
}

/// The first that was noted under this key; the object itself is noted where there was none.
fn first<K: Eq + Hash>(seen: &mut HashMap<K, ObjectId>, key: K, id: ObjectId) -> Option<ObjectId> {
    let earlier = *seen.entry(key).or_insert(id);
    (earlier != id).then_some(earlier)
}

/// `None` for what is never applied or has no name of its own.
fn identity(object: &Object) -> Option<Identity<'_>> {
    if matches!(object.body(), Body::Kustomization(_)) {
        return None;
    }
    let name = object.node().at(&["metadata", "name"])?.text()?;
    let namespace = object.namespace();
    if name.is_empty() || is_placeholder(name) || namespace.is_some_and(is_placeholder) {
        return None;
    }
    let moved_to = removed(object.api_version(), object.kind()).and_then(|row| row.replacement);
    let group = moved_to.map_or(object.group(), |version| {
        version.split_once('/').map_or("", |(group, _)| group)
    });
    Some((group, object.kind(), namespace, name))
}

impl Inventory {
    /// Why two objects reach the cluster together, where the files say so.
    pub fn together(&self, one: &Object, other: &Object) -> Option<Together> {
        if one.source() == other.source() {
            return Some(Together::File);
        }
        let builds = |object| {
            let builds = self.builds.resources.get(&self.id(object)?)?;
            Some(builds.as_slice())
        };
        let others = builds(other).unwrap_or_default();
        if builds(one)
            .unwrap_or_default()
            .iter()
            .any(|build| others.contains(build))
        {
            return Some(Together::Kustomization);
        }
        let in_plain_directory = |entry: &Entry| !self.builds.scopes.contains(&entry.scope);
        (self.same_scope(one, other) && self.entry(one).is_some_and(in_plain_directory))
            .then_some(Together::Directory)
    }

    /// The manifests of the same group, kind, namespace and name that are applied together with this
    /// one, where it is the second of them. A namespace that is left out is no other object's
    /// namespace.
    pub fn repeated(&self, object: &Object) -> Option<Repeated<'_>> {
        let id = self.id(object)?;
        let found = self.namesakes.earlier.get(&id)?;
        let later = self.namesakes.later.get(found)?;
        let rest = later.strip_prefix(&[id])?;
        let of = |id: &ObjectId| Some(&self.get(*id)?.object);
        Some(Repeated {
            first: of(&found.0)?,
            rest: rest.iter().filter_map(of).collect(),
            together: found.1,
        })
    }
}
