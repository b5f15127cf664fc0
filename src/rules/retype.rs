//! Giving a scalar the type that its field has, where its text leaves no doubt.

use crate::edit::{Editor, Edits, Value};
use crate::yaml::{IssueKind, Node, Scalar, ScalarStyle, whole_number};

/// How a scalar has to be written.
pub(super) enum Retype {
    /// In quotes: the field takes text.
    Quote,
    /// Without quotes: the field takes a number or a boolean.
    Unquote(String),
    /// One of the words that the field takes.
    Word(String),
}

impl Retype {
    /// What mends an issue at this node, where the same text in another form does.
    pub(super) fn of(node: Node<'_>, issue: &IssueKind) -> Option<Self> {
        let IssueKind::Invalid { message, kept } = issue else {
            return None;
        };
        let text = node.text()?;
        if let Some(word) = word(message, text) {
            return Some(Self::Word(word));
        }
        let is_text = matches!(node.scalar(), Some(Scalar::Text(_)));
        // Any other complaint holds for the other form, too.
        if *kept && message.starts_with("expected a string") {
            let is_plain = node.style() == Some(ScalarStyle::Plain);
            return (is_plain && !is_text).then_some(Self::Quote);
        }
        let fits = if message.starts_with("expected an integer") {
            whole_number(text).is_some()
        } else {
            message.starts_with("expected a boolean") && matches!(text, "true" | "false")
        };
        (is_text && fits).then(|| Self::Unquote(text.to_owned()))
    }

    /// What it does, in the imperative.
    pub(super) fn title(&self) -> String {
        match self {
            Self::Quote => "quote the value".to_owned(),
            Self::Unquote(_) => "take the value out of its quotes".to_owned(),
            Self::Word(word) => format!("write {word}"),
        }
    }

    /// How the value is written then.
    pub(super) fn help(&self, text: &str) -> String {
        match self {
            Self::Quote => format!("quote it: \"{text}\""),
            Self::Unquote(text) => format!("write it without quotes: {text}"),
            Self::Word(word) => format!("write {word}"),
        }
    }

    /// Rewrites the node.
    pub(super) fn write(&self, editor: &Editor<'_>, node: Node<'_>) -> Edits {
        match self {
            Self::Quote => editor.quote(node),
            Self::Unquote(text) => editor.set(node, &Value::Written(text.clone())),
            Self::Word(word) => editor.set(node, &Value::text(word)),
        }
    }
}

/// The one word of those that a message lists which was written in other case; HTTP runs over TCP.
fn word(message: &str, text: &str) -> Option<String> {
    let (listed, _) = message
        .strip_prefix("expected one of ")?
        .split_once(", found ")?;
    let words = || listed.split('`').skip(1).step_by(2);
    let mut same = words().filter(|word| word.eq_ignore_ascii_case(text));
    if let (Some(only), None) = (same.next(), same.next()) {
        return Some(only.to_owned());
    }
    let is_http = ["http", "https", "http2", "grpc"]
        .iter()
        .any(|it| text.eq_ignore_ascii_case(it));
    let is_transport = words().eq(["TCP", "UDP", "SCTP"]);
    (is_http && is_transport).then(|| "TCP".to_owned())
}

/// What to write where the words of a message say what is expected.
pub(super) fn help(message: &str) -> String {
    let expected = message.strip_prefix("expected ").map(|rest| {
        rest.split_once(", found ")
            .map_or(rest, |(expected, _)| expected)
    });
    match expected {
        Some(expected) => format!("write {}", expected.trim_end_matches(':')),
        None => "write it in the form that the API documents".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{help, word};
    use crate::yaml::whole_number;

    #[test]
    fn words_in_other_case_are_plainly_meant() {
        let policies = |text: &str| {
            let message =
                format!("expected one of `Always`, `IfNotPresent` or `Never`, found `{text}`");
            word(&message, text)
        };
        assert_eq!(policies("always").as_deref(), Some("Always"));
        assert_eq!(policies("Sometimes"), None);
        let protocols = |text: &str| {
            let message = format!("expected one of `TCP`, `UDP` or `SCTP`, found `{text}`");
            word(&message, text)
        };
        assert_eq!(protocols("HTTP").as_deref(), Some("TCP"));
        assert_eq!(protocols("udp").as_deref(), Some("UDP"));
        assert_eq!(protocols("QUIC"), None);
        assert_eq!(
            help("expected one of `A` or `B`, found `c`"),
            "write one of `A` or `B`"
        );
        assert_eq!(
            help("expected an integer, found the text `x`"),
            "write an integer"
        );
    }

    #[test]
    fn numbers_that_lose_nothing_without_quotes() {
        for text in ["0", "3", "-1", "8080", "2147483647"] {
            assert!(whole_number(text).is_some(), "{text}");
        }
        for text in [
            "",
            "0030",
            "0644",
            "-0",
            "+3",
            "3.0",
            "0x1F",
            "1_000",
            " 3",
            "3\n",
            "4294967296",
        ] {
            assert!(whole_number(text).is_none(), "{text:?}");
        }
    }
}
