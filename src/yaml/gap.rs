//! What may stand between two nodes: white space, comments, indicators, anchors and tags.

use std::ops::Range;

/// The first of `wanted` in `text[from..to]`, passing over everything that is not content.
pub(super) fn find(text: &str, from: usize, to: usize, wanted: &[u8]) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < to {
        let byte = *bytes.get(at)?;
        if wanted.contains(&byte) {
            return Some(at);
        }
        at = match byte {
            b'#' => skip_until(bytes, at, |byte| matches!(byte, b'\n' | b'\r')),
            b'&' | b'!' => skip_until(bytes, at, |byte| {
                matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
            }),
            _ => at + 1,
        };
    }
    None
}

/// A block scalar from its header to the end of its last line of content, found behind `after`.
/// `parsed` starts at the content and includes what the chomping takes off.
pub(super) fn block_scalar(
    text: &str,
    after: usize,
    parsed: &Range<usize>,
    value: &str,
) -> Range<usize> {
    let limit = parsed.end.max(parsed.start);
    let start = find(text, after, limit, b"|>").unwrap_or(parsed.start);
    let whole = text.get(start..limit).unwrap_or_default();
    let length = if value.is_empty() {
        header_len(whole)
    } else if value.ends_with("\n\n") || value == "\n" {
        // The breaks at the end are kept: all but the last is content.
        whole.strip_suffix('\n').unwrap_or(whole).len()
    } else {
        let content = whole.trim_end().len();
        let rest = whole.get(content..).unwrap_or_default();
        content + rest.find(['\n', '\r']).unwrap_or(rest.len())
    };
    start..start + length
}

/// The text of a block scalar in a chunk that was given a line break at its end, without that break
/// where the scalar, which ends at `end`, is the last.
pub(super) fn written<'v>(value: &'v str, text: &str, end: usize) -> &'v str {
    let rest = text.get(end..).unwrap_or_default();
    let is_last = rest.trim_start_matches([' ', '\t']) == "\n";
    value
        .strip_suffix('\n')
        .filter(|_| is_last)
        .unwrap_or(value)
}

/// How many bytes the header of a block scalar (`|2-`) has.
fn header_len(scalar: &str) -> usize {
    scalar
        .bytes()
        .take_while(|byte| matches!(byte, b'|' | b'>' | b'+' | b'-' | b'0'..=b'9'))
        .count()
}

fn skip_until(bytes: &[u8], from: usize, stop: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest
        .iter()
        .position(|byte| stop(*byte))
        .unwrap_or(rest.len())
}
