//! Fields that a structure cannot do without. An empty text or list counts as none, an empty mapping as
//! something. A container's name and image, and what is on the way to it, are told by the rule, which
//! knows what injectors fill in.

/// The required fields of a structure.
pub(super) fn fields(structure: &str) -> &'static [&'static str] {
    if let Some(source) = structure
        .strip_suffix("PersistentVolumeSource")
        .or_else(|| structure.strip_suffix("VolumeSource"))
    {
        return of_volume(source);
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

/// Of a source in a pod or in a PersistentVolume, by the name without `VolumeSource`.
///
/// pkg/apis/core/validation/validation.go, 1.37: validateVolumeSource, ValidatePersistentVolumeSpec and
/// what they call
fn of_volume(source: &str) -> &'static [&'static str] {
    match source {
        "AWSElasticBlockStore" | "Cinder" | "Portworx" => &["volumeID"],
        "CSI" | "Flex" => &["driver"],
        "ConfigMap" => &["name"],
        "HostPath" => &["path"],
        "AzureDisk" => &["diskName", "diskURI"],
        "AzureFile" => &["secretName", "shareName"],
        "CephFS" => &["monitors"],
        "Ephemeral" => &["volumeClaimTemplate"],
        "GCEPersistentDisk" => &["pdName"],
        "GitRepo" => &["repository"],
        "Glusterfs" => &["endpoints", "path"],
        "ISCSI" => &["targetPortal", "iqn"],
        "NFS" => &["server", "path"],
        "PersistentVolumeClaim" => &["claimName"],
        "PhotonPersistentDisk" => &["pdID"],
        "Quobyte" => &["registry", "volume"],
        "RBD" => &["monitors", "image"],
        "ScaleIO" => &["gateway", "system", "volumeName"],
        "Secret" => &["secretName"],
        "StorageOS" => &["volumeName"],
        "VsphereVirtualDisk" => &["volumePath"],
        _ => &[],
    }
}
