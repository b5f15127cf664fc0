//! Numbers of pods, absolute or in per cent.

use std::fmt;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// A number of pods, or a share of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many pods.
    Count(u32),
    /// Of all pods; may exceed 100 where Kubernetes allows it.
    Percent(u32),
}

/// The API server rejects the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAmount {
    /// Less than nothing.
    #[error("{0} is negative")]
    Negative(i32),
    /// Text other than digits and a per cent sign; a quoted number is one.
    #[error("{0:?} is neither a number nor a percentage such as \"25%\"")]
    NotAPercentage(String),
    /// More than all, where that is not allowed.
    #[error("{0}% is more than 100%")]
    TooMuch(u32),
}

impl Amount {
    /// Reads a field that takes both forms.
    ///
    /// # Errors
    /// What the API server rejects for every such field.
    pub fn of(value: &IntOrString) -> Result<Self, InvalidAmount> {
        match value {
            IntOrString::Int(number) => u32::try_from(*number)
                .map(Self::Count)
                .map_err(|_| InvalidAmount::Negative(*number)),
            IntOrString::String(text) => text
                .strip_suffix('%')
                .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|digits| digits.parse().ok())
                .map(Self::Percent)
                .ok_or_else(|| InvalidAmount::NotAPercentage(text.clone())),
        }
    }

    /// The same, for fields that may not exceed 100%.
    pub(super) fn at_most_all(value: &IntOrString) -> Result<Self, InvalidAmount> {
        match Self::of(value)? {
            Self::Percent(percent) if percent > 100 => Err(InvalidAmount::TooMuch(percent)),
            amount => Ok(amount),
        }
    }

    /// Whether the number itself is 0, before any rounding.
    pub(super) fn is_zero(self) -> bool {
        matches!(self, Self::Count(0) | Self::Percent(0))
    }

    /// The number of pods out of `total`.
    pub(super) fn resolve(self, total: u32, rounding: Rounding) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => {
                let hundredths = u64::from(percent) * u64::from(total);
                let pods = match rounding {
                    Rounding::Up => hundredths.div_ceil(100),
                    Rounding::Down => hundredths / 100,
                };
                u32::try_from(pods).unwrap_or(u32::MAX)
            }
        }
    }

    /// `2 of 3 replicas`, `25% of 3 replicas (rounded up to 1)`
    pub(super) fn show_of(self, total: u32, noun: &str, rounding: Rounding) -> String {
        let plural = if total == 1 { "" } else { "s" };
        let whole = format!("{self} of {total} {noun}{plural}");
        let Self::Percent(percent) = self else {
            return whole;
        };
        let pods = self.resolve(total, rounding);
        let is_exact = (u64::from(percent) * u64::from(total)).is_multiple_of(100);
        match rounding {
            _ if is_exact => format!("{whole} (= {pods})"),
            Rounding::Up => format!("{whole} (rounded up to {pods})"),
            Rounding::Down => format!("{whole} (rounded down to {pods})"),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// What becomes of a fraction of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    Up,
    Down,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_forms() {
        let text = |text: &str| IntOrString::String(text.to_owned());
        assert_eq!(Amount::of(&IntOrString::Int(2)), Ok(Amount::Count(2)));
        assert_eq!(Amount::of(&text("25%")), Ok(Amount::Percent(25)));
        assert_eq!(Amount::of(&text("250%")), Ok(Amount::Percent(250)));
        assert_eq!(
            Amount::of(&IntOrString::Int(-1)),
            Err(InvalidAmount::Negative(-1))
        );
        for wrong in [
            "1",
            "25",
            "%",
            "-5%",
            "+5%",
            "2.5%",
            "5 %",
            "",
            "99999999999%",
        ] {
            assert_eq!(
                Amount::of(&text(wrong)),
                Err(InvalidAmount::NotAPercentage(wrong.to_owned())),
            );
        }
        assert_eq!(
            Amount::at_most_all(&text("101%")),
            Err(InvalidAmount::TooMuch(101))
        );
    }
}
