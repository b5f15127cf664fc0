//! Durations.

use std::time::Duration;

/// The text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DurationError(String);

/// Reads a Go duration (`1m30s`, `500ms`, `1.5h`, `0`), the form of every Istio field and of most
/// Kubernetes tools. Units: ns, us, µs, ms, s, m, h. No sign.
///
/// # Errors
/// Says what was expected: a missing or unknown unit, a sign, no number, or an overflow.
pub fn parse_go_duration(text: &str) -> Result<Duration, DurationError> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text.is_empty() {
        return Err(DurationError("expected a duration such as 30s".into()));
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let number_end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or_else(|| {
                DurationError(format!("`{text}` has no unit: write {rest}s for seconds"))
            })?;
        let (number, tail) = rest.split_at(number_end);
        let unit_end = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, next) = tail.split_at(unit_end);
        let nanos_per_unit = nanos_per_unit(unit).ok_or_else(|| {
            DurationError(format!(
                "`{text}` has the unknown unit `{unit}`: use ns, us, ms, s, m or h"
            ))
        })?;
        let part = scale(number, nanos_per_unit).ok_or_else(|| {
            DurationError(format!("expected a duration such as 30s, found `{text}`"))
        })?;
        total = total
            .checked_add(part)
            .ok_or_else(|| DurationError(format!("`{text}` is too long")))?;
        rest = next;
    }
    Ok(total)
}

/// Reads what programs accept for a time-out: a Go duration, bare seconds (`30`, `2.5`), or an
/// ISO 8601 time (`PT20S`, `PT1M30S`).
pub fn parse_lenient_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Some(iso) = text.strip_prefix("PT").or_else(|| text.strip_prefix("pt")) {
        return parse_go_duration(&iso.to_ascii_lowercase()).ok();
    }
    if text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        return scale(text, 1_000_000_000);
    }
    parse_go_duration(text).ok()
}

/// Seconds as messages show them: `45s`, `0.5s`.
pub fn show_seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    let millis = duration.subsec_millis();
    if millis == 0 {
        return format!("{whole}s");
    }
    let fraction = format!("{millis:03}");
    format!("{whole}.{}s", fraction.trim_end_matches('0'))
}

fn nanos_per_unit(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// A decimal number of units, exact to the nanosecond.
fn scale(number: &str, nanos_per_unit: u64) -> Option<Duration> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut nanos = u128::from(whole).checked_mul(u128::from(nanos_per_unit))?;
    let mut digit_value = u128::from(nanos_per_unit);
    for digit in fraction.bytes() {
        digit_value /= 10;
        nanos += u128::from(digit - b'0') * digit_value;
    }
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    let rest = u32::try_from(nanos % 1_000_000_000).ok()?;
    Some(Duration::new(seconds, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations() {
        let cases = [
            ("0", 0),
            ("0s", 0),
            ("30s", 30_000),
            ("1m30s", 90_000),
            ("500ms", 500),
            ("1.5h", 5_400_000),
            (".5s", 500),
            ("1h2m3s4ms", 3_723_004),
        ];
        for (text, millis) in cases {
            assert_eq!(
                parse_go_duration(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in [
            "",
            "30",
            "1d",
            "-1s",
            "s",
            "1..5s",
            "30 s",
            "99999999999999999999h",
        ] {
            assert!(parse_go_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_error_says_what_to_write() {
        let error = parse_go_duration("30").map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err("`30` has no unit: write 30s for seconds".to_owned())
        );
    }

    #[test]
    fn lenient_durations() {
        let cases = [
            ("45", 45_000),
            ("2.5", 2_500),
            ("PT20S", 20_000),
            ("PT1M30S", 90_000),
            ("20s", 20_000),
        ];
        for (text, millis) in cases {
            assert_eq!(
                parse_lenient_duration(text),
                Some(Duration::from_millis(millis)),
                "{text}"
            );
        }
        assert_eq!(parse_lenient_duration("soon"), None);
    }

    #[test]
    fn seconds_are_shown_without_trailing_zeros() {
        assert_eq!(show_seconds(Duration::from_secs(45)), "45s");
        assert_eq!(show_seconds(Duration::from_millis(500)), "0.5s");
    }
}
