//! Nothing in a report is a command to what it is printed in.
//!
//! Runners of CI systems read the output of every step for commands, whatever file it came from:
//!
//! - GitHub Actions: `::name …::…` where a line starts so, blanks aside, and its older form
//!   `##[name …]…` anywhere in a line (`ActionCommand.cs` in `actions/runner`).
//! - Azure DevOps: `##vso[…]…` anywhere in a line, and `##[name]` for its log.
//! - TeamCity: `##teamcity[…]` anywhere in a line.
//!
//! So the first character of each is spelled out, in the way of the format: a person sees it as
//! [`sanitize`] shows what cannot be seen, and a parser or a browser gets the text as it was. All
//! this works on the finished lines of a report, so that no writer can forget a place.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::text::{is_unprintable, sanitize};

/// What follows `##` in a command, in lower case.
const MARKERS: [&str; 3] = ["[", "vso[", "teamcity["];

/// How the first character of a command is spelled out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// For people, and for programs that print what they read: `\u{23}#[error]`.
    Text,
    /// Where a character reference is the character to its reader: `&#35;#[error]`.
    Markup,
    /// As `Text`, where lines may start with `::`, because the writer is the one who says so.
    Commands,
    /// As an escape of JSON, together with all that a terminal would obey or not show.
    Json,
}

/// Writes what `write` writes, with every command spelled out.
pub(super) fn write(
    spelling: Spelling,
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut disarmed = Disarmed {
        spelling,
        out,
        pending: Vec::new(),
    };
    write(&mut disarmed)?;
    let rest = std::mem::take(&mut disarmed.pending);
    disarmed.spell_out(&rest)
}

/// How much is gathered, in bytes, before what is whole of it goes on.
const GATHERED: usize = 64 << 10;

/// Passes whole lines on: no command goes over the end of one.
struct Disarmed<'o> {
    spelling: Spelling,
    out: &'o mut dyn Write,
    pending: Vec<u8>,
}

impl Disarmed<'_> {
    fn spell_out(&mut self, lines: &[u8]) -> io::Result<()> {
        let text = str::from_utf8(lines).map_err(io::Error::other)?;
        self.out
            .write_all(spell_out(self.spelling, text).as_bytes())
    }
}

impl Write for Disarmed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        // In the part that is new, lest a line that never ends is searched again and again.
        let last = bytes.iter().rposition(|byte| *byte == b'\n');
        if self.pending.len() >= GATHERED
            && let Some(last) = last
        {
            let whole = self.pending.len() - bytes.len() + last + 1;
            let rest = self.pending.split_off(whole);
            let lines = std::mem::replace(&mut self.pending, rest);
            self.spell_out(&lines)?;
        }
        Ok(bytes.len())
    }

    /// Only whole lines can be passed on, and they are.
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// JSON in which everything that a terminal or a runner would mind is an escape.
pub fn json(text: &str) -> Cow<'_, str> {
    let line_breaks = |char| char == '\n';
    // Most of a report is nothing but this.
    let is_plain = |byte: u8| (b' '..=b'~').contains(&byte) || byte == b'\n';
    let is_shown = text.bytes().all(is_plain)
        || !text
            .chars()
            .any(|it| is_unprintable(it) && !line_breaks(it));
    if is_shown && hashes(text).next().is_none() {
        return Cow::Borrowed(text);
    }
    // Outside its strings JSON has neither, so each stands in a string, where an escape may stand.
    let mut escaped = String::with_capacity(text.len() + 64);
    let mut hashes = hashes(text).peekable();
    for (at, char) in text.char_indices() {
        if hashes.next_if_eq(&at).is_some() || is_unprintable(char) && !line_breaks(char) {
            for unit in char.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(char);
        }
    }
    Cow::Owned(escaped)
}

/// Text of several lines as a log may hold it. Characters that no one can see are left to
/// [`sanitize`].
pub fn lines(text: &str) -> Cow<'_, str> {
    spell_out(Spelling::Text, text)
}

/// One line of text as a terminal and a log may hold it, whatever stands before it.
pub fn line(text: &str) -> String {
    lines(&sanitize(text)).into_owned()
}

fn spell_out(spelling: Spelling, text: &str) -> Cow<'_, str> {
    if spelling == Spelling::Json {
        return json(text);
    }
    let colons = line_starts(text).filter(|_| spelling != Spelling::Commands);
    let mut places: Vec<usize> = colons.chain(hashes(text)).collect();
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    places.sort_unstable();
    let mut spelled = String::with_capacity(text.len() + 8 * places.len());
    let mut done = 0;
    for at in places {
        spelled.push_str(text.get(done..at).unwrap_or_default());
        // Both are characters of one byte.
        let char = text.get(at..=at).unwrap_or_default();
        spelled.push_str(match (spelling, char) {
            (Spelling::Markup, ":") => "&#58;",
            (Spelling::Markup, _) => "&#35;",
            (_, ":") => "\\u{3a}",
            _ => "\\u{23}",
        });
        done = at + 1;
    }
    spelled.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(spelled)
}

/// Where lines start with `::`, after blanks.
fn line_starts(text: &str) -> impl Iterator<Item = usize> {
    let mut end = 0;
    text.split_inclusive(['\n', '\r']).filter_map(move |line| {
        let start = end;
        end += line.len();
        let trimmed = line.trim_start();
        trimmed
            .starts_with("::")
            .then(|| start + line.len() - trimmed.len())
    })
}

/// Where a command starts that may stand anywhere.
fn hashes(text: &str) -> impl Iterator<Item = usize> {
    let is_marker = |rest: &str| {
        MARKERS.iter().any(|marker| {
            let word = rest.get(..marker.len());
            word.is_some_and(|word| word.eq_ignore_ascii_case(marker))
        })
    };
    text.match_indices('#')
        .filter(move |(at, _)| {
            let rest = text.get(*at..).unwrap_or_default();
            rest.strip_prefix("##").is_some_and(is_marker)
        })
        .map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn commands_of_runners_are_spelled_out() {
        for (text, shown) in [
            ("::error::x", "\\u{3a}:error::x"),
            (" \t\u{a0}::error::x", " \t\u{a0}\\u{3a}:error::x"),
            ("a\n  ::debug::x\nb", "a\n  \\u{3a}:debug::x\nb"),
            ("a\r::debug::x", "a\r\\u{3a}:debug::x"),
            ("##[error]x", "\\u{23}#[error]x"),
            ("a ###[group]x", "a #\\u{23}#[group]x"),
            ("a ##vso[task.x]y", "a \\u{23}#vso[task.x]y"),
            ("##TeamCity[x] ##[y]", "\\u{23}#TeamCity[x] \\u{23}#[y]"),
        ] {
            assert_eq!(lines(text), shown);
        }
    }

    #[test]
    fn what_is_no_command_stays() {
        for text in [
            "# ## heading",
            "## [1.0] - 2026",
            "std::string a::b",
            "image: x # ::1",
            "##vso ##teamcity",
            "größe: #é[ ##é[",
        ] {
            assert!(matches!(lines(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn each_format_spells_in_its_own_way() {
        let text = "::a::\n##[b]";
        assert_eq!(spell_out(Spelling::Markup, text), "&#58;:a::\n&#35;#[b]");
        assert_eq!(spell_out(Spelling::Commands, text), "::a::\n\\u{23}#[b]");
    }

    #[test]
    fn json_hides_nothing_and_stays_the_same_value() {
        let text = "\u{9b}2J\u{202e}\u{2066}\u{7f}\u{feff}\u{e0041}\\##[x] é";
        let json = serde_json::to_string(text).unwrap();
        let json = super::json(&json);
        assert_eq!(
            json,
            "\"\\u009b2J\\u202e\\u2066\\u007f\\ufeff\\udb40\\udc41\\\\\\u0023#[x] é\""
        );
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn lines_are_spelled_out_however_they_are_written() {
        let long = "x".repeat(GATHERED);
        for text in [
            format!("{long}\n::error::x\n##[a]\n{long}##[b]\r\n::c::"),
            format!("{long}##[a]"),
            String::new(),
        ] {
            for size in [1, 7, GATHERED + 3] {
                let mut out = Vec::new();
                let parts = |disarmed: &mut dyn Write| {
                    let mut parts = text.as_bytes().chunks(size);
                    parts.try_for_each(|part| disarmed.write_all(part))
                };
                write(Spelling::Text, &mut out, parts).unwrap();
                assert_eq!(String::from_utf8(out).unwrap(), lines(&text));
            }
        }
    }

    proptest! {
        #[test]
        fn json_is_the_same_value(text in "(\\PC|\\pC|##\\[|[\\\\\"#\\[]){0,24}") {
            let json = serde_json::to_string_pretty(&[&text]).unwrap();
            let json = super::json(&json);
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [text]);
            let line = json.replace('\n', "");
            prop_assert_eq!(sanitize(&line), &*line);
            prop_assert!(!json.contains("##["));
        }

        #[test]
        fn no_line_is_a_command(text in "([ \n\r:#\\[a]|vso|teamcity|::x::){0,24}") {
            let shown = lines(&text);
            for line in shown.split(['\n', '\r']) {
                prop_assert!(!line.trim_start().starts_with("::"), "{line}");
                for marker in MARKERS {
                    prop_assert!(!line.contains(&format!("##{marker}")), "{line}");
                }
            }
            let back = shown.replace("\\u{3a}", ":").replace("\\u{23}", "#");
            prop_assert_eq!(back, text);
        }
    }
}
