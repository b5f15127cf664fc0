use std::collections::BTreeSet;

use k8s_openapi::api::batch::v1 as batch;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use serde::Serialize;

use crate::kube::demands::required;

/// Fields that the schema calls required, and that are told elsewhere or that may be left out.
const ELSEWHERE: &[(&str, &[&str])] = &[
    // The rule tells of them: it knows of injectors.
    ("Container", &["name"]),
    ("PodSpec", &["containers"]),
    ("CronJobSpec", &["jobTemplate"]),
    ("JobSpec", &["template"]),
    // `invalid-probe` and `invalid-lifecycle-hook`
    ("GRPCAction", &["port"]),
    ("HTTPGetAction", &["port"]),
    ("SleepAction", &["seconds"]),
    ("TCPSocketAction", &["port"]),
    // Their zero value is accepted.
    ("HTTPHeader", &["value"]),
    ("ISCSIVolumeSource", &["lun"]),
    ("LocalObjectReference", &["name"]),
    ("PreferredSchedulingTerm", &["preference"]),
    ("Sysctl", &["value"]),
    // The API server looks into them together with others.
    ("PodFailurePolicy", &["rules"]),
    (
        "PodFailurePolicyOnExitCodesRequirement",
        &["operator", "values"],
    ),
    ("PodFailurePolicyRule", &["action"]),
    ("SuccessPolicy", &["rules"]),
    ("PersistentVolumeClaimTemplate", &["spec"]),
    ("ScaleIOVolumeSource", &["secretRef"]),
];

/// A field that is not an `Option` is written always.
fn required_by_schema(zero: &impl Serialize) -> BTreeSet<String> {
    let value = serde_json::to_value(zero).unwrap();
    value.as_object().unwrap().keys().cloned().collect()
}

macro_rules! assert_types {
    ($($module:ident: $($name:ident)*;)*) => {
        $($({
            let schema = required_by_schema(&$module::$name::default());
            let name = stringify!($name);
            let elsewhere = ELSEWHERE.iter().find(|(of, _)| *of == name).map_or(&[][..], |it| it.1);
            for field in schema {
                let field = field.as_str();
                let known = required::fields(name).contains(&field);
                assert!(known != elsewhere.contains(&field), "{name}.{field}");
            }
        })*)*
    };
}

#[test]
fn the_table_has_what_the_schema_requires() {
    assert_types! {
        core: AWSElasticBlockStoreVolumeSource AppArmorProfile AzureDiskVolumeSource AzureFileVolumeSource
            CSIVolumeSource CephFSVolumeSource CinderVolumeSource ClusterTrustBundleProjection
            ConfigMapEnvSource ConfigMapKeySelector ConfigMapProjection ConfigMapVolumeSource Container
            ContainerPort ContainerResizePolicy ContainerRestartRule ContainerRestartRuleOnExitCodes
            DownwardAPIVolumeFile EnvFromSource EnvVar EnvVarSource EphemeralVolumeSource ExecAction
            FCVolumeSource FileKeySelector FlexVolumeSource FlockerVolumeSource
            GCEPersistentDiskVolumeSource GRPCAction GitRepoVolumeSource GlusterfsVolumeSource
            HTTPGetAction HTTPHeader HostAlias HostPathVolumeSource ISCSIVolumeSource KeyToPath
            LocalObjectReference NFSVolumeSource NodeSelector NodeSelectorRequirement
            ObjectFieldSelector PersistentVolumeClaimTemplate PersistentVolumeClaimVolumeSource
            PhotonPersistentDiskVolumeSource PodAffinityTerm PodCertificateProjection PodDNSConfigOption
            PodOS PodReadinessGate PodResourceClaim PodSchedulingGate PodSpec PortworxVolumeSource
            PreferredSchedulingTerm QuobyteVolumeSource RBDVolumeSource ResourceClaim
            ResourceFieldSelector ScaleIOVolumeSource SeccompProfile SecretEnvSource SecretKeySelector
            SecretProjection SecretVolumeSource ServiceAccountTokenProjection SleepAction
            StorageOSVolumeSource Sysctl TCPSocketAction Toleration TopologySpreadConstraint Volume
            VolumeDevice VolumeMount VsphereVirtualDiskVolumeSource WeightedPodAffinityTerm;
        batch: CronJobSpec JobSpec PodFailurePolicy PodFailurePolicyOnExitCodesRequirement
            PodFailurePolicyOnPodConditionsPattern PodFailurePolicyRule SuccessPolicy;
        meta: LabelSelectorRequirement;
    }
}
