//! Byte offset → line and column.

use super::{Position, Span};

/// Where every line of a text starts, and how many characters precede every [`STEP`]th byte, so that
/// a column is found without walking the line: minified JSON is one line of a whole file.
#[derive(Debug)]
pub(super) struct LineIndex {
    starts: Vec<u32>,
    characters: Vec<u32>,
}

/// Bytes between two character counts.
const STEP: usize = 1024;

impl LineIndex {
    pub(super) fn new(text: &str) -> Self {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| offset(at + 1));
        let mut total = 0;
        let counts = text.as_bytes().chunks(STEP).map(|chunk| {
            total += characters(chunk);
            total
        });
        Self {
            starts: std::iter::once(0).chain(breaks).collect(),
            characters: std::iter::once(0).chain(counts).collect(),
        }
    }

    pub(super) fn count(&self) -> u32 {
        offset(self.starts.len())
    }

    pub(super) fn position(&self, text: &str, at: u32) -> Position {
        let at = floor_char_boundary(text, at);
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.start(line);
        let behind = text.as_bytes().get(start as usize..at as usize);
        let column = match behind.unwrap_or_default() {
            short if short.len() <= STEP => characters(short),
            _ => self.before(text, at) - self.before(text, start),
        };
        Position {
            line: offset(line),
            column: column + 1,
            offset: at,
        }
    }

    /// How many characters start before the byte.
    fn before(&self, text: &str, at: u32) -> u32 {
        let at = at as usize;
        let counted = at / STEP;
        let rest = text.as_bytes().get(counted * STEP..at).unwrap_or_default();
        self.characters.get(counted).copied().unwrap_or_default() + characters(rest)
    }

    pub(super) fn line_span(&self, text: &str, line: u32) -> Span {
        let end = offset(text.len());
        let line = line as usize;
        if line == 0 || line > self.starts.len() {
            return Span::new(end, end);
        }
        let start = self.start(line);
        let next = self.starts.get(line).copied().unwrap_or(end);
        let content = text
            .get(start as usize..next as usize)
            .unwrap_or_default()
            .trim_end_matches(['\n', '\r']);
        Span::new(start, start + offset(content.len()))
    }

    fn start(&self, line: usize) -> u32 {
        self.starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or_default()
    }
}

/// Texts over 4 GiB are never read, so a `usize` offset always fits.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// How many characters start in the bytes: all but the continuation bytes of UTF-8.
fn characters(bytes: &[u8]) -> u32 {
    offset(bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count())
}

fn floor_char_boundary(text: &str, at: u32) -> u32 {
    let mut at = (at as usize).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    offset(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, offset: u32) -> (u32, u32) {
        let position = LineIndex::new(text).position(text, offset);
        (position.line, position.column)
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(at("é: ü\nb", 3), (1, 3));
        assert_eq!(at("é: ü\nb", 7), (2, 1));
    }

    #[test]
    fn columns_of_a_long_line_count_characters() {
        let text = format!("first\n{}x", "é日".repeat(2000));
        assert_eq!(at(&text, offset(text.len() - 1)), (2, 4001));
        assert_eq!(at(&text, 6 + 5 * 700), (2, 1401));
        // Inside a character.
        assert_eq!(at(&text, 6 + 5 * 700 + 1), (2, 1401));
    }

    #[test]
    fn an_offset_past_the_end_is_the_end() {
        assert_eq!(at("a\nbc", 99), (2, 3));
        assert_eq!(at("", 5), (1, 1));
    }

    #[test]
    fn a_line_span_leaves_out_its_break() {
        let text = "a: 1\r\nb: 2\n";
        let lines = LineIndex::new(text);
        assert_eq!(lines.line_span(text, 1), Span::new(0, 4));
        assert_eq!(lines.line_span(text, 2), Span::new(6, 10));
        assert_eq!(lines.line_span(text, 3), Span::new(11, 11));
        assert_eq!(lines.line_span(text, 9), Span::new(11, 11));
    }
}
