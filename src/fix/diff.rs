//! What changed, as `patch` and reviewers read it.

use std::fmt::Write as _;
use std::ops::Range;

use similar::udiff::UnifiedHunkHeader;
use similar::{Algorithm, DiffOp, TextDiff, capture_diff, group_diff_ops};

/// Texts of more lines together are compared part by part: as a whole it takes lines times changes.
const LONG: usize = 4_000;

/// How many lines a part has, at least and of either text.
const PART: usize = 500;

/// So many equal lines end a part, and a change.
const SAME: usize = 4;

/// So far the end of a change is looked for, in lines of both texts together.
const WINDOW: usize = 400;

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// A unified diff with three lines of context; empty when nothing changed.
pub fn unified(path: &str, before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    // A line break in a name would end the header.
    let path = path.replace(char::is_control, "\u{fffd}");
    if before.lines().chain(after.lines()).nth(LONG).is_none() {
        return TextDiff::from_lines(before, after)
            .unified_diff()
            .header(&format!("a/{path}"), &format!("b/{path}"))
            .to_string();
    }
    let before: Vec<&str> = before.split_inclusive('\n').collect();
    let after: Vec<&str> = after.split_inclusive('\n').collect();
    let mut text = format!("--- a/{path}\n+++ b/{path}\n");
    for hunk in group_diff_ops(changes(&before, &after), CONTEXT) {
        let _ = writeln!(text, "{}", UnifiedHunkHeader::new(&hunk));
        let lines = hunk.iter().flat_map(|op| op.iter_changes(&before, &after));
        for line in lines {
            let _ = write!(text, "{}{}", line.tag(), line.value());
            if !line.value().ends_with('\n') {
                text.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    text
}

/// What is to be done to each line, part by part.
fn changes(before: &[&str], after: &[&str]) -> Vec<DiffOp> {
    let mut all: Vec<DiffOp> = Vec::new();
    for (old, new) in parts(before, after) {
        let ops = if old.len().max(new.len()) > LONG {
            vec![DiffOp::Replace {
                old_index: old.start,
                old_len: old.len(),
                new_index: new.start,
                new_len: new.len(),
            }]
        } else {
            capture_diff(Algorithm::Myers, before, old, after, new)
        };
        for op in ops {
            // What goes on over the end of a part is one.
            match (all.last_mut(), op) {
                (Some(DiffOp::Equal { len, .. }), DiffOp::Equal { len: more, .. }) => *len += more,
                _ => all.push(op),
            }
        }
    }
    all
}

/// Ranges of lines of both texts that belong to each other.
fn parts(before: &[&str], after: &[&str]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut parts = Vec::new();
    let (mut from, mut at) = ((0, 0), (0, 0));
    let mut same = 0;
    while let (Some(one), Some(other)) = (before.get(at.0), after.get(at.1)) {
        if one == other {
            at = (at.0 + 1, at.1 + 1);
            same += 1;
            if same >= SAME && (at.0 - from.0 >= PART || at.1 - from.1 >= PART) {
                parts.push((from.0..at.0, from.1..at.1));
                from = at;
            }
            continue;
        }
        same = 0;
        let rest = (before.get(at.0..), after.get(at.1..));
        let Some((old, new)) = rest
            .0
            .zip(rest.1)
            .and_then(|(one, other)| end_of_change(one, other))
        else {
            break;
        };
        at = (at.0 + old, at.1 + new);
    }
    parts.push((from.0..at.0, from.1..at.1));
    parts.push((at.0..before.len(), at.1..after.len()));
    parts.retain(|(old, new)| !old.is_empty() || !new.is_empty());
    parts
}

/// How many lines of each text a change takes, the fewest first.
fn end_of_change(before: &[&str], after: &[&str]) -> Option<(usize, usize)> {
    let lengths = (1..=WINDOW).flat_map(|both| (0..=both).map(move |old| (old, both - old)));
    let mut ends = lengths.filter(|(old, new)| {
        let (Some(one), Some(other)) = (before.get(*old..), after.get(*new..)) else {
            return false;
        };
        let same = one.iter().zip(other).take(SAME);
        !one.is_empty() && !other.is_empty() && same.clone().all(|(one, other)| one == other)
    });
    ends.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text after the hunks of a diff, as `patch` applies them.
    fn patched(before: &str, diff: &str) -> String {
        let before: Vec<&str> = before.split_inclusive('\n').collect();
        let mut lines = diff.split_inclusive('\n').skip(2).peekable();
        let (mut text, mut at) = (String::new(), 0);
        while let Some(header) = lines.next() {
            let start = header.split(['-', ',', ' ']).nth(2).unwrap();
            let start: usize = start.parse().unwrap();
            let start = start.saturating_sub(1);
            text.extend(before[at..start].iter().copied());
            at = start;
            while let Some(line) = lines.next_if(|line| !line.starts_with("@@")) {
                let (tag, line) = line.split_at(1);
                match tag {
                    "+" => text.push_str(line),
                    "\\" => assert_eq!(text.pop(), Some('\n'), "the last line has no end"),
                    _ => {
                        assert_eq!(
                            before.get(at).map(|it| it.trim_end()),
                            Some(line.trim_end())
                        );
                        at += 1;
                        if tag == " " {
                            text.push_str(line);
                        }
                    }
                }
            }
        }
        text.extend(before[at..].iter().copied());
        text
    }

    #[test]
    fn long_texts_are_compared_part_by_part() {
        let whole = |nth| format!("a: {nth}\nb: c\nd: e\n");
        let changed = |nth| match nth % 7 {
            0 => format!("a: {nth}\nb: c\nx: y\nd: e\n"),
            1 => format!("a: {nth}\nb: z\nd: e\n"),
            2 if nth > 2_900 => String::new(),
            _ => whole(nth),
        };
        let before: Vec<String> = (0..3_000).map(whole).collect();
        let after: Vec<String> = (0..3_000).map(changed).collect();
        let (before, after) = (before.concat(), after.concat());
        let after = after + &"---\nlast: one\n".repeat(500);
        let diff = unified("a.yaml", &before, &after);
        assert!(diff.starts_with("--- a/a.yaml\n+++ b/a.yaml\n@@ -1,"));
        assert_eq!(patched(&before, &diff), after);
        let removed = diff.lines().filter(|line| line.starts_with('-')).count();
        assert!(removed < 500, "few lines are removed: {removed}");
        let whole = TextDiff::from_lines(&before, &after)
            .unified_diff()
            .to_string();
        let added = |diff: &str| diff.lines().filter(|line| line.starts_with('+')).count();
        assert_eq!(added(&diff) - 1, added(&whole), "without the header");
    }

    #[test]
    fn long_texts_that_have_nothing_in_common_are_replaced() {
        let before = "a\n".repeat(5_000);
        let after = "b\n".repeat(4_999) + "b";
        let diff = unified("a.yaml", &before, &after);
        assert!(diff.contains("@@ -1,5000 +1,5000 @@"), "{}", &diff[..60]);
        assert!(diff.ends_with("+b\n\\ No newline at end of file\n"));
        assert_eq!(patched(&before, &diff), after);
    }
}
