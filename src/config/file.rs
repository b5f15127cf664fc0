//! The configuration file.

use std::path::Path;
use std::sync::Arc;

use globset::GlobBuilder;

use super::ConfigError;
use super::helm_values;
use super::render;
use super::words::{self, FAIL_ON, LEVELS, MESH_MODES};
use crate::finding::{OptionMeta, RuleMeta};
use crate::settings::{
    LifecycleSettings, MeshSettings, OptionValue, PathGlob, RuleSettings, Settings, SettingsFile,
};
use crate::source::{NewSource, Role, Scope, Source, Sources, Span};
use crate::yaml::{self, Content, Kind, Node, Scalar, Tree};

/// Reads a value of one key into its place.
pub(super) type Setter<T> = fn(&mut Reader<'_>, Node<'_>, &mut T);

const TOP: &[(&str, Setter<Settings>)] = &[
    ("kubernetes-version", |reader, node, settings| {
        settings.common.kubernetes_version = reader.parsed(
            node,
            "a version such as 1.33",
            words::parse_kubernetes_version,
        );
    }),
    ("mesh", |reader, node, settings| {
        reader.section(node, MESH, &mut settings.common.mesh);
    }),
    ("lifecycle", |reader, node, settings| {
        reader.section(node, LIFECYCLE, &mut settings.common.lifecycle);
    }),
    ("rules", |reader, node, settings| {
        reader.rules(node, settings);
    }),
    ("select", |reader, node, settings| {
        settings.common.select = reader.selectors(node).into_iter().collect();
    }),
    ("ignore", |reader, node, settings| {
        settings.common.ignore = reader.selectors(node).into_iter().collect();
    }),
    ("pedantic", |reader, node, settings| {
        settings.common.pedantic = reader.boolean(node).unwrap_or_default();
    }),
    ("fail-on", |reader, node, settings| {
        let fail_on = reader.word(node, &FAIL_ON);
        settings.fail_on = fail_on.unwrap_or_default();
    }),
    ("exclude", |reader, node, settings| {
        reader.exclude(node, settings);
    }),
    ("baseline", |reader, node, settings| {
        let base = reader.base;
        let file = reader.parsed(node, "a file", |text| Ok(base.join(text)));
        settings.baseline = file;
    }),
    ("render", |reader, node, settings| {
        render::read(reader, node, &mut settings.render);
    }),
];

const MESH: &[(&str, Setter<MeshSettings>)] = &[
    ("mode", |reader, node, mesh| {
        let mode = reader.word(node, &MESH_MODES);
        mesh.mode = mode.unwrap_or_default();
    }),
    ("istio-version", |reader, node, mesh| {
        mesh.istio_version =
            reader.parsed(node, "a version such as 1.27", words::parse_istio_version);
    }),
    ("native-sidecars", |reader, node, mesh| {
        mesh.native_sidecars = reader.boolean(node);
    }),
    (
        "hold-application-until-proxy-starts",
        |reader, node, mesh| {
            mesh.hold_application_until_proxy_starts = reader.boolean(node);
        },
    ),
    ("termination-drain-duration", |reader, node, mesh| {
        mesh.termination_drain_duration = reader.parsed(node, DURATION, words::parse_duration);
    }),
    ("exit-on-zero-active-connections", |reader, node, mesh| {
        mesh.exit_on_zero_active_connections = reader.boolean(node);
    }),
    ("minimum-drain-duration", |reader, node, mesh| {
        mesh.minimum_drain_duration = reader.parsed(node, DURATION, words::parse_duration);
    }),
    ("helm-values", |reader, node, mesh| {
        reader.helm_values(node, mesh);
    }),
    ("root-namespace", |reader, node, mesh| {
        if let Some(namespace) = reader.parsed(node, "a namespace", namespace) {
            mesh.root_namespace = namespace;
        }
    }),
];

const LIFECYCLE: &[(&str, Setter<LifecycleSettings>)] = &[
    ("shutdown-timeout", |reader, node, lifecycle| {
        lifecycle.shutdown_timeout = reader.parsed(node, DURATION, words::parse_duration);
    }),
    ("startup-time", |reader, node, lifecycle| {
        lifecycle.startup_time = reader.parsed(node, DURATION, words::parse_duration);
    }),
    ("buffer", |reader, node, lifecycle| {
        if let Some(buffer) = reader.parsed(node, DURATION, words::parse_duration) {
            lifecycle.buffer = buffer;
        }
    }),
    ("min-prestop", |reader, node, lifecycle| {
        if let Some(delay) = reader.parsed(node, DURATION, words::parse_duration) {
            lifecycle.min_prestop = delay;
        }
    }),
];

pub(super) const DURATION: &str = "a duration such as 30s or 1m30s";

/// The key of a rule's level beside its options.
const SEVERITY: &str = "severity";

/// Reads a configuration file. `shown` is its path as errors name it; patterns in it are relative
/// to its directory. What the file leaves out keeps its default.
///
/// # Errors
/// When the file cannot be read, is no YAML, or holds unknown keys, rules or options, or values of
/// the wrong form: all of them, in the order of the text.
pub fn load(file: &Path, shown: &str, rules: &[RuleMeta]) -> Result<Settings, Vec<ConfigError>> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        vec![ConfigError::Unreadable {
            path: shown.to_owned(),
            error,
        }]
    })?;
    let base = file.parent().unwrap_or(Path::new("."));
    let text: Arc<str> = text.into();
    let mut settings = parse(Arc::clone(&text), shown, base, rules)?;
    settings.file = Some(SettingsFile {
        path: file.to_owned(),
        shown: shown.to_owned(),
        text,
    });
    Ok(settings)
}

pub(super) fn parse(
    text: Arc<str>,
    shown: &str,
    base: &Path,
    rules: &[RuleMeta],
) -> Result<Settings, Vec<ConfigError>> {
    let stream = yaml::parse(&text);
    let mut sources = Sources::default();
    let id = sources.push(NewSource {
        path: shown.to_owned(),
        root_path: shown.to_owned(),
        text,
        invalid_utf8: None,
        role: Role::Named,
        scope: Scope("".into()),
    });
    let mut reader = Reader {
        source: sources.get(id),
        base,
        rules,
        errors: Vec::new(),
    };
    let mut settings = Settings::default();
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
                    reader.section(tree.root(), TOP, &mut settings);
                }
            }
        }
    }
    reader.finish().map(|()| settings)
}

/// Reads nodes and collects what is wrong with them.
pub(super) struct Reader<'a> {
    source: &'a Source,
    pub(super) base: &'a Path,
    rules: &'a [RuleMeta],
    errors: Vec<(u32, String)>,
}

impl Reader<'_> {
    fn finish(mut self) -> Result<(), Vec<ConfigError>> {
        if self.errors.is_empty() {
            return Ok(());
        }
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
        Err(errors.collect())
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
    pub(super) fn section<T>(
        &mut self,
        node: Node<'_>,
        keys: &[(&'static str, Setter<T>)],
        target: &mut T,
    ) {
        for (key, name, value) in self.entries(node) {
            if let Some((_, set)) = keys.iter().find(|(known, _)| *known == name) {
                set(self, value, target);
            } else {
                let known = keys.iter().map(|(known, _)| *known);
                self.unknown(key, "key", name, known);
            }
        }
    }

    fn unknown<'k>(
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

    fn entries<'t>(&mut self, node: Node<'t>) -> Vec<(Node<'t>, &'t str, Node<'t>)> {
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

    fn boolean(&mut self, node: Node<'_>) -> Option<bool> {
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

    /// Reads the files that the list names, relative to the directory of the configuration.
    fn helm_values(&mut self, node: Node<'_>, mesh: &mut MeshSettings) {
        for (item, path) in self.list(node) {
            let read = std::fs::read_to_string(self.base.join(path));
            let taken = read
                .map_err(|error| error.to_string())
                .and_then(|text| helm_values::take_over(&text, mesh));
            if let Err(message) = taken {
                self.at(item, format!("Helm values `{path}`: {message}"));
            }
        }
    }

    fn selectors(&mut self, node: Node<'_>) -> Vec<String> {
        let rules = self.rules;
        self.list(node)
            .into_iter()
            .filter_map(|(item, _)| {
                self.parsed(item, "a rule or category", |text| {
                    words::selector(text, rules)
                })
            })
            .collect()
    }

    fn exclude(&mut self, node: Node<'_>, settings: &mut Settings) {
        for (item, glob) in self.list(node) {
            // As the walk will read it.
            match GlobBuilder::new(glob).allow_unclosed_class(true).build() {
                Ok(_) => settings.exclude.push(PathGlob {
                    base: self.base.to_owned(),
                    glob: glob.to_owned(),
                }),
                Err(error) => {
                    let reason = error.kind();
                    self.at(item, format!("`{glob}` is no valid path pattern: {reason}"));
                }
            }
        }
    }

    fn rules(&mut self, node: Node<'_>, settings: &mut Settings) {
        for (key, name, value) in self.entries(node) {
            match words::rule(name, self.rules) {
                Ok(rule) => {
                    let read = self.rule(value, rule);
                    settings.common.rules.insert(rule.id.to_owned(), read);
                }
                Err(message) => self.at(key, message),
            }
        }
    }

    fn rule(&mut self, node: Node<'_>, rule: &RuleMeta) -> RuleSettings {
        let mut read = RuleSettings::default();
        if !node.is_mapping() {
            read.level = self.word(node, &LEVELS);
            return read;
        }
        for (key, name, value) in self.entries(node) {
            if name == SEVERITY {
                read.level = self.word(value, &LEVELS);
            } else if let Some(option) = rule.options.iter().find(|option| option.name == name) {
                if let Some(value) = self.option(value, option) {
                    read.options.insert(name.to_owned(), value);
                }
            } else {
                let known = std::iter::once(SEVERITY).chain(rule.options.iter().map(|it| it.name));
                self.unknown(key, &format!("option of {}", rule.id), name, known);
            }
        }
        read
    }

    fn option(&mut self, node: Node<'_>, option: &OptionMeta) -> Option<OptionValue> {
        match option.default {
            OptionValue::Bool(_) => self.boolean(node).map(OptionValue::Bool),
            OptionValue::Seconds(_) => self
                .parsed(node, DURATION, whole_seconds)
                .map(OptionValue::Seconds),
        }
    }
}

fn whole_seconds(text: &str) -> Result<u64, String> {
    let duration = words::parse_duration(text)?;
    if duration.subsec_nanos() == 0 {
        Ok(duration.as_secs())
    } else {
        Err(format!("expected whole seconds, found `{text}`"))
    }
}

pub(super) fn namespace(text: &str) -> Result<String, String> {
    let fits = !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits {
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
