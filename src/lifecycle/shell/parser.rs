//! Commands and how they are joined.

use super::lexer::{Token, Word, tokens};
use super::{Unreadable, base_name};

/// Groups inside groups; deeper scripts are not read.
const MAX_DEPTH: usize = 40;

/// Pipelines in the order they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::lifecycle) struct Script {
    pub(in crate::lifecycle) items: Vec<Item>,
}

/// How a pipeline follows the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lifecycle) enum Joint {
    /// After `;`, a line's end, `&`, or nothing.
    Sequence,
    /// After `&&`.
    And,
    /// After `||`.
    Or,
}

/// A pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lifecycle) struct Item {
    pub(in crate::lifecycle) joint: Joint,
    /// Preceded by `!`.
    pub(in crate::lifecycle) negated: bool,
    /// At least one command.
    pub(in crate::lifecycle) pipeline: Vec<Command>,
    /// The shell does not wait for it.
    pub(in crate::lifecycle) background: bool,
}

/// What runs as one element of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lifecycle) enum Command {
    /// Assignments, a program and its arguments.
    Simple {
        /// Without redirections.
        words: Vec<Word>,
        redirected: bool,
    },
    /// Anything with a body. The body's branches and conditions are flattened into one script.
    Compound {
        kind: Compound,
        body: Script,
        redirected: bool,
    },
}

/// The forms of a command with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lifecycle) enum Compound {
    /// `{ …; }`
    Group,
    /// `( … )`
    Subshell,
    /// `if`, `case`
    Branch,
    /// `while`, `until`, `for`, `select`
    Loop,
    /// A function's definition.
    Function,
}

impl Script {
    /// Reads a script.
    pub(in crate::lifecycle) fn parse(text: &str) -> Result<Self, Unreadable> {
        Parser {
            tokens: tokens(text)?,
            next: 0,
            depth: 0,
        }
        .list(Stop::End)
    }

    /// Every simple command, those inside groups, branches and functions too, in order.
    pub(in crate::lifecycle) fn simple_commands(&self) -> Vec<&[Word]> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'s>(&'s self, found: &mut Vec<&'s [Word]>) {
        for command in self.items.iter().flat_map(|item| &item.pipeline) {
            match command {
                Command::Simple { words, .. } => found.push(words),
                Command::Compound { body, .. } => body.collect(found),
            }
        }
    }
}

/// The words of a simple command from its program on: without assignments, `command` and `exec`
/// in front. The flag tells whether `exec` was there.
pub(in crate::lifecycle) fn program(words: &[Word]) -> (&[Word], bool) {
    let mut rest = words;
    let mut exec = false;
    while let Some((first, tail)) = rest.split_first() {
        match first.text.as_str() {
            "exec" if first.constant => exec = true,
            "command" | "builtin" if first.constant => {}
            text if is_assignment(text) => {}
            _ if !first.constant => break,
            text if base_name(text) == "busybox" && !tail.is_empty() => {}
            _ => break,
        }
        rest = tail;
    }
    (rest, exec)
}

fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// What ends a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    End,
    Close,
    Keyword(&'static str),
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    /// The next word, where it can be a keyword.
    fn keyword(&self) -> Option<&str> {
        match self.peek() {
            Some(Token::Word(word)) if word.bare && word.constant => Some(&word.text),
            _ => None,
        }
    }

    fn list(&mut self, stop: Stop) -> Result<Script, Unreadable> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Unreadable);
        }
        let mut script = Script::default();
        let mut joint = Joint::Sequence;
        loop {
            match self.peek() {
                None if stop == Stop::End => break,
                Some(Token::Close) if stop == Stop::Close => {
                    self.next += 1;
                    break;
                }
                // The end of a pattern.
                Some(Token::Close) if stop == Stop::Keyword("esac") => self.next += 1,
                None | Some(Token::Close | Token::Pipe) => return Err(Unreadable),
                Some(Token::Separator) => self.next += 1,
                Some(Token::Background) => {
                    self.next += 1;
                    script.send_to_background();
                }
                Some(Token::And) => {
                    self.next += 1;
                    joint = Joint::And;
                }
                Some(Token::Or) => {
                    self.next += 1;
                    joint = Joint::Or;
                }
                Some(Token::Word(_) | Token::Open | Token::Redirect) => {
                    if let (Some(word), Stop::Keyword(end)) = (self.keyword(), stop) {
                        if word == end {
                            self.next += 1;
                            break;
                        }
                        if matches!(word, "then" | "do" | "else" | "elif") {
                            self.next += 1;
                            continue;
                        }
                    }
                    script.items.push(self.pipeline(joint)?);
                    joint = Joint::Sequence;
                }
            }
        }
        self.depth -= 1;
        Ok(script)
    }

    fn pipeline(&mut self, joint: Joint) -> Result<Item, Unreadable> {
        let negated = self.keyword() == Some("!");
        if negated {
            self.next += 1;
        }
        let mut pipeline = vec![self.command()?];
        while self.peek() == Some(&Token::Pipe) {
            self.next += 1;
            while self.peek() == Some(&Token::Separator) {
                self.next += 1;
            }
            pipeline.push(self.command()?);
        }
        Ok(Item {
            joint,
            negated,
            pipeline,
            background: false,
        })
    }

    fn command(&mut self) -> Result<Command, Unreadable> {
        if self.peek() == Some(&Token::Open) {
            self.next += 1;
            return self.compound(Compound::Subshell, Stop::Close);
        }
        let (kind, stop) = match self.keyword() {
            Some("{") => (Compound::Group, Stop::Keyword("}")),
            Some("if") => (Compound::Branch, Stop::Keyword("fi")),
            Some("case") => (Compound::Branch, Stop::Keyword("esac")),
            Some("while" | "until" | "for" | "select") => (Compound::Loop, Stop::Keyword("done")),
            _ => return self.simple(),
        };
        let header = self.keyword().unwrap_or_default().to_owned();
        self.next += 1;
        match header.as_str() {
            // The variable and the values it takes are no commands.
            "for" | "select" => {
                while matches!(self.peek(), Some(Token::Word(_))) && self.keyword() != Some("do") {
                    self.next += 1;
                }
            }
            "case" => {
                self.next += 1;
                if self.keyword() == Some("in") {
                    self.next += 1;
                }
            }
            _ => {}
        }
        self.compound(kind, stop)
    }

    fn compound(&mut self, kind: Compound, stop: Stop) -> Result<Command, Unreadable> {
        let body = self.list(stop)?;
        let mut redirected = false;
        while self.redirection() {
            redirected = true;
        }
        Ok(Command::Compound {
            kind,
            body,
            redirected,
        })
    }

    /// Reads past a redirection.
    fn redirection(&mut self) -> bool {
        if self.peek() != Some(&Token::Redirect) {
            return false;
        }
        self.next += 1;
        if matches!(self.peek(), Some(Token::Word(_))) {
            self.next += 1;
        }
        true
    }

    fn simple(&mut self) -> Result<Command, Unreadable> {
        let mut words = Vec::new();
        let mut redirected = false;
        loop {
            if self.redirection() {
                redirected = true;
                continue;
            }
            match self.peek() {
                Some(Token::Word(word)) => {
                    words.push(word.clone());
                    self.next += 1;
                }
                Some(Token::Open) => return self.function(&words),
                _ => break,
            }
        }
        if words
            .first()
            .is_some_and(|word| word.bare && word.text == "function")
        {
            return Err(Unreadable);
        }
        Ok(Command::Simple { words, redirected })
    }

    /// The rest of `name() body`.
    fn function(&mut self, words: &[Word]) -> Result<Command, Unreadable> {
        self.next += 1;
        if words.len() != 1 || self.peek() != Some(&Token::Close) {
            return Err(Unreadable);
        }
        self.next += 1;
        while self.peek() == Some(&Token::Separator) {
            self.next += 1;
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Unreadable);
        }
        let body = self.command()?;
        self.depth -= 1;
        Ok(Command::Compound {
            kind: Compound::Function,
            body: Script {
                items: vec![Item {
                    joint: Joint::Sequence,
                    negated: false,
                    pipeline: vec![body],
                    background: false,
                }],
            },
            redirected: false,
        })
    }
}

impl Script {
    /// `&` applies to the whole and-or list before it.
    fn send_to_background(&mut self) {
        for item in self.items.iter_mut().rev() {
            item.background = true;
            if item.joint == Joint::Sequence {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Command, Compound, Joint, Script};

    fn programs(script: &str) -> Vec<String> {
        let script = Script::parse(script).expect("readable");
        script
            .simple_commands()
            .iter()
            .map(|words| {
                let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
                words.join(" ")
            })
            .collect()
    }

    #[test]
    fn every_command_is_found() {
        let cases: [(&str, &[&str]); 10] = [
            ("a; b && c | d", &["a", "b", "c", "d"]),
            ("{ a; b; } > log; (c)", &["a", "b", "c"]),
            ("if a; then b; else c; fi; d", &["a", "b", "c", "d"]),
            ("while a; do b; done", &["a", "b"]),
            ("for i in 1 2 3; do a $i; done", &["a "]),
            (
                "case $1 in x) a;; y|z) b;; esac",
                &["x", "a", "y", "z", "b"],
            ),
            ("f() { a; }; f", &["a", "f"]),
            ("a > log 2>&1 b", &["a b"]),
            ("\"if\" a", &["if a"]),
            ("echo done fi", &["echo done fi"]),
        ];
        for (script, expected) in cases {
            assert_eq!(programs(script), expected, "{script}");
        }
    }

    #[test]
    fn joints_and_background() {
        let script = Script::parse("a && b & c || d\n! e").expect("readable");
        let shape: Vec<_> = script
            .items
            .iter()
            .map(|item| (item.joint, item.background, item.negated))
            .collect();
        assert_eq!(
            shape,
            [
                (Joint::Sequence, true, false),
                (Joint::And, true, false),
                (Joint::Sequence, false, false),
                (Joint::Or, false, false),
                (Joint::Sequence, false, true),
            ]
        );
    }

    #[test]
    fn a_group_knows_that_it_is_redirected() {
        let script = Script::parse("{ a; } >log").expect("readable");
        assert!(matches!(
            script.items[0].pipeline[0],
            Command::Compound {
                kind: Compound::Group,
                redirected: true,
                ..
            }
        ));
    }

    #[test]
    fn what_is_unbalanced_is_unreadable() {
        for script in ["(a", "a)", "if a", "{ a", "| a", "a b(c)"] {
            assert!(Script::parse(script).is_err(), "{script}");
        }
        assert!(Script::parse(&"(".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_panic(
            script in "(a|if|fi|do|done|while|case|esac|in|\\{|\\}|\\(|\\)|;|&|&&|\\||\n| |>|f\\(\\)){0,40}"
        ) {
            let _ = Script::parse(&script);
        }
    }
}
