//! Kustomizations → what they build.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::RenderError;
use super::applied::Applied;
use super::at_work::Scratch;
use super::budget::{AT_ONCE, Budget};
use super::files::Files;
use super::graph::{Closure, Graph, Kustomization, trees};
use super::layers::{Library, Piece, Who, name, namespace};
use super::message::tidy;
use super::tool::{Tool, ToolError};
use super::trace::Trace;
use super::view::{NoView, Places, View};
use super::ways::Ways;
use crate::discover::{Discovered, KUSTOMIZATION_NAMES, normal, relative};
use crate::settings::Settings;
use crate::source::{
    Location, NewSource, Origin, RenderFailure, Role, Source, SourceId, Span, Written,
};
use crate::yaml::{Entry, Node, parse_embedded};

/// Where kustomize writes down which file an object comes from.
const ORIGIN: &str = "config.kubernetes.io/origin";

/// The folders and files that all kustomizations of a run may take in; what several take in counts for
/// each.
const MAX_PARTS: usize = 200_000;

/// How many times one build may load folders that it has loaded before.
const MAX_REPEATS: u64 = 2_000;

/// A kustomization that is to be built.
struct Top {
    directory: PathBuf,
    closure: Closure,
    /// As the user sees the directory.
    shown: String,
}

/// What came of it.
enum Built {
    Text {
        text: String,
        /// Where it was built; gone by now.
        places: Places,
    },
    Failed(String),
    /// Nothing was started.
    Refused(String),
    /// The time of the run is over, or there is no room for what was built.
    Late,
}

/// Builds what concerns a named path, and puts it in the stead of the files it is made of.
pub(super) fn build(
    discovered: &mut Discovered,
    cwd: &Path,
    settings: &Settings,
    budget: &mut Budget,
) -> Result<(), RenderError> {
    let mut notices = Vec::new();
    let mut files = Files::new(discovered, cwd);
    let graph = Graph::of(&mut files);
    let mut tops = tops(&graph, &files, &mut notices);
    notices.extend(budget.admit(&mut tops, "kustomizations"));
    if let Some(first) = tops.first() {
        let tool = Tool::kustomize().ok_or_else(|| RenderError::NoKustomize {
            directory: first.shown.clone(),
        })?;
        let built = build_all(&tops, &tool, &files, settings, budget)?;
        let (mut consumed, mut changes) = (BTreeSet::new(), BTreeSet::new());
        let (mut applied, mut library) = (Applied::default(), Library::default());
        for (top, built) in built {
            let Some(kustomization) = graph.get(&top.directory) else {
                continue;
            };
            match built {
                Built::Text { text, places } => {
                    consumed.extend(&top.closure.resources);
                    changes.extend(&top.closure.changes);
                    let mut placing = Placing {
                        graph: &graph,
                        top: kustomization,
                        entries: entries(&graph, kustomization),
                        files: &mut files,
                        library: &mut library,
                        applied: &mut applied,
                    };
                    placing.add(&text, &places);
                }
                Built::Failed(message) => {
                    let place = start(kustomization.source, kustomization.root());
                    files
                        .sources
                        .push_failure(top.failure(&tool, message, place));
                }
                Built::Refused(obstacle) => {
                    let file = files.source(kustomization.source).path();
                    notices.push(not_built(file, &obstacle));
                }
                Built::Late => {}
            }
        }
        changes.retain(|file| applied.holds_all(file, &mut library, &files));
        mark(&mut files, consumed.union(&changes));
    }
    notices.extend(budget.late("kustomizations"));
    notices.extend(budget.refused("kustomizations"));
    discovered.notices.extend(notices);
    Ok(())
}

/// Takes what was built of them in the stead of files.
fn mark<'p>(files: &mut Files<'_>, ingredients: impl Iterator<Item = &'p &'p PathBuf>) {
    for file in ingredients {
        if let Some(id) = files.known(file) {
            files.sources.mark_ingredient(id);
        }
    }
}

/// What comes of all builds, in their order; a few are at work at once.
fn build_all<'t>(
    tops: &'t [Top],
    tool: &Tool,
    files: &Files<'_>,
    settings: &Settings,
    budget: &mut Budget,
) -> Result<Vec<(&'t Top, Built)>, RenderError> {
    let mut built = Vec::new();
    for some in tops.chunks(AT_ONCE) {
        let results: Vec<(&Top, Built)> = some
            .par_iter()
            .map(|top| Ok((top, top.build(tool, files, settings, budget)?)))
            .collect::<Result<_, RenderError>>()?;
        built.extend(results.into_iter().map(|(top, result)| match result {
            Built::Text { text, .. } if !budget.takes(&text) => (top, Built::Late),
            result => (top, result),
        }));
    }
    Ok(built)
}

/// What is to be built; says what is not, and why.
fn tops(graph: &Graph, files: &Files<'_>, notices: &mut Vec<String>) -> Vec<Top> {
    let mut tops = Vec::new();
    let mut ways = Ways::of(graph);
    let (mut left, mut over) = (MAX_PARTS, 0);
    for directory in graph.tops() {
        let Some(closure) = graph.closure(&directory, left) else {
            (left, over) = (0, over + 1);
            continue;
        };
        left -= closure.size();
        let kustomizations = closure.directories.iter();
        let sources: Vec<SourceId> = kustomizations
            .filter_map(|directory| Some(graph.get(directory)?.source))
            .chain(closure.files.iter().filter_map(|file| files.known(file)))
            .collect();
        let is_named = |id: &SourceId| files.source(*id).role() == Role::Named;
        if !sources.iter().any(is_named) {
            continue;
        }
        let shown = relative(files.cwd, &directory);
        let piped = files.stdin.filter(|id| sources.contains(id));
        let obstacle = match piped {
            Some(id) => Some(format!(
                "standard input stands for {}, which is part of it",
                files.source(id).path()
            )),
            None => closure.obstacle.clone().or_else(|| {
                let repeats = ways
                    .loads(&directory)
                    .saturating_sub(closure.directories.len() as u64);
                (repeats > MAX_REPEATS).then(|| {
                    format!(
                        "it takes in the same folders again and again, over {MAX_REPEATS} times"
                    )
                })
            }),
        };
        match obstacle {
            Some(obstacle) => {
                let file = graph.get(&directory).map(|it| files.source(it.source));
                let file = file.map_or(shown.as_str(), Source::path);
                notices.push(not_built(file, &obstacle));
            }
            None => tops.push(Top {
                directory,
                closure,
                shown,
            }),
        }
    }
    if over > 0 {
        notices.push(format!(
            "{over} kustomizations not built: all in view take in more than {MAX_PARTS} folders and files \
             together"
        ));
    }
    tops
}

fn not_built(file: &str, obstacle: &str) -> String {
    format!("{file}: not built, {obstacle}: its raw files are checked")
}

impl Top {
    fn failure(&self, tool: &Tool, message: String, location: Location) -> RenderFailure {
        RenderFailure {
            location,
            command: format!("{} {}", tool.shown, self.shown),
            message,
            may_need_values: false,
        }
    }

    /// Builds copies through a kustomization outside of them, which asks for origins.
    fn build(
        &self,
        tool: &Tool,
        files: &Files<'_>,
        settings: &Settings,
        budget: &Budget,
    ) -> Result<Built, RenderError> {
        if budget.is_over() {
            return Ok(Built::Late);
        }
        let scratch = Scratch::new()?;
        let places = Places::new(&scratch, &self.directory)?;
        match self.copy(&places, files) {
            Ok(()) => {}
            Err(NoView::Obstacle(obstacle)) => return Ok(Built::Refused(obstacle)),
            Err(NoView::Io(error)) => return Err(error.into()),
        }
        let work = places.work();
        let wrapper = serde_json::json!({
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [relative(&work, &places.inside(&self.directory))],
            "buildMetadata": ["originAnnotations"],
        });
        std::fs::write(work.join("kustomization.yaml"), wrapper.to_string())?;
        let result = tool.run(&[OsString::from(".")], &places, settings);
        Ok(match result {
            Ok(text) => Built::Text { text, places },
            Err(error) => Built::Failed(error.told(&places, files.cwd, settings)),
        })
    }

    /// Copies what the build is known to read.
    fn copy(&self, places: &Places, files: &Files<'_>) -> Result<(), NoView> {
        let mut view = View::new(places, files.roots());
        for directory in &self.closure.directories {
            view.mirror(directory)?;
            // Of several, kustomize takes none.
            for name in KUSTOMIZATION_NAMES {
                view.mirror(&directory.join(name))?;
            }
        }
        let mut paths = self.closure.paths.iter();
        paths.try_for_each(|path| view.mirror(path))
    }
}

impl ToolError {
    pub(super) fn told(&self, places: &Places, cwd: &Path, settings: &Settings) -> String {
        match self {
            Self::Failed(message) => tidy(message, places, cwd),
            Self::Broken(message) => message.clone(),
            Self::TimedOut => format!(
                "it was stopped after {} (`render.timeout` in the configuration, or `--render-timeout`)",
                crate::units::show_seconds(settings.render.timeout)
            ),
            Self::TooLarge => format!(
                "it was stopped, because it wrote more than {} (`max-file-size` in the \
                 configuration)",
                settings.max_file_size
            ),
            Self::OutOfMemory => format!(
                "it was stopped, because it needed more than {} of memory",
                crate::units::show_size(super::confine::MEMORY)
            ),
        }
    }
}

/// Finds the place of all that one kustomization built.
struct Placing<'a, 'f> {
    graph: &'a Graph,
    top: &'a Kustomization,
    /// The entry by which each file becomes part of it.
    entries: BTreeMap<PathBuf, Location>,
    files: &'a mut Files<'f>,
    library: &'a mut Library,
    applied: &'a mut Applied,
}

/// Where an object comes from, as kustomize says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ComesFrom {
    /// The file that holds it.
    File(PathBuf),
    /// The file that has it made, and the kind of the generator.
    Made(PathBuf),
    Unknown,
}

impl Placing<'_, '_> {
    fn add(&mut self, built: &str, places: &Places) {
        let (text, origins) = without_origins(built, places);
        let root = start(self.top.source, self.top.root());
        let (mut spans, mut names) = (Vec::new(), Vec::new());
        for (tree, origin) in trees(&text.as_str().into()).iter().zip(origins) {
            spans.extend(self.places(tree.root(), &origin, &mut names));
        }
        let source = self.files.source(self.top.source);
        let origin = Origin::new(root, spans)
            .with_names(names)
            .with_named(source.role() == Role::Named);
        let given = NewSource {
            path: source.path().to_owned(),
            root_path: format!("{}#built", source.root_path()),
            text: text.into(),
            invalid_utf8: None,
            role: Role::Named,
            scope: source.scope().clone(),
        };
        self.files.sources.push_rendered(given, origin);
    }

    fn places(
        &mut self,
        built: Node<'_>,
        from: &ComesFrom,
        names: &mut Vec<(Span, Written)>,
    ) -> Vec<(Span, Location)> {
        let root = start(self.top.source, self.top.root());
        let mut raw = None;
        let (file, manifest, fallback) = match from {
            ComesFrom::Unknown => return vec![(built.span(), root)],
            ComesFrom::Made(file) => {
                let generator = self.generator(file, built);
                let place = generator.as_ref().map(|(place, _)| *place);
                raw = generator.and_then(|(_, name)| name);
                (file, None, place.unwrap_or(root))
            }
            ComesFrom::File(file) => {
                let source = self.files.get(file, self.top.source);
                let manifest =
                    source.and_then(|source| self.library.manifest(source, built, self.files));
                (
                    file,
                    manifest,
                    self.entries.get(file).copied().unwrap_or(root),
                )
            }
        };
        let built_name = name(built).unwrap_or_default().to_owned();
        if let Some(manifest) = &manifest {
            raw = name(manifest.node()).map(str::to_owned);
        }
        let kind = built.get("kind").and_then(Node::text);
        let api_version = built.get("apiVersion").and_then(Node::text);
        let who = Who {
            api_version: api_version.unwrap_or_default().to_owned(),
            kind: kind.unwrap_or_default().to_owned(),
            raw: raw.unwrap_or_else(|| built_name.clone()),
            built: built_name,
        };
        let namespace = |piece: &Piece| namespace(piece.node()).map(str::to_owned);
        let written = Written {
            name: who.raw.clone(),
            namespace: manifest.as_ref().and_then(namespace),
        };
        names.push((built.span(), written));
        let way = (self.graph, self.top.directory.as_path());
        let layers = self.library.layers(way, file, &who, self.files);
        let mut trace = Trace::new(built, manifest);
        for layer in &layers {
            self.applied.add(layer, built);
            trace.add(layer);
        }
        trace.places(fallback)
    }

    /// The generator in a kustomization that makes an object, and the name it gives.
    fn generator(&self, file: &Path, built: Node<'_>) -> Option<(Location, Option<String>)> {
        let maker = file
            .parent()
            .and_then(|directory| self.graph.get(directory))
            .filter(|_| self.graph.is_kustomization(file))?;
        let built = name(built)?;
        let lists = ["configMapGenerator", "secretGenerator"];
        let entries = lists
            .iter()
            .filter_map(|key| maker.root().get(key))
            .flat_map(Node::items);
        let named = entries
            .map(Node::resolved)
            .filter_map(|entry| entry.get("name"))
            .filter(|node| node.text().is_some_and(|text| built.contains(text)));
        let longest = named.max_by_key(|node| node.text().map(str::len));
        Some(match longest {
            Some(name) => (at(maker.source, name), name.text().map(str::to_owned)),
            None => (start(maker.source, maker.root()), None),
        })
    }
}

/// The entry of a kustomization by which each file becomes part of it.
fn entries(graph: &Graph, top: &Kustomization) -> BTreeMap<PathBuf, Location> {
    let mut entries = BTreeMap::new();
    let mut taken_in = Closure::default();
    for reference in top.resources.iter().chain(&top.components) {
        let place = at(top.source, top.tree.node(reference.entry));
        graph.extend(&mut taken_in, &reference.target, usize::MAX);
        // What several entries take in comes from the first.
        for file in std::mem::take(&mut taken_in.files) {
            entries.entry(file).or_insert(place);
        }
    }
    entries
}

/// A node's place.
fn at(source: SourceId, node: Node<'_>) -> Location {
    Location {
        source,
        span: node.span(),
    }
}

/// The first key of a document: its first line, and not the whole of it.
pub(super) fn start(source: SourceId, root: Node<'_>) -> Location {
    let first = root.entries().next().map(|entry| entry.key);
    at(source, first.unwrap_or(root))
}

/// The built text as it would be without origins, and the origin of each of its documents.
fn without_origins(built: &str, places: &Places) -> (String, Vec<ComesFrom>) {
    let mut text = String::with_capacity(built.len());
    let mut origins = Vec::new();
    let mut kept_to = 0;
    for tree in trees(&built.into()) {
        let metadata = tree.root().get("metadata");
        let annotations = metadata.and_then(|metadata| metadata.entry("annotations"));
        let origin = annotations.and_then(|all| all.value.entry(ORIGIN));
        origins.push(origin.map_or(ComesFrom::Unknown, |it| comes_from(it.value, places)));
        let (Some(annotations), Some(origin)) = (annotations, origin) else {
            continue;
        };
        let only = annotations.value.entries().count() == 1;
        if let Some(lines) = lines_of(built, if only { annotations } else { origin }) {
            text.push_str(built.get(kept_to..lines.start).unwrap_or_default());
            kept_to = lines.end;
        }
    }
    text.push_str(built.get(kept_to..).unwrap_or_default());
    (text, origins)
}

/// The lines of an entry that has them for itself.
fn lines_of(text: &str, entry: Entry<'_>) -> Option<std::ops::Range<usize>> {
    let key = entry.key.span().range().start;
    let start = text.get(..key)?.rfind('\n').map_or(0, |at| at + 1);
    let end = entry.value.span().range().end;
    let rest = text.get(end..)?;
    let end = rest.find('\n').map_or(text.len(), |at| end + at + 1);
    let is_alone = text.get(start..key)?.trim().is_empty();
    is_alone.then_some(start..end)
}

fn comes_from(origin: Node<'_>, places: &Places) -> ComesFrom {
    let Ok(Some(tree)) = parse_embedded(origin) else {
        return ComesFrom::Unknown;
    };
    let path = |key: &str| {
        let path = tree.root().get(key)?.text()?;
        let path = places.outside(&normal(&places.work().join(path)))?;
        std::fs::canonicalize(path).ok()
    };
    path("path")
        .map(ComesFrom::File)
        .or_else(|| path("configuredIn").map(ComesFrom::Made))
        .unwrap_or(ComesFrom::Unknown)
}
