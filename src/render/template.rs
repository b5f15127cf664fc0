//! The lines of a Helm template, as far as they can be read without rendering it: which line gives
//! which field.
//!
//! A template is not YAML. Its lines are arranged by their indentation; what `{{ … }}` inserts is
//! found at the line that inserts it, or rather at the last key above.

use std::collections::HashMap;

use crate::source::{Location, SourceId, Span};
use crate::yaml::Node;

/// A template's lines.
#[derive(Debug)]
pub(super) struct Template {
    documents: Vec<Branch>,
    /// The documents that say this of their kind.
    by_kind: HashMap<String, Vec<usize>>,
    /// The documents whose kind only rendering shows.
    of_any_kind: Vec<usize>,
    first: Span,
}

/// Lines of one key, or elements of one name, that are looked at: of more, none is the only one.
const MOST_ALIKE: usize = 64;

/// A key or list element, and what is indented below it.
#[derive(Debug, Default)]
struct Branch {
    /// `None` for list elements and documents.
    key: Option<String>,
    /// What follows the key, as written.
    text: String,
    span: Span,
    below: Vec<Branch>,
    index: Index,
}

/// What is below a branch, by what it is asked for.
#[derive(Debug, Default)]
struct Index {
    by_key: HashMap<String, Vec<usize>>,
    items: Vec<usize>,
    /// The elements that give this name.
    by_name: HashMap<String, Vec<usize>>,
}

impl Index {
    fn of(below: &[Branch]) -> Self {
        let mut index = Self::default();
        for (at, branch) in below.iter().enumerate() {
            let Some(key) = &branch.key else {
                index.items.push(at);
                for name in branch.of_key("name") {
                    let alike = index.by_name.entry(name.said().to_owned()).or_default();
                    if alike.last() != Some(&at) {
                        alike.push(at);
                    }
                }
                continue;
            };
            index.by_key.entry(key.clone()).or_default().push(at);
        }
        index
    }
}

/// A branch that is still open, while lines are read.
struct Open {
    indent: usize,
    branch: Branch,
}

impl Template {
    pub(super) fn of(text: &str) -> Self {
        let mut documents = Vec::new();
        let mut open = vec![Open::document()];
        let mut at = 0;
        let mut first = None;
        let mut in_action = false;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let line = line.trim_end();
            let was_in_action = in_action;
            in_action = ends_in_action(line, in_action);
            if was_in_action || line.trim().is_empty() || line.trim().starts_with('#') {
                continue;
            }
            let indent = line.len() - line.trim_start().len();
            let span = span(start + indent, start + line.len());
            first = first.or(Some(span));
            if line.starts_with("---") {
                documents.push(close(&mut open));
                open.push(Open::document());
            } else if !line.trim_start().starts_with("{{") {
                add(&mut open, indent, line.trim_start(), span);
            }
        }
        documents.push(close(&mut open));
        documents.retain(|document| !document.below.is_empty());
        let mut by_kind: HashMap<String, Vec<usize>> = HashMap::new();
        let mut of_any_kind = Vec::new();
        for (at, document) in documents.iter().enumerate() {
            for kind in document.of_key("kind") {
                let alike = if kind.is_open() {
                    &mut of_any_kind
                } else {
                    by_kind.entry(kind.said().to_owned()).or_default()
                };
                if alike.last() != Some(&at) {
                    alike.push(at);
                }
            }
        }
        Self {
            documents,
            by_kind,
            of_any_kind,
            first: first.unwrap_or_default(),
        }
    }

    /// Every node of a rendered document with its line. Nodes without one have that of the node
    /// above them; where nothing is known, the first line of the template.
    pub(super) fn places(&self, source: SourceId, rendered: Node<'_>) -> Vec<(Span, Location)> {
        let document = self.document(rendered);
        let first = document.and_then(|document| document.below.first());
        let first = first.map_or(self.first, |branch| branch.span);
        let place = |span| Location { source, span };
        let mut places = vec![(rendered.span(), place(first))];
        let mut todo = vec![(rendered, document, first)];
        while let Some((node, branch, line)) = todo.pop() {
            for entry in node.entries() {
                let key = entry.key.key_text();
                let found = branch.and_then(|branch| branch.entry(key, entry.value));
                let line = found.map_or(line, |branch| branch.span);
                places.push((entry.key.span(), place(line)));
                places.push((entry.value.span(), place(line)));
                todo.push((entry.value, found, line));
            }
            let count = node.items().count();
            for (index, item) in node.items().enumerate() {
                let found = branch.and_then(|branch| branch.item(index, count, item));
                let line = found.map_or(line, |branch| branch.span);
                places.push((item.span(), place(line)));
                todo.push((item, found, line));
            }
        }
        places
    }

    /// The only document that can be of the rendered one's kind.
    fn document(&self, rendered: Node<'_>) -> Option<&Branch> {
        let kind = rendered.get("kind")?.text()?;
        let of_kind = self.by_kind.get(kind).into_iter().flatten();
        let mut found = of_kind.chain(&self.of_any_kind);
        let first = found.next()?;
        let is_only = found.all(|other| other == first);
        self.documents.get(*first).filter(|_| is_only)
    }
}

impl Branch {
    /// The lines below it that have this key, where they are few.
    fn of_key(&self, key: &str) -> impl Iterator<Item = &Branch> {
        let lines = self.index.by_key.get(key);
        let few = lines.filter(|lines| lines.len() <= MOST_ALIKE);
        let few = few.into_iter().flatten();
        few.filter_map(|at| self.below.get(*at))
    }

    /// What the line gives, where that is no placeholder.
    fn said(&self) -> &str {
        let text = self.text.split(" #").next().unwrap_or_default().trim();
        text.trim_matches(['"', '\''])
    }

    /// Whether the line gives this value, and not by a placeholder.
    fn says(&self, value: &str) -> bool {
        self.said() == value
    }

    /// With all that is below it.
    fn indexed(mut self) -> Self {
        self.index = Index::of(&self.below);
        self
    }

    /// Whether only rendering shows what the line gives.
    fn is_open(&self) -> bool {
        self.text.contains("{{")
    }

    /// The line that gives an entry: the only one with this key that can have this value.
    fn entry(&self, key: &str, value: Node<'_>) -> Option<&Branch> {
        let of_key = || self.of_key(key);
        match value.text() {
            None => only(of_key()),
            Some(text) => only(of_key().filter(|it| it.says(text)))
                .or_else(|| only(of_key().filter(|it| it.is_open() || it.text.is_empty()))),
        }
    }

    /// The line of a list's element: by its name, or by its place where the list has no others.
    fn item(&self, index: usize, count: usize, item: Node<'_>) -> Option<&Branch> {
        let name = item.get("name").and_then(Node::text);
        let named = name.and_then(|name| match self.index.by_name.get(name)?.as_slice() {
            [only] => self.below.get(*only),
            _ => None,
        });
        let is_other = |it: &&Branch| {
            let mut lines = it.of_key("name");
            lines.any(|it| !it.is_open() && !name.is_some_and(|name| it.says(name)))
        };
        let is_whole = self.index.items.len() == count;
        named.or_else(|| {
            let at = self.index.items.get(index).filter(|_| is_whole)?;
            self.below.get(*at).filter(|it| !is_other(it))
        })
    }
}

impl Open {
    fn document() -> Self {
        Self {
            indent: 0,
            branch: Branch::default(),
        }
    }
}

fn only<'b>(mut branches: impl Iterator<Item = &'b Branch>) -> Option<&'b Branch> {
    let first = branches.next()?;
    branches.next().is_none().then_some(first)
}

fn span(start: usize, end: usize) -> Span {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(narrow(start), narrow(end))
}

/// Whether a `{{` is still open behind the line.
fn ends_in_action(line: &str, in_action: bool) -> bool {
    match (line.rfind("{{"), line.rfind("}}")) {
        (Some(opened), Some(closed)) => opened > closed,
        (Some(_), None) => true,
        (None, Some(_)) => false,
        (None, None) => in_action,
    }
}

/// Closes everything that is open; gives the document.
fn close(open: &mut Vec<Open>) -> Branch {
    while open.len() > 1 {
        fold(open);
    }
    let document = open.pop().map(|it| it.branch).unwrap_or_default();
    document.indexed()
}

/// Closes the innermost branch.
fn fold(open: &mut Vec<Open>) {
    if let Some(closed) = open.pop()
        && let Some(outer) = open.last_mut()
    {
        outer.branch.below.push(closed.branch.indexed());
    }
}

/// Takes in a line: `key: text`, `- key: text` or `- text`.
fn add(open: &mut Vec<Open>, indent: usize, line: &str, span: Span) {
    let item = line.strip_prefix("- ").or((line == "-").then_some(""));
    while open.len() > 1
        && open.last().is_some_and(|last| {
            last.indent > indent
                // A list may stand as far left as its key.
                || last.indent == indent && (item.is_none() || last.branch.key.is_none())
        })
    {
        fold(open);
    }
    let branch = |key, text: &str| Branch {
        key,
        text: text.to_owned(),
        span,
        below: Vec::new(),
        index: Index::default(),
    };
    if let Some(rest) = item {
        let inner = rest.trim_start();
        let shift = line.len() - inner.len();
        open.push(Open {
            indent,
            branch: branch(None, inner),
        });
        if !inner.is_empty() && !inner.starts_with("{{") && key_of(inner).is_some() {
            add(open, indent + shift, inner, span);
        }
    } else if let Some((key, text)) = key_of(line) {
        open.push(Open {
            indent,
            branch: branch(Some(key), text),
        });
    }
}

/// A line's key and what follows it.
fn key_of(line: &str) -> Option<(String, &str)> {
    let (key, text) = line
        .split_once(": ")
        .or_else(|| Some((line.strip_suffix(':')?, "")))?;
    let key = key.trim_matches(['"', '\'']);
    let is_key = !key.is_empty() && !key.contains(['{', '}', ' ', '[', ']']);
    is_key.then(|| (key.to_owned(), text.trim()))
}
