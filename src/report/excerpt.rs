//! The few lines of source text that explain one finding, made safe to print and bounded in size.
//!
//! Only the lines around the marked places are copied into a text of their own, and offsets count in
//! that text. Lines that belong together form a block; the blocks may come from different files, or
//! from distant parts of one very long line.

use std::collections::BTreeMap;
use std::ops::Range;

use super::sanitize;
use super::text::sanitize_source;
use crate::source::{Location, Position, Source, SourceId, Sources, Span};

const CUT: &str = "…";

/// How much source text is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// Lines before and after each place. Without any, all places of a file are in one block.
    pub(super) context: u32,
    /// Lines of more bytes are cut around the marked place, to so many characters.
    pub(super) columns: usize,
}

/// A place to mark.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) location: Location,
    /// Printable, one line.
    pub(super) label: Option<String>,
}

/// Source text around a finding's places, the first of which is the primary one.
#[derive(Debug)]
pub(super) struct Excerpt {
    text: String,
    blocks: Vec<Block>,
    marks: Vec<Mark>,
}

/// A block, for formats that mark places by themselves.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    pub(super) path: &'a str,
    pub(super) lines: Vec<ShownLine<'a>>,
}

/// A line of a block.
#[derive(Debug)]
pub(super) struct ShownLine<'a> {
    pub(super) number: u32,
    /// Whether the finding's own place is in it.
    pub(super) is_primary: bool,
    /// Its text, and whether a place is marked there.
    pub(super) parts: Vec<(&'a str, bool)>,
    /// What the places have to do with the finding.
    pub(super) notes: Vec<&'a str>,
    /// The marked places, from left to right.
    pub(super) marks: Vec<ShownMark<'a>>,
}

/// A place in a line.
#[derive(Debug)]
pub(super) struct ShownMark<'a> {
    /// In bytes of the line's text.
    pub(super) range: Range<usize>,
    /// As a person counts in the file.
    pub(super) at: Position,
    pub(super) is_primary: bool,
    pub(super) label: Option<&'a str>,
}

/// Neighbouring lines of one file.
#[derive(Debug)]
struct Block {
    path: String,
    /// In the excerpt's text, without gaps, each with its line break.
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    number: u32,
    range: Range<usize>,
}

/// A place, in the excerpt's text.
#[derive(Debug)]
struct Mark {
    range: Range<usize>,
    at: Position,
    label: Option<String>,
}

impl Excerpt {
    pub(super) fn new(sources: &Sources, places: &[Place], extent: Extent) -> Self {
        let mut drafts: Vec<Draft> = Vec::new();
        let mut homes = Vec::with_capacity(places.len());
        for place in places {
            let source = sources.get(place.location.source);
            let spot = Spot::new(source, place.location.span);
            let home = drafts
                .iter_mut()
                .position(|draft| draft.adopt(source, &spot, extent));
            homes.push((home.unwrap_or(drafts.len()), spot));
            if home.is_none() {
                drafts.push(Draft::new(source, &spot, extent));
            }
        }
        let mut excerpt = Self {
            text: String::new(),
            blocks: Vec::with_capacity(drafts.len()),
            marks: Vec::with_capacity(places.len()),
        };
        for draft in &drafts {
            excerpt.push_block(sources.get(draft.source), draft);
        }
        for (place, (home, spot)) in places.iter().zip(homes) {
            excerpt.push_mark(
                sources.get(place.location.source),
                place,
                home,
                &spot,
                &drafts,
            );
        }
        excerpt
    }

    /// Its text, cut at the marked places, block by block.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Shown<'_>> {
        self.blocks.iter().map(|block| Shown {
            path: &block.path,
            lines: block.lines.iter().map(|line| self.show(line)).collect(),
        })
    }

    fn show(&self, line: &Line) -> ShownLine<'_> {
        let mut marks: Vec<(usize, &Mark)> = self
            .marks
            .iter()
            .enumerate()
            .filter(|(_, mark)| line.range.contains(&mark.range.start))
            .collect();
        marks.sort_by_key(|(_, mark)| mark.range.start);
        let end = line.range.end.saturating_sub(1);
        let mut at = line.range.start;
        let mut parts = Vec::new();
        let mut part = |to: usize, at: &mut usize, marked| {
            let text = self.text.get(*at..to).unwrap_or_default();
            if !text.is_empty() {
                parts.push((text, marked));
            }
            *at = to.max(*at);
        };
        for (_, mark) in &marks {
            part(mark.range.start.min(end), &mut at, false);
            part(mark.range.end.min(end), &mut at, true);
        }
        part(end, &mut at, false);
        ShownLine {
            number: line.number,
            is_primary: marks.iter().any(|(index, _)| *index == 0),
            parts,
            notes: marks
                .iter()
                .filter_map(|(_, mark)| mark.label.as_deref())
                .collect(),
            marks: marks
                .iter()
                .map(|(index, mark)| ShownMark {
                    range: mark.range.start - line.range.start
                        ..mark.range.end.min(end).max(mark.range.start) - line.range.start,
                    at: mark.at,
                    is_primary: *index == 0,
                    label: mark.label.as_deref(),
                })
                .collect(),
        }
    }

    fn push_block(&mut self, source: &Source, draft: &Draft) {
        let mut lines = Vec::with_capacity(draft.lines.len());
        for (number, window) in &draft.lines {
            let start = self.text.len();
            let whole = source.line_span(*number);
            if window.span.start > whole.start {
                self.text.push_str(CUT);
            }
            self.text
                .push_str(&sanitize_source(source.slice(window.span)));
            if window.span.end < whole.end {
                self.text.push_str(CUT);
            }
            self.text.push('\n');
            lines.push(Line {
                number: *number,
                range: start..self.text.len(),
            });
        }
        self.blocks.push(Block {
            path: sanitize(source.path()).into_owned(),
            lines,
        });
    }

    fn push_mark(
        &mut self,
        source: &Source,
        place: &Place,
        home: usize,
        spot: &Spot,
        drafts: &[Draft],
    ) {
        let line = self
            .blocks
            .get(home)
            .and_then(|block| block.lines.iter().find(|line| line.number == spot.at.line));
        let window = drafts
            .get(home)
            .and_then(|draft| draft.lines.get(&spot.at.line));
        let (Some(line), Some(window)) = (line, window) else {
            return;
        };
        let width = |start, end| sanitize_source(source.slice(Span::new(start, end))).len();
        let cut = if window.span.start > source.line_span(spot.at.line).start {
            CUT.len()
        } else {
            0
        };
        let start = line.range.start + cut + width(window.span.start, spot.span.start);
        let end = start + width(spot.span.start, spot.span.end.min(window.span.end));
        self.marks.push(Mark {
            range: start..end,
            at: spot.at,
            label: place.label.clone(),
        });
    }
}

/// Where a place is marked: on its first line only, which bounds what must be shown.
#[derive(Clone, Copy)]
struct Spot {
    at: Position,
    span: Span,
}

impl Spot {
    fn new(source: &Source, span: Span) -> Self {
        let at = source.position(span.start);
        let line = source.line_span(at.line);
        // An offset inside a line break is marked at the end of the line.
        let start = at.offset.min(line.end);
        let end = source.position(span.end.min(line.end)).offset.max(start);
        Self {
            at,
            span: Span::new(start, end),
        }
    }
}

/// A block while places are still being added.
struct Draft {
    source: SourceId,
    lines: BTreeMap<u32, Window>,
}

/// The part of a line that is shown.
struct Window {
    span: Span,
    /// Whether a place is marked in it, so that it may not move any more.
    marked: bool,
}

impl Draft {
    fn new(source: &Source, spot: &Spot, extent: Extent) -> Self {
        let mut draft = Self {
            source: source.id(),
            lines: BTreeMap::new(),
        };
        draft.insert(source, spot, extent);
        draft
    }

    /// Takes the place in if it is near enough.
    fn adopt(&mut self, source: &Source, spot: &Spot, extent: Extent) -> bool {
        let context = extent.context;
        let (Some(first), Some(last)) = (self.lines.keys().next(), self.lines.keys().next_back())
        else {
            return false;
        };
        let near = context == 0
            || spot.at.line + context + 1 >= *first && spot.at.line <= *last + context + 1;
        let shown = self
            .lines
            .get(&spot.at.line)
            .is_none_or(|window| !window.marked || window.span.contains(spot.span));
        if self.source != source.id() || !near || !shown {
            return false;
        }
        self.insert(source, spot, extent);
        true
    }

    fn insert(&mut self, source: &Source, spot: &Spot, extent: Extent) {
        let Extent { context, columns } = extent;
        let line = spot.at.line;
        let marked = self.lines.get(&line).is_some_and(|window| window.marked);
        if !marked {
            let window = Window {
                span: window(source, line, spot.span.start, columns),
                marked: true,
            };
            self.lines.insert(line, window);
        }
        let last = source.line_count();
        for near in line.saturating_sub(context)..=line.saturating_add(context) {
            let exists = near >= 1 && near <= last;
            // What follows the last line break is a line only if something stands there.
            let hollow = near == last && source.line_span(near).is_empty();
            if exists && !hollow {
                self.lines.entry(near).or_insert_with(|| Window {
                    span: window(source, near, source.line_span(near).start, columns),
                    marked: false,
                });
            }
        }
    }
}

/// The part of a line to show so that the offset is in view.
fn window(source: &Source, line: u32, offset: u32, columns: usize) -> Span {
    let whole = source.line_span(line);
    if whole.range().len() <= columns {
        return whole;
    }
    let before = source.slice(Span::new(whole.start, offset));
    let after = source.slice(Span::new(offset, whole.end));
    let room = columns.saturating_sub(2 * CUT.chars().count());
    let ahead = after.chars().take(room).count();
    // Mostly what follows, but no room is left empty that what comes before can fill.
    let left = (room * 3 / 10).max(room - ahead);
    let start = before.char_indices().rev().take(left).last();
    let used = before.chars().rev().take(left).count();
    let end = after.char_indices().nth(room - used);
    let at = |base: u32, index: usize| base + u32::try_from(index).unwrap_or(u32::MAX - base);
    Span::new(
        start.map_or(offset, |(index, _)| at(whole.start, index)),
        end.map_or(whole.end, |(index, _)| at(offset, index)),
    )
}
