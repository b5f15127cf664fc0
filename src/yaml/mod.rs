//! YAML as Kubernetes reads it, with a place for every node.
//!
//! A text is split into documents first, textually, as kubectl does: a broken document costs only
//! itself. Text becomes tokens and nodes as in libyaml, on a translation of which `sigs.k8s.io/yaml` stands, so
//! that what it refuses is refused here, and nothing else. Each document is parsed once into a [`Tree`]: an arena of nodes with byte spans,
//! comments and duplicate keys. Scalars resolve lazily by the rules of `sigs.k8s.io/yaml` (YAML 1.1
//! booleans, octal and underscore numbers, no base 60, no timestamps). [`read`] turns a node into a
//! typed value and says, node by node, what did not fit.

mod build;
mod builder;
mod children;
mod de;
mod embedded;
mod find;
mod keys;
mod lines;
mod parse;
mod path;
mod scalar;
mod scan;
mod tags;
mod tokens;
mod tree;

pub use de::{Check, Issue, IssueKind, Reading, read};
pub use embedded::{parse_embedded, parse_embedded_first};
pub use parse::parse;
pub use path::path_below;
#[cfg(fuzzing)]
pub use scan::agree::scanned;
pub use tree::{Comment, DuplicateKey, Entry, Kind, Node, NodeId, ScalarStyle, Tree};

use crate::source::Span;

pub use scalar::{Scalar, is_plain_text, whole_number};

/// All documents of one text.
#[derive(Debug, Default)]
pub struct Stream {
    /// In the order of the text.
    pub documents: Vec<Document>,
}

/// One document of a stream.
#[derive(Debug)]
pub struct Document {
    /// The text between the separators.
    pub span: Span,
    /// What it holds.
    pub content: Content,
    /// Text after `...` that the Kubernetes decoder silently drops.
    pub dropped: Option<Span>,
}

impl Document {
    /// The comments of the document, in the order of the text it stands in: those on the line of the
    /// separator before it, too. Of a document that cannot be read only those above its content: what
    /// looks like a comment further down may be text.
    pub fn comments(&self, text: &str) -> Vec<Comment> {
        let mut comments: Vec<Comment> = parse::separator_comment(text, self.span)
            .into_iter()
            .collect();
        match &self.content {
            Content::Tree(tree) => comments.extend(tree.comments()),
            Content::Empty => comments.extend(parse::comment_lines(text, self.span, false)),
            Content::Broken(_) => comments.extend(parse::comment_lines(text, self.span, true)),
        }
        comments
    }

    /// What is wrong with a document that is read as mere text or as a list, because what follows it is no
    /// longer of it: a `---` is missing, or has one dash too few.
    pub fn stray_text(&self, text: &str) -> Option<SyntaxError> {
        match (&self.content, self.dropped) {
            (Content::Tree(tree), Some(rest)) => parse::stray(text, tree.root(), rest),
            _ => None,
        }
    }
}

/// What a document holds.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every document is a tree, and a box for each would be one more allocation"
)]
#[derive(Debug)]
pub enum Content {
    /// Nothing, comments only, or null.
    Empty,
    /// A tree.
    Tree(Tree),
    /// Text that the Kubernetes decoder refuses.
    Broken(SyntaxError),
}

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Where reading stopped.
    pub span: Span,
    /// What is wrong and what was expected.
    pub message: String,
    /// Whether only a budget (depth, aliases, size) was exceeded.
    pub budget: bool,
}

#[cfg(test)]
mod dialect;
#[cfg(test)]
mod tests;
