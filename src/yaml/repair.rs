//! Legal documents that the parser refuses, made legible to it without moving a byte.
//!
//! The decoder lets a quoted scalar go on at the indentation of its key; the parser does not. And
//! JSON may be indented with tabs, and a comment may follow a quote or bracket at once. White
//! space and such comments in the parser's copy of the text are replaced, byte for byte, so that every offset stays what it was.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser};

use super::SyntaxError;
use super::build::{self, Failure};
use super::builder::{Built, Chunk, syntax_error};
use super::scan;
use super::tree::{Comment, NodeId, ScalarStyle, Shape, Text, Tree};
use crate::source::Span;

/// Bytes that may be read again for one document: each repair costs one more reading.
const MAX_REREAD: usize = 256 << 20;

/// Builds a document's tree, with repairs where it needs them.
pub(super) fn build(chunk: Chunk<'_>) -> Result<Built, SyntaxError> {
    if let Some(built) = scan::build(chunk) {
        return Ok(built);
    }
    let mut failure = match build::build(chunk) {
        Ok(built) => return Ok(built),
        Err(failure) => failure,
    };
    let mut repair = Repair::new(chunk.text);
    let mut reread = 0_usize;
    while repair.apply(&failure, chunk.json) {
        reread = reread.saturating_add(chunk.text.len());
        if reread > MAX_REREAD {
            let message = "too many quoted texts continue at the indentation of their key";
            return Err(syntax_error(failure.error.span, message.to_owned(), true));
        }
        let text = String::from_utf8_lossy(&repair.text);
        let patched = Chunk {
            text: &text,
            ..chunk
        };
        match build::build(patched) {
            Ok(mut built) => {
                if let Some(tree) = &mut built.tree {
                    repair.restore(tree, chunk);
                }
                return Ok(built);
            }
            Err(next) => failure = next,
        }
    }
    Err(failure.error)
}

struct Repair<'a> {
    original: &'a str,
    text: Vec<u8>,
    /// Quoted scalars whose white space was replaced: start → end, in the chunk.
    scalars: BTreeMap<usize, usize>,
    /// Comments that were taken out, in the chunk.
    comments: Vec<(usize, usize)>,
    tabs_replaced: bool,
}

impl<'a> Repair<'a> {
    fn new(original: &'a str) -> Self {
        Self {
            original,
            text: original.as_bytes().to_vec(),
            scalars: BTreeMap::new(),
            comments: Vec::new(),
            tabs_replaced: false,
        }
    }

    /// Whether anything could be done about the failure.
    fn apply(&mut self, failure: &Failure, json: bool) -> bool {
        if let Some(at) = failure.quoted_continuation {
            return self.join_lines(failure.read_to, at);
        }
        if let Some(at) = failure.glued_comment {
            return self.take_out_comment(at);
        }
        if json && failure.tab && !self.tabs_replaced {
            self.tabs_replaced = true;
            self.replace_tabs();
            return true;
        }
        false
    }

    /// Puts the quoted scalar that `at` lies in on one line.
    fn join_lines(&mut self, from: usize, at: usize) -> bool {
        let Some((start, end)) = quoted_around(&self.text, from, at) else {
            return false;
        };
        if self.scalars.insert(start, end).is_some() {
            return false;
        }
        for byte in self.text.get_mut(start..end).unwrap_or_default() {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        true
    }

    fn take_out_comment(&mut self, at: usize) -> bool {
        let line = self.text.get_mut(at..).unwrap_or_default();
        let length = line
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))
            .unwrap_or(line.len());
        // Characters are replaced whole, so the text stays UTF-8.
        line.iter_mut().take(length).for_each(|byte| *byte = b' ');
        self.comments.push((at, at + length));
        length > 0
    }

    fn replace_tabs(&mut self) {
        let mut quoted = false;
        let mut escaped = false;
        for byte in &mut self.text {
            if quoted {
                quoted = escaped || *byte != b'"';
                escaped = !escaped && *byte == b'\\';
            } else if *byte == b'"' {
                quoted = true;
            } else if *byte == b'\t' {
                *byte = b' ';
            }
        }
    }

    /// Gives the joined scalars the text that their lines stand for, and the tree its comments.
    fn restore(&self, tree: &mut Tree, chunk: Chunk<'_>) {
        let base = chunk.span.start as usize;
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        for (start, end) in &self.comments {
            let span = Span::new(offset(base + start), offset(base + end));
            tree.comments.push(Comment { span });
        }
        tree.comments.sort_by_key(|comment| comment.span);
        let mut restored = Vec::new();
        for (id, data) in (0..).map(NodeId).zip(&tree.nodes) {
            let Shape::Scalar { style, .. } = data.shape else {
                continue;
            };
            if !matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted) {
                continue;
            }
            let start = (data.span.start as usize).saturating_sub(base);
            let Some(end) = self.scalars.get(&start) else {
                continue;
            };
            let written = self.original.get(start..*end).unwrap_or_default();
            if let Some(value) = decode(written) {
                let from = tree.decoded.len();
                tree.decoded.push_str(&value);
                let text = Text::Decoded(offset(from), offset(tree.decoded.len()));
                restored.push((id, text));
            }
        }
        for (id, text) in restored {
            tree.set_text(id, text);
        }
    }
}

/// The quoted scalar between `from`, where a token ended, and `at`, which lies in it.
fn quoted_around(text: &[u8], from: usize, at: usize) -> Option<(usize, usize)> {
    let mut start = from;
    while start < at {
        let byte = *text.get(start)?;
        let before = start.checked_sub(1).and_then(|at| text.get(at));
        let starts_token = before.is_none_or(|byte| {
            matches!(
                byte,
                b' ' | b'\t' | b'\n' | b'\r' | b',' | b'[' | b'{' | b':'
            )
        });
        start = match byte {
            b'"' | b'\'' if starts_token => {
                let end = quoted_end(text, start);
                if end > at {
                    return Some((start, end));
                }
                end
            }
            b'#' if starts_token => {
                let rest = text.get(start..at).unwrap_or_default();
                start
                    + rest
                        .iter()
                        .position(|byte| *byte == b'\n')
                        .unwrap_or(rest.len())
            }
            _ => start + 1,
        };
    }
    None
}

/// Where the quoted scalar that starts at `start` ends, its closing quote included.
fn quoted_end(text: &[u8], start: usize) -> usize {
    let quote = text.get(start).copied().unwrap_or(b'"');
    let mut at = start + 1;
    while let Some(byte) = text.get(at) {
        let next = text.get(at + 1);
        if *byte == b'\\' && quote == b'"'
            || *byte == quote && quote == b'\'' && next == Some(&quote)
        {
            at += 2;
        } else if *byte == quote {
            return at + 1;
        } else {
            at += 1;
        }
    }
    text.len()
}

/// What a quoted scalar reads as: the parser minds no indentation outside collections.
fn decode(written: &str) -> Option<String> {
    Parser::new_from_str(written).find_map(|event| match event {
        Ok((Event::Scalar(value, ..), _)) => Some(value.into_owned()),
        _ => None,
    })
}
