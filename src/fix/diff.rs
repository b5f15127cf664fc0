//! What changed, as `patch` and reviewers read it.

use similar::TextDiff;

/// A unified diff with three lines of context; empty when nothing changed.
pub fn unified(path: &str, before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    // A line break in a name would end the header.
    let path = path.replace(char::is_control, "\u{fffd}");
    TextDiff::from_lines(before, after)
        .unified_diff()
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}
