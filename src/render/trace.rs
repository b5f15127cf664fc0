//! What set each value of a built object: the built tree is laid over every layer it was made of.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::layers::{Aim, Layer, Piece};
use crate::source::{Location, Span};
use crate::yaml::{Entry, Node, NodeId};

/// Lists longer than this are matched by position only.
const MAX_ITEMS: usize = 100;

/// A place that says something of a node.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    value: Location,
    key: Option<Location>,
    /// Whether it says what was built. For a collection: whether it is one of the same kind.
    agrees: bool,
}

/// The built node at a JSON pointer.
struct Pointed<'t> {
    node: Node<'t>,
    /// Whether a position in some list led there.
    by_position: bool,
    /// The list whose element it is.
    list: Option<Node<'t>>,
}

/// What part a layer plays.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Manifest,
    Patch(Aim),
}

impl Role {
    /// Whether a value that is not what was built means that something else set it later. Where a
    /// target says what a patch is for, what the patch calls itself means nothing.
    fn speaks_of(self, value: Node<'_>) -> bool {
        match self {
            Self::Manifest => true,
            Self::Patch(Aim::Sure) => !names_the_object(&value.path()),
            Self::Patch(Aim::Possible) => false,
        }
    }
}

/// The built object while layer upon layer is laid under it.
pub(super) struct Trace<'t> {
    built: Node<'t>,
    /// By built node, in the order in which the layers take effect.
    candidates: HashMap<NodeId, Vec<Candidate>>,
    /// Nodes of the manifest that the object started as, and what became of them.
    became: HashMap<NodeId, Node<'t>>,
    manifest: Option<Piece>,
}

impl<'t> Trace<'t> {
    pub(super) fn new(built: Node<'t>, manifest: Option<Piece>) -> Self {
        let mut trace = Self {
            built,
            candidates: HashMap::new(),
            became: HashMap::new(),
            manifest: manifest.clone(),
        };
        if let Some(piece) = manifest {
            trace.lay(&piece, built, (None, piece.node()), Role::Manifest);
        }
        trace
    }

    pub(super) fn add(&mut self, layer: &Layer) {
        match layer {
            Layer::Merge(piece, aim) => {
                let role = Role::Patch(*aim);
                self.lay(piece, self.built, (None, piece.node()), role);
            }
            Layer::Operations(piece, aim) => {
                for operation in piece.node().items().map(Node::resolved) {
                    self.operate(piece, operation, *aim);
                }
            }
            Layer::Settings(piece) => self.settle(piece),
        }
    }

    /// Every node of the built object with its place; what cannot be traced has `fallback`.
    pub(super) fn places(&self, fallback: Location) -> Vec<(Span, Location)> {
        let mut places = Vec::new();
        let mut todo = vec![self.built];
        while let Some(node) = todo.pop() {
            let value = self.chosen(node).map_or(fallback, |it| it.value);
            places.push((node.span(), value));
            for entry in node.entries() {
                let chosen = self.chosen(entry.value);
                let key = chosen.map_or(fallback, |it| it.key.unwrap_or(it.value));
                places.push((entry.key.span(), key));
                todo.push(entry.value);
            }
            todo.extend(node.items());
        }
        places
    }

    /// What set a node: of a collection, where it starts; of a scalar, the first of those that say
    /// what the last one says. Silent where the last one says something else than was built.
    fn chosen(&self, node: Node<'_>) -> Option<Candidate> {
        let candidates = self.candidates.get(&node.id())?;
        if node.scalar().is_none() {
            return candidates.iter().find(|it| it.agrees).copied();
        }
        let agreeing = candidates.iter().rev().take_while(|it| it.agrees);
        agreeing.last().copied()
    }

    fn note(&mut self, built: Node<'t>, candidate: Candidate) {
        let candidates = self.candidates.entry(built.id()).or_default();
        candidates.push(candidate);
    }

    /// Lays a layer's node, and all below it, under a built node.
    fn lay(
        &mut self,
        piece: &Piece,
        built: Node<'t>,
        (key, value): (Option<Node<'_>>, Node<'_>),
        role: Role,
    ) {
        let mut todo = vec![(built, key, value)];
        while let Some((built, key, value)) = todo.pop() {
            if role == Role::Manifest {
                self.became.insert(value.id(), built);
            }
            let candidate = Candidate {
                value: piece.place(value),
                key: key.map(|key| piece.place(key)),
                agrees: agrees(built, value),
            };
            if candidate.agrees || role.speaks_of(value) {
                self.note(built, candidate);
            }
            for entry in built.entries() {
                if let Some(found) = value.entry(entry.key.key_text()) {
                    todo.push((entry.value, Some(found.key), found.value.resolved()));
                }
            }
            let pairs = pairs(built, value).into_iter();
            todo.extend(pairs.map(|(built, value)| (built, None, value)));
        }
    }

    /// Lays the value of an operation under the built node that its pointer leads to.
    fn operate(&mut self, piece: &Piece, operation: Node<'_>, aim: Aim) {
        let text = |key: &str| operation.get(key).and_then(Node::text);
        let (Some("add" | "replace"), Some(path)) = (text("op"), text("path")) else {
            return;
        };
        let Some(value) = operation.get("value") else {
            return;
        };
        let Some(found) = self.pointed_at(path) else {
            return;
        };
        // A position may mean another element by now; then the values differ.
        let built = if !found.by_position || says(found.node, value) {
            Some(found.node)
        } else {
            let items = found.list.into_iter().flat_map(Node::items);
            let mut saying = items.filter(|item| says(*item, value));
            saying.next().filter(|_| saying.next().is_none())
        };
        if let Some(built) = built {
            self.lay(piece, built, (None, value), Role::Patch(aim));
        }
    }

    fn pointed_at(&self, pointer: &str) -> Option<Pointed<'t>> {
        let mut built = self.built;
        let mut list = None;
        let manifest = self.manifest.clone();
        let mut raw = manifest.as_ref().map(Piece::node);
        let mut by_position = false;
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            list = Some(built).filter(|built| built.is_sequence());
            if built.is_sequence() {
                by_position = true;
                let index = token.parse::<usize>().ok();
                raw = index.and_then(|index| raw?.items().nth(index).map(Node::resolved));
                let known = raw.and_then(|raw| self.became.get(&raw.id()).copied());
                built = match (known, index) {
                    (Some(known), _) => known,
                    (None, Some(index)) => built.items().nth(index)?,
                    (None, None) => built.items().last()?,
                };
            } else {
                built = built.get(&token)?;
                raw = raw.and_then(|raw| raw.get(&token));
            }
        }
        Some(Pointed {
            node: built,
            by_position,
            list,
        })
    }

    /// Lays a kustomization's own settings under what they set.
    fn settle(&mut self, piece: &Piece) {
        let root = piece.node();
        let list = |key: &str| {
            let list = root.get(key).into_iter();
            list.flat_map(Node::items).map(Node::resolved)
        };
        let mut set: Vec<(Node<'t>, Node<'_>)> = Vec::new();
        let namespace = self.built.at(&["metadata", "namespace"]);
        set.extend(namespace.zip(root.get("namespace")));
        let replicas = self.built.at(&["spec", "replicas"]);
        set.extend(list("replicas").filter_map(|entry| {
            let name = self.built.at(&["metadata", "name"])?.text()?;
            let is_meant = name.contains(entry.get("name")?.text()?);
            replicas.zip(entry.get("count")).filter(|_| is_meant)
        }));
        let pairs = list("labels").filter_map(|it| it.get("pairs"));
        let labels: Vec<Node<'_>> = pairs.chain(root.get("commonLabels")).collect();
        let annotations: Vec<Node<'_>> = root.get("commonAnnotations").into_iter().collect();
        for (map, key) in self.maps() {
            let pairs = if key == "annotations" {
                &annotations
            } else {
                &labels
            };
            for pair in pairs.iter().flat_map(|pairs| pairs.entries()) {
                let built = map.get(pair.key.key_text());
                set.extend(built.map(|built| (built, pair.value)));
            }
        }
        set.retain(|(built, value)| built.text() == value.text());
        let images: Vec<Node<'_>> = list("images").collect();
        set.extend(self.images().filter_map(|built| image(built, &images)));
        for (built, value) in set {
            let candidate = Candidate {
                value: piece.place(value),
                key: None,
                agrees: true,
            };
            self.note(built, candidate);
        }
    }

    fn entries(&self) -> Vec<Entry<'t>> {
        let mut entries = Vec::new();
        let mut todo = vec![self.built];
        while let Some(node) = todo.pop() {
            for entry in node.entries() {
                todo.push(entry.value);
                entries.push(entry);
            }
            todo.extend(node.items());
        }
        entries
    }

    /// Every map of labels or annotations, with its key.
    fn maps(&self) -> impl Iterator<Item = (Node<'t>, &'t str)> + use<'t> {
        let maps = ["labels", "matchLabels", "selector", "annotations"];
        let entries = self.entries().into_iter();
        let keyed = entries.map(|entry| (entry.value, entry.key.key_text()));
        keyed.filter(move |(_, key)| maps.contains(key))
    }

    fn images(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let entries = self.entries().into_iter();
        let of_key = entries.filter(|entry| entry.key.key_text() == "image");
        of_key.map(|entry| entry.value)
    }
}

/// The entry of `images` that made an image what it is, by its narrowest node.
fn image<'t, 'k>(built: Node<'t>, images: &[Node<'k>]) -> Option<(Node<'t>, Node<'k>)> {
    let text = built.text()?;
    images.iter().find_map(|entry| {
        let field = |key: &str| Some((entry.get(key)?, entry.get(key)?.text()?));
        let (_, name) = field("newName").or_else(|| field("name"))?;
        let rest = text.strip_prefix(name)?;
        let made = |key: &str, sign: &str| {
            field(key).filter(|(_, value)| rest.ends_with(&format!("{sign}{value}")))
        };
        let (node, _) = made("digest", "@")
            .or_else(|| made("newTag", ":"))
            .or_else(|| field("newName").filter(|_| !rest.starts_with('/')))?;
        Some((built, node))
    })
}

/// Whether a layer's node says what was built. References follow the names that prefixes, suffixes
/// and hashes give.
fn agrees(built: Node<'_>, value: Node<'_>) -> bool {
    if built.scalar().is_none() || value.scalar().is_none() {
        return built.is_mapping() == value.is_mapping()
            && built.is_sequence() == value.is_sequence();
    }
    let is_renamed = match (built.text(), value.text()) {
        (Some(built_text), Some(text)) => {
            !text.is_empty() && built_text.contains(text) && is_name(&built.path())
        }
        _ => false,
    };
    // kustomize writes numbers its own way: 0644 becomes 420.
    built.text() == value.text() || built.scalar() == value.scalar() || is_renamed
}

/// Whether this is how a patch says which object it is for.
fn names_the_object(path: &str) -> bool {
    ["apiVersion", "kind", "metadata.name", "metadata.namespace"].contains(&path)
}

/// Whether kustomize keeps up what stands at this path when it renames objects.
fn is_name(path: &str) -> bool {
    let key = path.rsplit('.').next().unwrap_or_default();
    key == "name" || key == "service" || key.ends_with("Name")
}

/// Whether the built node says all that a layer's node says.
fn says(built: Node<'_>, value: Node<'_>) -> bool {
    let mut todo = vec![(built, value)];
    while let Some((built, value)) = todo.pop() {
        if !agrees(built, value) || built.items().count() < value.items().count() {
            return false;
        }
        for entry in value.entries() {
            match built.get(entry.key.key_text()) {
                Some(found) => todo.push((found, entry.value.resolved())),
                None => return false,
            }
        }
        let items = value.items().map(Node::resolved);
        todo.extend(built.items().zip(items));
    }
    true
}

/// By these the elements of a list are told apart; by which, is Kubernetes' choice for each list.
const MERGE_KEYS: [&str; 7] = [
    "name",
    "containerPort",
    "port",
    "mountPath",
    "devicePath",
    "topologyKey",
    "ip",
];

/// Which element of a layer's list became which element of a built list: those that have most in
/// common, and among equals those in the same place.
fn pairs<'t, 'v>(built: Node<'t>, value: Node<'v>) -> Vec<(Node<'t>, Node<'v>)> {
    let built: Vec<Node<'t>> = built.items().collect();
    let value: Vec<Node<'v>> = value.items().map(Node::resolved).collect();
    if let Some(pairs) = equal_scalars(&built, &value) {
        return pairs;
    }
    let same_length = built.len() == value.len();
    let is_long = built.len().max(value.len()) > MAX_ITEMS;
    let mut likely = Vec::new();
    for (at, one) in built.iter().enumerate() {
        for (other_at, other) in value.iter().enumerate() {
            let same_place = at == other_at;
            if is_long && !same_place {
                continue;
            }
            if let Some(like) = likeness(*one, *other, same_place && same_length) {
                likely.push((Reverse((like, same_place)), at, other_at));
            }
        }
    }
    likely.sort_unstable();
    let (mut taken, mut pairs) = (HashSet::new(), BTreeMap::new());
    for (_, at, other_at) in likely {
        if !pairs.contains_key(&at) && taken.insert(other_at) {
            pairs.insert(at, other_at);
        }
    }
    pairs
        .into_iter()
        .filter_map(|(at, other_at)| Some((*built.get(at)?, *value.get(other_at)?)))
        .collect()
}

/// As [`pairs`], for lists of nothing but scalars: those of one text, in the same place before others.
/// `None` for other lists.
fn equal_scalars<'t, 'v>(
    built: &[Node<'t>],
    value: &[Node<'v>],
) -> Option<Vec<(Node<'t>, Node<'v>)>> {
    let built_texts: Vec<&str> = built.iter().map(|it| it.text()).collect::<Option<_>>()?;
    let value_texts: Vec<&str> = value.iter().map(|it| it.text()).collect::<Option<_>>()?;
    let is_same = |at: usize| built_texts.get(at) == value_texts.get(at);
    let mut left: HashMap<&str, VecDeque<usize>> = HashMap::new();
    for (at, text) in value_texts.iter().enumerate() {
        if at >= built_texts.len() || !is_same(at) {
            left.entry(text).or_default().push_back(at);
        }
    }
    let mut pairs = Vec::new();
    for (at, (node, text)) in built.iter().zip(&built_texts).enumerate() {
        let other = if at < value_texts.len() && is_same(at) {
            Some(at)
        } else {
            left.get_mut(text).and_then(VecDeque::pop_front)
        };
        pairs.extend(other.and_then(|at| Some((*node, *value.get(at)?))));
    }
    Some(pairs)
}

/// How much two list elements have in common; `None` when they are different ones.
fn likeness(one: Node<'_>, other: Node<'_>, same_place: bool) -> Option<usize> {
    if one.scalar().is_some() || other.scalar().is_some() {
        return (one.text() == other.text() && one.text().is_some()).then_some(1);
    }
    let is_other = MERGE_KEYS.iter().any(|key| {
        let text = |node: Node<'_>| node.get(key)?.text().map(str::to_owned);
        matches!((text(one), text(other)), (Some(one), Some(other)) if one != other)
    });
    if is_other {
        return None;
    }
    let equal = one.entries().filter(|entry| {
        let found = other.get(entry.key.key_text());
        entry.value.text().is_some() && found.and_then(Node::text) == entry.value.text()
    });
    let equal = equal.count();
    (equal > 0 || same_place).then_some(equal)
}
