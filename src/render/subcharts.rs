//! The charts inside of charts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::graph::trees;
use crate::source::read_text;
use crate::units::SizeLimit;
use crate::yaml::{Node, Tree};

/// What is known of the charts of a run; each is read once.
#[derive(Debug, Default)]
pub(super) struct Subcharts {
    by_directory: HashMap<PathBuf, Parts>,
    /// By chart and what Helm calls a file of it.
    files: HashMap<(PathBuf, String), Option<PathBuf>>,
}

/// The charts inside of one.
#[derive(Debug, Default)]
struct Parts {
    /// The folders of the folder `charts`, by the names of the charts in them.
    folders: BTreeMap<String, BTreeSet<PathBuf>>,
    /// Packed charts: the names of their files, without the ending.
    packed: BTreeSet<String>,
    /// The names of dependencies, by their alias.
    aliases: BTreeMap<String, BTreeSet<String>>,
}

impl Parts {
    fn of(directory: &Path) -> Self {
        let mut parts = Self::default();
        for package in packages(directory) {
            if let Some(tree) = metadata(&package) {
                let name = text(tree.root(), "name").map(str::to_owned);
                if let Some(name) = name {
                    parts.folders.entry(name).or_default().insert(package);
                }
                continue;
            }
            let file = package.file_name().unwrap_or_default().to_string_lossy();
            parts
                .packed
                .extend(file.strip_suffix(".tgz").map(str::to_owned));
        }
        let Some(tree) = metadata(directory) else {
            return parts;
        };
        for dependency in dependencies(tree.root()) {
            if let (Some(alias), Some(name)) = (text(dependency, "alias"), text(dependency, "name"))
            {
                let known = parts.aliases.entry(alias.to_owned());
                known.or_default().insert(name.to_owned());
            }
        }
        parts
    }

    /// Whether a folder or archive holds the chart of this name.
    fn holds(&self, name: &str) -> bool {
        self.folders.contains_key(name) || self.packs(name, |_| true)
    }

    /// Whether there is an archive of this name, and a version that is so.
    fn packs(&self, name: &str, is_so: impl Fn(&str) -> bool) -> bool {
        let start = format!("{name}-");
        let mut later = self.packed.range(start.clone()..);
        later.any(|it| it.strip_prefix(&start).is_some_and(&is_so))
    }

    /// The only folder that Helm can mean by a name: whoever adds a second chart of one name must not
    /// answer for the first.
    fn folder(&self, name: &str) -> Option<&PathBuf> {
        let name = match self.aliases.get(name) {
            Some(names) => only(names)?,
            None => name,
        };
        let is_version = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
        only(self.folders.get(name)?).filter(|_| !self.packs(name, is_version))
    }
}

impl Subcharts {
    fn parts(&mut self, directory: &Path) -> &Parts {
        let known = self.by_directory.entry(directory.to_owned());
        known.or_insert_with(|| Parts::of(directory))
    }

    /// A dependency that Helm would ask for a download of.
    pub(super) fn missing_dependency(
        &mut self,
        root: Node<'_>,
        directory: &Path,
    ) -> Option<String> {
        let parts = self.parts(directory);
        dependencies(root)
            .filter_map(|dependency| text(dependency, "name"))
            .find(|name| !parts.holds(name))
            .map(str::to_owned)
    }

    /// The file that Helm calls `web/charts/part/templates/pod.yaml`: the first name stands for the
    /// chart's directory, and so does every name below `charts`, whatever the folders are called.
    pub(super) fn file(&mut self, chart: &Path, source: &str) -> Option<PathBuf> {
        let key = (chart.to_owned(), source.to_owned());
        if let Some(known) = self.files.get(&key) {
            return known.clone();
        }
        let found = self.find(chart, source);
        self.files.insert(key, found.clone());
        found
    }

    fn find(&mut self, chart: &Path, source: &str) -> Option<PathBuf> {
        let (_, mut rest) = source.split_once('/')?;
        let mut directory = chart.to_owned();
        while let Some((name, below)) = rest
            .strip_prefix("charts/")
            .and_then(|rest| rest.split_once('/'))
        {
            directory = std::fs::canonicalize(self.parts(&directory).folder(name)?).ok()?;
            rest = below;
        }
        Some(directory.join(rest))
    }
}

/// What is in a set by itself.
fn only<T: Ord>(set: &BTreeSet<T>) -> Option<&T> {
    set.first().filter(|_| set.len() == 1)
}

/// A chart's `Chart.yaml`.
fn metadata(directory: &Path) -> Option<Tree> {
    let text = read_text(&directory.join("Chart.yaml"), SizeLimit::default()).ok()?;
    trees(&text.into()).into_iter().next()
}

fn text<'t>(node: Node<'t>, key: &str) -> Option<&'t str> {
    node.get(key)?.text()
}

fn dependencies(root: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let list = root.get("dependencies").into_iter();
    list.flat_map(Node::items).map(Node::resolved)
}

/// What lies in the folder `charts`, in order.
fn packages(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory.join("charts"));
    let paths = entries
        .into_iter()
        .flatten()
        .filter_map(|it| Some(it.ok()?.path()));
    let mut packages: Vec<PathBuf> = paths.collect();
    packages.sort();
    packages
}
