//! Anchors, aliases, tags and directives.

use super::{Problem, Scanned, Scanner, Token, TokenKind};

/// What YAML's own tags start with when they are written out.
pub(in crate::yaml) const CORE: &str = "tag:yaml.org,2002:";

impl Scanner<'_> {
    /// `&name` or `*name`.
    pub(super) fn anchor(&mut self, is_alias: bool) -> Scanned<Token> {
        let start = self.cursor.mark.at;
        self.cursor.skip_bytes(1);
        self.skip_word();
        let is_empty = self.cursor.mark.at == start + 1;
        let ends = self.cursor.is_gap(0)
            || matches!(
                self.cursor.byte(0),
                b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`'
            );
        if is_empty || !ends {
            let message = "an anchor's name takes only letters, digits, `_` and `-`";
            return Err(Problem::new(self.cursor.mark.at, message));
        }
        let kind = if is_alias {
            TokenKind::Alias
        } else {
            TokenKind::Anchor
        };
        Ok(Token::new(kind, start, self.cursor.mark.at))
    }

    /// A tag, written out: `!!int` is `tag:yaml.org,2002:int`.
    pub(super) fn tag(&mut self) -> Scanned<Token> {
        let start = self.cursor.mark.at;
        let tag = if self.cursor.byte(1) == b'<' {
            self.cursor.skip_bytes(2);
            let tag = self.uri(start)?;
            if self.cursor.byte(0) != b'>' {
                let message = "a tag that starts with `!<` ends with `>`";
                return Err(Problem::new(self.cursor.mark.at, message));
            }
            self.cursor.skip_bytes(1);
            Some(tag)
        } else {
            self.short_tag(start)?
        };
        let end = self.cursor.mark.at;
        if !self.cursor.is_gap(0) {
            return Err(Problem::new(end, "white space must follow a tag"));
        }
        Ok(match tag {
            Some(tag) => Token::with_text(TokenKind::Tag, tag, start, end),
            None => Token::new(TokenKind::UnknownTag, start, end),
        })
    }

    /// `!`, `!word` or `!!word`; `None` for `!handle!word`, since no directive can define a handle: the
    /// text is split at `---` first.
    fn short_tag(&mut self, start: usize) -> Scanned<Option<String>> {
        self.cursor.skip_bytes(1);
        self.skip_word();
        if self.cursor.byte(0) != b'!' {
            let word = self.cursor.since(start + 1).to_owned();
            let rest = self.uri_behind(word)?;
            return Ok(Some(format!("!{rest}")));
        }
        self.cursor.skip_bytes(1);
        let handle = self.cursor.since(start);
        let is_core = handle == "!!";
        let suffix = self.uri(start)?;
        Ok(is_core.then(|| format!("{CORE}{suffix}")))
    }

    /// What a tag holds, with `%` escapes decoded.
    fn uri(&mut self, start: usize) -> Scanned<String> {
        if is_uri(self.cursor.byte(0)) {
            return self.uri_behind(String::new());
        }
        let at = start..self.cursor.mark.at;
        let message = "this tag has no name";
        Err(Problem { at, message })
    }

    /// Reads on behind what is known, as far as a tag goes.
    fn uri_behind(&mut self, head: String) -> Scanned<String> {
        let mut uri = head.into_bytes();
        while is_uri(self.cursor.byte(0)) {
            if self.cursor.byte(0) == b'%' {
                self.escaped_character(&mut uri)?;
            } else {
                uri.push(self.cursor.byte(0));
                self.cursor.skip_bytes(1);
            }
        }
        Ok(String::from_utf8_lossy(&uri).into_owned())
    }

    /// One character, each byte of which is written as `%` and two digits.
    fn escaped_character(&mut self, uri: &mut Vec<u8>) -> Scanned<()> {
        let mut left = None;
        while left != Some(0) {
            let at = self.cursor.mark.at;
            let digits = self.cursor.text.get(at + 1..at + 3).unwrap_or_default();
            let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            let byte = u8::from_str_radix(digits, 16).ok();
            let Some(byte) = byte.filter(|_| is_hex && self.cursor.byte(0) == b'%') else {
                return Err(Problem::new(
                    at,
                    "`%` in a tag needs two hexadecimal digits",
                ));
            };
            let width = match (left, byte) {
                (None, 0..=0x7f) => 1,
                (None, 0xc0..=0xdf) => 2,
                (None, 0xe0..=0xef) => 3,
                (None, 0xf0..=0xf7) => 4,
                (Some(left), 0x80..=0xbf) => left,
                _ => return Err(Problem::new(at, "the escapes of this tag are not UTF-8")),
            };
            uri.push(byte);
            self.cursor.skip_bytes(3);
            left = Some(width - 1);
        }
        Ok(())
    }

    /// `%YAML` or `%TAG`. They never take effect, for the text is split at `---` first, but where the
    /// decoder looks ahead one that is malformed makes it stop.
    pub(super) fn directive(&mut self) -> Scanned<Token> {
        let start = self.cursor.mark.at;
        self.cursor.skip_bytes(1);
        self.skip_word();
        let is_legal = match self.cursor.since(start + 1) {
            _ if !self.cursor.is_gap(0) => false,
            "YAML" => self.version(),
            "TAG" => self.tag_definition(start)?,
            _ => false,
        };
        self.cursor.skip_blanks();
        self.skip_comment();
        if !is_legal || !self.cursor.is_line_end(0) {
            let message = "kubectl cannot read `%` directives: it splits the text at `---` first";
            return Err(Problem {
                at: start..self.cursor.mark.at,
                message,
            });
        }
        if self.cursor.is_break(0) {
            self.cursor.line_break();
        }
        Ok(Token::new(TokenKind::Directive, start, self.cursor.mark.at))
    }

    /// Whether a version such as `1.1` comes.
    fn version(&mut self) -> bool {
        self.cursor.skip_blanks();
        let is_major = self.version_number();
        let is_dotted = self.cursor.byte(0) == b'.';
        if is_major && is_dotted {
            self.cursor.skip_bytes(1);
        }
        is_major && is_dotted && self.version_number()
    }

    fn version_number(&mut self) -> bool {
        let start = self.cursor.mark.at;
        while self.cursor.byte(0).is_ascii_digit() {
            self.cursor.skip_bytes(1);
        }
        matches!(self.cursor.mark.at - start, 1 | 2)
    }

    /// Whether a handle and a prefix come.
    fn tag_definition(&mut self, start: usize) -> Scanned<bool> {
        self.cursor.skip_blanks();
        let handle = self.cursor.mark.at;
        if self.cursor.byte(0) != b'!' {
            return Ok(false);
        }
        self.cursor.skip_bytes(1);
        self.skip_word();
        if self.cursor.byte(0) == b'!' {
            self.cursor.skip_bytes(1);
        } else if self.cursor.mark.at > handle + 1 {
            return Ok(false);
        }
        if !self.cursor.is_blank(0) {
            return Ok(false);
        }
        self.cursor.skip_blanks();
        self.uri(start)?;
        Ok(self.cursor.is_gap(0))
    }

    /// Goes over letters, digits, `_` and `-`.
    fn skip_word(&mut self) {
        while self.cursor.byte(0).is_ascii_alphanumeric()
            || matches!(self.cursor.byte(0), b'_' | b'-')
        {
            self.cursor.skip_bytes(1);
        }
    }
}

fn is_uri(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-;/?:@&=+$,.!~*'()[]%".contains(&byte)
}
