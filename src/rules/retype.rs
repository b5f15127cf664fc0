//! Giving a scalar the type that its field has, where its text leaves no doubt.

use crate::edit::{Editor, Edits, Value};
use crate::yaml::{IssueKind, Node, Scalar, ScalarStyle};

/// How a scalar has to be written.
pub(super) enum Retype {
    /// In quotes: the field takes text.
    Quote,
    /// Without quotes: the field takes a number or a boolean.
    Unquote(String),
}

impl Retype {
    /// What mends an issue at this node, where the same text in another form does.
    pub(super) fn of(node: Node<'_>, issue: &IssueKind) -> Option<Self> {
        let IssueKind::Invalid { message, kept } = issue else {
            return None;
        };
        let text = node.text()?;
        let is_text = matches!(node.scalar(), Some(Scalar::Text(_)));
        if *kept {
            // Any other complaint holds for the quoted text, too.
            let is_mistyped = message.starts_with("expected a string");
            let is_plain = node.style() == Some(ScalarStyle::Plain);
            return (is_mistyped && is_plain && !is_text).then_some(Self::Quote);
        }
        if !is_text {
            return None;
        }
        let fits = if message.starts_with("expected an integer") {
            is_decimal(text)
        } else {
            message.starts_with("expected a boolean") && matches!(text, "true" | "false")
        };
        fits.then(|| Self::Unquote(text.to_owned()))
    }

    /// What it does, in the imperative.
    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::Quote => "quote the value",
            Self::Unquote(_) => "take the value out of its quotes",
        }
    }

    /// Rewrites the node.
    pub(super) fn write(&self, editor: &Editor<'_>, node: Node<'_>) -> Edits {
        match self {
            Self::Quote => editor.quote(node),
            Self::Unquote(text) => editor.set(node, &Value::Written(text.clone())),
        }
    }
}

/// A whole number that reads the same without quotes and fits every field: YAML takes `0644` for
/// octal.
fn is_decimal(text: &str) -> bool {
    text.parse::<i32>()
        .is_ok_and(|number| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::is_decimal;

    #[test]
    fn numbers_that_lose_nothing_without_quotes() {
        for text in ["0", "3", "-1", "8080", "2147483647"] {
            assert!(is_decimal(text), "{text}");
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
            assert!(!is_decimal(text), "{text:?}");
        }
    }
}
