//! Parser events → nodes, with the spans that [`Node::span`](super::Node::span) promises.

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle as Style, ScanError, StructureStyle};

use super::SyntaxError;
use super::builder::{Builder, Built, Chunk, Extent, MAX_DEPTH, Step, offset, syntax_error};
use super::gap;
use super::tree::{Comment, NodeId, ScalarStyle, Shape, Tag};

/// Why there is no tree.
pub(super) struct Failure {
    pub(super) error: SyntaxError,
    /// Offset in the chunk where a quoted scalar goes on at too little indentation for the parser,
    /// though not for the decoder.
    pub(super) quoted_continuation: Option<usize>,
    /// Offset in the chunk of a comment that the parser wants white space before.
    pub(super) glued_comment: Option<usize>,
    /// End of the last node that was read, in the chunk.
    pub(super) read_to: usize,
    /// Whether the parser stumbled over a tab.
    pub(super) tab: bool,
}

/// Builds the tree of the first document in a chunk.
pub(super) fn build(chunk: Chunk<'_>) -> Result<Built, Failure> {
    let mut options = granit_parser::options! {
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        max_buffered_comment_events: usize::MAX,
    };
    if chunk.json {
        options.simple_key_max_lookahead = usize::MAX;
    }
    let mut builder = Builder::new(chunk);
    let mut end = None;
    for event in Parser::new_from_str_with_options(chunk.text, options) {
        let (event, span) = match event {
            Ok(event) => event,
            // The decoder does not read on after the first document.
            Err(_) if end.is_some() => break,
            Err(error) => return Err(builder.scan_failure(&error)),
        };
        let at = span.byte_range().unwrap_or_default();
        if matches!(event, Event::DocumentEnd) {
            end = Some(at.end);
            continue;
        }
        if end.is_some() && !matches!(event, Event::Comment(..)) {
            break;
        }
        let tag_end = span.tag_span().and_then(|tag| tag.byte_range());
        let tag_end = tag_end.map_or(0, |range| range.end);
        if let Err(error) = builder.event(&event, at, tag_end) {
            return Err(builder.failure(*error));
        }
    }
    Ok(builder.finish(end.unwrap_or(chunk.text.len())))
}

impl Builder<'_> {
    fn event(&mut self, event: &Event<'_>, at: std::ops::Range<usize>, tag_end: usize) -> Step {
        let before = self.cursor;
        self.cursor = self.cursor.max(tag_end);
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let tag = scalar_tag(tag.as_deref());
                self.scalar(value, *style, *anchor, tag, at)
            }
            Event::SequenceStart(style, anchor, _) => {
                let flow = *style == StructureStyle::Flow;
                let start = if flow {
                    at.start
                } else {
                    self.first_dash(before, at.start)
                };
                self.cursor = self.cursor.max(start + 1);
                self.open(Shape::Sequence { flow }, *anchor, start)
            }
            Event::MappingStart(style, anchor, _) => {
                let flow = *style == StructureStyle::Flow;
                self.cursor = self.cursor.max(at.start);
                let shape = Shape::Mapping {
                    flow,
                    irregular: false,
                };
                self.open(shape, *anchor, at.start)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&at),
            Event::Alias(id) => self.alias(*id, at),
            Event::UnresolvedAlias(name) => self.error(
                at,
                format!("there is no anchor `&{}` before this alias", shorten(name)),
            ),
            Event::Anchor(_, name) => {
                self.check_anchor_name(name, &at)?;
                let node = offset(self.tree.nodes.len().saturating_sub(1));
                let span = self.span(at);
                self.tree.anchors.push((NodeId(node), span));
                Ok(())
            }
            Event::Comment(..) => {
                let span = self.span(at);
                self.tree.comments.push(Comment { span });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        value: &str,
        style: Style,
        anchor: usize,
        tag: Tag,
        at: std::ops::Range<usize>,
    ) -> Step {
        let (style, at) = match style {
            // A value that is not written stands behind its colon.
            Style::Plain if at.is_empty() && self.byte(at.start) == Some(b':') => {
                (ScalarStyle::Plain, at.start + 1..at.start + 1)
            }
            Style::Plain => (ScalarStyle::Plain, at),
            Style::SingleQuoted => (ScalarStyle::SingleQuoted, at),
            Style::DoubleQuoted => (ScalarStyle::DoubleQuoted, at),
            Style::Literal => (ScalarStyle::Literal, self.block_scalar(value, &at)),
            Style::Folded => (ScalarStyle::Folded, self.block_scalar(value, &at)),
        };
        let is_terminated = self.chunk.text.len() > self.chunk.span.range().len();
        let value = match style {
            ScalarStyle::Literal | ScalarStyle::Folded if is_terminated => {
                gap::written(value, self.chunk.text, at.end)
            }
            _ => value,
        };
        let text = self.scalar_text(value, style, &at);
        self.cursor = self.cursor.max(at.end);
        let span = self.span(at);
        let node = self.push(span, Shape::Scalar { text, style, tag })?;
        let extent = Extent {
            size: 1,
            bytes: span.range().len() as u64,
            depth: 1,
        };
        self.anchor(anchor, node, Some(extent));
        self.attach(node, 1, 0, 0)
    }

    fn block_scalar(&self, value: &str, at: &std::ops::Range<usize>) -> std::ops::Range<usize> {
        gap::block_scalar(self.chunk.text, self.cursor, at, value)
    }

    /// The first dash of a block sequence. Where the sequence is not indented, the parser starts it
    /// after that dash.
    fn first_dash(&self, after: usize, parsed: usize) -> usize {
        let parent_is_mapping = self
            .frames
            .last()
            .and_then(|frame| self.tree.nodes.get(frame.node as usize))
            .is_some_and(|data| matches!(data.shape, Shape::Mapping { .. }));
        if !parent_is_mapping {
            return parsed;
        }
        gap::find(self.chunk.text, after, parsed + 1, b"-").unwrap_or(parsed)
    }

    fn check_anchor_name(&self, name: &str, at: &std::ops::Range<usize>) -> Step {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if name.bytes().all(legal) {
            return Ok(());
        }
        let message = "an anchor's name takes only letters, digits, `_` and `-`".to_owned();
        self.error(at.clone(), message)
    }

    fn failure(&self, error: SyntaxError) -> Failure {
        Failure {
            error,
            quoted_continuation: None,
            glued_comment: None,
            read_to: self.cursor,
            tab: false,
        }
    }

    fn scan_failure(&self, error: &ScanError) -> Failure {
        let kind = error.kind();
        let at = error.marker().byte_offset().unwrap_or(self.cursor);
        let text = self.chunk.text;
        let width = text
            .get(at..)
            .and_then(|rest| rest.chars().next())
            .filter(|letter| !matches!(letter, '\n' | '\r'))
            .map_or(0, char::len_utf8);
        let budget = matches!(kind, ErrorKind::RecursionLimitExceeded);
        let message = if budget {
            format!("more than {MAX_DEPTH} collections lie within one another")
        } else {
            kind.to_string()
        };
        let continues = matches!(kind, ErrorKind::InvalidQuotedScalarIndent);
        let glued = self.byte(at) == Some(b'#')
            && matches!(
                kind,
                ErrorKind::CommentNotSeparated
                    | ErrorKind::InvalidTrailingSingleQuotedScalar
                    | ErrorKind::InvalidTrailingDoubleQuotedScalar
            );
        Failure {
            error: syntax_error(self.span(at..at + width), message, budget),
            quoted_continuation: continues.then_some(at),
            glued_comment: glued.then_some(at),
            read_to: self.cursor,
            tab: text.as_bytes().get(at) == Some(&b'\t')
                || matches!(
                    kind,
                    ErrorKind::TabInIndentation | ErrorKind::TabInPlainScalar
                ),
        }
    }
}

fn scalar_tag(tag: Option<&granit_parser::Tag>) -> Tag {
    let Some(tag) = tag else {
        return Tag::None;
    };
    match tag.core_suffix() {
        Some("int" | "float" | "bool" | "null") => Tag::Resolved,
        // The decoder takes a scalar with a tag that it does not know for text.
        _ => Tag::Text,
    }
}

fn shorten(name: &str) -> String {
    let mut short: String = name.chars().take(40).flat_map(char::escape_debug).collect();
    if name.chars().nth(40).is_some() {
        short.push('…');
    }
    short
}
