//! Places as hosts of code reviews want them.

use crate::source::{Location, Position, Sources};

/// First and last position of a range, at least one line. A range that ends with a line break ends
/// in the line that it breaks, not at the start of the next.
pub(super) fn lines(location: Location, sources: &Sources) -> (Position, Position) {
    let source = sources.get(location.source);
    let start = source.position(location.span.start);
    let end = source.position(location.span.end.max(location.span.start));
    if end.line > start.line && end.column == 1 {
        let last = source.position(source.line_span(end.line - 1).end);
        return (start, last);
    }
    (start, end)
}
