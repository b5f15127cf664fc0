//! Colours for terminals.

use owo_colors::OwoColorize;

use super::Style;

/// How a text stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Color {
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
    Cyan,
    Blue,
}

/// The text in a colour, where colours are wanted; the text must be printable.
pub(super) fn paint(style: &Style, color: Color, text: &str) -> String {
    if !style.color || text.trim().is_empty() {
        return text.to_owned();
    }
    match color {
        Color::Bold => text.bold().to_string(),
        Color::Dim => text.dimmed().to_string(),
        Color::Red => text.red().to_string(),
        Color::Yellow => text.yellow().to_string(),
        Color::Green => text.green().to_string(),
        Color::Cyan => text.cyan().to_string(),
        Color::Blue => text.blue().to_string(),
    }
}

/// The lines of a diff, or any lines with such signs, in colours: those that go, those that come, where
/// they are. The text must be printable.
pub fn diff_in_color(style: &Style, diff: &str) -> String {
    let lines = diff.split_inclusive('\n').map(|line| {
        let text = line.trim_end_matches(['\r', '\n']);
        let color = match text.as_bytes() {
            [b'+', b'+', b'+', b' ', ..] | [b'-', b'-', b'-', b' ', ..] => Color::Bold,
            [b'+', ..] => Color::Green,
            [b'-', ..] => Color::Red,
            [b'@', ..] => Color::Cyan,
            _ => return line.to_owned(),
        };
        paint(style, color, text) + line.get(text.len()..).unwrap_or_default()
    });
    lines.collect()
}
