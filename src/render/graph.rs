//! Which kustomization takes in what, and what keeps one from being built.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::Files;
use crate::discover::KUSTOMIZATION_NAMES;
use crate::kube::models::kustomization::{is_inline, is_remote};
use crate::source::{ReadError, SourceId, read_text};
use crate::units::SizeLimit;
use crate::yaml::{self, Content, Node, NodeId, Tree};

/// Fields that list files, some of them folders.
const LISTS: [&str; 6] = [
    "crds",
    "configurations",
    "patchesStrategicMerge",
    "generators",
    "transformers",
    "validators",
];
/// Fields that list mappings with a file each, and where in these the files stand.
const LISTED: [(&str, &[&str]); 5] = [
    ("patches", &["path"]),
    ("patchesJson6902", &["path"]),
    ("replacements", &["path"]),
    ("configMapGenerator", &["files", "envs", "env"]),
    ("secretGenerator", &["files", "envs", "env"]),
];
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
    /// Every other file it reads.
    others: BTreeSet<PathBuf>,
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
}

/// All that one kustomization is built of.
#[derive(Debug, Default)]
pub(super) struct Closure {
    pub(super) directories: BTreeSet<PathBuf>,
    /// All files but the kustomizations themselves.
    pub(super) files: BTreeSet<PathBuf>,
    /// Why it is not built.
    pub(super) obstacle: Option<String>,
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

    /// All that the kustomization in a directory is built of.
    pub(super) fn closure(&self, directory: &Path) -> Closure {
        let mut closure = Closure::default();
        let mut todo = vec![directory];
        while let Some(directory) = todo.pop() {
            let Some(it) = self.get(directory) else {
                closure.files.insert(directory.to_owned());
                continue;
            };
            if !closure.directories.insert(directory.to_owned()) {
                continue;
            }
            closure.obstacle = closure.obstacle.or_else(|| it.obstacle.clone());
            closure.files.extend(it.others.iter().cloned());
            let taken_in = it.resources.iter().chain(&it.components);
            todo.extend(taken_in.map(|reference| reference.target.as_path()));
        }
        closure
    }

    /// Loads a kustomization and what it takes in. `near` is a file of the same repository.
    fn load(&mut self, directory: &Path, near: Option<SourceId>, files: &mut Files<'_>) {
        let mut todo = vec![(directory.to_owned(), near)];
        while let Some((directory, near)) = todo.pop() {
            if self.by_directory.contains_key(&directory) {
                continue;
            }
            let Some(it) = Kustomization::read(&directory, near, files) else {
                continue;
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
    fn read(directory: &Path, near: Option<SourceId>, files: &mut Files<'_>) -> Option<Self> {
        let mut candidates = KUSTOMIZATION_NAMES.iter().filter_map(|name| {
            let path = directory.join(name);
            path.is_file().then(|| std::fs::canonicalize(path).ok())?
        });
        let path = candidates.next()?;
        let source = match near {
            Some(near) => files.get(&path, near)?,
            None => files.known(&path)?,
        };
        let mut trees = trees(files.source(source).text());
        // Whatever kustomize says of it: this is none of its files, or it is no YAML.
        if trees.len() != 1 {
            return None;
        }
        let tree = Arc::new(trees.pop()?);
        let root = tree.root();
        let api = root.get("apiVersion").and_then(Node::text);
        if !root.is_mapping() || api.is_some_and(|it| !it.starts_with("kustomize.config.k8s.io/")) {
            return None;
        }
        let resources = references(directory, root, &["resources", "bases"]);
        let components = references(directory, root, &["components"]);
        let paths = other_paths(root);
        let others: BTreeSet<PathBuf> = paths
            .iter()
            .filter_map(|path| std::fs::canonicalize(directory.join(path)).ok())
            .collect();
        let obstacle = obstacle(root, directory, &paths);
        Some(Self {
            source,
            directory: directory.to_owned(),
            file: path,
            resources,
            components,
            others,
            obstacle,
            tree,
        })
    }

    pub(super) fn root(&self) -> Node<'_> {
        self.tree.root()
    }

    fn is_component(&self) -> bool {
        self.root()
            .get("kind")
            .is_some_and(|kind| kind.text() == Some("Component"))
    }
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

fn items<'t>(root: Node<'t>, key: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
    let list = root.get(key).into_iter();
    list.flat_map(Node::items).map(Node::resolved)
}

/// Local files and folders that exist.
fn references(directory: &Path, root: Node<'_>, keys: &[&str]) -> Vec<Reference> {
    keys.iter()
        .flat_map(|key| items(root, key))
        .filter_map(|entry| {
            let path = entry.text().filter(|path| !is_remote(path))?;
            Some(Reference {
                entry: entry.id(),
                target: std::fs::canonicalize(directory.join(path)).ok()?,
            })
        })
        .collect()
}

/// What the fields beside `resources`, `bases` and `components` name.
fn other_paths(root: Node<'_>) -> Vec<String> {
    let mut paths: Vec<String> = LISTS
        .iter()
        .flat_map(|key| items(root, key))
        .filter_map(Node::text)
        .filter(|text| !is_inline(text))
        .map(str::to_owned)
        .collect();
    for (list, fields) in LISTED {
        for item in items(root, list) {
            // kustomize 2 took the file of a patch itself.
            paths.extend(item.text().map(str::to_owned));
            for node in fields.iter().filter_map(|field| item.get(field)) {
                let files = node.items().map(Node::resolved).filter_map(Node::text);
                // `key=file` in generators.
                let bare = |text: &str| text.rsplit('=').next().unwrap_or(text).to_owned();
                paths.extend(node.text().into_iter().chain(files).map(bare));
            }
        }
    }
    let openapi = root.at(&["openapi", "path"]).and_then(Node::text);
    paths.extend(openapi.map(str::to_owned));
    paths
}

/// What keeps a kustomization from being built, by itself.
fn obstacle(root: Node<'_>, directory: &Path, others: &[String]) -> Option<String> {
    let taken_in = ["resources", "bases", "components"];
    let remote = taken_in
        .iter()
        .flat_map(|key| items(root, key))
        .filter_map(Node::text)
        .chain(others.iter().map(String::as_str))
        .find(|path| is_remote(path));
    if let Some(remote) = remote {
        return Some(format!("it takes in something remote (`{remote}`)"));
    }
    if let Some(key) = ["helmCharts", "helmChartInflationGenerator"]
        .into_iter()
        .find(|key| root.get(key).is_some())
    {
        return Some(format!("it renders Helm charts (`{key}`)"));
    }
    PLUGINS.iter().find_map(|key| {
        let entry = items(root, key).find(|entry| is_plugin(entry.text(), directory))?;
        let name = entry.text().filter(|text| !is_inline(text));
        Some(match name {
            Some(name) => format!("it runs a plugin (`{name}` of `{key}`)"),
            None => format!("it runs a plugin (given in `{key}`)"),
        })
    })
}

/// Whether an entry of a plugin field, a file or the text itself, asks for a program. A folder is a
/// kustomization whose results may be anything, and so may be what is too large to be looked at.
fn is_plugin(entry: Option<&str>, directory: &Path) -> bool {
    let Some(entry) = entry else {
        return true;
    };
    let text = if is_inline(entry) {
        entry.to_owned()
    } else {
        match read_text(&directory.join(entry), SizeLimit::default()) {
            Ok(text) => text,
            // A file that is not there is kustomize's to complain of.
            Err(ReadError::Io(_)) => return false,
            Err(_) => return true,
        }
    };
    trees(&text.into()).iter().any(|tree| {
        let root = tree.root();
        let text = |key| root.get(key).and_then(Node::text);
        let annotation = |key: &&str| root.at(&["metadata", "annotations", key]).is_some();
        text("apiVersion") != Some("builtin")
            || text("kind") == Some("HelmChartInflationGenerator")
            || FUNCTIONS.iter().any(annotation)
    })
}
