//! Tokens → nodes, as libyaml's parser puts them together, with the spans that
//! [`Node::span`](super::Node::span) promises.

use std::collections::HashMap;
use std::ops::Range;

use super::SyntaxError;
use super::builder::{Anchor, Builder, Built, Chunk, syntax_error};
use super::tags::{self, Typed};
use super::tokens::{Next, Problem, Scanner, Token, TokenKind};
use super::tree::{Comment, NodeId, ScalarStyle, Shape, Tag};

type Step<T = ()> = Result<T, Box<SyntaxError>>;

/// What comes next.
#[derive(Clone, Copy)]
enum State {
    DocumentEnd,
    BlockEntry,
    /// An entry of a sequence that stands in the column of its key.
    IndentlessEntry,
    BlockKey,
    BlockValue,
    FlowEntry(Place),
    /// The key of a pair in a flow sequence.
    PairKey,
    PairValue,
    PairEnd,
    FlowKey(Place),
    FlowValue,
    /// Behind a key in a flow mapping that has no `?` and no `:`.
    NoValue,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    Later,
}

/// Which nodes may come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Flow,
    Block,
    /// Also a sequence in the column of its key.
    Value,
}

/// What stands before a node.
#[derive(Default)]
struct Properties {
    anchor: Option<Anchor>,
    tag: Option<String>,
    /// Where they end.
    end: Option<usize>,
}

/// Builds the tree of the first document in a chunk.
pub(super) fn build(chunk: Chunk<'_>) -> Result<Built, SyntaxError> {
    if let Some((at, char)) = chunk.text.char_indices().find(|(_, char)| !is_legal(*char))
        && !chunk.json
    {
        let builder = Builder::new(chunk);
        let message = format!(
            "the character U+{:04X} cannot stand in a manifest",
            u32::from(char)
        );
        return Err(syntax_error(
            builder.span(at..at + char.len_utf8()),
            message,
            false,
        ));
    }
    let mut parser = Parser {
        scanner: Scanner::new(chunk.text, chunk.json, chunk.span.range().len()),
        builder: Builder::new(chunk),
        states: Vec::new(),
        anchors: HashMap::new(),
        last: 0,
        end: chunk.text.len(),
    };
    parser.document().map_err(|error| *error)?;
    parser.finish().map_err(|error| *error)
}

/// Whether the decoder reads a character at all.
fn is_legal(char: char) -> bool {
    matches!(char,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    builder: Builder<'a>,
    states: Vec<State>,
    /// The identity of the latest node of each name.
    anchors: HashMap<&'a str, usize>,
    /// Where the last token that was taken ends.
    last: usize,
    /// Where the document ends.
    end: usize,
}

impl<'a> Parser<'a> {
    fn document(&mut self) -> Step {
        let is_explicit = self.peek()?.kind == TokenKind::DocumentStart;
        if is_explicit {
            self.take();
        }
        let first = self.peek()?;
        match first.kind {
            TokenKind::StreamEnd => return Ok(()),
            TokenKind::Directive if !is_explicit => {
                let message =
                    "kubectl cannot read `%` directives: it splits the text at `---` first";
                return self.error(first.start..first.end, message);
            }
            TokenKind::Directive | TokenKind::DocumentStart | TokenKind::DocumentEnd
                if is_explicit =>
            {
                // Behind its `---` a document may be empty.
                let at = self.last;
                self.empty(at)?;
                return self.document_end();
            }
            _ => {}
        }
        self.states.push(State::DocumentEnd);
        self.node(Context::Block)?;
        while let Some(state) = self.states.pop() {
            self.step(state)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Step<Built> {
        // Comments behind the document are its own; what is wrong there is not read.
        let _ = self.scanner.peek();
        let marker = self.builder.chunk.marker;
        let comments = self.scanner.comments().into_iter();
        for comment in comments.filter(|comment| comment.start >= marker) {
            let span = self.builder.span(comment);
            self.builder.tree.comments.push(Comment { span });
        }
        self.builder.finish(self.end)
    }

    fn step(&mut self, state: State) -> Step {
        match state {
            State::DocumentEnd => self.document_end(),
            State::BlockEntry => self.block_entry(),
            State::IndentlessEntry => self.indentless_entry(),
            State::BlockKey => self.block_key(),
            State::BlockValue => self.block_value(),
            State::FlowEntry(place) => self.flow_entry(place),
            State::PairKey => self.pair_key(),
            State::PairValue => self.pair_value(),
            State::PairEnd => self.builder.close(self.last),
            State::FlowKey(place) => self.flow_key(place),
            State::FlowValue => self.flow_value(),
            State::NoValue => {
                self.states.push(State::FlowKey(Place::Later));
                self.empty(self.last)
            }
        }
    }

    fn document_end(&mut self) -> Step {
        let token = self.peek()?;
        let is_marked = token.kind == TokenKind::DocumentEnd;
        let is_last = token.kind == TokenKind::StreamEnd;
        self.end = match (is_marked, is_last) {
            (true, _) => token.end,
            (_, true) => self.builder.chunk.text.len(),
            _ => token.start,
        };
        if is_marked {
            self.take();
        }
        Ok(())
    }

    fn block_entry(&mut self) -> Step {
        let token = self.peek()?;
        match token.kind {
            TokenKind::BlockEntry => {
                self.take();
                self.states.push(State::BlockEntry);
                match self.peek()?.kind {
                    TokenKind::BlockEntry | TokenKind::BlockEnd => self.empty(self.last),
                    _ => self.node(Context::Block),
                }
            }
            TokenKind::BlockEnd => {
                self.take_end();
                self.builder.close(self.last)
            }
            _ => self.error(token.start..token.start, "a list goes on here without `-`"),
        }
    }

    fn indentless_entry(&mut self) -> Step {
        if self.peek()?.kind != TokenKind::BlockEntry {
            return self.builder.close(self.last);
        }
        self.take();
        self.states.push(State::IndentlessEntry);
        match self.peek()?.kind {
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                self.empty(self.last)
            }
            _ => self.node(Context::Block),
        }
    }

    fn block_key(&mut self) -> Step {
        let token = self.peek()?;
        match token.kind {
            TokenKind::Key => {
                self.take();
                self.states.push(State::BlockValue);
                match self.peek()?.kind {
                    TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                        self.empty(self.last)
                    }
                    _ => self.node(Context::Value),
                }
            }
            TokenKind::BlockEnd => {
                self.take_end();
                self.builder.close(self.last)
            }
            _ => self.error(
                token.start..token.start,
                "a key of the mapping was expected here",
            ),
        }
    }

    fn block_value(&mut self) -> Step {
        self.states.push(State::BlockKey);
        if self.peek()?.kind != TokenKind::Value {
            return self.empty(self.last);
        }
        self.take();
        match self.peek()?.kind {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => self.empty(self.last),
            _ => self.node(Context::Value),
        }
    }

    /// Whether another entry comes, behind its comma.
    fn has_entry(&mut self, place: Place, end: TokenKind) -> Step<bool> {
        if self.peek()?.kind == end {
            return Ok(false);
        }
        if place == Place::Later {
            let token = self.peek()?;
            if token.kind == TokenKind::StreamEnd {
                return self.unclosed();
            }
            if token.kind != TokenKind::FlowEntry {
                let at = token.start..token.start;
                let message = match end {
                    TokenKind::FlowMappingEnd => "a `,` or the `}` of the mapping is missing here",
                    _ => "a `,` or the `]` of the list is missing here",
                };
                return self.error(at, message);
            }
            self.take();
        }
        Ok(self.peek()?.kind != end)
    }

    fn close_flow(&mut self) -> Step {
        self.take();
        self.builder.close(self.last)
    }

    fn flow_entry(&mut self, place: Place) -> Step {
        if !self.has_entry(place, TokenKind::FlowSequenceEnd)? {
            return self.close_flow();
        }
        self.states.push(State::FlowEntry(Place::Later));
        let token = self.peek()?;
        if token.kind != TokenKind::Key {
            return self.node(Context::Flow);
        }
        let start = token.start;
        self.take();
        self.states.push(State::PairKey);
        self.builder.open(mapping(true), None, start)
    }

    fn pair_key(&mut self) -> Step {
        self.states.push(State::PairValue);
        match self.peek()?.kind {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => {
                // The decoder takes this token for the key's.
                self.take();
                self.empty(self.last)
            }
            _ => self.node(Context::Flow),
        }
    }

    fn pair_value(&mut self) -> Step {
        self.states.push(State::PairEnd);
        if self.peek()?.kind == TokenKind::Value {
            self.take();
            let next = self.peek()?.kind;
            if !matches!(next, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                return self.node(Context::Flow);
            }
        }
        self.empty(self.last)
    }

    fn flow_key(&mut self, place: Place) -> Step {
        if !self.has_entry(place, TokenKind::FlowMappingEnd)? {
            return self.close_flow();
        }
        if self.peek()?.kind != TokenKind::Key {
            self.states.push(State::NoValue);
            return self.node(Context::Flow);
        }
        self.take();
        self.states.push(State::FlowValue);
        match self.peek()?.kind {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd => {
                self.empty(self.last)
            }
            _ => self.node(Context::Flow),
        }
    }

    fn flow_value(&mut self) -> Step {
        self.states.push(State::FlowKey(Place::Later));
        if self.peek()?.kind == TokenKind::Value {
            self.take();
            let next = self.peek()?.kind;
            if !matches!(next, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                return self.node(Context::Flow);
            }
        }
        self.empty(self.last)
    }

    /// A scalar, an alias, or the start of a collection.
    fn node(&mut self, context: Context) -> Step {
        if self.peek()?.kind == TokenKind::Alias {
            return self.alias();
        }
        let properties = self.properties()?;
        let token = self.peek()?;
        let start = token.start;
        let (shape, state) = match token.kind {
            TokenKind::Scalar(style) => return self.scalar(properties, style),
            TokenKind::BlockEntry if context == Context::Value => {
                // Its dash is the first entry's.
                self.states.push(State::IndentlessEntry);
                let shape = Shape::Sequence { flow: false };
                return self.builder.open(shape, properties.anchor, start);
            }
            TokenKind::FlowSequenceStart => (
                Shape::Sequence { flow: true },
                State::FlowEntry(Place::First),
            ),
            TokenKind::FlowMappingStart => (mapping(true), State::FlowKey(Place::First)),
            TokenKind::BlockSequenceStart if context != Context::Flow => {
                (Shape::Sequence { flow: false }, State::BlockEntry)
            }
            TokenKind::BlockMappingStart if context != Context::Flow => {
                (mapping(false), State::BlockKey)
            }
            _ => {
                let Some(end) = properties.end else {
                    return self.no_node();
                };
                // A tag or an anchor of nothing.
                return self.add(properties, "", ScalarStyle::Plain, end..end);
            }
        };
        self.take();
        self.states.push(state);
        self.builder.open(shape, properties.anchor, start)
    }

    fn no_node<T>(&mut self) -> Step<T> {
        let token = self.peek()?;
        let message = match token.kind {
            TokenKind::StreamEnd => return self.unclosed(),
            TokenKind::BlockEntry => "a list cannot start here: `-` stands in a flow collection",
            _ => "a value was expected here",
        };
        self.error(token.start..token.start, message)
    }

    /// An error at the innermost bracket, where the text ends within it.
    fn unclosed<T>(&self) -> Step<T> {
        let bracket = self.builder.frames.last().map(|frame| frame.node);
        let span = bracket.map(|node| self.builder.tree.node(NodeId(node)).span());
        let start = span.map_or(self.last, |span| {
            span.range().start - self.builder.chunk.span.range().start
        });
        self.error(start..start, "this bracket is never closed")
    }

    fn alias(&mut self) -> Step {
        let Some(token) = self.take() else {
            return Ok(());
        };
        let name = self.name(&token);
        let at = token.start..token.end;
        if let Some(id) = self.anchors.get(name).copied() {
            return self.builder.alias(id, at);
        }
        let message = format!("there is no anchor `&{}` before this alias", shorten(name));
        self.builder.error(at, message)
    }

    /// An anchor and a tag, in any order.
    fn properties(&mut self) -> Step<Properties> {
        let mut found = Properties::default();
        loop {
            let next = self.peek()?;
            match next.kind {
                TokenKind::Anchor if found.anchor.is_none() => {}
                TokenKind::Tag if found.tag.is_none() => {}
                TokenKind::UnknownTag if found.tag.is_none() => {
                    let message = "kubectl knows no tag handle but `!` and `!!`";
                    return self.error(next.start..next.end, message);
                }
                _ => return Ok(found),
            }
            let Some(token) = self.take() else {
                return Ok(found);
            };
            found.end = Some(token.end);
            if next.kind == TokenKind::Tag {
                found.tag = Some(token.text);
                continue;
            }
            let id = self.builder.new_anchor();
            self.anchors.insert(self.name(&token), id);
            let at = token.start..token.end;
            found.anchor = Some(Anchor { id, at });
        }
    }

    fn scalar(&mut self, properties: Properties, style: ScalarStyle) -> Step {
        let Some(token) = self.take() else {
            return Ok(());
        };
        self.add(properties, &token.text, style, token.start..token.end)
    }

    fn add(
        &mut self,
        properties: Properties,
        value: &str,
        style: ScalarStyle,
        at: Range<usize>,
    ) -> Step {
        let typed = properties
            .tag
            .map_or(Ok(Typed::of(Tag::None)), |tag| tags::apply(&tag, value));
        match typed {
            Ok(typed) => {
                let value = typed.text.as_deref().unwrap_or(value);
                self.builder
                    .scalar(value, style, typed.tag, properties.anchor, at)
            }
            Err(message) => self.builder.error(at, message),
        }
    }

    /// A value that is not written.
    fn empty(&mut self, at: usize) -> Step {
        self.add(Properties::default(), "", ScalarStyle::Plain, at..at)
    }

    fn name(&self, token: &Token) -> &'a str {
        let text = self.builder.chunk.text;
        text.get(token.start + 1..token.end).unwrap_or_default()
    }

    fn peek(&mut self) -> Step<Next> {
        match self.scanner.peek() {
            Ok(next) => Ok(next),
            Err(Problem { at, message }) => self.error(at, message),
        }
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.scanner.take()?;
        self.last = self.last.max(token.end);
        Some(token)
    }

    /// Takes the end of a block collection, which has no text of its own.
    fn take_end(&mut self) {
        self.scanner.take();
    }

    /// An error, at one character where the range is empty.
    fn error<T>(&self, at: Range<usize>, message: &str) -> Step<T> {
        let rest = self.builder.chunk.text.get(at.start..).unwrap_or_default();
        let first = rest
            .chars()
            .next()
            .filter(|char| !matches!(char, '\n' | '\r'));
        let end = at.end.max(at.start + first.map_or(0, char::len_utf8));
        let span = self.builder.span(at.start..end);
        Err(Box::new(syntax_error(span, message.to_owned(), false)))
    }
}

fn mapping(flow: bool) -> Shape {
    Shape::Mapping {
        flow,
        irregular: false,
    }
}

fn shorten(name: &str) -> String {
    let mut short: String = name.chars().take(40).flat_map(char::escape_debug).collect();
    if name.chars().nth(40).is_some() {
        short.push('…');
    }
    short
}
