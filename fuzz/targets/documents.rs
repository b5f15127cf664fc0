//! YAML from choices: every style of every kind of node, with texts that are hard to write.

use std::fmt::Write as _;

/// What texts are made of.
const PIECES: &[&str] = &[
    "a", "b", "web", "1", "0", "true", "null", "~", " ", " ", "  ", "\n", "\n\n", "\n  ", ": ",
    ":", " #", "#", "- ", "-", "? ", ",", "[", "]", "{", "}", "'", "\"", "\\", "\t", "&", "*", "!",
    "|", ">", "%", "@", "`", "é", "漢", "😀", "\u{feff}", "=", "<<", ".", "/", "e", "x41",
];
const ESCAPES: &[&str] = &[
    "\\n",
    "\\t",
    "\\\\",
    "\\\"",
    "\\x41",
    "\\u00e9",
    "\\U0001f600",
    "\\0",
    "\\e",
    "\\ ",
    "\\/",
    "\\_",
    "\\L",
];

/// A stream of documents.
pub fn write(choices: &[u8]) -> String {
    let mut writer = Writer {
        choices,
        at: 0,
        budget: 40,
        anchors: 0,
        out: String::new(),
    };
    for number in 0..=writer.pick(3) {
        if number > 0 || writer.pick(2) == 0 {
            writer.out.push_str("---");
            writer.line_end();
        }
        writer.anchors = 0;
        let shape = writer.pick(2);
        writer.collection(0, shape == 0);
    }
    if writer.pick(8) == 0 {
        writer.out = writer.out.replace('\n', "\r\n");
    }
    if writer.pick(4) == 0 {
        let length = writer.out.trim_end_matches(['\r', '\n', ' ', '\t']).len();
        writer.out.truncate(length);
    }
    writer.out
}

struct Writer<'c> {
    choices: &'c [u8],
    at: usize,
    /// How many nodes may still be written.
    budget: usize,
    anchors: usize,
    out: String,
}

impl Writer<'_> {
    /// Zero once the choices have run out.
    fn pick(&mut self, among: usize) -> usize {
        let choice = self.choices.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        usize::from(choice) % among
    }

    fn line_end(&mut self) {
        match self.pick(12) {
            1 => self.out.push_str(" # a comment"),
            2 => self.out.push_str("  "),
            3 => self.out.push_str(" #"),
            4 => self.out.push_str("\n\n# 'a line"),
            _ => {}
        }
        self.out.push('\n');
    }

    fn pad(&mut self, indent: usize) {
        let _ = write!(self.out, "{:indent$}", "");
    }

    /// The lines of a block collection, the first of which is indented, too.
    fn collection(&mut self, indent: usize, is_sequence: bool) {
        for number in 0..=self.pick(3) {
            self.pad(indent);
            self.entry(indent, is_sequence, number);
        }
    }

    fn entry(&mut self, indent: usize, is_sequence: bool, number: usize) {
        if is_sequence {
            self.out.push('-');
        } else if self.pick(16) == 1 {
            let _ = write!(self.out, "? k{number}");
            self.line_end();
            self.pad(indent);
            self.out.push(':');
        } else {
            let key = self.key(number);
            self.out.push_str(&key);
            self.out.push(':');
        }
        self.value(indent, is_sequence);
    }

    /// Its number keeps it apart from its neighbours.
    fn key(&mut self, number: usize) -> String {
        let text = ["k", "k e", "k:e", "k#", "é", "k-", "k\"", "k'"][self.pick(8)];
        match self.pick(6) {
            1 => format!("'{}{number}'", text.replace('\'', "''")),
            2 => format!("\"{}{number}\"", text.replace('"', "\\\"")),
            3 => format!("{text}{number} "),
            _ => format!("{text}{number}"),
        }
    }

    /// What follows `key:` or `-`.
    fn value(&mut self, indent: usize, in_sequence: bool) {
        self.budget = self.budget.saturating_sub(1);
        let step = [2, 2, 1, 4, 3][self.pick(5)];
        let kinds = if self.budget == 0 || indent > 30 {
            7
        } else {
            12
        };
        let kind = self.pick(kinds);
        // Behind a dash or the `:` of an explicit key a tab is refused, which is tried now and then.
        let may_tab = self.out.ends_with(|c: char| c != '-' && c != '\n')
            && !self.out.ends_with("\n:")
            && !self.out.ends_with(" :");
        let blanks = match self.pick(40) {
            it if it % 4 == 1 => "  ",
            it if it % 4 == 2 && may_tab => "\t",
            3 if in_sequence => "\t",
            _ => " ",
        };
        let blanks = if in_sequence && kind > 6 { " " } else { blanks };
        if kind > 0 {
            self.out.push_str(blanks);
        }
        if matches!(kind, 1..=5) && self.pick(10) == 1 {
            self.anchors += 1;
            let _ = write!(self.out, "&a{} ", self.anchors);
        }
        match kind {
            0 => self.line_end(),
            1 => self.plain(indent + step, false),
            2 => self.quoted(indent + step, '\''),
            3 => self.quoted(indent + step, '"'),
            4 => return self.block_scalar(indent, step),
            5 => self.flow(indent + step, 3),
            6 if self.anchors > 0 => {
                let number = 1 + self.pick(self.anchors);
                let _ = write!(self.out, "*a{number}");
            }
            7 | 8 if in_sequence => {
                // The collection starts on the line of the dash.
                let inner = indent + 1 + blanks.len();
                let is_sequence = kind == 7;
                self.entry(inner, is_sequence, 9);
                if self.pick(2) == 0 {
                    self.collection(inner, is_sequence);
                }
                return;
            }
            9 if !in_sequence => {
                self.line_end();
                return self.collection(indent, true);
            }
            _ if kind > 6 => {
                self.line_end();
                let is_sequence = self.pick(3) == 0;
                return self.collection(indent + step, is_sequence);
            }
            _ => self.out.push('0'),
        }
        if kind > 0 {
            self.line_end();
        }
    }

    fn text(&mut self) -> String {
        (0..self.pick(7))
            .map(|_| PIECES[self.pick(PIECES.len())])
            .collect()
    }

    fn plain(&mut self, indent: usize, in_flow: bool) {
        let mut text = self.text();
        let is_special = |c: char| "-?:,[]{}#&*!|>'\"%@`\u{feff}".contains(c) || c.is_whitespace();
        // What makes a text end, or be something else, is left out rather than written wrong.
        while text.contains(": ") || text.contains(" #") || text.contains('\t') {
            text = text.replace(": ", ":").replace(" #", "#").replace('\t', "");
        }
        if in_flow {
            text.retain(|c| !",[]{}:?".contains(c));
        }
        let text = text
            .replace("\n#", "\n")
            .replace(":\n", "\n")
            .replace("#\n", "\n");
        let text = text.replace('\u{feff}', "");
        let text = text
            .trim_start_matches(is_special)
            .trim_end_matches(is_special);
        self.lines(&text.replace(":\n", "\n"), indent);
        if text.is_empty() {
            self.out.push('p');
        }
    }

    fn quoted(&mut self, indent: usize, quote: char) {
        let mut text = self.text().replace('\u{feff}', "");
        if quote == '"' {
            text = text.replace('\\', "").replace('"', "");
            for _ in 0..self.pick(3) {
                text.push_str(ESCAPES[self.pick(ESCAPES.len())]);
                text.push_str(PIECES[self.pick(4)]);
            }
        }
        self.out.push(quote);
        self.lines(&text.replace('\'', "''"), indent);
        self.out.push(quote);
    }

    /// A text whose further lines are indented.
    fn lines(&mut self, text: &str, indent: usize) {
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                self.out.push('\n');
                self.pad(indent);
            }
            let is_marker = number > 0 && (line.starts_with("---") || line.starts_with("..."));
            self.out.push_str(if is_marker { "m" } else { line });
        }
    }

    fn flow(&mut self, indent: usize, depth: usize) {
        let is_sequence = self.pick(2) == 0;
        self.out.push(if is_sequence { '[' } else { '{' });
        self.gap(indent);
        let count = self.pick(4);
        for number in 0..count {
            if !is_sequence {
                let key = ["f", "'f g'", "\"f\"", "f g"][self.pick(4)];
                let key = key.replacen('f', &format!("f{number}"), 1);
                let _ = write!(self.out, "{key}: ");
            }
            match self.pick(if depth == 0 { 4 } else { 6 }) {
                0 => self.out.push('1'),
                1 => self.plain(indent, true),
                2 => self.quoted(indent, '\''),
                3 => self.quoted(indent, '"'),
                _ => self.flow(indent, depth - 1),
            }
            if number + 1 < count || self.pick(8) == 1 {
                self.out.push(',');
                self.gap(indent);
            }
        }
        self.gap(indent);
        self.out.push(if is_sequence { ']' } else { '}' });
    }

    fn gap(&mut self, indent: usize) {
        match self.pick(8) {
            1 => {
                self.out.push('\n');
                self.pad(indent);
            }
            2 => {
                self.out.push_str(" # [a comment\n");
                self.pad(indent);
            }
            3..=5 => self.out.push(' '),
            _ => {}
        }
    }

    fn block_scalar(&mut self, indent: usize, step: usize) {
        let style = ['|', '>'][self.pick(2)];
        self.out.push(style);
        let text = self.text().replace('\u{feff}', "");
        let says_indent = text.starts_with([' ', '\t', '\n']) || self.pick(6) == 1;
        if says_indent {
            let _ = write!(self.out, "{step}");
        }
        let chomping = ["", "-", "+"][self.pick(3)];
        self.out.push_str(chomping);
        self.line_end_of_header();
        let lines: Vec<&str> = text.split('\n').collect();
        for line in lines {
            if !line.is_empty() {
                self.pad(indent + step);
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }

    fn line_end_of_header(&mut self) {
        let end = ["", "", " ", " # a comment"][self.pick(4)];
        self.out.push_str(end);
        self.out.push('\n');
    }
}
