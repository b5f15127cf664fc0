//! Helm charts → what they render.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::RenderError;
use super::at_work::Scratch;
use super::budget::{AT_ONCE, Budget};
use super::files::Files;
use super::graph::trees;
use super::kustomize::start;
use super::schema;
use super::subcharts::Subcharts;
use super::template::Template;
use super::tool::Tool;
use super::view::{NoView, Places, View};
use crate::discover::{Chart, Discovered, relative};
use crate::settings::{HelmRelease, Settings, is_namespace};
use crate::source::{Location, NewSource, Origin, RenderFailure, Role, Scope, SourceId, Span};
use crate::yaml::{Node, Tree};

/// Helm writes it above every document, right behind the line that separates it from the one before. A
/// template cannot write both lines: Helm splits what it makes at separators, and writes its own.
const SOURCE: &str = "# Source: ";

/// A chart that is to be rendered, in one way.
struct Rendering<'a> {
    chart: &'a Chart,
    /// `Chart.yaml`.
    file: SourceId,
    name: String,
    release: HelmRelease,
    /// Releases of one chart are not deployed together.
    scope: Scope,
    /// As the user sees the directory.
    shown: String,
}

/// What came of it.
enum Rendered {
    Text(String),
    Failed(String),
    /// Nothing was started; the release has a name that none can have.
    NoName(String),
    /// Nothing was started.
    Refused(String),
    /// The time of the run is over, or there is no room for what was rendered.
    Late,
}

/// Renders what concerns a named path.
pub(super) fn render(
    discovered: &mut Discovered,
    cwd: &Path,
    settings: &Settings,
    budget: &mut Budget,
) -> Result<(), RenderError> {
    let charts = discovered.charts().to_vec();
    let mut notices = Vec::new();
    let mut files = Files::new(discovered, cwd);
    let mut renderings = renderings(&charts, &mut files, settings, &mut notices);
    notices.extend(budget.admit(&mut renderings, "charts"));
    let (mut rendered, mut values) = (BTreeSet::new(), BTreeSet::new());
    if let Some(first) = renderings.first() {
        let tool = Tool::helm().ok_or_else(|| RenderError::NoHelm {
            chart: first.shown.clone(),
        })?;
        let mut templates = Templates::of(&charts);
        let done = run_all(&renderings, &tool, &files, settings, budget)?;
        for (rendering, result) in renderings.iter().zip(done) {
            let failure = match result {
                Rendered::Text(text) => {
                    rendered.insert(rendering.chart.directory.clone());
                    values.extend(rendering.values().filter_map(|file| files.known(&file)));
                    rendered.extend(rendering.add(text, &mut templates, &mut files));
                    continue;
                }
                Rendered::Late => continue,
                Rendered::Refused(obstacle) => {
                    notices.push(format!("{}: not rendered, {obstacle}", rendering.shown));
                    continue;
                }
                Rendered::NoName(message) => {
                    let place = rendering.root(&files);
                    rendering.failure(message, Some(place), &files)
                }
                Rendered::Failed(message) => {
                    let place = rendering.blamed(&message, &mut templates, &mut files);
                    rendering.failure(message, place, &files)
                }
            };
            files.sources.push_failure(failure);
        }
    }
    notices.extend(budget.late("charts"));
    notices.extend(budget.refused("charts"));
    discovered.notices.extend(notices);
    discovered.rendered(|chart| rendered.contains(chart), values);
    Ok(())
}

/// What comes of all renderings, in their order; a few are at work at once.
fn run_all(
    renderings: &[Rendering<'_>],
    tool: &Tool,
    files: &Files<'_>,
    settings: &Settings,
    budget: &mut Budget,
) -> Result<Vec<Rendered>, RenderError> {
    let mut done = Vec::new();
    for some in renderings.chunks(AT_ONCE) {
        let results: Vec<Rendered> = some
            .par_iter()
            .map(|rendering| {
                if budget.is_over() {
                    return Ok(Rendered::Late);
                }
                rendering.run(tool, files, settings)
            })
            .collect::<Result<_, RenderError>>()?;
        done.extend(results.into_iter().map(|result| match result {
            Rendered::Text(text) if !budget.takes(&text) => Rendered::Late,
            result => result,
        }));
    }
    Ok(done)
}

/// What is to be rendered; says what is not, and why.
fn renderings<'a>(
    charts: &'a [Chart],
    files: &mut Files<'_>,
    settings: &Settings,
    notices: &mut Vec<String>,
) -> Vec<Rendering<'a>> {
    let mut renderings = Vec::new();
    let mut subcharts = Subcharts::default();
    let asked: Vec<(PathBuf, &HelmRelease)> = settings
        .render
        .helm
        .iter()
        .filter_map(|release| Some((std::fs::canonicalize(&release.chart).ok()?, release)))
        .collect();
    for chart in charts {
        let Some((file, tree)) = chart_file(chart, files) else {
            continue;
        };
        let releases = releases(chart, &asked);
        let text = |key: &str| tree.root().get(key).and_then(Node::text);
        let is_library = text("type") == Some("library");
        if is_library || is_part(chart) || !concerns_named(chart, &releases, files) {
            continue;
        }
        if let Some(missing) = subcharts.missing_dependency(tree.root(), &chart.directory) {
            notices.push(format!(
                "{}: not rendered, its dependency `{missing}` is not in its charts/ folder (run \
                 `helm dependency build`)",
                chart.path
            ));
            continue;
        }
        let scope = |nth: usize| match nth {
            0 => chart.scope.clone(),
            nth => Scope(format!("{}#{nth}", chart.scope.0).into()),
        };
        let name = text("name").unwrap_or_default();
        let releases = releases.into_iter().enumerate();
        renderings.extend(releases.map(|(nth, release)| Rendering {
            chart,
            scope: scope(nth),
            file,
            name: name.to_owned(),
            release,
            shown: chart.path.clone(),
        }));
    }
    renderings
}

/// The ways to render a chart that the settings name, or else the one with its `values.yaml` alone.
fn releases(chart: &Chart, asked: &[(PathBuf, &HelmRelease)]) -> Vec<HelmRelease> {
    let of_chart = asked.iter().filter(|(path, _)| *path == chart.directory);
    let mut releases: Vec<HelmRelease> = of_chart.map(|(_, it)| (*it).clone()).collect();
    if releases.is_empty() {
        releases.push(HelmRelease::default());
    }
    releases
}

/// Whether a chart is rendered together with one that holds it.
fn is_part(chart: &Chart) -> bool {
    let within = chart.directory.parent().filter(|it| it.ends_with("charts"));
    within
        .and_then(Path::parent)
        .is_some_and(|outer| outer.join("Chart.yaml").is_file())
}

/// Whether anything that a chart is rendered from was named.
fn concerns_named(chart: &Chart, releases: &[HelmRelease], files: &Files<'_>) -> bool {
    let mut templates = chart.templates.iter();
    let values = releases.iter().flat_map(|release| &release.values);
    let mut values = values.filter_map(|file| std::fs::canonicalize(file).ok());
    templates.any(|it| it.role == Role::Named)
        || files.names_below(&chart.directory)
        || values.any(|file| files.names_below(&file))
}

/// A chart's `Chart.yaml`.
fn chart_file(chart: &Chart, files: &mut Files<'_>) -> Option<(SourceId, Tree)> {
    let path = std::fs::canonicalize(chart.directory.join("Chart.yaml")).ok()?;
    let path = Some(path).filter(|path| files.may_read(path))?;
    let id = if let Some(id) = files.known(&path) {
        id
    } else {
        let root_path = format!("{}/Chart.yaml", chart.scope.0);
        files.add(&path, root_path, Role::Context)?
    };
    let tree = trees(files.source(id).text()).into_iter().next()?;
    Some((id, tree))
}

/// What Helm knows a values file by: it splits what it is given at commas, and takes parts that look
/// like addresses for these.
fn values_name(nth: usize) -> String {
    format!("lameduck-values-{nth}.yaml")
}

impl Rendering<'_> {
    fn release_name(&self) -> &str {
        self.release.release.as_deref().unwrap_or(&self.name)
    }

    /// The files of values that it is made with. Canonical.
    fn values(&self) -> impl Iterator<Item = PathBuf> {
        let own = self.chart.directory.join("values.yaml");
        let values = self.release.values.iter().cloned().chain([own]);
        values.filter_map(|file| std::fs::canonicalize(file).ok())
    }

    fn run(
        &self,
        tool: &Tool,
        files: &Files<'_>,
        settings: &Settings,
    ) -> Result<Rendered, RenderError> {
        let (release, namespace) = match self.names() {
            Ok(names) => names,
            Err(message) => return Ok(Rendered::NoName(message)),
        };
        let scratch = Scratch::new()?;
        let places = Places::new(&scratch, &self.chart.directory)?;
        let values = match self.copy(&places, files) {
            Ok(values) => values,
            Err(NoView::Obstacle(obstacle)) => return Ok(Rendered::Refused(obstacle)),
            Err(NoView::Io(error)) => return Err(error.into()),
        };
        let mut arguments: Vec<OsString> = vec![
            "--namespace".into(),
            namespace.into(),
            "--skip-tests".into(),
        ];
        for file in values {
            arguments.push("--values".into());
            arguments.push(file.into());
        }
        if let Some(version) = settings.of(&self.chart.path, None).kubernetes_version {
            arguments.push("--kube-version".into());
            arguments.push(version.to_string().into());
        }
        // What follows is no flag, whatever it looks like.
        arguments.push("--".into());
        arguments.push(release.into());
        arguments.push(places.inside(&self.chart.directory).into());
        Ok(match tool.run(&arguments, &places, settings) {
            Ok(text) => Rendered::Text(text),
            Err(error) => {
                let message = error.told(&places, files.cwd, settings);
                Rendered::Failed(self.with_values_shown(message, files))
            }
        })
    }

    /// The names of the release and its namespace, or why Helm would take neither for one.
    fn names(&self) -> Result<(&str, &str), String> {
        let release = self.release_name();
        if !HelmRelease::is_name(release) {
            return Err(format!(
                "`{release}` cannot be the name of a release, which has at most 53 lowercase \
                 letters, digits, `-` and `.`: set `release` in `render.helm` of the configuration"
            ));
        }
        let namespace = self.release.namespace.as_deref().unwrap_or("default");
        if !is_namespace(namespace) {
            return Err(format!("`{namespace}` cannot be the name of a namespace"));
        }
        Ok((release, namespace))
    }

    /// A message that calls values files as the user does.
    fn with_values_shown(&self, mut message: String, files: &Files<'_>) -> String {
        for (nth, values) in self.release.values.iter().enumerate() {
            let values = std::fs::canonicalize(values).unwrap_or_else(|_| values.clone());
            message = message.replace(&values_name(nth), &relative(files.cwd, &values));
        }
        message
    }

    /// Copies the chart and its values files; gives the names of these in the working directory.
    fn copy(&self, places: &Places, files: &Files<'_>) -> Result<Vec<String>, NoView> {
        let mut view = View::new(places, files.roots());
        view.take_in(&self.chart.directory)?;
        if let Some(obstacle) = schema::obstacle(&places.inside(&self.chart.directory)) {
            return Err(NoView::Obstacle(obstacle));
        }
        let mut copied = Vec::new();
        for (nth, values) in self.release.values.iter().enumerate() {
            let name = values_name(nth);
            view.take_in_as(&files.cwd.join(values), &places.work().join(&name))?;
            copied.push(name);
        }
        Ok(copied)
    }

    /// `place` is what is at fault, where that is known.
    fn failure(
        &self,
        message: String,
        place: Option<Location>,
        files: &Files<'_>,
    ) -> RenderFailure {
        let mut command = format!("helm template {}", self.shown);
        for values in &self.release.values {
            let values = std::fs::canonicalize(values).unwrap_or_else(|_| values.clone());
            command.push_str(" --values ");
            command.push_str(&relative(files.cwd, &values));
        }
        RenderFailure {
            location: place.unwrap_or_else(|| self.root(files)),
            command,
            message,
            may_need_values: self.release.values.is_empty(),
        }
    }

    /// The line of a template that an error speaks of: `(web/templates/a.yaml:3:5)`.
    fn blamed(
        &self,
        message: &str,
        templates: &mut Templates<'_>,
        files: &mut Files<'_>,
    ) -> Option<Location> {
        let is_end = |letter: char| letter.is_whitespace() || "(),".contains(letter);
        message.split(is_end).find_map(|word| {
            let (path, place) = word.split_once(':')?;
            let line = place.split(':').next()?.parse().ok()?;
            let path = templates.subcharts.file(&self.chart.directory, path)?;
            let (source, _) = templates.get(&path, files)?;
            let span = files.source(source).line_span(line);
            Some(Location { source, span }).filter(|it| !it.span.is_empty())
        })
    }

    /// The line of `Chart.yaml` that gives the chart's name.
    fn root(&self, files: &Files<'_>) -> Location {
        let trees = trees(files.source(self.file).text());
        let root = trees.first().map(Tree::root);
        let name = root.and_then(|root| root.entry("name"));
        let location = |span| Location {
            source: self.file,
            span,
        };
        match (name, root) {
            (Some(name), _) => location(name.value.span()),
            (None, Some(root)) => start(self.file, root),
            (None, None) => location(Span::default()),
        }
    }

    /// Gives the charts inside of this one that something was rendered of.
    fn add(
        &self,
        text: String,
        templates: &mut Templates<'_>,
        files: &mut Files<'_>,
    ) -> BTreeSet<PathBuf> {
        let root = self.root(files);
        let mut places = Vec::new();
        let mut parts = BTreeSet::new();
        let mut from = 0;
        for tree in trees(&text.as_str().into()) {
            let node = tree.root();
            let above = text.get(from..node.span().range().start);
            from = node.span().range().end;
            let source = above.and_then(source_line);
            let path =
                source.and_then(|source| templates.subcharts.file(&self.chart.directory, source));
            let of_chart = path.iter().flat_map(|path| path.ancestors());
            parts.extend(
                of_chart
                    .take_while(|it| *it != self.chart.directory)
                    .map(Path::to_owned),
            );
            match path.and_then(|path| templates.get(&path, files)) {
                Some((id, template)) => places.extend(template.places(id, node)),
                None => places.push((node.span(), root)),
            }
        }
        let chart = files.source(self.file);
        let mut values = self.values();
        let is_named = chart.role() == Role::Named || values.any(|file| files.names_below(&file));
        let origin = Origin::new(root, places).with_named(is_named);
        let given = NewSource {
            path: chart.path().to_owned(),
            root_path: format!("{}#{}", chart.root_path(), self.release_name()),
            text: text.into(),
            invalid_utf8: None,
            role: Role::Named,
            scope: self.scope.clone(),
        };
        files.sources.push_rendered(given, origin);
        parts
    }
}

/// Which template Helm says that a document comes from, in the text above it.
fn source_line(above: &str) -> Option<&str> {
    let lines = above.lines();
    let pairs = lines.clone().zip(lines.skip(1));
    let own = pairs.filter(|(separator, _)| *separator == "---");
    own.filter_map(|(_, line)| line.strip_prefix(SOURCE)).last()
}

/// The templates of all charts in view, each read once.
struct Templates<'a> {
    known: BTreeMap<&'a Path, &'a crate::discover::Template>,
    read: BTreeMap<PathBuf, Option<(SourceId, Template)>>,
    subcharts: Subcharts,
}

impl<'a> Templates<'a> {
    fn of(charts: &'a [Chart]) -> Self {
        let all = charts.iter().flat_map(|chart| &chart.templates);
        Self {
            known: all.map(|it| (it.file.as_path(), it)).collect(),
            read: BTreeMap::new(),
            subcharts: Subcharts::default(),
        }
    }

    fn get(&mut self, path: &Path, files: &mut Files<'_>) -> Option<(SourceId, &Template)> {
        let known = self.known.get(path)?;
        let read = self.read.entry(path.to_owned()).or_insert_with(|| {
            let id = files.add(path, known.root_path.clone(), known.role)?;
            Some((id, Template::of(files.source(id).text())))
        });
        read.as_ref().map(|(id, template)| (*id, template))
    }
}
