//! How near two objects stand, and whose copy an object belongs to.
//!
//! One name is given to many objects in a repository: samples, variants of an installation, overlays.
//! What is said of an object rests on those near it: of its file, then of its directory, then of its
//! scope. An object elsewhere may only silence a rule, and not even that where it belongs to a copy:
//! where a copy of its target, an object of the same kind and name, stands in its own scope. Within a
//! scope, an object with a copy of its target in its own file or directory counts as elsewhere.
//!
//! What is rendered, and what is read from standard input, is a view of its own: nothing of another
//! view belongs to it.

use std::collections::{HashMap, HashSet};

use super::{Entry, Inventory, ObjectId, Standing};
use crate::kube::Object;
use crate::source::{Scope, Source, Sources};

/// How near two objects stand to each other. The nearest is the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nearness {
    /// In one file.
    File,
    /// In one directory, and deployed together as far as files can tell.
    Directory,
    /// Deployed together, as far as files can tell.
    Scope,
    /// Nothing says that they are deployed together.
    Elsewhere,
}

impl Nearness {
    /// Whether the two are deployed together, as far as files can tell: a rule may speak because of it,
    /// and point at it.
    pub fn is_near(self) -> bool {
        self < Self::Elsewhere
    }
}

/// How an object and its target belong together: a Service and a workload that it selects, an autoscaler
/// and the workload that it scales, a rule for a host and the Service of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relation {
    /// How near they stand.
    pub nearness: Nearness,
    /// Both name their namespace, and it is one.
    pub same_named_namespace: bool,
    /// The match does not hang on a placeholder.
    pub certain: bool,
}

impl Relation {
    /// Whether a rule about presence may rest on it.
    pub fn is_firm(self) -> bool {
        self.is_near() && self.certain
    }

    /// Whether the two are deployed together, as far as files can tell.
    pub fn is_near(self) -> bool {
        self.nearness.is_near()
    }

    fn of(object: &Spot, target: &Spot, nearness: Nearness, certain: bool) -> Self {
        let namespaces = (object.namespace, target.namespace);
        Self {
            nearness,
            same_named_namespace: namespaces.0.is_some() && namespaces.0 == namespaces.1,
            certain,
        }
    }
}

/// Which view of the objects a source belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum View {
    /// The files as they are.
    Files,
    /// What is rendered from some of them.
    Rendered,
    /// Standard input that stands for no file.
    Stdin,
}

impl View {
    pub(super) fn of(source: &Source) -> Self {
        if source.origin().is_some() {
            Self::Rendered
        } else if source.is_unnamed() {
            Self::Stdin
        } else {
            Self::Files
        }
    }
}

/// What is deployed together: a scope of one view.
type Home<'a> = (&'a Scope, View);

fn home(entry: &Entry) -> Home<'_> {
    (&entry.scope, entry.view)
}

/// A number for each of many things that are compared often.
struct Numbers<K>(HashMap<K, u32>);

impl<K: Eq + std::hash::Hash> Numbers<K> {
    fn of(&mut self, key: K) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        *self.0.entry(key).or_insert(next)
    }
}

/// Where one object stands and what it is, in numbers.
#[derive(Clone, Copy, Debug)]
struct Spot {
    source: u32,
    directory: u32,
    home: u32,
    /// The kustomizations that lead to one another.
    family: u32,
    view: View,
    /// Kind and name.
    title: u32,
    namespace: Option<u32>,
}

/// A place that may hold copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Source(u32),
    Directory(u32),
    Home(u32),
    Family(u32),
}

/// Where every object stands, and which copies stand where.
#[derive(Debug, Default)]
pub(super) struct Spots {
    /// By the number of the object.
    all: Vec<Spot>,
    /// By name, then by kind.
    titles: HashMap<String, HashMap<String, u32>>,
    /// Which titles stand in a place.
    held: HashSet<(Place, u32)>,
    /// The same, with the namespace.
    held_in: HashSet<(Place, u32, Option<u32>)>,
    /// The homes in which something stands twice.
    varied: HashSet<u32>,
}

impl Spots {
    pub(super) fn of(inventory: &Inventory, sources: &Sources) -> Self {
        let mut spots = Self::default();
        let mut directories = Numbers(HashMap::new());
        let mut homes = Numbers(HashMap::new());
        let mut families = Numbers(HashMap::new());
        let mut namespaces = Numbers(HashMap::new());
        let mut count = 0;
        for entry in &inventory.entries {
            let object = &entry.object;
            let path = sources.get(object.source()).root_path();
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let home = home(entry);
            let family = inventory.builds.families.get(&entry.scope);
            let family = family.map_or(Err(home), |family| Ok((*family, entry.view)));
            let spot = Spot {
                source: object.source().0,
                directory: directories.of((home, folder)),
                home: homes.of(home),
                family: families.of(family),
                view: entry.view,
                title: spots.title(object, &mut count),
                namespace: entry.namespace.as_deref().map(|it| namespaces.of(it)),
            };
            spots.all.push(spot);
            if entry.standing != Standing::Patch {
                spots.take_note(&spot);
            }
        }
        spots
    }

    fn take_note(&mut self, spot: &Spot) {
        for place in [
            Place::Source(spot.source),
            Place::Directory(spot.directory),
            Place::Home(spot.home),
            Place::Family(spot.family),
        ] {
            let is_new = self.held.insert((place, spot.title));
            self.held_in.insert((place, spot.title, spot.namespace));
            if let (Place::Home(home), false) = (place, is_new) {
                self.varied.insert(home);
            }
        }
    }

    fn title(&mut self, object: &Object, count: &mut u32) -> u32 {
        let kinds = self.titles.entry(object.name().to_owned()).or_default();
        *kinds.entry(object.kind().to_owned()).or_insert_with(|| {
            let number = *count;
            *count = count.saturating_add(1);
            number
        })
    }

    fn get(&self, id: ObjectId) -> Option<&Spot> {
        self.all.get(id.index())
    }

    /// Whether a place holds an object of this title that may be in this namespace.
    fn holds(&self, place: Place, title: u32, namespace: Option<u32>) -> bool {
        let is_in = |namespace| self.held_in.contains(&(place, title, namespace));
        match namespace {
            None => self.held.contains(&(place, title)),
            Some(_) => is_in(None) || is_in(namespace),
        }
    }

    fn nearness(one: &Spot, other: &Spot) -> Option<Nearness> {
        if one.source == other.source {
            return Some(Nearness::File);
        }
        if one.directory == other.directory {
            return Some(Nearness::Directory);
        }
        if one.home == other.home {
            return Some(Nearness::Scope);
        }
        let are_apart = one.view != View::Files && other.view != View::Files;
        (!are_apart).then_some(Nearness::Elsewhere)
    }

    /// Whether an object of this title stands nearer to `from` than `nearness`: for something of `to`.
    fn has_nearer(&self, from: &Spot, to: &Spot, title: u32, nearness: Nearness) -> bool {
        let holds = |place| self.holds(place, title, from.namespace);
        match nearness {
            Nearness::File => false,
            Nearness::Directory => holds(Place::Source(from.source)),
            Nearness::Scope => holds(Place::Directory(from.directory)),
            Nearness::Elsewhere => {
                holds(Place::Home(from.home))
                    || from.family != to.family && holds(Place::Family(from.family))
            }
        }
    }

    /// How near an object and its target stand. Where the object belongs to a copy of the target, one of
    /// the same scope counts as far, since the two may be deployed together, and another not at all.
    fn relate(&self, object: &Spot, target: &Spot) -> Option<Nearness> {
        let nearness = Self::nearness(object, target)?;
        if !self.has_nearer(object, target, target.title, nearness) {
            return Some(nearness);
        }
        nearness.is_near().then_some(Nearness::Elsewhere)
    }
}

impl Inventory {
    /// How near two objects stand; `None` where each belongs to a view of its own.
    pub fn nearness(&self, one: &Object, other: &Object) -> Option<Nearness> {
        let (one, other) = (self.id(one)?, self.id(other)?);
        Spots::nearness(self.spots.get(one)?, self.spots.get(other)?)
    }

    /// Whether two objects are deployed together, as far as files can tell.
    pub fn same_scope(&self, one: &Object, other: &Object) -> bool {
        match (self.entry(one), self.entry(other)) {
            (Some(one), Some(other)) => home(one) == home(other),
            _ => false,
        }
    }

    /// Whether two objects are of one repository.
    pub fn same_repository(&self, one: &Object, other: &Object) -> bool {
        match (self.entry(one), self.entry(other)) {
            (Some(one), Some(other)) => one.repository == other.repository,
            _ => false,
        }
    }

    /// How an object belongs to its target; `None` where it belongs to a copy of the target in its own
    /// scope, or each to a view of its own. Every question about what objects are to each other
    /// comes through here.
    pub(super) fn relate(
        &self,
        object: ObjectId,
        target: ObjectId,
        certain: bool,
    ) -> Option<Relation> {
        let (object, target) = (self.spots.get(object)?, self.spots.get(target)?);
        let nearness = self.spots.relate(object, target)?;
        Some(Relation::of(object, target, nearness, certain))
    }

    /// As [`relate`](Self::relate), of all objects that stand where these do.
    pub(super) fn relate_alike(
        &self,
        object: ObjectId,
        target: ObjectId,
        certain: bool,
    ) -> Option<Relation> {
        let (object, target) = (self.spots.get(object)?, self.spots.get(target)?);
        let nearness = Spots::nearness(object, target)?.max(Nearness::Scope);
        Some(Relation::of(object, target, nearness, certain))
    }

    /// Whether an object that stands elsewhere than `other` has what it speaks of beside it: what it says
    /// is then for that.
    pub(super) fn is_of_copy(&self, object: ObjectId, other: ObjectId, title: Title) -> bool {
        let both = self.spots.get(object).zip(self.spots.get(other));
        both.is_some_and(|(object, other)| {
            let nearness = Spots::nearness(object, other);
            nearness.is_none_or(|nearness| {
                nearness == Nearness::Elsewhere
                    && self.spots.has_nearer(object, other, title.0, nearness)
            })
        })
    }

    /// Whether something of this title stands beside the object.
    pub(super) fn has_own(&self, object: ObjectId, title: Title) -> bool {
        self.spots.get(object).is_some_and(|spot| {
            let place = Place::Home(spot.home);
            self.spots.holds(place, title.0, spot.namespace)
        })
    }

    /// Whether, beside the object, something stands there twice: what belongs to whom then differs from
    /// file to file.
    pub(super) fn has_variants(&self, object: ObjectId) -> bool {
        let home = self.spots.get(object).map(|spot| spot.home);
        home.is_some_and(|home| self.spots.varied.contains(&home))
    }

    /// What an object is called.
    pub(super) fn title(&self, id: ObjectId) -> Option<Title> {
        self.spots.get(id).map(|spot| Title(spot.title))
    }

    /// What something of this kind and name is called, where there is any.
    pub(super) fn title_of(&self, kind: &str, name: &str) -> Option<Title> {
        self.spots.titles.get(name)?.get(kind).copied().map(Title)
    }

    /// The directory that an object stands in, as a number.
    pub(super) fn directory(&self, id: ObjectId) -> Option<u32> {
        self.spots.get(id).map(|spot| spot.directory)
    }

    /// What is deployed together with an object, as a number.
    pub(super) fn home(&self, id: ObjectId) -> Option<u32> {
        self.spots.get(id).map(|spot| spot.home)
    }

    /// What is deployed to one namespace together with an object.
    pub(super) fn place(&self, id: ObjectId) -> Option<(u32, Option<u32>)> {
        self.spots.get(id).map(|spot| (spot.home, spot.namespace))
    }
}

/// A kind and a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Title(u32);
