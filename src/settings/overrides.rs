//! What holds for some objects only.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use globset::{GlobBuilder, GlobMatcher};

use super::trace::{Origin, Trace};
use super::{MeshMode, ObjectSettings, PathPatterns, PatternError, Preset, RuleSettings};
use crate::units::Version;

/// A value for one key of the configuration that may differ from object to object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// `kubernetes-version`
    KubernetesVersion(Version),
    /// `mesh.mode`
    MeshMode(MeshMode),
    /// `mesh.istio-version`
    IstioVersion(Version),
    /// `mesh.native-sidecars`
    NativeSidecars(bool),
    /// `mesh.hold-application-until-proxy-starts`
    HoldApplication(bool),
    /// `mesh.termination-drain-duration`
    TerminationDrain(Duration),
    /// `mesh.exit-on-zero-active-connections`
    ExitOnZeroConnections(bool),
    /// `mesh.minimum-drain-duration`
    MinimumDrain(Duration),
    /// `lifecycle.shutdown-timeout`
    ShutdownTimeout(Duration),
    /// `lifecycle.startup-time`
    StartupTime(Duration),
    /// `lifecycle.rto`
    Rto(Duration),
    /// `lifecycle.buffer`
    Buffer(Duration),
    /// `lifecycle.min-prestop`
    MinPrestop(Duration),
    /// An entry of `rules`: what it says adds to what was said of the rule before.
    Rule(String, RuleSettings),
    /// `select`; replaces what was selected before.
    Select(BTreeSet<String>),
    /// `ignore`; adds to what was ignored before.
    Ignore(BTreeSet<String>),
    /// The flag `--select`: what it names runs, whatever was selected or ignored before.
    SelectOnly(BTreeSet<String>),
    /// `pedantic`
    Pedantic(bool),
    /// `preset`
    Preset(Preset),
}

impl Assignment {
    /// Sets the value.
    pub fn apply(&self, settings: &mut ObjectSettings) {
        let mesh = &mut settings.mesh;
        let lifecycle = &mut settings.lifecycle;
        match self {
            Self::KubernetesVersion(value) => settings.kubernetes_version = Some(*value),
            Self::MeshMode(value) => mesh.mode = *value,
            Self::IstioVersion(value) => mesh.istio_version = Some(*value),
            Self::NativeSidecars(value) => mesh.native_sidecars = Some(*value),
            Self::HoldApplication(value) => {
                mesh.hold_application_until_proxy_starts = Some(*value);
            }
            Self::TerminationDrain(value) => mesh.termination_drain_duration = Some(*value),
            Self::ExitOnZeroConnections(value) => {
                mesh.exit_on_zero_active_connections = Some(*value);
            }
            Self::MinimumDrain(value) => mesh.minimum_drain_duration = Some(*value),
            Self::ShutdownTimeout(value) => lifecycle.shutdown_timeout = Some(*value),
            Self::StartupTime(value) => lifecycle.startup_time = Some(*value),
            Self::Rto(value) => lifecycle.rto = Some(*value),
            Self::Buffer(value) => lifecycle.buffer = *value,
            Self::MinPrestop(value) => lifecycle.min_prestop = *value,
            Self::Rule(id, said) => settings.rules.entry(id.clone()).or_default().extend(said),
            Self::Select(rules) => settings.select.clone_from(rules),
            Self::Ignore(rules) => settings.ignore.extend(rules.iter().cloned()),
            Self::SelectOnly(rules) => {
                settings.select.clone_from(rules);
                settings.ignore.clear();
            }
            Self::Pedantic(value) => settings.pedantic = *value,
            Self::Preset(value) => settings.preset = *value,
        }
    }
}

impl RuleSettings {
    fn extend(&mut self, said: &Self) {
        self.level = said.level.or(self.level);
        let options = said.options.iter();
        self.options
            .extend(options.map(|(name, value)| (name.clone(), *value)));
        self.exclude.extend(said.exclude.iter().cloned());
    }
}

/// Values for the objects of some files, or of some kinds and names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Override {
    /// The files; empty: all.
    pub paths: PathPatterns,
    /// The objects; empty: all.
    pub workloads: WorkloadPatterns,
    /// The directory whose files it speaks of, where it does not speak of all.
    pub within: Option<PathBuf>,
    /// What holds instead of all that was said before; that of the configuration file of a directory.
    pub start: Option<Arc<Start>>,
    /// The values.
    pub assignments: Vec<Assignment>,
    /// Where it is said.
    pub origin: Origin,
}

/// What the configuration file of a directory says of all its objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// What holds.
    pub common: ObjectSettings,
    /// What says so.
    pub trace: Trace,
}

impl Override {
    /// Whether it speaks of the file with this absolute path.
    pub(super) fn is_for_path(&self, path: &Path) -> bool {
        let mut within = self.within.iter();
        within.all(|directory| path.starts_with(directory))
            && (self.paths.is_empty() || self.paths.matches(path, false))
    }

    /// Whether it speaks of an object, or of text that is none.
    pub(super) fn is_for_subject(&self, subject: Option<&Subject<'_>>) -> bool {
        self.workloads.is_empty() || subject.is_some_and(|it| self.workloads.matches(it))
    }
}

/// An object that patterns are compared with.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    name: &'a str,
    /// `Kind/name`
    text: String,
}

impl<'a> Subject<'a> {
    pub(super) fn new(kind: &str, name: &'a str) -> Self {
        let text = format!("{kind}/{name}");
        Self { name, text }
    }
}

/// Patterns for `Kind/name`, by how the name begins, so that an object meets only those that it may
/// match.
#[derive(Clone, Debug, Default)]
pub struct WorkloadPatterns {
    all: Vec<WorkloadPattern>,
    by_start: HashMap<String, Vec<usize>>,
    lengths: BTreeSet<usize>,
}

impl WorkloadPatterns {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The patterns, in the order in which they are written.
    pub fn iter(&self) -> impl Iterator<Item = &WorkloadPattern> {
        self.all.iter()
    }

    fn matches(&self, subject: &Subject<'_>) -> bool {
        let name = subject.name;
        let starts = self.lengths.range(..=name.len());
        let mut near = starts
            .filter_map(|length| self.by_start.get(name.get(..*length)?))
            .flatten()
            .filter_map(|at| self.all.get(*at));
        near.any(|pattern| pattern.matches(&subject.text))
    }
}

impl From<Vec<WorkloadPattern>> for WorkloadPatterns {
    fn from(all: Vec<WorkloadPattern>) -> Self {
        let mut patterns = Self::default();
        for (at, pattern) in all.iter().enumerate() {
            let start = pattern.start().to_owned();
            patterns.lengths.insert(start.len());
            patterns.by_start.entry(start).or_default().push(at);
        }
        Self { all, ..patterns }
    }
}

impl PartialEq for WorkloadPatterns {
    fn eq(&self, other: &Self) -> bool {
        self.all == other.all
    }
}

impl Eq for WorkloadPatterns {}

/// A pattern for `Kind/name`, such as `Deployment/legacy-*` or `*/redis`.
#[derive(Clone, Debug)]
pub struct WorkloadPattern(GlobMatcher);

impl WorkloadPattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// When it has no kind, no name or cannot be read.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        let error = |reason: &str| PatternError {
            glob: pattern.to_owned(),
            reason: reason.to_owned(),
        };
        match pattern.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() && !name.contains('/') => {}
            _ => return Err(error("expected Kind/name, such as Deployment/legacy-*")),
        }
        let glob = GlobBuilder::new(pattern)
            .literal_separator(true)
            .build()
            .map_err(|it| error(&it.kind().to_string()))?;
        Ok(Self(glob.compile_matcher()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        self.0.glob().glob()
    }

    fn matches(&self, subject: &str) -> bool {
        self.0.is_match(subject)
    }

    /// What every name begins with that it matches.
    fn start(&self) -> &str {
        const SPECIAL: [char; 6] = ['*', '?', '[', ']', '{', '\\'];
        let (kind, name) = self.0.glob().glob().split_once('/').unwrap_or_default();
        // In braces and brackets the slash need not be the one between kind and name.
        if kind.contains(['[', '{', '\\']) {
            return "";
        }
        name.split(SPECIAL).next().unwrap_or_default()
    }
}

impl PartialEq for WorkloadPattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.glob() == other.0.glob()
    }
}

impl Eq for WorkloadPattern {}
