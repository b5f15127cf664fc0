//! `# lameduck: ignore[rule] reason` and `# lameduck: ignore-file[rule] reason`.

use std::collections::BTreeMap;

use super::directive::{self, Directive};
use super::{Claim, Claims, Covers, Misfit, Objects, View, Written};
use crate::finding::SuppressedBy;
use crate::source::{Location, Source, Span};
use crate::units::cut;
use crate::yaml::{self, Comment, Content, Node, Stream};

/// A text that does not hold this has no comment for this tool.
const TRACE: &str = "lameduck:";

const AT_NO_NODE: &str = "this comment is not at a node, so nothing is ignored: it covers what \
                          starts on its line, or for the line right below it";

pub(super) fn collect(
    view: &View<'_>,
    objects: &Objects<'_>,
    source: &Source,
    claims: &mut Claims,
) {
    // What is written in a file is read there.
    let is_rendered = source.origin().is_some();
    if is_rendered || !source.text().contains(TRACE) || !is_checked(view, objects, source) {
        return;
    }
    let stream = yaml::parse(source.text());
    let heads = Heads::of(source, &stream);
    for document in &stream.documents {
        for comment in document.comments(source.text()) {
            let Some(directive) = directive::read(source.slice(comment.span)) else {
                continue;
            };
            take(view, source, &heads, comment, directive, claims);
        }
    }
}

/// Other YAML files may say what they like.
fn is_checked(view: &View<'_>, objects: &Objects<'_>, source: &Source) -> bool {
    let mut broken = view.inventory.broken().iter();
    source.is_ingredient()
        || !objects.in_source(source.id()).is_empty()
        || broken.any(|document| document.source == source.id())
}

fn take(
    view: &View<'_>,
    source: &Source,
    heads: &Heads<'_>,
    comment: Comment,
    directive: Directive,
    claims: &mut Claims,
) {
    let written = |span| written(source, comment, span);
    let (file, names, reason) = match directive {
        Directive::Ignore {
            file,
            names,
            reason,
        } => (file, names, reason),
        Directive::Malformed(span, message) => {
            let written = written(span);
            claims.misfits.push(Misfit { written, message });
            return;
        }
    };
    let covers = || {
        let id = source.id();
        let region = |span| Covers::Region(Location { source: id, span });
        if file {
            Some(Covers::File(id))
        } else {
            heads.meant_by(comment).map(region)
        }
    };
    for (span, name) in names {
        let written = written(span);
        let message = match (view.rule(&name), covers()) {
            (Some(rule), Some(covers)) => {
                claims.claims.push(Claim {
                    by: SuppressedBy::Comment,
                    rule: rule.id,
                    reason: reason.clone().map(cut::message),
                    covers,
                    written,
                    used: false,
                });
                continue;
            }
            (None, _) => view.unknown_rule(&name),
            (_, None) => AT_NO_NODE.to_owned(),
        };
        claims.misfits.push(Misfit { written, message });
    }
}

fn written(source: &Source, comment: Comment, within: Span) -> Written {
    let start = comment.span.start;
    let at = Location {
        source: source.id(),
        span: Span::new(start + within.start, start + within.end),
    };
    Written {
        at,
        what: "this comment",
        text: source.slice(at.span).to_owned(),
        resource: None,
        subject: None,
    }
}

/// Which node a comment speaks for.
struct Heads<'s> {
    source: &'s Source,
    /// By line, the outermost node that starts there. A value starts with its key, an item with its
    /// dash: a collection does not start again with its first element.
    by_line: BTreeMap<u32, Span>,
    /// By line, less one: the node that a comment alone on the line speaks for.
    below: Vec<Option<Span>>,
}

impl<'s> Heads<'s> {
    fn of(source: &'s Source, stream: &Stream) -> Self {
        let mut heads = Self {
            source,
            by_line: BTreeMap::new(),
            below: Vec::new(),
        };
        for document in &stream.documents {
            if let Content::Tree(tree) = &document.content {
                heads.add(tree.root().span());
                heads.descend(tree.root());
            }
        }
        heads.below = heads.look_below();
        heads
    }

    /// Down over comments and separators; an empty line ends what belongs together. From the last
    /// line upwards, so that a line is looked at once, however many comments stand above it.
    fn look_below(&self) -> Vec<Option<Span>> {
        let count = self.source.line_count();
        let mut below = Vec::with_capacity(count as usize);
        let mut next = None;
        for line in (1..=count).rev() {
            below.push(next);
            let text = self.source.slice(self.source.line_span(line)).trim();
            next = if text.is_empty() {
                None
            } else if text.starts_with('#') || text.starts_with("---") {
                next
            } else {
                self.by_line.get(&line).copied()
            };
        }
        below.reverse();
        below
    }

    fn descend(&mut self, root: Node<'_>) {
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            if node.is_alias() {
                continue;
            }
            for entry in node.written_entries() {
                let (key, value) = (entry.key.span(), entry.value.span());
                self.add(Span::new(key.start, value.end.max(key.end)));
                open.push(entry.value);
            }
            for item in node.items() {
                self.add(item.span());
                open.push(item);
            }
        }
    }

    /// Of two that start on one line, the outer one starts first; where both start at one place, it
    /// ends later.
    fn add(&mut self, span: Span) {
        let line = self.source.position(span.start).line;
        let head = self.by_line.entry(line).or_insert(span);
        let key = |span: &Span| (span.start, std::cmp::Reverse(span.end));
        if key(&span) < key(head) {
            *head = span;
        }
    }

    fn meant_by(&self, comment: Comment) -> Option<Span> {
        let line = self.source.position(comment.span.start).line;
        if let Some(span) = self.by_line.get(&line) {
            return Some(*span);
        }
        let own = self.source.line_span(line);
        let before = self.source.slice(Span::new(own.start, comment.span.start));
        let stands_alone = |text: &str| text.chars().all(|c| c.is_whitespace() || c == '-');
        if !stands_alone(before) {
            return None;
        }
        *self.below.get((line as usize).checked_sub(1)?)?
    }
}
