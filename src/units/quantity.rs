//! Resource quantities.

use std::str::FromStr;

/// A quantity's value in thousandths (`500m` is 500, `1` is 1000), saturating. Grammar:
/// `k8s.io/apimachinery/pkg/api/resource/quantity.go`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity {
    /// Thousandths of the unit (of a core, of a byte).
    pub milli: i128,
}

/// The text is no quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a quantity such as 250m, 0.5, 64Mi or 1G, found `{0}`")]
pub struct QuantityError(String);

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        parse(text).ok_or_else(|| QuantityError(text.to_owned()))
    }
}

/// Blanks around it are cut off, and without digits it is 0.
fn parse(text: &str) -> Option<Quantity> {
    let text = text.trim();
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let end = unsigned
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') {
        return None;
    }
    let scale = scale(suffix)?;
    let milli = scale.apply(whole, fraction);
    Some(Quantity {
        milli: if negative { -milli } else { milli },
    })
}

/// What a suffix multiplies by.
enum Scale {
    Binary(u32),
    Decimal(i32),
}

fn scale(suffix: &str) -> Option<Scale> {
    Some(match suffix {
        "n" => Scale::Decimal(-9),
        "u" => Scale::Decimal(-6),
        "m" => Scale::Decimal(-3),
        "" => Scale::Decimal(0),
        "k" => Scale::Decimal(3),
        "M" => Scale::Decimal(6),
        "G" => Scale::Decimal(9),
        "T" => Scale::Decimal(12),
        "P" => Scale::Decimal(15),
        "E" => Scale::Decimal(18),
        "Ki" => Scale::Binary(10),
        "Mi" => Scale::Binary(20),
        "Gi" => Scale::Binary(30),
        "Ti" => Scale::Binary(40),
        "Pi" => Scale::Binary(50),
        "Ei" => Scale::Binary(60),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            Scale::Decimal(
                exponent
                    .strip_prefix('+')
                    .unwrap_or(exponent)
                    .parse()
                    .ok()?,
            )
        }
    })
}

impl Scale {
    /// Thousandths, rounded up as the API server does.
    fn apply(&self, whole: &str, fraction: &str) -> i128 {
        let digits: String = whole.chars().chain(fraction.chars()).collect();
        let fraction_digits = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
        let mantissa: i128 = match digits.as_str() {
            "" => 0,
            digits => digits.parse().unwrap_or(i128::MAX),
        };
        match self {
            Self::Decimal(exponent) => shift(
                mantissa,
                exponent.saturating_sub(fraction_digits).saturating_add(3),
            ),
            Self::Binary(bits) => {
                let factor = 1_i128 << bits;
                shift(
                    mantissa.saturating_mul(factor),
                    3_i32.saturating_sub(fraction_digits),
                )
            }
        }
    }
}

/// `mantissa × 10^exponent`, rounded up.
fn shift(mantissa: i128, exponent: i32) -> i128 {
    if mantissa == 0 {
        return 0;
    }
    let factor = 10_i128.checked_pow(exponent.unsigned_abs());
    match (exponent >= 0, factor) {
        (true, Some(factor)) => mantissa.saturating_mul(factor),
        (true, None) => i128::MAX,
        (false, Some(factor)) => mantissa / factor + i128::from(mantissa % factor != 0),
        (false, None) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn every_suffix() {
        let cases = [
            ("1", 1_000),
            ("0.5", 500),
            ("500m", 500),
            (".5", 500),
            ("5.", 5_000),
            ("+1", 1_000),
            ("-1", -1_000),
            ("1k", 1_000_000),
            ("1Ki", 1_024_000),
            ("1.5Gi", 1_610_612_736_000),
            ("1e3", 1_000_000),
            ("1E3", 1_000_000),
            ("1E", 1_000_000_000_000_000_000_000),
            ("100e-1", 10_000),
            ("1n", 1),
            (" 1Gi ", 1_073_741_824_000),
            ("Gi", 0),
            ("m", 0),
        ];
        for (text, milli) in cases {
            assert_eq!(text.parse(), Ok(Quantity { milli }), "{text}");
        }
    }

    #[test]
    fn what_the_api_server_refuses() {
        for text in [
            "", "1 Gi", "1gb", "1GB", "64MiB", "1.2.3", "abc", "--1", "1e", "0x10", "1K",
        ] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
        }
    }
}
