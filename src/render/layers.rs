//! What makes up one built object: the manifest it starts as, and every patch and setting of the
//! kustomizations on its way, in the order in which they take effect.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::Files;
use super::graph::{Graph, Kustomization, trees};
use super::manifests::Manifests;
use crate::kube::models::kustomization::is_inline;
use crate::source::{Location, SourceId};
use crate::yaml::{Node, NodeId, Tree, parse_embedded};

/// Kustomizations that take in each other come to an end.
const MAX_DEPTH: usize = 64;

/// A part of a file that says something of an object.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) source: SourceId,
    pub(super) tree: Arc<Tree>,
    pub(super) root: NodeId,
}

impl Piece {
    fn whole(source: SourceId, tree: Arc<Tree>) -> Self {
        let root = tree.root().id();
        Self { source, tree, root }
    }

    pub(super) fn node(&self) -> Node<'_> {
        self.tree.node(self.root)
    }

    pub(super) fn place(&self, node: Node<'_>) -> Location {
        Location {
            source: self.source,
            span: node.span(),
        }
    }
}

/// One step on the way.
#[derive(Clone, Debug)]
pub(super) enum Layer {
    /// A strategic merge patch.
    Merge(Piece, Aim),
    /// The operations of a JSON 6902 patch.
    Operations(Piece, Aim),
    /// `images`, `replicas`, `namespace`, labels and annotations of a kustomization.
    Settings(Piece),
}

/// Whether a patch is for an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    Sure,
    /// Patterns and selectors would have to be carried out to know.
    Possible,
}

/// Who an object is, before and after the build.
#[derive(Clone, Debug)]
pub(super) struct Who {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) raw: String,
    pub(super) built: String,
}

impl Who {
    fn is_named(&self, name: &str) -> bool {
        name == self.raw || name == self.built
    }
}

/// The manifests of a file by their kind.
type Kinds = HashMap<String, Manifests>;

/// Reads layers, each file once.
#[derive(Debug, Default)]
pub(super) struct Library {
    trees: HashMap<SourceId, Vec<Arc<Tree>>>,
    manifests: HashMap<SourceId, Arc<Kinds>>,
    /// The directories of those that speak of a file, by the build's top.
    speakers: HashMap<PathBuf, HashMap<PathBuf, Arc<[PathBuf]>>>,
    /// The documents of a patch entry, by the kustomization it stands in.
    patches: HashMap<(SourceId, NodeId), Arc<[Piece]>>,
}

impl Library {
    /// The documents of a file.
    pub(super) fn trees(&mut self, source: SourceId, files: &Files<'_>) -> Vec<Arc<Tree>> {
        self.trees
            .entry(source)
            .or_insert_with(|| {
                let trees = trees(files.source(source).text()).into_iter();
                trees.map(Arc::new).collect()
            })
            .clone()
    }

    /// The manifest in a file that an object of this kind, with this name after the build, starts
    /// as.
    pub(super) fn manifest(
        &mut self,
        source: SourceId,
        built: Node<'_>,
        files: &Files<'_>,
    ) -> Option<Piece> {
        let kind = built.get("kind")?.text()?;
        let name = name(built).unwrap_or_default();
        let kinds = self.kinds(source, files);
        let found = kinds.get(kind)?;
        found.becomes(name, namespace(built)).cloned()
    }

    fn kinds(&mut self, source: SourceId, files: &Files<'_>) -> Arc<Kinds> {
        if let Some(known) = self.manifests.get(&source) {
            return Arc::clone(known);
        }
        let mut kinds = Kinds::new();
        let trees = self.trees(source, files);
        for piece in trees.iter().flat_map(|tree| objects(source, tree)) {
            let name = name(piece.node()).unwrap_or_default().to_owned();
            if let Some(kind) = piece.node().get("kind").and_then(Node::text) {
                let kind = kind.to_owned();
                kinds.entry(kind).or_default().push(&name, piece);
            }
        }
        let kinds = Arc::new(kinds);
        self.manifests.insert(source, Arc::clone(&kinds));
        kinds
    }

    /// What the kustomizations between a file and the build's top say of an object in it.
    pub(super) fn layers(
        &mut self,
        (graph, top): (&Graph, &Path),
        file: &Path,
        who: &Who,
        files: &mut Files<'_>,
    ) -> Vec<Layer> {
        let speakers = self.speakers(graph, top, file);
        let mut layers = Vec::new();
        for kustomization in speakers.iter().filter_map(|it| graph.get(it)) {
            layers.extend(self.patches(kustomization, who, files));
            let own = Piece::whole(kustomization.source, Arc::clone(&kustomization.tree));
            layers.push(Layer::Settings(own));
        }
        layers
    }

    fn speakers(&mut self, graph: &Graph, top: &Path, file: &Path) -> Arc<[PathBuf]> {
        if let Some(known) = self.speakers.get(top).and_then(|it| it.get(file)) {
            return Arc::clone(known);
        }
        let speakers: Arc<[PathBuf]> = speakers(graph, top, file).into();
        let of_top = self.speakers.entry(top.to_owned()).or_default();
        of_top.insert(file.to_owned(), Arc::clone(&speakers));
        speakers
    }

    fn patches(&mut self, of: &Kustomization, who: &Who, files: &mut Files<'_>) -> Vec<Layer> {
        let mut layers = Vec::new();
        for key in ["patchesStrategicMerge", "patches", "patchesJson6902"] {
            let list = of.root().get(key).into_iter();
            for entry in list.flat_map(Node::items).map(Node::resolved) {
                let target = entry.get("target");
                let aim = target.map(|target| aim(target, who));
                if aim == Some(None) {
                    continue;
                }
                let pieces = self.pieces(of, entry, files);
                let pieces = pieces.iter();
                layers.extend(pieces.filter_map(|piece| layer(piece, aim.flatten(), who)));
            }
        }
        layers
    }

    /// The documents of a patch entry: a file or an inline text, alone or in a mapping.
    fn pieces(
        &mut self,
        of: &Kustomization,
        entry: Node<'_>,
        files: &mut Files<'_>,
    ) -> Arc<[Piece]> {
        let key = (of.source, entry.id());
        if let Some(known) = self.patches.get(&key) {
            return Arc::clone(known);
        }
        let pieces: Arc<[Piece]> = self.read_pieces(of, entry, files).into();
        self.patches.insert(key, Arc::clone(&pieces));
        pieces
    }

    fn read_pieces(
        &mut self,
        of: &Kustomization,
        entry: Node<'_>,
        files: &mut Files<'_>,
    ) -> Vec<Piece> {
        let bare = entry.text().map(|text| (entry, is_inline(text)));
        let inline = entry.get("patch").map(|node| (node, true));
        let file = entry.get("path").map(|node| (node, false));
        let Some((node, is_inline)) = bare.or(inline).or(file) else {
            return Vec::new();
        };
        if is_inline {
            let tree = parse_embedded(node).ok().flatten().map(Arc::new);
            return tree
                .map(|tree| Piece::whole(of.source, tree))
                .into_iter()
                .collect();
        }
        let path = node.text().map(|path| of.directory.join(path));
        let path = path.and_then(|path| std::fs::canonicalize(path).ok());
        let Some(source) = path.and_then(|path| files.get(&path, of.source)) else {
            return Vec::new();
        };
        self.trees(source, files)
            .into_iter()
            .map(|tree| Piece::whole(source, tree))
            .collect()
    }
}

/// The objects of a document; a list has several.
fn objects(source: SourceId, tree: &Arc<Tree>) -> Vec<Piece> {
    let root = tree.root();
    let is_list = root
        .get("kind")
        .and_then(Node::text)
        .is_some_and(|kind| kind.ends_with("List"));
    let piece = |node: Node<'_>| Piece {
        source,
        tree: Arc::clone(tree),
        root: node.id(),
    };
    match root.get("items").filter(|_| is_list) {
        Some(items) => items.items().map(Node::resolved).map(piece).collect(),
        None => vec![piece(root)],
    }
}

pub(super) fn name(node: Node<'_>) -> Option<&str> {
    node.at(&["metadata", "name"])?.text()
}

pub(super) fn namespace(node: Node<'_>) -> Option<&str> {
    node.at(&["metadata", "namespace"])?.text()
}

/// The directories of the kustomizations that say something of what stands in a file, in the order in
/// which they take effect.
pub(super) fn speakers(graph: &Graph, top: &Path, file: &Path) -> Vec<PathBuf> {
    let mut way = Way {
        graph,
        file,
        speakers: Vec::new(),
        asked: HashMap::new(),
        included: HashSet::new(),
    };
    way.speak(top, 0);
    let speakers = way.speakers.iter();
    speakers.map(|it| it.directory.clone()).collect()
}

/// A walk through the kustomizations between a top and a file. Each is asked once, on however many ways the top takes it in.
struct Way<'g, 'f> {
    graph: &'g Graph,
    file: &'f Path,
    speakers: Vec<&'g Kustomization>,
    /// Whether those that were asked hold the file.
    asked: HashMap<&'g Path, bool>,
    included: HashSet<&'g Path>,
}

impl Way<'_, '_> {
    /// Whether the kustomization in a directory holds the file.
    fn speak(&mut self, directory: &Path, depth: usize) -> bool {
        let Some(it) = self.graph.get(directory).filter(|_| depth < MAX_DEPTH) else {
            return false;
        };
        if let Some(holds) = self.asked.get(it.directory.as_path()) {
            return *holds;
        }
        // For those that take in each other.
        self.asked.insert(&it.directory, false);
        let is_own = self.file.parent() == Some(directory);
        let mut holds = is_own && self.graph.is_kustomization(self.file);
        for reference in &it.resources {
            let target = &reference.target;
            holds |= target == self.file || self.speak(target, depth + 1);
        }
        for reference in &it.components {
            if holds {
                self.include(&reference.target, depth + 1);
            } else {
                holds |= self.speak(&reference.target, depth + 1);
            }
        }
        if holds {
            self.speakers.push(it);
        }
        self.asked.insert(&it.directory, holds);
        holds
    }

    /// A component, after the components it includes.
    fn include(&mut self, directory: &Path, depth: usize) {
        let Some(it) = self.graph.get(directory).filter(|_| depth < MAX_DEPTH) else {
            return;
        };
        if !self.included.insert(&it.directory) {
            return;
        }
        for reference in &it.components {
            self.include(&reference.target, depth + 1);
        }
        self.speakers.push(it);
    }
}

/// Whether a patch's target is this object; `None` when it is not.
fn aim(target: Node<'_>, who: &Who) -> Option<Aim> {
    let mut aim = Aim::Sure;
    for entry in target.entries() {
        let text = entry.value.text().unwrap_or_default();
        let is_literal = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let (group, version) = match who.api_version.split_once('/') {
            Some((group, version)) => (group, version),
            None => ("", who.api_version.as_str()),
        };
        let is_own = match entry.key.key_text() {
            "kind" => text == who.kind,
            "name" => who.is_named(text),
            "group" => text == group,
            "version" => text == version,
            _ => false,
        };
        let is_decided = matches!(entry.key.key_text(), "kind" | "name" | "group" | "version");
        // Empty, it says nothing.
        if entry.value.text() == Some("") || is_own {
            continue;
        }
        if is_decided && is_literal {
            return None;
        }
        aim = Aim::Possible;
    }
    Some(aim)
}

/// A patch as a layer of an object: its target, or else the patch itself, says what it is for.
fn layer(piece: &Piece, aim: Option<Aim>, who: &Who) -> Option<Layer> {
    let node = piece.node();
    if node.is_sequence() {
        return aim.map(|aim| Layer::Operations(piece.clone(), aim));
    }
    let is_own = node.get("kind").and_then(Node::text) == Some(&who.kind)
        && name(node).is_some_and(|name| who.is_named(name));
    let aim = aim.or(is_own.then_some(Aim::Sure))?;
    Some(Layer::Merge(piece.clone(), aim))
}
