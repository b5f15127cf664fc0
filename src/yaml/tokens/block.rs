//! Block scalars.

use super::{Problem, Scanned, Scanner, Token, TokenKind};
use crate::yaml::tree::ScalarStyle;

/// What becomes of the line breaks at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    /// `-`: none is kept.
    Strip,
    /// One is kept.
    Clip,
    /// `+`: all are kept.
    Keep,
}

/// What the lines of a block scalar are read as.
#[derive(Default)]
struct Lines {
    value: String,
    /// Behind the last line of content.
    last_break: &'static str,
    /// Of empty lines behind that.
    breaks: String,
    /// Whether the last line started with a blank.
    was_blank: bool,
}

impl Lines {
    /// Adds the line breaks before another line of content, which starts with a blank or not.
    fn join(&mut self, is_blank: bool, is_literal: bool) {
        let folds = !is_literal && !self.was_blank && !is_blank && self.last_break == "\n";
        match (folds, self.breaks.is_empty()) {
            (false, _) => self.value.push_str(self.last_break),
            (true, true) => self.value.push(' '),
            (true, false) => {}
        }
        self.value.push_str(&self.breaks);
        self.breaks.clear();
        self.was_blank = is_blank;
    }

    fn chomped(mut self, chomping: Chomping) -> String {
        if chomping != Chomping::Strip {
            self.value.push_str(self.last_break);
        }
        if chomping == Chomping::Keep {
            self.value.push_str(&self.breaks);
        }
        self.value
    }
}

impl Scanner<'_> {
    /// A block scalar, from its header to the end of its last line of content.
    pub(super) fn block_scalar(&mut self) -> Scanned<Token> {
        let start = self.cursor.mark.at;
        let is_literal = self.cursor.byte(0) == b'|';
        self.cursor.skip_bytes(1);
        let (chomping, increment) = self.header()?;
        let mut end = self.cursor.mark.at;
        self.cursor.skip_blanks();
        self.skip_comment();
        if !self.cursor.is_line_end(0) {
            let message = "only a comment may follow the header of a block scalar on its line";
            return Err(Problem::new(self.cursor.mark.at, message));
        }
        if self.cursor.is_break(0) {
            self.cursor.line_break();
        }
        // The root stands in column 0, as what it holds would.
        let mut indent = match increment {
            0 => 0,
            increment => self.indent.saturating_sub(1) + increment,
        };
        let mut lines = Lines::default();
        let mut kept_to = self.block_breaks(&mut indent, &mut lines.breaks)?;
        while self.cursor.mark.column == indent && !self.cursor.is_end() {
            lines.join(self.cursor.is_blank(0), is_literal);
            let line = self.cursor.mark.at;
            self.cursor.skip_line();
            lines.value.push_str(self.cursor.since(line));
            end = self.cursor.mark.at;
            lines.last_break = "";
            if self.cursor.is_break(0) {
                lines.last_break = self.cursor.line_break();
            }
            kept_to = self.block_breaks(&mut indent, &mut lines.breaks)?;
        }
        if chomping == Chomping::Keep && !lines.breaks.is_empty() {
            end = kept_to;
        }
        let style = if is_literal {
            ScalarStyle::Literal
        } else {
            ScalarStyle::Folded
        };
        let value = lines.chomped(chomping);
        Ok(Token::with_text(
            TokenKind::Scalar(style),
            value,
            start,
            end,
        ))
    }

    /// Reads what may follow `|` or `>` at once: how the end is chomped, and the indentation.
    fn header(&mut self) -> Scanned<(Chomping, usize)> {
        let mut chomping = None;
        let mut increment = 0;
        for _ in 0..2 {
            match self.cursor.byte(0) {
                b'+' if chomping.is_none() => chomping = Some(Chomping::Keep),
                b'-' if chomping.is_none() => chomping = Some(Chomping::Strip),
                b'0' if increment == 0 => {
                    let message = "a block scalar cannot be indented by 0";
                    return Err(Problem::new(self.cursor.mark.at, message));
                }
                digit @ b'1'..=b'9' if increment == 0 => increment = usize::from(digit - b'0'),
                _ => break,
            }
            self.cursor.skip_bytes(1);
        }
        Ok((chomping.unwrap_or(Chomping::Clip), increment))
    }

    /// Goes over empty lines and the indentation of the next one, which sets that of the scalar where
    /// none is known (0). Gives where the last but one line break ends that it went over.
    fn block_breaks(&mut self, indent: &mut usize, breaks: &mut String) -> Scanned<usize> {
        let mut deepest = 0;
        let mut kept_to = self.cursor.mark.at;
        loop {
            let is_before = |column: usize| *indent == 0 || column < *indent;
            while is_before(self.cursor.mark.column) && self.cursor.byte(0) == b' ' {
                self.cursor.skip_bytes(1);
            }
            deepest = deepest.max(self.cursor.mark.column);
            if is_before(self.cursor.mark.column) && self.cursor.byte(0) == b'\t' {
                let message = "a tab cannot indent the text of a block scalar";
                return Err(Problem::new(self.cursor.mark.at, message));
            }
            if !self.cursor.is_break(0) {
                break;
            }
            kept_to = self.cursor.mark.at;
            breaks.push_str(self.cursor.line_break());
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent).max(1);
        }
        Ok(kept_to)
    }
}
