//! The resolved configuration, as plain data.

mod memo;
mod overrides;
mod patterns;
mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::units::{SizeLimit, Version};
use overrides::Subject;

pub use memo::{Applied, Memo};
pub use overrides::{Assignment, Override, Start, WorkloadPattern, WorkloadPatterns};
pub use patterns::{PathPatterns, PatternError};
pub use trace::{Origin, Said, Trace};

/// The names of the configuration file. One of them also marks a directory as the root of a run.
pub const CONFIG_FILE_NAMES: [&str; 2] = ["lameduck.yaml", ".lameduck.yaml"];

/// A pattern for paths, with the meaning of a line in a `.gitignore` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathGlob {
    /// The directory the pattern is relative to.
    pub base: PathBuf,
    /// The pattern.
    pub glob: String,
}

/// How rules learn whether workloads are in an Istio mesh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MeshMode {
    /// From the manifests in view.
    #[default]
    Auto,
    /// Every workload that does not opt out has a sidecar.
    Sidecar,
    /// Every workload that does not opt out is in the ambient mesh.
    Ambient,
    /// There is no mesh.
    None,
}

/// What is known about the mesh beside the manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeshSettings {
    /// Membership.
    pub mode: MeshMode,
    /// The Istio version, when given.
    pub istio_version: Option<Version>,
    /// Whether injected proxies are native sidecars, when given.
    pub native_sidecars: Option<bool>,
    /// `meshConfig.defaultConfig.holdApplicationUntilProxyStarts`, when given.
    pub hold_application_until_proxy_starts: Option<bool>,
    /// `meshConfig.defaultConfig.terminationDrainDuration`, when given.
    pub termination_drain_duration: Option<Duration>,
    /// `EXIT_ON_ZERO_ACTIVE_CONNECTIONS` of `meshConfig.defaultConfig.proxyMetadata`, when given.
    pub exit_on_zero_active_connections: Option<bool>,
    /// `MINIMUM_DRAIN_DURATION` of `meshConfig.defaultConfig.proxyMetadata`, when given.
    pub minimum_drain_duration: Option<Duration>,
    /// Istio's root namespace.
    pub root_namespace: String,
}

impl Default for MeshSettings {
    fn default() -> Self {
        Self {
            mode: MeshMode::Auto,
            istio_version: None,
            native_sidecars: None,
            hold_application_until_proxy_starts: None,
            termination_drain_duration: None,
            exit_on_zero_active_connections: None,
            minimum_drain_duration: None,
            root_namespace: "istio-system".to_owned(),
        }
    }
}

/// What is known about the applications besides the manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleSettings {
    /// From SIGTERM to exit. Declared, when given; rules assume
    /// [`ASSUMED_SHUTDOWN`](Self::ASSUMED_SHUTDOWN) otherwise.
    pub shutdown_timeout: Option<Duration>,
    /// From container start to ready, when given.
    pub startup_time: Option<Duration>,
    /// From the loss of the last pod to a ready one at most, when given.
    pub rto: Option<Duration>,
    /// Added to every shutdown sum.
    pub buffer: Duration,
    /// The minimum preStop delay where no load balancer in view asks for more.
    pub min_prestop: Duration,
}

impl LifecycleSettings {
    /// The shutdown time where nothing declares one.
    pub const ASSUMED_SHUTDOWN: Duration = Duration::from_secs(20);
}

impl Default for LifecycleSettings {
    fn default() -> Self {
        Self {
            shutdown_timeout: None,
            startup_time: None,
            rto: None,
            buffer: Duration::from_secs(5),
            min_prestop: Duration::from_secs(5),
        }
    }
}

/// What the configuration says of a rule's severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The rule does not run.
    Off,
    /// Every finding of the rule is a note.
    Note,
    /// Every finding of the rule is a warning.
    Warning,
    /// Every finding of the rule is an error.
    Error,
}

/// A rule option's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionValue {
    /// A switch.
    Bool(bool),
    /// A whole number of seconds.
    Seconds(u64),
}

/// What the configuration says of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleSettings {
    /// Replaces the rule's own severities.
    pub level: Option<Level>,
    /// By option name.
    pub options: BTreeMap<String, OptionValue>,
    /// Files whose findings of the rule do not count.
    pub exclude: Vec<RuleExclude>,
}

/// Files in which the findings of a rule do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleExclude {
    /// The pattern, compiled.
    pub patterns: PathPatterns,
    /// Which of the configuration files gives it: its number in [`Settings::files`].
    pub file: usize,
    /// Where, in bytes.
    pub start: u32,
    /// The first byte after it.
    pub end: u32,
}

impl RuleExclude {
    /// Where it is given: the number of the file and the offset in it.
    pub fn place(&self) -> (usize, u32) {
        (self.file, self.start)
    }
}

/// From which severity on a run fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailOn {
    /// Only errors.
    Error,
    /// Warnings and errors.
    #[default]
    Warning,
    /// Any finding.
    Note,
    /// Findings never fail the run.
    Never,
}

/// Whether kustomizations and charts are rendered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RenderMode {
    /// No program is run; raw files are judged.
    #[default]
    Never,
    /// What concerns a named path is rendered, and judged in the stead of its files.
    Auto,
}

/// One way to render a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HelmRelease {
    /// The chart's directory.
    pub chart: PathBuf,
    /// Files that go over the chart's `values.yaml`, later ones over earlier ones.
    pub values: Vec<PathBuf>,
    /// The release's name; the chart's when not given.
    pub release: Option<String>,
    /// The namespace it is installed to, when given.
    pub namespace: Option<String>,
}

impl HelmRelease {
    /// Whether Helm takes this as the name of a release: a DNS subdomain of at most 53 characters.
    pub fn is_name(text: &str) -> bool {
        text.len() <= 53 && text.split('.').all(is_dns_part)
    }
}

/// Whether this can be the name of a namespace: a DNS label.
pub fn is_namespace(text: &str) -> bool {
    text.len() <= 63 && is_dns_part(text)
}

fn is_dns_part(text: &str) -> bool {
    let is_edge = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(is_edge)
        && bytes.last().is_some_and(is_edge)
        && bytes.iter().all(|byte| is_edge(byte) || *byte == b'-')
}

/// How kustomizations and charts are rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderSettings {
    /// Whether: what the command line says.
    pub mode: RenderMode,
    /// What the configuration file says of it, which starts no program by itself: it comes with the
    /// files that are checked, and these are not trusted.
    pub wanted: RenderMode,
    /// How long one kustomization or chart may take.
    pub timeout: Duration,
    /// Charts that are rendered otherwise than with their `values.yaml` alone.
    pub helm: Vec<HelmRelease>,
}

impl Default for RenderSettings {
    fn default() -> Self {
        Self {
            mode: RenderMode::Never,
            wanted: RenderMode::Never,
            timeout: Duration::from_secs(60),
            helm: Vec::new(),
        }
    }
}

/// What may differ from object to object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectSettings {
    /// The version of the cluster, when given. `None` judges by what every supported release does.
    pub kubernetes_version: Option<Version>,
    /// The mesh.
    pub mesh: MeshSettings,
    /// The applications.
    pub lifecycle: LifecycleSettings,
    /// By rule id.
    pub rules: BTreeMap<String, RuleSettings>,
    /// Rule ids or categories that alone run; empty: all.
    pub select: BTreeSet<String>,
    /// Rule ids or categories that do not run.
    pub ignore: BTreeSet<String>,
    /// Whether pedantic rules run.
    pub pedantic: bool,
    /// Which rules run where nothing else says so.
    pub preset: Preset,
}

/// Which rules run where nothing else says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// Those that give errors.
    Minimal,
    /// All but the pedantic ones.
    #[default]
    Recommended,
    /// All.
    Strict,
}

/// How much a run reads before it gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputBounds {
    /// Files that could be manifests.
    pub files: usize,
    /// Of all of them, in bytes.
    pub bytes: u64,
}

impl Default for InputBounds {
    /// Several times what the largest repositories of manifests hold.
    fn default() -> Self {
        Self {
            files: 500_000,
            bytes: 4 << 30,
        }
    }
}

/// The text of a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFile {
    /// The file.
    pub path: PathBuf,
    /// As users see the path.
    pub shown: String,
    /// What it holds.
    pub text: Arc<str>,
}

/// The resolved configuration of a run: defaults, then the configuration file, then flags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// What holds for every object that no override speaks of.
    pub common: ObjectSettings,
    /// What holds for some objects only; later ones win.
    pub overrides: Vec<Override>,
    /// What flags say; they win over everything else, and `common` holds it already.
    pub flags: Vec<Assignment>,
    /// From which severity on the run fails.
    pub fail_on: FailOn,
    /// What is never read.
    pub exclude: Vec<PathGlob>,
    /// Kustomize and Helm.
    pub render: RenderSettings,
    /// What is read next to the named paths; `None`: their whole repository.
    pub context: Option<Vec<PathGlob>>,
    /// Folders outside of the repository that are read, too.
    pub context_folders: Vec<PathBuf>,
    /// How much a run reads.
    pub bounds: InputBounds,
    /// Larger files are skipped, and more is not taken from any program.
    pub max_file_size: SizeLimit,
    /// Where the findings are listed that do not count.
    pub baseline: Option<PathBuf>,
    /// The configuration files, that of the run first.
    pub files: Vec<SettingsFile>,
    /// What says what `common` holds, and what the run does.
    pub trace: Trace,
    /// The absolute directory that the paths of sources are relative to.
    pub cwd: PathBuf,
    /// What of it was found to hold for paths; a copy, which may be changed, knows nothing yet.
    pub memo: Memo,
}

impl Settings {
    /// The absolute path of a source.
    pub fn absolute(&self, path: &str) -> PathBuf {
        patterns::normalized(&self.cwd.join(path))
    }

    /// What holds for an object (its kind and name) of a source; for text that is no object, what
    /// holds for the source.
    pub fn of(&self, path: &str, subject: Option<(&str, &str)>) -> Applied<'_> {
        if self.overrides.is_empty() {
            return Applied::Common(&self.common);
        }
        let of_path = self.memo.of_path(path, || {
            let path = self.absolute(path);
            let overrides = self.overrides.iter().enumerate();
            let of_path = overrides.filter(|(_, it)| it.is_for_path(&path));
            of_path.map(|(at, _)| at).collect()
        });
        let asked = subject.unwrap_or_default();
        let subject = subject.map(|(kind, name)| Subject::new(kind, name));
        let is_for_subject = |at: &usize| {
            let it = self.overrides.get(*at);
            it.is_some_and(|it| it.is_for_subject(subject.as_ref()))
        };
        let find = || of_path.iter().copied().filter(is_for_subject).collect();
        let applied: Arc<[usize]> = match &subject {
            // An object is asked about by every rule.
            Some(_) if of_path.len() > 1 => self.memo.of_subject(&of_path, asked, find),
            _ => find(),
        };
        if applied.is_empty() {
            return Applied::Common(&self.common);
        }
        Applied::Own(self.memo.of_overrides(applied, |applied| {
            let mut settings = self.common.clone();
            for applied in applied.iter().filter_map(|at| self.overrides.get(*at)) {
                if let Some(start) = &applied.start {
                    settings.clone_from(&start.common);
                }
                for assignment in &applied.assignments {
                    assignment.apply(&mut settings);
                }
            }
            for assignment in &self.flags {
                assignment.apply(&mut settings);
            }
            settings
        }))
    }
}
