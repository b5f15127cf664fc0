//! A scalar in the place and style of another.

use super::value::{self, Value};
use super::{Editor, Refusal};
use crate::yaml::{Node, ScalarStyle, is_plain_text};

/// Whether a node stands in a flow collection.
fn is_in_flow(node: Node<'_>) -> bool {
    let mut holders = std::iter::successors(node.parent(), |holder| holder.parent());
    holders.any(Node::is_flow)
}

impl Editor<'_> {
    /// How `value` is written where `node` stands.
    pub(super) fn scalar_like(&self, node: Node<'_>, value: &Value) -> Result<String, Refusal> {
        let json = self.layout.json;
        let (Value::Text(text) | Value::Literal(text)) = value else {
            return Ok(value::flow(value, self.layout));
        };
        let is_line = !text.chars().any(char::is_control);
        Ok(match node.style() {
            Some(ScalarStyle::Plain) if !json && is_plain_text(text, is_in_flow(node)) => {
                text.clone()
            }
            Some(ScalarStyle::SingleQuoted) if is_line => format!("'{}'", text.replace('\'', "''")),
            Some(ScalarStyle::Literal) => self.literal_like(node, text)?,
            // A folded text's line breaks cannot be told from those that were folded away.
            Some(ScalarStyle::Folded) => return Err(Refusal::Unusual),
            _ => value::double_quoted(text),
        })
    }

    /// Keeps header and indentation.
    fn literal_like(&self, node: Node<'_>, text: &str) -> Result<String, Refusal> {
        let span = node.span().range();
        let written = self.lines.slice(span.start, span.end);
        let mut lines = written.lines();
        let header = lines.next().unwrap_or_default();
        let indicator = header.split_whitespace().next().unwrap_or_default();
        let first = lines.find(|line| !line.trim().is_empty());
        let old = node.text().unwrap_or_default();
        let kept = indicator.contains(|c: char| c == '+' || c.is_ascii_digit());
        let (Some(first), false) = (first, kept || !value::is_literal(text)) else {
            return Err(Refusal::Unusual);
        };
        if text.ends_with('\n') != old.ends_with('\n') {
            return Err(Refusal::Unusual);
        }
        let indent = first.len() - first.trim_start_matches(' ').len();
        let mut whole = header.to_owned();
        for line in value::literal_lines(text, &value::spaces(indent)) {
            whole.push_str(self.lines.eol);
            whole.push_str(&line);
        }
        Ok(whole)
    }
}
