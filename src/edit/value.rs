//! What is written anew, in the style of its surroundings.

use crate::yaml::{Node, Scalar, ScalarStyle, is_plain_text};

/// A value to write.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text, quoted where it needs that.
    Text(String),
    /// Text of several lines, as a literal block (`|`) where the surroundings allow one.
    Literal(String),
    /// YAML as text: as [`Literal`](Self::Literal), and without its last line break where it stands on
    /// one line.
    Embedded(String),
    /// A whole number.
    Int(i64),
    /// `true` or `false`.
    Bool(bool),
    /// What only a person knows, by what it is: `<path>`.
    Blank(String),
    /// A scalar as it is written elsewhere in the same document.
    Written(String),
    /// A mapping.
    Map(Vec<(String, Value)>),
    /// A sequence.
    List(Vec<Value>),
    /// A collection that is written in flow style (`{…}`, `[…]`) everywhere.
    Flow(Box<Value>),
}

impl Value {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A whole number; what does not fit is the greatest that does.
    pub fn int(number: impl TryInto<i64>) -> Self {
        Self::Int(number.try_into().unwrap_or(i64::MAX))
    }

    /// A mapping.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key.into(), value))
                .collect(),
        )
    }

    /// What only a person knows, by what it is; of what holds one, no fix is made.
    pub fn blank(what: impl Into<String>) -> Self {
        Self::Blank(what.into())
    }

    /// Whether a person has nothing to fill in.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Blank(_) => false,
            Self::Map(entries) => entries.iter().all(|(_, value)| value.is_whole()),
            Self::List(items) => items.iter().all(Self::is_whole),
            Self::Flow(value) => value.is_whole(),
            _ => true,
        }
    }

    /// Whether it is a mapping or a sequence.
    pub(super) fn is_collection(&self) -> bool {
        matches!(self, Self::Map(_) | Self::List(_) | Self::Flow(_))
    }

    /// A mapping that has it under `key`, in a mapping for each key of `path`.
    pub(super) fn below(self, path: &[&str], key: &str) -> Self {
        let innermost = Self::map([(key, self)]);
        path.iter()
            .rev()
            .fold(innermost, |inner, name| Self::map([(*name, inner)]))
    }

    /// A mapping as YAML in block style.
    fn block(entries: &[(String, Value)]) -> String {
        let layout = Layout {
            step: 2,
            indented_sequences: true,
            padded_braces: false,
            json: false,
        };
        block_map(entries, 0, layout, "").join("\n")
    }

    /// A mapping as YAML in a literal block, such as the annotation `proxy.istio.io/config` holds.
    pub fn embedded(entries: &[(String, Value)]) -> Self {
        Self::Embedded(Self::block(entries) + "\n")
    }

    /// What a node holds: scalars keep their quotes and flow collections their style; comments and
    /// anchors stay where they are, and aliases are followed.
    pub fn copy_of(node: Node<'_>) -> Self {
        let node = node.resolved();
        if let Some(written) = written_flow(node) {
            return Self::Written(written);
        }
        let value = if node.is_mapping() {
            Self::map(
                node.entries()
                    .map(|entry| (entry.key.key_text(), Self::copy_of(entry.value))),
            )
        } else if node.is_sequence() {
            Self::List(node.items().map(Self::copy_of).collect())
        } else {
            return Self::copy_of_scalar(node);
        };
        if node.is_flow() {
            Self::Flow(Box::new(value))
        } else {
            value
        }
    }

    fn copy_of_scalar(node: Node<'_>) -> Self {
        let Some(text) = node.text() else {
            return Self::Written("null".to_owned());
        };
        let written = node
            .tree()
            .file_text()
            .and_then(|file| file.get(node.span().range()))
            .filter(|written| !written.contains(['\n', '\r']));
        match (node.style(), written) {
            (Some(ScalarStyle::Literal), _) => Self::Literal(text.to_owned()),
            (Some(ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted), Some(written)) => {
                Self::Written(written.to_owned())
            }
            (Some(ScalarStyle::Plain), Some(written))
                if is_plain_text(text, true)
                    || !written.contains([',', '[', ']', '{', '}'])
                    || !matches!(node.scalar(), Some(Scalar::Text(_))) =>
            {
                Self::Written(written.to_owned())
            }
            _ => Self::text(text),
        }
    }
}

/// A flow collection on one line, as it stands; not where it names or shares anything.
fn written_flow(node: Node<'_>) -> Option<String> {
    let written = node.tree().file_text()?.get(node.span().range())?;
    let is_plain = node.is_flow() && !written.contains(['\n', '\r', '&', '*', '!']);
    is_plain.then(|| written.to_owned())
}

/// How a document is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// How many columns deeper a nested mapping stands.
    pub(super) step: usize,
    /// Whether the dashes of a sequence stand deeper than its key.
    pub(super) indented_sequences: bool,
    /// Whether there are blanks inside braces: `{ a: 1 }`.
    pub(super) padded_braces: bool,
    /// Whether it is JSON: text and keys in double quotes.
    pub(super) json: bool,
}

/// The lines of `key: value` in block style; the first without its indentation.
pub(super) fn block_entry(key: &str, value: &Value, indent: usize, layout: Layout) -> Vec<String> {
    let key = flow_text(key, layout.json);
    let deeper = indent + layout.step;
    match value {
        Value::Map(entries) if !entries.is_empty() => {
            let mut lines = vec![format!("{key}:")];
            lines.extend(block_map(entries, deeper, layout, &spaces(deeper)));
            lines
        }
        Value::List(items) if !items.is_empty() => {
            let dash = if layout.indented_sequences {
                indent + layout.step
            } else {
                indent
            };
            let mut lines = vec![format!("{key}:")];
            for item in items {
                lines.extend(block_item(item, dash, layout));
            }
            lines
        }
        Value::Literal(text) | Value::Embedded(text) if is_literal(text) => {
            // An odd step is a slip of some mapping, and nothing has to line up with a block's text.
            let step = if layout.step.is_multiple_of(2) {
                layout.step
            } else {
                2
            };
            let mut lines = vec![format!("{key}: |{}", chomping(text))];
            lines.extend(literal_lines(text, &spaces(indent + step)));
            lines
        }
        value => vec![format!("{key}: {}", block_scalar(value, layout))],
    }
}

/// On one line, in a block collection.
fn block_scalar(value: &Value, layout: Layout) -> String {
    match value {
        Value::Text(text) if !layout.json && is_plain_text(text, false) => text.clone(),
        value => flow(value, layout),
    }
}

/// The lines of a mapping; `lead` comes before its first key.
pub(super) fn block_map(
    entries: &[(String, Value)],
    indent: usize,
    layout: Layout,
    lead: &str,
) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, value) in entries {
        let mut entry = block_entry(key, value, indent, layout);
        if let Some(first) = entry.first_mut() {
            let before = if lines.is_empty() {
                lead.to_owned()
            } else {
                spaces(indent)
            };
            first.insert_str(0, &before);
        }
        lines.extend(entry);
    }
    lines
}

fn block_item(item: &Value, dash: usize, layout: Layout) -> Vec<String> {
    let lead = format!("{}- ", spaces(dash));
    match item {
        Value::Map(entries) if !entries.is_empty() => block_map(entries, dash + 2, layout, &lead),
        item => vec![format!("{lead}{}", block_scalar(item, layout))],
    }
}

/// On one line, in a flow collection.
pub(super) fn flow(value: &Value, layout: Layout) -> String {
    let json = layout.json;
    match value {
        Value::Text(text) | Value::Literal(text) => flow_text(text, json),
        Value::Embedded(text) => flow_text(text.trim_end(), json),
        Value::Int(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Written(written) => written.clone(),
        Value::Blank(what) => format!("<{what}>"),
        Value::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", flow_text(key, json), flow(value, layout)))
                .collect();
            let gap = if layout.padded_braces && !entries.is_empty() {
                " "
            } else {
                ""
            };
            format!("{{{gap}{}{gap}}}", entries.join(", "))
        }
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| flow(item, layout)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Flow(value) => flow(value, layout),
    }
}

/// Over several lines, as JSON is pretty-printed; lines after the first with their indentation, which
/// grows by `step` from `indent` on.
pub(super) fn pretty(value: &Value, indent: &str, step: &str, layout: Layout) -> Vec<String> {
    let deeper = &format!("{indent}{step}");
    let (open, close, parts): (_, _, Vec<Vec<String>>) = match value {
        Value::Map(entries) if !entries.is_empty() => {
            let entry = |(key, value): &(String, Value)| {
                let mut lines = pretty(value, deeper, step, layout);
                if let Some(first) = lines.first_mut() {
                    first.insert_str(0, &format!("{}: ", flow_text(key, layout.json)));
                }
                lines
            };
            ("{", "}", entries.iter().map(entry).collect())
        }
        Value::List(items) if !items.is_empty() => {
            let item = |item| pretty(item, deeper, step, layout);
            ("[", "]", items.iter().map(item).collect())
        }
        Value::Flow(value) => return pretty(value, indent, step, layout),
        value => return vec![flow(value, layout)],
    };
    let mut lines = vec![open.to_owned()];
    let last = parts.len() - 1;
    for (at, mut part) in parts.into_iter().enumerate() {
        if let Some(first) = part.first_mut() {
            first.insert_str(0, deeper);
        }
        if let (Some(end), true) = (part.last_mut(), at < last) {
            end.push(',');
        }
        lines.extend(part);
    }
    lines.push(format!("{indent}{close}"));
    lines
}

/// Text without quotes where it stays text so in a flow collection, else in double quotes.
pub(super) fn flow_text(text: &str, json: bool) -> String {
    if !json && is_plain_text(text, true) {
        text.to_owned()
    } else {
        double_quoted(text)
    }
}

/// JSON's escapes are YAML's too.
pub(super) fn double_quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether a literal block can hold a text without more than a chomping indicator.
pub(super) fn is_literal(text: &str) -> bool {
    let printable = |c: char| c == '\n' || c == '\t' || !c.is_control() && c != '\u{feff}';
    text.chars().all(printable)
        && text.trim_end_matches('\n').len() + 1 >= text.len()
        && !text.starts_with([' ', '\t', '\n'])
        && !text.is_empty()
}

pub(super) fn chomping(text: &str) -> &'static str {
    if text.ends_with('\n') { "" } else { "-" }
}

/// A literal block's lines; empty lines stay empty.
pub(super) fn literal_lines(text: &str, indent: &str) -> Vec<String> {
    let line = |line: &str| match line {
        "" => String::new(),
        line => format!("{indent}{line}"),
    };
    text.lines().map(line).collect()
}

pub(super) fn spaces(count: usize) -> String {
    " ".repeat(count)
}
