//! Nodes as they come → arena tree, with the checks that the decoder makes on the way.

use std::ops::Range;
use std::sync::Arc;

use super::SyntaxError;
use super::find::LongMappings;
use super::keys;
use super::lines::Lines;
use super::path::Positions;
use super::tree::{At, Data, NONE, Node, NodeId, ScalarStyle, Shape, Tag, Text, Tree};
use crate::source::Span;
use crate::units::show_size;

/// Collections within collections, aliases followed.
pub(super) const MAX_DEPTH: u32 = 200;
/// What aliases may add to a file: whoever reads a value into a type or searches it meets it once for
/// each alias.
const MAX_EXPANSION: Expansion = Expansion {
    nodes: 1_000_000,
    bytes: 8 << 20,
};

/// What aliases add to a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Expansion {
    pub(super) nodes: u64,
    pub(super) bytes: u64,
}

impl Expansion {
    /// Both together.
    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            nodes: self.nodes.saturating_add(other.nodes),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    /// What is too much of it.
    pub(super) fn excess(self) -> Option<String> {
        let Self { nodes, bytes } = MAX_EXPANSION;
        if self.nodes > nodes {
            return Some(format!("aliases stand for more than {nodes} values"));
        }
        let most = || format!("aliases stand for more than {} of text", show_size(bytes));
        (self.bytes > bytes).then(most)
    }
}

/// One document's text within its file.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'a> {
    /// The file (or the decoded text of a scalar).
    pub(super) source: &'a Arc<str>,
    /// What the parser reads: the document's bytes, perhaps with a line break added at the end, or
    /// with white space replaced byte for byte.
    pub(super) text: &'a str,
    /// Where the document lies in the file.
    pub(super) span: Span,
    /// Whether the text is a JSON value, whose strings know other escapes, and which knows no limit on the
    /// length of a key.
    pub(super) json: bool,
    /// How many bytes at the start are its `---` with what else stands on that line.
    pub(super) marker: usize,
}

/// What came of a document.
pub(super) struct Built {
    /// `None` when there is no node.
    pub(super) tree: Option<Tree>,
    /// Where the first document ends and text follows that the decoder does not read: an offset in
    /// the file.
    pub(super) end: Option<u32>,
}

/// A collection that is not closed yet.
pub(super) struct Frame {
    pub(super) node: u32,
    /// The anchor's id, 0 for none.
    anchor: usize,
    last_child: u32,
    children: usize,
    /// Including what aliases add.
    size: u64,
    /// Bytes that aliases add.
    aliased: u64,
    depth: u32,
    /// Whether a plain `<<` is among the keys.
    merges: bool,
}

/// A node that an alias can name.
#[derive(Clone, Copy)]
struct Target {
    node: u32,
    /// What the alias stands for; `None` while the node is open.
    extent: Option<Extent>,
}

#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub(super) size: u64,
    /// Bytes, including what aliases add.
    pub(super) bytes: u64,
    pub(super) depth: u32,
}

/// The anchor of a node.
pub(super) struct Anchor {
    /// From 1 on, in the order of the text.
    pub(super) id: usize,
    /// `&name`, in the chunk.
    pub(super) at: Range<usize>,
}

/// Makes a tree of nodes as they come in the text.
pub(super) struct Builder<'a> {
    pub(super) chunk: Chunk<'a>,
    pub(super) tree: Tree,
    pub(super) frames: Vec<Frame>,
    targets: Vec<Target>,
    /// Whether JSON has no place for some node. It does no harm where another value replaces it.
    has_foreign: bool,
}

/// Boxed, so that the common way stays small.
pub(super) type Step = Result<(), Box<SyntaxError>>;

impl<'a> Builder<'a> {
    pub(super) fn new(chunk: Chunk<'a>) -> Self {
        // One node per about 12 bytes is typical of manifests.
        let nodes = Vec::with_capacity(chunk.text.len() / 12 + 1);
        Self {
            chunk,
            tree: Tree {
                source: Arc::clone(chunk.source),
                decoded: String::new(),
                nodes,
                texts: Vec::new(),
                aliases: Vec::new(),
                numeric_keys: Vec::new(),
                anchors: Vec::new(),
                comments: Vec::new(),
                duplicates: Vec::new(),
                expansion: Expansion::default(),
                positions: Positions::default(),
                lines: Lines::default(),
                long_mappings: LongMappings::default(),
                embedded: false,
            },
            frames: Vec::new(),
            targets: Vec::new(),
            has_foreign: false,
        }
    }

    pub(super) fn finish(mut self, end: usize) -> Result<Built, Box<SyntaxError>> {
        if self.has_foreign
            && let Some((node, problem)) = keys::foreign(self.tree.root(), self.chunk.json)
        {
            return Err(Box::new(syntax_error(
                node.span(),
                problem.to_owned(),
                false,
            )));
        }
        self.tree.anchors.sort_unstable_by_key(|(node, _)| *node);
        self.tree
            .duplicates
            .sort_unstable_by_key(|duplicate| (duplicate.second, duplicate.first));
        self.tree.nodes.shrink_to_fit();
        let end = self.file_offset(end);
        Ok(Built {
            end: (end < self.chunk.span.end).then_some(end),
            tree: (!self.tree.nodes.is_empty()).then_some(self.tree),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tree.nodes.is_empty()
    }

    /// Adds a scalar.
    pub(super) fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        tag: Tag,
        anchor: Option<Anchor>,
        at: Range<usize>,
    ) -> Step {
        let text = self.scalar_text(value, style, &at);
        let span = self.span(at);
        let node = self.push(span, Shape::Scalar { text, style, tag })?;
        let extent = Extent {
            size: 1,
            bytes: span.range().len() as u64,
            depth: 1,
        };
        self.anchor(anchor, node, Some(extent));
        self.attach(node, 1, 0, 0)
    }

    /// Adds a scalar without an anchor; its text is what is written where it is not given.
    pub(super) fn add(
        &mut self,
        value: Option<&str>,
        style: ScalarStyle,
        tag: Tag,
        at: Range<usize>,
    ) -> Step {
        let text = match value {
            Some(value) => self.scalar_text(value, style, &at),
            None if style == ScalarStyle::Plain => At::Span,
            None => At::Inside,
        };
        let span = self.span(at);
        let node = self.push(span, Shape::Scalar { text, style, tag })?;
        self.attach(node, 1, 0, 0)
    }

    /// Borrows the text where the decoded value is what is written.
    fn scalar_text(&mut self, value: &str, style: ScalarStyle, at: &Range<usize>) -> At {
        let is_quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        let inner = match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                at.start + 1..at.end.saturating_sub(1).max(at.start + 1)
            }
            _ => at.clone(),
        };
        let span = self.span(inner);
        if self.chunk.source.get(span.range()) == Some(value) {
            return if is_quoted { At::Inside } else { At::Span };
        }
        let start = offset(self.tree.decoded.len());
        self.tree.decoded.push_str(value);
        let text = Text::Decoded(start, offset(self.tree.decoded.len()));
        let node = NodeId(offset(self.tree.nodes.len()));
        self.tree.texts.push((node, text));
        At::Elsewhere
    }

    pub(super) fn open(&mut self, shape: Shape, anchor: Option<Anchor>, start: usize) -> Step {
        let span = self.span(start..start);
        let node = self.push(span, shape)?;
        let id = anchor.as_ref().map_or(0, |anchor| anchor.id);
        self.anchor(anchor, node, None);
        if self.frames.len() >= MAX_DEPTH as usize {
            return self.too_deep(start..start);
        }
        self.frames.push(Frame {
            node,
            anchor: id,
            last_child: NONE,
            children: 0,
            size: 1,
            aliased: 0,
            depth: 0,
            merges: false,
        });
        Ok(())
    }

    /// Closes the innermost collection; one with brackets ends here.
    pub(super) fn close(&mut self, at: usize) -> Step {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let data = self.data(frame.node);
        let (flow, is_mapping) = match data.map(|data| data.shape) {
            Some(Shape::Mapping { flow, .. }) => (flow, true),
            Some(Shape::Sequence { flow }) => (flow, false),
            _ => (false, false),
        };
        let last = self.data(frame.last_child).map(|data| data.span.end);
        let mut end = last.unwrap_or_default();
        if flow {
            // A pair in a flow sequence (`[a: 1]`) has no bracket of its own.
            end = end.max(self.file_offset(at));
        }
        if let Some(data) = self.data_mut(frame.node) {
            data.span.end = end.max(data.span.start);
        }
        if is_mapping {
            self.check_keys(&frame);
        }
        let depth = frame.depth + 1;
        let written = self.data(frame.node).map(|data| data.span.range().len());
        let extent = Extent {
            size: frame.size,
            bytes: frame.aliased.saturating_add(written.unwrap_or(0) as u64),
            depth,
        };
        if let Some(target) = target(&mut self.targets, frame.anchor) {
            target.extent = Some(extent);
        }
        self.attach(frame.node, frame.size, frame.aliased, depth)
    }

    pub(super) fn alias(&mut self, id: usize, at: Range<usize>) -> Step {
        let Some(target) = target(&mut self.targets, id).copied() else {
            return self.error(at, "there is no such anchor before this alias".to_owned());
        };
        let Some(extent) = target.extent else {
            return self.error(at, "this alias stands for a node that holds it".to_owned());
        };
        self.tree.expansion = self.tree.expansion.and(Expansion {
            nodes: extent.size,
            bytes: extent.bytes,
        });
        if let Some(message) = self.tree.expansion.excess() {
            return Err(Box::new(syntax_error(self.span(at), message, true)));
        }
        let span = self.span(at.clone());
        let node = self.push(span, Shape::Alias)?;
        self.tree.aliases.push((NodeId(node), NodeId(target.node)));
        // Depth first: a deep value is refused before anything can follow it.
        if self.frames.len() + extent.depth as usize > MAX_DEPTH as usize {
            return self.too_deep(at);
        }
        self.attach(node, extent.size, extent.bytes, extent.depth)
    }

    /// Links a finished node to the collection around it.
    pub(super) fn attach(&mut self, node: u32, size: u64, aliased: u64, depth: u32) -> Step {
        let Some(frame) = self.frames.last_mut() else {
            self.has_foreign |= keys::is_foreign_value(self.node(node), self.chunk.json);
            return Ok(());
        };
        frame.size = frame.size.saturating_add(size);
        frame.aliased = frame.aliased.saturating_add(aliased);
        frame.depth = frame.depth.max(depth);
        frame.children += 1;
        let (parent, previous) = (frame.node, frame.last_child);
        frame.last_child = node;
        let is_key = frame.children % 2 == 1;
        if let Some(data) = self.data_mut(node) {
            data.parent = parent;
        }
        if previous != NONE
            && let Some(data) = self.data_mut(previous)
        {
            data.next = node;
        }
        let in_mapping = self
            .data(parent)
            .is_some_and(|data| matches!(data.shape, Shape::Mapping { .. }));
        if in_mapping && is_key {
            return self.check_key(node);
        }
        self.has_foreign |= keys::is_foreign_value(self.node(node), self.chunk.json);
        if in_mapping {
            self.check_value(previous, node)?;
        }
        Ok(())
    }

    fn check_key(&mut self, key: u32) -> Step {
        let node = self.node(key);
        if node.scalar().is_none() {
            return refuse(node.span(), "a collection cannot be a mapping's key");
        }
        let is_merge = node.is_merge_key();
        let is_foreign = keys::is_foreign_key(node);
        let number = keys::numeric_key(node);
        if let Some(frame) = self.frames.last_mut().filter(|_| is_merge) {
            frame.merges = true;
        }
        self.has_foreign |= is_foreign;
        if let Some(text) = number {
            let start = offset(self.tree.decoded.len());
            self.tree.decoded.push_str(&text);
            let text = Text::Decoded(start, offset(self.tree.decoded.len()));
            self.tree.numeric_keys.push((NodeId(key), text));
        }
        Ok(())
    }

    fn check_value(&self, key: u32, value: u32) -> Step {
        let (key, value) = (self.node(key), self.node(value));
        let is_item = {
            let mut outer = self.frames.iter().rev();
            let is_first = outer.next().is_some_and(|frame| frame.children <= 2);
            let around = outer.next().and_then(|frame| self.data(frame.node));
            is_first && around.is_some_and(|it| matches!(it.shape, Shape::Sequence { .. }))
        };
        match keys::merge_problem(key, value, is_item) {
            Some(problem) => refuse(value.span(), problem),
            None => Ok(()),
        }
    }

    /// Notes duplicate keys as a mapping closes.
    fn check_keys(&mut self, frame: &Frame) {
        let found = keys::duplicates(self.node(frame.node), frame.children / 2);
        let irregular_mapping = frame.merges || !found.is_empty();
        self.tree.duplicates.extend(found);
        if let Some(Data {
            shape: Shape::Mapping { irregular, .. },
            ..
        }) = self.data_mut(frame.node)
        {
            *irregular = irregular_mapping;
        }
    }

    pub(super) fn push(&mut self, span: Span, shape: Shape) -> Result<u32, Box<SyntaxError>> {
        let node = offset(self.tree.nodes.len());
        if node == NONE {
            let message = "the document has too many values".to_owned();
            return Err(Box::new(syntax_error(span, message, true)));
        }
        self.tree.nodes.push(Data {
            span,
            parent: NONE,
            next: NONE,
            shape,
        });
        Ok(node)
    }

    /// The identity of the next anchor.
    pub(super) fn new_anchor(&mut self) -> usize {
        let nothing = Target {
            node: NONE,
            extent: None,
        };
        self.targets.push(nothing);
        self.targets.len()
    }

    fn anchor(&mut self, anchor: Option<Anchor>, node: u32, extent: Option<Extent>) {
        let Some(Anchor { id, at }) = anchor else {
            return;
        };
        if let Some(target) = target(&mut self.targets, id) {
            *target = Target { node, extent };
        }
        let span = self.span(at);
        self.tree.anchors.push((NodeId(node), span));
    }

    fn node(&self, id: u32) -> Node<'_> {
        self.tree.node(NodeId(id))
    }

    fn data(&self, id: u32) -> Option<Data> {
        self.tree.nodes.get(id as usize).copied()
    }

    fn data_mut(&mut self, id: u32) -> Option<&mut Data> {
        self.tree.nodes.get_mut(id as usize)
    }

    /// An offset in the chunk as one in the file. The line break that was added counts as the end.
    fn file_offset(&self, at: usize) -> u32 {
        self.chunk
            .span
            .start
            .saturating_add(offset(at))
            .min(self.chunk.span.end)
    }

    pub(super) fn span(&self, at: Range<usize>) -> Span {
        Span::new(self.file_offset(at.start), self.file_offset(at.end))
    }

    pub(super) fn error(&self, at: Range<usize>, message: String) -> Step {
        Err(Box::new(syntax_error(self.span(at), message, false)))
    }

    fn too_deep(&self, at: Range<usize>) -> Step {
        let message = format!("more than {MAX_DEPTH} collections lie within one another");
        Err(Box::new(syntax_error(self.span(at), message, true)))
    }
}

fn refuse(span: Span, problem: &str) -> Step {
    Err(Box::new(syntax_error(span, problem.to_owned(), false)))
}

fn target(targets: &mut [Target], id: usize) -> Option<&mut Target> {
    targets.get_mut(id.checked_sub(1)?)
}

pub(super) fn syntax_error(span: Span, message: String, budget: bool) -> SyntaxError {
    SyntaxError {
        span,
        message,
        budget,
    }
}

/// Texts over 4 GiB are never read, so a `usize` offset always fits.
pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
