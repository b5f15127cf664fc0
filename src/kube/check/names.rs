//! Names, labels and annotation keys (`k8s.io/apimachinery/pkg/util/validation`).

use super::shown;

/// A label's value: at most 63 of letters, digits, `-`, `_` and `.`, with a letter or digit at
/// either end; or nothing.
pub(in crate::kube) fn label_value_complaint(text: &str) -> Option<String> {
    if text.is_empty() || is_qualified(text) {
        return None;
    }
    Some(if text.len() > 63 && is_qualified_form(text) {
        format!(
            "expected a label value of at most 63 characters, found {} in {}",
            text.len(),
            shown(text)
        )
    } else {
        format!(
            "expected a label value of letters, digits, `-`, `_` and `.` that starts and ends with \
             a letter or digit, found {}",
            shown(text)
        )
    })
}

/// The key of a label or annotation: a name, and before a `/` a DNS subdomain. Annotations do not
/// heed the case of the latter.
pub(in crate::kube) fn key_complaint(key: &str, annotation: bool) -> Option<String> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if name.contains('/') {
        return Some(format!(
            "expected a key with at most one `/`, found {}",
            shown(key)
        ));
    }
    if !is_qualified(name) {
        return Some(format!(
            "expected a key of at most 63 letters, digits, `-`, `_` and `.` that starts and ends \
             with a letter or digit, found {}",
            shown(key)
        ));
    }
    let prefix = prefix?;
    let fits = if annotation {
        is_dns_subdomain(&prefix.to_ascii_lowercase())
    } else {
        is_dns_subdomain(prefix)
    };
    (!fits).then(|| {
        format!(
            "expected a DNS name such as example.com before the `/` of the key, found {}",
            shown(key)
        )
    })
}

/// A port's name (an IANA service name).
pub(in crate::kube) fn port_name_complaint(name: &str) -> Option<String> {
    let fits = name.len() <= 15
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && !name.contains("--")
        && !name.starts_with('-')
        && !name.ends_with('-');
    (!fits && !name.is_empty()).then(|| {
        format!(
            "expected a port name of at most 15 lower-case letters, digits and `-` with a letter \
             in it, found {}",
            shown(name)
        )
    })
}

/// A port's name where a number may stand as well.
pub(super) fn port_complaint(name: &str) -> Option<String> {
    let complaint = port_name_complaint(name)?;
    Some(if name.bytes().all(|byte| byte.is_ascii_digit()) {
        format!(
            "expected a port number or a port's name, found the string \"{name}\": write {name} \
             without quotes"
        )
    } else {
        complaint
    })
}

/// A DNS label: at most 63 lower-case letters, digits and `-`.
pub(super) fn dns_label_complaint(name: &str) -> Option<String> {
    (!name.is_empty() && !is_dns_label(name)).then(|| {
        format!(
            "expected a name of at most 63 lower-case letters, digits and `-` that starts and ends \
             with a letter or digit, found {}",
            shown(name)
        )
    })
}

/// A DNS subdomain: at most 253 lower-case letters, digits, `-` and `.`.
pub(super) fn dns_subdomain_complaint(name: &str) -> Option<String> {
    (!name.is_empty() && !is_dns_subdomain(name)).then(|| {
        format!(
            "expected a name of at most 253 lower-case letters, digits, `-` and `.` that starts and \
             ends with a letter or digit, found {}",
            shown(name)
        )
    })
}

/// The name of an object of this kind, or the beginning of one that is generated.
pub(super) fn object_name_complaint(kind: &str, name: &str, is_prefix: bool) -> Option<String> {
    // What is generated goes on behind the dash.
    let whole = match name.strip_suffix('-') {
        Some(start) if is_prefix && !start.is_empty() => start,
        _ => name,
    };
    match kind {
        "Service" | "Namespace" => dns_label_complaint(whole),
        // pkg/apis/rbac/validation/validation.go; of budgets only `rest.BeforeCreate` judges the name.
        "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding" | "PodDisruptionBudget" => {
            path_segment_complaint(whole)
        }
        _ if SUBDOMAINS.contains(&kind) => dns_subdomain_complaint(whole),
        _ => None,
    }
}

/// The name of an object of any custom resource, or the beginning of one that is generated.
pub(super) fn custom_name_complaint(name: &str, is_prefix: bool) -> Option<String> {
    let whole = match name.strip_suffix('-') {
        Some(start) if is_prefix && !start.is_empty() => start,
        _ => name,
    };
    dns_subdomain_complaint(whole)
}

/// Kinds of Kubernetes' own whose names are DNS subdomains (`ValidateObjectMeta` in their validation).
const SUBDOMAINS: [&str; 40] = [
    "CertificateSigningRequest",
    "ConfigMap",
    "ControllerRevision",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "DeviceClass",
    "EndpointSlice",
    "Endpoints",
    "FlowSchema",
    "HorizontalPodAutoscaler",
    "Ingress",
    "IngressClass",
    "Job",
    "Lease",
    "LimitRange",
    "MutatingAdmissionPolicy",
    "MutatingWebhookConfiguration",
    "NetworkPolicy",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "PodTemplate",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "ReplicaSet",
    "ReplicationController",
    "ResourceClaim",
    "ResourceClaimTemplate",
    "ResourceQuota",
    "RuntimeClass",
    "Secret",
    "ServiceAccount",
    "StatefulSet",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
    "VolumeAttributesClass",
];

/// What can be a segment of a URL's path.
fn path_segment_complaint(name: &str) -> Option<String> {
    (!super::forms::is_path_segment(name))
        .then(|| format!("expected a name without `/` and `%`, found {}", shown(name)))
}

pub(in crate::kube) fn is_qualified(text: &str) -> bool {
    text.len() <= 63 && is_qualified_form(text)
}

fn is_qualified_form(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// Without the limit of 63 characters, which subdomains do not have.
fn is_dns_part(text: &str) -> bool {
    let bytes = text.as_bytes();
    let edge = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    bytes.first().is_some_and(edge)
        && bytes.last().is_some_and(edge)
        && bytes.iter().all(|byte| edge(byte) || *byte == b'-')
}

/// A DNS label.
pub(in crate::kube) fn is_dns_label(text: &str) -> bool {
    text.len() <= 63 && is_dns_part(text)
}

/// A DNS subdomain.
pub(in crate::kube) fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_values() {
        for good in ["", "a", "v1.2_3-x", &"a".repeat(63)] {
            assert_eq!(label_value_complaint(good), None, "{good}");
        }
        for bad in ["-a", "a b", "a/b", "ä", "a.", &"a".repeat(64)] {
            assert!(label_value_complaint(bad).is_some(), "{bad}");
        }
        assert!(
            label_value_complaint(&"a".repeat(64)).is_some_and(|text| text.contains("found 64"))
        );
    }

    #[test]
    fn keys() {
        for good in ["app", "app.kubernetes.io/name", "Example.com_x"] {
            assert_eq!(key_complaint(good, false), None, "{good}");
        }
        for bad in [
            "",
            "a/b/c",
            "/name",
            "Example.com/name",
            "a b",
            "example.com/",
        ] {
            assert!(key_complaint(bad, false).is_some(), "{bad}");
        }
        assert_eq!(key_complaint("Example.com/name", true), None);
    }

    #[test]
    fn port_names() {
        for good in ["http", "grpc-web", "p80"] {
            assert_eq!(port_name_complaint(good), None, "{good}");
        }
        for bad in ["HTTP", "http_x", "a--b", "-a", "a-", "averylongportname"] {
            assert!(port_name_complaint(bad).is_some(), "{bad}");
        }
        assert!(port_name_complaint("8080").is_some_and(|text| text.contains("a letter")));
        assert!(port_complaint("8080").is_some_and(|text| text.contains("without quotes")));
    }

    #[test]
    fn object_names() {
        assert_eq!(dns_subdomain_complaint("web.v1"), None);
        assert!(dns_label_complaint("web.v1").is_some());
        assert!(dns_subdomain_complaint("Web_App").is_some());
        assert!(dns_subdomain_complaint("web..v1").is_some());
    }
}
