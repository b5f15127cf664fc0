//! The values that fields of the kinds without pods take, by the API server's validation (1.37).

/// The values an enumerated string takes, in the order messages list them. Case counts.
pub(super) fn allowed(structure: &str, field: &str) -> Option<&'static [&'static str]> {
    Some(match (structure, field) {
        // pkg/apis/core/validation/validation.go
        ("ServiceSpec", "trafficDistribution") => {
            &["PreferClose", "PreferSameZone", "PreferSameNode"]
        }
        ("PersistentVolumeSpec", "volumeMode") => &["Filesystem", "Block"],
        ("PersistentVolumeSpec", "persistentVolumeReclaimPolicy") => {
            &["Retain", "Delete", "Recycle"]
        }
        ("Taint", "effect") => &["NoSchedule", "PreferNoSchedule", "NoExecute"],
        // pkg/apis/networking/validation/validation.go
        ("NetworkPolicyPort" | "EndpointPort", "protocol") => &["TCP", "UDP", "SCTP"],
        ("IngressClassParametersReference", "scope") => &["Cluster", "Namespace"],
        // pkg/apis/discovery/validation/validation.go
        ("EndpointSlice", "addressType") => &["IPv4", "IPv6", "FQDN"],
        // pkg/apis/storage/validation/validation.go
        ("StorageClass", "reclaimPolicy") => &["Delete", "Retain"],
        ("StorageClass", "volumeBindingMode") => &["Immediate", "WaitForFirstConsumer"],
        ("CSIDriverSpec", "fsGroupPolicy") => &["ReadWriteOnceWithFSType", "File", "None"],
        // pkg/apis/scheduling/validation/validation.go
        ("PriorityClass", "preemptionPolicy") => &["PreemptLowerPriority", "Never"],
        // pkg/apis/admissionregistration/validation/validation.go
        ("ValidatingWebhook" | "MutatingWebhook", "failurePolicy") => &["Fail", "Ignore"],
        ("ValidatingWebhook" | "MutatingWebhook", "matchPolicy") => &["Exact", "Equivalent"],
        ("ValidatingWebhook" | "MutatingWebhook", "sideEffects") => &["None", "NoneOnDryRun"],
        ("MutatingWebhook", "reinvocationPolicy") => &["Never", "IfNeeded"],
        ("RuleWithOperations", "scope") => &["Cluster", "Namespaced", "*"],
        // apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go
        ("CustomResourceDefinitionSpec", "scope") => &["Cluster", "Namespaced"],
        _ => return None,
    })
}

/// The values that the elements of a list of strings take.
pub(super) fn allowed_elements(structure: &str, field: &str) -> Option<&'static [&'static str]> {
    Some(match (structure, field) {
        ("PersistentVolumeSpec", "accessModes") => &[
            "ReadWriteOnce",
            "ReadOnlyMany",
            "ReadWriteMany",
            "ReadWriteOncePod",
        ],
        ("NetworkPolicySpec", "policyTypes") => &["Ingress", "Egress"],
        ("RuleWithOperations", "operations") => &["CREATE", "UPDATE", "DELETE", "CONNECT", "*"],
        ("CSIDriverSpec", "volumeLifecycleModes") => &["Persistent", "Ephemeral"],
        // pkg/apis/core/helper/helpers.go: IsStandardResourceQuotaScope
        ("ResourceQuotaSpec", "scopes") => &[
            "Terminating",
            "NotTerminating",
            "BestEffort",
            "NotBestEffort",
            "PriorityClass",
            "CrossNamespacePodAffinity",
            "VolumeAttributesClass",
        ],
        _ => return None,
    })
}
