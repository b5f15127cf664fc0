//! API versions that Kubernetes no longer serves, and those that lameduck reads as another.

use crate::units::Version;

/// An API version of a kind that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed {
    /// As written in a manifest.
    pub api_version: &'static str,
    /// As written in a manifest.
    pub kind: &'static str,
    /// The first release of Kubernetes that does not serve it.
    pub release: Version,
    /// The API version that took its place; `None` where nothing did.
    pub replacement: Option<&'static str>,
    /// The first release of Kubernetes that serves the replacement, where that is later than `release`.
    pub replacement_since: Option<Version>,
}

/// Whether this API version of this kind was removed from Kubernetes. Kinds that later came to an
/// old-looking API version (Workload in `scheduling.k8s.io/v1beta1`) are not in the table.
pub fn removed(api_version: &str, kind: &str) -> Option<&'static Removed> {
    TABLE
        .iter()
        .find(|row| row.api_version == api_version && row.kind == kind)
}

const fn row(
    api_version: &'static str,
    kind: &'static str,
    minor: u32,
    replacement: &'static str,
) -> Removed {
    Removed {
        api_version,
        kind,
        release: Version::new(1, minor),
        replacement: Some(replacement),
        replacement_since: None,
    }
}

const fn gone(api_version: &'static str, kind: &'static str, minor: u32) -> Removed {
    Removed {
        api_version,
        kind,
        release: Version::new(1, minor),
        replacement: None,
        replacement_since: None,
    }
}

/// What has a successor that came later still: versions between the two are gone as well.
const fn row_until(
    api_version: &'static str,
    kind: &'static str,
    minor: u32,
    replacement: &'static str,
    since: u32,
) -> Removed {
    Removed {
        replacement_since: Some(Version::new(1, since)),
        ..row(api_version, kind, minor, replacement)
    }
}

/// From the Kubernetes deprecation guide, and for the alpha versions and those that went with 1.33 and
/// later from the change logs and what `k8s-openapi` no longer has.
const TABLE: &[Removed] = &[
    row("apps/v1beta1", "ControllerRevision", 16, "apps/v1"),
    row("apps/v1beta1", "Deployment", 16, "apps/v1"),
    row("apps/v1beta1", "ReplicaSet", 16, "apps/v1"),
    row("apps/v1beta1", "StatefulSet", 16, "apps/v1"),
    row("apps/v1beta2", "ControllerRevision", 16, "apps/v1"),
    row("apps/v1beta2", "DaemonSet", 16, "apps/v1"),
    row("apps/v1beta2", "Deployment", 16, "apps/v1"),
    row("apps/v1beta2", "ReplicaSet", 16, "apps/v1"),
    row("apps/v1beta2", "StatefulSet", 16, "apps/v1"),
    row("extensions/v1beta1", "DaemonSet", 16, "apps/v1"),
    row("extensions/v1beta1", "Deployment", 16, "apps/v1"),
    row("extensions/v1beta1", "ReplicaSet", 16, "apps/v1"),
    row(
        "extensions/v1beta1",
        "NetworkPolicy",
        16,
        "networking.k8s.io/v1",
    ),
    gone("extensions/v1beta1", "PodSecurityPolicy", 16),
    row("extensions/v1beta1", "Ingress", 22, "networking.k8s.io/v1"),
    gone(
        "admissionregistration.k8s.io/v1alpha1",
        "InitializerConfiguration",
        14,
    ),
    gone("auditregistration.k8s.io/v1alpha1", "AuditSink", 19),
    gone("settings.k8s.io/v1alpha1", "PodPreset", 20),
    row("batch/v2alpha1", "CronJob", 21, "batch/v1"),
    row(
        "admissionregistration.k8s.io/v1beta1",
        "MutatingWebhookConfiguration",
        22,
        "admissionregistration.k8s.io/v1",
    ),
    row(
        "admissionregistration.k8s.io/v1beta1",
        "ValidatingWebhookConfiguration",
        22,
        "admissionregistration.k8s.io/v1",
    ),
    row(
        "apiextensions.k8s.io/v1beta1",
        "CustomResourceDefinition",
        22,
        "apiextensions.k8s.io/v1",
    ),
    row(
        "apiregistration.k8s.io/v1beta1",
        "APIService",
        22,
        "apiregistration.k8s.io/v1",
    ),
    row(
        "authentication.k8s.io/v1beta1",
        "TokenReview",
        22,
        "authentication.k8s.io/v1",
    ),
    row(
        "authorization.k8s.io/v1beta1",
        "LocalSubjectAccessReview",
        22,
        "authorization.k8s.io/v1",
    ),
    row(
        "authorization.k8s.io/v1beta1",
        "SelfSubjectAccessReview",
        22,
        "authorization.k8s.io/v1",
    ),
    row(
        "authorization.k8s.io/v1beta1",
        "SelfSubjectRulesReview",
        22,
        "authorization.k8s.io/v1",
    ),
    row(
        "authorization.k8s.io/v1beta1",
        "SubjectAccessReview",
        22,
        "authorization.k8s.io/v1",
    ),
    row(
        "certificates.k8s.io/v1beta1",
        "CertificateSigningRequest",
        22,
        "certificates.k8s.io/v1",
    ),
    row(
        "coordination.k8s.io/v1beta1",
        "Lease",
        22,
        "coordination.k8s.io/v1",
    ),
    row(
        "networking.k8s.io/v1beta1",
        "Ingress",
        22,
        "networking.k8s.io/v1",
    ),
    row(
        "networking.k8s.io/v1beta1",
        "IngressClass",
        22,
        "networking.k8s.io/v1",
    ),
    row(
        "rbac.authorization.k8s.io/v1beta1",
        "ClusterRole",
        22,
        "rbac.authorization.k8s.io/v1",
    ),
    row(
        "rbac.authorization.k8s.io/v1beta1",
        "ClusterRoleBinding",
        22,
        "rbac.authorization.k8s.io/v1",
    ),
    row(
        "rbac.authorization.k8s.io/v1beta1",
        "Role",
        22,
        "rbac.authorization.k8s.io/v1",
    ),
    row(
        "rbac.authorization.k8s.io/v1beta1",
        "RoleBinding",
        22,
        "rbac.authorization.k8s.io/v1",
    ),
    row(
        "scheduling.k8s.io/v1beta1",
        "PriorityClass",
        22,
        "scheduling.k8s.io/v1",
    ),
    row(
        "storage.k8s.io/v1beta1",
        "CSIDriver",
        22,
        "storage.k8s.io/v1",
    ),
    row("storage.k8s.io/v1beta1", "CSINode", 22, "storage.k8s.io/v1"),
    row(
        "storage.k8s.io/v1beta1",
        "StorageClass",
        22,
        "storage.k8s.io/v1",
    ),
    row(
        "storage.k8s.io/v1beta1",
        "VolumeAttachment",
        22,
        "storage.k8s.io/v1",
    ),
    row(
        "rbac.authorization.k8s.io/v1alpha1",
        "ClusterRole",
        23,
        "rbac.authorization.k8s.io/v1",
    ),
    row(
        "rbac.authorization.k8s.io/v1alpha1",
        "ClusterRoleBinding",
        23,
        "rbac.authorization.k8s.io/v1",
    ),
    row(
        "rbac.authorization.k8s.io/v1alpha1",
        "Role",
        23,
        "rbac.authorization.k8s.io/v1",
    ),
    row(
        "rbac.authorization.k8s.io/v1alpha1",
        "RoleBinding",
        23,
        "rbac.authorization.k8s.io/v1",
    ),
    row(
        "scheduling.k8s.io/v1alpha1",
        "PriorityClass",
        23,
        "scheduling.k8s.io/v1",
    ),
    row("node.k8s.io/v1alpha1", "RuntimeClass", 24, "node.k8s.io/v1"),
    row(
        "autoscaling/v2beta1",
        "HorizontalPodAutoscaler",
        25,
        "autoscaling/v2",
    ),
    row("batch/v1beta1", "CronJob", 25, "batch/v1"),
    row(
        "discovery.k8s.io/v1beta1",
        "EndpointSlice",
        25,
        "discovery.k8s.io/v1",
    ),
    row("events.k8s.io/v1beta1", "Event", 25, "events.k8s.io/v1"),
    row("node.k8s.io/v1beta1", "RuntimeClass", 25, "node.k8s.io/v1"),
    row("policy/v1beta1", "PodDisruptionBudget", 25, "policy/v1"),
    gone("policy/v1beta1", "PodSecurityPolicy", 25),
    row(
        "autoscaling/v2beta2",
        "HorizontalPodAutoscaler",
        26,
        "autoscaling/v2",
    ),
    row_until(
        "flowcontrol.apiserver.k8s.io/v1beta1",
        "FlowSchema",
        26,
        "flowcontrol.apiserver.k8s.io/v1",
        29,
    ),
    row_until(
        "flowcontrol.apiserver.k8s.io/v1beta1",
        "PriorityLevelConfiguration",
        26,
        "flowcontrol.apiserver.k8s.io/v1",
        29,
    ),
    row(
        "storage.k8s.io/v1beta1",
        "CSIStorageCapacity",
        27,
        "storage.k8s.io/v1",
    ),
    row(
        "flowcontrol.apiserver.k8s.io/v1beta2",
        "FlowSchema",
        29,
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    row(
        "flowcontrol.apiserver.k8s.io/v1beta2",
        "PriorityLevelConfiguration",
        29,
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    row(
        "flowcontrol.apiserver.k8s.io/v1beta3",
        "FlowSchema",
        32,
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    row(
        "flowcontrol.apiserver.k8s.io/v1beta3",
        "PriorityLevelConfiguration",
        32,
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    row(
        "admissionregistration.k8s.io/v1alpha1",
        "ValidatingAdmissionPolicy",
        32,
        "admissionregistration.k8s.io/v1",
    ),
    row(
        "admissionregistration.k8s.io/v1beta1",
        "ValidatingAdmissionPolicy",
        34,
        "admissionregistration.k8s.io/v1",
    ),
    row(
        "admissionregistration.k8s.io/v1alpha1",
        "ValidatingAdmissionPolicyBinding",
        32,
        "admissionregistration.k8s.io/v1",
    ),
    row(
        "admissionregistration.k8s.io/v1beta1",
        "ValidatingAdmissionPolicyBinding",
        34,
        "admissionregistration.k8s.io/v1",
    ),
    row(
        "authentication.k8s.io/v1alpha1",
        "SelfSubjectReview",
        32,
        "authentication.k8s.io/v1",
    ),
    row(
        "authentication.k8s.io/v1beta1",
        "SelfSubjectReview",
        33,
        "authentication.k8s.io/v1",
    ),
    row(
        "storage.k8s.io/v1alpha1",
        "CSIStorageCapacity",
        24,
        "storage.k8s.io/v1",
    ),
    row(
        "storage.k8s.io/v1alpha1",
        "VolumeAttachment",
        24,
        "storage.k8s.io/v1",
    ),
    row(
        "storage.k8s.io/v1alpha1",
        "VolumeAttributesClass",
        35,
        "storage.k8s.io/v1",
    ),
    row(
        "storage.k8s.io/v1beta1",
        "VolumeAttributesClass",
        37,
        "storage.k8s.io/v1",
    ),
    row(
        "networking.k8s.io/v1alpha1",
        "IPAddress",
        33,
        "networking.k8s.io/v1",
    ),
    row(
        "networking.k8s.io/v1beta1",
        "IPAddress",
        37,
        "networking.k8s.io/v1",
    ),
    row(
        "networking.k8s.io/v1alpha1",
        "ServiceCIDR",
        33,
        "networking.k8s.io/v1",
    ),
    row(
        "networking.k8s.io/v1beta1",
        "ServiceCIDR",
        37,
        "networking.k8s.io/v1",
    ),
    row(
        "resource.k8s.io/v1alpha3",
        "DeviceClass",
        34,
        "resource.k8s.io/v1",
    ),
    row(
        "resource.k8s.io/v1alpha3",
        "ResourceClaim",
        34,
        "resource.k8s.io/v1",
    ),
    row(
        "resource.k8s.io/v1alpha3",
        "ResourceClaimTemplate",
        34,
        "resource.k8s.io/v1",
    ),
    row(
        "resource.k8s.io/v1alpha3",
        "ResourceSlice",
        34,
        "resource.k8s.io/v1",
    ),
    row(
        "certificates.k8s.io/v1alpha1",
        "ClusterTrustBundle",
        37,
        "certificates.k8s.io/v1",
    ),
    row_until(
        "certificates.k8s.io/v1alpha1",
        "PodCertificateRequest",
        35,
        "certificates.k8s.io/v1",
        37,
    ),
    row_until(
        "storagemigration.k8s.io/v1alpha1",
        "StorageVersionMigration",
        35,
        "storagemigration.k8s.io/v1",
        37,
    ),
];

/// The API version whose type an object is read with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canonical {
    /// The API version that the typed model carries.
    pub api_version: &'static str,
    /// Whether the object's own version has the same fields. Where it has not, a field that the
    /// model lacks may well be known to the written version.
    pub same_fields: bool,
}

/// The API version to read an object as, where it differs from the one that is written.
pub fn canonical(api_version: &str, kind: &str) -> Option<Canonical> {
    let (canonical, same_fields) = match (api_version, kind) {
        (
            "extensions/v1beta1" | "apps/v1beta1" | "apps/v1beta2",
            "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet",
        ) => ("apps/v1", false),
        ("policy/v1beta1", "PodDisruptionBudget") => ("policy/v1", true),
        (
            "autoscaling/v1" | "autoscaling/v2beta1" | "autoscaling/v2beta2",
            "HorizontalPodAutoscaler",
        ) => ("autoscaling/v2", false),
        ("batch/v1beta1" | "batch/v2alpha1", "CronJob") => ("batch/v1", true),
        ("networking.k8s.io/v1beta1" | "extensions/v1beta1", "Ingress") => {
            ("networking.k8s.io/v1", false)
        }
        ("networking.k8s.io/v1beta1", "IngressClass") => ("networking.k8s.io/v1", true),
        _ => return None,
    };
    Some(Canonical {
        api_version: canonical,
        same_fields,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::tables::kinds;

    #[test]
    fn every_row_is_unique_and_leads_to_a_served_version() {
        for (index, row) in TABLE.iter().enumerate() {
            let name = format!("{} {}", row.api_version, row.kind);
            assert!(
                !TABLE[index + 1..]
                    .iter()
                    .any(|other| (other.api_version, other.kind) == (row.api_version, row.kind)),
                "{name} twice"
            );
            if let Some(replacement) = row.replacement {
                assert_eq!(removed(replacement, row.kind), None, "{name}");
                assert!(!replacement.contains("beta"), "{name}");
            }
        }
    }

    #[test]
    fn newer_kinds_of_old_groups_are_served() {
        for (api_version, kind) in [
            (
                "admissionregistration.k8s.io/v1beta1",
                "MutatingAdmissionPolicy",
            ),
            ("scheduling.k8s.io/v1beta1", "Workload"),
            ("networking.k8s.io/v1", "ServiceCIDR"),
            ("autoscaling/v1", "HorizontalPodAutoscaler"),
            ("apps/v1", "Deployment"),
        ] {
            assert_eq!(removed(api_version, kind), None, "{api_version} {kind}");
        }
        for row in TABLE {
            let served = kinds::served(row.api_version, row.kind);
            assert!(served.is_none(), "{row:?} is served");
            if let Some(replacement) = row.replacement {
                assert!(kinds::served(replacement, row.kind).is_some(), "{row:?}");
            }
        }
        assert_eq!(
            removed("policy/v1beta1", "PodDisruptionBudget").map(|row| row.release),
            Some(Version::new(1, 25))
        );
    }

    #[test]
    fn a_removed_version_is_read_as_its_replacement() {
        for row in TABLE {
            if let Some(canonical) = canonical(row.api_version, row.kind) {
                assert_eq!(Some(canonical.api_version), row.replacement, "{row:?}");
            }
        }
        assert_eq!(canonical("apps/v1", "Deployment"), None);
    }
}
