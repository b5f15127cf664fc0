//! Whether a text has the form that a field takes (`k8s.io/apimachinery/pkg/util/validation` and
//! `k8s.io/utils/net`, 1.37).

use std::net::IpAddr;

pub(in crate::kube) use super::names::{is_dns_label, is_dns_subdomain};

/// A DNS label that starts with a letter.
pub(in crate::kube) fn is_dns1035_label(text: &str) -> bool {
    is_dns_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// A name of at most 63 letters, digits, `-`, `_` and `.`, after a DNS subdomain and a `/` where there
/// is one.
pub(in crate::kube) fn is_qualified_name(text: &str) -> bool {
    super::names::key_complaint(text, false).is_none()
}

/// The name of a port, not empty.
pub(in crate::kube) fn is_port_name(text: &str) -> bool {
    !text.is_empty() && super::names::port_name_complaint(text).is_none()
}

/// What can be a segment of a URL's path.
pub(in crate::kube) fn is_path_segment(text: &str) -> bool {
    !matches!(text, "." | "..") && !text.contains(['/', '%'])
}

/// A key of a ConfigMap or Secret.
pub(in crate::kube) fn is_config_key(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !text.is_empty()
        && text.len() <= 253
        && text.bytes().all(fits)
        && text != "."
        && !text.starts_with("..")
}

/// An address. Leading zeros were accepted before 1.36.
pub(in crate::kube) fn is_ip(text: &str) -> bool {
    parse_ip(text).is_some()
}

fn parse_ip(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse().ok();
    }
    let octets: Vec<&str> = text
        .split('.')
        .map(|octet| match octet.trim_start_matches('0') {
            "" if !octet.is_empty() => "0",
            trimmed => trimmed,
        })
        .collect();
    octets.join(".").parse().ok()
}

/// A range of addresses.
#[derive(Clone, Copy, Debug)]
pub(in crate::kube) struct Cidr {
    address: IpAddr,
    length: u8,
}

/// Whether an address or a range is written as Kubernetes writes it: without leading zeros, and without
/// bits behind the prefix. Others are refused since 1.36 (`StrictIPCIDRValidation`).
pub(in crate::kube) fn is_canonical(text: &str) -> bool {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    // IPv4 in IPv6.
    if let IpAddr::V6(address) = address
        && address.to_ipv4_mapped().is_some()
    {
        return false;
    }
    let Some(length) = length else {
        return true;
    };
    let has_no_zero = length == "0" || !length.starts_with('0');
    let rest = length.parse::<u32>().ok().map(|length| match address {
        IpAddr::V4(address) => {
            u128::from(address.to_bits().checked_shl(length).unwrap_or_default())
        }
        IpAddr::V6(address) => address.to_bits().checked_shl(length).unwrap_or_default(),
    });
    has_no_zero && rest == Some(0)
}

/// Reads a range; bits behind its prefix are ignored.
pub(in crate::kube) fn parse_cidr(text: &str) -> Option<Cidr> {
    let (address, length) = text.split_once('/')?;
    let address = parse_ip(address)?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let is_number = length.bytes().all(|byte| byte.is_ascii_digit());
    let length = length
        .parse()
        .ok()
        .filter(|length| is_number && *length <= most)?;
    Some(Cidr { address, length })
}

/// Whether a text is a range of addresses.
pub(in crate::kube) fn is_cidr(text: &str) -> bool {
    parse_cidr(text).is_some()
}

impl Cidr {
    /// Whether the other range is a part of this one, and smaller.
    pub(in crate::kube) fn strictly_holds(&self, other: &Self) -> bool {
        let prefix = |address: IpAddr| match address {
            IpAddr::V4(address) => u128::from(address.to_bits())
                .checked_shr(32 - u32::from(self.length))
                .unwrap_or_default(),
            IpAddr::V6(address) => address
                .to_bits()
                .checked_shr(128 - u32::from(self.length))
                .unwrap_or_default(),
        };
        self.address.is_ipv4() == other.address.is_ipv4()
            && self.length < other.length
            && prefix(self.address) == prefix(other.address)
    }
}

/// The bytes that a text in base64 stands for; line breaks in it do not count.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    let mut ended = false;
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                ended = true;
                continue;
            }
            _ => return None,
        };
        if ended {
            return None;
        }
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap_or_default());
        }
    }
    let length = text
        .bytes()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .count();
    (length % 4 == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_ranges() {
        for good in ["10.0.0.1", "::1", "010.0.0.1", "0.0.0.0"] {
            assert!(is_ip(good), "{good}");
        }
        for bad in ["", "10.0.0", "10.0.0.256", "host", "10.0.0.1/8", "10..0.1"] {
            assert!(!is_ip(bad), "{bad}");
        }
        for good in ["10.0.0.0/8", "10.1.2.3/16", "::/0", "fd00::/64"] {
            assert!(is_cidr(good), "{good}");
        }
        for bad in ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/+8", "::/129", "/8"] {
            assert!(!is_cidr(bad), "{bad}");
        }
        let holds = |one: &str, other: &str| {
            parse_cidr(one)
                .unwrap()
                .strictly_holds(&parse_cidr(other).unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.1.0.0/16"));
        assert!(holds("0.0.0.0/0", "10.1.0.0/16"));
        assert!(!holds("10.0.0.0/8", "10.0.0.0/8"));
        assert!(!holds("10.0.0.0/8", "11.0.0.0/16"));
        assert!(!holds("::/0", "10.0.0.0/16"));
    }

    #[test]
    fn canonical_addresses() {
        for good in [
            "10.0.0.1",
            "::1",
            "10.0.0.0/8",
            "10.0.0.1/32",
            "0.0.0.0/0",
            "fd00::/8",
        ] {
            assert!(is_canonical(good), "{good}");
        }
        for bad in [
            "010.0.0.1",
            "10.0.0.1/24",
            "::1/64",
            "10.0.0.0/08",
            "::ffff:1.2.3.4",
        ] {
            assert!(!is_canonical(bad), "{bad}");
        }
    }

    #[test]
    fn base64() {
        assert_eq!(from_base64("e30="), Some(b"{}".to_vec()));
        assert_eq!(from_base64("YW\nJj"), Some(b"abc".to_vec()));
        assert_eq!(from_base64("not base64"), None);
        assert_eq!(from_base64("YWI"), None);
    }

    #[test]
    fn keys_of_config_maps() {
        for good in ["a", ".a.b_c-d", "A", ".env"] {
            assert!(is_config_key(good), "{good}");
        }
        for bad in ["", "a/b", "a b", "..", ".", "..a"] {
            assert!(!is_config_key(bad), "{bad}");
        }
    }
}
