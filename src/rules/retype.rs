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
            // What reads as text already is wrong for another reason.
            let is_plain = node.style() == Some(ScalarStyle::Plain);
            return (is_plain && !is_text).then_some(Self::Quote);
        }
        if !is_text {
            return None;
        }
        let fits = if message.starts_with("expected an integer") {
            text.parse::<i64>().is_ok() && !text.starts_with('+')
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
