//! Making text from manifests safe to print.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};

use crate::finding::{Finding, Listing, Unlisted};
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

/// What is wrong as sentences and, as a paragraph of its own, what to write instead; as it is, not
/// made safe for anything.
pub(super) fn statement(finding: &Finding) -> String {
    let what = sentences(finding);
    match &finding.help {
        Some(help) => format!("{what}\n\n{help}"),
        None => what,
    }
}

/// The message and what stands behind it as sentences; not made safe for anything.
pub(super) fn sentences(finding: &Finding) -> String {
    let message = sentence(&finding.message);
    match &finding.detail {
        Some(detail) => {
            let mut letters = detail.chars();
            let first = letters.next().map(|first| first.to_uppercase().to_string());
            let detail = first.unwrap_or_default() + letters.as_str();
            format!("{message} {}", sentence(&detail))
        }
        None => message,
    }
}

fn sentence(text: &str) -> String {
    let text = text.trim_end();
    let stop = if text.ends_with(['.', '!', '?', ':']) {
        ""
    } else {
        "."
    };
    format!("{text}{stop}")
}

/// The path and line where a person finds a place.
pub(super) fn line_of(location: Location, sources: &Sources) -> (&str, u32) {
    let place = sources.place(location);
    let source = sources.get(place.source);
    (source.path(), source.position(place.span.start).line)
}

/// What a report does not list, a line for each file and rule.
pub(super) fn unlisted(listing: &Listing<'_>, sources: &Sources) -> Vec<String> {
    let (named, rest) = listing.named();
    let mut lines: Vec<String> = named
        .iter()
        .map(|left| {
            let path = sanitize(sources.get(left.source).path());
            format!("{path}: not listed: {}", more(left))
        })
        .collect();
    if rest > 0 {
        lines.push(format!("not listed: {rest} more findings"));
    }
    lines
}

/// `200 more findings of missing-pdb`
pub(super) fn more(left: &Unlisted<'_>) -> String {
    let ending = if left.count == 1 { "" } else { "s" };
    format!("{} more finding{ending} of {}", left.count, left.rule)
}

/// Prose is never squeezed into less, however narrow the terminal.
const MIN_WIDTH: usize = 32;

/// Breaks a line at spaces so that it fits, where it can.
pub(super) fn wrap(line: &str, width: usize) -> String {
    wrap_behind(line, width, 0)
}

/// As [`wrap`], with so many blanks before each line but the first. Blanks at the start stay.
pub(super) fn wrap_behind(line: &str, width: usize, indent: usize) -> String {
    let lead = line.len() - line.trim_start_matches(' ').len();
    let (lead, text) = line.split_at(lead);
    let mut wrapped = String::from(lead);
    let mut used = lead.len();
    for (index, word) in text.split(' ').enumerate() {
        let length = word.width();
        if index > 0 && used + 1 + length > width.max(MIN_WIDTH) {
            // Two blanks in a row are one break.
            wrapped.truncate(wrapped.trim_end_matches(' ').len());
            wrapped.push('\n');
            wrapped.extend(std::iter::repeat_n(' ', indent));
            used = indent;
        } else if index > 0 {
            wrapped.push(' ');
            used += 1;
        }
        wrapped.push_str(word);
        used += length;
    }
    wrapped
}

/// The text, or as much of its end as fits in so many columns behind a mark that it was cut.
pub(super) fn cut_start(text: &str, columns: usize, unicode: bool) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let mut used = 1;
    let end = text.char_indices().rev().take_while(|(_, char)| {
        used += char.width().unwrap_or_default();
        used <= columns
    });
    let at = end.last().map_or(text.len(), |(at, _)| at);
    let mark = if unicode { '…' } else { '~' };
    Cow::Owned(format!("{mark}{}", text.get(at..).unwrap_or_default()))
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

/// What nobody sees, as Unicode has it: controls, format characters that have no form of their own,
/// separators, what may be ignored when it is drawn, private characters and those that are none; and
/// what is drawn as nothing (a blank pattern of Braille, a head of a note without one, the place of an
/// embedded object).
const UNSEEN: &str = r"[[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\x{2800}\x{FFFC}\x{13440}\x{1D159}]--\p{Prepended_Concatenation_Mark}]";

/// The ranges of [`UNSEEN`], in order.
static UNSEEN_RANGES: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let class = regex_syntax::parse(UNSEEN).map(regex_syntax::hir::Hir::into_kind);
    match class {
        Ok(HirKind::Class(Class::Unicode(class))) => {
            class.iter().map(|it| (it.start(), it.end())).collect()
        }
        // A test reads them.
        _ => Vec::new(),
    }
});

/// Whether a terminal would obey the character instead of showing it, or not show it at all.
pub(super) fn is_unprintable(char: char) -> bool {
    if char.is_ascii() {
        return char.is_ascii_control();
    }
    let at = UNSEEN_RANGES.partition_point(|(_, end)| *end < char);
    char.is_control()
        || UNSEEN_RANGES
            .get(at)
            .is_some_and(|(start, _)| *start <= char)
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
    fn what_nobody_sees_is_spelled_out() {
        let unseen = "\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{180e}\u{180f}\u{200b}\u{200f}\u{2028}\
                      \u{202e}\u{2060}\u{2065}\u{206f}\u{2800}\u{3164}\u{e000}\u{fe0f}\u{fdd0}\u{feff}\u{ffa0}\
                      \u{fff0}\u{fff9}\u{fffc}\u{ffff}\u{110bd}\u{13430}\u{13440}\u{1bca0}\u{1d159}\u{1d173}\
                      \u{1fffe}\u{e0041}\u{e01ef}\u{f0000}\u{10fffd}";
        for char in unseen.chars().filter(|char| *char != '\u{110bd}') {
            assert_eq!(
                sanitize(&char.to_string()),
                format!("\\u{{{:x}}}", u32::from(char))
            );
        }
        // Characters that combine, signs before Arabic and Kaithi numbers, what is new.
        for seen in [
            "e\u{301}",
            "\u{600}1",
            "\u{110bd}",
            "\u{a0}",
            "\u{fffd}",
            "\u{2801}",
            "🫩",
        ] {
            assert_eq!(sanitize(seen), seen);
        }
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
