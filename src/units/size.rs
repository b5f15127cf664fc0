//! Sizes of files.

use std::fmt;
use std::str::FromStr;

use super::Quantity;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// The largest file that is read, in bytes. At most 1 GiB: places in a text are counted in 32 bits,
/// and a byte that is no UTF-8 becomes three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SizeLimit(u32);

/// The text is no such size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a size from 1 byte to 1Gi, such as 32Mi, found `{0}`")]
pub struct SizeLimitError(String);

impl SizeLimit {
    /// What no limit can exceed, in bytes.
    pub const MOST: u64 = GIB;
    /// As large as can be.
    pub const MAX: Self = Self(1 << 30);

    /// What a `.gitignore` may have: each of its lines becomes a pattern, which takes a thousand times as
    /// much memory.
    pub const GITIGNORE: Self = Self(256 << 10);

    /// In bytes.
    pub fn bytes(self) -> u64 {
        self.0.into()
    }
}

impl Default for SizeLimit {
    /// No manifest that a person writes is that large, and one would take seconds to parse.
    fn default() -> Self {
        Self(32 << 20)
    }
}

impl FromStr for SizeLimit {
    type Err = SizeLimitError;

    fn from_str(text: &str) -> Result<Self, SizeLimitError> {
        let bytes = text.parse().ok().and_then(|Quantity { milli }| {
            // `32m` is 0.032 bytes, and nobody means that.
            let bytes = u32::try_from(milli / 1000).ok()?;
            let fits = (1..=Self::MOST).contains(&bytes.into());
            (milli % 1000 == 0 && fits).then_some(bytes)
        });
        bytes
            .map(Self)
            .ok_or_else(|| SizeLimitError(text.to_owned()))
    }
}

impl fmt::Display for SizeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes();
        let units = [(GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")];
        match units
            .into_iter()
            .find(|(unit, _)| bytes.is_multiple_of(*unit))
        {
            Some((unit, name)) => write!(f, "{} {name}", bytes / unit),
            None if bytes == 1 => f.write_str("1 byte"),
            None => write!(f, "{bytes} bytes"),
        }
    }
}

/// A size for people. Rounded up: what is larger than a limit looks larger.
pub fn show_size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        GIB.. => (GIB, "GiB"),
        MIB.. => (MIB, "MiB"),
        KIB.. => (KIB, "KiB"),
        1 => return "1 byte".to_owned(),
        _ => return format!("{bytes} bytes"),
    };
    let tenths = (u128::from(bytes) * 10).div_ceil(unit.into());
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_quantities_up_to_1_gi() {
        let cases = [
            ("1", 1, "1 byte"),
            ("1500", 1500, "1500 bytes"),
            ("64Ki", 65_536, "64 KiB"),
            ("32Mi", 33_554_432, "32 MiB"),
            ("33554432", 33_554_432, "32 MiB"),
            ("1.5Mi", 1_572_864, "1536 KiB"),
            ("10M", 10_000_000, "10000000 bytes"),
            ("1Gi", 1_073_741_824, "1 GiB"),
        ];
        for (text, bytes, shown) in cases {
            let limit: SizeLimit = text.parse().unwrap();
            assert_eq!(
                (limit.bytes(), limit.to_string().as_str()),
                (bytes, shown),
                "{text}"
            );
        }
    }

    #[test]
    fn other_sizes_are_refused() {
        for text in [
            "",
            "0",
            "-1",
            "32m",
            "1500m",
            "32MB",
            "32MiB",
            "1073741825",
            "2Gi",
            "4Gi",
            "1e30",
            "99999999999999999999999999999999999999999999",
            "many",
        ] {
            assert!(text.parse::<SizeLimit>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_larger_looks_larger() {
        let cases = [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1023, "1023 bytes"),
            (1024, "1.0 KiB"),
            (33_554_432, "32.0 MiB"),
            (33_554_433, "32.1 MiB"),
            (1_073_741_825, "1.1 GiB"),
            (u64::MAX, "17179869184.0 GiB"),
        ];
        for (bytes, shown) in cases {
            assert_eq!(show_size(bytes), shown);
        }
    }
}
