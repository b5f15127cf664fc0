//! Quoted and plain scalars.

use super::{Problem, Scanned, Scanner, Token, TokenKind};
use crate::yaml::tree::ScalarStyle;

/// White space within a scalar, which folding turns into something else.
#[derive(Default)]
struct Space {
    /// Blanks of a line that has not ended.
    blanks: String,
    first_break: String,
    further_breaks: String,
    /// Whether a line has ended, so that what follows is indentation.
    is_indentation: bool,
}

impl Space {
    fn line_break(&mut self, read: &str) {
        if self.is_indentation {
            self.further_breaks.push_str(read);
        } else {
            self.blanks.clear();
            self.first_break.push_str(read);
            self.is_indentation = true;
        }
    }

    /// Adds what the white space is read as, and forgets it.
    fn join(&mut self, value: &mut String) {
        if !self.is_indentation {
            value.push_str(&self.blanks);
        } else if !self.first_break.starts_with('\n') {
            // Also where a line break was escaped: then there is no first one.
            value.push_str(&self.first_break);
            value.push_str(&self.further_breaks);
        } else if self.further_breaks.is_empty() {
            value.push(' ');
        } else {
            value.push_str(&self.further_breaks);
        }
        *self = Self::default();
    }
}

impl Scanner<'_> {
    pub(super) fn quoted(&mut self, quote: u8) -> Scanned<Token> {
        let start = self.cursor.mark;
        self.cursor.skip_bytes(1);
        let mut value = String::new();
        let mut space = Space::default();
        loop {
            if self.cursor.is_document_marker() {
                let message = "a quoted text holds a line that starts with `---` or `...`";
                return Err(Problem::new(self.cursor.mark.at, message));
            }
            if self.cursor.is_end() {
                return Err(Problem::new(start.at, "this quote is never closed"));
            }
            self.quoted_word(quote, &mut value, &mut space)?;
            if self.cursor.byte(0) == quote {
                break;
            }
            while self.cursor.is_blank(0) || self.cursor.is_break(0) {
                if self.cursor.is_break(0) {
                    let read = self.cursor.line_break();
                    space.line_break(read);
                } else {
                    if !space.is_indentation {
                        space.blanks.push(char::from(self.cursor.byte(0)));
                    }
                    self.cursor.skip_bytes(1);
                }
            }
            space.join(&mut value);
        }
        self.cursor.skip_bytes(1);
        let style = match quote {
            b'"' => ScalarStyle::DoubleQuoted,
            _ => ScalarStyle::SingleQuoted,
        };
        let end = self.cursor.mark.at;
        Ok(Token::with_text(
            TokenKind::Scalar(style),
            value,
            start.at,
            end,
        ))
    }

    /// Reads up to a blank, a line break or the closing quote.
    fn quoted_word(&mut self, quote: u8, value: &mut String, space: &mut Space) -> Scanned<()> {
        let mut run = self.cursor.mark.at;
        while !self.cursor.is_gap(0) {
            let byte = self.cursor.byte(0);
            if byte == quote {
                if quote == b'"' || self.cursor.byte(1) != quote {
                    break;
                }
                value.push_str(self.cursor.since(run));
                value.push('\'');
                self.cursor.skip_bytes(2);
            } else if byte == b'\\' && quote == b'"' {
                value.push_str(self.cursor.since(run));
                if self.cursor.is_break(1) {
                    self.cursor.skip_bytes(1);
                    self.cursor.line_break();
                    space.is_indentation = true;
                    return Ok(());
                }
                value.push(self.escape()?);
            } else {
                self.cursor.skip();
                continue;
            }
            run = self.cursor.mark.at;
        }
        value.push_str(self.cursor.since(run));
        Ok(())
    }

    /// Reads `\` and what it stands for.
    fn escape(&mut self) -> Scanned<char> {
        let start = self.cursor.mark.at;
        let escaped = self.cursor.byte(1);
        let simple = match escaped {
            b'0' => '\0',
            b'a' => '\u{7}',
            b'b' => '\u{8}',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\u{b}',
            b'f' => '\u{c}',
            b'r' => '\r',
            b'e' => '\u{1b}',
            b' ' | b'"' | b'\'' | b'\\' => char::from(escaped),
            b'/' if self.is_json => '/',
            b'N' => '\u{85}',
            b'_' => '\u{a0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' => return self.code_point(2),
            b'u' => return self.code_point(4),
            b'U' => return self.code_point(8),
            _ => {
                let message = "kubectl does not know this escape in a double-quoted text";
                return Err(Problem::new(start, message));
            }
        };
        self.cursor.skip_bytes(2);
        Ok(simple)
    }

    /// Reads `\x`, `\u` or `\U` with so many hexadecimal digits.
    fn code_point(&mut self, digits: usize) -> Scanned<char> {
        let start = self.cursor.mark.at;
        let first = self.hexadecimal(digits)?;
        if let Some(char) = char::from_u32(first) {
            return Ok(char);
        }
        if !self.is_json {
            let message =
                "this escape is not a character: half a surrogate pair, or beyond Unicode";
            return Err(Problem::new(start, message));
        }
        // JSON writes what lies beyond 16 bits in two halves; half a pair is no character.
        let before = self.cursor.mark;
        if (0xd800..0xdc00).contains(&first)
            && self.cursor.byte(0) == b'\\'
            && self.cursor.byte(1) == b'u'
        {
            let second = self.hexadecimal(digits)?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.cursor.mark = before;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hexadecimal(&mut self, digits: usize) -> Scanned<u32> {
        let start = self.cursor.mark.at;
        self.cursor.skip_bytes(2);
        let written = self.cursor.text.get(start + 2..start + 2 + digits);
        let code = written
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let Some(code) = code else {
            let message = "this escape needs hexadecimal digits: two after `\\x`, four after `\\u`, \
                 eight after `\\U`";
            return Err(Problem::new(start, message));
        };
        self.cursor.skip_bytes(digits);
        Ok(code)
    }

    pub(super) fn plain(&mut self) -> Scanned<Token> {
        let start = self.cursor.mark;
        let mut end = start.at;
        let mut value = String::new();
        let mut space = Space::default();
        loop {
            if self.cursor.is_document_marker() || self.cursor.byte(0) == b'#' {
                break;
            }
            let word = self.cursor.mark.at;
            while !self.cursor.is_gap(0) && !self.ends_plain() {
                self.cursor.skip();
            }
            if self.cursor.mark.at > word {
                space.join(&mut value);
                value.push_str(self.cursor.since(word));
                end = self.cursor.mark.at;
            }
            if !(self.cursor.is_blank(0) || self.cursor.is_break(0)) {
                break;
            }
            self.plain_gap(&mut space)?;
            if self.flow == 0 && self.cursor.mark.column < self.indent {
                break;
            }
        }
        if space.is_indentation {
            self.key_allowed = true;
        }
        let kind = TokenKind::Scalar(ScalarStyle::Plain);
        Ok(Token::with_text(kind, value, start.at, end))
    }

    /// Whether an indicator stands here that no plain scalar holds.
    fn ends_plain(&self) -> bool {
        match self.cursor.byte(0) {
            b':' => self.cursor.is_gap(1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow > 0,
            _ => false,
        }
    }

    /// Goes over the white space behind a word of a plain scalar.
    fn plain_gap(&mut self, space: &mut Space) -> Scanned<()> {
        while self.cursor.is_blank(0) || self.cursor.is_break(0) {
            if self.cursor.is_break(0) {
                let read = self.cursor.line_break();
                space.line_break(read);
                continue;
            }
            let is_tab = self.cursor.byte(0) == b'\t';
            if space.is_indentation && is_tab && self.cursor.mark.column < self.indent {
                let message = "a tab cannot indent: kubectl refuses it even on an empty line";
                return Err(Problem::new(self.cursor.mark.at, message));
            }
            if !space.is_indentation {
                space.blanks.push(char::from(self.cursor.byte(0)));
            }
            self.cursor.skip_bytes(1);
        }
        Ok(())
    }
}
