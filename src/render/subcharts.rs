//! The charts inside of a chart.

use std::path::{Path, PathBuf};

use super::graph::trees;
use crate::source::read_text;
use crate::units::SizeLimit;
use crate::yaml::{Node, Tree};

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

/// Whether a folder or archive holds the chart of this name.
fn holds(package: &Path, name: &str) -> bool {
    if let Some(tree) = metadata(package) {
        return text(tree.root(), "name") == Some(name);
    }
    let file = package.file_name().unwrap_or_default().to_string_lossy();
    file.strip_suffix(".tgz")
        .and_then(|file| file.strip_prefix(name))
        .is_some_and(|version| version.starts_with('-'))
}

/// A dependency that Helm would ask for a download of.
pub(super) fn missing_dependency(root: Node<'_>, directory: &Path) -> Option<String> {
    let packages = packages(directory);
    dependencies(root)
        .filter_map(|dependency| text(dependency, "name"))
        .find(|name| !packages.iter().any(|package| holds(package, name)))
        .map(str::to_owned)
}

/// The file that Helm calls `web/charts/part/templates/pod.yaml`: the first name stands for the
/// chart's directory, and so does every name below `charts`, whatever the folders are called.
pub(super) fn file(chart: &Path, source: &str) -> Option<PathBuf> {
    let (_, mut rest) = source.split_once('/')?;
    let mut directory = chart.to_owned();
    while let Some((name, below)) = rest
        .strip_prefix("charts/")
        .and_then(|rest| rest.split_once('/'))
    {
        directory = subchart(&directory, name)?;
        rest = below;
    }
    Some(directory.join(rest))
}

/// The folder of the chart that another one calls by this name or alias.
fn subchart(directory: &Path, name: &str) -> Option<PathBuf> {
    let tree = metadata(directory);
    let alias = tree.as_ref().and_then(|tree| {
        let mut aliased = dependencies(tree.root());
        let aliased = aliased.find(|dependency| text(*dependency, "alias") == Some(name))?;
        text(aliased, "name")
    });
    let name = alias.unwrap_or(name);
    let mut packages = packages(directory).into_iter();
    let found = packages.find(|package| package.is_dir() && holds(package, name))?;
    std::fs::canonicalize(found).ok()
}
