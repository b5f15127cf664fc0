//! What says what: the places of the configuration's values, for people who ask why.

use std::fmt;

use super::{Assignment, Level, MeshMode, OptionValue, Override, Preset, RuleSettings, Settings};

/// Where something is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The number of the file in [`Settings::files`].
    pub file: usize,
    /// From 1.
    pub line: u32,
}

/// What a file and those that it builds on say, in the order in which it counts.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// What may differ from object to object.
    pub values: Vec<(Assignment, Origin)>,
    /// The keys that hold for the whole run, where they are given.
    pub run: Vec<(&'static str, Origin)>,
    /// The files, the farthest first, by their numbers.
    pub files: Vec<usize>,
}

/// It says nothing of what holds: all are equal.
impl PartialEq for Trace {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Trace {}

/// A value, and what says so.
#[derive(Clone, Debug)]
pub struct Said<'a> {
    /// The value.
    pub value: &'a Assignment,
    /// Where it is given; by a flag where there is no place.
    pub origin: Option<Origin>,
    /// Whether it stands in `overrides`.
    pub is_override: bool,
}

impl Settings {
    /// The file whose values a source starts with, and those that it builds on.
    pub fn start_of(&self, path: &str) -> &Trace {
        let of_path = self.overrides_of(path);
        let start = of_path.iter().rev().find_map(|it| it.start.as_ref());
        start.map_or(&self.trace, |start| &start.trace)
    }

    /// What is said of a source, whatever objects are in it, in the order in which it counts.
    pub fn said_of(&self, path: &str) -> Vec<Said<'_>> {
        let of_path = self.overrides_of(path);
        let from = of_path.iter().rposition(|it| it.start.is_some());
        let after = of_path.iter().skip(from.map_or(0, |at| at + 1));
        let common = self
            .start_of(path)
            .values
            .iter()
            .map(|(value, origin)| Said {
                value,
                origin: Some(*origin),
                is_override: false,
            });
        let all = after.filter(|it| it.workloads.is_empty());
        let overriding = all.flat_map(|it| {
            it.assignments.iter().map(|value| Said {
                value,
                origin: Some(it.origin),
                is_override: true,
            })
        });
        let flags = self.flags.iter().map(|value| Said {
            value,
            origin: None,
            is_override: false,
        });
        common.chain(overriding).chain(flags).collect()
    }

    /// The overrides that speak of some objects of a source.
    pub fn for_workloads(&self, path: &str) -> Vec<&Override> {
        let of_path = self.overrides_of(path);
        let from = of_path.iter().rposition(|it| it.start.is_some());
        let after = of_path.into_iter().skip(from.map_or(0, |at| at + 1));
        after.filter(|it| !it.workloads.is_empty()).collect()
    }

    fn overrides_of(&self, path: &str) -> Vec<&Override> {
        let path = self.absolute(path);
        let overrides = self.overrides.iter();
        overrides.filter(|it| it.is_for_path(&path)).collect()
    }
}

impl Assignment {
    /// The key that it is given by. Of one key the last value counts, but those of `ignore` and `rules` add up.
    pub fn key(&self) -> String {
        let key = match self {
            Self::KubernetesVersion(_) => "kubernetes-version",
            Self::MeshMode(_) => "mesh.mode",
            Self::IstioVersion(_) => "mesh.istio-version",
            Self::NativeSidecars(_) => "mesh.native-sidecars",
            Self::HoldApplication(_) => "mesh.hold-application-until-proxy-starts",
            Self::TerminationDrain(_) => "mesh.termination-drain-duration",
            Self::ExitOnZeroConnections(_) => "mesh.exit-on-zero-active-connections",
            Self::MinimumDrain(_) => "mesh.minimum-drain-duration",
            Self::ShutdownTimeout(_) => "lifecycle.shutdown-timeout",
            Self::StartupTime(_) => "lifecycle.startup-time",
            Self::Rto(_) => "lifecycle.rto",
            Self::Buffer(_) => "lifecycle.buffer",
            Self::MinPrestop(_) => "lifecycle.min-prestop",
            Self::Rule(id, _) => return format!("rules.{id}"),
            Self::Select(_) | Self::SelectOnly(_) => "select",
            Self::Ignore(_) => "ignore",
            Self::Pedantic(_) => "pedantic",
            Self::Preset(_) => "preset",
        };
        key.to_owned()
    }

    /// Whether it adds to what was said before instead of replacing it.
    pub fn adds(&self) -> bool {
        matches!(self, Self::Ignore(_) | Self::Rule(..))
    }
}

/// The value, about as it is written.
impl fmt::Display for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KubernetesVersion(version) | Self::IstioVersion(version) => version.fmt(f),
            Self::MeshMode(mode) => f.write_str(match mode {
                MeshMode::Auto => "auto",
                MeshMode::Sidecar => "sidecar",
                MeshMode::Ambient => "ambient",
                MeshMode::None => "none",
            }),
            Self::NativeSidecars(value)
            | Self::HoldApplication(value)
            | Self::ExitOnZeroConnections(value)
            | Self::Pedantic(value) => value.fmt(f),
            Self::TerminationDrain(time)
            | Self::MinimumDrain(time)
            | Self::ShutdownTimeout(time)
            | Self::StartupTime(time)
            | Self::Rto(time)
            | Self::Buffer(time)
            | Self::MinPrestop(time) => write!(f, "{time:?}"),
            Self::Rule(_, rule) => rule.fmt(f),
            Self::Select(names) | Self::SelectOnly(names) | Self::Ignore(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                write!(f, "[{}]", names.join(", "))
            }
            Self::Preset(preset) => f.write_str(match preset {
                Preset::Minimal => "minimal",
                Preset::Recommended => "recommended",
                Preset::Strict => "strict",
            }),
        }
    }
}

impl fmt::Display for RuleSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = self.level.map(|level| match level {
            Level::Off => "off",
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        });
        let mut parts: Vec<String> = level.into_iter().map(str::to_owned).collect();
        for (name, value) in &self.options {
            parts.push(match value {
                OptionValue::Bool(value) => format!("{name}: {value}"),
                OptionValue::Seconds(seconds) => format!("{name}: {seconds}s"),
            });
        }
        let globs = self.exclude.iter().flat_map(|it| it.patterns.globs());
        let globs: Vec<&str> = globs.map(|it| it.glob.as_str()).collect();
        if !globs.is_empty() {
            parts.push(format!("exclude: [{}]", globs.join(", ")));
        }
        f.write_str(&parts.join(", "))
    }
}
