//! Draws the timelines of workloads.

mod json;
mod scale;
mod svg;
mod text;

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::time::Duration;

use super::disarm::{self, Spelling};
use super::text::line_of;
use super::{Style, sanitize};
use crate::finding::{Bar, Clock, Extent, Fit, Stated, Timeline, Unjudged};
use crate::source::Sources;
use crate::units::show_seconds;

pub(super) use svg::inline as inline_svg;

/// How timelines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimelineFormat {
    /// For a terminal.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For documents: one file with all drawings, one below the other.
    Svg,
}

/// Writes timelines; only JSON has a place for what was not judged. The same timelines give the same bytes on every run and machine.
///
/// # Errors
/// Only those of `out`.
pub fn write_timelines(
    timelines: &[Timeline],
    unjudged: &Unjudged,
    sources: &Sources,
    format: TimelineFormat,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        TimelineFormat::Text => disarm::write(Spelling::Text, out, |out| {
            text::write(timelines, sources, style, out)
        }),
        TimelineFormat::Json => disarm::write(Spelling::Json, out, |out| {
            json::write(timelines, unjudged, sources, out)
        }),
        TimelineFormat::Svg => disarm::write(Spelling::Markup, out, |out| {
            svg::write(timelines, sources, out)
        }),
    }
}

/// Both clocks of a timeline, with their names.
pub(super) fn clocks(timeline: &Timeline) -> [(&'static str, &'static str, &Clock); 2] {
    [
        (
            "Start-up",
            "from the start of the containers",
            &timeline.startup,
        ),
        (
            "Shutdown",
            "from the deletion of the pod",
            &timeline.shutdown,
        ),
    ]
}

/// `app: preStop hook`
pub(super) fn label(bar: &Bar) -> String {
    if bar.owner == "pod" {
        bar.what.to_owned()
    } else {
        format!("{}: {}", sanitize(&bar.owner), bar.what)
    }
}

/// `15s to 35s`, `15s to 35s+` where it may take longer
pub(super) fn when(extent: Extent) -> String {
    let show = show_seconds;
    match extent {
        Extent::Before => "before".to_owned(),
        Extent::Between { from, to } => format!("{} to {}", show(from), show(to)),
        Extent::AtLeast { from, to } if from == to => format!("from {}", show(from)),
        Extent::AtLeast { from, to } => format!("{} to {}+", show(from), show(to)),
        Extent::At(at) => format!("at {}", show(at)),
    }
}

/// `as written, k8s/app.yaml:24`
pub(super) fn origin(stated: &Stated, sources: &Sources) -> String {
    let by = sanitize(&stated.by);
    match stated.location {
        Some(location) => {
            let (path, line) = line_of(location, sources);
            format!("{by}, {}:{line}", sanitize(path))
        }
        None => by.into_owned(),
    }
}

/// Where all numbers of a bar come from.
fn origins(bar: &Bar, sources: &Sources) -> String {
    let origins: Vec<String> = bar.stated.iter().map(|it| origin(it, sources)).collect();
    origins.join("; ")
}

/// The time after which nothing of the pod runs any more, where it is known.
fn killed_at(clock: &Clock) -> Option<Duration> {
    clock.bars.iter().find_map(|bar| match bar.extent {
        Extent::At(at) if bar.kind == crate::finding::BarKind::Kill => Some(at),
        _ => None,
    })
}

/// The word before a verdict.
pub(super) fn word(fit: Fit) -> &'static str {
    match fit {
        Fit::Fits => "fits",
        Fit::Exceeds => "too short",
        Fit::Unknown => "not certain",
    }
}
