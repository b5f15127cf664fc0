//! What the directories say: kustomizations, charts, and paths relative to the repository root.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::charts::{Chart, Template};
use super::paths::relative;
use super::roots::Roots;
use crate::source::{Role, Scope, read_text};
use crate::units::SizeLimit;

/// The names under which kustomize looks for its file.
pub const KUSTOMIZATION_NAMES: [&str; 3] =
    ["kustomization.yaml", "kustomization.yml", "Kustomization"];

pub(super) struct Layout<'a> {
    cwd: &'a Path,
    roots: &'a Roots,
    kustomizations: HashMap<PathBuf, bool>,
    /// That of the nearest kustomization at or above each folder.
    scopes: HashMap<PathBuf, Option<Scope>>,
    chart_files: HashMap<PathBuf, bool>,
    /// The chart whose templates each folder holds.
    template_folders: HashMap<PathBuf, Option<PathBuf>>,
    /// The templates of each chart.
    charts: BTreeMap<PathBuf, Vec<Template>>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(cwd: &'a Path, roots: &'a Roots) -> Self {
        Self {
            cwd,
            roots,
            kustomizations: HashMap::new(),
            scopes: HashMap::new(),
            chart_files: HashMap::new(),
            template_folders: HashMap::new(),
            charts: BTreeMap::new(),
        }
    }

    /// Looks for the kustomizations that the scopes of these files are asked for, with all threads.
    pub(super) fn look_around<'p>(&mut self, files: impl Iterator<Item = &'p Path>) {
        let mut folders: BTreeSet<&Path> = BTreeSet::new();
        for file in files {
            let base = self.base_of(file);
            let above = file.ancestors().skip(1);
            // Above a known folder everything is known.
            let _ = above
                .take_while(|folder| folder.starts_with(base) && folders.insert(folder))
                .last();
        }
        let known = folders.into_par_iter().map(|folder| {
            let has_one = has_file(folder, &KUSTOMIZATION_NAMES);
            (folder.to_owned(), has_one)
        });
        self.kustomizations = known.collect();
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
        let mut new = Vec::new();
        let mut nearest = None;
        for directory in folder.ancestors() {
            if !directory.starts_with(base) {
                break;
            }
            if let Some(known) = self.scopes.get(directory) {
                nearest.clone_from(known);
                break;
            }
            new.push(directory);
            if self.has_kustomization(directory) {
                nearest = Some(self.named_scope(base, directory));
                break;
            }
        }
        // What stands above a folder is looked at once, however many folders lie one in another.
        let new = new.into_iter();
        self.scopes
            .extend(new.map(|directory| (directory.to_owned(), nearest.clone())));
        nearest.unwrap_or_else(|| self.named_scope(base, folder))
    }

    fn has_kustomization(&self, directory: &Path) -> bool {
        match self.kustomizations.get(directory) {
            Some(known) => *known,
            None => has_file(directory, &KUSTOMIZATION_NAMES),
        }
    }

    /// Whether the file is a template of a chart, and so no YAML until it is rendered. The chart is
    /// remembered.
    pub(super) fn is_template(&mut self, path: &Path, role: Role) -> bool {
        let folder = path.parent().unwrap_or(path);
        let known = self.template_folders.get(folder).cloned();
        let chart = known.unwrap_or_else(|| {
            let chart = self.chart_of(folder);
            let folders = &mut self.template_folders;
            folders.insert(folder.to_owned(), chart.clone());
            chart
        });
        let Some(chart) = chart else {
            return false;
        };
        let template = Template {
            path: relative(self.cwd, path),
            root_path: self.root_path(path),
            role,
            file: path.to_owned(),
        };
        self.charts.entry(chart).or_default().push(template);
        true
    }

    /// The chart whose templates a folder holds.
    fn chart_of(&mut self, folder: &Path) -> Option<PathBuf> {
        let is_named = |it: &&Path| it.file_name().is_some_and(|name| name == "templates");
        let parents = folder.ancestors().filter(is_named).filter_map(Path::parent);
        let mut parents = parents.map(Path::to_owned);
        parents.find(|parent| {
            *self
                .chart_files
                .entry(parent.clone())
                .or_insert_with(|| has_file(parent, &["Chart.yaml"]))
        })
    }

    /// All charts whose templates were skipped, in order.
    pub(super) fn charts(&mut self) -> Vec<Chart> {
        let charts = std::mem::take(&mut self.charts);
        charts
            .into_iter()
            .map(|(directory, templates)| Chart {
                path: relative(self.cwd, &directory),
                scope: self.named_scope(self.base_of(&directory), &directory),
                is_library: is_library(&directory, &templates),
                directory,
                templates,
            })
            .collect()
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

/// Whether a chart says that it is a library and has nothing but what other charts take in: Helm renders
/// no template of it, and one that does not start with `_` may well be applied some other way.
fn is_library(directory: &Path, templates: &[Template]) -> bool {
    let lends = |template: &Template| {
        let name = template.file.file_name();
        name.is_some_and(|name| name.as_encoded_bytes().starts_with(b"_"))
    };
    let text = read_text(&directory.join("Chart.yaml"), SizeLimit::default());
    templates.iter().all(lends)
        && text.is_ok_and(|text| text.lines().any(|line| line.trim_end() == "type: library"))
}

fn has_file(directory: &Path, names: &[&str]) -> bool {
    names.iter().any(|name| directory.join(name).is_file())
}
