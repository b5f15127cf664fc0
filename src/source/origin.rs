//! Rendered text and the files it comes from.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{Location, SourceId, Span};

/// Where each part of a rendered text comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// In the file that was rendered, the place for what nothing else is known of.
    root: Location,
    /// Ranges of the rendered text by where they start, the longer ones first, and what set them; each
    /// with the index of the one around it. Ranges are those of nodes: of two, one holds the other, or
    /// they have nothing in common.
    places: Vec<(Span, Location, Option<usize>)>,
    /// What objects of the rendered text are called in their files.
    names: HashMap<(u32, u32), Written>,
    is_named: bool,
}

/// What an object is called in its file, before prefixes and namespaces are put to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: Option<String>,
}

impl Origin {
    /// What was rendered from `root`; each of `places` is a range of the rendered text and what set
    /// it.
    pub fn new(root: Location, mut places: Vec<(Span, Location)>) -> Self {
        places.sort_by_key(|(span, _)| (span.start, Reverse(span.end)));
        places.dedup_by_key(|(span, _)| *span);
        let mut around: Vec<usize> = Vec::new();
        let mut nested = Vec::with_capacity(places.len());
        for (index, (span, place)) in places.iter().enumerate() {
            let holds = |at: &usize| places.get(*at).is_some_and(|(it, _)| it.contains(*span));
            while around.last().is_some_and(|at| !holds(at)) {
                around.pop();
            }
            nested.push((*span, *place, around.last().copied()));
            around.push(index);
        }
        Self {
            root,
            places: nested,
            names: HashMap::new(),
            is_named: false,
        }
    }

    /// Takes note whether a path on the command line names what was rendered, which names all that is
    /// found in the result.
    #[must_use]
    pub fn with_named(mut self, is_named: bool) -> Self {
        self.is_named = is_named;
        self
    }

    /// Whether a path on the command line names what was rendered.
    pub fn is_named(&self) -> bool {
        self.is_named
    }

    /// Notes what objects are called in their files; each by its range of the rendered text.
    #[must_use]
    pub fn with_names(mut self, names: Vec<(Span, Written)>) -> Self {
        let key = |span: Span| (span.start, span.end);
        let names = names.into_iter().map(|(span, name)| (key(span), name));
        self.names = names.collect();
        self
    }

    /// What an object of the rendered text is called in its file, where that is known.
    pub fn written(&self, object: Span) -> Option<&Written> {
        self.names.get(&(object.start, object.end))
    }

    /// The kustomization or chart.
    pub fn root(&self) -> Location {
        self.root
    }

    /// What set a range of the rendered text: the range itself, else the smallest range known that
    /// holds it, else the file that was rendered.
    pub fn place(&self, span: Span) -> Location {
        let after = self
            .places
            .partition_point(|(known, ..)| known.start <= span.start);
        let mut at = after.checked_sub(1);
        while let Some((known, place, around)) = at.and_then(|at| self.places.get(at)) {
            if known.contains(span) {
                return *place;
            }
            at = *around;
        }
        self.root
    }

    /// The files that something was traced to; a file for each of its places.
    pub fn files(&self) -> impl Iterator<Item = SourceId> {
        let places = self.places.iter().map(|(_, place, _)| place.source);
        places.chain([self.root.source])
    }
}

/// A kustomization or chart that its tool refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderFailure {
    /// In the file that cannot be rendered.
    pub location: Location,
    /// What was tried, such as `kustomize build overlays/prod`.
    pub command: String,
    /// What the tool said, on one line.
    pub message: String,
    /// Whether the files leave something open that only a release gives, such as Helm values.
    pub may_need_values: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_known_range_speaks() {
        let at = |source, start, end| Location {
            source: SourceId(source),
            span: Span::new(start, end),
        };
        let origin = Origin::new(
            at(0, 0, 1),
            vec![
                (Span::new(0, 100), at(1, 0, 90)),
                (Span::new(10, 20), at(2, 5, 6)),
            ],
        );
        assert_eq!(origin.place(Span::new(10, 20)), at(2, 5, 6));
        assert_eq!(origin.place(Span::new(12, 13)), at(2, 5, 6));
        assert_eq!(origin.place(Span::new(5, 12)), at(1, 0, 90));
        assert_eq!(origin.place(Span::new(21, 22)), at(1, 0, 90));
        assert_eq!(origin.place(Span::new(200, 201)), at(0, 0, 1));
        let files: Vec<u32> = origin.files().map(|it| it.0).collect();
        assert_eq!(files, [1, 2, 0]);
    }
}
