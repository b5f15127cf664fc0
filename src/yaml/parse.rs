//! Text → documents → trees.

use std::borrow::Cow;
use std::sync::Arc;

use super::builder::{Built, Chunk, Expansion, syntax_error};
use super::repair;
use super::{Comment, Content, Document, Node, Stream, SyntaxError, Tree};
use crate::source::Span;

/// Parses a text. Never fails: what cannot be read is a [`Broken`](super::Content::Broken) document.
pub fn parse(text: &Arc<str>) -> Stream {
    let mut documents = Vec::new();
    for piece in split(text) {
        match piece.separator {
            Some(separator) => documents.push(broken_separator(separator, piece.span)),
            None => parse_piece(text, piece.span, &mut documents),
        }
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

/// The text between two separators.
#[derive(Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) span: Span,
    /// A separator line before it that the decoder refuses.
    pub(super) separator: Option<Span>,
}

/// Splits as kubectl does: at every line that starts with `---`, whatever it stands in. Only blanks
/// or a comment may follow on that line.
pub(super) fn split(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    // A byte order mark belongs to no document.
    let mut start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut separator = None;
    let mut at = start;
    for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
        let next = at + line.len();
        if let Some(rest) = line.strip_prefix("---") {
            pieces.push(Piece {
                span: span(start, at),
                separator,
            });
            let rest = rest.trim();
            let legal = rest.is_empty() || rest.starts_with('#');
            separator = (!legal).then(|| span(at, at + line.trim_end().len()));
            start = if legal { next } else { at };
        }
        at = next;
    }
    pieces.push(Piece {
        span: span(start, text.len()),
        separator,
    });
    pieces
}

fn broken_separator(separator: Span, span: Span) -> Document {
    let message =
        "only a comment may follow `---` on its line: kubectl refuses anything else there";
    Document {
        span,
        content: Content::Broken(syntax_error(separator, message.to_owned(), false)),
        dropped: None,
    }
}

fn parse_piece(source: &Arc<str>, piece: Span, documents: &mut Vec<Document>) {
    let text = source.get(piece.range()).unwrap_or_default();
    if !starts_object(text) {
        documents.push(parse_document(source, piece, false));
        return;
    }
    let mut start = 0;
    for end in json_ends(text) {
        let span = within(piece, start, end);
        documents.push(parse_document(source, span, true));
        start = end;
    }
}

/// Where the values of concatenated JSON (`{…}{…}`) end; the last end is the text's.
fn json_ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if quoted {
            quoted = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => quoted = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                let rest = text.get(at + 1..).unwrap_or_default();
                if depth == 0 && starts_object(rest) {
                    ends.push(at + 1);
                }
            }
            _ => {}
        }
    }
    ends.push(text.len());
    ends
}

/// Whether a JSON object comes first. A template's `{{` is none.
fn starts_object(text: &str) -> bool {
    let mut bytes = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    bytes.next() == Some(b'{') && matches!(bytes.next(), Some(b'"' | b'}'))
}

fn parse_document(source: &Arc<str>, span: Span, json: bool) -> Document {
    let text = source.get(span.range()).unwrap_or_default();
    if let Some(error) = directive(text, span) {
        return Document {
            span,
            content: Content::Broken(error),
            dropped: None,
        };
    }
    let terminated = terminated(text);
    let built = repair::build(Chunk {
        source,
        text: &terminated,
        span,
        json,
    });
    let tab = |built: Built| match tab_after_dash(source, built.tree.as_ref()) {
        Some(error) => Err(error),
        None => Ok(built),
    };
    match built.and_then(tab) {
        Err(error) => Document {
            span,
            content: Content::Broken(error),
            dropped: None,
        },
        Ok(built) => Document {
            span,
            dropped: built.end.and_then(|end| dropped(source, end, span)),
            content: match built.tree {
                Some(tree) if !tree.root().is_null() => Content::Tree(tree),
                _ => Content::Empty,
            },
        },
    }
}

/// Some constructs are only complete with their line break.
pub(super) fn terminated(text: &str) -> Cow<'_, str> {
    if text.ends_with('\n') {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{text}\n"))
    }
}

/// A tab between a dash and its item, which the parser takes for a blank and Kubernetes refuses.
fn tab_after_dash(text: &str, tree: Option<&Tree>) -> Option<SyntaxError> {
    let blanks = [' ', '\t'];
    let is_tabbed = |tree: &&Tree| {
        let written = text.get(tree.root().span().range());
        written.is_some_and(|written| written.contains('\t'))
    };
    let nodes = tree.filter(is_tabbed)?.nodes();
    let items = nodes.filter(|it| !it.is_alias() && !it.is_flow());
    items.flat_map(Node::items).find_map(|item| {
        let start = item.anchor().unwrap_or(item.span()).range().start;
        let line = text.get(..start)?.trim_end_matches(blanks);
        let gap = text.get(line.len()..)?;
        let gap = gap.split(|char| !blanks.contains(&char)).next()?;
        let at = line.len() + gap.find('\t').filter(|_| line.ends_with('-'))?;
        let span = within(Span::default(), at, at + 1);
        let message = "a tab after `-`: kubectl wants a space there";
        Some(syntax_error(span, message.to_owned(), false))
    })
}

/// A directive stands before its `---`, where splitting cuts it off.
fn directive(text: &str, document: Span) -> Option<SyntaxError> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_end();
        if line.starts_with('%') {
            let message = "kubectl cannot read `%` directives: it splits the text at `---` first";
            let span = within(document, at, at + trimmed.len());
            return Some(syntax_error(span, message.to_owned(), false));
        }
        if !is_void(trimmed) {
            return None;
        }
        at += line.len();
    }
    None
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

fn within(outer: Span, start: usize, end: usize) -> Span {
    let base = outer.start as usize;
    span(base + start, base + end)
}

/// Texts over 4 GiB are never read, so a `usize` offset always fits.
fn span(start: usize, end: usize) -> Span {
    let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(offset(start), offset(end))
}
