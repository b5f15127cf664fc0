//! What a comment says to this tool.

use crate::source::Span;
use crate::units::suggest;

/// The word that a comment for this tool starts with.
const ADDRESS: &str = "lameduck:";
const IGNORE: &str = "ignore";
const IGNORE_FILE: &str = "ignore-file";

/// A comment that speaks to this tool.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Directive {
    /// `ignore[…]` or `ignore-file[…]`
    Ignore {
        /// Whether it speaks for the whole file.
        file: bool,
        /// The rules it names, each with its place in the comment.
        names: Vec<(Span, String)>,
        /// What follows the brackets.
        reason: Option<String>,
    },
    /// Something that cannot be meant; with its place in the comment and what is wrong.
    Malformed(Span, String),
}

/// Reads a comment. `None` for one that says nothing to this tool.
pub(super) fn read(comment: &str) -> Option<Directive> {
    let (start, said) = addressed(comment)?;
    let word: &str = said
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
        .next()
        .unwrap_or_default();
    let whole = span(start, start + said.trim_end().len());
    if word != IGNORE && word != IGNORE_FILE {
        // Prose may start with the name of the tool.
        let meant = suggest(word, [IGNORE, IGNORE_FILE])?;
        let message = format!("`{word}` says nothing, did you mean `{meant}`?");
        return Some(Directive::Malformed(
            span(start, start + word.len()),
            message,
        ));
    }
    let malformed = |what: &str| {
        let message = format!("`{word}` {what}, so nothing is ignored");
        Some(Directive::Malformed(whole, message))
    };
    let rest = said.get(word.len()..)?.trim_start();
    let Some(list) = rest.strip_prefix('[') else {
        return malformed("names no rule in brackets");
    };
    let Some((list, reason)) = list.split_once(']') else {
        return malformed("has no closing bracket");
    };
    let names = names(comment, list);
    if names.is_empty() {
        return malformed("names no rule in its brackets");
    }
    Some(Directive::Ignore {
        file: word == IGNORE_FILE,
        names,
        reason: reason_of(reason),
    })
}

/// The names in a list separated by commas or white space, each with its place in the text that
/// `list` is a part of.
pub(super) fn names(text: &str, list: &str) -> Vec<(Span, String)> {
    list.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|name| !name.is_empty())
        .map(|name| {
            let start = (name.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
            (span(start, start + name.len()), name.to_owned())
        })
        .collect()
}

/// What follows the first `# lameduck:` of a comment, and where. Other tools' comments may stand
/// before it.
fn addressed(comment: &str) -> Option<(usize, &str)> {
    comment.match_indices('#').find_map(|(at, _)| {
        let said = comment.get(at + 1..)?.trim_start();
        let said = said.strip_prefix(ADDRESS)?.trim_start();
        Some((comment.len() - said.len(), said))
    })
}

/// The reason without the punctuation that sets it off.
fn reason_of(text: &str) -> Option<String> {
    let reason = text
        .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | '–' | '—'))
        .trim_end();
    (!reason.is_empty()).then(|| reason.to_owned())
}

fn span(start: usize, end: usize) -> Span {
    let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(offset(start), offset(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(comment: &str) -> String {
        match read(comment) {
            None => "nothing".to_owned(),
            Some(Directive::Malformed(span, message)) => {
                format!("{message} @ {}", &comment[span.range()])
            }
            Some(Directive::Ignore {
                file,
                names,
                reason,
            }) => {
                let names: Vec<String> = names
                    .into_iter()
                    .inspect(|(span, name)| assert_eq!(&comment[span.range()], name))
                    .map(|(_, name)| name)
                    .collect();
                format!(
                    "{}{} {}",
                    if file { "file " } else { "" },
                    names.join("+"),
                    reason.unwrap_or_else(|| "-".to_owned())
                )
            }
        }
    }

    #[test]
    fn comments_are_read() {
        let lines = [
            "# lameduck: ignore[missing-pdb]",
            "#lameduck:ignore[a,b , c] one pod: it is a batch #42",
            "# lameduck: ignore-file[a b] - generated",
            "# hadolint ignore=x # lameduck: ignore [a]: why",
            "# lameduck: ignore",
            "# lameduck: ignore missing-pdb",
            "# lameduck: ignore[missing-pdb",
            "# lameduck: ignore-file[ ]",
            "# lameduck: ignroe[a]",
            "# lameduck: the grace period is long on purpose",
            "# ignore[a]",
            "# lameduck ignore[a]",
        ];
        let shown: Vec<String> = lines.iter().map(|line| shown(line)).collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
    missing-pdb -
    a+b+c one pod: it is a batch #42
    file a+b generated
    a why
    `ignore` names no rule in brackets, so nothing is ignored @ ignore
    `ignore` names no rule in brackets, so nothing is ignored @ ignore missing-pdb
    `ignore` has no closing bracket, so nothing is ignored @ ignore[missing-pdb
    `ignore-file` names no rule in its brackets, so nothing is ignored @ ignore-file[ ]
    `ignroe` says nothing, did you mean `ignore`? @ ignroe
    nothing
    nothing
    nothing
    ");
    }

    proptest::proptest! {
        #[test]
        fn any_comment_can_be_read(text in "#[ -~é\\[\\],]{0,30}") {
            shown(&text);
            shown(&format!("# lameduck:{text}"));
            shown(&format!("# lameduck: ignore{text}]"));
        }
    }
}
