//! A file's text, its identity, its line index, and what part it plays in a run.

mod file;
mod lines;
mod origin;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use lines::LineIndex;

pub use file::{ReadError, examine, is_inside, read_file, read_stream, read_text};
pub use origin::{Origin, RenderFailure, Written};

/// A range of bytes in the text of one source. Lines and columns exist only in reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte of the range.
    pub start: u32,
    /// First byte after the range.
    pub end: u32,
}

impl Span {
    /// The range from `start` up to, and without, `end`.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// Whether `other` lies wholly inside this range.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the range holds no byte.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// The range as indices into a `str`.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Identifies one [`Source`] of a [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub(crate) u32);

/// A range of bytes in one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The source that holds the range.
    pub source: SourceId,
    /// The range.
    pub span: Span,
}

/// A place as a person counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in characters (Unicode scalar values), not bytes.
    pub column: u32,
    /// From 0, in bytes.
    pub offset: u32,
}

/// Why a source is part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A path on the command line names the file or a folder above it: findings in it are reported.
    Named,
    /// It belongs to the same repository and is read so that named files are judged with all that
    /// surrounds them.
    Context,
}

/// The directory whose manifests are deployed together, as far as files can tell: the nearest
/// ancestor with a kustomization, else the file's own directory. Relative to the repository root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(pub Arc<str>);

impl Scope {
    /// That of standard input which stands for no file: it is deployed with nothing else. No directory
    /// has this path.
    pub fn of_stdin() -> Self {
        Self(Arc::from("./-"))
    }
}

/// What to read: the arguments of [`Sources::push`].
#[derive(Clone, Debug)]
pub struct NewSource {
    /// Path to show, relative to the working directory, with `/`; `-` or the name given by
    /// `--stdin-filename` for standard input.
    pub path: String,
    /// Path relative to the repository root, with `/`.
    pub root_path: String,
    /// The decoded text. Invalid UTF-8 is replaced by U+FFFD.
    pub text: Arc<str>,
    /// Byte offset in `text` of the first replaced invalid sequence.
    pub invalid_utf8: Option<u32>,
    /// Why the source is read.
    pub role: Role,
    /// What is deployed with it.
    pub scope: Scope,
}

/// What a source's text is to a run.
#[derive(Clone, Debug, Default)]
enum Part {
    /// Its objects are judged.
    #[default]
    Judged,
    /// What is rendered from it is judged in its stead.
    Ingredient,
    /// It holds no manifest, but findings may point at it.
    Aside,
    /// No file: it was rendered from files.
    Rendered(Arc<Origin>),
}

/// One file (or standard input) of a run, or a text that was rendered from files.
#[derive(Debug)]
pub struct Source {
    id: SourceId,
    given: NewSource,
    part: Part,
    lines: OnceLock<LineIndex>,
}

impl Source {
    /// Its identity within the run.
    pub fn id(&self) -> SourceId {
        self.id
    }

    /// Path to show, relative to the working directory, with `/`.
    pub fn path(&self) -> &str {
        &self.given.path
    }

    /// Whether it is standard input that stands for no file.
    pub fn is_unnamed(&self) -> bool {
        self.given.path == "-"
    }

    /// Path relative to the repository root, with `/`.
    pub fn root_path(&self) -> &str {
        &self.given.root_path
    }

    /// The whole text.
    pub fn text(&self) -> &Arc<str> {
        &self.given.text
    }

    /// Byte offset of the first invalid UTF-8 sequence, which the text shows as U+FFFD.
    pub fn invalid_utf8(&self) -> Option<u32> {
        self.given.invalid_utf8
    }

    /// Why the source is read.
    pub fn role(&self) -> Role {
        self.given.role
    }

    /// What is deployed with it.
    pub fn scope(&self) -> &Scope {
        &self.given.scope
    }

    /// Whether its objects are not judged, because what is rendered from them is.
    pub fn is_ingredient(&self) -> bool {
        matches!(self.part, Part::Ingredient)
    }

    /// Whether it holds no manifest: a configuration file or a baseline.
    pub fn is_aside(&self) -> bool {
        matches!(self.part, Part::Aside)
    }

    /// Where its text comes from, when it is no file.
    pub fn origin(&self) -> Option<&Origin> {
        match &self.part {
            Part::Rendered(origin) => Some(origin),
            Part::Judged | Part::Ingredient | Part::Aside => None,
        }
    }

    /// The text of a range; empty when the range lies outside the text or splits a character.
    pub fn slice(&self, span: Span) -> &str {
        self.given.text.get(span.range()).unwrap_or_default()
    }

    /// Line and column of a byte offset. An offset past the end is the end.
    pub fn position(&self, offset: u32) -> Position {
        self.lines().position(&self.given.text, offset)
    }

    /// The span of a line's text, without its line break. Lines count from 1; a line past the end
    /// is empty.
    pub fn line_span(&self, line: u32) -> Span {
        self.lines().line_span(&self.given.text, line)
    }

    /// How many lines the text has; at least 1.
    pub fn line_count(&self) -> u32 {
        self.lines().count()
    }

    fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.given.text))
    }
}

/// All that is in view of a run.
#[derive(Debug, Default)]
pub struct Sources {
    items: Vec<Source>,
    charts: Vec<Scope>,
    /// The roots of the repositories, as paths are shown.
    repositories: Vec<String>,
    failures: Vec<RenderFailure>,
}

impl Sources {
    /// Adds a source and gives its identity.
    pub fn push(&mut self, given: NewSource) -> SourceId {
        self.push_part(given, Part::Judged)
    }

    /// Adds a text that was rendered from files and gives its identity. Its path is never shown:
    /// every place in it stands for one in a file.
    pub fn push_rendered(&mut self, given: NewSource, origin: Origin) -> SourceId {
        self.push_part(given, Part::Rendered(Arc::new(origin)))
    }

    /// Adds a file that holds no manifest and gives its identity.
    pub fn push_aside(&mut self, given: NewSource) -> SourceId {
        self.push_part(given, Part::Aside)
    }

    fn push_part(&mut self, given: NewSource, part: Part) -> SourceId {
        let id = SourceId(u32::try_from(self.items.len()).unwrap_or(u32::MAX));
        self.items.push(Source {
            id,
            given,
            part,
            lines: OnceLock::new(),
        });
        id
    }

    /// The same sources, some of them with another text; identities stay.
    #[must_use]
    pub fn with_texts(&self, texts: &BTreeMap<SourceId, Arc<str>>) -> Self {
        let mut changed = Self {
            charts: self.charts.clone(),
            repositories: self.repositories.clone(),
            failures: self.failures.clone(),
            ..Self::default()
        };
        for source in self {
            let mut given = source.given.clone();
            if let Some(text) = texts.get(&source.id) {
                given.text = Arc::clone(text);
            }
            changed.push_part(given, source.part.clone());
        }
        changed
    }

    /// Those files with manifests alone that are kept, under new identities, and what they are here: the
    /// nth of the list is the nth there.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&Source) -> bool) -> (Self, Vec<SourceId>) {
        let mut kept = Self {
            charts: self.charts.clone(),
            repositories: self.repositories.clone(),
            ..Self::default()
        };
        let mut ids = Vec::new();
        for source in self {
            if matches!(source.part, Part::Judged) && keep(source) {
                kept.push(source.given.clone());
                ids.push(source.id);
            }
        }
        (kept, ids)
    }

    /// Takes note that what is rendered from a file is judged in its stead.
    pub fn mark_ingredient(&mut self, id: SourceId) {
        if let Some(source) = self.items.get_mut(id.0 as usize) {
            source.part = Part::Ingredient;
        }
    }

    /// Where a person finds what stands at a place: for rendered text a place in a file.
    pub fn place(&self, location: Location) -> Location {
        self.get(location.source)
            .origin()
            .map_or(location, |origin| origin.place(location.span))
    }

    /// Takes note of something that cannot be rendered.
    pub fn push_failure(&mut self, failure: RenderFailure) {
        self.failures.push(failure);
    }

    /// What cannot be rendered.
    pub fn failures(&self) -> &[RenderFailure] {
        &self.failures
    }

    /// Notes the directories (relative to the repository root) of all Helm charts that are in view
    /// but were not rendered.
    pub fn set_charts(&mut self, directories: Vec<Scope>) {
        self.charts = directories;
    }

    /// Notes the roots of the repositories in view, as paths are shown.
    pub fn set_repositories(&mut self, roots: Vec<String>) {
        self.repositories = roots;
    }

    /// The repository that a source stands in, the innermost, as a number.
    pub fn repository(&self, source: &Source) -> usize {
        let holds = |root: &String| {
            let rest = source.path().strip_prefix(root.as_str());
            root == "." || rest.is_some_and(|rest| rest.starts_with('/'))
        };
        let roots = self.repositories.iter().zip(1..);
        let innermost = roots
            .filter(|(root, _)| holds(root))
            .max_by_key(|(root, _)| (*root != ".", root.len()));
        innermost.map_or(0, |(_, number)| number)
    }

    /// The directories of Helm charts that are in view but were not rendered.
    pub fn charts(&self) -> &[Scope] {
        &self.charts
    }

    /// The source with this identity.
    ///
    /// # Panics
    /// When the identity was given by another `Sources`.
    #[expect(
        clippy::indexing_slicing,
        reason = "identities are only made by `push`, and sources are never removed"
    )]
    pub fn get(&self, id: SourceId) -> &Source {
        &self.items[id.0 as usize]
    }

    /// All sources, in the order in which they were added.
    pub fn iter(&self) -> std::slice::Iter<'_, Source> {
        self.items.iter()
    }

    /// How many sources there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no source.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl<'a> IntoIterator for &'a Sources {
    type Item = &'a Source;
    type IntoIter = std::slice::Iter<'a, Source>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
