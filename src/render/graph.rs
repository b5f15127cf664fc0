//! Which kustomization takes in what, and what keeps one from being built.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::dialect::understood;
use super::fields::{self, is_elsewhere, items, values};
use super::files::Files;
use crate::discover::{KUSTOMIZATION_NAMES, normal};
use crate::kube::models::kustomization::is_inline;
use crate::source::{SourceId, read_text};
use crate::units::SizeLimit;
use crate::yaml::{self, Content, Node, NodeId, Tree};

/// Fields that list files and folders whose objects it takes in.
const TAKEN_IN: [&str; 3] = ["resources", "bases", "components"];
/// Fields whose files are programs to run, unless they are kustomize's own.
const PLUGINS: [&str; 3] = ["generators", "transformers", "validators"];
const FUNCTIONS: [&str; 2] = ["config.kubernetes.io/function", "config.k8s.io/function"];

/// A kustomization on disk.
#[derive(Debug)]
pub(super) struct Kustomization {
    pub(super) source: SourceId,
    pub(super) tree: Arc<Tree>,
    pub(super) directory: PathBuf,
    /// The kustomization file itself.
    file: PathBuf,
    /// `resources` and `bases`, in order.
    pub(super) resources: Vec<Reference>,
    pub(super) components: Vec<Reference>,
    /// Every other file it reads. Canonical.
    others: BTreeSet<PathBuf>,
    /// Those of them that change resources. Canonical.
    changes: BTreeSet<PathBuf>,
    /// Whatever it names in its repository, by the way that it names.
    paths: Vec<PathBuf>,
    obstacle: Option<String>,
}

/// An entry of `resources` or `components`.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) entry: NodeId,
    /// Canonical.
    pub(super) target: PathBuf,
}

/// Every kustomization in view, and whatever these take in.
#[derive(Debug, Default)]
pub(super) struct Graph {
    by_directory: BTreeMap<PathBuf, Kustomization>,
    /// Directories that others take in and whose kustomization is not known, and what to say of it
    /// unless that is left to kustomize.
    unknown: BTreeMap<PathBuf, Option<String>>,
}

/// All that one kustomization is built of.
#[derive(Debug, Default)]
pub(super) struct Closure {
    pub(super) directories: BTreeSet<PathBuf>,
    /// All files but the kustomizations themselves.
    pub(super) files: BTreeSet<PathBuf>,
    /// Those of them that are resources.
    pub(super) resources: BTreeSet<PathBuf>,
    /// Those of them that change resources.
    pub(super) changes: BTreeSet<PathBuf>,
    /// Whatever is named on the way, which need not exist. Absolute.
    pub(super) paths: BTreeSet<PathBuf>,
    /// Why it is not built.
    pub(super) obstacle: Option<String>,
}

impl Closure {
    /// How much it holds.
    pub(super) fn size(&self) -> usize {
        self.directories.len() + self.files.len() + self.paths.len()
    }

    /// The first obstacle on the way counts.
    fn meet(&mut self, obstacle: Option<&String>) {
        if self.obstacle.is_none() {
            self.obstacle = obstacle.cloned();
        }
    }
}

impl Graph {
    /// The graph of all kustomizations among the sources.
    pub(super) fn of(files: &mut Files<'_>) -> Self {
        let mut graph = Self::default();
        let directories: Vec<PathBuf> = files
            .sources
            .iter()
            .filter(|source| !source.is_ingredient())
            .filter_map(|source| files.path(source.id()))
            .filter(|path| {
                path.file_name()
                    .is_some_and(|name| KUSTOMIZATION_NAMES.iter().any(|known| name == *known))
            })
            .filter_map(|path| path.parent().map(Path::to_owned))
            .collect();
        for directory in directories {
            graph.load(&directory, None, files);
        }
        graph
    }

    /// Whether a file is the kustomization of its directory.
    pub(super) fn is_kustomization(&self, file: &Path) -> bool {
        file.parent()
            .and_then(|directory| self.get(directory))
            .is_some_and(|it| file.file_name() == it.file.file_name())
    }

    pub(super) fn get(&self, directory: &Path) -> Option<&Kustomization> {
        self.by_directory.get(directory)
    }

    /// The directories of what is built: no other kustomization takes it in, and it is no component.
    pub(super) fn tops(&self) -> Vec<PathBuf> {
        let taken_in: BTreeSet<&Path> = self
            .by_directory
            .values()
            .flat_map(|it| {
                let references = it.resources.iter().chain(&it.components);
                let targets = references.map(|reference| reference.target.as_path());
                targets.chain(it.others.iter().map(PathBuf::as_path))
            })
            .collect();
        self.by_directory
            .iter()
            .filter(|(directory, it)| !it.is_component() && !taken_in.contains(directory.as_path()))
            .map(|(directory, _)| directory.clone())
            .collect()
    }

    /// All that the kustomization in a directory is built of; `None` where that is more than so many
    /// folders, files and paths.
    pub(super) fn closure(&self, directory: &Path, most: usize) -> Option<Closure> {
        let mut closure = Closure::default();
        self.extend(&mut closure, directory, most)
            .then_some(closure)
    }

    /// Takes in what a directory is built of, but for directories that were taken in before. Whether it
    /// is all of it: it ends where there is more than `most`.
    pub(super) fn extend(&self, closure: &mut Closure, directory: &Path, most: usize) -> bool {
        let mut todo = vec![directory];
        while let Some(directory) = todo.pop() {
            if closure.size() > most {
                return false;
            }
            let Some(it) = self.get(directory) else {
                closure.files.insert(directory.to_owned());
                closure.resources.insert(directory.to_owned());
                if let Some(obstacle) = self.unknown.get(directory) {
                    closure.meet(obstacle.as_ref());
                    let names = KUSTOMIZATION_NAMES.iter();
                    closure.paths.extend(names.map(|name| directory.join(name)));
                }
                continue;
            };
            if !closure.directories.insert(directory.to_owned()) {
                continue;
            }
            closure.meet(it.obstacle.as_ref());
            closure.files.extend(it.others.iter().cloned());
            closure.changes.extend(it.changes.iter().cloned());
            closure.paths.extend(it.paths.iter().cloned());
            let taken_in = it.resources.iter().chain(&it.components);
            todo.extend(taken_in.map(|reference| reference.target.as_path()));
        }
        closure.size() <= most
    }

    /// Loads a kustomization and what it takes in. `near` is a file of the same repository.
    fn load(&mut self, directory: &Path, near: Option<SourceId>, files: &mut Files<'_>) {
        let mut todo = vec![(directory.to_owned(), near)];
        while let Some((directory, near)) = todo.pop() {
            let is_known = self.by_directory.contains_key(&directory);
            if is_known || self.unknown.contains_key(&directory) {
                continue;
            }
            let it = match Kustomization::read(&directory, near, files) {
                Ok(it) => it,
                Err(obstacle) => {
                    // What others take in is looked at once more, and more closely.
                    if near.is_some() && directory.is_dir() {
                        self.unknown.insert(directory, obstacle);
                    }
                    continue;
                }
            };
            let taken_in = it.resources.iter().chain(&it.components);
            let targets = taken_in.map(|reference| reference.target.clone());
            let plugins = it.others.iter().filter(|path| path.is_dir()).cloned();
            todo.extend(targets.chain(plugins).map(|path| (path, Some(it.source))));
            self.by_directory.insert(directory, it);
        }
    }
}

impl Kustomization {
    /// The error is what keeps from rendering what takes this in; `None` leaves it to kustomize to
    /// complain.
    fn read(
        directory: &Path,
        near: Option<SourceId>,
        files: &mut Files<'_>,
    ) -> Result<Self, Option<String>> {
        let mut candidates = KUSTOMIZATION_NAMES.iter().filter_map(|name| {
            let path = directory.join(name);
            path.is_file().then(|| std::fs::canonicalize(path).ok())?
        });
        let path = candidates.next().ok_or(None)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !files.may_read(&path) {
            return Err(Some(format!("`{name}` leads out of the repository")));
        }
        let source = match near {
            Some(near) => files.get(&path, near),
            None => files.known(&path),
        };
        let unread = || Some(format!("a `{name}` that it takes in cannot be read"));
        let source = source.ok_or_else(unread)?;
        let text = files.source(source).text().clone();
        let tree = Arc::new(only_tree(&text, &name, near.is_some())?);
        let root = tree.root();
        let resources = references(directory, root, &["resources", "bases"], files);
        let components = references(directory, root, &["components"], files);
        let (plugin_paths, is_program) = plugins(root, directory, files);
        let mut others = fields::paths(root);
        others.extend(plugin_paths);
        let obstacle = understood(&text).err().map(str::to_owned);
        let obstacle = obstacle
            .or_else(|| self::obstacle(root, directory, &others, files))
            .or(is_program);
        let paths = entries(root, &TAKEN_IN).chain(others.iter().map(String::as_str));
        let paths = paths.map(|path| normal(&directory.join(path))).collect();
        let others = others
            .iter()
            .filter_map(|path| local(directory, path, files));
        let changes = fields::changes(root);
        let changes = changes
            .iter()
            .filter_map(|path| local(directory, path, files));
        Ok(Self {
            source,
            directory: directory.to_owned(),
            file: path,
            resources,
            components,
            others: others.collect(),
            changes: changes.collect(),
            paths,
            obstacle,
            tree,
        })
    }

    pub(super) fn root(&self) -> Node<'_> {
        self.tree.root()
    }

    fn is_component(&self) -> bool {
        values(self.root(), "kind").any(|kind| kind.text() == Some("Component"))
    }
}

/// The document of a kustomization; the error is as that of [`Kustomization::read`].
fn only_tree(text: &Arc<str>, name: &str, is_taken_in: bool) -> Result<Tree, Option<String>> {
    let mut trees = trees(text);
    if trees.len() > 1 {
        return Err(Some(format!(
            "a `{name}` that it takes in has several documents"
        )));
    }
    let is_kustomization = |tree: &Tree| tree.root().is_mapping() && !is_of_others(tree.root());
    let tree = trees.pop().filter(is_kustomization);
    // By itself it is none of kustomize's files, or no YAML. Where another one takes it in,
    // kustomize may read more of it.
    tree.ok_or_else(|| {
        is_taken_in.then(|| format!("a `{name}` that it takes in is not understood"))
    })
}

/// The documents of a text that can be read.
pub(super) fn trees(text: &Arc<str>) -> Vec<Tree> {
    let documents = yaml::parse(text).documents.into_iter();
    documents
        .filter_map(|document| match document.content {
            Content::Tree(tree) => Some(tree),
            Content::Empty | Content::Broken(_) => None,
        })
        .collect()
}

/// Flux has a kind of this name, too.
fn is_of_others(root: Node<'_>) -> bool {
    let mut versions = values(root, "apiVersion").filter_map(Node::text);
    versions.any(|it| !it.starts_with("kustomize.config.k8s.io/"))
}

/// The texts of fields that are lists.
fn entries<'t>(root: Node<'t>, fields: &[&str]) -> impl Iterator<Item = &'t str> {
    let lists = fields.iter().flat_map(move |field| items(root, field));
    lists.filter_map(Node::text)
}

/// What a path leads to, as kustomize goes it, where that exists and may be read.
fn local(directory: &Path, path: &str, files: &Files<'_>) -> Option<PathBuf> {
    let target = std::fs::canonicalize(normal(&directory.join(path))).ok()?;
    files.may_read(&target).then_some(target)
}

/// Local files and folders that exist.
fn references(
    directory: &Path,
    root: Node<'_>,
    fields: &[&str],
    files: &Files<'_>,
) -> Vec<Reference> {
    let entries = fields.iter().flat_map(|field| items(root, field));
    entries
        .filter_map(|entry| {
            let path = entry.text().filter(|path| !is_elsewhere(path))?;
            Some(Reference {
                entry: entry.id(),
                target: local(directory, path, files)?,
            })
        })
        .collect()
}

/// What keeps a kustomization from being built, by itself; `others` is what it names beside what it
/// takes in.
fn obstacle(
    root: Node<'_>,
    directory: &Path,
    others: &[String],
    files: &Files<'_>,
) -> Option<String> {
    let named = || entries(root, &TAKEN_IN).chain(others.iter().map(String::as_str));
    if let Some(remote) = named().find(|path| is_elsewhere(path)) {
        return Some(format!("it takes in something remote (`{remote}`)"));
    }
    let is_outside = |path: &&str| leads_out(directory, path, files);
    if let Some(outside) = named().find(is_outside) {
        return Some(format!(
            "it takes in something outside of the repository (`{outside}`)"
        ));
    }
    let mut charts = ["helmCharts", "helmChartInflationGenerator"].into_iter();
    charts
        .find(|field| values(root, field).next().is_some())
        .map(|field| format!("it renders Helm charts (`{field}`)"))
}

/// Whether a path leads out of what may be read, whether there is something or not: the files that
/// kustomize sees have more folders above them, so that a path with too many `..` leads elsewhere there.
fn leads_out(directory: &Path, path: &str, files: &Files<'_>) -> bool {
    let mut at = directory.to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir if !at.pop() => return true,
            Component::CurDir | Component::ParentDir => {}
            other => at.push(other),
        }
    }
    !files.may_read(&at) || std::fs::canonicalize(at).is_ok_and(|target| !files.may_read(&target))
}

/// The files that the plugins of a kustomization name, and what they are where kustomize would start
/// a program for them.
fn plugins(root: Node<'_>, directory: &Path, files: &Files<'_>) -> (Vec<String>, Option<String>) {
    let (mut paths, mut program) = (Vec::new(), None);
    for field in PLUGINS {
        for entry in items(root, field).map(Node::text) {
            let configurations = configurations(entry, directory, files);
            let what = match &configurations {
                Some(trees) if trees.iter().any(is_program) => Some("it runs a plugin"),
                Some(_) => None,
                None => Some("it has a plugin that is not understood"),
            };
            for tree in configurations.iter().flatten() {
                paths.extend(fields::plugin_paths(tree.root()));
            }
            program = program.or_else(|| {
                what.map(|what| match entry.filter(|text| !is_inline(text)) {
                    Some(name) => format!("{what} (`{name}` of `{field}`)"),
                    None => format!("{what} (given in `{field}`)"),
                })
            });
        }
    }
    (paths, program)
}

/// What an entry of a plugin field, a file or the text itself, configures. `None` where nobody knows:
/// a folder is a kustomization whose results may be anything, and kustomize reads an entry as text
/// first, and as the name of a file where that fails.
fn configurations(entry: Option<&str>, directory: &Path, files: &Files<'_>) -> Option<Vec<Tree>> {
    let entry = entry?;
    let text = if is_inline(entry) {
        entry.to_owned()
    } else {
        let file = local(directory, entry, files).filter(|_| is_plain_path(entry))?;
        read_text(&file, SizeLimit::default()).ok()?
    };
    let trees = understood(&text.into()).ok()?;
    (!trees.is_empty() && !trees.iter().any(is_ambiguous)).then_some(trees)
}

/// Whether an entry is nothing but the name of a file to everybody.
fn is_plain_path(entry: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || "._-/".contains(letter);
    entry.chars().all(is_plain)
}

/// Whether it may configure something else than it seems to: a list of more, or with keys given twice.
fn is_ambiguous(tree: &Tree) -> bool {
    let root = tree.root();
    let mut kinds = values(root, "kind").filter_map(Node::text);
    kinds.any(|kind| kind.ends_with("List"))
        || values(root, "items").next().is_some()
        || !tree.duplicate_keys().is_empty()
}

/// Whether kustomize would start a program for this configuration.
fn is_program(tree: &Tree) -> bool {
    let root = tree.root();
    let text = |key| root.get(key).and_then(Node::text);
    let annotation = |key: &&str| root.at(&["metadata", "annotations", key]).is_some();
    text("apiVersion") != Some("builtin")
        || text("kind") == Some("HelmChartInflationGenerator")
        || FUNCTIONS.iter().any(annotation)
}
