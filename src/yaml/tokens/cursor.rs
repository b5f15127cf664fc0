//! A place in a text, and what stands there.

/// Where a token starts or ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Bytes from the start of the text.
    pub(super) at: usize,
    /// From 0.
    pub(super) line: u32,
    /// Characters from the start of the line.
    pub(super) column: usize,
}

/// Walks through a text by characters and line breaks.
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) mark: Mark,
    /// Whether the text is JSON, in whose strings only what ends a line there does.
    is_json: bool,
    /// Where the text ends that was read: a line break behind it was added.
    written: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, is_json: bool, written: usize) -> Self {
        Self {
            text,
            mark: Mark::default(),
            is_json,
            written,
        }
    }

    /// The byte so many bytes ahead; 0, which no text holds, behind the end.
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        let bytes = self.text.as_bytes();
        bytes.get(self.mark.at + ahead).copied().unwrap_or(0)
    }

    /// How many bytes the line break so many bytes ahead has; 0 where there is none.
    pub(super) fn break_width(&self, ahead: usize) -> usize {
        match self.byte(ahead) {
            b'\n' => 1,
            b'\r' => match (self.byte(ahead + 1), self.byte(ahead + 2)) {
                (b'\n', _) => 2,
                // A return before the end of a line is taken off with it, and leaves another pair.
                (b'\r', b'\n') if self.mark.at + ahead + 2 < self.written => 3,
                _ => 1,
            },
            0xc2 if self.byte(ahead + 1) == 0x85 && !self.is_json => 2,
            0xe2 if self.byte(ahead + 1) == 0x80
                && matches!(self.byte(ahead + 2), 0xa8 | 0xa9)
                && !self.is_json =>
            {
                3
            }
            _ => 0,
        }
    }

    pub(super) fn is_break(&self, ahead: usize) -> bool {
        self.break_width(ahead) > 0
    }

    /// Whether a space or a tab stands so many bytes ahead.
    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b' ' | b'\t')
    }

    pub(super) fn is_end(&self) -> bool {
        self.mark.at >= self.text.len()
    }

    /// Whether the line or the text ends so many bytes ahead.
    pub(super) fn is_line_end(&self, ahead: usize) -> bool {
        self.byte(ahead) == 0 || self.is_break(ahead)
    }

    /// Whether no word goes on so many bytes ahead.
    pub(super) fn is_gap(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_line_end(ahead)
    }

    /// Goes behind a character.
    pub(super) fn skip(&mut self) {
        let rest = self.text.get(self.mark.at..).unwrap_or_default();
        self.mark.at += rest.chars().next().map_or(0, char::len_utf8);
        self.mark.column += 1;
    }

    /// Goes behind so many characters of one byte each.
    pub(super) fn skip_bytes(&mut self, count: usize) {
        self.mark.at += count;
        self.mark.column += count;
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.is_blank(0) {
            self.skip_bytes(1);
        }
    }

    /// Goes to the end of the line.
    pub(super) fn skip_line(&mut self) {
        while !self.is_line_end(0) {
            self.skip();
        }
    }

    /// Goes behind a line break, and gives what it is read as.
    pub(super) fn line_break(&mut self) -> &'static str {
        let width = self.break_width(0);
        let read = match (self.byte(0), self.byte(2)) {
            (0xe2, 0xa8) => "\u{2028}",
            (0xe2, _) => "\u{2029}",
            _ => "\n",
        };
        self.mark.at += width;
        self.mark.line += 1;
        self.mark.column = 0;
        read
    }

    /// Whether the line that starts here holds `---` or `...` and nothing else that is joined to it.
    pub(super) fn is_document_marker(&self) -> bool {
        let rest = self.text.as_bytes().get(self.mark.at..);
        let is_marker = |rest: &[u8]| rest.starts_with(b"---") || rest.starts_with(b"...");
        self.mark.column == 0 && rest.is_some_and(is_marker) && self.is_gap(3)
    }

    /// The text from a place up to here.
    pub(super) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.mark.at).unwrap_or_default()
    }
}
