//! For programs: a versioned contract of its own.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Number, Value};

use crate::finding::{self, Extent, Unjudged};
use crate::report::json::{Resource, Skipped, Tool, VERSION};
use crate::report::text::line_of;
use crate::source::Sources;

pub(super) fn write(
    timelines: &[finding::Timeline],
    unjudged: &Unjudged,
    sources: &Sources,
    out: &mut dyn Write,
) -> io::Result<()> {
    let document = Document {
        version: VERSION,
        tool: Tool::this(),
        skipped: Skipped::all(unjudged),
        timelines: timelines
            .iter()
            .map(|timeline| Timeline::new(timeline, sources))
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool,
    skipped: Vec<Skipped<'a>>,
    timelines: Vec<Timeline<'a>>,
}

#[derive(Serialize)]
struct Timeline<'a> {
    resource: Resource<'a>,
    path: &'a str,
    line: u32,
    startup: Clock<'a>,
    shutdown: Clock<'a>,
}

#[derive(Serialize)]
struct Clock<'a> {
    bars: Vec<Bar<'a>>,
    verdicts: Vec<Verdict<'a>>,
}

/// Times are seconds.
#[derive(Serialize)]
struct Bar<'a> {
    owner: &'a str,
    what: &'a str,
    kind: &'static str,
    /// `before`, `between`, `at-least` or `at`.
    extent: &'static str,
    from: Option<Value>,
    to: Option<Value>,
    stated: Vec<Stated<'a>>,
}

#[derive(Serialize)]
struct Stated<'a> {
    by: &'a str,
    path: Option<&'a str>,
    line: Option<u32>,
}

#[derive(Serialize)]
struct Verdict<'a> {
    fit: &'static str,
    text: &'a str,
}

impl<'a> Timeline<'a> {
    fn new(timeline: &'a finding::Timeline, sources: &'a Sources) -> Self {
        let (path, line) = line_of(timeline.location, sources);
        Self {
            resource: Resource::new(&timeline.resource),
            path,
            line,
            startup: Clock::new(&timeline.startup, sources),
            shutdown: Clock::new(&timeline.shutdown, sources),
        }
    }
}

impl<'a> Clock<'a> {
    fn new(clock: &'a finding::Clock, sources: &'a Sources) -> Self {
        Self {
            bars: clock
                .bars
                .iter()
                .map(|bar| Bar::new(bar, sources))
                .collect(),
            verdicts: clock
                .verdicts
                .iter()
                .map(|verdict| Verdict {
                    fit: verdict.fit.as_str(),
                    text: &verdict.text,
                })
                .collect(),
        }
    }
}

impl<'a> Bar<'a> {
    fn new(bar: &'a finding::Bar, sources: &'a Sources) -> Self {
        let (extent, from, to) = match bar.extent {
            Extent::Before => ("before", None, None),
            Extent::Between { from, to } => ("between", Some(from), Some(to)),
            Extent::AtLeast { from, to } => ("at-least", Some(from), Some(to)),
            Extent::At(at) => ("at", Some(at), Some(at)),
        };
        Self {
            owner: &bar.owner,
            what: bar.what,
            kind: bar.kind.as_str(),
            extent,
            from: from.map(seconds),
            to: to.map(seconds),
            stated: bar
                .stated
                .iter()
                .map(|stated| {
                    let place = stated.location.map(|it| line_of(it, sources));
                    Stated {
                        by: &stated.by,
                        path: place.map(|(path, _)| path),
                        line: place.map(|(_, line)| line),
                    }
                })
                .collect(),
        }
    }
}

/// A whole number where there is no fraction.
fn seconds(time: Duration) -> Value {
    if time.subsec_nanos() == 0 {
        return Value::from(time.as_secs());
    }
    Number::from_f64(time.as_secs_f64()).map_or(Value::Null, Value::Number)
}
