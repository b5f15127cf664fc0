//! Taking entries away and moving them.

use super::value::{self, Value};
use super::{Editor, Edits, Refusal, children};
use crate::finding::Edit;
use crate::source::Span;
use crate::yaml::{Entry, Node};

impl Editor<'_> {
    /// Removes an entry with the comments directly above it and on its lines. With the only entry
    /// of a mapping goes the entry that holds that mapping.
    ///
    /// # Errors
    /// When the mapping is shared, an alias stands for a part of it, or other comments would go.
    pub fn remove(&self, entry: Entry<'_>) -> Edits {
        let entry = outermost(entry)?;
        self.check(entry.key)?;
        if self.holds_shared(entry.value) {
            return Err(Refusal::Shared);
        }
        let mapping = entry.key.parent().ok_or(Refusal::Unusual)?;
        let (start, end) = if mapping.is_flow() {
            self.flow_range(mapping, entry)?
        } else {
            self.block_range(entry)?
        };
        Ok(vec![self.edit_range(start, end, String::new())])
    }

    /// Removes an entry that carries no comment of its own.
    ///
    /// # Errors
    /// As [`remove`](Self::remove), and where a comment would go with the entry.
    pub fn remove_uncommented(&self, entry: Entry<'_>) -> Edits {
        let edits = self.remove(entry)?;
        let comments = self.tree.comments();
        let is_lost = |edit: &Edit| comments.iter().any(|it| edit.span.contains(it.span));
        if edits.iter().any(is_lost) {
            return Err(Refusal::Comment);
        }
        Ok(edits)
    }

    /// Puts another entry in the place of one, on the same lines.
    ///
    /// # Errors
    /// When the mapping has that key already or is shared, an alias stands for a part of the entry,
    /// or comments inside the entry would go.
    pub fn replace(&self, entry: Entry<'_>, key: &str, value: &Value) -> Edits {
        self.check(entry.key)?;
        let mapping = entry.key.parent().ok_or(Refusal::Unusual)?;
        if self.holds_shared(entry.value) {
            return Err(Refusal::Shared);
        }
        if key != entry.key.key_text() && mapping.entry(key).is_some() {
            return Err(Refusal::Exists);
        }
        let start = entry.key.span().range().start;
        let mut end = self.entry_end(entry);
        let is_lost = |start_of: u32| (start..end).contains(&(start_of as usize));
        if self.tree.comments().iter().any(|it| is_lost(it.span.start)) {
            return Err(Refusal::Comment);
        }
        let text = if mapping.is_flow() {
            self.flow_entry(key, value)
        } else {
            let column = self.column(entry.key)?;
            let mut lines = value::block_entry(key, value, column, self.layout);
            if let (Value::Literal(_) | Value::Embedded(_), Some(header)) =
                (value, lines.first_mut())
            {
                // Behind the block, a comment would be a part of it.
                let line_end = self.lines.end(end);
                header.push_str(self.lines.slice(end, line_end));
                end = line_end;
            }
            lines.join(self.lines.eol)
        };
        Ok(vec![self.edit_range(start, end, text)])
    }

    /// Moves an entry to the mapping at the end of `path` below `target`, under the name `key`.
    /// Comments directly above it and behind it come along.
    ///
    /// # Errors
    /// Those of [`remove`](Self::remove) and [`insert_at`](Self::insert_at), and when the value has
    /// comments inside that a rewritten value would lose.
    pub fn relocate(&self, entry: Entry<'_>, target: Node<'_>, path: &[&str], key: &str) -> Edits {
        let value = Value::copy_of(entry.value);
        if let Some((first, rest)) = path.split_first()
            && entry.key.parent().map(Node::id) == Some(target.id())
            && target.entry(first).is_none()
        {
            return self.replace(entry, first, &value.below(rest, key));
        }
        let mut edits = self.remove(entry)?;
        let Some(removal) = edits.pop() else {
            return Err(Refusal::Unusual);
        };
        if entry.value.is_alias() || entry.value.anchor().is_some() {
            return Err(Refusal::Shared);
        }
        let lost = self
            .tree
            .comments()
            .iter()
            .any(|comment| removal.span.contains(comment.span));
        let mut inserted = self.insert_at(target, path, key, value)?;
        if lost {
            self.carry_comments(entry, &removal, &mut inserted)?;
        }
        let is_inside =
            |edit: &Edit| removal.span.start < edit.span.start && edit.span.end < removal.span.end;
        match inserted.as_mut_slice() {
            // Below the entry that goes: in its place, then.
            [one] if is_inside(one) && one.text.starts_with(self.lines.eol) => {
                one.span = removal.span;
                one.text = one.text.split_off(self.lines.eol.len()) + self.lines.eol;
            }
            edits if edits.iter().any(is_inside) => return Err(Refusal::Unusual),
            _ => inserted.push(removal),
        }
        Ok(inserted)
    }

    /// Puts the comments of a moved scalar entry around it at its new place.
    fn carry_comments(
        &self,
        entry: Entry<'_>,
        removal: &Edit,
        inserted: &mut [Edit],
    ) -> Result<(), Refusal> {
        let [one] = inserted else {
            return Err(Refusal::Comment);
        };
        let key = entry.key.span().range().start;
        let (above, end) = (self.lines.start_with_comments(key), self.entry_end(entry));
        let own = above..self.lines.end(end);
        let is_strange =
            |comment: Span| removal.span.contains(comment) && !own.contains(&comment.range().start);
        let eol = self.lines.eol;
        let is_behind = one.text.starts_with(eol);
        let mut lines: Vec<&str> = one.text.trim_matches(['\r', '\n']).split(eol).collect();
        // Whole lines, of which the last is the entry.
        let is_plain_case = self.lines.is_first(key)
            && children(entry.value).next().is_none()
            && !self.tree.comments().iter().any(|it| is_strange(it.span))
            && (is_behind || one.text.ends_with(eol));
        let (true, Some(line)) = (is_plain_case, lines.pop()) else {
            return Err(Refusal::Comment);
        };
        let indent = value::spaces(line.len() - line.trim_start().len());
        let comments = self.lines.slice(above, self.lines.start(key)).lines();
        let comments = comments.map(|comment| format!("{indent}{}", comment.trim()));
        let mut dressed: Vec<String> = lines.into_iter().map(str::to_owned).collect();
        dressed.extend(comments);
        dressed.push(line.to_owned() + self.lines.slice(end, self.lines.end(end)));
        let text = dressed.join(eol);
        one.text = if is_behind {
            format!("{eol}{text}")
        } else {
            format!("{text}{eol}")
        };
        Ok(())
    }

    /// Whether an alias elsewhere stands for something below.
    fn holds_shared(&self, node: Node<'_>) -> bool {
        let shared = node.anchor().is_some() && self.tree.is_aliased(node);
        shared || children(node).any(|child| self.holds_shared(child))
    }

    /// Whether a value ends in a block scalar that keeps its empty lines (`|+`).
    fn keeps_empty_lines(&self, value: Node<'_>) -> bool {
        if let Some(last) = children(value).last() {
            return self.keeps_empty_lines(last);
        }
        let span = value.span().range();
        let header = self.lines.slice(span.start, self.lines.end(span.start));
        let header = header.split_whitespace().next().unwrap_or_default();
        header.starts_with(['|', '>']) && header.contains('+')
    }

    fn flow_range(&self, mapping: Node<'_>, entry: Entry<'_>) -> Result<(usize, usize), Refusal> {
        let entries: Vec<Entry<'_>> = mapping.written_entries().collect();
        let at = entries.iter().position(|it| it.key.id() == entry.key.id());
        let at = at.ok_or(Refusal::Unusual)?;
        let start = entry.key.span().range().start;
        let before = at.checked_sub(1).and_then(|at| entries.get(at));
        let range = match (entries.get(at + 1), before) {
            (Some(next), _) => (start, next.key.span().range().start),
            (None, Some(before)) => (self.entry_end(*before), self.entry_end(entry)),
            (None, None) => return Err(Refusal::Unusual),
        };
        let holds = |start: u32, end: u32| start as usize >= range.0 && end as usize <= range.1;
        let comments = self.tree.comments();
        if comments.iter().any(|it| holds(it.span.start, it.span.end)) {
            return Err(Refusal::Comment);
        }
        Ok(range)
    }

    fn block_range(&self, entry: Entry<'_>) -> Result<(usize, usize), Refusal> {
        self.column(entry.key)?;
        let key = entry.key.span().range().start;
        // Beside a dash, the next entry would have to move up.
        if !self.lines.is_first(key) {
            return Err(Refusal::Unusual);
        }
        let start = self.lines.start_with_comments(key);
        let over = self.entry_over(entry)?;
        let end = self.lines.next(over);
        if end == over && start > 0 {
            // The last line has no break: the one before loses its own.
            let before = start - 1;
            let carriage = self.lines.slice(0, before).ends_with('\r');
            return Ok((before - usize::from(carriage), end));
        }
        // The empty lines below would become a part of the block above.
        let mapping = entry.key.parent().ok_or(Refusal::Unusual)?;
        let above = mapping
            .written_entries()
            .take_while(|it| it.key.id() != entry.key.id())
            .last();
        if above.is_some_and(|it| self.keeps_empty_lines(it.value)) && self.lines.is_blank(end) {
            return Err(Refusal::Unusual);
        }
        Ok((start, end))
    }
}

/// The entry itself, or the one above that would be left without any.
fn outermost(entry: Entry<'_>) -> Result<Entry<'_>, Refusal> {
    let mapping = entry.key.parent().ok_or(Refusal::Unusual)?;
    if mapping.written_entries().nth(1).is_some() {
        return Ok(entry);
    }
    let outer = mapping.parent().ok_or(Refusal::Unusual)?;
    let holder = outer
        .written_entries()
        .find(|holder| holder.value.id() == mapping.id())
        .ok_or(Refusal::Unusual)?;
    outermost(holder)
}
