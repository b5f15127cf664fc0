//! From a node and an intent to byte edits that keep everything else: comments, quotes,
//! indentation, the order of keys and line breaks.
//!
//! What cannot be edited so is refused with a reason: a node that an alias stands for, text whose
//! places are not known, comments that would have to go.

mod advice;
mod layout;
mod lines;
mod order;
mod relocate;
mod scalar;
mod value;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::finding::{self, Edit};
use crate::source::{SourceId, Span};
use crate::yaml::{self, Content, Entry, Node, ScalarStyle, Tree};

pub use advice::Advice;
use lines::Lines;
pub use value::Value;
use value::{Layout, spaces};

/// Why nothing can be edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An alias stands for the node or for what holds it, so an edit would change another place.
    #[error("the node is shared through an alias")]
    Shared,
    /// A mapping has the key already.
    #[error("the key is there already")]
    Exists,
    /// Comments, or what stands between the nodes, would be lost.
    #[error("a comment would be lost")]
    Comment,
    /// Whoever asks sees that there is nothing to edit.
    #[error("there is nothing to edit")]
    Moot,
    /// A complex key, a tag, a tab, text of unknown places.
    #[error("it is written in a way that is not edited")]
    Unusual,
}

/// Where in a mapping a new entry goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside<'n> {
    /// Where the documentation of Kubernetes usually has it, else at the end.
    Usual,
    /// After this sibling, where there is one; else as usual.
    After(&'n str),
    /// Before this sibling, where there is one; else as usual.
    Before(&'n str),
}

/// Edits of one intent.
pub type Edits = Result<Vec<Edit>, Refusal>;

/// Edits one document.
#[derive(Clone, Copy, Debug)]
pub struct Editor<'t> {
    source: SourceId,
    lines: Lines<'t>,
    tree: &'t Tree,
    layout: Layout,
}

impl<'t> Editor<'t> {
    /// For a tree of this source.
    ///
    /// # Errors
    /// When the tree was made of text embedded in a scalar; see [`within`](Self::within).
    pub fn new(source: SourceId, tree: &'t Tree) -> Result<Self, Refusal> {
        let lines = Lines::of(tree).ok_or(Refusal::Unusual)?;
        let mut editor = Self {
            source,
            lines,
            tree,
            layout: Layout {
                step: 2,
                indented_sequences: true,
                padded_braces: false,
                json: is_json(tree.root(), lines),
            },
        };
        editor.measure();
        Ok(editor)
    }

    /// Replaces a scalar. It keeps its quotes where it can; text gets quotes where it needs them.
    ///
    /// # Errors
    /// When the node is shared, tagged, or no scalar.
    pub fn set(&self, node: Node<'_>, value: &Value) -> Edits {
        self.check(node)?;
        if node.scalar().is_none() || node.span().is_empty() || self.is_tagged(node) {
            return Err(Refusal::Unusual);
        }
        let text = self.scalar_like(node, value)?;
        Ok(vec![self.edit(node.span().start, node.span().end, text)])
    }

    /// Writes a scalar's text in double quotes as it stands, so that it reads as text: `yes` → `"yes"`.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn quote(&self, node: Node<'_>) -> Edits {
        self.check(node)?;
        let text = node.text().ok_or(Refusal::Unusual)?;
        if node.style() != Some(ScalarStyle::Plain) || self.is_tagged(node) {
            return Err(Refusal::Unusual);
        }
        let text = value::double_quoted(text);
        Ok(vec![self.edit(node.span().start, node.span().end, text)])
    }

    /// Gives a key another name, in the same quotes.
    ///
    /// # Errors
    /// When the mapping has that key already, or is shared.
    pub fn rename(&self, key: Node<'_>, name: &str) -> Edits {
        let mapping = key.parent().ok_or(Refusal::Unusual)?;
        if mapping.entry(name).is_some() {
            return Err(Refusal::Exists);
        }
        self.set(key, &Value::text(name))
    }

    /// Adds an entry where `beside` says.
    ///
    /// # Errors
    /// When the key is there already, or the mapping is shared or unusual.
    pub fn insert(&self, mapping: Node<'_>, key: &str, value: &Value, beside: Beside<'_>) -> Edits {
        self.check(mapping)?;
        if mapping.entry(key).is_some() {
            return Err(Refusal::Exists);
        }
        if !mapping.is_mapping() {
            return Err(Refusal::Unusual);
        }
        let entries: Vec<Entry<'_>> = mapping.written_entries().collect();
        let Some(first) = entries.first() else {
            let value = Value::map([(key, value.clone())]);
            let text = value::flow(&value, self.layout);
            return Ok(vec![self.edit(
                mapping.span().start,
                mapping.span().end,
                text,
            )]);
        };
        if mapping.is_flow() {
            Ok(self.insert_flow(&entries, key, value, beside))
        } else {
            let column = self.column(first.key)?;
            let lines = value::block_entry(key, value, column, self.layout_of(mapping));
            self.insert_lines(&entries, key, lines, beside)
        }
    }

    /// Adds an entry to the mapping at the end of `path` below `mapping`, and what is missing of
    /// that path.
    ///
    /// # Errors
    /// As [`insert`](Self::insert), and when something on the path is not a mapping.
    pub fn insert_at(&self, mapping: Node<'_>, path: &[&str], key: &str, value: Value) -> Edits {
        let Some((first, rest)) = path.split_first() else {
            return match mapping.entry(key) {
                Some(entry) if is_void(entry) && value.is_collection() && !mapping.is_flow() => {
                    self.fill(entry, &value)
                }
                _ => self.insert(mapping, key, &value, Beside::Usual),
            };
        };
        let Some(entry) = mapping.entry(first) else {
            let nested = value.below(rest, key);
            return self.insert(mapping, first, &nested, Beside::Usual);
        };
        if entry.value.is_alias() {
            return Err(Refusal::Shared);
        }
        if is_void(entry) && !mapping.is_flow() {
            let nested = value.below(rest, key);
            return self.fill(entry, &nested);
        }
        self.insert_at(entry.value, rest, key, value)
    }

    /// Gives the field at the end of `path` below `mapping` a value: in the place of the scalar that
    /// is there, else as [`insert_at`](Self::insert_at) does.
    ///
    /// # Errors
    /// Those of [`set`](Self::set) and [`insert_at`](Self::insert_at), and when a collection is there.
    pub fn put(&self, mapping: Node<'_>, path: &[&str], key: &str, value: Value) -> Edits {
        let written = match path {
            [] => mapping.entry(key),
            path => mapping.at(path).and_then(|holder| holder.entry(key)),
        };
        match written {
            None => self.insert_at(mapping, path, key, value),
            Some(entry) if entry.value.span().is_empty() => self.set_void(entry, &value),
            Some(entry) => self.set(entry.value, &value),
        }
    }

    /// Writes a scalar behind a key that has nothing.
    fn set_void(&self, entry: Entry<'_>, value: &Value) -> Edits {
        self.check(entry.key)?;
        let at = self.after_colon(entry);
        let is_behind_key =
            self.lines.start(at) == self.lines.start(entry.key.span().range().start);
        if value.is_collection() || !is_behind_key || entry.value.anchor().is_some() {
            return Err(Refusal::Unusual);
        }
        let text = format!(" {}", value::flow(value, self.layout));
        Ok(vec![self.edit_range(at, at, text)])
    }

    /// Puts a collection in the place of nothing: `annotations:`, `annotations: {}`.
    fn fill(&self, entry: Entry<'_>, value: &Value) -> Edits {
        self.check(entry.value)?;
        let column = self.column(entry.key)?;
        let after_key = self.after_colon(entry);
        let void = entry.value.span();
        let line_end = self.lines.end(void.range().end.max(after_key));
        let between = self
            .lines
            .slice(after_key, void.range().start.max(after_key));
        if self.lines.start(line_end) != self.lines.start(after_key)
            || entry.value.anchor().is_some()
            || between.contains(['#', '!'])
            || self
                .lines
                .slice(void.range().start, void.range().end)
                .contains('#')
        {
            return Err(Refusal::Unusual);
        }
        let mut lines = value::block_entry("x", value, column, self.layout);
        lines.remove(0);
        let mut edits = Vec::new();
        if !void.is_empty() {
            edits.push(self.edit_range(after_key, void.range().end, String::new()));
        }
        edits.push(self.edit_range(line_end, line_end, self.below(&lines)));
        Ok(edits)
    }

    /// Adds a document right behind the one that the editor is for. Comments below that one stay where
    /// they are (`# [END …]` closes a region that the new document belongs to), but for entries that are
    /// commented out directly below its last line.
    ///
    /// # Errors
    /// In JSON files, which hold one, and behind an empty document.
    pub fn append_document(&self, entries: &[(String, Value)]) -> Edits {
        if self.layout.json || self.tree.root().is_flow() {
            return Err(Refusal::Unusual);
        }
        let eol = self.lines.eol;
        let last = self.tree.root().written_entries().last();
        let over = self.entry_over(last.ok_or(Refusal::Unusual)?)?;
        let at = self.lines.end_with_comments_at(over, 0, false);
        let mut added = format!("{eol}---");
        for line in value::block_map(entries, 0, self.layout, "") {
            added.push_str(eol);
            added.push_str(&line);
        }
        if at == self.lines.text().len() {
            added.push_str(eol);
        }
        Ok(vec![self.edit_range(at, at, added)])
    }

    /// Edits the YAML that a scalar holds, such as the annotation `proxy.istio.io/config`; the
    /// scalar keeps its style where it can. `work` gets an editor of that text and its root.
    ///
    /// # Errors
    /// Those of `work`, and when the scalar is shared or holds no single mapping.
    pub fn within(
        &self,
        scalar: Node<'_>,
        work: impl FnOnce(&Editor<'_>, Node<'_>) -> Edits,
    ) -> Edits {
        self.check(scalar)?;
        let text = scalar.text().ok_or(Refusal::Unusual)?;
        let stream = yaml::parse(&Arc::from(text));
        let [document] = stream.documents.as_slice() else {
            return Err(Refusal::Unusual);
        };
        let Content::Tree(tree) = &document.content else {
            return Err(Refusal::Unusual);
        };
        let editor = Editor::new(self.source, tree)?;
        let edits = work(&editor, tree.root())?;
        let changed = finding::apply(text, &edits).ok_or(Refusal::Unusual)?;
        self.set(scalar, &Value::Text(changed))
    }

    fn insert_flow(
        &self,
        entries: &[Entry<'_>],
        key: &str,
        value: &Value,
        beside: Beside<'_>,
    ) -> Vec<Edit> {
        let place = place(entries, key, beside);
        let (Place::After(entry) | Place::Before(entry)) = place;
        let start = entry.key.span().range().start;
        let indent = self.lines.prefix(start);
        if !indent.trim_matches([' ', '\t']).is_empty() {
            let text = self.flow_entry(key, value);
            return vec![match place {
                Place::Before(_) => self.edit_range(start, start, format!("{text}, ")),
                Place::After(_) => {
                    let at = self.entry_end(entry);
                    self.edit_range(at, at, format!(", {text}"))
                }
            }];
        }
        let step = if indent.contains('\t') {
            "\t".to_owned()
        } else {
            spaces(self.layout.step)
        };
        let lines = value::pretty(value, indent, &step, self.layout);
        let key = value::flow_text(key, self.layout.json);
        let text = format!("{indent}{key}: {}", lines.join(self.lines.eol));
        let eol = self.lines.eol;
        let at = match place {
            Place::Before(_) => self.lines.start_with_comments(start),
            Place::After(_) => self.entry_end(entry),
        };
        if let Place::Before(_) = place {
            return vec![self.edit_range(at, at, format!("{text},{eol}"))];
        }
        // A comment behind an entry speaks of that entry.
        let line_end = self.lines.end(at);
        let rest = self.lines.slice(at, line_end).trim_start();
        let behind_comma = rest.strip_prefix(',').map(str::trim_start);
        if behind_comma.is_some_and(|rest| rest.starts_with('#')) {
            return vec![self.edit_range(line_end, line_end, format!("{eol}{text},"))];
        }
        if rest.starts_with('#') {
            return vec![
                self.edit_range(at, at, ",".to_owned()),
                self.edit_range(line_end, line_end, format!("{eol}{text}")),
            ];
        }
        vec![self.edit_range(at, at, format!(",{eol}{text}"))]
    }

    fn flow_entry(&self, key: &str, value: &Value) -> String {
        let key = value::flow_text(key, self.layout.json);
        format!("{key}: {}", value::flow(value, self.layout))
    }

    /// Inserts lines, the first without its indentation, as an entry of a block mapping.
    fn insert_lines(
        &self,
        entries: &[Entry<'_>],
        key: &str,
        mut lines: Vec<String>,
        beside: Beside<'_>,
    ) -> Edits {
        let place = place(entries, key, beside);
        let (Place::After(entry) | Place::Before(entry)) = place;
        let column = self.column(entry.key)?;
        if let Place::After(_) = place {
            if let Some(first) = lines.first_mut() {
                first.insert_str(0, &spaces(column));
            }
            let is_last = entries
                .last()
                .is_some_and(|last| last.key.id() == entry.key.id());
            let at = self.behind(entry, is_last)?;
            return Ok(vec![self.edit_range(at, at, self.below(&lines))]);
        }
        let start = entry.key.span().range().start;
        let gap = spaces(column);
        let (at, text) = if self.lines.is_first(start) {
            if let Some(first) = lines.first_mut() {
                first.insert_str(0, &gap);
            }
            let text = lines.join(self.lines.eol) + self.lines.eol;
            (self.lines.start_with_comments(start), text)
        } else {
            (start, lines.join(self.lines.eol) + self.lines.eol + &gap)
        };
        Ok(vec![self.edit_range(at, at, text)])
    }

    /// The end of the line on which a block entry, with the comments that belong to it, is over.
    fn entry_over(&self, entry: Entry<'_>) -> Result<usize, Refusal> {
        let column = self.column(entry.key)?;
        let end = self.entry_end(entry);
        let keep = ends_in_empty_lines(entry.value);
        Ok(self.lines.end_with_comments(end, column, keep))
    }

    /// Where an entry may follow a block entry: behind the comments that belong to it, the items that are
    /// commented out of its list and, where nothing else follows in the mapping, the entries that are
    /// commented out behind it.
    fn behind(&self, entry: Entry<'_>, is_last: bool) -> Result<usize, Refusal> {
        let over = self.entry_over(entry)?;
        let column = self.column(entry.key)?;
        let value = entry.value;
        let holds_items = value.is_sequence() && !value.is_flow() && !value.is_alias();
        let items = if holds_items {
            self.lines.end_with_items(over, column)
        } else {
            over
        };
        Ok(if is_last {
            // What stands at the margin may speak of all of the document.
            self.lines.end_with_comments_at(items, column, column > 0)
        } else {
            items
        })
    }

    /// The first byte after an entry's key, colon and value.
    fn entry_end(&self, entry: Entry<'_>) -> usize {
        let end = entry.value.span().range().end;
        if entry.value.span().is_empty() {
            end.max(self.after_colon(entry))
        } else {
            end
        }
    }

    /// The first byte after an entry's colon.
    fn after_colon(&self, entry: Entry<'_>) -> usize {
        let end = entry.key.span().range().end;
        let rest = self.lines.slice(end, self.lines.end(end));
        let blanks = rest.len() - rest.trim_start().len();
        if rest.trim_start().starts_with(':') {
            end + blanks + 1
        } else {
            end
        }
    }

    /// The column of a block mapping's key.
    fn column(&self, key: Node<'_>) -> Result<usize, Refusal> {
        let prefix = self.lines.prefix(key.span().range().start);
        let prefix = prefix.strip_prefix('\u{feff}').unwrap_or(prefix);
        let plain = prefix.bytes().all(|byte| matches!(byte, b' ' | b'-'));
        plain.then_some(prefix.len()).ok_or(Refusal::Unusual)
    }

    fn below(&self, lines: &[String]) -> String {
        lines.iter().fold(String::new(), |mut text, line| {
            text.push_str(self.lines.eol);
            text.push_str(line);
            text
        })
    }

    fn edit(&self, start: u32, end: u32, text: String) -> Edit {
        Edit {
            source: self.source,
            span: Span::new(start, end),
            text,
        }
    }

    /// Texts over 4 GiB are never read, so a `usize` offset always fits.
    fn edit_range(&self, start: usize, end: usize, text: String) -> Edit {
        let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
        self.edit(offset(start), offset(end), text)
    }

    /// Refuses what aliases stand for, and the aliases.
    fn check(&self, node: Node<'_>) -> Result<(), Refusal> {
        if node.is_alias() {
            return Err(Refusal::Shared);
        }
        let mut holder = Some(node);
        while let Some(node) = holder {
            if node.anchor().is_some() && self.tree.is_aliased(node) {
                return Err(Refusal::Shared);
            }
            holder = node.parent();
        }
        Ok(())
    }

    fn is_tagged(&self, node: Node<'_>) -> bool {
        /// Bytes: a tag stands near what it is of.
        const NEAR: usize = 200;
        let at = node.span().range().start;
        let from = self.lines.start(at).max(at.saturating_sub(NEAR));
        let near = (from..=at).find_map(|from| self.lines.text().get(from..at));
        let mut words = near.unwrap_or_default().split_whitespace().rev();
        words.by_ref().take(2).any(|word| word.starts_with('!'))
    }
}

/// Whether a key has nothing: no value, null or an empty collection.
fn is_void(entry: Entry<'_>) -> bool {
    let value = entry.value;
    let is_empty = value.written_entries().next().is_none() && value.items().next().is_none();
    value.is_null() || value.is_flow() && is_empty
}

/// Keys, values and items as written; none of an alias.
fn children(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let own = (!node.is_alias()).then_some(node).into_iter();
    own.flat_map(|node| {
        let entries = node
            .written_entries()
            .flat_map(|entry| [entry.key, entry.value]);
        entries.chain(node.items())
    })
}

/// Whether an alias below `from` stands for `target`.
/// Where a new entry goes.
#[derive(Clone, Copy)]
enum Place<'t> {
    After(Entry<'t>),
    Before(Entry<'t>),
}

/// # Panics
/// Never: `entries` has at least one.
#[expect(
    clippy::indexing_slicing,
    reason = "a mapping without entries has no place in it"
)]
fn place<'t>(entries: &[Entry<'t>], key: &str, beside: Beside<'_>) -> Place<'t> {
    let names: Vec<&str> = entries.iter().map(|entry| entry.key.key_text()).collect();
    let position = |name: &str| names.iter().position(|found| *found == name);
    let (before, behind) = order::neighbours(key, &names);
    let asked = match beside {
        Beside::After(name) => position(name).map(|at| Place::After(entries[at])),
        Beside::Before(name) => position(name).map(|at| Place::Before(entries[at])),
        Beside::Usual => None,
    };
    if let Some(place) = asked {
        return place;
    }
    if let Some(at) = order::follower(key).and_then(position) {
        return Place::Before(entries[at]);
    }
    let predecessor = before.iter().copied().find_map(position);
    if let Some(at) = predecessor {
        let found = names[at];
        let together = names
            .iter()
            .rposition(|name| order::stand_together(name, found));
        if let Some(last) = together {
            return Place::After(entries[last]);
        }
        let last = names.iter().rposition(|name| before.contains(name));
        let last = last.filter(|_| order::comes_last(key));
        return Place::After(entries[last.unwrap_or(at)]);
    }
    match behind.into_iter().find_map(position) {
        Some(at) => Place::Before(entries[at]),
        None => Place::After(entries[entries.len() - 1]),
    }
}

/// Whether a value ends in a block scalar that keeps its empty lines (`|+`).
fn ends_in_empty_lines(value: Node<'_>) -> bool {
    if value.is_alias() {
        return false;
    }
    let Some(last) = children(value).last() else {
        let is_block = matches!(
            value.style(),
            Some(ScalarStyle::Literal | ScalarStyle::Folded)
        );
        return is_block
            && value
                .text()
                .is_some_and(|text| text.ends_with("\n\n") || text == "\n");
    };
    ends_in_empty_lines(last)
}

/// Whether a tree is written as JSON: flow style and the first key in double quotes.
fn is_json(root: Node<'_>, lines: Lines<'_>) -> bool {
    let first = root.written_entries().next();
    root.is_flow()
        && first.is_some_and(|entry| {
            lines.text().as_bytes().get(entry.key.span().range().start) == Some(&b'"')
        })
}
