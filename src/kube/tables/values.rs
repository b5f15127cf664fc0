//! The values that fields take, beyond what their types say. Structures and fields are named as
//! serde knows them.

use super::object_values;

/// The values an enumerated string takes, in the order messages list them. Case counts.
pub(crate) fn allowed(structure: &str, field: &str) -> Option<&'static [&'static str]> {
    pod(structure, field)
        .or_else(|| workload(structure, field))
        .or_else(|| other(structure, field))
        .or_else(|| object_values::allowed(structure, field))
}

fn pod(structure: &str, field: &str) -> Option<&'static [&'static str]> {
    Some(match (structure, field) {
        ("Container", "imagePullPolicy") | ("ImageVolumeSource", "pullPolicy") => {
            &["Always", "IfNotPresent", "Never"]
        }
        ("Container", "terminationMessagePolicy") => &["File", "FallbackToLogsOnError"],
        ("Container" | "PodSpec", "restartPolicy") => &["Always", "OnFailure", "Never"],
        ("ContainerPort" | "ServicePort", "protocol") => &["TCP", "UDP", "SCTP"],
        ("PodSpec", "dnsPolicy") => &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"],
        ("PodSpec", "preemptionPolicy") => &["PreemptLowerPriority", "Never"],
        ("PodOS", "name") => &["linux", "windows"],
        ("HTTPGetAction", "scheme") => &["HTTP", "HTTPS"],
        ("Toleration", "operator") => &["Equal", "Exists", "Lt", "Gt"],
        ("Toleration", "effect") => &["NoSchedule", "PreferNoSchedule", "NoExecute"],
        ("NodeSelectorRequirement", "operator") => {
            &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
        }
        ("TopologySpreadConstraint", "whenUnsatisfiable") => &["DoNotSchedule", "ScheduleAnyway"],
        ("TopologySpreadConstraint", "nodeAffinityPolicy" | "nodeTaintsPolicy") => {
            &["Honor", "Ignore"]
        }
        ("SeccompProfile" | "AppArmorProfile", "type") => {
            &["RuntimeDefault", "Localhost", "Unconfined"]
        }
        ("PodSecurityContext", "fsGroupChangePolicy") => &["Always", "OnRootMismatch"],
        ("PodSecurityContext", "supplementalGroupsPolicy") => &["Merge", "Strict"],
        ("SecurityContext", "procMount") => &["Default", "Unmasked"],
        ("VolumeMount", "mountPropagation") => &["None", "HostToContainer", "Bidirectional"],
        ("VolumeMount", "recursiveReadOnly") => &["Disabled", "IfPossible", "Enabled"],
        ("HostPathVolumeSource", "type") => &[
            "DirectoryOrCreate",
            "Directory",
            "FileOrCreate",
            "File",
            "Socket",
            "CharDevice",
            "BlockDevice",
        ],
        ("ContainerResizePolicy", "restartPolicy") => &["NotRequired", "RestartContainer"],
        _ => return None,
    })
}

fn workload(structure: &str, field: &str) -> Option<&'static [&'static str]> {
    Some(match (structure, field) {
        ("DeploymentStrategy", "type") => &["RollingUpdate", "Recreate"],
        ("StatefulSetUpdateStrategy" | "DaemonSetUpdateStrategy", "type") => {
            &["RollingUpdate", "OnDelete"]
        }
        ("StatefulSetSpec", "podManagementPolicy") => &["OrderedReady", "Parallel"],
        ("StatefulSetPersistentVolumeClaimRetentionPolicy", "whenDeleted" | "whenScaled") => {
            &["Retain", "Delete"]
        }
        ("DeploymentConfigStrategy", "type") => &["Rolling", "Recreate", "Custom"],
        ("JobSpec", "completionMode") => &["NonIndexed", "Indexed"],
        ("JobSpec", "podReplacementPolicy") => &["TerminatingOrFailed", "Failed"],
        ("PodFailurePolicyRule", "action") => &["FailJob", "FailIndex", "Ignore", "Count"],
        ("CronJobSpec", "concurrencyPolicy") => &["Allow", "Forbid", "Replace"],
        ("PodDisruptionBudgetSpec", "unhealthyPodEvictionPolicy") => {
            &["IfHealthyBudget", "AlwaysAllow"]
        }
        ("MetricSpec", "type") => &[
            "ContainerResource",
            "External",
            "Object",
            "Pods",
            "Resource",
        ],
        ("MetricTarget", "type") => &["Utilization", "Value", "AverageValue"],
        ("HPAScalingRules", "selectPolicy") => &["Max", "Min", "Disabled"],
        ("HPAScalingPolicy", "type") => &["Pods", "Percent"],
        _ => return None,
    })
}

fn other(structure: &str, field: &str) -> Option<&'static [&'static str]> {
    Some(match (structure, field) {
        ("ServiceSpec", "type") => &["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"],
        ("ServiceSpec", "sessionAffinity") => &["None", "ClientIP"],
        ("ServiceSpec", "externalTrafficPolicy" | "internalTrafficPolicy") => &["Cluster", "Local"],
        ("ServiceSpec", "ipFamilyPolicy") => {
            &["SingleStack", "PreferDualStack", "RequireDualStack"]
        }
        ("LabelSelectorRequirement", "operator") => &["In", "NotIn", "Exists", "DoesNotExist"],
        ("HTTPIngressPath", "pathType") => &["Exact", "Prefix", "ImplementationSpecific"],
        ("PersistentVolumeClaimSpec", "volumeMode") => &["Filesystem", "Block"],
        _ => return None,
    })
}

/// The values that the elements of a list of strings take.
pub(crate) fn allowed_elements(structure: &str, field: &str) -> Option<&'static [&'static str]> {
    match (structure, field) {
        ("PersistentVolumeClaimSpec", "accessModes") => Some(&[
            "ReadWriteOnce",
            "ReadOnlyMany",
            "ReadWriteMany",
            "ReadWriteOncePod",
        ]),
        ("ServiceSpec", "ipFamilies") => Some(&["IPv4", "IPv6"]),
        _ => object_values::allowed_elements(structure, field),
    }
}

const PERCENT: (i64, i64) = (0, 100);
const PORT: (i64, i64) = (1, 65_535);
const PORT_OR_NONE: (i64, i64) = (0, 65_535);
const NOT_NEGATIVE: (i64, i64) = (0, i32::MAX as i64);
const POSITIVE: (i64, i64) = (1, i32::MAX as i64);

/// The least and the greatest value of a number. Probes are left out: what they refuse is told
/// with the probe as a whole.
pub(crate) fn range(structure: &str, field: &str) -> Option<(i64, i64)> {
    kubernetes_range(structure, field)
        .or_else(|| object_values::range(structure, field))
        .or_else(|| istio_range(structure, field))
}

fn kubernetes_range(structure: &str, field: &str) -> Option<(i64, i64)> {
    Some(match structure {
        "ContainerPort" if field == "containerPort" => PORT,
        "ContainerPort" if field == "hostPort" => PORT_OR_NONE,
        "ServicePort" if field == "port" => PORT,
        "ServicePort" if field == "nodePort" => PORT_OR_NONE,
        // The API server does not look at a StatefulSet's.
        "StatefulSetSpec" if field == "revisionHistoryLimit" => return None,
        "DeploymentSpec"
        | "StatefulSetSpec"
        | "ReplicaSetSpec"
        | "ReplicationControllerSpec"
        | "DaemonSetSpec"
            if matches!(
                field,
                "replicas" | "minReadySeconds" | "revisionHistoryLimit" | "progressDeadlineSeconds"
            ) =>
        {
            NOT_NEGATIVE
        }
        "JobSpec" | "CronJobSpec"
            if matches!(
                field,
                "parallelism"
                    | "completions"
                    | "backoffLimit"
                    | "ttlSecondsAfterFinished"
                    | "successfulJobsHistoryLimit"
                    | "failedJobsHistoryLimit"
            ) =>
        {
            NOT_NEGATIVE
        }
        "HorizontalPodAutoscalerSpec" if field == "minReplicas" => NOT_NEGATIVE,
        "HorizontalPodAutoscalerSpec" if field == "maxReplicas" => POSITIVE,
        "TopologySpreadConstraint" if field == "maxSkew" => POSITIVE,
        "WeightedPodAffinityTerm" | "PreferredSchedulingTerm" if field == "weight" => (1, 100),
        _ => return None,
    })
}

/// Istio's CRDs (`customresourcedefinitions.gen.yaml` of istio.io/api 1.32) and its webhook
/// (`pkg/config/validation/validation.go`).
fn istio_range(structure: &str, field: &str) -> Option<(i64, i64)> {
    Some(match structure {
        "OutlierDetection" => match field {
            "maxEjectionPercent" | "minHealthPercent" | "failurePercentageThreshold" => PERCENT,
            _ => return None,
        },
        "RetryBudget" if field == "percent" => PERCENT,
        "Warmup" if field == "minimumPercent" => PERCENT,
        "Tracing" if field == "randomSamplingPercentage" => PERCENT,
        "Percent" if field == "value" => PERCENT,
        "HttpRoute" if matches!(field, "mirrorPercent" | "mirror_percent") => PERCENT,
        "PortSelector" if field == "number" => PORT,
        "Tunnel" if field == "targetPort" => PORT,
        "HttpMatch" | "TlsMatch" | "TcpMatch" | "HttpRedirect" if field == "port" => PORT_OR_NONE,
        // 600 is accepted.
        "FaultAbort" if field == "httpStatus" => (200, 600),
        "DirectResponse" if field == "status" => (200, 600),
        "TcpSettings" if field == "maxConnections" => NOT_NEGATIVE,
        "HttpSettings" => match field {
            "http1MaxPendingRequests"
            | "http2MaxRequests"
            | "maxRequestsPerConnection"
            | "maxRetries"
            | "maxConcurrentStreams" => NOT_NEGATIVE,
            _ => return None,
        },
        "HttpRetry" if field == "attempts" => NOT_NEGATIVE,
        "HttpRouteDestination" | "RouteDestination" if field == "weight" => NOT_NEGATIVE,
        "ZoneAwareLbSetting" if field == "minClusterSize" => (1, i64::from(u32::MAX)),
        "ServiceEntryPort" if matches!(field, "number" | "targetPort") => PORT,
        "ProxyConfigSpec" if field == "concurrency" => NOT_NEGATIVE,
        "WorkloadGroupProbe" => NOT_NEGATIVE,
        "WorkloadGroupHttpGet" | "WorkloadGroupTcpSocket" | "WorkloadGroupGrpc"
            if field == "port" =>
        {
            PORT
        }
        _ => return None,
    })
}

/// What an integer-or-percentage takes besides integers from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Percentage {
    /// Whether 100% is the most.
    pub(crate) capped: bool,
}

/// Whether a field takes an integer or a percentage.
pub(crate) fn percentage(structure: &str, field: &str) -> Option<Percentage> {
    let capped = match (structure, field) {
        ("RollingUpdateDeployment", "maxSurge") => false,
        ("RollingUpdateDaemonSet", "maxSurge" | "maxUnavailable")
        | ("RollingUpdateDeployment" | "RollingUpdateStatefulSetStrategy", "maxUnavailable")
        | ("PodDisruptionBudgetSpec", "minAvailable" | "maxUnavailable") => true,
        _ => return None,
    };
    Some(Percentage { capped })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_listed_once() {
        for (structure, field) in [
            ("Container", "imagePullPolicy"),
            ("ServiceSpec", "type"),
            ("DeploymentStrategy", "type"),
            ("HTTPIngressPath", "pathType"),
        ] {
            let values = allowed(structure, field).unwrap();
            for value in values {
                assert_eq!(values.iter().filter(|other| *other == value).count(), 1);
            }
        }
        assert_eq!(allowed("Container", "image"), None);
    }

    #[test]
    fn surge_may_exceed_all_replicas() {
        assert_eq!(
            percentage("RollingUpdateDeployment", "maxSurge"),
            Some(Percentage { capped: false })
        );
        assert_eq!(
            percentage("PodDisruptionBudgetSpec", "minAvailable"),
            Some(Percentage { capped: true })
        );
        assert_eq!(percentage("HTTPGetAction", "port"), None);
    }
}
