//! Words and operators.

use super::Unreadable;

/// A word after quote removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lifecycle) struct Word {
    /// What the program sees, where the word is constant.
    pub(in crate::lifecycle) text: String,
    /// No variable, command substitution or arithmetic takes part in it.
    pub(in crate::lifecycle) constant: bool,
    /// No part of it was quoted: only then can it be a keyword.
    pub(super) bare: bool,
}

impl Word {
    /// The text, where the script alone decides it.
    pub(in crate::lifecycle) fn constant_text(&self) -> Option<&str> {
        self.constant.then_some(self.text.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    /// `;`, `;;` or a line's end.
    Separator,
    And,
    Or,
    Pipe,
    Background,
    Open,
    Close,
    /// A redirection operator; the next word is its target.
    Redirect,
}

/// Longer operators before their prefixes.
const OPERATORS: [(&str, Token); 20] = [
    ("&>>", Token::Redirect),
    ("&>", Token::Redirect),
    (">>", Token::Redirect),
    (">|", Token::Redirect),
    (">&", Token::Redirect),
    ("<&", Token::Redirect),
    ("<>", Token::Redirect),
    (">", Token::Redirect),
    ("<", Token::Redirect),
    ("&&", Token::And),
    ("||", Token::Or),
    ("|&", Token::Pipe),
    ("|", Token::Pipe),
    ("&", Token::Background),
    (";;&", Token::Separator),
    (";;", Token::Separator),
    (";", Token::Separator),
    ("\n", Token::Separator),
    ("(", Token::Open),
    (")", Token::Close),
];

/// Splits a script into tokens. Linear in its length.
pub(super) fn tokens(script: &str) -> Result<Vec<Token>, Unreadable> {
    Lexer {
        rest: script,
        tokens: Vec::new(),
    }
    .run()
}

struct Lexer<'a> {
    rest: &'a str,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    fn eat(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn run(mut self) -> Result<Vec<Token>, Unreadable> {
        while let Some(next) = self.peek() {
            if self.eat("\\\n") || self.eat("\\\r\n") {
                continue;
            }
            match next {
                ' ' | '\t' | '\r' => {
                    self.bump();
                }
                '#' => {
                    let end = self.rest.find('\n').unwrap_or(self.rest.len());
                    self.rest = self.rest.get(end..).unwrap_or_default();
                }
                '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>' => self.operator()?,
                _ => self.word()?,
            }
        }
        Ok(self.tokens)
    }

    fn operator(&mut self) -> Result<(), Unreadable> {
        if self.eat("<<<") {
            self.tokens.push(Token::Redirect);
            return Ok(());
        }
        if ["<<", "<(", ">("]
            .iter()
            .any(|open| self.rest.starts_with(open))
        {
            return Err(Unreadable);
        }
        for (text, token) in OPERATORS {
            if self.eat(text) {
                self.tokens.push(token);
                return Ok(());
            }
        }
        Err(Unreadable)
    }

    fn word(&mut self) -> Result<(), Unreadable> {
        let mut word = Word {
            text: String::new(),
            constant: true,
            bare: true,
        };
        while let Some(next) = self.peek() {
            match next {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '(' | ')' => break,
                '<' | '>' => {
                    // The digits of `2>&1` name a file descriptor.
                    if word.bare && word.text.bytes().all(|byte| byte.is_ascii_digit()) {
                        return Ok(());
                    }
                    break;
                }
                '\'' => {
                    self.bump();
                    word.bare = false;
                    let end = self.rest.find('\'').ok_or(Unreadable)?;
                    let (quoted, rest) = self.rest.split_at(end);
                    word.text.push_str(quoted);
                    self.rest = rest;
                    self.bump();
                }
                '"' => self.double_quoted(&mut word)?,
                '\\' => {
                    self.bump();
                    word.bare = false;
                    match self.bump() {
                        Some('\n') | None => {}
                        Some(escaped) => word.text.push(escaped),
                    }
                }
                '$' | '`' => self.expansion(&mut word)?,
                _ => {
                    self.bump();
                    word.text.push(next);
                }
            }
        }
        self.tokens.push(Token::Word(word));
        Ok(())
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), Unreadable> {
        self.bump();
        word.bare = false;
        loop {
            match self.peek().ok_or(Unreadable)? {
                '"' => {
                    self.bump();
                    return Ok(());
                }
                '$' | '`' => self.expansion(word)?,
                '\\' => {
                    self.bump();
                    match self.bump().ok_or(Unreadable)? {
                        '\n' => {}
                        escaped @ ('"' | '\\' | '$' | '`') => word.text.push(escaped),
                        other => {
                            word.text.push('\\');
                            word.text.push(other);
                        }
                    }
                }
                other => {
                    self.bump();
                    word.text.push(other);
                }
            }
        }
    }

    /// Reads past what only the running shell can know.
    fn expansion(&mut self, word: &mut Word) -> Result<(), Unreadable> {
        if self.eat("`") {
            word.constant = false;
            return self.skip_to('`');
        }
        self.bump();
        match self.peek() {
            Some('(') => {
                word.constant = false;
                self.skip_balanced('(', ')')
            }
            Some('{') => {
                word.constant = false;
                self.skip_balanced('{', '}')
            }
            Some(name) if name.is_ascii_alphabetic() || name == '_' => {
                word.constant = false;
                self.rest = self
                    .rest
                    .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
                Ok(())
            }
            Some(name) if name.is_ascii_digit() || "@*#?-$!".contains(name) => {
                word.constant = false;
                self.bump();
                Ok(())
            }
            // `$'…'` and `$"…"` translate what they quote.
            Some('\'' | '"') => {
                word.constant = false;
                Ok(())
            }
            _ => {
                word.text.push('$');
                Ok(())
            }
        }
    }

    fn skip_to(&mut self, end: char) -> Result<(), Unreadable> {
        loop {
            match self.bump().ok_or(Unreadable)? {
                '\\' => {
                    self.bump();
                }
                next if next == end => return Ok(()),
                _ => {}
            }
        }
    }

    fn skip_balanced(&mut self, open: char, close: char) -> Result<(), Unreadable> {
        let mut depth = 0_usize;
        loop {
            match self.bump().ok_or(Unreadable)? {
                '\\' => {
                    self.bump();
                }
                '\'' => {
                    let end = self.rest.find('\'').ok_or(Unreadable)?;
                    self.rest = self.rest.get(end + 1..).unwrap_or_default();
                }
                '"' => self.skip_to('"')?,
                next if next == open => depth += 1,
                next if next == close => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Token, tokens};

    fn shown(script: &str) -> Option<Vec<String>> {
        let tokens = tokens(script).ok()?;
        Some(
            tokens
                .into_iter()
                .map(|token| match token {
                    Token::Word(word) if word.constant => word.text,
                    Token::Word(word) => format!("?{}", word.text),
                    other => format!("{other:?}"),
                })
                .collect(),
        )
    }

    #[test]
    fn words_quotes_and_operators() {
        let cases: [(&str, &[&str]); 17] = [
            ("sleep 15", &["sleep", "15"]),
            ("a && b || c", &["a", "And", "b", "Or", "c"]),
            ("a; b\nc", &["a", "Separator", "b", "Separator", "c"]),
            ("'a; b' \"c && d\"", &["a; b", "c && d"]),
            (r#""a \"b\" \$c \d""#, &[r#"a "b" $c \d"#]),
            ("a\\ b", &["a b"]),
            ("a \\\n b", &["a", "b"]),
            ("a # b; c\nd", &["a", "Separator", "d"]),
            ("a#b", &["a#b"]),
            ("sleep a$DELAY-b", &["sleep", "?a-b"]),
            ("sleep ${X:-5}", &["sleep", "?"]),
            ("sleep \"$(echo ')' 5)\"", &["sleep", "?"]),
            ("sleep `echo 5`", &["sleep", "?"]),
            ("'$X' $", &["$X", "$"]),
            (
                "a >/dev/null 2>&1 &",
                &["a", "Redirect", "/dev/null", "Redirect", "1", "Background"],
            ),
            ("a &> log", &["a", "Redirect", "log"]),
            (
                "(a|b)\r\n",
                &["Open", "a", "Pipe", "b", "Close", "Separator"],
            ),
        ];
        for (script, expected) in cases {
            assert_eq!(shown(script).expect("readable"), expected, "{script}");
        }
    }

    #[test]
    fn what_is_left_open_is_unreadable() {
        for script in [
            "'a",
            "\"a",
            "a `b",
            "a $(b",
            "a ${b",
            "cat <<EOF\nx\nEOF",
            "a <(b)",
        ] {
            assert_eq!(shown(script), None, "{script}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(script in "[a-z0-9 $`'\"(){}<>;&|\\\\#\n=-]{0,80}") {
            let _ = tokens(&script);
        }
    }
}
