//! As much of the POSIX shell as start commands and hooks use: who is run by a container's argument
//! vector, and which commands its script holds.

mod last_command;
mod lexer;
mod parser;

pub(super) use last_command::{Family, is_builtin};
pub(super) use lexer::Word;
pub(super) use parser::{Command, Compound, Joint, Script, program};

/// The script cannot be read: an open quote, a here-document, a process substitution, an array or a
/// regular expression in parentheses, unbalanced groups, or nesting beyond any sane depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// A shell started with `-c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Invocation<'a> {
    /// The shell's name without its directory, such as `sh`.
    pub(super) shell: &'a str,
    /// Which element of the argument vector is the script.
    pub(super) script_index: usize,
    /// The script.
    pub(super) script: &'a str,
}

/// The last segment of a program's path.
pub(super) fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// Init processes that forward signals to what they start.
pub(super) fn is_init(program: &str) -> bool {
    matches!(
        base_name(program),
        "tini" | "tini-static" | "dumb-init" | "catatonit" | "docker-init" | "s6-svscan"
    )
}

/// The argument vector without init processes and `env` in front, and how many elements those are.
pub(super) fn without_wrappers<'a, 'b>(argv: &'b [&'a str]) -> (usize, &'b [&'a str]) {
    let mut rest = argv;
    while let Some((first, mut tail)) = rest.split_first() {
        let is_env = base_name(first) == "env";
        if !is_env && !is_init(first) && base_name(first) != "busybox" {
            break;
        }
        while let Some((word, next)) = tail.split_first() {
            let is_own = word.starts_with('-') || (is_env && word.contains('='));
            if !is_own {
                break;
            }
            tail = next;
        }
        rest = tail;
    }
    (argv.len() - rest.len(), rest)
}

/// The commands that an argument vector runs: itself, or those of its script.
pub(super) fn commands(command: &[String]) -> Vec<Vec<String>> {
    let argv: Vec<&str> = command.iter().map(String::as_str).collect();
    let Some(invocation) = invocation(&argv) else {
        let (_, argv) = without_wrappers(&argv);
        return vec![argv.iter().map(|&word| word.to_owned()).collect()];
    };
    let Ok(script) = Script::parse(invocation.script) else {
        return Vec::new();
    };
    let texts = |words: &[Word]| words.iter().map(|word| word.text.clone()).collect();
    script
        .simple_commands()
        .into_iter()
        .map(|words| texts(program(words).0))
        .collect()
}

/// Finds the shell and its script in an argument vector such as `["/bin/sh", "-ec", "…"]`, behind
/// init processes too.
pub(super) fn invocation<'a>(argv: &[&'a str]) -> Option<Invocation<'a>> {
    let (skipped, rest) = without_wrappers(argv);
    let (program, arguments) = rest.split_first()?;
    let shell = base_name(program);
    if !matches!(shell, "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh") {
        return None;
    }
    let mut has_script = false;
    let mut options_end = false;
    let mut words = arguments.iter().enumerate();
    while let Some((index, word)) = words.next() {
        if options_end || !word.starts_with(['-', '+']) {
            return has_script.then_some(Invocation {
                shell,
                script_index: skipped + 1 + index,
                script: word,
            });
        }
        if *word == "--" || *word == "-" {
            options_end = true;
        } else if !word.starts_with("--") {
            has_script |= word.starts_with('-') && word.contains('c');
            if word.contains('o') {
                words.next();
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{invocation, without_wrappers};

    #[test]
    fn finds_the_script_behind_options_and_wrappers() {
        type Case<'a> = (&'a [&'a str], Option<(&'a str, usize)>);
        let cases: [Case; 13] = [
            (&["sh", "-c", "x"], Some(("sh", 2))),
            (&["/bin/bash", "-ec", "x"], Some(("bash", 2))),
            (&["bash", "-lc", "x", "name"], Some(("bash", 2))),
            (&["sh", "-c", "-e", "x"], Some(("sh", 3))),
            (&["bash", "-euo", "pipefail", "-c", "x"], Some(("bash", 4))),
            (&["bash", "--login", "-c", "--", "x"], Some(("bash", 4))),
            (&["tini", "-g", "--", "sh", "-c", "x"], Some(("sh", 5))),
            (
                &["/usr/bin/env", "A=1", "bash", "-c", "x"],
                Some(("bash", 4)),
            ),
            (&["busybox", "sh", "-c", "x"], Some(("sh", 3))),
            (&["sh", "run.sh", "-c"], None),
            (&["sh", "-c"], None),
            (&["python", "-c", "x"], None),
            (&[], None),
        ];
        for (argv, expected) in cases {
            let found = invocation(argv).map(|found| (found.shell, found.script_index));
            assert_eq!(found, expected, "{argv:?}");
        }
    }

    #[test]
    fn wrappers_alone_leave_nothing() {
        assert_eq!(without_wrappers(&["tini", "--"]), (2, &[][..]));
    }
}
