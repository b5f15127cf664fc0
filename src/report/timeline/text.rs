//! For a terminal.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::scale::{Scale, place};
use super::{clocks, killed_at, label, origins, when, word};
use crate::finding::{Bar, BarKind, Clock, Extent, Fit, Timeline};
use crate::report::disarm;
use crate::report::paint::{Color, paint};
use crate::report::text::{fit_to, line_of, wrap};
use crate::report::{Style, sanitize};
use crate::source::Sources;
use crate::units::show_seconds;

/// Columns before the axis for what is over when the clock starts, and behind it for what may take
/// longer.
const MARGIN: usize = 4;

/// The axis is never squeezed into less, however narrow the terminal.
const LEAST_AXIS: usize = 16;

/// Nor are names.
const LEAST_LABEL: usize = 12;

const INDENT: usize = 2;

pub(super) fn write(
    timelines: &[Timeline],
    sources: &Sources,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (index, timeline) in timelines.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let (path, line) = line_of(timeline.location, sources);
        let name = sanitize(&timeline.resource.to_string()).into_owned();
        let name = paint(style, Color::Bold, &name);
        writeln!(out, "{name} ({}:{line})", sanitize(path))?;
        for (name, since, clock) in clocks(timeline) {
            if !clock.bars.is_empty() {
                writeln!(out)?;
                Drawing::new(clock, sources, style).write(name, since, out)?;
            }
        }
    }
    Ok(())
}

/// What a bar is drawn with.
struct Pens {
    wait: char,
    work: char,
    buffer: char,
    sidecar: char,
    probe: char,
    kill: char,
    limit: [char; 3],
    at: char,
    open: &'static str,
    before: &'static str,
    end: char,
}

const UNICODE: Pens = Pens {
    wait: '▒',
    work: '█',
    buffer: '░',
    sidecar: '▓',
    probe: '╌',
    kill: '×',
    limit: ['├', '─', '┤'],
    at: '◆',
    open: "╌╌→",
    before: "╌╌→",
    end: '┊',
};

const ASCII: Pens = Pens {
    wait: '~',
    work: '#',
    buffer: '.',
    sidecar: '=',
    probe: '+',
    kill: 'x',
    limit: ['|', '-', '|'],
    at: '*',
    open: "..>",
    before: "..>",
    end: ':',
};

impl Pens {
    fn of(&self, kind: BarKind) -> char {
        match kind {
            BarKind::Limit => self.limit[1],
            BarKind::Wait => self.wait,
            BarKind::Work => self.work,
            BarKind::Buffer => self.buffer,
            BarKind::Sidecar => self.sidecar,
            BarKind::Probe => self.probe,
            BarKind::Kill => self.kill,
        }
    }
}

fn color(kind: BarKind) -> Color {
    match kind {
        BarKind::Limit => Color::Bold,
        BarKind::Wait => Color::Yellow,
        BarKind::Work => Color::Green,
        BarKind::Buffer => Color::Dim,
        BarKind::Sidecar => Color::Cyan,
        BarKind::Probe => Color::Blue,
        BarKind::Kill => Color::Red,
    }
}

/// The signs of sums, without those that ASCII lacks where that is all there is.
fn plain(style: &Style, text: String) -> String {
    if style.unicode {
        text
    } else {
        text.replace('×', "x")
    }
}

/// One clock, laid out.
struct Drawing<'a> {
    clock: &'a Clock,
    style: &'a Style,
    pens: &'static Pens,
    scale: Scale,
    rows: Vec<Row<'a>>,
    label_width: usize,
    /// Without margins.
    axis: usize,
    /// Whether where a number comes from stands in the line of its bar.
    is_wide: bool,
}

struct Row<'a> {
    bar: &'a Bar,
    label: String,
    when: String,
    origins: String,
}

impl<'a> Drawing<'a> {
    fn new(clock: &'a Clock, sources: &Sources, style: &'a Style) -> Self {
        let rows: Vec<Row<'_>> = clock
            .bars
            .iter()
            .map(|bar| Row {
                bar,
                // Spelled out before it is measured: afterwards it would be wider than its column.
                label: disarm::line(&label(bar)),
                when: when(bar.extent),
                origins: disarm::line(&plain(style, origins(bar, sources))),
            })
            .collect();
        let widest = |text: for<'r> fn(&'r Row<'_>) -> &'r str| {
            let widths = rows.iter().map(|row| text(row).width());
            widths.max().unwrap_or_default()
        };
        let when_width = widest(|row| &row.when);
        let origins_width = widest(|row| &row.origins);
        let rest = |taken: usize| style.width.saturating_sub(taken);
        // Both ends of the axis are columns, and one parts it from the time.
        let fixed = INDENT + 2 + 2 * MARGIN + 2 + when_width;
        let label_width = widest(|row| &row.label).min(rest(fixed + LEAST_AXIS).max(LEAST_LABEL));
        let fixed = fixed + label_width;
        let wide = rest(fixed + 2 + origins_width);
        let is_wide = wide >= 2 * LEAST_AXIS;
        let axis = if is_wide { wide } else { rest(fixed) }.max(LEAST_AXIS);
        let times = clock.bars.iter().flat_map(|bar| bar.extent.times());
        #[expect(clippy::cast_precision_loss, reason = "a number of columns")]
        let column = 1.0 / axis as f64;
        Self {
            clock,
            style,
            pens: if style.unicode { &UNICODE } else { &ASCII },
            scale: Scale::new(times, 2.0 * column, 6.0 * column),
            rows,
            label_width,
            axis,
            is_wide,
        }
    }

    fn write(&self, name: &str, since: &str, out: &mut dyn Write) -> io::Result<()> {
        let unit = if self.scale.is_true() {
            ""
        } else {
            ", not to scale"
        };
        let name = paint(self.style, Color::Bold, name);
        writeln!(out, "{:INDENT$}{name}, {since}{unit}", "")?;
        self.write_axis(out)?;
        for row in &self.rows {
            self.write_row(row, out)?;
        }
        for verdict in &self.clock.verdicts {
            let color = match verdict.fit {
                Fit::Fits => Color::Green,
                Fit::Exceeds => Color::Red,
                Fit::Unknown => Color::Yellow,
            };
            let text = format!("{}: {}", word(verdict.fit), sanitize(&verdict.text));
            let text = plain(self.style, text);
            let lines = wrap(&text, self.style.width.saturating_sub(INDENT + 2));
            for (index, line) in lines.lines().enumerate() {
                let indent = if index == 0 { INDENT } else { INDENT + 2 };
                let line = paint(self.style, color, line);
                writeln!(out, "{:indent$}{line}", "")?;
            }
        }
        Ok(())
    }

    /// The column of a place on the axis; both of its ends are columns.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "from 0 to a number of columns"
    )]
    fn column(&self, place: f64) -> usize {
        let column = place * self.axis as f64;
        (column.round() as usize).min(self.axis)
    }

    fn write_axis(&self, out: &mut dyn Write) -> io::Result<()> {
        let labels: Vec<(usize, String)> = self
            .scale
            .stops()
            .map(|(time, place)| (self.column(place), show_seconds(time)))
            .collect();
        let widths: Vec<_> = labels
            .iter()
            .map(|(at, label)| (*at, label.len()))
            .collect();
        let mut line = String::new();
        let placed = place(&widths, self.axis + MARGIN, 1);
        for ((_, label), start) in labels.iter().zip(placed) {
            if let Some(start) = start {
                let gap = start.saturating_sub(line.len());
                line.push_str(&" ".repeat(gap));
                line.push_str(label);
            }
        }
        let indent = INDENT + self.label_width + 2 + MARGIN;
        let line = paint(self.style, Color::Dim, &line);
        writeln!(out, "{:indent$}{line}", "")
    }

    fn write_row(&self, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
        let label = fit_to(&row.label, self.label_width, self.style.unicode);
        let gap = self.label_width.saturating_sub(label.width()) + 2;
        let drawn = self.draw(row.bar);
        let mut line = format!("{:INDENT$}{label}{:gap$}{drawn} {}", "", "", row.when);
        if self.is_wide {
            let width = self.rows.iter().map(|row| row.when.len()).max();
            let gap = width.unwrap_or_default().saturating_sub(row.when.len()) + 2;
            let origins = paint(self.style, Color::Dim, &row.origins);
            line = format!("{line}{:gap$}{origins}", "");
        }
        writeln!(out, "{}", line.trim_end())?;
        if !self.is_wide {
            let indent = INDENT + 2;
            let lines = wrap(&row.origins, self.style.width.saturating_sub(indent));
            for line in lines.lines() {
                let line = paint(self.style, Color::Dim, line);
                writeln!(out, "{:indent$}{line}", "")?;
            }
        }
        Ok(())
    }

    /// The bar with both margins. What lies behind SIGKILL is painted as lost.
    fn draw(&self, bar: &Bar) -> String {
        let mut cells = vec![' '; MARGIN + self.axis + 1 + MARGIN];
        let end = killed_at(self.clock).map(|at| MARGIN + self.column(self.scale.at(at)));
        if let Some(cell) = end.and_then(|end| cells.get_mut(end)) {
            *cell = self.pens.end;
        }
        let column = |time| MARGIN + self.column(self.scale.at(time));
        let mut put = |at: usize, char: char| {
            if let Some(cell) = cells.get_mut(at) {
                *cell = char;
            }
        };
        match bar.extent {
            Extent::Before => {
                for (at, char) in self.pens.before.chars().enumerate() {
                    put(at + 1, char);
                }
            }
            Extent::Between { from, to } | Extent::AtLeast { from, to } => {
                let (from, to) = (column(from), column(to));
                for at in from..to {
                    put(at, self.pens.of(bar.kind));
                }
                if bar.kind == BarKind::Limit {
                    let [left, _, right] = self.pens.limit;
                    put(from, left);
                    put(to, right);
                }
                if matches!(bar.extent, Extent::AtLeast { .. }) {
                    for (at, char) in self.pens.open.chars().enumerate() {
                        put(to + at, char);
                    }
                }
            }
            Extent::At(at) => put(column(at), self.pens.at),
        }
        self.tint(&cells, bar.kind, end)
    }

    fn tint(&self, cells: &[char], kind: BarKind, end: Option<usize>) -> String {
        let split = end.unwrap_or(cells.len()).min(cells.len());
        let (before, after) = cells.split_at(split);
        let text = |cells: &[char]| cells.iter().collect::<String>();
        let lost = if kind == BarKind::Limit {
            color(kind)
        } else {
            Color::Red
        };
        format!(
            "{}{}",
            paint(self.style, color(kind), &text(before)),
            paint(self.style, lost, &text(after))
        )
    }
}
