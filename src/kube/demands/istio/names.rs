//! The forms of Istio's texts (istio.io/istio 1.31, `pkg/config/validation/agent/validation.go` and
//! `pkg/config/labels/instance.go`). Its labels take upper case, other than Kubernetes'.

use std::net::{IpAddr, Ipv6Addr};

use crate::kube::check::forms::parse_cidr;

/// The longest name of a host (`CheckDNS1123Preconditions`).
const LONGEST_DOMAIN: usize = 255;

/// The longest label (`DNS1123LabelMaxLength`).
const LONGEST_LABEL: usize = 63;

/// Where a listener or an endpoint is a socket of the file system.
pub(super) const UNIX: &str = "unix://";

/// `IsDNS1123Label`
pub(super) fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.len() <= LONGEST_LABEL
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// `IsWildcardDNS1123Label`: `*`, or a label that may have `*` or `*-` in front.
fn is_wildcard_label(text: &str) -> bool {
    let rest = text.strip_prefix('*').unwrap_or(text);
    let rest = if rest.len() < text.len() {
        rest.strip_prefix('-').unwrap_or(rest)
    } else {
        rest
    };
    text.len() <= LONGEST_LABEL && (text == "*" || is_label(rest))
}

/// `ValidateDNS1123Labels`: labels with dots between, the last of which is no number and may be empty.
fn are_labels(text: &str) -> bool {
    let (before, last) = text.rsplit_once('.').unwrap_or(("", text));
    let is_number = last.parse::<i64>().is_ok();
    let start_fits = !text.contains('.') || before.split('.').all(is_label);
    !is_number && start_fits && (last.is_empty() && text.contains('.') || is_label(last))
}

fn is_of_fitting_length(text: &str) -> bool {
    (1..=LONGEST_DOMAIN).contains(&text.len())
}

/// `ValidateFQDN`
pub(super) fn is_fqdn(text: &str) -> bool {
    is_of_fitting_length(text) && are_labels(text)
}

/// `ValidateWildcardDomain`
pub(super) fn is_domain(text: &str) -> bool {
    let (first, rest) = match text.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (text, None),
    };
    is_of_fitting_length(text)
        && is_wildcard_label(first)
        && rest.is_none_or(|rest| rest.is_empty() || are_labels(rest))
}

/// `ValidateWildcardDomainForVirtualServiceBoundToGateway`: also the names that Istio makes up for SNI,
/// `outbound_.80_.v1_.orders.shop.svc.cluster.local`.
pub(super) fn is_sni_domain(text: &str) -> bool {
    let Some(generated) = text.strip_prefix("outbound_.") else {
        return is_domain(text);
    };
    let parts: Vec<&str> = generated.splitn(3, "_.").collect();
    matches!(parts.as_slice(), [port, _, host]
        if port.contains(|char: char| char.is_ascii_digit())
            && host.contains(|char: char| char.is_ascii_alphabetic()))
}

/// `ValidatePartialWildCard`: `*` alone, or `*.` and the rest.
pub(super) fn has_whole_wildcard(text: &str) -> bool {
    !text.contains('*') || text == "*" || text.starts_with("*.")
}

/// Go's `netip.ParseAddr`.
pub(super) fn is_ip(text: &str) -> bool {
    match text.split_once('%') {
        Some((address, zone)) => address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty(),
        None => text.parse::<IpAddr>().is_ok(),
    }
}

/// Go's `netip.ParsePrefix`.
fn is_prefix(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else {
        return false;
    };
    address.parse::<IpAddr>().is_ok()
        && (length == "0" || !length.starts_with('0'))
        && parse_cidr(text).is_some()
}

/// An address, or a range of them (`ValidateIPSubnet`, `security.ValidateIPs`).
pub(super) fn is_subnet(text: &str) -> bool {
    is_ip(text) || is_prefix(text)
}

/// `ValidateUnixAddress`, of what follows `unix://`.
pub(super) fn is_socket(path: &str) -> bool {
    path.starts_with('@') || path.starts_with('/') && !path.ends_with('/')
}

/// What a port's protocol is (`pkg/config/protocol/instance.go`). Case does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http,
    Http2,
    HttpProxy,
    Grpc,
    GrpcWeb,
    Https,
    Tls,
    Tcp,
    Udp,
    Mongo,
    Redis,
    MySql,
}

impl Protocol {
    pub(super) fn of(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "http" => Self::Http,
            "http2" => Self::Http2,
            "http_proxy" => Self::HttpProxy,
            "grpc" => Self::Grpc,
            "grpc-web" => Self::GrpcWeb,
            "https" => Self::Https,
            "tls" => Self::Tls,
            "tcp" => Self::Tcp,
            "udp" => Self::Udp,
            "mongo" => Self::Mongo,
            "redis" => Self::Redis,
            "mysql" => Self::MySql,
            _ => return None,
        })
    }

    pub(super) fn is_http(self) -> bool {
        matches!(
            self,
            Self::Http | Self::Http2 | Self::HttpProxy | Self::Grpc | Self::GrpcWeb
        )
    }

    pub(super) fn is_tls(self) -> bool {
        matches!(self, Self::Https | Self::Tls)
    }
}

/// Whether two hosts can be the same one (`host.Name.Matches`).
pub(super) fn overlap(one: &str, other: &str) -> bool {
    match (one.strip_prefix('*'), other.strip_prefix('*')) {
        (Some(a), Some(b)) => a.ends_with(b) || b.ends_with(a),
        (Some(a), None) => other.ends_with(a),
        (None, Some(b)) => one.ends_with(b),
        (None, None) => one == other,
    }
}

/// Whether every host that the first means is one of the second's (`host.Name.SubsetOf`).
pub(super) fn is_within(one: &str, other: &str) -> bool {
    match (one.strip_prefix('*'), other.strip_prefix('*')) {
        (Some(a), Some(b)) => a.ends_with(b),
        (Some(_), None) => false,
        (None, Some(b)) => one.ends_with(b),
        (None, None) => one == other,
    }
}

/// The key of a label (`validateTagKey`).
pub(super) fn is_label_key(text: &str) -> bool {
    let (prefix, name) = match text.rsplit_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    name.len() <= LONGEST_LABEL
        && is_qualified(name)
        && prefix.is_none_or(|prefix| prefix.len() <= 253 && prefix.split('.').all(is_label))
}

/// The value of a label; its length is not looked at.
pub(super) fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_qualified(text)
}

fn is_qualified(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// A header's name of what RFC 7230 allows (`validHeaderNameRegex`).
pub(super) fn is_header(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// `@request.auth.claims.a.b` or `@request.auth.claims[a][b]` (`jwt.ToRoutingClaim`).
pub(super) fn is_claim(text: &str) -> bool {
    const CLAIMS: &str = "@request.auth.claims";
    let Some((start, rest)) = text.split_at_checked(CLAIMS.len()) else {
        return false;
    };
    start.eq_ignore_ascii_case(CLAIMS)
        && rest.len() > 1
        && (rest.starts_with('.') || rest.len() > 2 && rest.starts_with('[') && rest.ends_with(']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_fit(fits: fn(&str) -> bool, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(fits(text), "{text}");
        }
        for text in bad {
            assert!(!fits(text), "{text}");
        }
    }

    #[test]
    fn hosts() {
        all_fit(
            is_domain,
            &[
                "*", "*.com", "*-a.com", "*a.com", "a", "A.B", "a.com.", "1", "10.a",
            ],
            &[
                "", "a_b", "a b", "a.*", "a*b", "**.com", "a..b", "a.1", "10.0.0.1", "a:80", "*-",
            ],
        );
        all_fit(
            is_fqdn,
            &["a", "a.b.", "mesh"],
            &["", "*", "*.a", "1", "a.1", "a/b"],
        );
        all_fit(
            is_sni_domain,
            &["outbound_.80_._.a.b.mesh", "outbound_.80_.v1_.a", "a.com"],
            &["outbound_.x_._.a", "outbound_.80.a", "outbound_a"],
        );
        all_fit(has_whole_wildcard, &["*", "*.a", "a"], &["*a.b", "*-a.b"]);
    }

    #[test]
    fn addresses() {
        all_fit(
            is_subnet,
            &[
                "10.0.0.1",
                "10.0.0.1/8",
                "::1",
                "2001:1::1/64",
                "fe80::1%eth0",
            ],
            &[
                "10.0.0.0/33",
                "10.0.0.01",
                "10.0.0.0/08",
                "a/8",
                "1/2/3",
                "10.0.0.1%a",
                "",
            ],
        );
        all_fit(is_socket, &["/a", "@a"], &["", "a", "/a/", "/"]);
    }

    #[test]
    fn hosts_that_meet() {
        assert!(overlap("*.com", "a.com") && overlap("a.com", "*.com") && overlap("*", "*.a"));
        assert!(!overlap("*.a.com", "a.com") && !overlap("a", "b"));
        assert!(is_within("*.a.com", "*.com") && !is_within("*.com", "*.a.com"));
        assert!(is_within("a.com", "*") && !is_within("*", "a.com"));
    }

    #[test]
    fn labels_and_headers() {
        all_fit(
            is_label_key,
            &["a", "a.b/c_d", "A/B"],
            &["", "a/", "/a", "a/b/c", "-a", "a_b/c"],
        );
        all_fit(is_header, &["x-user", "a!b"], &["", ":path", "a b"]);
        all_fit(
            is_claim,
            &["@request.auth.claims.a", "@Request.Auth.Claims[a]"],
            &[
                "@request.auth.claims",
                "@request.auth.claims.",
                "@request.auth.claims[]",
                "a",
            ],
        );
    }
}
