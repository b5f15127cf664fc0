//! A scanner for the way in which most manifests are written, in front of the parser.
//!
//! It knows block collections, plain and quoted scalars and flow sequences that end on the line they
//! start on, `|` blocks, and comments. What it does not know, and everything that is wrong, it leaves
//! to the parser, the whole document with it: it makes the same tree as the parser or none at all.

#[cfg(any(test, fuzzing))]
pub(super) mod agree;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::builder::{Builder, Built, Chunk};
use super::tree::{Comment, ScalarStyle, Shape, Tag};

/// A key may have more than a thousand bytes before the parser minds.
const MAX_KEY: usize = 512;

/// The tree of a document, if the scanner understands all of it.
pub(super) fn build(chunk: Chunk<'_>) -> Option<Built> {
    if chunk.json || !is_familiar(chunk.text) {
        return None;
    }
    let mut scanner = Scanner {
        text: chunk.text.as_bytes(),
        builder: Builder::new(chunk),
        levels: Vec::new(),
    };
    let mut at = 0;
    while at < scanner.text.len() {
        at = scanner.line(at)?;
    }
    while !scanner.levels.is_empty() {
        scanner.leave()?;
    }
    scanner.builder.finish(chunk.text.len()).ok()
}

/// Whether there are only characters that mean nothing but themselves.
fn is_familiar(text: &str) -> bool {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n');
    text.bytes().all(is_plain)
        || text.chars().all(|char| match char {
            '\0'..='\u{7f}' => u8::try_from(char).is_ok_and(is_plain),
            '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
            _ => matches!(char, '\u{a0}'..='\u{fffd}' | '\u{10000}'..),
        })
}

/// A block collection that is not closed yet.
struct Level {
    /// The column of its keys or dashes.
    indent: usize,
    is_sequence: bool,
    /// Where the last key or dash ends, while its value has not come yet.
    waits: Option<usize>,
}

struct Scanner<'a> {
    text: &'a [u8],
    builder: Builder<'a>,
    levels: Vec<Level>,
}

impl Scanner<'_> {
    /// Reads the line that starts here, with the block that it opens; gives where the next one starts.
    fn line(&mut self, start: usize) -> Option<usize> {
        let end = self.line_end(start);
        let mut at = self.skip_blanks(start);
        match self.byte(at) {
            b'\n' => return Some(end + 1),
            b'#' => {
                self.comment(at, end);
                return Some(end + 1);
            }
            _ => {}
        }
        loop {
            let after = if self.is_dash(at) {
                self.enter(at - start, true, at)?;
                at + 1
            } else {
                let colon = self.colon(at)?;
                self.enter(at - start, false, at)?;
                self.scalar(None, ScalarStyle::Plain, at..colon)?;
                colon + 1
            };
            self.levels.last_mut()?.waits = Some(after);
            at = match self.gap(after, end) {
                Some(at) => at,
                None => return Some(end + 1),
            };
            let is_sequence = self.levels.last()?.is_sequence;
            if !is_sequence || !self.is_dash(at) && self.colon(at).is_none() {
                break;
            }
        }
        let level = self.levels.last_mut()?;
        level.waits = None;
        let indent = level.indent;
        if self.byte(at) == b'|' {
            return self.literal(at, end, indent);
        }
        let after = self.value(at, end, false)?;
        self.gap(after, end).is_none().then_some(end + 1)
    }

    /// Closes what ends before a key or dash in this column, and opens what starts with it.
    fn enter(&mut self, indent: usize, is_sequence: bool, at: usize) -> Option<()> {
        while let Some(top) = self.levels.last()
            && (top.indent > indent || top.indent == indent && top.is_sequence && !is_sequence)
        {
            self.leave()?;
        }
        match self.levels.last_mut() {
            Some(top) if top.indent == indent && top.is_sequence == is_sequence => {
                return self.settle();
            }
            Some(top) => top.waits = top.waits.take().map(|_| None)?,
            // Only one value can be the document.
            None if !self.builder.is_empty() => return None,
            None => {}
        }
        let shape = if is_sequence {
            Shape::Sequence { flow: false }
        } else {
            mapping(false)
        };
        self.levels.push(Level {
            indent,
            is_sequence,
            waits: None,
        });
        self.builder.open(shape, None, at).ok()
    }

    fn leave(&mut self) -> Option<()> {
        self.settle()?;
        self.levels.pop();
        self.builder.close(0).ok()
    }

    /// The value of the last key, where none was written.
    fn settle(&mut self) -> Option<()> {
        let top = self.levels.last_mut()?;
        match top.waits.take() {
            None => Some(()),
            Some(_) if top.is_sequence => None,
            Some(at) => self.scalar(None, ScalarStyle::Plain, at..at),
        }
    }

    /// Reads a value that ends on its line; gives its end.
    fn value(&mut self, at: usize, end: usize, in_flow: bool) -> Option<usize> {
        match self.byte(at) {
            quote @ (b'"' | b'\'') => self.quoted(at, end, quote),
            b'[' | b'{' => self.flow(at, end),
            _ if in_flow => self.word(at),
            _ => self.plain(at, end),
        }
    }

    fn plain(&mut self, at: usize, end: usize) -> Option<usize> {
        let starts = match self.byte(at) {
            b'-' => !matches!(self.byte(at + 1), b' ' | b'\n'),
            b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|'
            | b'>' | b'%' | b'@' | b'`' => false,
            _ => true,
        };
        let written = self.text.get(at..end)?;
        let hash = written.windows(2).position(|pair| pair == b" #");
        let written = written
            .get(..hash.unwrap_or(written.len()))?
            .trim_ascii_end();
        let is_key = written.ends_with(b":") || written.windows(2).any(|pair| pair == b": ");
        if !starts || is_key {
            return None;
        }
        let stop = at + written.len();
        self.scalar(None, ScalarStyle::Plain, at..stop)?;
        Some(stop)
    }

    fn quoted(&mut self, at: usize, end: usize, quote: u8) -> Option<usize> {
        let inner = self.text.get(at + 1..end)?;
        let length = inner.iter().position(|byte| *byte == quote)?;
        let stop = at + 1 + length + 1;
        let is_escaped = if quote == b'"' {
            inner.get(..length)?.contains(&b'\\')
        } else {
            self.byte(stop) == quote
        };
        let style = if quote == b'"' {
            ScalarStyle::DoubleQuoted
        } else {
            ScalarStyle::SingleQuoted
        };
        if is_escaped {
            return None;
        }
        self.scalar(None, style, at..stop)?;
        Some(stop)
    }

    /// A flow collection that ends on its line.
    fn flow(&mut self, start: usize, end: usize) -> Option<usize> {
        let is_mapping = self.byte(start) == b'{';
        let (shape, closing) = if is_mapping {
            (mapping(true), b'}')
        } else {
            (Shape::Sequence { flow: true }, b']')
        };
        self.builder.open(shape, None, start).ok()?;
        let mut at = self.skip_blanks(start + 1);
        if self.byte(at) != closing {
            loop {
                if is_mapping {
                    let colon = self.colon(at)?;
                    self.scalar(None, ScalarStyle::Plain, at..colon)?;
                    at = self.skip_blanks(colon + 1);
                }
                at = self.value(at, end, true)?;
                at = self.skip_blanks(at);
                if self.byte(at) == closing {
                    break;
                }
                if self.byte(at) != b',' {
                    return None;
                }
                at = self.skip_blanks(at + 1);
            }
        }
        self.builder.close(at + 1).ok()?;
        Some(at + 1)
    }

    /// A plain scalar that is one in a flow collection, too.
    fn word(&mut self, at: usize) -> Option<usize> {
        let is_first =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/' | b'.');
        let dashes = self.count(at, |byte| byte == b'-');
        if !is_first(self.byte(at + dashes)) {
            return None;
        }
        let is_part = |byte: u8| is_first(byte) || matches!(byte, b'-' | b'=' | b'%');
        let mut stop = at + self.count(at, is_part);
        while self.byte(stop) == b':' && is_first(self.byte(stop + 1)) {
            stop += 1 + self.count(stop + 1, is_part);
        }
        self.scalar(None, ScalarStyle::Plain, at..stop)?;
        Some(stop)
    }

    /// A `|` block, which may only be as deep as its first line says.
    fn literal(&mut self, at: usize, end: usize, outer: usize) -> Option<usize> {
        let is_stripped = match self.text.get(at..end)? {
            b"|" => false,
            b"|-" => true,
            _ => return None,
        };
        let first = end + 1;
        let indent = self.count(first, |byte| byte == b' ');
        if indent <= outer || matches!(self.byte(first + indent), b'\n') {
            return None;
        }
        let (mut line, mut stop) = (first, first);
        let mut value = Vec::new();
        // Since the last line with content.
        let mut breaks = 0;
        while line < self.text.len() {
            let end = self.line_end(line);
            let content = self.skip_blanks(line);
            let blanks = content - line;
            if content < end && blanks <= outer {
                break;
            }
            if content == end && blanks <= indent {
                breaks += 1;
            } else if content < end && blanks >= indent {
                value.resize(value.len() + breaks, b'\n');
                value.extend_from_slice(self.text.get(line + indent..end)?);
                (breaks, stop) = (1, end);
            } else {
                return None;
            }
            line = end + 1;
        }
        if !is_stripped {
            value.push(b'\n');
        }
        let value = String::from_utf8(value).ok()?;
        self.scalar(Some(&value), ScalarStyle::Literal, at..stop)?;
        Some(line)
    }

    /// Where content goes on after blanks; `None` where only a comment does, or nothing.
    fn gap(&mut self, after: usize, end: usize) -> Option<usize> {
        let at = self.skip_blanks(after);
        if at < end && at > after && self.byte(at) == b'#' {
            self.comment(at, end);
            return None;
        }
        (at < end).then_some(at)
    }

    fn comment(&mut self, start: usize, end: usize) {
        let span = self.builder.span(start..end);
        self.builder.tree.comments.push(Comment { span });
    }

    fn scalar(&mut self, value: Option<&str>, style: ScalarStyle, at: Range<usize>) -> Option<()> {
        self.builder.add(value, style, Tag::None, at).ok()
    }

    fn is_dash(&self, at: usize) -> bool {
        self.byte(at) == b'-' && matches!(self.byte(at + 1), b' ' | b'\n')
    }

    /// Where the colon behind a plain key stands.
    fn colon(&self, at: usize) -> Option<usize> {
        let is_first = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let is_part = |byte: u8| is_first(byte) || matches!(byte, b'.' | b'/' | b'-');
        let colon = at + self.count(at, is_part);
        let is_key = is_first(self.byte(at))
            && self.byte(colon) == b':'
            && matches!(self.byte(colon + 1), b' ' | b'\n')
            && colon - at <= MAX_KEY;
        is_key.then_some(colon)
    }

    fn skip_blanks(&self, at: usize) -> usize {
        at + self.count(at, |byte| byte == b' ')
    }

    fn line_end(&self, from: usize) -> usize {
        from + self.count(from, |byte| byte != b'\n')
    }

    /// How many bytes in a row are so.
    fn count(&self, from: usize, is_so: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| is_so(**byte)).count()
    }

    /// Behind the text there are only line breaks.
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(b'\n')
    }
}

fn mapping(flow: bool) -> Shape {
    Shape::Mapping {
        flow,
        irregular: false,
    }
}
