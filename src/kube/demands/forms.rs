//! The forms of texts: which field takes which, and how each is told.

use std::net::{IpAddr, Ipv4Addr};

use super::judge::{Judge, shown};
use crate::kube::check::names::{is_dns_label, is_dns_subdomain, key_complaint};
use crate::units::Version;
use crate::yaml::Node;

/// What a text must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// At most 63 of a–z, 0–9 and `-`.
    DnsLabel,
    /// At most 253 of a–z, 0–9, `-` and `.`.
    DnsName,
    /// The same, of which the end may be cut off.
    DnsPrefix,
    /// The key of a label.
    Qualified,
    /// A key of a ConfigMap or Secret.
    ConfigKey,
    /// A variable's name.
    Variable,
    /// A path without `..`.
    Descending,
    /// A relative path without `..`.
    Relative,
    /// The same, the name of a file in a volume.
    File,
    /// A path that starts with `/`.
    Absolute,
    /// An IP address.
    Ip,
    /// The name of an HTTP header.
    Header,
    /// The name of a kernel parameter.
    Sysctl,
    /// Who signs certificates: a domain with a dot and a path.
    Signer,
}

/// A structure, a field of it, and the field's form.
type Row = (&'static str, &'static str, Form);

/// The form of each field that has one, by structure in order.
///
/// Sources, of Kubernetes 1.37: pkg/apis/core/validation/validation.go (validateContainerCommon,
/// ValidateVolumes, ValidatePodSpec, validateReadinessGates, validateSchedulingGates,
/// validatePodResourceClaim, ValidateHostAliases, ValidateEnv, ValidateEnvFrom,
/// validateSecretKeySelector, validateConfigMapKeySelector, validateFileKeySelector, validateKeyToPath,
/// validateDownwardAPIVolumeFile, validateProjectionSources, validateHostPathVolumeSource,
/// validateNFSVolumeSource, validateGitRepoVolumeSource, ValidateVolumeMounts, ValidateVolumeDevices,
/// validateSeccompProfileField, validateSysctls, validateHTTPGetAction, ValidateTolerations,
/// validatePodAffinityTerm, ValidatePersistentVolumeClaimSpec);
/// pkg/apis/batch/validation/validation.go (validatePodFailurePolicyRuleOnPodConditions); apimachinery
/// pkg/apis/meta/v1/validation (ValidateLabelSelectorRequirement).
const FIELDS: &[Row] = &[
    ("CSIStorageCapacity", "storageClassName", Form::DnsName),
    ("CertificateSigningRequestSpec", "signerName", Form::Signer),
    ("ClusterTrustBundleProjection", "path", Form::File),
    ("ClusterTrustBundleProjection", "signerName", Form::Signer),
    ("ConfigMapEnvSource", "name", Form::DnsPrefix),
    ("ConfigMapKeySelector", "name", Form::DnsName),
    ("ConfigMapKeySelector", "key", Form::ConfigKey),
    ("Container", "name", Form::DnsLabel),
    ("DownwardAPIVolumeFile", "path", Form::File),
    ("Endpoint", "hostname", Form::DnsLabel),
    ("Endpoint", "nodeName", Form::DnsName),
    ("EndpointAddress", "hostname", Form::DnsLabel),
    ("EndpointAddress", "nodeName", Form::DnsName),
    ("EndpointPort", "name", Form::DnsLabel),
    ("EndpointPort", "appProtocol", Form::Qualified),
    ("EnvFromSource", "prefix", Form::Variable),
    ("EnvVar", "name", Form::Variable),
    ("EphemeralContainer", "name", Form::DnsLabel),
    ("FileKeySelector", "volumeName", Form::DnsLabel),
    ("FileKeySelector", "path", Form::Descending),
    ("GitRepoVolumeSource", "directory", Form::Relative),
    (
        "GlusterfsPersistentVolumeSource",
        "endpointsNamespace",
        Form::DnsLabel,
    ),
    ("HTTPHeader", "name", Form::Header),
    ("HostAlias", "ip", Form::Ip),
    ("HostPathVolumeSource", "path", Form::Descending),
    ("IngressClassParametersReference", "apiGroup", Form::DnsName),
    ("KeyToPath", "path", Form::File),
    ("LabelSelectorRequirement", "key", Form::Qualified),
    ("NFSVolumeSource", "path", Form::Absolute),
    ("OpaqueDeviceConfiguration", "driver", Form::DnsName),
    (
        "PersistentVolumeClaimSpec",
        "storageClassName",
        Form::DnsName,
    ),
    (
        "PersistentVolumeClaimSpec",
        "volumeAttributesClassName",
        Form::DnsName,
    ),
    (
        "PersistentVolumeSpec",
        "volumeAttributesClassName",
        Form::DnsName,
    ),
    ("PodAffinityTerm", "topologyKey", Form::Qualified),
    ("PodCertificateProjection", "signerName", Form::Signer),
    (
        "PodCertificateProjection",
        "credentialBundlePath",
        Form::File,
    ),
    ("PodCertificateProjection", "keyPath", Form::File),
    (
        "PodCertificateProjection",
        "certificateChainPath",
        Form::File,
    ),
    (
        "PodFailurePolicyOnPodConditionsPattern",
        "type",
        Form::Qualified,
    ),
    ("PodReadinessGate", "conditionType", Form::Qualified),
    ("PodResourceClaim", "name", Form::DnsLabel),
    ("PodResourceClaim", "resourceClaimName", Form::DnsName),
    (
        "PodResourceClaim",
        "resourceClaimTemplateName",
        Form::DnsName,
    ),
    ("PodSchedulingGate", "name", Form::Qualified),
    ("PodSpec", "serviceAccountName", Form::DnsName),
    ("PodSpec", "nodeName", Form::DnsName),
    ("PodSpec", "priorityClassName", Form::DnsName),
    ("PodSpec", "runtimeClassName", Form::DnsName),
    ("PriorityLevelConfigurationReference", "name", Form::DnsName),
    ("ResourceSliceSpec", "driver", Form::DnsName),
    ("RuntimeClass", "handler", Form::DnsLabel),
    ("SeccompProfile", "localhostProfile", Form::Relative),
    ("SecretEnvSource", "name", Form::DnsPrefix),
    ("SecretKeySelector", "name", Form::DnsName),
    ("SecretKeySelector", "key", Form::ConfigKey),
    ("ServiceAccountTokenProjection", "path", Form::File),
    (
        "StorageOSPersistentVolumeSource",
        "volumeName",
        Form::DnsLabel,
    ),
    (
        "StorageOSPersistentVolumeSource",
        "volumeNamespace",
        Form::DnsLabel,
    ),
    ("StorageOSVolumeSource", "volumeName", Form::DnsLabel),
    ("StorageOSVolumeSource", "volumeNamespace", Form::DnsLabel),
    ("Sysctl", "name", Form::Sysctl),
    ("Taint", "key", Form::Qualified),
    ("Toleration", "key", Form::Qualified),
    ("TopologySelectorLabelRequirement", "key", Form::Qualified),
    (
        "ValidatingAdmissionPolicyBindingSpec",
        "policyName",
        Form::DnsName,
    ),
    ("Volume", "name", Form::DnsLabel),
    ("VolumeAttachmentSpec", "nodeName", Form::DnsName),
    ("VolumeDevice", "devicePath", Form::Descending),
    ("VolumeMount", "subPath", Form::Relative),
    ("VolumeMount", "subPathExpr", Form::Relative),
    (
        "WindowsSecurityContextOptions",
        "gmsaCredentialSpecName",
        Form::DnsName,
    ),
];

/// The elements of lists of texts, likewise.
const ELEMENTS: &[Row] = &[
    ("HostAlias", "hostnames", Form::DnsName),
    ("PodAffinityTerm", "namespaces", Form::DnsLabel),
    ("PodAffinityTerm", "matchLabelKeys", Form::Qualified),
    ("PodAffinityTerm", "mismatchLabelKeys", Form::Qualified),
    ("PodDNSConfig", "nameservers", Form::Ip),
    (
        "TopologySpreadConstraint",
        "matchLabelKeys",
        Form::Qualified,
    ),
];

/// From this release on, most printable characters may stand in a variable's name
/// (RelaxedEnvironmentVariableValidation, on by default).
const RELAXED_VARIABLES: Version = Version::new(1, 32);

/// From this release on, addresses are read strictly (StrictIPCIDRValidation, on by default).
const STRICT_ADDRESSES: Version = Version::new(1, 36);

/// The rows of one structure.
fn rows(table: &'static [Row], structure: &str) -> impl Iterator<Item = &'static Row> {
    let from = table.partition_point(|(name, ..)| *name < structure);
    let to = table.partition_point(|(name, ..)| *name <= structure);
    table.get(from..to).into_iter().flatten()
}

/// Checks the texts of one structure.
pub(super) fn check<'t>(judge: &mut Judge<'t>, structure: &str, node: Node<'t>) {
    for (_, field, form) in rows(FIELDS, structure) {
        if let Some(value) = judge.get(node, field) {
            one(judge, value, *form);
        }
    }
    for (_, field, form) in rows(ELEMENTS, structure) {
        for value in judge.items(node, field) {
            one(judge, value, *form);
        }
    }
}

/// Checks one text. An empty one is missing, which is told where it matters.
pub(super) fn one<'t>(judge: &mut Judge<'t>, value: Node<'t>, form: Form) {
    let Some(text) = judge.text_of(value).filter(|text| !text.is_empty()) else {
        return;
    };
    if !form.fits(text) {
        let told = judge.wrong(value, format!("{} {}", shown(text), form.complaint()));
        if form == Form::Header {
            told.help("write a name of letters, digits and `-`, such as X-Probe");
        }
    } else if form == Form::Variable && !is_strict_variable(text) {
        judge
            .wrong(value, format!("{} is not an identifier", shown(text)))
            .until(RELAXED_VARIABLES);
    } else if form == Form::Ip && text.parse::<IpAddr>().is_err() {
        judge
            .wrong(value, format!("{} has leading zeros", shown(text)))
            .since(STRICT_ADDRESSES);
    }
}

impl Form {
    fn fits(self, text: &str) -> bool {
        match self {
            Self::DnsLabel => is_dns_label(text),
            Self::DnsName => is_dns_subdomain(text),
            Self::DnsPrefix => is_dns_subdomain(text.trim_end_matches('-')),
            Self::Qualified => key_complaint(text, false).is_none(),
            Self::ConfigKey => is_config_key(text),
            Self::Variable => text
                .bytes()
                .all(|byte| matches!(byte, b' '..=b'~') && byte != b'='),
            Self::Descending => !has_backsteps(text),
            Self::Relative => !text.starts_with('/') && !has_backsteps(text),
            Self::File => !text.starts_with('/') && !text.starts_with("..") && !has_backsteps(text),
            Self::Absolute => text.starts_with('/'),
            Self::Ip => text.parse::<IpAddr>().is_ok() || is_sloppy_ipv4(text),
            Self::Header => text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'),
            Self::Sysctl => is_sysctl(text),
            Self::Signer => is_signer(text),
        }
    }

    fn complaint(self) -> &'static str {
        match self {
            Self::DnsLabel => "is not a DNS label (a-z, 0-9 and `-`, at most 63)",
            Self::DnsName | Self::DnsPrefix => "is not a DNS name (a-z, 0-9, `-` and `.`)",
            Self::Qualified => "is not a qualified name such as example.com/name",
            Self::ConfigKey => "is not a key (letters, digits, `-`, `_` and `.`)",
            Self::Variable => "is not printable ASCII without `=`",
            Self::Descending => "contains `..`",
            Self::Relative | Self::File => "is not a relative path without `..`",
            Self::Absolute => "is not an absolute path",
            Self::Ip => "is not an IP address",
            Self::Header => "is not a header name",
            Self::Sysctl => "is not a sysctl name",
            Self::Signer => "is not a signer such as example.com/name",
        }
    }
}

fn has_backsteps(path: &str) -> bool {
    path.split('/').any(|part| part == "..")
}

/// apimachinery pkg/util/validation: IsConfigMapKey
pub(super) fn is_config_key(text: &str) -> bool {
    text.len() <= 253
        && text != "."
        && !text.starts_with("..")
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// apimachinery pkg/util/validation: IsEnvVarName
fn is_strict_variable(text: &str) -> bool {
    is_config_key(text) && !text.starts_with(|first: char| first.is_ascii_digit())
}

/// An IPv4 address as Go read it once, with leading zeros.
fn is_sloppy_ipv4(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let without_zeros: Vec<&str> = parts
        .iter()
        .map(|part| match part.trim_start_matches('0') {
            "" if !part.is_empty() => "0",
            digits => digits,
        })
        .collect();
    without_zeros.join(".").parse::<Ipv4Addr>().is_ok()
}

/// pkg/apis/core/validation/validation.go: IsValidSysctlName
fn is_sysctl(text: &str) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 253
        && text.split(['.', '/']).all(|segment| {
            let bytes = segment.as_bytes();
            bytes.first().is_some_and(is_letter)
                && bytes.last().is_some_and(is_letter)
                && bytes
                    .iter()
                    .all(|byte| is_letter(byte) || b"-_".contains(byte))
        })
}

/// pkg/apis/core/validation/validation.go: ValidateSignerName
fn is_signer(text: &str) -> bool {
    text.split_once('/').is_some_and(|(domain, path)| {
        domain.contains('.')
            && is_dns_subdomain(domain)
            && !path.contains('/')
            && path.split('.').all(is_dns_subdomain)
    })
}

#[cfg(test)]
mod tests {
    use super::{ELEMENTS, FIELDS};

    #[test]
    fn tables_are_in_order() {
        assert!(FIELDS.is_sorted_by_key(|(structure, ..)| *structure));
        assert!(ELEMENTS.is_sorted_by_key(|(structure, ..)| *structure));
    }
}
