//! What happens to the pods of a workload, and when: drawings to be, as plain data.

use std::time::Duration;

use super::Resource;
use crate::source::Location;

/// The start and the end of a workload's pods.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// The workload.
    pub resource: Resource,
    /// Its name.
    pub location: Location,
    /// From the start of the containers to a finished rollout.
    pub startup: Clock,
    /// From the deletion of a pod to SIGKILL.
    pub shutdown: Clock,
}

/// What happens on one clock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clock {
    /// One below the other.
    pub bars: Vec<Bar>,
    /// What the sums say.
    pub verdicts: Vec<Verdict>,
}

/// Something that takes time, or happens at one.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Who: `pod`, or the name of a container.
    pub owner: String,
    /// Does what.
    pub what: &'static str,
    /// What it means for requests.
    pub kind: BarKind,
    /// When.
    pub extent: Extent,
    /// Where the numbers come from; never empty.
    pub stated: Vec<Stated>,
}

/// What a bar means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarKind {
    /// The time that all the rest has.
    Limit,
    /// Requests still come, or the app waits for them to cease.
    Wait,
    /// The app works: starts, or finishes what it has.
    Work,
    /// Must be left over.
    Buffer,
    /// A sidecar works.
    Sidecar,
    /// A probe decides that all is well.
    Probe,
    /// The kubelet kills.
    Kill,
}

impl BarKind {
    /// The lower-case word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Wait => "wait",
            Self::Work => "work",
            Self::Buffer => "buffer",
            Self::Sidecar => "sidecar",
            Self::Probe => "probe",
            Self::Kill => "kill",
        }
    }
}

/// When, counted from the start of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Over when the clock starts; nothing says how long it takes.
    Before,
    /// From one time to another.
    Between {
        /// Its start.
        from: Duration,
        /// Its end.
        to: Duration,
    },
    /// Not over before a time; nothing says how long it takes.
    AtLeast {
        /// Its start.
        from: Duration,
        /// The earliest end.
        to: Duration,
    },
    /// At one time.
    At(Duration),
}

impl Extent {
    /// The times that it names.
    pub fn times(self) -> impl Iterator<Item = Duration> {
        let (first, second) = match self {
            Self::Before => (None, None),
            Self::Between { from, to } | Self::AtLeast { from, to } => (Some(from), Some(to)),
            Self::At(at) => (Some(at), None),
        };
        first.into_iter().chain(second)
    }
}

/// Where a number comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated {
    /// `default`, `assumed`, `from args[0]`, or the sum.
    pub by: String,
    /// The place, where a file says it.
    pub location: Option<Location>,
}

/// What a sum says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// In a word.
    pub fit: Fit,
    /// The sum and what follows.
    pub text: String,
}

/// Whether what has to happen fits in the time there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It does.
    Fits,
    /// It does not.
    Exceeds,
    /// A term is not known.
    Unknown,
}

impl Fit {
    /// The lower-case word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::Exceeds => "exceeds",
            Self::Unknown => "unknown",
        }
    }
}
