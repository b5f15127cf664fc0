//! Names and values of any length, for people: what is longer than anybody reads is cut, and that shows.

use std::borrow::Cow;

/// The longest name that the API server takes for anything, in characters.
pub const LONGEST_NAME: usize = 253;
/// How much of a name or value a message shows, in characters.
const SHOWN: usize = 100;
/// The longest message, in characters.
const MESSAGE: usize = 1_000;
/// The longest text to copy, in characters.
const COPY: usize = 10_000;
/// What stands for the rest.
const MARK: char = '…';

/// The text, or as many characters of its start.
pub fn clip(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = text.char_indices().nth(most);
    end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// A message: every name and value in it is cut after 100 characters, and the whole after 1,000. Names
/// are words; a value may also stand between backticks, with blanks in it.
pub fn message(text: String) -> String {
    match shorten(&text, SHOWN, true, MESSAGE) {
        Cow::Borrowed(_) => text,
        Cow::Owned(cut) => cut,
    }
}

/// A help: its first line is a [`message`]. What follows is text to copy, in which names stay whole up
/// to what the API server takes.
pub fn help(text: String) -> String {
    let Some((prose, copy)) = text.split_once('\n') else {
        return message(text);
    };
    let prose = shorten(prose, SHOWN, true, MESSAGE);
    let copy = shorten(copy, LONGEST_NAME, false, COPY);
    match (prose, copy) {
        (Cow::Borrowed(_), Cow::Borrowed(_)) => text,
        (prose, copy) => format!("{prose}\n{copy}"),
    }
}

fn shorten(text: &str, word: usize, quotes: bool, total: usize) -> Cow<'_, str> {
    // No character is less than a byte.
    if text.len() <= word {
        return Cow::Borrowed(text);
    }
    // A value may hold backticks itself: one that closes has no more of a word behind it.
    let closes = |at: usize| {
        let next = text.get(at + 1..).and_then(|rest| rest.chars().next());
        next.is_none_or(|next| next.is_whitespace() || ",.;:!?)]'".contains(next))
    };
    let mut ticks = text.rmatch_indices('`').map(|(at, _)| at);
    let last = ticks.find(|at| quotes && closes(*at)).unwrap_or(0);
    let mut short = String::new();
    let mut is_cut = false;
    let (mut shown, mut length) = (0, 0);
    let mut is_quoted = false;
    for (at, char) in text.char_indices() {
        let is_tick = char == '`' && if is_quoted { closes(at) } else { at < last };
        if is_tick {
            is_quoted = !is_quoted;
            length = 0;
        } else if char.is_whitespace() && !is_quoted {
            length = 0;
        } else {
            length += 1;
        }
        if shown == total {
            short.push(MARK);
            return Cow::Owned(short);
        }
        if length > word {
            if length == word + 1 {
                short.push(MARK);
                shown += 1;
            }
            is_cut = true;
        } else {
            short.push(char);
            shown += 1;
        }
    }
    if is_cut {
        Cow::Owned(short)
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_stays() {
        for text in [
            "",
            "container `app` has no probe",
            &"ab ".repeat(300),
            &"é".repeat(100),
        ] {
            assert_eq!(message(text.to_owned()), text);
            assert_eq!(help(text.to_owned()), text);
        }
        let copy = format!("write\nmetadata:\n  name: {}\n", "a".repeat(253));
        assert_eq!(help(copy.clone()), copy);
    }

    #[test]
    fn each_name_is_cut_for_itself() {
        let (long, cut) = ("é".repeat(101), format!("{}…", "é".repeat(100)));
        assert_eq!(
            message(format!("Service `{long}` and {long} of `{long}`: bad")),
            format!("Service `{cut}` and {cut} of `{cut}`: bad")
        );
        let value = "rm ".repeat(50);
        assert_eq!(
            message(format!("`{value}` fails")),
            format!("`{}…` fails", clip(&value, 100))
        );
    }

    #[test]
    fn backticks_in_a_value_are_a_part_of_it() {
        let name = format!("a`b```c {}", "x".repeat(200));
        let cut = format!("a`b```c {}…", "x".repeat(92));
        assert_eq!(
            message(format!("container `{name}` has no probe, `y` has")),
            format!("container `{cut}` has no probe, `y` has")
        );
        let prose = "it is so ".repeat(20);
        assert_eq!(message(format!("a` `b {prose}")), format!("a` `b {prose}"));
    }

    #[test]
    fn the_whole_has_an_end() {
        let cut = message("ab ".repeat(1_000));
        assert_eq!(cut.chars().count(), 1_001);
        assert!(cut.ends_with("b…") || cut.ends_with("a…"), "{cut}");
        let cut = help(format!("write\n{}", "a: b\n".repeat(10_000)));
        assert_eq!(cut.chars().count(), "write\n".len() + 10_001);
        let cut = help(format!("write\nname: {}\nb: c", "a".repeat(300)));
        assert_eq!(cut, format!("write\nname: {}…\nb: c", "a".repeat(253)));
    }

    #[test]
    fn a_clip_splits_no_character() {
        assert_eq!(clip("äöü", 2), "äö");
        assert_eq!(clip("äöü", 3), "äöü");
        assert_eq!(clip("", 0), "");
    }
}
