//! Reading a node as a typed value.

mod access;
mod error;
mod reader;

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use super::tree::{Node, NodeId};
use error::ReadError;
use reader::Reader;

/// What the caller knows of types that serde does not: enum values, formats, substitutes.
pub trait Check {
    /// Called for every field of a struct that is present and not null, with the names serde knows
    /// them by (`Container`, `imagePullPolicy`). An answer makes the value an [`IssueKind::Invalid`]
    /// with that text and sets it aside.
    fn field(&self, structure: &'static str, field: &str, value: Node<'_>) -> Option<String>;

    /// Called for every newtype struct (`Quantity`, our own `Duration`) before its value is read.
    fn newtype(&self, name: &'static str, value: Node<'_>) -> Option<String>;

    /// Whether a value stands for something filled in later (`${REPLICAS}`): it is set aside
    /// without an issue where its type does not fit.
    fn placeholder(&self, value: Node<'_>) -> bool;

    /// A text to read instead of a scalar's own (the canonical `apiVersion` of an object that is
    /// written with another served or removed version).
    fn substitute(&self, value: Node<'_>) -> Option<&'static str>;
}

/// Something about a node that did not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The value that does not fit, or the key that is not known.
    pub node: NodeId,
    /// What is wrong.
    pub kind: IssueKind,
}

/// What did not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueKind {
    /// A wrong type or form: `expected an integer, found the string "3"`.
    Invalid {
        /// What was expected and found.
        message: String,
        /// Whether the value is read all the same, as what it is plainly meant for: the source text as a
        /// string, the text in quotes as a number or boolean.
        kept: bool,
    },
    /// A key that the struct does not have.
    UnknownField {
        /// The struct, as serde knows it.
        structure: &'static str,
        /// The keys it has.
        known: &'static [&'static str],
    },
}

/// A typed value and what was set aside to get it.
#[derive(Debug)]
pub struct Reading<T> {
    /// The value; fields that were set aside are absent, list elements that were are their type's
    /// zero value.
    pub value: T,
    /// In the order of the text.
    pub issues: Vec<Issue>,
    /// Values that are unknown: set aside as invalid, or placeholders. Sorted.
    pub unknown: Vec<NodeId>,
    /// Each mapping that was read as a struct, with the struct's name as serde knows it, outer ones
    /// first: what checks of whole mappings go by.
    pub structures: Vec<(&'static str, NodeId)>,
}

/// Values that may be set aside in one reading.
const MAX_SET_ASIDE: usize = 100;

/// Reads a node as a `T`. A value that does not fit is set aside and the node is read again, so
/// one wrong field does not hide the rest. `None` when the node cannot be read even so (it is no
/// mapping, or the budget of set-aside values is spent); the issues then say why.
pub fn read<T: DeserializeOwned>(node: Node<'_>, check: &dyn Check) -> Reading<Option<T>> {
    let mut pass = Pass::new(check);
    let mut invalid = Vec::new();
    let value = loop {
        pass.issues.get_mut().clear();
        pass.structures.get_mut().clear();
        let error = match T::deserialize(Reader::new(node, &pass)) {
            Ok(value) => break Some(value),
            Err(error) => error,
        };
        if !pass.set_aside(node, &error, &mut invalid) {
            break None;
        }
    };
    pass.finish(node, value, invalid)
}

/// What one reading knows while it runs.
struct Pass<'c> {
    check: &'c dyn Check,
    /// Values that behave as null.
    mask: BTreeSet<NodeId>,
    /// What this pass found that does not stop it.
    issues: RefCell<Vec<Issue>>,
    /// Texts that are placeholders.
    placeholders: RefCell<BTreeSet<NodeId>>,
    /// Mappings that were read as structs.
    structures: RefCell<Vec<(&'static str, NodeId)>>,
}

impl<'c> Pass<'c> {
    fn new(check: &'c dyn Check) -> Self {
        Self {
            check,
            mask: BTreeSet::new(),
            issues: RefCell::default(),
            placeholders: RefCell::default(),
            structures: RefCell::default(),
        }
    }

    fn is_masked(&self, node: Node<'_>) -> bool {
        !self.mask.is_empty() && self.mask.contains(&node.id())
    }

    fn is_placeholder(&self, node: Node<'_>) -> bool {
        self.check.placeholder(node)
    }

    fn report(&self, node: Node<'_>, kind: IssueKind) {
        let node = node.id();
        self.issues.borrow_mut().push(Issue { node, kind });
    }

    /// Masks the innermost node of an error that is not masked yet. False when there is none but
    /// the root, or when the budget is spent.
    fn set_aside(&mut self, root: Node<'_>, error: &ReadError, invalid: &mut Vec<Issue>) -> bool {
        let innermost = error.trail.first().copied().unwrap_or(root.id());
        let unmasked = error.trail.iter().find(|node| !self.mask.contains(node));
        let chosen = unmasked.copied().unwrap_or(root.id());
        // Where a value cannot even be null, what holds it goes too, without a word of its own.
        let silent = chosen != innermost && self.mask.contains(&innermost)
            || self.is_placeholder(root.tree().node(chosen));
        if !silent {
            invalid.push(Issue {
                node: chosen,
                kind: IssueKind::Invalid {
                    message: error.message.clone(),
                    kept: false,
                },
            });
        }
        chosen != root.id() && self.mask.len() < MAX_SET_ASIDE && self.mask.insert(chosen)
    }

    fn finish<T>(self, root: Node<'_>, value: T, invalid: Vec<Issue>) -> Reading<T> {
        let mut issues = self.issues.into_inner();
        issues.extend(invalid);
        // Keys and values are numbered in the order of the text.
        issues.sort_by_key(|issue| (root.tree().node(issue.node).span().start, issue.node));
        // An alias shows the same value again.
        issues.dedup();
        let mut unknown = self.mask;
        unknown.extend(self.placeholders.into_inner());
        Reading {
            value,
            issues,
            unknown: unknown.into_iter().collect(),
            structures: self.structures.into_inner(),
        }
    }
}

#[cfg(test)]
mod tests;
