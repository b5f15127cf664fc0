//! The configuration file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::ConfigError;
use super::chain::{Text, chain};
use super::helm_values;
use super::keys::{About, Key, OF_A_FILE, TOP};
use super::trust;
use super::words;
use crate::finding::RuleMeta;
use crate::settings::{
    Assignment, Origin, Override, PathGlob, PathPatterns, Settings, SettingsFile, Trace,
    WorkloadPattern, is_namespace,
};
use crate::source::{ReadError, Source, Span, read_stream};
use crate::units::SizeLimit;
use crate::yaml::{self, Content, Kind, Node, Scalar, Tree};

/// Reads a value of one key into its place.
pub(super) type Setter<T> = fn(&mut Reader<'_>, Node<'_>, &mut T);

/// What is read: a file with those that it builds on, or one entry of `overrides`.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// What holds for the whole run.
    pub(super) settings: Settings,
    /// What may differ from object to object, in the order of the text.
    pub(super) assignments: Vec<Assignment>,
    /// Where each of them is given.
    pub(super) origins: Vec<Origin>,
    /// The keys that hold for the whole run.
    pub(super) run: Vec<(&'static str, Origin)>,
    /// Texts of values files, which fill in what nothing else says.
    pub(super) helm_values: Vec<String>,
    /// Of an entry of `overrides`: the files it speaks of.
    pub(super) paths: Vec<PathGlob>,
    /// Of an entry of `overrides`: the objects it speaks of.
    pub(super) workloads: Vec<WorkloadPattern>,
    /// Whether this is an entry of `overrides`.
    pub(super) in_override: bool,
}

impl Draft {
    pub(super) fn assign(&mut self, assignment: Option<Assignment>) {
        self.assignments.extend(assignment);
    }

    /// Notes where the values stand that have no place yet.
    pub(super) fn place(&mut self, origin: Origin) {
        self.origins.resize(self.assignments.len(), origin);
    }

    /// The values of an entry of `overrides`.
    pub(super) fn into_override(self, origin: Origin) -> Override {
        Override {
            // What is no pattern was told where it was read.
            paths: PathPatterns::new(&self.paths).unwrap_or_default(),
            workloads: self.workloads.into(),
            assignments: self.assignments,
            origin,
            ..Override::default()
        }
    }

    pub(super) fn into_settings(self) -> Settings {
        let mut settings = self.settings;
        for assignment in &self.assignments {
            assignment.apply(&mut settings.common);
        }
        for text in &self.helm_values {
            // Whether it can be read was found out where it was named.
            let _ = helm_values::take_over(text, &mut settings.common.mesh);
        }
        settings.trace = Trace {
            values: self.assignments.into_iter().zip(self.origins).collect(),
            run: self.run,
            files: settings.trace.files,
        };
        settings
    }
}

pub(super) const DURATION: &str = "a duration such as 30s or 1m30s";

/// Reads a configuration file, with those that it builds on. `shown` is its path as errors name it;
/// patterns in it are relative to its directory. What the files leave out keeps its default.
///
/// # Errors
/// When a file cannot be read, is not YAML, or holds unknown keys, rules or options, or values of
/// the wrong form: all of them, file by file, in the order of the text.
pub fn load(file: &Path, shown: &str, rules: &[RuleMeta]) -> Result<Settings, Vec<ConfigError>> {
    let first = Text::of(file, shown, read(file))?;
    load_text(first, &[], rules)
}

/// The settings of a file that is read. Its files get the numbers behind those that are known; a known one keeps
/// its own.
pub(super) fn load_text(
    first: Text,
    known: &[SettingsFile],
    rules: &[RuleMeta],
) -> Result<Settings, Vec<ConfigError>> {
    let (chain, error) = chain(first);
    let mut files = known.to_vec();
    let mut numbers = Vec::new();
    // The run's own file is the first of all.
    for text in chain.iter().rev() {
        let number = files.iter().position(|it| it.path == text.path);
        numbers.push(number.unwrap_or(files.len()));
        if number.is_none() {
            files.push(SettingsFile {
                path: text.path.clone(),
                shown: text.shown.clone(),
                text: Arc::clone(&text.content),
            });
        }
    }
    numbers.reverse();
    let mut draft = Draft::default();
    let mut errors: Vec<ConfigError> = error.into_iter().collect();
    for (text, number) in chain.iter().zip(&numbers) {
        errors.extend(read_into(&mut draft, text, *number, rules));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut settings = draft.into_settings();
    settings.files = files;
    settings.trace.files = numbers;
    Ok(settings)
}

/// A flag may name a pipe, as shells make one of `<(…)`.
fn read(file: &Path) -> Result<String, ReadError> {
    let content = read_stream(File::open(file)?, SizeLimit::default())?;
    String::from_utf8(content).map_err(|_| ReadError::NoText)
}

/// Reads one file over what those say that it builds on; gives all that is wrong with it.
fn read_into(
    draft: &mut Draft,
    text: &Text,
    number: usize,
    rules: &[RuleMeta],
) -> Vec<ConfigError> {
    let stream = yaml::parse(&text.content);
    let (sources, id) = text.source();
    let mut reader = Reader {
        source: sources.get(id),
        file: number,
        base: text.base(),
        root: trust::root(text.base()),
        rules,
        errors: Vec::new(),
        patterns_left: MAX_PATTERNS,
    };
    let mut trees = 0;
    for document in &stream.documents {
        match &document.content {
            Content::Empty => {}
            Content::Broken(error) => reader.error(error.span, error.message.clone()),
            Content::Tree(tree) => {
                trees += 1;
                if trees > 1 {
                    reader.at(tree.root(), "expected a single document");
                } else {
                    reader.duplicates(tree);
                    reader.section(tree.root(), TOP, draft);
                }
            }
        }
    }
    reader.finish()
}

/// What keys are read into.
pub(super) trait Within {
    /// Whether it is an entry of `overrides`, or a part of one.
    fn in_override(&self) -> bool {
        false
    }

    /// Notes where the last key was read.
    fn locate(&mut self, _about: &About, _origin: Origin) {}
}

impl Within for Draft {
    fn in_override(&self) -> bool {
        self.in_override
    }

    fn locate(&mut self, about: &About, origin: Origin) {
        if !about.varies && !OF_A_FILE.contains(&about.name) {
            self.run.push((about.name, origin));
        }
        // What keys further in have assigned has its place already.
        self.place(origin);
    }
}

/// Reads nodes and collects what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source,
    /// The number of the file.
    pub(super) file: usize,
    /// The directory that paths are relative to.
    pub(super) base: &'a Path,
    /// What the file may name lies in here.
    root: PathBuf,
    pub(super) rules: &'a [RuleMeta],
    errors: Vec<(u32, String)>,
    /// How many path patterns may still follow.
    patterns_left: usize,
}

/// How many path patterns one file may have: each takes kilobytes once it is compiled.
const MAX_PATTERNS: usize = 2_000;

impl Reader<'_> {
    fn finish(mut self) -> Vec<ConfigError> {
        self.errors.sort();
        let source = self.source;
        let errors = self.errors.into_iter().map(|(offset, message)| {
            let position = source.position(offset);
            ConfigError::Invalid {
                path: source.path().to_owned(),
                line: position.line,
                column: position.column,
                message,
            }
        });
        errors.collect()
    }

    /// Where a node stands.
    pub(super) fn origin(&self, node: Node<'_>) -> Origin {
        Origin {
            file: self.file,
            line: self.source.position(node.span().start).line,
        }
    }

    fn error(&mut self, span: Span, message: impl Into<String>) {
        self.errors.push((span.start, message.into()));
    }

    pub(super) fn at(&mut self, node: Node<'_>, message: impl Into<String>) {
        self.error(node.span(), message);
    }

    pub(super) fn expected(&mut self, node: Node<'_>, what: &str) {
        self.at(node, format!("expected {what}, found {}", described(node)));
    }

    fn duplicates(&mut self, tree: &Tree) {
        for duplicate in tree.duplicate_keys() {
            let key = tree.node(duplicate.second);
            let first = tree.node(duplicate.first).span().start;
            let line = self.source.position(first).line;
            let name = key.text().unwrap_or_default();
            self.at(
                key,
                format!("`{name}` is given twice, first on line {line}"),
            );
        }
    }

    /// Reads a mapping by a table of its keys. Nothing at all is an empty mapping: its entries may
    /// all be commented out.
    pub(super) fn section<T: Within>(
        &mut self,
        node: Node<'_>,
        keys: &'static [Key<T>],
        target: &mut T,
    ) {
        for entry in self.entries(node) {
            self.entry(&[], keys, entry, target);
        }
    }

    /// Reads one entry of a mapping by the table `keys`; `others` are keys that may stand beside
    /// them.
    pub(super) fn entry<T: Within>(
        &mut self,
        others: &'static [Key<T>],
        keys: &'static [Key<T>],
        (key, name, value): (Node<'_>, &str, Node<'_>),
        target: &mut T,
    ) {
        match keys.iter().find(|known| known.about.name == name) {
            Some(known) if target.in_override() && !known.about.varies => {
                let message =
                    format!("`{name}` holds for the whole run and cannot stand in `overrides`");
                self.at(key, message);
            }
            Some(known) => {
                (known.read)(self, value, target);
                target.locate(&known.about, self.origin(key));
            }
            None => {
                let known = others.iter().chain(keys).map(|known| &known.about);
                let known = known.filter(|known| known.varies || !target.in_override());
                self.unknown(key, "key", name, known.map(|known| known.name));
            }
        }
    }

    pub(super) fn unknown<'k>(
        &mut self,
        key: Node<'_>,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'k str> + Clone,
    ) {
        let mut hint = words::did_you_mean(name, known.clone());
        if hint.is_empty() {
            hint = format!(", expected {}", words::one_of(known));
        }
        self.at(key, format!("unknown {what} `{name}`{hint}"));
    }

    pub(super) fn entries<'t>(&mut self, node: Node<'t>) -> Vec<(Node<'t>, &'t str, Node<'t>)> {
        if !node.is_mapping() && !node.is_null() {
            self.expected(node, "a mapping");
            return Vec::new();
        }
        let mut entries = Vec::new();
        for entry in node.entries() {
            match entry.key.text() {
                Some(name) => entries.push((entry.key, name, entry.value.resolved())),
                None => self.expected(entry.key, "a key"),
            }
        }
        entries
    }

    /// Reads a scalar by its text as written, whatever YAML makes of it: `1.30` is no 1.3, and
    /// `off` is a word.
    pub(super) fn parsed<T>(
        &mut self,
        node: Node<'_>,
        what: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let Some(text) = node.text() else {
            self.expected(node, what);
            return None;
        };
        match parse(text) {
            Ok(value) => Some(value),
            Err(message) => {
                self.at(node, message);
                None
            }
        }
    }

    pub(super) fn word<T: Copy>(
        &mut self,
        node: Node<'_>,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let what = words::one_of(words.iter().map(|(word, _)| *word));
        self.parsed(node, &what, |text| words::word(text, words))
    }

    pub(super) fn boolean(&mut self, node: Node<'_>) -> Option<bool> {
        if let Some(Scalar::Bool(value)) = node.scalar() {
            return Some(value);
        }
        self.expected(node, "true or false");
        None
    }

    /// Reads a list of texts, or a single one.
    pub(super) fn list<'t>(&mut self, node: Node<'t>) -> Vec<(Node<'t>, &'t str)> {
        let items: Vec<Node<'t>> = match node.kind() {
            Kind::Sequence => node.items().map(Node::resolved).collect(),
            Kind::Scalar(Scalar::Null) => Vec::new(),
            Kind::Scalar(_) => vec![node],
            Kind::Mapping => {
                self.expected(node, "a list");
                Vec::new()
            }
        };
        let mut texts = Vec::new();
        for item in items {
            match item.text() {
                Some(text) => texts.push((item, text)),
                None => self.expected(item, "a text"),
            }
        }
        texts
    }

    /// The path of a file or folder of the repository, as written beside the configuration.
    ///
    /// # Errors
    /// When it lies outside; `flag` is what may name such a path instead, if any may.
    pub(super) fn inside(&self, path: &str, flag: Option<&str>) -> Result<PathBuf, String> {
        if trust::leads_out(&self.root, self.base, path) {
            return Err(outside(path, flag));
        }
        Ok(self.base.join(path))
    }

    pub(super) fn duration(&mut self, node: Node<'_>) -> Option<Duration> {
        self.parsed(node, DURATION, words::parse_duration)
    }

    /// The texts of a list of path patterns; those beyond what a file may have are an error.
    pub(super) fn patterns<'t>(&mut self, node: Node<'t>) -> Vec<(Node<'t>, &'t str)> {
        let mut listed = self.list(node);
        let left = self.patterns_left;
        if let Some((first, _)) = listed.get(left) {
            let message = format!("a configuration has at most {MAX_PATTERNS} path patterns");
            self.at(*first, message);
        }
        listed.truncate(left);
        self.patterns_left -= listed.len();
        listed
    }

    /// Reads path patterns, with the meaning of the lines of a `.gitignore` file.
    pub(super) fn globs(&mut self, node: Node<'_>) -> Vec<PathGlob> {
        let listed = self.patterns(node);
        self.listed_globs(listed)
    }

    /// Reads path patterns that may reach no further than the repository; `flag` may.
    pub(super) fn globs_inside(&mut self, node: Node<'_>, flag: &str) -> Vec<PathGlob> {
        let mut listed = self.patterns(node);
        listed.retain(|(item, glob)| {
            let is_out = trust::reaches_out(&self.root, self.base, glob);
            if is_out {
                let path = glob.trim_start_matches('!');
                self.at(*item, outside(path, Some(flag)));
            }
            !is_out
        });
        self.listed_globs(listed)
    }

    pub(super) fn listed_globs(&mut self, listed: Vec<(Node<'_>, &str)>) -> Vec<PathGlob> {
        let mut globs = Vec::new();
        for (item, glob) in listed {
            let glob = PathGlob {
                base: self.base.to_owned(),
                glob: glob.to_owned(),
            };
            match PathPatterns::new(std::slice::from_ref(&glob)) {
                Ok(_) => globs.push(glob),
                Err(errors) => errors.iter().for_each(|it| self.at(item, it.to_string())),
            }
        }
        globs
    }
}

fn outside(path: &str, flag: Option<&str>) -> String {
    let hint = flag.map_or_else(String::new, |flag| format!(": use --{flag} instead"));
    format!("`{path}` lies outside of the repository, and this file may not name it{hint}")
}

pub(super) fn namespace(text: &str) -> Result<String, String> {
    if is_namespace(text) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "expected the name of a namespace such as istio-system, found `{text}`"
        ))
    }
}

fn described(node: Node<'_>) -> String {
    match node.kind() {
        Kind::Mapping => "a mapping".to_owned(),
        Kind::Sequence => "a list".to_owned(),
        Kind::Scalar(Scalar::Null) => "nothing".to_owned(),
        Kind::Scalar(Scalar::Text(text)) => format!("the text `{text}`"),
        Kind::Scalar(_) => format!("`{}`", node.text().unwrap_or_default()),
    }
}
