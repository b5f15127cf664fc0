//! Where a field stands among its siblings, as the examples of the Kubernetes documentation write
//! them.

/// Fields of one structure in their usual order; only those that fixes meet.
const STRUCTURES: &[&[&str]] = &[
    // Container
    &[
        "name",
        "image",
        "imagePullPolicy",
        "command",
        "args",
        "workingDir",
        "ports",
        "envFrom",
        "env",
        "resources",
        "volumeMounts",
        "volumeDevices",
        "startupProbe",
        "livenessProbe",
        "readinessProbe",
        "lifecycle",
        "securityContext",
    ],
    // Probe
    &[
        "exec",
        "httpGet",
        "tcpSocket",
        "grpc",
        "initialDelaySeconds",
        "periodSeconds",
        "timeoutSeconds",
        "successThreshold",
        "failureThreshold",
    ],
    // PodSpec
    &[
        "serviceAccount",
        "serviceAccountName",
        "automountServiceAccountToken",
        "securityContext",
        "nodeSelector",
        "affinity",
        "tolerations",
        "topologySpreadConstraints",
        "terminationGracePeriodSeconds",
        "initContainers",
        "containers",
        "restartPolicy",
        "volumes",
    ],
    // ObjectMeta
    &["name", "generateName", "namespace", "labels", "annotations"],
    // An object, a pod template
    &["apiVersion", "kind", "metadata", "spec"],
    // DeploymentSpec, StatefulSetSpec
    &[
        "replicas",
        "revisionHistoryLimit",
        "minReadySeconds",
        "progressDeadlineSeconds",
        "serviceName",
        "podManagementPolicy",
        "selector",
        "strategy",
        "updateStrategy",
        "template",
        "volumeClaimTemplates",
    ],
    // Deployment's strategy
    &["type", "rollingUpdate"],
    &["maxSurge", "maxUnavailable"],
    // HorizontalPodAutoscalerSpec
    &[
        "scaleTargetRef",
        "minReplicas",
        "maxReplicas",
        "metrics",
        "behavior",
    ],
    // PodDisruptionBudgetSpec
    &[
        "minAvailable",
        "maxUnavailable",
        "unhealthyPodEvictionPolicy",
        "selector",
    ],
    // KEDA's ScaledJobSpec
    &[
        "jobTargetRef",
        "pollingInterval",
        "successfulJobsHistoryLimit",
        "failedJobsHistoryLimit",
        "envSourceContainerName",
        "minReplicaCount",
        "maxReplicaCount",
        "rollout",
        "scalingStrategy",
        "triggers",
    ],
    // ServicePort
    &[
        "name",
        "port",
        "targetPort",
        "protocol",
        "appProtocol",
        "nodePort",
    ],
    // Istio's DestinationRule
    &["host", "trafficPolicy", "subsets", "exportTo"],
    // Istio's TrafficPolicy
    &[
        "loadBalancer",
        "connectionPool",
        "outlierDetection",
        "tls",
        "portLevelSettings",
    ],
    // Istio's OutlierDetection
    &[
        "consecutive5xxErrors",
        "interval",
        "baseEjectionTime",
        "maxEjectionPercent",
        "minHealthPercent",
    ],
    // Istio's ConnectionPoolSettings
    &["tcp", "http"],
    // Lifecycle
    &["postStart", "preStop"],
];

/// Pairs of which the first stands right before the second, wherever that is.
const PAIRS: &[(&str, &str)] = &[("minReplicas", "maxReplicas")];

/// The sibling that a field stands right before.
pub(super) fn follower(key: &str) -> Option<&'static str> {
    let mut pairs = PAIRS.iter();
    pairs.find(|(first, _)| *first == key).map(|pair| pair.1)
}

/// Whether a field stands behind all that usually stand before it, in whatever order those are: nobody
/// looks for hooks among what a container is made of.
pub(super) fn comes_last(key: &str) -> bool {
    key == "lifecycle"
}

/// Siblings that stand together in whatever order, so that nothing is put between them.
const TOGETHER: &[&str] = &["startupProbe", "livenessProbe", "readinessProbe"];

/// Whether no third entry belongs between two siblings.
pub(super) fn stand_together(one: &str, other: &str) -> bool {
    TOGETHER.contains(&one) && TOGETHER.contains(&other)
}

/// The siblings that usually stand before `key`, the nearest first, and those that stand after it,
/// the nearest first, in the structure that `siblings` have most in common with.
pub(super) fn neighbours(key: &str, siblings: &[&str]) -> (Vec<&'static str>, Vec<&'static str>) {
    let structure = STRUCTURES
        .iter()
        .filter(|fields| fields.contains(&key))
        .max_by_key(|fields| siblings.iter().filter(|name| fields.contains(name)).count());
    let Some(fields) = structure else {
        return (Vec::new(), Vec::new());
    };
    let before: Vec<&str> = fields
        .iter()
        .copied()
        .take_while(|name| *name != key)
        .collect();
    let after = fields.iter().copied().skip(before.len() + 1).collect();
    (before.into_iter().rev().collect(), after)
}
