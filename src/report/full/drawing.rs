//! Source text with the places below it.

use unicode_width::UnicodeWidthStr;

use super::card::{Card, color};
use super::{fit_to, paint, untabbed, wrap_behind};
use crate::report::Style;
use crate::report::excerpt::{Excerpt, Shown, ShownLine, ShownMark};
use crate::report::paint::Color;
use crate::report::text::wrap;

/// The characters of frames.
struct Frame {
    corner: &'static str,
    bar: char,
    line: char,
    primary: char,
    point: char,
    label: &'static str,
}

const UNICODE: Frame = Frame {
    corner: "╭─",
    bar: '│',
    line: '─',
    primary: '─',
    point: '▲',
    label: "╰ ",
};

const ASCII: Frame = Frame {
    corner: "-->",
    bar: '|',
    line: '-',
    primary: '^',
    point: '^',
    label: "` ",
};

/// Draws an excerpt behind the place of its finding.
pub(super) fn draw(excerpt: &Excerpt, place: &str, card: &Card<'_>, lines: &mut Vec<String>) {
    let blocks: Vec<Shown<'_>> = excerpt.blocks().collect();
    let numbers = blocks
        .iter()
        .flat_map(|block| &block.lines)
        .map(|it| it.number);
    let digits = numbers.max().unwrap_or_default().to_string().len();
    let pen = Pen {
        frame: if card.style.unicode { &UNICODE } else { &ASCII },
        style: card.style,
        color: color(card.finding.severity),
        digits,
    };
    let mut path = None;
    for block in &blocks {
        match path {
            None => lines.push(pen.header(place)),
            Some(path) if path != block.path => {
                let marks = block.lines.iter().flat_map(|line| &line.marks);
                let at = marks.map(|mark| mark.at).next();
                let at = at.map_or_else(String::new, |at| format!(":{}:{}", at.line, at.column));
                lines.push(pen.header(&format!("{}{at}", block.path)));
            }
            Some(_) => {}
        }
        path = Some(block.path);
        for line in &block.lines {
            pen.line(line, lines);
        }
    }
}

/// How one excerpt is drawn.
struct Pen<'a> {
    frame: &'static Frame,
    style: &'a Style,
    /// That of the finding's own place.
    color: Color,
    digits: usize,
}

impl Pen<'_> {
    fn header(&self, text: &str) -> String {
        let digits = self.digits;
        let corner = paint(self.style, Color::Dim, self.frame.corner);
        let room = self.style.width.saturating_sub(digits + 4);
        let text = wrap_behind(text.trim_end(), room, 0);
        let text = text.replace('\n', &format!("\n{:1$}", "", digits + 4));
        format!("{:1$}{corner} {text}", "", digits + 1)
    }

    /// A line of the drawing behind its gutter.
    fn row(&self, number: Option<u32>, text: &str) -> String {
        let digits = self.digits;
        let number = number.map_or_else(String::new, |number| number.to_string());
        let gutter = format!("{number:>digits$} {}", self.frame.bar);
        format!("{} {text}", paint(self.style, Color::Dim, &gutter))
    }

    /// Columns for text behind the gutter.
    fn room(&self) -> usize {
        self.style.width.saturating_sub(self.digits + 3)
    }

    fn line(&self, line: &ShownLine<'_>, lines: &mut Vec<String>) {
        let text: String = line.parts.iter().map(|(text, _)| *text).collect();
        let marks: Vec<Drawn<'_>> = line.marks.iter().map(|it| Drawn::new(it, &text)).collect();
        let shown = untabbed(&text);
        let shown = fit_to(&shown, self.room(), self.style.unicode);
        lines.push(self.row(Some(line.number), &shown));
        let mut labelled: Vec<&Drawn<'_>> =
            marks.iter().filter(|mark| mark.label.is_some()).collect();
        let mut under = self.underline(&marks);
        let end = marks.iter().map(|mark| mark.end).max().unwrap_or_default();
        // The label of the last place stands behind its mark, if there is room.
        if let Some((last, label)) = labelled.last().and_then(|it| Some((it, it.label?)))
            && last.end == end
            && end + 1 + label.width() <= self.room()
        {
            under = format!("{under} {}", paint(self.style, Color::Blue, label));
            labelled.pop();
        }
        lines.push(self.row(None, &under));
        for mark in labelled.iter().rev() {
            self.label(mark, lines);
        }
    }

    /// A label in lines of its own.
    fn label(&self, mark: &Drawn<'_>, lines: &mut Vec<String>) {
        let indent = mark.start.min(self.room() / 3);
        let label = mark.label.unwrap_or_default();
        let wrapped = wrap(label, self.room().saturating_sub(indent + 2));
        for (index, line) in wrapped.lines().enumerate() {
            let lead = if index == 0 { self.frame.label } else { "  " };
            let line = paint(self.style, Color::Blue, &format!("{lead}{line}"));
            lines.push(self.row(None, &format!("{:indent$}{line}", "")));
        }
    }

    fn underline(&self, marks: &[Drawn<'_>]) -> String {
        let mut text = String::new();
        let mut at = 0;
        for mark in marks {
            let start = mark.start.max(at).min(self.room());
            let end = mark.end.min(self.room()).max(start);
            let (char, color) = if mark.is_primary {
                (self.frame.primary, self.color)
            } else {
                (self.frame.line, Color::Blue)
            };
            let char = if mark.is_point {
                self.frame.point
            } else {
                char
            };
            let line: String = std::iter::repeat_n(char, end - start).collect();
            text.push_str(&" ".repeat(start - at));
            text.push_str(&paint(self.style, color, &line));
            at = end;
        }
        text
    }
}

/// A place in columns.
struct Drawn<'a> {
    start: usize,
    end: usize,
    is_primary: bool,
    /// Whether nothing stands there.
    is_point: bool,
    label: Option<&'a str>,
}

impl<'a> Drawn<'a> {
    fn new(mark: &ShownMark<'a>, text: &str) -> Self {
        let columns = |to: usize| untabbed(text.get(..to).unwrap_or_default()).width();
        let (start, end) = (columns(mark.range.start), columns(mark.range.end));
        Self {
            start,
            end: end.max(start + 1),
            is_primary: mark.is_primary,
            is_point: end <= start,
            label: mark.label,
        }
    }
}
