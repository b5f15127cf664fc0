//! What a fix would make of the lines it edits.

use super::text::sanitize_lines;
use crate::finding::{Edit, Finding, Fix, Help};
use crate::source::Sources;

/// More would bury the next finding.
const MAX_LINES: usize = 12;

/// Bytes. Of longer lines, as in JSON that is one line, nobody sees what changes.
const MAX_WIDTH: usize = 1_000;

/// Lines that go (`- `) and lines that come (`+ `), without the blanks that all of them start with.
/// Nothing where the help shows the new lines already.
pub(super) fn lines(finding: &Finding, fix: &Fix, sources: &Sources) -> Vec<String> {
    if finding.help.as_ref().is_some_and(Help::is_fix) {
        return Vec::new();
    }
    let mut lines: Vec<(char, String)> = Vec::new();
    for edit in &fix.edits {
        lines.extend(changed(edit, sources));
    }
    if lines.iter().any(|(_, line)| line.len() > MAX_WIDTH) {
        return Vec::new();
    }
    let indent = |line: &String| line.len() - line.trim_start().len();
    let written = lines.iter().filter(|(_, line)| !line.trim().is_empty());
    let common = written.map(|(_, line)| indent(line)).min().unwrap_or(0);
    let more = lines.len().saturating_sub(MAX_LINES);
    let mut shown: Vec<String> = lines
        .iter()
        .take(MAX_LINES)
        .map(|(sign, line)| {
            let line = line.get(common..).unwrap_or_default();
            format!("{sign} {}", sanitize_lines(line))
                .trim_end()
                .to_owned()
        })
        .collect();
    if more > 0 {
        shown.push(format!("{more} more lines: see --diff"));
    }
    shown
}

/// The whole lines that an edit touches, before and after it, without those that stay.
fn changed(edit: &Edit, sources: &Sources) -> Vec<(char, String)> {
    let text = sources.get(edit.source).text();
    let range = edit.span.range();
    let start = text
        .get(..range.start)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |at| at + 1);
    let end = text
        .get(range.end..)
        .and_then(|after| after.find('\n'))
        .map_or(text.len(), |at| range.end + at);
    if end - start > MAX_WIDTH * MAX_LINES {
        return Vec::new();
    }
    let slice = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let old = slice(start, end);
    let new = [slice(start, range.start), &edit.text, slice(range.end, end)].concat();
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let head = old.iter().zip(&new).take_while(same).count();
    let (old, new) = (
        old.get(head..).unwrap_or_default(),
        new.get(head..).unwrap_or_default(),
    );
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(same)
        .count();
    let part = |sign: char, lines: &[&str]| -> Vec<(char, String)> {
        let kept = lines.len() - tail;
        let lines = lines.iter().take(kept);
        lines.map(|line| (sign, (*line).to_owned())).collect()
    };
    [part('-', old), part('+', new)].concat()
}
