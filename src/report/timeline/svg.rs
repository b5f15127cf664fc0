//! For documents and for the HTML report.
//!
//! Horizontal places are shares of the width, so that a drawing inside a page stretches while its
//! text keeps its size. Labels are laid out for the narrowest width; a wider one only adds room.

use std::cmp::Ordering;
use std::io::{self, Write};
use std::time::Duration;

use askama::Template;
use unicode_width::UnicodeWidthStr;

use super::scale::{Scale, place};
use super::{clocks, killed_at, label, origins, when, word};
use crate::finding::{Bar, BarKind, Clock, Extent, Timeline};
use crate::report::sanitize;
use crate::report::text::{fit_to, line_of, wrap};
use crate::source::Sources;
use crate::units::show_seconds;

/// The style of every drawing: of a file of its own, and of the page that holds it.
const STYLE: &str = include_str!("../../../templates/timeline.css");

/// Pixels that a label of the axis takes per character. Text is set in a monospaced font of 12px.
const CHAR: usize = 8;
const LINE: usize = 17;
const BAR: usize = 10;

/// Pixels: the narrowest page that a drawing is made for, and the width of a file of its own.
const NARROW: usize = 320;
const WIDE: usize = 760;

/// Shares of the width: left of the axis for what is over when the clock starts, and right of it for
/// what may take longer.
const LEFT: f64 = 0.05;
const RIGHT: f64 = 0.06;

/// How many characters fit in a line: none is wider than 7.3 pixels.
fn columns(pixels: usize) -> usize {
    pixels * 10 / 73
}

/// A text and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text {
    /// Per cent of the width.
    pub(super) x: f64,
    /// `start`, `middle` or `end`: what of the text stands there.
    pub(super) anchor: &'static str,
    /// Pixels down to the line on which the text stands.
    pub(super) y: usize,
    pub(super) class: &'static str,
    pub(super) content: String,
}

/// A rectangle; per cent and pixels.
#[derive(Clone, Debug, PartialEq)]
struct Rect {
    x: f64,
    width: f64,
    y: usize,
    class: String,
}

/// A line downwards; per cent and pixels.
#[derive(Clone, Debug, PartialEq)]
struct Rule {
    x: f64,
    from: usize,
    to: usize,
    class: &'static str,
}

/// A drawing of one clock.
#[derive(Debug, Template)]
#[template(path = "timeline.svg")]
pub(super) struct Drawing {
    /// `100%`, or pixels.
    width: String,
    pub(super) height: usize,
    /// Where it stands in a file of several.
    y: usize,
    title: String,
    bar: usize,
    pub(super) texts: Vec<Text>,
    rects: Vec<Rect>,
    rules: Vec<Rule>,
}

#[derive(Template)]
#[template(path = "timelines.svg")]
struct File<'a> {
    height: usize,
    width: usize,
    style: &'a str,
    headings: Vec<(usize, String)>,
    drawings: Vec<String>,
}

pub(super) fn write(
    timelines: &[Timeline],
    sources: &Sources,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut headings = Vec::new();
    let mut drawings = Vec::new();
    let mut y = 0;
    for timeline in timelines {
        let (path, line) = line_of(timeline.location, sources);
        let heading = format!(
            "{} ({}:{line})",
            sanitize(&timeline.resource.to_string()),
            sanitize(path)
        );
        y += 2 * LINE;
        headings.push((y, fit_to(&heading, columns(WIDE), true).into_owned()));
        y += LINE;
        for (name, since, clock) in clocks(timeline) {
            if clock.bars.is_empty() {
                continue;
            }
            let mut drawing = Drawing::new(clock, &heading, name, since, Some(sources));
            drawing.y = y;
            y += drawing.height + LINE;
            drawings.push(drawing.render().map_err(io::Error::other)?);
        }
    }
    let file = File {
        height: y,
        width: WIDE,
        style: STYLE,
        headings,
        drawings,
    };
    let text = file.render().map_err(io::Error::other)?;
    writeln!(out, "{}", text.trim_end())
}

/// The drawing of one clock for a page, which says itself where the numbers come from.
pub(in crate::report) fn inline(
    clock: &Clock,
    owner: &str,
    name: &str,
    since: &str,
) -> Result<String, askama::Error> {
    Drawing::new(clock, owner, name, since, None).render()
}

impl Drawing {
    /// With `sources` for a file of its own, which says where each number comes from.
    pub(super) fn new(
        clock: &Clock,
        owner: &str,
        name: &str,
        since: &str,
        sources: Option<&Sources>,
    ) -> Self {
        let width = if sources.is_some() { WIDE } else { NARROW };
        let times = clock.bars.iter().flat_map(|bar| bar.extent.times());
        let axis = Axis {
            scale: Scale::new(times, 0.02, 0.08),
            end: killed_at(clock),
        };
        let mut drawing = Self {
            width: match sources {
                Some(_) => WIDE.to_string(),
                None => "100%".to_owned(),
            },
            height: LINE,
            y: 0,
            title: format!("{name} of {owner}"),
            bar: BAR,
            texts: Vec::new(),
            rects: Vec::new(),
            rules: Vec::new(),
        };
        let scale = if axis.scale.is_true() {
            ""
        } else {
            ", not to scale"
        };
        drawing.text(0.0, "start", "tl-name", name.to_owned());
        drawing.height += LINE;
        drawing.text(0.0, "start", "tl-origin", format!("{since}{scale}"));
        drawing.height += LINE / 2;
        for bar in &clock.bars {
            drawing.row(bar, &axis, width, sources);
        }
        let bottom = drawing.height + LINE / 2;
        drawing.height = bottom + LINE;
        drawing.ticks(&axis, bottom, width);
        if sources.is_some() {
            for verdict in &clock.verdicts {
                let text = format!("{}: {}", word(verdict.fit), sanitize(&verdict.text));
                let class = match verdict.fit {
                    crate::finding::Fit::Fits => "tl-fits",
                    crate::finding::Fit::Exceeds => "tl-exceeds",
                    crate::finding::Fit::Unknown => "tl-unknown",
                };
                drawing.lines(&text, width, class);
            }
        }
        drawing.height += LINE / 2;
        drawing
    }

    fn text(&mut self, x: f64, anchor: &'static str, class: &'static str, content: String) {
        self.texts.push(Text {
            x,
            anchor,
            y: self.height,
            class,
            content,
        });
    }

    /// Lines of prose, one below the other.
    fn lines(&mut self, text: &str, width: usize, class: &'static str) {
        for line in wrap(text, columns(width)).lines() {
            self.height += LINE;
            let line = fit_to(line, columns(width), true).into_owned();
            self.text(0.0, "start", class, line);
        }
    }

    fn row(&mut self, bar: &Bar, axis: &Axis, width: usize, sources: Option<&Sources>) {
        self.height += LINE;
        let when = when(bar.extent);
        let room = columns(width).saturating_sub(when.width() + 2);
        let label = fit_to(&label(bar), room, true).into_owned();
        self.text(0.0, "start", "tl-label", label);
        self.text(100.0, "end", "tl-when", when);
        self.height += LINE / 3;
        self.shapes(bar, axis);
        self.height += BAR - 2;
        if let Some(sources) = sources {
            self.lines(&origins(bar, sources), width, "tl-origin");
        }
        self.height += LINE / 3;
    }

    fn shapes(&mut self, bar: &Bar, axis: &Axis) {
        let y = self.height;
        let class = format!("tl-{}", bar.kind.as_str());
        let mut rect = |x: f64, width: f64, class: &str| {
            self.rects.push(Rect {
                x,
                width,
                y,
                class: class.to_owned(),
            });
        };
        match bar.extent {
            Extent::Before => rect(0.0, LEFT * 100.0, &format!("{class} tl-open")),
            Extent::Between { from, to } | Extent::AtLeast { from, to } => {
                let (from, to) = (axis.percent(from), axis.percent(to));
                let end = axis.end.map_or(to, |end| axis.percent(end).clamp(from, to));
                if end > from {
                    rect(from, end - from, &class);
                }
                if to > end {
                    // What SIGKILL cuts off.
                    rect(end, to - end, &format!("{class} tl-lost"));
                }
                if matches!(bar.extent, Extent::AtLeast { .. }) {
                    rect(to, RIGHT * 100.0, &format!("{class} tl-open"));
                }
            }
            Extent::At(at) => rect(axis.percent(at) - 0.4, 0.8, &format!("{class} tl-at")),
        }
        if let Some(end) = axis.end {
            let x = axis.percent(end);
            let (from, to) = (y - 2, y + BAR + 2);
            let class = "tl-end";
            self.rules.push(Rule { x, from, to, class });
        }
        if bar.kind == BarKind::Limit
            && let Extent::Between { to, .. } = bar.extent
        {
            let x = axis.percent(to);
            let (from, to) = (y, y + BAR);
            let class = "tl-edge";
            self.rules.push(Rule { x, from, to, class });
        }
    }

    fn ticks(&mut self, axis: &Axis, y: usize, width: usize) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "from 0 to a number of pixels"
        )]
        let pixel = |percent: f64| (percent / 100.0 * width as f64).round() as usize;
        let ticks: Vec<(f64, String)> = axis
            .scale
            .stops()
            .map(|(time, _)| (axis.percent(time), show_seconds(time)))
            .collect();
        let labels: Vec<_> = ticks
            .iter()
            .map(|(x, label)| (pixel(*x), label.width() * CHAR))
            .collect();
        let placed = place(&labels, width, CHAR);
        for (((x, label), (at, wide)), start) in ticks.into_iter().zip(labels).zip(placed) {
            let Some(start) = start else {
                continue;
            };
            let (from, to) = (y, y + 4);
            let class = "tl-tick";
            self.rules.push(Rule { x, from, to, class });
            // A label that was moved inwards is held at its outer end.
            let (x, anchor) = match (start + wide / 2).cmp(&at) {
                Ordering::Less => (100.0, "end"),
                Ordering::Equal => (x, "middle"),
                Ordering::Greater => (0.0, "start"),
            };
            self.text(x, anchor, "tl-tick", label);
        }
    }
}

/// The axis between the margins.
struct Axis {
    scale: Scale,
    /// The time of SIGKILL.
    end: Option<Duration>,
}

impl Axis {
    fn percent(&self, time: Duration) -> f64 {
        let share = LEFT + self.scale.at(time) * (1.0 - LEFT - RIGHT);
        // Two decimals are less than a pixel.
        (share * 10_000.0).round() / 100.0
    }
}
