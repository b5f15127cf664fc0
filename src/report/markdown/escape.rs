//! Text that Markdown shows and does not obey.
//!
//! Hosts turn more than the syntax of Markdown into links: addresses, `@names`, `#numbers`, hashes
//! of commits, and each host has its own. None of them looks into code. So whatever is not plainly
//! prose becomes code, which suits names and values anyway.

use std::fmt::Write as _;

/// One line of text inside a paragraph or a table cell: what stands between backticks is code, and
/// so is each word that a host could make more of.
pub(in crate::report) fn prose(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        // A backtick is left over: nobody knows where code starts.
        return words(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (index, piece) in pieces.into_iter().enumerate() {
        let piece = if index % 2 == 1 {
            code(piece)
        } else {
            words(piece)
        };
        if out.ends_with('`') && piece.starts_with('`') {
            // Two pieces of code would become one.
            out.push(' ');
        }
        out.push_str(&piece);
    }
    out
}

fn words(text: &str) -> String {
    text.split(' ')
        .map(|word| {
            if is_prose(word) {
                word.replace('<', "&lt;").replace('>', "&gt;")
            } else {
                let (open, word) = match word.strip_prefix('(') {
                    Some(rest) => ("(", rest),
                    None => ("", word),
                };
                let closes = |char| char == ')' && !word.contains('(');
                let core = word.trim_end_matches(|char| ",;.:".contains(char) || closes(char));
                let end = word.get(core.len()..).unwrap_or_default();
                format!("{open}{}{end}", code(core))
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Letters, digits and such punctuation as no host reads anything into.
fn is_prose(word: &str) -> bool {
    let word = word.trim_end_matches([':', '%', ')', ',', ';', '.', '!', '?', '"', '\'']);
    let harmless = |char: char| {
        char.is_alphanumeric()
            || matches!(char, '.' | ',' | ';' | '\'' | '"' | '(' | ')' | '-')
            || matches!(char, '+' | '=' | '<' | '>' | '×' | '≥' | '≤' | '…')
    };
    word.chars().all(harmless)
        && !word.to_ascii_lowercase().contains("www.")
        && !word
            .split(|char: char| !char.is_ascii_alphanumeric())
            .any(is_hash)
        && !names_issue(word)
}

/// `0123abc`, a commit.
fn is_hash(word: &str) -> bool {
    word.len() >= 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `ABC-123`: an issue of Jira, and of whatever else a host links by a prefix.
fn names_issue(word: &str) -> bool {
    word.match_indices('-').any(|(at, _)| {
        let before = word.get(..at).unwrap_or_default();
        let after = word.get(at + 1..).unwrap_or_default();
        let start = before.trim_end_matches(|char: char| char.is_ascii_alphanumeric());
        let project = before.get(start.len()..).unwrap_or_default();
        project.starts_with(|char: char| char.is_ascii_alphabetic())
            && after.starts_with(|char: char| char.is_ascii_digit())
    })
}

/// One line of text as code, in Markdown. A pipe would end a table cell even there, so it stands
/// between two pieces of code.
pub(in crate::report) fn code(text: &str) -> String {
    text.split('|').map(span).collect::<Vec<_>>().join("&#124;")
}

fn span(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(text) + 1);
    let delimiter = |char: Option<char>| matches!(char, Some('`' | ' '));
    let pad = if delimiter(text.chars().next()) || delimiter(text.chars().last()) {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// One line of text as code, where HTML stands.
pub(in crate::report) fn html_code(text: &str) -> String {
    let mut out = String::from("<code>");
    for char in text.chars() {
        if char.is_alphanumeric() || matches!(char, ' ' | '-' | '.' | '/') {
            out.push(char);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "&#{};", u32::from(char));
        }
    }
    out.push_str("</code>");
    out
}

/// Lines of text, most likely YAML, as a block of code.
pub(super) fn fenced(text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}yaml\n{text}\n{fence}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|char| char != '`')
        .map(str::len)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_as_prose_with_code() {
        assert_eq!(
            prose("container `app` has 30s < 15s + 50%: see demo/web, (default) a[0])"),
            "container `app` has 30s &lt; 15s + 50%: see `demo/web`, (default) `a[0]`)"
        );
    }

    #[test]
    fn what_a_host_would_link_becomes_code() {
        for word in [
            "@team",
            "#12",
            "!3",
            "a@b.c",
            "https://x.y",
            "www.x.y",
            "gh-1",
            "0123abc",
            "~label",
            "%1",
            "$x$",
            "*b*",
            "_b_",
            "[a](b)",
            "&amp",
            "\\",
            ":smile",
            "~~x~~",
            "ABC-123",
            "web-ABC2-123",
            "\"ABC-123\"",
            "\"0123abc\"",
            "0123abc…",
            "web-0123abc",
            "0123abc..4567def",
            "GH-1",
            "org/repo#1",
        ] {
            assert_eq!(prose(word).trim_matches('`'), word, "{word}");
            assert!(prose(word).starts_with('`'), "{word}");
        }
        for word in ["30s-60s", "-15s", "read-only", "v1.30", "decade", "50%"] {
            assert_eq!(prose(word), word);
        }
    }

    #[test]
    fn code_holds_backticks_and_pipes() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code("a\\|b"), "`a\\`&#124;`b`");
        assert_eq!(prose("a` b"), "`` a` `` b");
        assert_eq!(fenced("```\nx"), "````yaml\n```\nx\n````\n");
        assert_eq!(html_code("<a>&"), "<code>&#60;a&#62;&#38;</code>");
    }
}
