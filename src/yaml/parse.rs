//! Text → documents → trees.

use std::borrow::Cow;
use std::sync::Arc;

use serde::de::IgnoredAny;

use super::builder::{Built, Chunk, Expansion, syntax_error};
use super::{Comment, Content, Document, Node, Stream, SyntaxError};
use super::{build, scan};
use crate::source::Span;

/// How far kubectl looks for the `{` of JSON.
const JSON_PREFIX: usize = 4096;
/// How much kubectl reads at once to look for white space behind JSON.
const JSON_REST: usize = 4;

/// Parses a text. Never fails: what cannot be read is a [`Broken`](super::Content::Broken) document.
pub fn parse(text: &Arc<str>) -> Stream {
    let mut documents = Vec::new();
    // A byte order mark belongs to no document.
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let rest = json_values(text, start, &mut documents);
    let pieces = rest.map(|start| split(text, start)).unwrap_or_default();
    for piece in pieces {
        documents.push(match piece.separator {
            Some(separator) => broken_separator(separator, piece.span),
            None => parse_document(text, &piece),
        });
    }
    bound_expansion(&mut documents);
    Stream { documents }
}

/// Refuses documents whose aliases are too much for one file together with those before them.
fn bound_expansion(documents: &mut [Document]) {
    let mut total = Expansion::default();
    for document in documents {
        let Content::Tree(tree) = &document.content else {
            continue;
        };
        let grown = total.and(tree.expansion);
        match (tree.aliases.first(), grown.excess()) {
            (Some((alias, _)), Some(message)) => {
                let span = tree.node(*alias).span();
                document.content = Content::Broken(syntax_error(span, message, true));
            }
            _ => total = grown,
        }
    }
}

/// Reads JSON values as long as there are any, as kubectl does with a text that starts with `{`. Gives where
/// YAML goes on: everywhere else, behind one value, and where what looked like JSON is none.
fn json_values(text: &Arc<str>, start: usize, documents: &mut Vec<Document>) -> Option<usize> {
    let body = text.get(start..).unwrap_or_default();
    let head = body.trim_start();
    if !head.starts_with('{') || body.len() - head.len() >= JSON_PREFIX {
        return Some(start);
    }
    let mut at = start;
    let mut count = 0_usize;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let end = match json_end(rest) {
            Some(Ok(end)) => at + end,
            None if count > 0 => return None,
            None => return Some(start),
            Some(Err(())) => {
                let rest = behind_first_break(text, at).filter(|_| count < 2);
                if rest.is_none() {
                    let span = span(at, text.len());
                    documents.push(broken(span, syntax_error(span, NO_JSON.to_owned(), false)));
                }
                return rest;
            }
        };
        // White space behind the last value is its own.
        let is_last = text.get(end..).unwrap_or_default().trim_ascii().is_empty();
        let whole = span(at, if is_last { text.len() } else { end });
        documents.push(json_document(text, whole, end));
        (at, count) = (end, count + 1);
    }
}

/// Where the JSON value ends that comes next, an error where what comes is none; `None` where nothing does.
fn json_end(rest: &str) -> Option<Result<usize, ()>> {
    let value = rest.trim_ascii_start();
    let start = rest.len() - value.len();
    let end = match value.bytes().next()? {
        b'{' | b'[' | b'"' => {
            let mut values = serde_json::Deserializer::from_str(value).into_iter::<IgnoredAny>();
            let read = values.next()?;
            read.ok().map(|_| values.byte_offset())
        }
        _ => json_word(value),
    };
    Some(end.map(|end| start + end).ok_or(()))
}

/// Where a number, `true`, `false` or `null` ends. kubectl minds nothing that is joined to it.
fn json_word(text: &str) -> Option<usize> {
    let words = ["true", "false", "null"];
    if let Some(word) = words.into_iter().find(|word| text.starts_with(word)) {
        return Some(word.len());
    }
    let digits = |at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        (count > 0).then_some(at + count)
    };
    let byte = |at: usize| text.as_bytes().get(at).copied().unwrap_or_default();
    let sign = usize::from(byte(0) == b'-');
    let mut end = digits(sign)?;
    if byte(sign) == b'0' {
        end = sign + 1;
    }
    if byte(end) == b'.' {
        end = digits(end + 1)?;
    }
    if matches!(byte(end), b'e' | b'E') {
        let is_signed = matches!(byte(end + 1), b'+' | b'-');
        end = digits(end + 1 + usize::from(is_signed))?;
    }
    Some(end)
}

const NO_JSON: &str = "what follows JSON without `---` must be JSON, which this is not";

/// Where YAML starts behind JSON: behind white space up to the first line break. `None` where kubectl comes to
/// the end of the text when it looks for that.
fn behind_first_break(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    for char in text.get(from..)?.chars() {
        if text.len() - at < JSON_REST {
            return None;
        }
        if !char.is_whitespace() {
            return Some(at);
        }
        at += char.len_utf8();
        if char == '\n' {
            return Some(at);
        }
    }
    None
}

/// A JSON value that ends here.
fn json_document(source: &Arc<str>, span: Span, end: usize) -> Document {
    let written = source.get(span.range()).unwrap_or_default();
    let blanks = written.len() - written.trim_ascii_start().len();
    let value = self::span(span.range().start + blanks, end);
    let chunk = Chunk {
        source,
        text: source.get(value.range()).unwrap_or_default(),
        span: value,
        json: true,
        marker: 0,
    };
    document(chunk, span, build::build(chunk))
}

/// The text between two separators.
#[derive(Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) span: Span,
    /// A separator line before it that the decoder refuses.
    pub(super) separator: Option<Span>,
    /// Where the separator line above it starts, if the decoder sees that: there is nothing before it, or
    /// only another.
    pub(super) marker: Option<usize>,
}

impl Piece {
    /// What the decoder reads, with the line break that kubectl gives every line, also the last. Where it is
    /// `terminated` already, that costs nothing.
    pub(super) fn chunk<'a>(
        &self,
        source: &'a Arc<str>,
        terminated: &'a str,
        from: usize,
    ) -> Chunk<'a> {
        Chunk {
            source,
            text: terminated.get(from..).unwrap_or_default(),
            span: span(self.start() + from, self.span.range().end),
            json: false,
            marker: (self.span.range().start - self.start()).saturating_sub(from),
        }
    }

    /// Where the decoder starts to read.
    pub(super) fn start(&self) -> usize {
        self.marker.unwrap_or(self.span.range().start)
    }

    /// How far the content is from there.
    pub(super) fn marker_len(&self) -> usize {
        self.span.range().start - self.start()
    }

    /// The text that the decoder reads.
    pub(super) fn terminated<'a>(&self, source: &'a str) -> Cow<'a, str> {
        let written = source.get(self.start()..self.span.range().end);
        terminated(written.unwrap_or_default())
    }
}

/// Splits as kubectl does: at every line that starts with `---`, whatever it stands in. Only blanks
/// or a comment may follow on that line.
pub(super) fn split(text: &str, from: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut start = from;
    let mut separator = None;
    let mut marker: Option<usize> = None;
    let mut at = start;
    for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
        let next = at + line.len();
        if let Some(rest) = line.strip_prefix("---") {
            let is_first = start == at && marker.is_none();
            pieces.push(Piece {
                span: span(start, at),
                separator,
                marker,
            });
            let is_joined = rest.starts_with('#');
            let rest = rest.trim();
            let legal = rest.is_empty() || rest.starts_with('#');
            separator = (!legal).then(|| span(at, at + line.trim_end().len()));
            // `---#` separates for kubectl, and is text where its decoder sees it.
            let is_content = !legal || is_first && is_joined;
            start = if is_content { at } else { next };
            marker = (!is_content && is_first).then_some(at);
        }
        at = next;
    }
    pieces.push(Piece {
        span: span(start, text.len()),
        separator,
        marker,
    });
    pieces
}

fn broken_separator(separator: Span, span: Span) -> Document {
    let message =
        "only a comment may follow `---` on its line: kubectl refuses anything else there";
    broken(span, syntax_error(separator, message.to_owned(), false))
}

fn broken(span: Span, error: SyntaxError) -> Document {
    Document {
        span,
        content: Content::Broken(error),
        dropped: None,
    }
}

fn parse_document(source: &Arc<str>, piece: &Piece) -> Document {
    let text = piece.terminated(source);
    let chunk = piece.chunk(source, &text, 0);
    // The separator line may hold line breaks that only YAML takes for such.
    let line = text.get(..piece.marker_len()).unwrap_or_default();
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let is_line = line.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
    let scanned = is_line.then(|| scan::build(piece.chunk(source, &text, piece.marker_len())));
    let built = match scanned.flatten() {
        Some(built) => Ok(built),
        None => build::build(chunk),
    };
    document(chunk, piece.span, built)
}

fn document(chunk: Chunk<'_>, span: Span, built: Result<Built, SyntaxError>) -> Document {
    match built {
        Err(error) => {
            let text = chunk.source.get(span.range()).unwrap_or_default();
            broken(span, two_dashes(text, span).unwrap_or(error))
        }
        Ok(built) => Document {
            span,
            dropped: built.end.and_then(|end| dropped(chunk.source, end, span)),
            content: match built.tree {
                Some(tree) if !tree.root().is_null() => Content::Tree(tree),
                _ => Content::Empty,
            },
        },
    }
}

/// The first line of a document that cannot be read which is a separator with one dash too few.
fn two_dashes(text: &str, document: Span) -> Option<SyntaxError> {
    let line = text.lines().find(|line| line.trim_end() == "--")?;
    let start = document.range().start + offset_in(text, line);
    let message = "`--` is text, not a separator: did you mean `---`?";
    Some(syntax_error(
        span(start, start + 2),
        message.to_owned(),
        false,
    ))
}

/// What is wrong with a document that is text or a list, and that other text follows without a `...`.
pub(super) fn stray(source: &str, root: Node<'_>, rest: Span) -> Option<SyntaxError> {
    let between = source.get(root.span().range().end..rest.range().start)?;
    if root.is_mapping() || between.lines().any(|line| line.starts_with("...")) {
        return None;
    }
    let text = source.get(root.span().range())?;
    let message = "a `---` is missing between this text and the document that follows";
    let error = || syntax_error(root.span(), message.to_owned(), false);
    Some(two_dashes(text, root.span()).unwrap_or_else(error))
}

/// kubectl reads lines, and gives each its line break, also the last.
fn terminated(text: &str) -> Cow<'_, str> {
    if text.ends_with('\n') {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{text}\n"))
    }
}

/// The text from `end` on, unless it has nothing but comments.
fn dropped(source: &str, end: u32, document: Span) -> Option<Span> {
    let rest = source.get(end as usize..document.end as usize)?;
    // What still stands on the line of `...` may only be a comment.
    let content: Vec<&str> = rest.lines().filter(|line| !is_void(line)).collect();
    let (first, last) = (content.first()?, content.last()?);
    let start = offset_in(source, first.trim_start());
    let stop = offset_in(source, last) + last.trim_end().len();
    Some(span(start, stop))
}

/// Where a slice of a text starts.
fn offset_in(text: &str, slice: &str) -> usize {
    (slice.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// The comment on the line of the `---` that a document follows.
pub(super) fn separator_comment(text: &str, document: Span) -> Option<Comment> {
    let before = text.get(..document.range().start)?;
    let line = before.strip_suffix('\n')?.rsplit('\n').next()?;
    let comment = line.strip_prefix("---")?.trim();
    let start = offset_in(text, comment);
    comment.starts_with('#').then(|| Comment {
        span: span(start, start + comment.len()),
    })
}

/// The lines of a document that hold a comment and nothing else; with `leading` only those above
/// everything else.
pub(super) fn comment_lines(text: &str, document: Span, leading: bool) -> Vec<Comment> {
    let lines = text.get(document.range()).unwrap_or_default().lines();
    lines
        .map(str::trim)
        .take_while(|line| !leading || is_void(line))
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let start = offset_in(text, line);
            Comment {
                span: span(start, start + line.len()),
            }
        })
        .collect()
}

fn is_void(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#') || line == "..."
}

/// Texts over 4 GiB are never read, so a `usize` offset always fits.
fn span(start: usize, end: usize) -> Span {
    let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(offset(start), offset(end))
}
