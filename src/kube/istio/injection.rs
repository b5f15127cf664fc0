//! Values of annotations that injection checks before it makes the sidecar: a pod with another value is
//! not created (istio.io/istio 1.31, `AnnotationValidation` in pkg/kube/inject/validate.go).
//!
//! `proxy.istio.io/config`, which is on that list too, is a document of its own.

use std::net::IpAddr;

use crate::units::Quantity;

/// What an annotation's value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `validateInterceptionMode`
    Mode,
    /// `validateStatusPort`
    Port,
    /// `validateUInt32`
    Count,
    /// `ValidateIncludeIPRanges`
    AllOrRanges,
    /// `ValidateExcludeIPRanges`
    Ranges,
    /// `ValidateIncludeInboundPorts`
    AllOrPorts,
    /// `ValidateExcludeInboundPorts`, `ValidateExcludeOutboundPorts`
    Ports,
    /// `ValidateInterfaceNames` in pkg/util/net/ip.go
    Interfaces,
    /// `validateBool`
    Boolean,
    /// `validateResourceQuantity`
    Amount,
}

const FORMS: &[(&str, Form)] = &[
    ("istio.io/reroute-virtual-interfaces", Form::Interfaces),
    ("prometheus.istio.io/merge-metrics", Form::Boolean),
    (
        "readiness.status.sidecar.istio.io/failureThreshold",
        Form::Count,
    ),
    (
        "readiness.status.sidecar.istio.io/initialDelaySeconds",
        Form::Count,
    ),
    (
        "readiness.status.sidecar.istio.io/periodSeconds",
        Form::Count,
    ),
    ("sidecar.istio.io/interceptionMode", Form::Mode),
    ("sidecar.istio.io/proxyCPU", Form::Amount),
    ("sidecar.istio.io/proxyCPULimit", Form::Amount),
    ("sidecar.istio.io/proxyMemory", Form::Amount),
    ("sidecar.istio.io/proxyMemoryLimit", Form::Amount),
    ("status.sidecar.istio.io/port", Form::Port),
    ("traffic.sidecar.istio.io/excludeInboundPorts", Form::Ports),
    (
        "traffic.sidecar.istio.io/excludeInterfaces",
        Form::Interfaces,
    ),
    (
        "traffic.sidecar.istio.io/excludeOutboundIPRanges",
        Form::Ranges,
    ),
    ("traffic.sidecar.istio.io/excludeOutboundPorts", Form::Ports),
    (
        "traffic.sidecar.istio.io/includeInboundPorts",
        Form::AllOrPorts,
    ),
    (
        "traffic.sidecar.istio.io/includeOutboundIPRanges",
        Form::AllOrRanges,
    ),
    (
        "traffic.sidecar.istio.io/kubevirtInterfaces",
        Form::Interfaces,
    ),
];

/// What the value of an annotation should be; `None` where injection accepts it, or does not look.
pub fn expected(annotation: &str, value: &str) -> Option<&'static str> {
    let (_, form) = FORMS.iter().find(|(name, _)| *name == annotation)?;
    (!form.fits(value)).then(|| form.words())
}

impl Form {
    fn fits(self, value: &str) -> bool {
        match self {
            Self::Mode => matches!(value, "REDIRECT" | "TPROXY" | "NONE"),
            Self::Port => is_port(value),
            Self::Count => is_number(value) && value.parse::<u32>().is_ok(),
            Self::AllOrRanges => value == "*" || are_ranges(value),
            Self::Ranges => are_ranges(value),
            Self::AllOrPorts => value == "*" || are_ports(value),
            Self::Ports => are_ports(value),
            Self::Interfaces => value.is_empty() || value.split(',').all(is_interface),
            Self::Boolean => matches!(
                value,
                "1" | "t"
                    | "T"
                    | "true"
                    | "TRUE"
                    | "True"
                    | "0"
                    | "f"
                    | "F"
                    | "false"
                    | "FALSE"
                    | "False"
            ),
            Self::Amount => {
                !value.contains(char::is_whitespace) && value.parse::<Quantity>().is_ok()
            }
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Mode => "REDIRECT, TPROXY or NONE",
            Self::Port => "a port number",
            Self::Count => "a whole number",
            Self::AllOrRanges => "`*`, or CIDR ranges with commas between them and no blanks",
            Self::Ranges => "CIDR ranges with commas between them and no blanks",
            Self::AllOrPorts => "`*`, or port numbers with commas between them",
            Self::Ports => "port numbers with commas between them",
            Self::Interfaces => "names of interfaces with commas between them",
            Self::Boolean => "true or false",
            Self::Amount => "a quantity such as 100m or 128Mi",
        }
    }
}

/// Go's `strconv.ParseUint` takes no sign.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_port(text: &str) -> bool {
    let text = text.trim();
    is_number(text) && text.parse::<u16>().is_ok()
}

fn are_ports(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text.split(',').all(is_port)
}

fn are_ranges(text: &str) -> bool {
    text.is_empty() || text.split(',').all(is_range)
}

/// Go's `netip.ParsePrefix`.
fn is_range(text: &str) -> bool {
    let Some((address, length)) = text.rsplit_once('/') else {
        return false;
    };
    let most = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    let is_plain = is_number(length) && (length == "0" || !length.starts_with('0'));
    is_plain && length.parse::<u8>().is_ok_and(|length| length <= most)
}

fn is_interface(text: &str) -> bool {
    const LONGEST: usize = 15;
    let name = text.trim();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    name.len() <= LONGEST
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::expected;

    #[test]
    fn values_are_judged_as_injection_does() {
        let ports = "traffic.sidecar.istio.io/excludeOutboundPorts";
        let inbound = "traffic.sidecar.istio.io/includeInboundPorts";
        let ranges = "traffic.sidecar.istio.io/includeOutboundIPRanges";
        let excluded = "traffic.sidecar.istio.io/excludeOutboundIPRanges";
        for (name, value) in [
            (ports, "5432,6379"),
            (ports, " 5432, 6379 "),
            (ports, ""),
            (inbound, "*"),
            (ranges, "*"),
            (ranges, "10.0.0.0/8,fd00::/8"),
            (excluded, ""),
            ("sidecar.istio.io/proxyCPU", "100m"),
            ("sidecar.istio.io/interceptionMode", "TPROXY"),
            ("prometheus.istio.io/merge-metrics", "T"),
            ("traffic.sidecar.istio.io/excludeInterfaces", "eth0, net1"),
            ("status.sidecar.istio.io/port", "0"),
            ("sidecar.istio.io/logLevel", "anything"),
        ] {
            assert_eq!(expected(name, value), None, "{name}: {value}");
        }
        for (name, value) in [
            (ports, "5432;6379"),
            (ports, "*"),
            (ports, "70000"),
            (ports, "1,"),
            (inbound, "http"),
            (ranges, "10.0.0.0/8, 10.1.0.0/16"),
            (ranges, "10.0.0.1"),
            (excluded, "*"),
            ("sidecar.istio.io/proxyCPU", "lots"),
            ("sidecar.istio.io/interceptionMode", "redirect"),
            ("prometheus.istio.io/merge-metrics", "yes"),
            ("traffic.sidecar.istio.io/excludeInterfaces", "eth0,"),
            ("readiness.status.sidecar.istio.io/periodSeconds", "2s"),
            ("status.sidecar.istio.io/port", "+1"),
        ] {
            assert!(expected(name, value).is_some(), "{name}: {value}");
        }
    }
}
