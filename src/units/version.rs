//! Minor versions, as Kubernetes and Istio count them.

use std::str::FromStr;

/// A minor version such as 1.33. Patch releases change no behaviour that a rule rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The number before the dot.
    pub major: u32,
    /// The number after it.
    pub minor: u32,
}

impl Version {
    /// The version `major.minor`.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The text is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a version such as 1.33, found `{0}`")]
pub struct VersionError(String);

/// Reads `1.33`, `v1.33`, `1.33.4` and `v1.33.4-gke.1`.
impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let error = || VersionError(text.to_owned());
        let digits = text.strip_prefix('v').unwrap_or(text);
        let mut parts = digits.splitn(3, '.');
        let mut number = || -> Option<u32> {
            let part = parts.next()?;
            part.bytes()
                .all(|byte| byte.is_ascii_digit())
                .then(|| part.parse().ok())?
        };
        let (Some(major), Some(minor)) = (number(), number()) else {
            return Err(error());
        };
        match parts.next() {
            Some(patch) if !patch.starts_with(|c: char| c.is_ascii_digit()) => Err(error()),
            _ => Ok(Self { major, minor }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn reads_what_kubectl_and_istioctl_print() {
        for text in ["1.33", "v1.33", "1.33.4", "v1.33.4-gke.1070000"] {
            assert_eq!(text.parse(), Ok(Version::new(1, 33)), "{text}");
        }
        for text in ["", "1", "one.two", "1.", "1.x", "1.33.", "-1.3", "1.33-rc"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    #[test]
    fn minor_versions_compare_as_numbers() {
        assert!(Version::new(1, 9) < Version::new(1, 10));
    }
}
