//! Making text from manifests safe to print.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::finding::Finding;
use crate::source::{Location, Sources};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The text with every character that a terminal would obey instead of show, or not show at all,
/// spelled out: `\u{1b}` for ESC. Covers control characters (line breaks and tabs too), direction
/// overrides, and characters of no width. Works character by character, so the result of a
/// concatenation is the concatenation of the results.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    spell_out(text, |_| false)
}

/// As [`sanitize`], for text of several lines: line breaks stay.
pub(super) fn sanitize_lines(text: &str) -> Cow<'_, str> {
    spell_out(text, |char| char == '\n')
}

/// As [`sanitize`], for formats that escape line breaks themselves.
pub(super) fn sanitize_line_ends(text: &str) -> Cow<'_, str> {
    spell_out(text, |char| matches!(char, '\n' | '\r'))
}

/// As [`sanitize`], for a line of source text: tabs stay, because an excerpt knows their width.
pub fn sanitize_source(text: &str) -> Cow<'_, str> {
    spell_out(text, |char| char == '\t')
}

/// The object and the container that a finding speaks of, in words.
pub fn subject(finding: &Finding) -> Option<String> {
    let resource = finding.resource.as_ref()?;
    let mut subject = sanitize(&resource.to_string()).into_owned();
    if let Some(container) = &resource.container {
        subject.push_str(", container ");
        subject.push_str(&sanitize(container));
    }
    Some(subject)
}

/// What is wrong as a sentence and, as a paragraph of its own, what to write instead; as it is, not
/// made safe for anything.
pub(super) fn statement(finding: &Finding) -> String {
    let message = finding.message.trim_end();
    let stop = if message.ends_with(['.', '!', '?', ':']) {
        ""
    } else {
        "."
    };
    match &finding.help {
        Some(help) => format!("{message}{stop}\n\n{}", help.trim_end()),
        None => format!("{message}{stop}"),
    }
}

/// The path and line where a person finds a place.
pub(super) fn line_of(location: Location, sources: &Sources) -> (&str, u32) {
    let place = sources.place(location);
    let source = sources.get(place.source);
    (source.path(), source.position(place.span.start).line)
}

/// Prose is never squeezed into less, however narrow the terminal.
const MIN_WIDTH: usize = 32;

/// Breaks a line at spaces so that it fits, where it can.
pub(super) fn wrap(line: &str, width: usize) -> String {
    let mut wrapped = String::with_capacity(line.len());
    let mut used = 0;
    for word in line.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width.max(MIN_WIDTH) {
            wrapped.push('\n');
            used = 0;
        } else if !wrapped.is_empty() {
            wrapped.push(' ');
            used += 1;
        }
        wrapped.push_str(word);
        used += length;
    }
    wrapped
}

/// The text, or as much of its start as fits in so many columns with a mark that it was cut.
pub(super) fn fit_to(text: &str, columns: usize, unicode: bool) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let mark = if unicode { '…' } else { '~' };
    let mut fitting = String::new();
    let mut used = 1;
    for char in text.chars() {
        used += char.width().unwrap_or_default();
        if used > columns {
            break;
        }
        fitting.push(char);
    }
    fitting.push(mark);
    Cow::Owned(fitting)
}

fn spell_out(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|char| is_unprintable(char) && !keep(char)) {
        return Cow::Borrowed(text);
    }
    let mut printable = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        if is_unprintable(char) && !keep(char) {
            // Writing to a String cannot fail.
            let _ = write!(printable, "\\u{{{:x}}}", u32::from(char));
        } else {
            printable.push(char);
        }
    }
    Cow::Owned(printable)
}

/// Whether a terminal would obey the character instead of showing it, or not show it at all.
pub(super) fn is_unprintable(char: char) -> bool {
    if char.is_ascii() {
        return char.is_ascii_control();
    }
    char.is_control()
        || matches!(char,
            // Soft hyphen, combining grapheme joiner, Arabic letter mark.
            '\u{ad}' | '\u{34f}' | '\u{61c}'
            // Hangul and Khmer fillers, Mongolian selectors and vowel separator.
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            // Zero-width space and joiners, direction marks.
            | '\u{200b}'..='\u{200f}'
            // Line and paragraph separators, direction embeddings and overrides.
            | '\u{2028}'..='\u{202e}'
            // Word joiner, invisible operators, direction isolates, deprecated format characters.
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            // No characters at all, and forbidden in XML.
            | '\u{fffe}' | '\u{ffff}'
            // Musical format characters, tags, supplementary variation selectors.
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_borrowed() {
        assert!(matches!(sanitize("größe: 1 日本 🦆"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_a_terminal_obeys_is_spelled_out() {
        assert_eq!(sanitize("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(sanitize("a\u{9b}2Jb\u{7f}"), "a\\u{9b}2Jb\\u{7f}");
        assert_eq!(sanitize("a\nb\tc\r"), "a\\u{a}b\\u{9}c\\u{d}");
        assert_eq!(
            sanitize("user\u{202e}nimda\u{2069}"),
            "user\\u{202e}nimda\\u{2069}"
        );
        assert_eq!(
            sanitize("app\u{200b}\u{feff}\u{e0041}"),
            "app\\u{200b}\\u{feff}\\u{e0041}"
        );
    }

    #[test]
    fn what_does_not_fit_is_cut_where_it_shows() {
        assert_eq!(fit_to("preStop", 7, true), "preStop");
        assert_eq!(fit_to("preStop hook", 7, true), "preSto…");
        assert_eq!(fit_to("日本語", 5, true), "日本…");
        assert_eq!(fit_to("日本語", 4, false), "日~");
    }

    #[test]
    fn lines_and_tabs_stay_where_they_have_a_meaning() {
        assert_eq!(sanitize_lines("a\nb\t"), "a\nb\\u{9}");
        assert_eq!(sanitize_source("\ta\n"), "\ta\\u{a}");
    }
}
