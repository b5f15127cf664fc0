//! Helm charts that are in view. Their templates are no YAML until they are rendered.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Discovered;
use crate::source::{Role, Scope, SourceId};

/// A chart with templates.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Absolute.
    pub directory: PathBuf,
    /// As the user sees it.
    pub path: String,
    /// What is deployed with it.
    pub scope: Scope,
    /// Whether it only lends its templates to other charts.
    pub is_library: bool,
    /// Its YAML templates, in the order of their paths.
    pub templates: Vec<Template>,
}

/// A template of a chart.
#[derive(Clone, Debug)]
pub struct Template {
    /// Absolute.
    pub file: PathBuf,
    /// As the user sees it.
    pub path: String,
    /// Relative to the repository root.
    pub root_path: String,
    /// Whether a path on the command line names it.
    pub role: Role,
}

impl Chart {
    /// Whether a path on the command line names one of its templates.
    pub fn is_named(&self) -> bool {
        self.templates.iter().any(|it| it.role == Role::Named)
    }
}

impl Discovered {
    /// The charts in view that are not rendered.
    pub fn charts(&self) -> &[Chart] {
        &self.charts
    }

    /// Takes note that charts were to be rendered, which of them were, and by which files of values.
    /// Whoever renders says what comes of the others.
    pub fn rendered(&mut self, is_rendered: impl Fn(&Path) -> bool, values: BTreeSet<SourceId>) {
        self.charts.retain(|chart| !is_rendered(&chart.directory));
        self.values = values;
        self.open_namespaces();
    }

    /// Whether a chart was rendered with the values in this file.
    pub fn holds_values(&self, id: SourceId) -> bool {
        self.values.contains(&id)
    }

    /// Takes note of charts that are not rendered.
    pub(super) fn skip(&mut self, charts: Vec<Chart>) {
        self.charts = charts;
        self.open_namespaces();
    }

    /// What an unrendered chart deploys, nobody knows.
    fn open_namespaces(&mut self) {
        let scopes = self.charts.iter().map(|chart| chart.scope.clone());
        self.sources.set_charts(scopes.collect());
    }
}
