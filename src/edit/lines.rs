//! Lines around a place in a text.

use crate::yaml::Tree;

/// A text seen as lines. Offsets are bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines<'t> {
    text: &'t str,
    tree: &'t Tree,
    /// The line break to write.
    pub(super) eol: &'static str,
}

impl<'t> Lines<'t> {
    /// Of the file that a tree stands in; `None` for text embedded in a scalar.
    pub(super) fn of(tree: &'t Tree) -> Option<Self> {
        let text = tree.file_text()?;
        let start = tree.root().span().range().start;
        let before = |at| text.get(..at).unwrap_or_default();
        // Nothing may stand behind the line, or before it.
        let crlf = before(tree.line_end(start)).ends_with('\r')
            || before(tree.line_start(start)).ends_with("\r\n");
        Some(Self {
            text,
            tree,
            eol: if crlf { "\r\n" } else { "\n" },
        })
    }

    pub(super) fn text(self) -> &'t str {
        self.text
    }

    pub(super) fn slice(self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// Where the line of `at` starts.
    pub(super) fn start(self, at: usize) -> usize {
        self.tree.line_start(at)
    }

    /// Where the line of `at` ends, without its break.
    pub(super) fn end(self, at: usize) -> usize {
        let end = self.tree.line_end(at);
        end - usize::from(self.slice(at, end).ends_with('\r'))
    }

    /// Where the next line starts; the end of the text for the last.
    pub(super) fn next(self, at: usize) -> usize {
        let end = self.tree.line_end(at);
        self.text.len().min(end + 1)
    }

    /// What stands before `at` on its line.
    pub(super) fn prefix(self, at: usize) -> &'t str {
        self.slice(self.start(at), at)
    }

    /// Whether nothing but blanks stands before `at` on its line.
    pub(super) fn is_first(self, at: usize) -> bool {
        self.prefix(at).bytes().all(|byte| byte == b' ')
    }

    /// The column of the comment, where the line starting at `start` has nothing else.
    pub(super) fn comment_column(self, start: usize) -> Option<usize> {
        let line = self.slice(start, self.end(start));
        let text = line.trim_start_matches([' ', '\t']);
        text.starts_with('#').then(|| line.len() - text.len())
    }

    pub(super) fn is_blank(self, start: usize) -> bool {
        self.slice(start, self.end(start)).trim().is_empty()
    }

    /// The end of the line at which what ends at `end` is over: comments below that stand deeper
    /// than `column` belong to it, and with `keep` so do the empty lines of a kept block scalar.
    pub(super) fn end_with_comments(self, end: usize, column: usize, keep: bool) -> usize {
        let mut last = self.end(end);
        let mut at = self.next(last);
        let mut reached = last;
        while at > reached && at < self.text.len() {
            let comment = self.comment_column(at).is_some_and(|found| found > column);
            if !comment && !self.is_blank(at) {
                break;
            }
            reached = at;
            if comment || keep {
                last = self.end(at);
            }
            at = self.next(at);
        }
        last
    }

    /// The end of the last of the comments that stand right below the line ending at `end`, at this
    /// column: what is commented out of the mapping whose last entry is above. Without `whole` only where
    /// each reads as such an entry. Comments above an entry at the same column
    /// or a deeper one belong to that entry.
    pub(super) fn end_with_comments_at(self, end: usize, column: usize, whole: bool) -> usize {
        let mut last = end;
        let mut at = self.next(end);
        while at > last
            && at < self.text.len()
            && self.comment_column(at) == Some(column)
            && (whole || self.is_commented_entry(at))
        {
            last = self.end(at);
            at = self.next(last);
        }
        let next = self.slice(at, self.end(at));
        let depth = next.len() - next.trim_start_matches(' ').len();
        let is_marker = next.starts_with("---") || next.starts_with("...");
        let belongs_below = !next.trim().is_empty() && !is_marker && depth >= column;
        if belongs_below { end } else { last }
    }

    /// The end of the last item that is commented out of a list, right below the line ending at `end`.
    pub(super) fn end_with_items(self, end: usize, column: usize) -> usize {
        let mut last = end;
        let mut at = self.next(end);
        let mut is_item = false;
        while at > last
            && at < self.text.len()
            && self.comment_column(at).is_some_and(|found| found >= column)
        {
            let line = self.slice(at, self.end(at));
            let text = line.trim_start().trim_start_matches('#');
            let inner = text.trim_start();
            // The lines of an item stand deeper than its dash.
            let starts = inner.starts_with("- ") || inner == "-";
            is_item = starts || is_item && text.len() - inner.len() >= 2;
            if !is_item {
                break;
            }
            last = self.end(at);
            at = self.next(last);
        }
        last
    }

    /// Whether a comment line holds an entry that is commented out.
    fn is_commented_entry(self, start: usize) -> bool {
        let line = self.slice(start, self.end(start)).trim_start();
        let text = line.trim_start_matches('#').trim();
        let key = text.split(':').next().unwrap_or_default();
        let is_key = text.contains(':') && !key.is_empty() && !key.contains(char::is_whitespace);
        is_key || text.starts_with("- ")
    }

    /// Whether the file's first list in block style stands deeper than its key; `None` without one near
    /// the start.
    pub(super) fn indents_lists(self) -> Option<bool> {
        /// Lines: each object of a file may ask.
        const MOST: usize = 200;
        let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let mut lines = self.text.lines().take(MOST).peekable();
        while let Some(line) = lines.next() {
            let opens =
                line.trim_end().ends_with(':') && !line.trim_start().starts_with(['-', '#']);
            let below = lines.peek().filter(|below| {
                opens && below.trim_start().starts_with("- ") && depth(below) >= depth(line)
            });
            if let Some(below) = below {
                return Some(depth(below) > depth(line));
            }
        }
        None
    }

    /// Where the comments begin that stand directly above the line of `at`, at its column; the
    /// start of its line where there are none.
    pub(super) fn start_with_comments(self, at: usize) -> usize {
        let mut start = self.start(at);
        let column = at - start;
        while start > 0 {
            let above = self.start(start - 1);
            if self.comment_column(above) != Some(column) {
                break;
            }
            start = above;
        }
        start
    }
}
