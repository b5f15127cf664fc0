//! Text → tokens, as libyaml's scanner makes them, of which the decoder of `sigs.k8s.io/yaml` holds a
//! translation to Go. What it takes for a token, where it lets tabs and comments stand, and how far it
//! looks for the `:` behind a key is followed to the letter: a manifest is what that decoder reads.
//!
//! Known to differ, for nobody can mean it:
//!
//! - Control characters are refused wherever they stand. The decoder reads in pieces of 512 bytes, and may not
//!   get to those behind the end of the first document.
//! - A byte order mark that follows another at the start of a document is text. The decoder takes the first
//!   character of every line for it, until its buffer moves on.
//! - Directives are always refused. kubectl splits at every `---`, so they never take effect, unless their lines
//!   end in a lone carriage return or in one of the line breaks that only YAML 1.1 knows.
//!
//! libyaml is Copyright (c) 2006-2016 Kirill Simonov, licensed under the MIT licence.

mod block;
mod cursor;
mod flow;
mod properties;

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use super::tree::ScalarStyle;
use cursor::{Cursor, Mark};
pub(super) use properties::CORE;

/// How many characters may lie between the start of a key and its `:`.
const MAX_KEY: usize = 1024;

/// What is wrong with a text.
pub(super) struct Problem {
    /// In bytes; empty where only the character at its start is meant.
    pub(super) at: Range<usize>,
    pub(super) message: &'static str,
}

impl Problem {
    pub(super) fn new(at: usize, message: &'static str) -> Self {
        Self {
            at: at..at,
            message,
        }
    }
}

pub(super) type Scanned<T> = Result<T, Problem>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    StreamEnd,
    Directive,
    /// `---`
    DocumentStart,
    /// `...`
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    /// `-`
    BlockEntry,
    /// `,`
    FlowEntry,
    /// `?`, or nothing where a key turns out to be one.
    Key,
    /// `:`
    Value,
    Alias,
    Anchor,
    Tag,
    /// A tag whose handle nobody defined.
    UnknownTag,
    Scalar(ScalarStyle),
}

#[derive(Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// What a scalar reads as; a tag, written out. Empty for all else.
    pub(super) text: String,
}

impl Token {
    fn new(kind: TokenKind, start: usize, end: usize) -> Self {
        Self::with_text(kind, String::new(), start, end)
    }

    fn with_text(kind: TokenKind, text: String, start: usize, end: usize) -> Self {
        Self {
            kind,
            start,
            end,
            text,
        }
    }
}

/// The next token, without its text.
#[derive(Clone, Copy)]
pub(super) struct Next {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What becomes a key if a `:` follows.
#[derive(Clone, Copy, Default)]
struct PossibleKey {
    is_possible: bool,
    /// Whether nothing else may stand there.
    is_required: bool,
    /// Counts all tokens.
    token: usize,
    mark: Mark,
}

/// Makes tokens, as far as they are asked for.
pub(super) struct Scanner<'a> {
    cursor: Cursor<'a>,
    is_json: bool,
    queue: VecDeque<Token>,
    /// How many tokens have left the queue.
    taken: usize,
    /// Whether the first token of the queue is settled: no key can begin before it any more.
    is_ready: bool,
    /// One more than the column of the innermost block collection; 0 outside of all.
    indent: usize,
    indents: Vec<usize>,
    /// How many flow collections are open.
    flow: usize,
    key_allowed: bool,
    /// One for each open flow collection, and one for what is around them.
    keys: Vec<PossibleKey>,
    /// Where in `keys` stands what begins with this token.
    keys_by_token: HashMap<usize, usize>,
    comments: Vec<Range<usize>>,
}

impl<'a> Scanner<'a> {
    /// Of a text that ends in a line break, which was added where the text ends at `written` already.
    pub(super) fn new(text: &'a str, is_json: bool, written: usize) -> Self {
        let mut cursor = Cursor::new(text, is_json, written);
        if text.starts_with('\u{feff}') {
            cursor.mark.at = '\u{feff}'.len_utf8();
        }
        Self {
            cursor,
            is_json,
            queue: VecDeque::new(),
            taken: 0,
            is_ready: false,
            indent: 0,
            indents: Vec::new(),
            flow: 0,
            key_allowed: true,
            keys: vec![PossibleKey::default()],
            keys_by_token: HashMap::new(),
            comments: Vec::new(),
        }
    }

    /// The comments found so far, in the order of the text.
    pub(super) fn comments(self) -> Vec<Range<usize>> {
        self.comments
    }

    /// The next token. Behind the last there is an end for ever.
    pub(super) fn peek(&mut self) -> Scanned<Next> {
        if !self.is_ready {
            self.fetch_enough()?;
            self.is_ready = true;
        }
        let end = self.cursor.mark.at;
        Ok(self.queue.front().map_or(
            Next {
                kind: TokenKind::StreamEnd,
                start: end,
                end,
            },
            |token| Next {
                kind: token.kind,
                start: token.start,
                end: token.end,
            },
        ))
    }

    /// Takes the token that [`peek`](Self::peek) gave.
    pub(super) fn take(&mut self) -> Option<Token> {
        self.is_ready = false;
        self.taken += 1;
        self.queue.pop_front()
    }

    /// Until the first token is settled: a key may turn out to have begun before it.
    fn fetch_enough(&mut self) -> Scanned<()> {
        loop {
            if !self.queue.is_empty() {
                let Some(key) = self.keys_by_token.get(&self.taken).copied() else {
                    return Ok(());
                };
                if !self.is_possible(key)? {
                    return Ok(());
                }
            }
            self.fetch()?;
        }
    }

    fn fetch(&mut self) -> Scanned<()> {
        self.skip_to_token();
        self.close_blocks(self.cursor.mark.column + 1);
        if self.cursor.is_end() {
            return self.fetch_end();
        }
        let byte = self.cursor.byte(0);
        let is_line_start = self.cursor.mark.column == 0;
        if is_line_start && byte == b'%' {
            self.start_line()?;
            let token = self.directive()?;
            self.push(token);
            return Ok(());
        }
        if self.cursor.is_document_marker() {
            self.start_line()?;
            let kind = if byte == b'-' {
                TokenKind::DocumentStart
            } else {
                TokenKind::DocumentEnd
            };
            self.indicator(kind, 3);
            return Ok(());
        }
        let ends_word = self.cursor.is_gap(1);
        match byte {
            b'[' => self.open_flow(TokenKind::FlowSequenceStart),
            b'{' => self.open_flow(TokenKind::FlowMappingStart),
            b']' => self.close_flow(TokenKind::FlowSequenceEnd),
            b'}' => self.close_flow(TokenKind::FlowMappingEnd),
            b',' => {
                self.drop_key()?;
                self.key_allowed = true;
                self.indicator(TokenKind::FlowEntry, 1);
                Ok(())
            }
            b'-' if ends_word => self.fetch_entry(),
            b'?' if self.flow > 0 || ends_word => self.fetch_key(),
            b':' if self.flow > 0 || ends_word => self.fetch_value(),
            b'|' | b'>' if self.flow == 0 => {
                self.drop_key()?;
                self.key_allowed = true;
                let token = self.block_scalar()?;
                self.push(token);
                Ok(())
            }
            _ => self.fetch_word(byte),
        }
    }

    /// What may be a key: an anchor, a tag, a quoted or plain scalar.
    fn fetch_word(&mut self, byte: u8) -> Scanned<()> {
        let starts_plain = match byte {
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => false,
            // Also a dash before a line break, which was an entry already.
            b'-' => !self.cursor.is_blank(1),
            b'?' | b':' => self.flow == 0,
            b'&' | b'*' | b'!' | b'\'' | b'"' => true,
            _ => !self.cursor.is_gap(0),
        };
        if !starts_plain {
            return Err(self.unexpected(byte));
        }
        self.note_key()?;
        self.key_allowed = false;
        let token = match byte {
            b'&' | b'*' => self.anchor(byte == b'*')?,
            b'!' => self.tag()?,
            b'\'' | b'"' => self.quoted(byte)?,
            _ => self.plain()?,
        };
        self.push(token);
        Ok(())
    }

    fn unexpected(&self, byte: u8) -> Problem {
        let at = self.cursor.mark.at;
        let before = self.cursor.text.get(..at).unwrap_or_default();
        let message = match byte {
            b'\t' if before.trim_end_matches(' ').ends_with('-') => {
                "a tab after `-`: kubectl requires a space there"
            }
            b'\t' => "a tab cannot indent: kubectl refuses it even on an empty line",
            b'@' | b'`' => "no text starts with `@` or a backtick unless it is quoted",
            b'%' => "no text starts with `%` unless it is quoted",
            _ => "this character cannot start a value here",
        };
        Problem::new(at, message)
    }

    fn fetch_end(&mut self) -> Scanned<()> {
        self.close_blocks(0);
        self.drop_key()?;
        self.key_allowed = false;
        self.indicator(TokenKind::StreamEnd, 0);
        Ok(())
    }

    /// Before what ends every block collection: a marker or directive at the start of a line.
    fn start_line(&mut self) -> Scanned<()> {
        self.close_blocks(0);
        self.drop_key()?;
        self.key_allowed = false;
        Ok(())
    }

    fn open_flow(&mut self, kind: TokenKind) -> Scanned<()> {
        self.note_key()?;
        self.keys.push(PossibleKey {
            token: self.taken + self.queue.len(),
            ..PossibleKey::default()
        });
        self.flow += 1;
        self.key_allowed = true;
        self.indicator(kind, 1);
        Ok(())
    }

    fn close_flow(&mut self, kind: TokenKind) -> Scanned<()> {
        self.drop_key()?;
        if self.flow > 0 {
            self.flow -= 1;
            // This forgets, as the decoder does, what may have begun with the opening bracket.
            if let Some(key) = self.keys.pop() {
                self.keys_by_token.remove(&key.token);
            }
        }
        self.key_allowed = false;
        self.indicator(kind, 1);
        Ok(())
    }

    fn fetch_entry(&mut self) -> Scanned<()> {
        if self.flow == 0 {
            if !self.key_allowed {
                let message = "a list cannot start here: `-` belongs on a line of its own";
                return Err(Problem::new(self.cursor.mark.at, message));
            }
            self.open_block(self.cursor.mark, None, TokenKind::BlockSequenceStart);
        }
        self.drop_key()?;
        self.key_allowed = true;
        self.indicator(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Scanned<()> {
        if self.flow == 0 {
            if !self.key_allowed {
                let message = "a key cannot start here";
                return Err(Problem::new(self.cursor.mark.at, message));
            }
            self.open_block(self.cursor.mark, None, TokenKind::BlockMappingStart);
        }
        self.drop_key()?;
        self.key_allowed = self.flow == 0;
        self.indicator(TokenKind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Scanned<()> {
        let innermost = self.keys.len().saturating_sub(1);
        if self.is_possible(innermost)? {
            let key = self.keys.get(innermost).copied().unwrap_or_default();
            let token = Token::new(TokenKind::Key, key.mark.at, key.mark.at);
            let place = key.token.checked_sub(self.taken);
            self.insert(place, token);
            self.open_block(key.mark, place, TokenKind::BlockMappingStart);
            if let Some(key) = self.keys.last_mut() {
                key.is_possible = false;
            }
            self.keys_by_token.remove(&key.token);
            self.key_allowed = false;
        } else {
            if self.flow == 0 {
                if !self.key_allowed {
                    let message = "a `:` cannot stand here: a text that holds `: ` must be quoted, and \
                         a value that is a mapping starts on its own line";
                    return Err(Problem::new(self.cursor.mark.at, message));
                }
                self.open_block(self.cursor.mark, None, TokenKind::BlockMappingStart);
            }
            self.key_allowed = self.flow == 0;
        }
        self.indicator(TokenKind::Value, 1);
        Ok(())
    }

    /// Whether a `:` here would make a key of what stands there in `keys`.
    fn is_possible(&mut self, key: usize) -> Scanned<bool> {
        let Some(key) = self.keys.get_mut(key).filter(|key| key.is_possible) else {
            return Ok(false);
        };
        let now = self.cursor.mark;
        // A character has up to four bytes.
        let is_far = || match now.at - key.mark.at {
            0..=MAX_KEY => false,
            bytes if bytes > 4 * MAX_KEY => true,
            _ => self.cursor.since(key.mark.at).chars().count() > MAX_KEY,
        };
        // JSON minds neither lines nor length.
        if self.is_json || key.mark.line >= now.line && !is_far() {
            return Ok(true);
        }
        if key.is_required {
            return Err(Problem::new(key.mark.at, NO_COLON));
        }
        key.is_possible = false;
        Ok(false)
    }

    /// Notes that a key may start here.
    fn note_key(&mut self) -> Scanned<()> {
        if !self.key_allowed {
            return Ok(());
        }
        self.drop_key()?;
        let mark = self.cursor.mark;
        let token = self.taken + self.queue.len();
        if let Some(key) = self.keys.last_mut() {
            *key = PossibleKey {
                is_possible: true,
                is_required: self.flow == 0 && self.indent == mark.column + 1,
                token,
                mark,
            };
        }
        self.keys_by_token.insert(token, self.keys.len() - 1);
        Ok(())
    }

    /// What may have been a key in the innermost flow collection is none.
    fn drop_key(&mut self) -> Scanned<()> {
        if let Some(key) = self.keys.last_mut().filter(|key| key.is_possible) {
            if key.is_required {
                return Err(Problem::new(key.mark.at, NO_COLON));
            }
            key.is_possible = false;
            self.keys_by_token.remove(&key.token);
        }
        Ok(())
    }

    /// Opens a block collection in this column, unless one is open there; its token goes to a place in
    /// the queue, or to the end.
    fn open_block(&mut self, mark: Mark, place: Option<usize>, kind: TokenKind) {
        if self.flow > 0 || self.indent > mark.column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = mark.column + 1;
        self.insert(place, Token::new(kind, mark.at, mark.at));
    }

    /// Closes the block collections that are indented deeper.
    fn close_blocks(&mut self, indent: usize) {
        while self.flow == 0 && self.indent > indent {
            self.indicator(TokenKind::BlockEnd, 0);
            self.indent = self.indents.pop().unwrap_or_default();
        }
    }

    /// Adds a token of so many bytes.
    fn indicator(&mut self, kind: TokenKind, width: usize) {
        let start = self.cursor.mark.at;
        self.cursor.skip_bytes(width);
        self.push(Token::new(kind, start, start + width));
    }

    fn push(&mut self, token: Token) {
        self.queue.push_back(token);
    }

    fn insert(&mut self, place: Option<usize>, token: Token) {
        let end = self.queue.len();
        self.queue.insert(place.unwrap_or(end).min(end), token);
    }

    /// Goes over white space and comments.
    fn skip_to_token(&mut self) {
        loop {
            // Where a key may start, a tab does not indent it.
            let takes_tabs = self.flow > 0 || !self.key_allowed;
            while self.cursor.byte(0) == b' ' || takes_tabs && self.cursor.byte(0) == b'\t' {
                self.cursor.skip_bytes(1);
            }
            self.skip_comment();
            if !self.cursor.is_break(0) {
                return;
            }
            self.cursor.line_break();
            if self.flow == 0 {
                self.key_allowed = true;
            }
        }
    }

    fn skip_comment(&mut self) {
        if self.cursor.byte(0) == b'#' {
            let start = self.cursor.mark.at;
            self.cursor.skip_line();
            self.comments.push(start..self.cursor.mark.at);
        }
    }
}

const NO_COLON: &str = "a `:` is missing: this is neither a key nor part of the value before it";
