//! YAML inside a scalar, such as the annotation `proxy.istio.io/config`.

use std::sync::Arc;

use super::tree::{Node, ScalarStyle, Tree};
use super::{Content, SyntaxError};
use crate::source::Span;

/// Parses the text of a scalar as one document. The spans of the result are bytes of the file that
/// holds the scalar; where decoded and written text differ in a way that cannot be mapped (folded
/// block scalars, escapes), every node has the span of the whole scalar. `Ok(None)` when the text
/// is empty or null.
///
/// # Errors
/// When the text is no single YAML document.
pub fn parse_embedded(scalar: Node<'_>) -> Result<Option<Tree>, SyntaxError> {
    parse_documents(scalar, false)
}

/// The same for readers that stop at the end of the first document, whatever follows.
///
/// # Errors
/// When the text does not start with a YAML document.
pub fn parse_embedded_first(scalar: Node<'_>) -> Result<Option<Tree>, SyntaxError> {
    parse_documents(scalar, true)
}

fn parse_documents(scalar: Node<'_>, only_first: bool) -> Result<Option<Tree>, SyntaxError> {
    let scalar = scalar.resolved();
    let Some(decoded) = scalar.text() else {
        return Ok(None);
    };
    let places = Places::new(scalar, decoded);
    let source: Arc<str> = Arc::from(decoded);
    let mut found = None;
    for document in super::parse(&source).documents {
        match document.content {
            Content::Empty => {}
            Content::Tree(_) | Content::Broken(_) if only_first && found.is_some() => break,
            Content::Broken(error) => {
                return Err(SyntaxError {
                    span: places.span(error.span),
                    ..error
                });
            }
            Content::Tree(_) if found.is_some() => {
                return Err(SyntaxError {
                    span: places.span(document.span),
                    message: "this text holds more than one document".to_owned(),
                    budget: false,
                });
            }
            Content::Tree(tree) => found = Some(tree),
        }
    }
    Ok(found.map(|tree| places.relocate(tree)))
}

/// Where each part of a scalar's text is written.
struct Places {
    whole: Span,
    /// Offsets in the decoded text and in the file from which on both run in step. Empty when they
    /// never do.
    runs: Vec<(u32, u32)>,
}

impl Places {
    fn new(scalar: Node<'_>, decoded: &str) -> Self {
        let whole = scalar.span();
        let tree = scalar.tree();
        let runs = if tree.embedded {
            None
        } else {
            let written = tree.source.get(whole.range()).unwrap_or_default();
            runs(written, decoded, scalar.style(), whole.start)
        };
        Self {
            whole,
            runs: runs.unwrap_or_default(),
        }
    }

    fn span(&self, decoded: Span) -> Span {
        if self.runs.is_empty() {
            return self.whole;
        }
        let start = self.place(decoded.start);
        let end = if decoded.is_empty() {
            start
        } else {
            // The byte after the last one may be on another line.
            self.place(decoded.end - 1) + 1
        };
        let start = start.min(self.whole.end);
        Span::new(start, end.clamp(start, self.whole.end))
    }

    fn place(&self, decoded: u32) -> u32 {
        let run = self.runs.partition_point(|(from, _)| *from <= decoded);
        let (from, file) = run
            .checked_sub(1)
            .and_then(|run| self.runs.get(run))
            .copied()
            .unwrap_or((0, self.whole.start));
        file + (decoded - from)
    }

    fn relocate(&self, mut tree: Tree) -> Tree {
        tree.embedded = true;
        tree.detach_texts();
        for data in &mut tree.nodes {
            data.span = self.span(data.span);
        }
        for (_, span) in &mut tree.anchors {
            *span = self.span(*span);
        }
        for comment in &mut tree.comments {
            comment.span = self.span(comment.span);
        }
        tree
    }
}

fn runs(
    written: &str,
    decoded: &str,
    style: Option<ScalarStyle>,
    start: u32,
) -> Option<Vec<(u32, u32)>> {
    match style? {
        ScalarStyle::Plain => (written == decoded).then(|| vec![(0, start)]),
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
            let inner = written.get(1..written.len().checked_sub(1)?)?;
            (inner == decoded).then(|| vec![(0, start + 1)])
        }
        ScalarStyle::Literal => literal_runs(written, decoded, start),
        ScalarStyle::Folded => None,
    }
}

/// A literal block scalar's lines are the file's lines without their indentation.
fn literal_runs(written: &str, decoded: &str, start: u32) -> Option<Vec<(u32, u32)>> {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let mut runs = Vec::new();
    let mut lines = written.split_inclusive('\n');
    let mut file = lines.next()?.len();
    let mut at = 0;
    for line in decoded.split_inclusive('\n') {
        // Empty lines that are kept at the end may lie behind the scalar's span.
        let whole = lines.next().unwrap_or_default();
        let content = whole.trim_end_matches(['\n', '\r']);
        let text = line.trim_end_matches(['\n', '\r']);
        let indentation = content.strip_suffix(text)?.len();
        runs.push((offset(at), start + offset(file + indentation)));
        at += line.len();
        file += whole.len();
    }
    Some(runs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    /// What the file shows for `key` of the YAML in `a`, and the spans' outcome for `key`'s value.
    fn shown(text: &str, key: &str) -> (String, String) {
        let stream = parse(&Arc::from(text));
        let Content::Tree(tree) = &stream.documents[0].content else {
            panic!("{text}")
        };
        let scalar = tree.root().get("a").unwrap();
        let embedded = parse_embedded(scalar).unwrap().unwrap();
        let entry = embedded.root().entry(key).unwrap();
        let slice = |node: Node<'_>| text[node.span().range()].to_owned();
        (slice(entry.key), slice(entry.value))
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn literal_blocks_map_line_by_line() {
        let text = "x: 1\na: |\n  # é\n  k: 1\n\n  l:\n    - 2\n    - 3\nb: 1\n";
        assert_eq!(shown(text, "k"), pair("k", "1"));
        assert_eq!(shown(text, "l"), pair("l", "- 2\n    - 3"));
        assert_eq!(shown(&text.replace('\n', "\r\n"), "k"), pair("k", "1"));
        assert_eq!(
            shown(
                "a: |4-\n      k: 1\n    l: 2\n"
                    .replace("      k", "    k")
                    .as_str(),
                "l"
            ),
            pair("l", "2")
        );
        assert_eq!(shown("a: |+\n  k: v\n\n\n", "k"), pair("k", "v"));
    }

    #[test]
    fn text_on_one_line_maps_directly() {
        assert_eq!(shown("a: '{\"k\": [1]}'\n", "k"), pair("\"k\"", "[1]"));
        assert_eq!(shown("a: \"k: v\"\n", "k"), pair("k", "v"));
    }

    #[test]
    fn text_that_is_written_otherwise_is_the_whole_scalar() {
        let scalar = "\"k: 1\\nl: 2\"";
        assert_eq!(shown(&format!("a: {scalar}\n"), "l"), pair(scalar, scalar));
        let scalar = ">\n  k:\n  1";
        assert_eq!(shown(&format!("a: {scalar}\n"), "k"), pair(scalar, scalar));
    }

    #[test]
    fn only_one_document_is_taken() {
        let embedded = |text: &str| {
            let stream = parse(&Arc::from(text));
            let Content::Tree(tree) = &stream.documents[0].content else {
                panic!("{text}")
            };
            parse_embedded(tree.root().get("a").unwrap()).map(|tree| tree.is_some())
        };
        assert_eq!(embedded("a: ''\nb: 1\n"), Ok(false));
        assert_eq!(embedded("a:\nb: 1\n"), Ok(false));
        assert_eq!(embedded("a: '~'\n"), Ok(false));
        let error = embedded("a: |\n  k: 1\n  ---\n  l: 1\n").unwrap_err();
        assert_eq!(error.message, "this text holds more than one document");
        for text in [
            "a: |\n  k: 1\n  ---\n  l: 1\n",
            "a: |\n  k: 1\n  ---\n  l: [\n",
        ] {
            let stream = parse(&Arc::from(text));
            let Content::Tree(tree) = &stream.documents[0].content else {
                panic!("{text}")
            };
            let first = parse_embedded_first(tree.root().get("a").unwrap());
            let first = first.unwrap().unwrap();
            assert!(first.root().get("k").is_some() && first.root().get("l").is_none());
        }
        let error = embedded("b: 1\na: |\n  k: 1\n  l: [\n").unwrap_err();
        assert!(error.span.start >= 8, "{error:?}");
    }
}
