//! Durations of Istio's resources.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::units::parse_go_duration;

/// The name serde knows [`IstioDuration`] by.
pub(crate) const POSITIVE: &str = "IstioDuration";
/// The name serde knows [`IstioDurationOrZero`] by.
pub(crate) const OR_ZERO: &str = "IstioDurationOrZero";
/// The name serde knows [`IstioDurationOfAnySign`] by.
pub(crate) const ANY_SIGN: &str = "IstioDurationOfAnySign";

/// A duration of at least 1ms in whole milliseconds, as Istio's CRDs and its webhook demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct IstioDuration(pub Duration);

/// A duration that nothing but its form is demanded of. One below zero is read as zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct IstioDurationOfAnySign(pub Duration);

/// A duration that may be zero, which then switches something off or stands for "no limit".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct IstioDurationOrZero(pub Duration);

/// Reads the text of an [`IstioDuration`].
///
/// # Errors
/// Says what was expected.
pub(crate) fn parse_positive(text: &str) -> Result<Duration, String> {
    let duration = parse(text)?;
    if duration < Duration::from_millis(1) {
        return Err(format!(
            "expected a duration of at least 1ms, found `{text}`"
        ));
    }
    in_milliseconds(duration, text)
}

/// Reads the text of an [`IstioDurationOfAnySign`].
///
/// # Errors
/// Says what was expected.
pub(crate) fn parse_any_sign(text: &str) -> Result<Duration, String> {
    match text.strip_prefix('-') {
        Some(amount) => parse(amount).map(|_| Duration::ZERO),
        None => parse(text),
    }
}

/// Reads the text of an [`IstioDurationOrZero`]. What is under 1ms counts as zero.
///
/// # Errors
/// Says what was expected.
pub(crate) fn parse_or_zero(text: &str) -> Result<Duration, String> {
    let duration = parse(text)?;
    if duration < Duration::from_millis(1) {
        return Ok(Duration::ZERO);
    }
    in_milliseconds(duration, text)
}

fn in_milliseconds(duration: Duration, text: &str) -> Result<Duration, String> {
    if duration.subsec_nanos().is_multiple_of(1_000_000) {
        Ok(duration)
    } else {
        Err(format!(
            "expected a duration in whole milliseconds, found `{text}`"
        ))
    }
}

fn parse(text: &str) -> Result<Duration, String> {
    parse_go_duration(text).map_err(|error| {
        let reason = error.to_string();
        if reason.starts_with("expected") {
            reason
        } else {
            format!("expected a duration such as 30s: {reason}")
        }
    })
}

/// Which of the two is read.
struct Reader(fn(&str) -> Result<Duration, String>);

impl<'de> Visitor<'de> for Reader {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as 30s")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Duration, D::Error> {
        inner.deserialize_str(self)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        (self.0)(text).map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for IstioDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_newtype_struct(POSITIVE, Reader(parse_positive))
            .map(Self)
    }
}

impl<'de> Deserialize<'de> for IstioDurationOrZero {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_newtype_struct(OR_ZERO, Reader(parse_or_zero))
            .map(Self)
    }
}

impl<'de> Deserialize<'de> for IstioDurationOfAnySign {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_newtype_struct(ANY_SIGN, Reader(parse_any_sign))
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message<T: for<'de> Deserialize<'de> + fmt::Debug>(json: &str) -> String {
        serde_json::from_str::<T>(json).unwrap_err().to_string()
    }

    #[test]
    fn reads_go_durations() {
        for (json, millis) in [("\"30s\"", 30_000), ("\"1m30s\"", 90_000), ("\"1ms\"", 1)] {
            let read: IstioDuration = serde_json::from_str(json).unwrap();
            assert_eq!(read.0, Duration::from_millis(millis), "{json}");
        }
        let zero: IstioDurationOrZero = serde_json::from_str("\"0s\"").unwrap();
        assert_eq!(zero.0, Duration::ZERO);
    }

    #[test]
    fn an_error_says_what_was_expected() {
        let cases = [
            (
                "\"1d\"",
                "expected a duration such as 30s: `1d` has the unknown unit `d`",
            ),
            (
                "\"30\"",
                "expected a duration such as 30s: `30` has no unit",
            ),
            ("\"0s\"", "expected a duration of at least 1ms, found `0s`"),
            ("\"1500us\"", "expected a duration in whole milliseconds"),
            ("\"\"", "expected a duration such as 30s"),
            ("30", "expected a duration such as 30s"),
        ];
        for (json, expected) in cases {
            let found = message::<IstioDuration>(json);
            assert!(found.contains(expected), "{json}: {found}");
        }
    }
}
