//! Identity of a finding across runs.

/// 64 bits that stay the same while lines move and change when the object or the cause does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u64);

impl Fingerprint {
    /// Folds the parts into one value. The parts are length-delimited, so `["ab", "c"]` differs
    /// from `["a", "bc"]`. FNV-1a: not cryptographic, stable across versions and machines.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        let mut hash = OFFSET;
        let mut fold = |byte: u8| {
            hash ^= u64::from(byte);
            hash = hash.wrapping_mul(PRIME);
        };
        for part in parts {
            (part.len() as u64)
                .to_le_bytes()
                .into_iter()
                .for_each(&mut fold);
            part.bytes().for_each(&mut fold);
        }
        Self(hash)
    }
}

/// Sixteen hexadecimal digits.
impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The sixteen digits that [`Display`](std::fmt::Display) writes.
impl std::str::FromStr for Fingerprint {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = is_digits.then(|| u64::from_str_radix(text, 16).ok());
        value.flatten().map(Self).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(Fingerprint::of(["ab", "c"]), Fingerprint::of(["a", "bc"]));
    }

    #[test]
    fn the_value_is_part_of_the_public_contract() {
        assert_eq!(
            Fingerprint::of(["missing-pdb"]).to_string(),
            "9efd1efb9fe226c1"
        );
    }

    #[test]
    fn what_is_written_can_be_read() {
        for value in [0, 1, u64::MAX, 0xfeed] {
            let fingerprint = Fingerprint(value);
            assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        }
        for text in ["", "feed", "+0000000000000001", "000000000000000g"] {
            assert_eq!(text.parse::<Fingerprint>(), Err(()), "{text}");
        }
    }
}
