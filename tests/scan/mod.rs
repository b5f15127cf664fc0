//! Reads Rust code as far as `architecture.rs` needs: paths, braces and functions.

/// Code as tokens, without comments and literals.
pub(crate) struct Code {
    tokens: Vec<Token>,
    lines: usize,
}

struct Token {
    /// A word, or one character of punctuation.
    text: String,
    line: usize,
}

/// A path that leaves its module.
pub(crate) struct Import {
    /// The first segment: `crate`, `super` or a name.
    pub(crate) root: String,
    /// The segment after it; after all `super`s.
    pub(crate) target: String,
    /// How many `super` there are in a row.
    pub(crate) supers: usize,
    /// Around it in the file.
    pub(crate) nested: usize,
    /// Whether it stands in a module `tests`.
    pub(crate) in_tests: bool,
    pub(crate) line: usize,
}

/// A function with a body.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

impl Code {
    pub(crate) fn new(text: &str) -> Self {
        let mut lexer = Lexer {
            chars: text.chars().collect(),
            at: 0,
            line: 1,
            tokens: Vec::new(),
        };
        while lexer.step() {}
        Self {
            tokens: lexer.tokens,
            lines: text.lines().count(),
        }
    }

    pub(crate) fn line_count(&self) -> usize {
        self.lines
    }

    /// Every path of two or more segments, each member of a group `crate::{a, b}` by itself.
    pub(crate) fn imports(&self) -> Vec<Import> {
        let mut imports = Vec::new();
        // One entry per open brace: the name of the inline module that it opens, if it does.
        let mut open: Vec<Option<&str>> = Vec::new();
        for at in 0..self.tokens.len() {
            match self.text(at) {
                "{" => {
                    let is_module = at >= 2 && self.text(at - 2) == "mod";
                    open.push(is_module.then(|| self.text(at - 1)));
                }
                "}" => {
                    open.pop();
                }
                word if is_word(word) && self.starts_path(at) => {
                    let modules = || open.iter().flatten();
                    for (supers, target) in self.targets(at) {
                        imports.push(Import {
                            root: word.to_owned(),
                            target,
                            supers,
                            nested: modules().count(),
                            in_tests: modules().any(|name| *name == "tests"),
                            line: self.tokens[at].line,
                        });
                    }
                }
                _ => {}
            }
        }
        imports
    }

    pub(crate) fn functions(&self) -> Vec<Function> {
        let starts = (0..self.tokens.len()).filter(|at| self.text(*at) == "fn");
        starts.filter_map(|at| self.function(at)).collect()
    }

    fn function(&self, at: usize) -> Option<Function> {
        let name = self.text(at + 1);
        if !is_word(name) {
            return None;
        }
        // A `;` inside brackets belongs to an array's type; one outside ends a declaration.
        let mut brackets = 0_usize;
        let body = (at..self.tokens.len()).find(|at| {
            match self.text(*at) {
                "(" | "[" => brackets += 1,
                ")" | "]" => brackets -= 1,
                _ => {}
            }
            brackets == 0 && ["{", ";"].contains(&self.text(*at))
        })?;
        if self.text(body) == ";" {
            return None;
        }
        let end = self.closing(body)?;
        let line = self.tokens[at].line;
        Some(Function {
            name: name.to_owned(),
            line,
            lines: self.tokens[end].line - line + 1,
        })
    }

    fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        (open..self.tokens.len()).find(|at| {
            match self.text(*at) {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            depth == 0
        })
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.text)
    }

    /// A word before `::` that is no later segment itself.
    fn starts_path(&self, at: usize) -> bool {
        self.text(at + 1) == "::" && (at == 0 || self.text(at - 1) != "::")
    }

    /// What the path names after its root, with the number of `super`s on the way.
    fn targets(&self, mut at: usize) -> Vec<(usize, String)> {
        let mut supers = 0;
        while self.text(at) == "super" && self.text(at + 1) == "::" {
            supers += 1;
            at += 2;
        }
        if supers == 0 {
            at += 2;
        }
        if self.text(at) != "{" {
            return vec![(supers, self.text(at).to_owned())];
        }
        let end = self.closing(at).unwrap_or(at);
        let mut depth = 0_usize;
        let mut targets = Vec::new();
        for inner in at..end {
            if depth == 1 && ["{", ","].contains(&self.text(inner - 1)) {
                targets.push((supers, self.text(inner).to_owned()));
            }
            match self.text(inner) {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
        }
        targets
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|char: char| char.is_alphabetic() || char == '_')
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: usize,
    tokens: Vec<Token>,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn bump(&mut self) {
        if self.peek(0) == '\n' {
            self.line += 1;
        }
        self.at += 1;
    }

    fn push(&mut self, length: usize) {
        self.tokens.push(Token {
            text: self.chars[self.at..self.at + length].iter().collect(),
            line: self.line,
        });
        self.at += length;
    }

    /// Reads one token or skips what is none. False at the end.
    fn step(&mut self) -> bool {
        match (self.peek(0), self.peek(1)) {
            _ if self.at >= self.chars.len() => return false,
            ('/', '/') => self.skip_until(|lexer| lexer.peek(0) == '\n'),
            ('/', '*') => self.skip_block_comment(),
            ('"', _) => self.skip_string(),
            ('\'', '\\') => {
                self.at += 2;
                self.bump();
                self.skip_until(|lexer| lexer.peek(0) == '\'');
                self.bump();
            }
            ('\'', _) if self.peek(2) == '\'' => self.at += 3,
            // A lifetime.
            ('\'', _) => self.at += 1,
            (':', ':') => self.push(2),
            (char, _) if char.is_alphanumeric() || char == '_' => self.word(),
            (char, _) if char.is_whitespace() => self.bump(),
            _ => self.push(1),
        }
        true
    }

    fn skip_until(&mut self, stop: impl Fn(&Self) -> bool) {
        while self.at < self.chars.len() && !stop(self) {
            self.bump();
        }
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ if self.at >= self.chars.len() => return,
                _ => {
                    self.bump();
                    continue;
                }
            }
            self.at += 2;
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        self.bump();
        while self.at < self.chars.len() && self.peek(0) != '"' {
            if self.peek(0) == '\\' {
                self.bump();
            }
            self.bump();
        }
        self.bump();
    }

    /// A word, or the string that an `r`, `br` or `cr` begins.
    fn word(&mut self) {
        let length = self.chars[self.at..]
            .iter()
            .take_while(|char| char.is_alphanumeric() || **char == '_')
            .count();
        let prefix: String = self.chars[self.at..self.at + length].iter().collect();
        let rest = &self.chars[self.at + length..];
        let hashes = rest.iter().take_while(|char| **char == '#').count();
        if ["r", "br", "cr"].contains(&prefix.as_str()) && rest.get(hashes) == Some(&'"') {
            self.at += length + hashes + 1;
            self.skip_until(|lexer| {
                lexer.peek(0) == '"' && (1..=hashes).all(|ahead| lexer.peek(ahead) == '#')
            });
            self.at += hashes + 1;
        } else {
            self.push(length);
        }
    }
}
