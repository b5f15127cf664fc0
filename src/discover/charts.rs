//! Helm charts that are in view. Their templates are no YAML until they are rendered.

use std::path::{Path, PathBuf};

use super::Discovered;
use crate::source::{Role, Scope};

/// A chart with templates.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Absolute.
    pub directory: PathBuf,
    /// As the user sees it.
    pub path: String,
    /// What is deployed with it.
    pub scope: Scope,
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

impl Discovered {
    /// The charts in view that are not rendered.
    pub fn charts(&self) -> &[Chart] {
        &self.charts
    }

    /// Takes note that charts were to be rendered, and which of them were. Whoever renders says
    /// what comes of the others.
    pub fn rendered(&mut self, is_rendered: impl Fn(&Path) -> bool) {
        let skipped = notice(&self.charts);
        self.notices
            .retain(|notice| Some(notice) != skipped.as_ref());
        self.charts.retain(|chart| !is_rendered(&chart.directory));
        self.open_namespaces();
    }

    /// Takes note of charts that are not rendered.
    pub(super) fn skip(&mut self, charts: Vec<Chart>) {
        self.charts = charts;
        self.open_namespaces();
        self.notices.extend(notice(&self.charts));
    }

    /// What an unrendered chart deploys, nobody knows.
    fn open_namespaces(&mut self) {
        let scopes = self.charts.iter().map(|chart| chart.scope.clone());
        self.sources.set_charts(scopes.collect());
    }
}

/// Says which named files were skipped because they are templates.
fn notice(charts: &[Chart]) -> Option<String> {
    let named = |chart: &Chart| {
        let templates = chart.templates.iter();
        templates.filter(|it| it.role == Role::Named).count()
    };
    let skipped: Vec<&Chart> = charts.iter().filter(|chart| named(chart) > 0).collect();
    let example = &skipped.first()?.path;
    let files: usize = skipped.iter().map(|chart| named(chart)).sum();
    let files = format!("{files} template file{}", if files == 1 { "" } else { "s" });
    let charts = match skipped.len() {
        1 => format!("the unrendered Helm chart {example}"),
        count => format!("{count} unrendered Helm charts (such as {example})"),
    };
    Some(format!(
        "skipped {files} of {charts}: to check what a chart deploys, use `--render auto`, or run \
         `helm template CHART | lameduck check -`"
    ))
}
