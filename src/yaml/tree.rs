//! The arena tree.

use std::borrow::Cow;
use std::sync::Arc;

use super::builder::Expansion;
use super::children::{Entries, Links, Written};
use super::find::{self, LongMappings};
use super::lines;
use super::path;
use super::scalar::{self, Scalar};
use crate::source::Span;

/// Identifies a node of one [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// A comment, from `#` to the end of its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From `#` to, and without, the line break.
    pub span: Span,
}

/// A key that a mapping gives twice. kubectl keeps the last without a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The earlier key.
    pub first: NodeId,
    /// The later key.
    pub second: NodeId,
}

/// One document's nodes. Spans are bytes of the file the document stands in, also for trees made
/// of text embedded in a scalar.
#[derive(Debug, PartialEq, Eq)]
pub struct Tree {
    /// What borrowed scalar texts are slices of: the file, or the decoded text of a scalar.
    pub(super) source: Arc<str>,
    /// Scalar texts that are not written as they read (escapes, folding, block scalars).
    pub(super) decoded: String,
    /// In the order in which they start in the text, so the first is the root, and a collection's first
    /// child comes right after it.
    pub(super) nodes: Vec<Data>,
    /// Where the texts of scalars are that are [`At::Elsewhere`]; sorted by node.
    pub(super) texts: Vec<(NodeId, Text)>,
    /// What the decoder makes of keys that are numbers and written otherwise (`0x10`); sorted by node.
    pub(super) numeric_keys: Vec<(NodeId, Text)>,
    /// What each alias stands for; sorted by node.
    pub(super) aliases: Vec<(NodeId, NodeId)>,
    /// Sorted by node.
    pub(super) anchors: Vec<(NodeId, Span)>,
    pub(super) comments: Vec<Comment>,
    pub(super) duplicates: Vec<DuplicateKey>,
    /// What aliases add.
    pub(super) expansion: Expansion,
    pub(super) positions: path::Positions,
    pub(super) lines: lines::Lines,
    pub(super) long_mappings: LongMappings,
    /// Whether `source` is not the file that spans refer to.
    pub(super) embedded: bool,
}

/// No node: the root's parent, a last child's sibling.
pub(super) const NONE: u32 = u32::MAX;

/// What the arena knows of a node. Trees are most of what a run holds in memory, so what few nodes have
/// stands beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Data {
    pub(super) span: Span,
    pub(super) parent: u32,
    /// The next item of the same sequence; in a mapping keys and values alternate.
    pub(super) next: u32,
    pub(super) shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Scalar {
        text: At,
        style: ScalarStyle,
        tag: Tag,
    },
    Sequence {
        flow: bool,
    },
    Mapping {
        flow: bool,
        /// Whether `entries` must do more than follow the links: merge keys or duplicates.
        irregular: bool,
    },
    Alias,
}

/// Where a scalar's text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// It is the node's span.
    Span,
    /// It is the node's span without the quotes.
    Inside,
    /// [`Tree::texts`] says it.
    Elsewhere,
}

/// Where a scalar's text is that is not written as it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Source(u32, u32),
    Decoded(u32, u32),
}

/// What a tag does to a scalar. Those of collections are ignored, as the decoder does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    None,
    /// `!!str`, `!!binary`, `!` and what is not known: never anything but text.
    Text,
    /// `!!int`, `!!bool` and `!!null` make even quoted text resolve,
    Resolved,
    /// and `!!float`, to a number with a fraction.
    Float,
    /// `<<` with `!` or `!!merge`, which merges as without a tag.
    Merge,
}

/// A key and its value.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'t> {
    /// The key.
    pub key: Node<'t>,
    /// The value as written: an alias is not resolved.
    pub value: Node<'t>,
}

/// A node of a tree.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree,
    id: NodeId,
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Node({:?})", self.id)
    }
}

/// What a node is, aliases resolved.
#[derive(Clone, Copy, Debug)]
pub enum Kind<'t> {
    /// A scalar.
    Scalar(Scalar<'t>),
    /// A sequence.
    Sequence,
    /// A mapping.
    Mapping,
}

impl Tree {
    /// The document's (or embedded text's) outermost node.
    pub fn root(&self) -> Node<'_> {
        self.node(NodeId(0))
    }

    /// The node with this identity.
    ///
    /// # Panics
    /// When the identity was given by another tree.
    pub fn node(&self, id: NodeId) -> Node<'_> {
        assert!((id.0 as usize) < self.nodes.len(), "a node of another tree");
        Node { tree: self, id }
    }

    /// The file that spans refer to; `None` for a tree made of text embedded in a scalar, which does
    /// not know its file.
    pub fn file_text(&self) -> Option<&str> {
        (!self.embedded).then_some(&*self.source)
    }

    /// Whether an alias stands for the node.
    pub fn is_aliased(&self, node: Node<'_>) -> bool {
        self.aliases.iter().any(|(_, target)| *target == node.id())
    }

    /// The scalar that is written in just this range; `None` where an alias is.
    pub fn scalar_at(&self, span: Span) -> Option<Node<'_>> {
        // A block mapping starts with its first key.
        let first = self
            .nodes
            .partition_point(|data| data.span.start < span.start);
        let same = self.nodes.iter().enumerate().skip(first);
        let mut same = same.take_while(|(_, data)| data.span.start == span.start);
        let is_it = |data: &Data| data.span == span && matches!(data.shape, Shape::Scalar { .. });
        let (at, _) = same.find(|(_, data)| is_it(data))?;
        u32::try_from(at).ok().map(|at| self.node(NodeId(at)))
    }

    /// Comments in the order of the text.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// Keys given twice, in the order of the text.
    pub fn duplicate_keys(&self) -> &[DuplicateKey] {
        &self.duplicates
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "links and identities are only made by the builder, for nodes that exist"
    )]
    fn data(&self, id: u32) -> Data {
        self.nodes[id as usize]
    }

    fn text(&self, id: NodeId, span: Span, at: At) -> &str {
        let (whole, start, end) = match at {
            At::Span => (&*self.source, span.start, span.end),
            At::Inside => (&*self.source, span.start + 1, span.end - 1),
            At::Elsewhere => match beside(&self.texts, id) {
                Some(Text::Source(start, end)) => (&*self.source, start, end),
                Some(Text::Decoded(start, end)) => (self.decoded.as_str(), start, end),
                None => return "",
            },
        };
        whole.get(start as usize..end as usize).unwrap_or_default()
    }
}

impl Tree {
    /// Makes all texts independent of the nodes' spans.
    pub(super) fn detach_texts(&mut self) {
        let mut texts = Vec::with_capacity(self.nodes.len());
        for (id, data) in (0..).map(NodeId).zip(&mut self.nodes) {
            let Shape::Scalar { text, .. } = &mut data.shape else {
                continue;
            };
            let place = match std::mem::replace(text, At::Elsewhere) {
                At::Span => Some(Text::Source(data.span.start, data.span.end)),
                At::Inside => Some(Text::Source(data.span.start + 1, data.span.end - 1)),
                At::Elsewhere => beside(&self.texts, id),
            };
            texts.extend(place.map(|place| (id, place)));
        }
        self.texts = texts;
    }
}

/// What a table sorted by node says of one.
fn beside<T: Copy>(table: &[(NodeId, T)], id: NodeId) -> Option<T> {
    let at = table.binary_search_by_key(&id, |(id, _)| *id).ok()?;
    table.get(at).map(|(_, value)| *value)
}

impl<'t> Node<'t> {
    /// Its identity within its tree.
    pub fn id(self) -> NodeId {
        self.id
    }

    /// The tree it belongs to.
    pub fn tree(self) -> &'t Tree {
        self.tree
    }

    /// Its bytes: a scalar's text with its quotes (a block scalar from its `|` or `>` header to the
    /// end of its last line, without the final break), a flow collection with its brackets, a block
    /// collection from its first key or dash to the end of its last value, an alias's `*name`.
    pub fn span(self) -> Span {
        self.data().span
    }

    /// The span of the anchor (`&name`), where the node carries one.
    pub fn anchor(self) -> Option<Span> {
        beside(&self.tree.anchors, self.id)
    }

    /// The node an alias stands for; every other node itself.
    #[must_use]
    pub fn resolved(self) -> Node<'t> {
        let mut node = self;
        while let Shape::Alias = node.data().shape
            && let Some(NodeId(target)) = beside(&node.tree.aliases, node.id)
        {
            node = node.sibling(target);
        }
        node
    }

    /// Whether the node is written as an alias.
    pub fn is_alias(self) -> bool {
        matches!(self.data().shape, Shape::Alias)
    }

    /// What the node is, aliases resolved.
    pub fn kind(self) -> Kind<'t> {
        let node = self.resolved();
        let data = node.data();
        match data.shape {
            Shape::Sequence { .. } => Kind::Sequence,
            Shape::Mapping { .. } => Kind::Mapping,
            Shape::Scalar { text, style, tag } => {
                let text = node.tree.text(node.id, data.span, text);
                Kind::Scalar(interpret(text, style, tag))
            }
            // An alias never stands for an alias.
            Shape::Alias => Kind::Scalar(Scalar::Null),
        }
    }

    /// The scalar, aliases resolved.
    pub fn scalar(self) -> Option<Scalar<'t>> {
        match self.kind() {
            Kind::Scalar(scalar) => Some(scalar),
            Kind::Sequence | Kind::Mapping => None,
        }
    }

    /// A scalar's text whatever its type: `"3"`, `3` and `yes` are `3`, `3` and `yes`. `None` for
    /// collections and for null.
    pub fn text(self) -> Option<&'t str> {
        match self.scalar()? {
            Scalar::Null => None,
            _ => self.raw_text(),
        }
    }

    /// The text of a scalar that the Kubernetes decoder takes for a string.
    pub fn as_str(self) -> Option<&'t str> {
        match self.scalar()? {
            Scalar::Text(text) => Some(text),
            _ => None,
        }
    }

    /// How the scalar is written, aliases resolved.
    pub fn style(self) -> Option<ScalarStyle> {
        match self.resolved().data().shape {
            Shape::Scalar { style, .. } => Some(style),
            _ => None,
        }
    }

    /// Whether it is null (`~`, `null`, nothing at all).
    pub fn is_null(self) -> bool {
        matches!(self.scalar(), Some(Scalar::Null))
    }

    /// Whether it is a mapping, aliases resolved.
    pub fn is_mapping(self) -> bool {
        matches!(self.resolved().data().shape, Shape::Mapping { .. })
    }

    /// Whether it is a sequence, aliases resolved.
    pub fn is_sequence(self) -> bool {
        matches!(self.resolved().data().shape, Shape::Sequence { .. })
    }

    /// Whether a collection is written in flow style (`{…}`, `[…]`).
    pub fn is_flow(self) -> bool {
        match self.resolved().data().shape {
            Shape::Sequence { flow } | Shape::Mapping { flow, .. } => flow,
            _ => false,
        }
    }

    /// A mapping's entries as the Kubernetes decoder sees them: merge keys resolved (order
    /// dependent, as facts say), of duplicate keys only the last. Empty for everything else.
    pub fn entries(self) -> impl Iterator<Item = Entry<'t>> + use<'t> {
        self.effective()
    }

    /// A mapping's entries exactly as written, merge keys and duplicates included.
    pub fn written_entries(self) -> impl Iterator<Item = Entry<'t>> + use<'t> {
        self.resolved().written()
    }

    /// A sequence's items as written. Empty for everything else.
    pub fn items(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.links()
    }

    /// A key's text as the Kubernetes decoder makes it: `true` or `false` for a boolean such as `yes`, a
    /// number in decimal digits, otherwise as written. Empty for everything but a scalar.
    pub fn key_text(self) -> &'t str {
        match self.scalar() {
            Some(Scalar::Bool(true)) => "true",
            Some(Scalar::Bool(false)) => "false",
            Some(Scalar::Int(_) | Scalar::Float(_)) => {
                match beside(&self.tree.numeric_keys, self.id) {
                    Some(Text::Decoded(start, end)) => {
                        let text = self.tree.decoded.get(start as usize..end as usize);
                        text.unwrap_or_default()
                    }
                    _ => self.raw_text().unwrap_or_default(),
                }
            }
            _ => self.raw_text().unwrap_or_default(),
        }
    }

    /// The entry with this key, as [`entries`](Self::entries) sees it.
    pub fn entry(self, key: &str) -> Option<Entry<'t>> {
        find::entry(self.resolved(), key)
    }

    /// The value of this key, aliases resolved. A null value is `Some`.
    pub fn get(self, key: &str) -> Option<Node<'t>> {
        self.entry(key).map(|entry| entry.value.resolved())
    }

    /// The value at the end of a path of keys.
    pub fn at(self, path: &[&str]) -> Option<Node<'t>> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The path from the root, list elements by their `name` where they have one, else by their
    /// index: `spec.template.spec.containers[app].livenessProbe.periodSeconds`. Keys with other
    /// characters than letters, digits, `-`, `_` and `/` stand in brackets. A key's path is its
    /// value's.
    pub fn path(self) -> String {
        path::path(self)
    }

    /// The node that holds this one; `None` for the root.
    pub fn parent(self) -> Option<Node<'t>> {
        match self.data().parent {
            NONE => None,
            parent => Some(self.sibling(parent)),
        }
    }

    /// A scalar's text, also where it reads as null.
    pub(super) fn raw_text(self) -> Option<&'t str> {
        let node = self.resolved();
        let data = node.data();
        match data.shape {
            Shape::Scalar { text, .. } => Some(node.tree.text(node.id, data.span, text)),
            _ => None,
        }
    }

    /// Whether this is the plain key `<<`.
    pub(super) fn is_merge_key(self) -> bool {
        let plain = matches!(
            self.data().shape,
            Shape::Scalar {
                style: ScalarStyle::Plain,
                tag: Tag::None,
                ..
            } | Shape::Scalar {
                tag: Tag::Merge,
                ..
            }
        );
        plain && self.raw_text() == Some("<<")
    }

    /// [`entries`](Self::entries), as a type with a name.
    pub(super) fn effective(self) -> Entries<'t> {
        let node = self.resolved();
        if node.is_irregular() {
            Entries::merged(node)
        } else {
            Entries::Written(node.written())
        }
    }

    pub(super) fn is_irregular(self) -> bool {
        let shape = self.data().shape;
        matches!(
            shape,
            Shape::Mapping {
                irregular: true,
                ..
            }
        )
    }

    /// [`items`](Self::items), as a type with a name.
    pub(super) fn links(self) -> Links<'t> {
        let node = self.resolved();
        let is_sequence = matches!(node.data().shape, Shape::Sequence { .. });
        Links::new(self.tree, if is_sequence { node.first() } else { NONE })
    }

    pub(super) fn data(self) -> Data {
        self.tree.data(self.id.0)
    }

    /// The next child of the same collection; [`NONE`] for the last.
    pub(super) fn next(self) -> u32 {
        self.data().next
    }

    pub(super) fn sibling(self, id: u32) -> Self {
        Node {
            tree: self.tree,
            id: NodeId(id),
        }
    }

    pub(super) fn written(self) -> Written<'t> {
        Written::new(Links::new(self.tree, self.first_key()))
    }

    /// Where the entries of a mapping start.
    pub(super) fn first_key(self) -> u32 {
        match self.data().shape {
            Shape::Mapping { .. } => self.first(),
            _ => NONE,
        }
    }

    /// The first child of a collection.
    fn first(self) -> u32 {
        let next = self.id.0 + 1;
        let child = self.tree.nodes.get(next as usize);
        match child {
            Some(child) if child.parent == self.id.0 => next,
            _ => NONE,
        }
    }
}

/// What makes two keys the same to the decoder: `yes` and `true`, `1` and `0x1`.
pub(super) fn key_identity(key: Node<'_>) -> Cow<'_, str> {
    match key.scalar() {
        // Null is no text, not even an empty one.
        Some(Scalar::Null) => Cow::Borrowed("\0null"),
        Some(Scalar::Int(value)) => Cow::Owned(value.to_string()),
        _ => Cow::Borrowed(key.key_text()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "the decoder does the same")]
fn interpret(text: &str, style: ScalarStyle, tag: Tag) -> Scalar<'_> {
    match (tag, style) {
        (Tag::None, ScalarStyle::Plain) | (Tag::Resolved, _) => scalar::resolve(text),
        (Tag::Float, _) => match scalar::resolve(text) {
            Scalar::Int(number) => Scalar::Float(number as f64),
            resolved => resolved,
        },
        _ => Scalar::Text(text),
    }
}
