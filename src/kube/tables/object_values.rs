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
        ("AzureDiskVolumeSource", "cachingMode") => &["None", "ReadOnly", "ReadWrite"],
        ("AzureDiskVolumeSource", "kind") => &["Shared", "Dedicated", "Managed"],
        ("PodCertificateProjection", "keyType") => &[
            "RSA3072",
            "RSA4096",
            "ECDSAP256",
            "ECDSAP384",
            "ECDSAP521",
            "ED25519",
        ],
        ("PodSecurityContext", "seLinuxChangePolicy") => &["MountOption", "Recursive"],
        ("ScopedResourceSelectorRequirement", "scopeName") => SCOPES,
        ("ScopedResourceSelectorRequirement", "operator") => {
            &["In", "NotIn", "Exists", "DoesNotExist"]
        }
        // pkg/apis/batch/validation/validation.go
        ("PodFailurePolicyOnPodConditionsPattern", "status") => &["True", "False", "Unknown"],
        // pkg/apis/flowcontrol/validation/validation.go
        ("FlowDistinguisherMethod", "type") => &["ByUser", "ByNamespace"],
        ("PriorityLevelConfigurationSpec", "type") => &["Exempt", "Limited"],
        ("LimitResponse", "type") => &["Queue", "Reject"],
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
        // apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go
        ("CustomResourceDefinitionSpec", "scope") => &["Cluster", "Namespaced"],
        _ => return allowed_at_admission(structure, field),
    })
}

/// Those of webhooks and admission policies: `pkg/apis/admissionregistration/validation/validation.go`.
fn allowed_at_admission(structure: &str, field: &str) -> Option<&'static [&'static str]> {
    Some(match (structure, field) {
        ("ValidatingWebhook" | "MutatingWebhook", "failurePolicy") => &["Fail", "Ignore"],
        ("ValidatingWebhook" | "MutatingWebhook", "sideEffects") => &["None", "NoneOnDryRun"],
        ("ValidatingAdmissionPolicySpec" | "MutatingAdmissionPolicySpec", "failurePolicy") => {
            &["Fail", "Ignore"]
        }
        ("ValidatingWebhook" | "MutatingWebhook" | "MatchResources", "matchPolicy") => {
            &["Exact", "Equivalent"]
        }
        ("ParamRef", "parameterNotFoundAction") => &["Allow", "Deny"],
        ("Validation", "reason") => &["Forbidden", "Invalid", "RequestEntityTooLarge"],
        ("MutatingWebhook", "reinvocationPolicy") => &["Never", "IfNeeded"],
        ("RuleWithOperations" | "NamedRuleWithOperations", "scope") => {
            &["Cluster", "Namespaced", "*"]
        }
        _ => return None,
    })
}

/// pkg/apis/core/helper/helpers.go: IsStandardResourceQuotaScope
const SCOPES: &[&str] = &[
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
];

const BYTE: (i64, i64) = (0, 255);
const PERCENT: (i64, i64) = (0, 100);
const NOT_NEGATIVE: (i64, i64) = (0, i32::MAX as i64);
const POSITIVE: (i64, i64) = (1, i32::MAX as i64);

/// The least and the greatest value of a number.
pub(super) fn range(structure: &str, field: &str) -> Option<(i64, i64)> {
    Some(match (structure, field) {
        // pkg/apis/core/validation/validation.go
        ("ISCSIVolumeSource" | "ISCSIPersistentVolumeSource", "lun")
        | ("AWSElasticBlockStoreVolumeSource" | "GCEPersistentDiskVolumeSource", "partition") => {
            BYTE
        }
        // pkg/apis/flowcontrol/validation/validation.go; 0 is read as the default
        ("FlowSchemaSpec", "matchingPrecedence") => (0, 10_000),
        (
            "LimitedPriorityLevelConfiguration" | "ExemptPriorityLevelConfiguration",
            "lendablePercent",
        ) => PERCENT,
        (
            "LimitedPriorityLevelConfiguration" | "ExemptPriorityLevelConfiguration",
            "nominalConcurrencyShares",
        )
        | ("LimitedPriorityLevelConfiguration", "borrowingLimitPercent")
        | ("QueuingConfiguration", "handSize" | "queueLengthLimit")
        | ("LeaseSpec", "leaseTransitions") => NOT_NEGATIVE,
        ("QueuingConfiguration", "queues") => (0, 10_000_000),
        // pkg/apis/coordination/validation/validation.go
        ("LeaseSpec", "leaseDurationSeconds") => POSITIVE,
        // pkg/apis/apps/validation/validation.go
        ("ControllerRevision", "revision") => (0, i64::MAX),
        // pkg/apis/storage/validation/validation.go
        ("CSIDriverSpec", "nodeAllocatableUpdatePeriodSeconds") => (10, i64::MAX),
        ("TokenRequest", "expirationSeconds") => (600, 1 << 32),
        // staging/src/k8s.io/kube-aggregator/pkg/apis/apiregistration/validation/validation.go
        ("APIServiceSpec", "groupPriorityMinimum") => (1, 20_000),
        ("APIServiceSpec", "versionPriority") => (1, 1_000),
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
        ("ValidatingAdmissionPolicyBindingSpec", "validationActions") => &["Deny", "Warn", "Audit"],
        ("RuleWithOperations" | "NamedRuleWithOperations", "operations") => {
            &["CREATE", "UPDATE", "DELETE", "CONNECT", "*"]
        }
        ("CSIDriverSpec", "volumeLifecycleModes") => &["Persistent", "Ephemeral"],
        ("ResourceQuotaSpec", "scopes") => SCOPES,
        _ => return None,
    })
}
