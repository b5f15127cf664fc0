//! Comments that say why a value is as it is.

use crate::source::Span;
use crate::yaml::Node;

/// Fewer words explain nothing.
const FEWEST_WORDS: usize = 3;
/// So many lines above a value are read for them.
const MOST_LINES: usize = 50;
/// So many bytes are looked at for a line's start or end, or for what stands between a value and a comment:
/// nobody reads what is further off, and each value of a line asks.
const FURTHEST: usize = 1000;
/// So many lines may stand above the first object of a file.
const LONGEST_HEAD: usize = 500;

/// Beginnings of comments that something else than a reader is to obey, or that call a value unfinished.
const NO_REASONS: [&str; 12] = [
    "lameduck:",
    "source:",
    "todo",
    "fixme",
    "xxx",
    "hack",
    "yamllint",
    "kics-scan",
    "checkov:",
    "trivy:",
    "renovate",
    "copyright",
];

/// Keys under which a comment speaks of a whole that a rule may point at.
const WHOLES: [&str; 10] = [
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
    "preStop",
    "postStart",
    "strategy",
    "updateStrategy",
    "rollingUpdate",
    "outlierDetection",
];

/// Whether a comment on the line of a value, or on the lines right above it, explains the value: a
/// sentence, not an entry that is commented out. Names are not explained by what stands beside them.
pub fn is_explained(node: Node<'_>) -> bool {
    // What the node is takes longer to tell, in a mapping of thousands of keys.
    has_reason(node) && is_value(node)
}

/// Whether a comment inside an object says that something with one of these names is not needed, or holds
/// one of the words that say why: what is missing on purpose has no line of its own that could be
/// explained.
pub fn says_needless(object: Node<'_>, names: &[&str], reasons: &[&str]) -> bool {
    const DENIALS: [&str; 9] = [
        "deliberately",
        "intentionally",
        "n't need",
        "needs no ",
        "not need",
        "not required",
        "on purpose",
        "unnecessary",
        "needless",
    ];
    let tree = object.tree();
    let Some(text) = tree.file_text() else {
        return false;
    };
    let span = object.span();
    let comments = tree.comments();
    let first = comments.partition_point(|comment| comment.span.start < span.start);
    let inside = comments.get(first..).unwrap_or_default().iter();
    inside
        .take_while(|comment| comment.span.start < span.end)
        .filter_map(|comment| text.get(comment.span.range()))
        .filter(|comment| is_prose(comment))
        .map(str::to_lowercase)
        .any(|comment| {
            let holds = |words: &[&str]| words.iter().any(|word| comment.contains(word));
            let is_denied = comment.contains("no ")
                && [" required", " needed", " necessary"]
                    .iter()
                    .any(|word| comment.contains(word));
            holds(reasons) || holds(names) && (is_denied || holds(&DENIALS))
        })
}

/// Whether a comment above or inside an object names the namespace that a command applies it to:
/// `kubectl apply -n istio-system -f …`.
pub fn is_applied_by_command(object: Node<'_>) -> bool {
    comments_of(object).any(|comment| {
        let mut words = comment.split_whitespace();
        let is_tool = |word: &str| matches!(word, "kubectl" | "oc" | "k");
        words.any(is_tool)
            && words.any(|word| {
                matches!(word, "-n" | "--namespace") || word.starts_with("--namespace=")
            })
    })
}

/// Whether a comment above or inside an object says that something else installs what it belongs to.
pub fn says_installed_elsewhere(object: Node<'_>) -> bool {
    const WAYS: [&str; 6] = [
        "chart",
        "deployed by",
        "deployed with",
        "helm",
        "installed",
        "provided by",
    ];
    comments_of(object)
        .filter(|comment| is_prose(comment))
        .map(str::to_lowercase)
        .any(|comment| WAYS.iter().any(|way| comment.contains(way)))
}

/// Whether a comment above or inside an object says that what it shows is not to be followed.
pub fn says_bad_on_purpose(object: Node<'_>) -> bool {
    const WORDS: [&str; 8] = [
        "anti-pattern",
        "antipattern",
        "bad example",
        "bad practice",
        "deliberately bad",
        "deliberately broken",
        "intentionally bad",
        "intentionally broken",
    ];
    // Most files have no comment at all.
    !object.tree().comments().is_empty()
        && comments_of(object)
            .map(str::to_lowercase)
            .any(|comment| WORDS.iter().any(|words| comment.contains(words)))
}

/// Whether a comment above or inside an object has one of these words, in lower case.
pub fn mentions(object: Node<'_>, is_meant: impl Fn(&str) -> bool) -> bool {
    !object.tree().comments().is_empty()
        && comments_of(object).any(|comment| {
            let comment = comment.to_lowercase();
            comment
                .split(|char: char| !char.is_alphanumeric())
                .any(&is_meant)
        })
}

/// The comments right above and inside an object; above the first of a file also those before `---`.
fn comments_of(object: Node<'_>) -> impl Iterator<Item = &str> {
    let tree = object.tree();
    let span = object.span();
    let text = tree.file_text().unwrap_or_default();
    let is_idle = |line: &&str| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line == "---"
    };
    let head = text.get(..span.start as usize).unwrap_or_default();
    let mut lines = head.lines().rev();
    let is_first =
        lines.by_ref().take(LONGEST_HEAD).all(|line| is_idle(&line)) && lines.next().is_none();
    let above = head
        .lines()
        .rev()
        .take_while(move |line| is_idle(line) && (is_first || line.trim() != "---"));
    let above = above.map(str::trim).filter(|line| line.starts_with('#'));
    let comments = tree.comments();
    let first = comments.partition_point(|comment| comment.span.start < span.start);
    let inside = comments.get(first..).unwrap_or_default().iter();
    let inside = inside
        .take_while(move |comment| comment.span.start < span.end)
        .filter_map(move |comment| text.get(comment.span.range()));
    above.take(MOST_LINES).chain(inside)
}

/// Whether a comment stands there that reads as a reason.
fn has_reason(node: Node<'_>) -> bool {
    let tree = node.tree();
    let Some(text) = tree.file_text().filter(|_| !tree.comments().is_empty()) else {
        return false;
    };
    let at = node.span();
    let comments = tree.comments();
    let next = comments.partition_point(|comment| comment.span.start < at.start);
    let trailing = comments.get(next).filter(|comment| {
        let between = between(text, at.end.max(at.start), comment.span.start);
        between.is_some_and(|between| !between.contains(&b'\n'))
    });
    let words_in = |comment: Span| {
        text.get(comment.range())
            .map_or(0, |it| words_of(head_of(it)))
    };
    if trailing.is_some_and(|comment| words_in(comment.span) >= FEWEST_WORDS) {
        return true;
    }
    let Some(mut line) = start_of_line(text, at) else {
        return false;
    };
    let mut words = 0;
    let above = comments.get(..next).unwrap_or_default().iter().rev();
    for comment in above.take(MOST_LINES) {
        let Some(own_line) = start_of_line(text, comment.span) else {
            break;
        };
        let is_blank = |from, to| {
            between(text, from, to).filter(|between| between.iter().all(u8::is_ascii_whitespace))
        };
        let is_alone = is_blank(own_line, comment.span.start).is_some();
        let is_right_above = is_blank(comment.span.end, line)
            .is_some_and(|below| below.split(|byte| *byte == b'\n').count() == 2);
        if !is_alone || !is_right_above {
            break;
        }
        words += words_in(comment.span);
        if words >= FEWEST_WORDS {
            return true;
        }
        line = own_line;
    }
    false
}

/// As much of a comment as is read.
fn head_of(comment: &str) -> &str {
    let mut ends = (0..=FURTHEST.min(comment.len())).rev();
    let end = ends.find(|end| comment.is_char_boundary(*end));
    end.and_then(|end| comment.get(..end)).unwrap_or_default()
}

/// What stands between two places, where that is not too much.
fn between(text: &str, from: u32, to: u32) -> Option<&[u8]> {
    let between = text.as_bytes().get(from as usize..to as usize);
    between.filter(|between| between.len() <= FURTHEST)
}

/// Where the line of a place starts, where that is near.
fn start_of_line(text: &str, at: Span) -> Option<u32> {
    let end = at.start as usize;
    let from = end.saturating_sub(FURTHEST);
    let before = text.as_bytes().get(from..end)?;
    let start = match before.iter().rposition(|byte| *byte == b'\n') {
        Some(at) => from + at + 1,
        None if from == 0 => 0,
        None => return None,
    };
    u32::try_from(start).ok()
}

/// Whether a node is a value that somebody chose, or the key of a whole that somebody wrote.
fn is_value(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else {
        return false;
    };
    let mut entries = parent.written_entries();
    let own = entries.find(|it| it.key.id() == node.id() || it.value.id() == node.id());
    match own.map(|entry| (entry.key.key_text(), entry.key.id() == node.id())) {
        Some((key, true)) => WHOLES.contains(&key),
        Some((key, false)) => {
            node.text().is_some() && !matches!(key, "name" | "generateName" | "kind" | "apiVersion")
        }
        None => node.text().is_some(),
    }
}

fn is_prose(comment: &str) -> bool {
    words_of(comment) >= FEWEST_WORDS
}

/// How many words of a sentence a comment has; none, where it is an entry that is commented out or an
/// instruction.
fn words_of(comment: &str) -> usize {
    let text = comment.trim_start_matches('#').trim();
    let starts_as_prose =
        text.starts_with(|char: char| char.is_alphanumeric() || "\"'`(".contains(char));
    let lower = text.to_lowercase();
    let is_no_reason = NO_REASONS.iter().any(|start| lower.starts_with(start));
    if !starts_as_prose || is_no_reason || is_entry(text) {
        return 0;
    }
    text.split_whitespace()
        .filter(|word| word.chars().filter(|char| char.is_alphabetic()).count() >= 2)
        .count()
}

/// `replicas: 3`, `key:`; a first word such as `Note:` introduces a sentence.
fn is_entry(text: &str) -> bool {
    let Some((key, rest)) = text.split_once(':') else {
        return false;
    };
    let is_key = !key.is_empty()
        && key
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || "-_./\"'".contains(char));
    let introduces = [
        "note",
        "nb",
        "reason",
        "why",
        "because",
        "warning",
        "important",
    ];
    is_key
        && (rest.is_empty() || rest.starts_with(' '))
        && !introduces.contains(&key.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::yaml::{self, Content};

    fn explained(text: &str, path: &[&str]) -> bool {
        let mut documents = yaml::parse(&Arc::from(text)).documents;
        let Content::Tree(tree) = documents.remove(0).content else {
            panic!("a tree");
        };
        is_explained(tree.root().at(path).expect("a node"))
    }

    #[test]
    fn a_sentence_on_the_line_or_right_above_it() {
        for text in [
            "replicas: 1 # hands out numbers: two would collide\n",
            "# It hands out numbers,\n# and two would collide.\nreplicas: 1\n",
            "a: 1\r\n# Hands out numbers, two would collide\r\nreplicas: 1\r\n",
            "{replicas: 1} # hands out numbers\n",
            "replicas: 1 # Note: never more than one\n",
        ] {
            assert!(explained(text, &["replicas"]), "{text}");
        }
    }

    #[test]
    fn other_comments_explain_nothing() {
        for text in [
            "replicas: 1\n",
            "replicas: 1 # default\n",
            "replicas: 1 # ~ single-replica: only one of these\n",
            "replicas: 1 # lameduck: ignore[single-replica] only one of these\n",
            "# replicas: 3 in production clusters\nreplicas: 1\n",
            "# TODO set this to something sensible\nreplicas: 1\n",
            "# What the web tier consists of\n\nreplicas: 1\n",
            "a: 1 # hands out numbers: two would collide\nreplicas: 1\n",
            "replicas: 1\n# hands out numbers: two would collide\n",
        ] {
            assert!(!explained(text, &["replicas"]), "{text}");
        }
    }

    #[test]
    fn what_is_far_off_explains_nothing() {
        let far = " ".repeat(FURTHEST + 1);
        let reason = "# hands out numbers: two would collide";
        for text in [
            format!("replicas: 1{far}{reason}\n"),
            format!("#{far}{}\nreplicas: 1\n", reason.trim_start_matches('#')),
            format!("{far}{reason}\nreplicas: 1\n"),
            format!("{reason}\n{{a: {},{far}replicas: 1}}\n", "a"),
        ] {
            assert!(!explained(&text, &["replicas"]), "{text}");
        }
    }

    #[test]
    fn names_and_what_lacks_something_are_no_values() {
        let text = "# The server of the web tier\nname: web\n# The pods of the web tier\nspec:\n  a: 1\n\
                    # Alike on purpose, as measured\nlivenessProbe:\n  a: 1\n";
        assert!(!explained(text, &["name"]));
        assert!(!explained(text, &["spec"]));
        let mut documents = yaml::parse(&Arc::from(text)).documents;
        let Content::Tree(tree) = documents.remove(0).content else {
            panic!("a tree");
        };
        let key = |name| tree.root().entry(name).expect("an entry").key;
        assert!(!is_explained(key("spec")));
        assert!(is_explained(key("livenessProbe")));
    }
}
