//! Words that foreign writers of English like and native readers stumble over stay out of what people read: the
//! strings of the program, the help of its flags, the pages of rules and the docs.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use regex::{Regex, RegexSet};
use walkdir::WalkDir;

/// A pattern, and what to write instead.
const WORDS: &[(&str, &str)] = &[
    (r"\bmend(s|ed|ing)?\b", "fix"),
    (r"\bbeside\b", "next to, besides"),
    (r"\banew\b", "again"),
    (r"\bthe least\b", "the minimum"),
    (r"\b(put|leave|left)s? aside\b", "baseline, suppress"),
    (r"\bstands? against\b", "conflicts with"),
    (r"\bmoot\b", "does not apply to"),
    (r"\bpassed over\b", "skipped"),
    (r"\bfor ever\b", "forever"),
    (r"\bbears? (a|the|failures)\b|\bnot bear\b", "tolerates"),
    (
        r"\b(speaks?|spoke) (of|for|about|against)\b",
        "is about, covers, reports",
    ),
    (r"\bwants\b", "requires"),
    (
        r"\b(who|what)ever (is|has|wants|writes|reads|sends|proposes|removes)\b",
        "a noun",
    ),
    (r", too([.;:)]|$)", "also"),
    (r"\bis no [a-z`]+", "is not a"),
];

/// What a pattern finds and is English all the same.
const FINE: &[&str] = &[
    "there is no ",
    "is no longer",
    "is no more",
    "the least severe",
];

/// The texts that people read, with their files and lines.
fn texts() -> Vec<(PathBuf, usize, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for folder in ["src", "docs", "rules"] {
        for entry in WalkDir::new(root.join(folder)).sort_by_file_name() {
            let path = entry.unwrap().into_path();
            let name = path.strip_prefix(root).unwrap().to_owned();
            let parts: Vec<_> = name.iter().filter_map(|part| part.to_str()).collect();
            let is_test = parts
                .iter()
                .any(|part| matches!(*part, "tests" | "tests.rs" | "cases.md"));
            match path.extension().and_then(|it| it.to_str()) {
                _ if is_test => {}
                Some("rs") => strings(&name, &std::fs::read_to_string(&path).unwrap(), &mut texts),
                Some("md") => prose(&name, &std::fs::read_to_string(&path).unwrap(), &mut texts),
                _ => {}
            }
        }
    }
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    prose(Path::new("README.md"), &readme, &mut texts);
    texts
}

/// The string literals of several words, and where the file holds arguments, their help.
fn strings(name: &Path, text: &str, texts: &mut Vec<(PathBuf, usize, String)>) {
    let token = Regex::new(r#"(?s)//[^\n]*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)'"#).unwrap();
    let wrapped = Regex::new(r"\\\n\s*").unwrap();
    let code = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let holds_arguments = name.ends_with("cli/args.rs") || name.ends_with("cli/view_args.rs");
    for found in token.find_iter(code) {
        let line = 1 + code[..found.start()].matches('\n').count();
        let found = found.as_str();
        let shown = match found.strip_prefix("///") {
            Some(help) if holds_arguments => help.to_owned(),
            _ if found.starts_with('"') && found.contains(' ') => wrapped
                .replace_all(found.trim_matches('"'), "")
                .into_owned(),
            _ => continue,
        };
        texts.push((name.to_owned(), line, shown));
    }
}

/// The lines outside of examples.
fn prose(name: &Path, text: &str, texts: &mut Vec<(PathBuf, usize, String)>) {
    let mut is_example = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_example = !is_example;
        } else if !is_example {
            texts.push((name.to_owned(), index + 1, line.to_owned()));
        }
    }
}

#[test]
fn nobody_stumbles_over_words() {
    let patterns = WORDS.iter().map(|(pattern, _)| format!("(?i){pattern}"));
    let set = RegexSet::new(patterns).unwrap();
    let mut found = String::new();
    let texts = texts();
    assert!(texts.len() > 5_000, "only {} texts", texts.len());
    for (name, line, text) in texts {
        let mut plain = text.to_lowercase();
        for fine in FINE {
            plain = plain.replace(fine, "");
        }
        for at in set.matches(&plain) {
            let (pattern, instead) = WORDS[at];
            let name = name.display();
            let _ = writeln!(
                found,
                "{name}:{line}: {pattern} → {instead}: {}",
                text.trim()
            );
        }
    }
    assert!(found.is_empty(), "{found}");
}

#[test]
fn the_list_finds_what_it_is_for() {
    let set = RegexSet::new(WORDS.iter().map(|(pattern, _)| format!("(?i){pattern}"))).unwrap();
    for text in [
        "this fix mends it",
        "a Service beside the workload",
        "it is no port",
        "pedantic rules, too",
        "an annotation speaks for its object",
        "whoever wants that",
    ] {
        assert!(set.is_match(text), "{text}");
    }
    assert!(!set.is_match("amend the commit, too many files"));
}
