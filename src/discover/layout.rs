//! What the directories say: kustomizations, charts, and paths relative to the repository root.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::paths::relative;
use super::roots::Roots;
use crate::source::{Role, Scope};

/// The names under which kustomize looks for its file.
pub(super) const KUSTOMIZATION_NAMES: [&str; 3] =
    ["kustomization.yaml", "kustomization.yml", "Kustomization"];

pub(super) struct Layout<'a> {
    cwd: &'a Path,
    roots: &'a Roots,
    kustomizations: HashMap<PathBuf, bool>,
    chart_files: HashMap<PathBuf, bool>,
    charts: BTreeSet<PathBuf>,
    /// Skipped files of named paths, by chart.
    skipped: BTreeMap<PathBuf, usize>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(cwd: &'a Path, roots: &'a Roots) -> Self {
        Self {
            cwd,
            roots,
            kustomizations: HashMap::new(),
            chart_files: HashMap::new(),
            charts: BTreeSet::new(),
            skipped: BTreeMap::new(),
        }
    }

    /// The path relative to the repository root.
    pub(super) fn root_path(&self, path: &Path) -> String {
        relative(self.base_of(path), path)
    }

    /// The nearest ancestor with a kustomization, up to the repository root; else the file's own
    /// directory.
    pub(super) fn scope(&mut self, path: &Path) -> Scope {
        let folder = path.parent().unwrap_or(path);
        let base = self.base_of(path);
        let nearest = folder
            .ancestors()
            .take_while(|directory| directory.starts_with(base))
            .find(|directory| {
                *self
                    .kustomizations
                    .entry((*directory).to_owned())
                    .or_insert_with(|| has_file(directory, &KUSTOMIZATION_NAMES))
            });
        self.named_scope(base, nearest.unwrap_or(folder))
    }

    /// Whether the file is a template of a chart, and so no YAML until it is rendered. The chart is
    /// remembered.
    pub(super) fn is_template(&mut self, path: &Path, role: Role) -> bool {
        let chart = path
            .ancestors()
            .skip(1)
            .filter(|directory| {
                directory
                    .file_name()
                    .is_some_and(|name| name == "templates")
            })
            .filter_map(Path::parent)
            .find(|parent| {
                *self
                    .chart_files
                    .entry((*parent).to_owned())
                    .or_insert_with(|| has_file(parent, &["Chart.yaml"]))
            });
        let Some(chart) = chart else {
            return false;
        };
        self.charts.insert(chart.to_owned());
        if role == Role::Named {
            *self.skipped.entry(chart.to_owned()).or_default() += 1;
        }
        true
    }

    /// The directories of all charts whose templates were skipped, in order.
    pub(super) fn charts(&self) -> Vec<Scope> {
        self.charts
            .iter()
            .map(|chart| self.named_scope(self.base_of(chart), chart))
            .collect()
    }

    /// Says which named files were skipped because they are templates.
    pub(super) fn chart_notice(&self) -> Option<String> {
        let (example, _) = self.skipped.first_key_value()?;
        let example = relative(self.cwd, example);
        let files: usize = self.skipped.values().sum();
        let files = format!("{files} template file{}", if files == 1 { "" } else { "s" });
        let charts = match self.skipped.len() {
            1 => format!("the unrendered Helm chart {example}"),
            count => format!("{count} unrendered Helm charts (such as {example})"),
        };
        Some(format!(
            "skipped {files} of {charts}: to check what a chart deploys, run \
             `helm template CHART | lameduck check -`"
        ))
    }

    fn base_of(&self, path: &'_ Path) -> &'a Path {
        // A file outside of every root was reached through a link that the user named.
        self.roots.base_of(path).unwrap_or(self.cwd)
    }

    /// Scopes of several repositories must not meet, although each has a directory `.`.
    fn named_scope(&self, base: &Path, directory: &Path) -> Scope {
        let from = if self.roots.bases.len() > 1 {
            self.cwd
        } else {
            base
        };
        Scope(relative(from, directory).into())
    }
}

fn has_file(directory: &Path, names: &[&str]) -> bool {
    names.iter().any(|name| directory.join(name).is_file())
}
