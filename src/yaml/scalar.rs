//! The Kubernetes scalar dialect.

/// What the Kubernetes decoder makes of a scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'t> {
    /// `~`, `null`, nothing.
    Null,
    /// `true`, `yes`, `on`, `y`, … in the YAML 1.1 case variants.
    Bool(bool),
    /// Decimal, octal (`0755`, `0o755`), hexadecimal, binary, with underscores.
    Int(i64),
    /// A whole number above [`i64::MAX`].
    Unsigned(u64),
    /// A number with a fraction or exponent.
    Float(f64),
    /// Text.
    Text(&'t str),
}

/// A whole number that reads the same without its quotes and fits every field: YAML takes `0644` for
/// octal.
pub fn whole_number(text: &str) -> Option<i64> {
    let number = text.parse::<i32>().ok()?;
    (number.to_string() == text).then(|| number.into())
}

/// Resolves a plain scalar by the rules of go-yaml v2, on which `sigs.k8s.io/yaml` stands.
/// Dates stay text there, and there is no base 60.
pub(super) fn resolve(text: &str) -> Scalar<'_> {
    let Some(first) = text.bytes().next() else {
        return Scalar::Null;
    };
    match first {
        b'~' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => word(text),
        b'0'..=b'9' | b'+' | b'-' | b'.' => number(text),
        _ => Scalar::Text(text),
    }
}

/// Whether a text may stand without quotes and still be that text, to readers of YAML 1.1 (who know
/// dates, base 60 and `=`) and of older libraries (who know no `:` in flow collections), too.
pub fn is_plain_text(text: &str, in_flow: bool) -> bool {
    let begins_well = match text.as_bytes() {
        [b'-' | b':' | b'?', next, ..] => !in_flow && next.is_ascii_alphanumeric(),
        [first, ..] => first.is_ascii_alphanumeric() || matches!(first, b'/' | b'.' | b'_' | b'$'),
        [] => false,
    };
    let may_stand = |c: char| match c {
        ',' | '[' | ']' | '{' | '}' | ':' | '?' => !in_flow,
        c => c.is_ascii_graphic() || c == ' ',
    };
    let is_dated = text.starts_with(|c: char| c.is_ascii_digit())
        && text.contains([':', '-'])
        && !text.contains(|c: char| !matches!(c, '0'..='9' | ':' | '-' | '.' | 'T' | 'Z' | ' '));
    begins_well
        && !is_dated
        && text.chars().all(may_stand)
        && !text.ends_with([' ', ':'])
        && ![": ", " #"].iter().any(|mark| text.contains(mark))
        && matches!(resolve(text), Scalar::Text(_))
}

fn word(text: &str) -> Scalar<'_> {
    match text {
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        _ => Scalar::Text(text),
    }
}

fn number(text: &str) -> Scalar<'_> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Scalar::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        _ => {}
    }
    let without_underscores;
    let digits = if text.contains('_') && !text.starts_with('.') {
        without_underscores = text.replace('_', "");
        without_underscores.as_str()
    } else {
        text
    };
    integer(digits)
        .or_else(|| float(digits))
        .unwrap_or(Scalar::Text(text))
}

fn integer(text: &str) -> Option<Scalar<'static>> {
    let (negative, magnitude) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (radix, digits) = radix(magnitude);
    // `from_str_radix` would take a second sign.
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(value).map(Scalar::Int);
    }
    match i64::try_from(value) {
        Ok(value) => Some(Scalar::Int(value)),
        // What is larger has no sign to the decoder.
        Err(_) => (!text.starts_with('+')).then_some(Scalar::Unsigned(value)),
    }
}

/// The base of a number and its digits; no digits where it is none. A leading zero makes it octal, unless
/// that cannot be: the decoder then falls back to a decimal float (`08` is 8.0).
fn radix(magnitude: &str) -> (u32, &str) {
    let Some(rest) = magnitude.strip_prefix('0') else {
        return (10, magnitude);
    };
    match rest.as_bytes().first() {
        None => (10, magnitude),
        Some(b'x' | b'X') => (16, rest.get(1..).unwrap_or_default()),
        Some(b'b' | b'B') => (2, rest.get(1..).unwrap_or_default()),
        Some(b'o' | b'O') => (8, rest.get(1..).unwrap_or_default()),
        Some(_) if rest.bytes().all(|digit| matches!(digit, b'0'..=b'7')) => (8, rest),
        Some(_) => (8, ""),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, in the range of a float.
fn float(text: &str) -> Option<Scalar<'static>> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = unsigned
        .split_once(['e', 'E'])
        .map_or((unsigned, None), |(mantissa, exponent)| {
            (mantissa, Some(exponent))
        });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.map(|text| text.strip_prefix(['-', '+']).unwrap_or(text));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = (!whole.is_empty() || !fraction.is_empty())
        && all_digits(whole)
        && all_digits(fraction)
        && exponent.is_none_or(|text| !text.is_empty() && all_digits(text));
    if !fits {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    value.is_finite().then_some(Scalar::Float(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_yaml_1_1_are_booleans() {
        for text in [
            "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "TRUE",
        ] {
            assert_eq!(resolve(text), Scalar::Bool(true), "{text}");
        }
        for text in ["n", "N", "no", "NO", "off", "Off", "false", "False"] {
            assert_eq!(resolve(text), Scalar::Bool(false), "{text}");
        }
        for text in ["yEs", "nO", "oN", "tRUE", "yess", "nul", "=", "<<"] {
            assert_eq!(resolve(text), Scalar::Text(text));
        }
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(resolve(text), Scalar::Null, "{text}");
        }
    }

    #[test]
    fn whole_numbers_in_every_base() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("+12", 12),
            ("0755", 493),
            ("0o755", 493),
            ("036", 30),
            ("1_000", 1000),
            ("0x1F", 31),
            ("-0x1f", -31),
            ("0b11", 3),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(resolve(text), Scalar::Int(value), "{text}");
        }
        assert_eq!(
            resolve("9223372036854775808"),
            Scalar::Unsigned(9_223_372_036_854_775_808)
        );
    }

    #[test]
    fn numbers_with_a_fraction_or_exponent() {
        for (text, value) in [
            ("08", 8.0),
            ("-08", -8.0),
            ("1e3", 1000.0),
            ("012e1", 120.0),
            (".5", 0.5),
            ("-.5", -0.5),
            ("3.", 3.0),
            ("3.0", 3.0),
            ("1.5e-1", 0.15),
            ("1_0.5", 10.5),
            (".inf", f64::INFINITY),
            ("-.Inf", f64::NEG_INFINITY),
        ] {
            assert_eq!(resolve(text), Scalar::Float(value), "{text}");
        }
        assert!(matches!(resolve(".nan"), Scalar::Float(value) if value.is_nan()));
    }

    #[test]
    fn what_only_looks_like_a_number_is_text() {
        for text in [
            "1:30",
            "2020-01-01",
            "1.2.3",
            "0x",
            "0b2",
            "0o8",
            "-",
            "+",
            ".",
            "..",
            "+-1",
            "--1",
            "1e",
            "1e999",
            "30s",
            "100m",
            "1 2",
            "_1",
            "-inf",
            "inf",
            ".e3",
            "١",
        ] {
            assert_eq!(resolve(text), Scalar::Text(text));
        }
    }
}
