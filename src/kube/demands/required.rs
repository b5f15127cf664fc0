//! Fields that a structure cannot do without. An empty text or list counts as none, an empty mapping as
//! something. A container's name and image, and what is on the way to it, are told by the rule, which
//! knows what injectors fill in.

/// The required fields of a structure.
pub(super) fn fields(structure: &str) -> &'static [&'static str] {
    match structure {
        // pkg/apis/core/validation/validation.go, 1.37
        "AWSElasticBlockStoreVolumeSource" | "CinderVolumeSource" => &["volumeID"],
        "AppArmorProfile" | "SeccompProfile" => &["type"],
        "AzureDiskVolumeSource" => &["diskName", "diskURI"],
        "AzureFileVolumeSource" => &["secretName", "shareName"],
        "CSIVolumeSource" | "FlexVolumeSource" => &["driver"],
        "CephFSVolumeSource" => &["monitors"],
        "ClusterTrustBundleProjection"
        | "DownwardAPIVolumeFile"
        | "HostPathVolumeSource"
        | "ServiceAccountTokenProjection" => &["path"],
        "ConfigMapEnvSource"
        | "ConfigMapProjection"
        | "ConfigMapVolumeSource"
        | "EnvVar"
        | "HTTPHeader"
        | "PodOS"
        | "PodResourceClaim"
        | "PodSchedulingGate"
        | "ResourceClaim"
        | "SecretEnvSource"
        | "SecretProjection"
        | "Sysctl"
        | "Volume" => &["name"],
        "ConfigMapKeySelector" | "SecretKeySelector" => &["name", "key"],
        "ContainerPort" => &["containerPort"],
        "ContainerResizePolicy" => &["resourceName", "restartPolicy"],
        "EphemeralVolumeSource" => &["volumeClaimTemplate"],
        "FileKeySelector" => &["key", "volumeName", "path"],
        "GCEPersistentDiskVolumeSource" => &["pdName"],
        "GitRepoVolumeSource" => &["repository"],
        "GlusterfsVolumeSource" => &["endpoints", "path"],
        "HostAlias" => &["ip"],
        "ISCSIVolumeSource" => &["targetPortal", "iqn"],
        "KeyToPath" => &["key", "path"],
        "LabelSelectorRequirement" | "NodeSelectorRequirement" => &["key", "operator"],
        "NFSVolumeSource" => &["server", "path"],
        "NodeSelector" => &["nodeSelectorTerms"],
        "ObjectFieldSelector" => &["fieldPath"],
        "PersistentVolumeClaimVolumeSource" => &["claimName"],
        "PhotonPersistentDiskVolumeSource" => &["pdID"],
        "PodAffinityTerm" => &["topologyKey"],
        "PodReadinessGate" => &["conditionType"],
        "PortworxVolumeSource" => &["volumeID"],
        "PreferredSchedulingTerm" => &["weight"],
        "QuobyteVolumeSource" => &["registry", "volume"],
        "RBDVolumeSource" => &["monitors", "image"],
        "ResourceFieldSelector" => &["resource"],
        "ScaleIOVolumeSource" => &["gateway", "system", "volumeName"],
        "SecretVolumeSource" => &["secretName"],
        "StorageOSVolumeSource" => &["volumeName"],
        "TopologySpreadConstraint" => &["maxSkew", "topologyKey", "whenUnsatisfiable"],
        "VolumeDevice" => &["name", "devicePath"],
        "VolumeMount" => &["name", "mountPath"],
        "VsphereVirtualDiskVolumeSource" => &["volumePath"],
        "WeightedPodAffinityTerm" => &["weight", "podAffinityTerm"],
        // pkg/apis/batch/validation/validation.go, 1.37: validateCronJobSpec,
        // validatePodFailurePolicyRuleOnPodConditions
        "CronJobSpec" => &["schedule"],
        "PodFailurePolicyOnPodConditionsPattern" => &["type"],
        _ => &[],
    }
}
