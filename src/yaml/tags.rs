//! What the tag of a scalar does to its value.

use super::scalar::{Scalar, resolve};
use super::tokens::CORE;
use super::tree::Tag;

/// A scalar with a tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) tag: Tag,
    /// What it reads as, where that is not what its text is.
    pub(super) text: Option<String>,
}

impl Typed {
    pub(super) fn of(tag: Tag) -> Self {
        Self { tag, text: None }
    }
}

/// What a scalar is under a tag, which is written out; an error is why the decoder refuses it.
pub(super) fn apply(tag: &str, value: &str) -> Result<Typed, String> {
    let name = tag.strip_prefix(CORE);
    let resolved = resolve(value);
    let fits = match name {
        Some("int") => matches!(resolved, Scalar::Int(_) | Scalar::Unsigned(_)),
        Some("float") => matches!(resolved, Scalar::Int(_) | Scalar::Float(_)),
        Some("bool") => matches!(resolved, Scalar::Bool(_)),
        Some("null") => matches!(resolved, Scalar::Null),
        Some("timestamp") => is_timestamp(value),
        _ => true,
    };
    if !fits {
        let name = name.unwrap_or_default();
        return Err(format!("the tag `!!{name}` does not fit this value"));
    }
    Ok(match name {
        Some("int" | "bool" | "null") => Typed::of(Tag::Resolved),
        Some("float") => Typed::of(Tag::Float),
        Some("binary") => Typed {
            tag: Tag::Text,
            text: Some(binary(value)?),
        },
        Some("merge") if value == "<<" => Typed::of(Tag::Merge),
        None if tag == "!" && value == "<<" => Typed::of(Tag::Merge),
        // All others make text of anything.
        _ => Typed::of(Tag::Text),
    })
}

/// Base64, decoded. What is not UTF-8 becomes replacement characters on the way to JSON.
fn binary(value: &str) -> Result<String, String> {
    let refused = || "the tag `!!binary` does not fit this value: it is not Base64".to_owned();
    let digits: Vec<u8> = value
        .bytes()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
        .collect();
    let padding = digits
        .iter()
        .rev()
        .take_while(|byte| **byte == b'=')
        .count();
    if !digits.len().is_multiple_of(4) || padding > 2 {
        return Err(refused());
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    for group in digits.chunks_exact(4) {
        let mut bits = 0_u32;
        for digit in group {
            bits = bits << 6 | base64_digit(*digit).ok_or_else(refused)?;
        }
        let [_, first, second, third] = bits.to_be_bytes();
        bytes.extend([first, second, third]);
    }
    // Padding anywhere but at the end was no digit.
    let inner = digits.get(..digits.len() - padding).unwrap_or_default();
    if inner.contains(&b'=') {
        return Err(refused());
    }
    bytes.truncate(bytes.len() - padding);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn base64_digit(digit: u8) -> Option<u32> {
    Some(u32::from(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        b'=' => 0,
        _ => return None,
    }))
}

/// Whether a text is a date, or a date and a time, in a form that the decoder knows.
fn is_timestamp(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let year = year
        .filter(|year| year.len() == 4)
        .and_then(|year| number(year, 4));
    let month = month.and_then(|month| number(month, 2));
    let day = day.and_then(|day| number(day, 2));
    let (Some(year), Some(month), Some(day), None) = (year, month, day, parts.next()) else {
        return false;
    };
    (1..=days(year, month)).contains(&day)
        && match time.split_at_checked(1) {
            None => true,
            Some((" ", clock)) => is_clock(clock),
            Some((_, time)) => {
                let Some(zone) = time.find(['Z', '+', '-']) else {
                    return false;
                };
                let (clock, zone) = time.split_at(zone);
                is_clock(clock) && is_zone(zone)
            }
        }
}

/// How many days a month has; 0 where there is no such month.
fn days(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 0,
    }
}

/// `15:4:5`, perhaps with a fraction.
fn is_clock(clock: &str) -> bool {
    let (clock, fraction) = clock
        .split_once(['.', ','])
        .map_or((clock, None), |(clock, fraction)| (clock, Some(fraction)));
    let mut parts = clock.split(':').map(|part| number(part, 2));
    let is_below = |part: Option<Option<u32>>, limit| part.flatten().is_some_and(|it| it < limit);
    is_below(parts.next(), 24)
        && is_below(parts.next(), 60)
        && is_below(parts.next(), 60)
        && parts.next().is_none()
        && fraction.is_none_or(|digits| {
            !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
        })
}

/// `Z` or `+01:00`.
fn is_zone(zone: &str) -> bool {
    let hours = |text: &str| text.len() == 2 && number(text, 2).is_some_and(|it| it <= 24);
    let minutes = |text: &str| text.len() == 2 && number(text, 2).is_some_and(|it| it < 60);
    zone == "Z"
        || zone
            .get(1..)
            .and_then(|offset| offset.split_once(':'))
            .is_some_and(|(hour, minute)| hours(hour) && minutes(minute))
}

/// A number of so many digits at most.
fn number(text: &str, digits: usize) -> Option<u32> {
    let is_number =
        !text.is_empty() && text.len() <= digits && text.bytes().all(|it| it.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn core(name: &str, value: &str) -> Result<Typed, String> {
        apply(&format!("{CORE}{name}"), value)
    }

    #[test]
    fn a_tag_that_does_not_fit_is_refused() {
        for (name, fits, not) in [
            ("int", "0x1f", "1.5"),
            ("float", "3", "x"),
            ("bool", "yes", "1"),
            ("null", "~", "x"),
            ("timestamp", "2001-02-28", "2001-02-29"),
            (
                "timestamp",
                "2001-12-14t21:59:43.10-05:00",
                "2001-12-14T21:59:43",
            ),
            ("timestamp", "2001-1-2 3:4:5.6", "2001-1-2 3:4:60"),
            ("binary", "aGk=", "aGk"),
            ("binary", "aGkh", "aG=h"),
        ] {
            assert!(core(name, fits).is_ok(), "{name} {fits}");
            assert!(core(name, not).is_err(), "{name} {not}");
        }
    }

    #[test]
    fn tags_that_are_not_known_make_text() {
        for tag in [
            "!",
            "!int",
            "tag:yaml.org,2002:str",
            "tag:yaml.org,2002:map",
            "x",
        ] {
            assert_eq!(apply(tag, "3"), Ok(Typed::of(Tag::Text)), "{tag}");
        }
        assert_eq!(apply("!", "<<"), Ok(Typed::of(Tag::Merge)));
        let text = Some("hi\n".to_owned());
        assert_eq!(
            core("binary", "aGkK"),
            Ok(Typed {
                tag: Tag::Text,
                text
            })
        );
    }
}
