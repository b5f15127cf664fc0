//! Fields that a structure cannot do without. An empty text or list counts as none, an empty mapping as
//! something. A container's name and image, and what is on the way to it, are told by the rule, which
//! knows what injectors fill in.

/// The required fields of a structure.
pub(super) fn fields(structure: &str) -> &'static [&'static str] {
    if structure.ends_with("VolumeSource") {
        return of_volume(structure);
    }
    match structure {
        // pkg/apis/core/validation/validation.go, 1.37
        "AppArmorProfile" | "PodFailurePolicyOnPodConditionsPattern" | "SeccompProfile" => {
            &["type"]
        }
        "ContainerRestartRule" => &["action"],
        "ContainerRestartRuleOnExitCodes" => &["operator"],
        "PodCertificateProjection" => &["signerName", "keyType"],
        "ClusterTrustBundleProjection"
        | "DownwardAPIVolumeFile"
        | "ServiceAccountTokenProjection" => &["path"],
        "ConfigMapEnvSource"
        | "ConfigMapProjection"
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
        "FileKeySelector" => &["key", "volumeName", "path"],
        "HostAlias" => &["ip"],
        "KeyToPath" => &["key", "path"],
        "LabelSelectorRequirement" | "NodeSelectorRequirement" => &["key", "operator"],
        "NodeSelector" => &["nodeSelectorTerms"],
        "ObjectFieldSelector" => &["fieldPath"],
        "PodAffinityTerm" => &["topologyKey"],
        "PodReadinessGate" => &["conditionType"],
        "PreferredSchedulingTerm" => &["weight"],
        "ResourceFieldSelector" => &["resource"],
        "TopologySpreadConstraint" => &["maxSkew", "topologyKey", "whenUnsatisfiable"],
        "VolumeDevice" => &["name", "devicePath"],
        "VolumeMount" => &["name", "mountPath"],
        "WeightedPodAffinityTerm" => &["weight", "podAffinityTerm"],
        // pkg/apis/batch/validation/validation.go, 1.37: validateCronJobSpec
        "CronJobSpec" => &["schedule"],
        _ => &[],
    }
}

/// pkg/apis/core/validation/validation.go, 1.37: validateVolumeSource and what it calls
fn of_volume(source: &str) -> &'static [&'static str] {
    match source {
        "AWSElasticBlockStoreVolumeSource" | "CinderVolumeSource" | "PortworxVolumeSource" => {
            &["volumeID"]
        }
        "CSIVolumeSource" | "FlexVolumeSource" => &["driver"],
        "ConfigMapVolumeSource" => &["name"],
        "HostPathVolumeSource" => &["path"],
        "AzureDiskVolumeSource" => &["diskName", "diskURI"],
        "AzureFileVolumeSource" => &["secretName", "shareName"],
        "CephFSVolumeSource" => &["monitors"],
        "EphemeralVolumeSource" => &["volumeClaimTemplate"],
        "GCEPersistentDiskVolumeSource" => &["pdName"],
        "GitRepoVolumeSource" => &["repository"],
        "GlusterfsVolumeSource" => &["endpoints", "path"],
        "ISCSIVolumeSource" => &["targetPortal", "iqn"],
        "NFSVolumeSource" => &["server", "path"],
        "PersistentVolumeClaimVolumeSource" => &["claimName"],
        "PhotonPersistentDiskVolumeSource" => &["pdID"],
        "QuobyteVolumeSource" => &["registry", "volume"],
        "RBDVolumeSource" => &["monitors", "image"],
        "ScaleIOVolumeSource" => &["gateway", "system", "volumeName"],
        "SecretVolumeSource" => &["secretName"],
        "StorageOSVolumeSource" => &["volumeName"],
        "VsphereVirtualDiskVolumeSource" => &["volumePath"],
        _ => &[],
    }
}
