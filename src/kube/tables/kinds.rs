//! The kinds that Kubernetes itself serves, each with its type.
//!
//! The rows are those of `k8s-openapi`, which a test holds. The release a version came with is the one
//! that `zz_generated.prerelease-lifecycle.go` of `k8s.io/api` v0.37.2 names, or the change log where it
//! names none.

use k8s_openapi::api::{
    admissionregistration, apiserverinternal, apps, authentication, authorization, autoscaling,
    batch, certificates, coordination, core, discovery, events, flowcontrol, lifecycle, networking,
    node, policy, rbac, resource, scheduling, storage, storagemigration,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration;
use serde::de::DeserializeOwned;

use crate::kube::check::KubeCheck;
use crate::units::Version;
use crate::yaml::{Node, Reading};

/// The newest release whose kinds and fields are known.
pub const NEWEST: Version = Version::new(1, 37);

/// A kind of one API version.
#[derive(Clone, Copy, Debug)]
pub struct ServedKind {
    /// As written in a manifest.
    pub api_version: &'static str,
    /// As written in a manifest.
    pub kind: &'static str,
    /// The first release of Kubernetes that serves it.
    pub since: Version,
    /// Whether its objects stand in a namespace.
    pub is_namespaced: bool,
    read: fn(KubeCheck, Node<'_>) -> Reading<()>,
}

impl ServedKind {
    /// Reads a node as this kind and keeps nothing but what is wrong with it.
    pub(in crate::kube) fn read(&self, check: KubeCheck, node: Node<'_>) -> Reading<()> {
        (self.read)(check, node)
    }
}

fn read_as<T: DeserializeOwned>(check: KubeCheck, node: Node<'_>) -> Reading<()> {
    let reading = check.read::<T>(node);
    Reading {
        value: (),
        issues: reading.issues,
        unknown: reading.unknown,
        structures: reading.structures,
    }
}

macro_rules! is_namespaced {
    (Namespaced) => {
        true
    };
    (Cluster) => {
        false
    };
}

macro_rules! served {
    ($($api_version:literal $group:ident $version:ident [
        $($kind:ident $since:literal $scope:ident,)*
    ])*) => {
        /// Every kind that the newest known release serves, by API version.
        const SERVED: &[(&str, &[ServedKind])] = &[
            $(($api_version, &[
                $(ServedKind {
                    api_version: $api_version,
                    kind: stringify!($kind),
                    since: Version::new(1, $since),
                    is_namespaced: is_namespaced!($scope),
                    read: read_as::<$group::$version::$kind>,
                },)*
            ]),)*
        ];

        #[cfg(test)]
        fn typed() -> Vec<(&'static str, &'static str, bool)> {
            use std::any::TypeId;
            use k8s_openapi::{NamespaceResourceScope, Resource};
            fn row<T: Resource>() -> (&'static str, &'static str, bool)
            where
                T::Scope: 'static,
            {
                let scope = TypeId::of::<T::Scope>();
                (T::API_VERSION, T::KIND, scope == TypeId::of::<NamespaceResourceScope>())
            }
            vec![$($(row::<$group::$version::$kind>(),)*)*]
        }
    };
}

served! {
    "admissionregistration.k8s.io/v1" admissionregistration v1 [
        MutatingAdmissionPolicy 36 Cluster,
        MutatingAdmissionPolicyBinding 36 Cluster,
        MutatingWebhookConfiguration 16 Cluster,
        ValidatingAdmissionPolicy 30 Cluster,
        ValidatingAdmissionPolicyBinding 30 Cluster,
        ValidatingWebhookConfiguration 16 Cluster,
    ]
    "admissionregistration.k8s.io/v1alpha1" admissionregistration v1alpha1 [
        MutatingAdmissionPolicy 32 Cluster,
        MutatingAdmissionPolicyBinding 32 Cluster,
    ]
    "admissionregistration.k8s.io/v1beta1" admissionregistration v1beta1 [
        MutatingAdmissionPolicy 34 Cluster,
        MutatingAdmissionPolicyBinding 34 Cluster,
    ]
    "apiextensions.k8s.io/v1" apiextensions v1 [
        CustomResourceDefinition 16 Cluster,
    ]
    "apiregistration.k8s.io/v1" apiregistration v1 [
        APIService 10 Cluster,
    ]
    "apps/v1" apps v1 [
        ControllerRevision 9 Namespaced,
        DaemonSet 9 Namespaced,
        Deployment 9 Namespaced,
        ReplicaSet 9 Namespaced,
        StatefulSet 9 Namespaced,
    ]
    "authentication.k8s.io/v1" authentication v1 [
        SelfSubjectReview 28 Cluster,
        TokenReview 6 Cluster,
    ]
    "authorization.k8s.io/v1" authorization v1 [
        LocalSubjectAccessReview 19 Namespaced,
        SelfSubjectAccessReview 19 Cluster,
        SelfSubjectRulesReview 19 Cluster,
        SubjectAccessReview 6 Cluster,
    ]
    "autoscaling/v1" autoscaling v1 [
        HorizontalPodAutoscaler 2 Namespaced,
    ]
    "autoscaling/v2" autoscaling v2 [
        HorizontalPodAutoscaler 23 Namespaced,
    ]
    "batch/v1" batch v1 [
        CronJob 21 Namespaced,
        Job 2 Namespaced,
    ]
    "certificates.k8s.io/v1" certificates v1 [
        CertificateSigningRequest 19 Cluster,
        ClusterTrustBundle 37 Cluster,
        PodCertificateRequest 37 Namespaced,
    ]
    "certificates.k8s.io/v1beta1" certificates v1beta1 [
        ClusterTrustBundle 33 Cluster,
        PodCertificateRequest 35 Namespaced,
    ]
    "coordination.k8s.io/v1" coordination v1 [
        Lease 14 Namespaced,
    ]
    "coordination.k8s.io/v1alpha2" coordination v1alpha2 [
        LeaseCandidate 32 Namespaced,
    ]
    "coordination.k8s.io/v1beta1" coordination v1beta1 [
        LeaseCandidate 33 Namespaced,
    ]
    "discovery.k8s.io/v1" discovery v1 [
        EndpointSlice 21 Namespaced,
    ]
    "events.k8s.io/v1" events v1 [
        Event 19 Namespaced,
    ]
    "flowcontrol.apiserver.k8s.io/v1" flowcontrol v1 [
        FlowSchema 29 Cluster,
        PriorityLevelConfiguration 29 Cluster,
    ]
    "internal.apiserver.k8s.io/v1alpha1" apiserverinternal v1alpha1 [
        StorageVersion 20 Cluster,
    ]
    "lifecycle.k8s.io/v1alpha1" lifecycle v1alpha1 [
        Eviction 37 Namespaced,
        EvictionRequest 37 Namespaced,
    ]
    "networking.k8s.io/v1" networking v1 [
        IPAddress 33 Cluster,
        Ingress 19 Namespaced,
        IngressClass 19 Cluster,
        NetworkPolicy 7 Namespaced,
        ServiceCIDR 33 Cluster,
    ]
    "node.k8s.io/v1" node v1 [
        RuntimeClass 20 Cluster,
    ]
    "policy/v1" policy v1 [
        PodDisruptionBudget 21 Namespaced,
    ]
    "rbac.authorization.k8s.io/v1" rbac v1 [
        ClusterRole 8 Cluster,
        ClusterRoleBinding 8 Cluster,
        Role 8 Namespaced,
        RoleBinding 8 Namespaced,
    ]
    "resource.k8s.io/v1" resource v1 [
        DeviceClass 34 Cluster,
        DeviceTaintRule 37 Cluster,
        ResourceClaim 34 Namespaced,
        ResourceClaimTemplate 34 Namespaced,
        ResourceSlice 34 Cluster,
    ]
    "resource.k8s.io/v1alpha3" resource v1alpha3 [
        DeviceTaintRule 33 Cluster,
        ResourcePoolStatusRequest 36 Cluster,
    ]
    "resource.k8s.io/v1beta1" resource v1beta1 [
        DeviceClass 32 Cluster,
        ResourceClaim 32 Namespaced,
        ResourceClaimTemplate 32 Namespaced,
        ResourceSlice 32 Cluster,
    ]
    "resource.k8s.io/v1beta2" resource v1beta2 [
        DeviceClass 33 Cluster,
        DeviceTaintRule 36 Cluster,
        ResourceClaim 33 Namespaced,
        ResourceClaimTemplate 33 Namespaced,
        ResourceSlice 33 Cluster,
    ]
    "scheduling.k8s.io/v1" scheduling v1 [
        PriorityClass 14 Cluster,
    ]
    "scheduling.k8s.io/v1alpha3" scheduling v1alpha3 [
        CompositePodGroup 37 Namespaced,
        PodGroup 37 Namespaced,
        Workload 37 Namespaced,
    ]
    "scheduling.k8s.io/v1beta1" scheduling v1beta1 [
        PodGroup 37 Namespaced,
        Workload 37 Namespaced,
    ]
    "storage.k8s.io/v1" storage v1 [
        CSIDriver 18 Cluster,
        CSINode 17 Cluster,
        CSIStorageCapacity 24 Namespaced,
        StorageClass 6 Cluster,
        VolumeAttachment 13 Cluster,
        VolumeAttributesClass 34 Cluster,
    ]
    "storagemigration.k8s.io/v1" storagemigration v1 [
        StorageVersionMigration 37 Cluster,
    ]
    "storagemigration.k8s.io/v1beta1" storagemigration v1beta1 [
        StorageVersionMigration 35 Cluster,
    ]
    "v1" core v1 [
        Binding 0 Namespaced,
        ComponentStatus 0 Cluster,
        ConfigMap 2 Namespaced,
        Endpoints 0 Namespaced,
        Event 0 Namespaced,
        LimitRange 0 Namespaced,
        Namespace 0 Cluster,
        Node 0 Cluster,
        PersistentVolume 0 Cluster,
        PersistentVolumeClaim 0 Namespaced,
        Pod 0 Namespaced,
        PodTemplate 0 Namespaced,
        ReplicationController 0 Namespaced,
        ResourceQuota 0 Namespaced,
        Secret 0 Namespaced,
        Service 0 Namespaced,
        ServiceAccount 0 Namespaced,
    ]
}

/// Kinds of the core API that are no objects to apply, or that belong to other programs: a kubeconfig, a
/// scheduler's policy, and what OpenShift 3 served without a group.
const OTHERS_OF_CORE: &[&str] = &[
    "APIGroup",
    "APIVersions",
    "Build",
    "BuildConfig",
    "ClusterNetwork",
    "Config",
    "CreateOptions",
    "DeleteOptions",
    "DeploymentConfig",
    "EgressNetworkPolicy",
    "GetOptions",
    "Group",
    "HostSubnet",
    "Identity",
    "ImageStream",
    "ImageStreamImport",
    "ImageStreamTag",
    "List",
    "NetNamespace",
    "OAuthClient",
    "PatchOptions",
    "Policy",
    "PolicyBinding",
    "Project",
    "ProjectRequest",
    "RangeAllocation",
    "Route",
    "SecurityContextConstraints",
    "SerializedReference",
    "Status",
    "Template",
    "UpdateOptions",
    "User",
    "WatchEvent",
];

/// Kinds that only subresources take, and that every group has.
const SUBRESOURCES: &[&str] = &["Eviction", "Scale", "TokenRequest", "DeploymentRollback"];

/// Groups of Kubernetes that had kinds once and have none today. Other groups with a dot that are not in
/// [`SERVED`], such as `gateway.networking.k8s.io`, are of custom resources.
const EMPTY_GROUPS: &[&str] = &["auditregistration.k8s.io", "extensions", "settings.k8s.io"];

/// The kind of this name in this API version.
pub fn served(api_version: &str, kind: &str) -> Option<&'static ServedKind> {
    kinds_of(api_version)?.iter().find(|row| row.kind == kind)
}

/// The kinds of an API version; `None` where the newest known release does not serve it.
pub fn kinds_of(api_version: &str) -> Option<&'static [ServedKind]> {
    let mut rows = SERVED.iter();
    rows.find(|(served, _)| *served == api_version)
        .map(|(_, kinds)| *kinds)
}

/// Every kind of every API version.
pub fn all() -> impl Iterator<Item = &'static ServedKind> + Clone {
    SERVED.iter().flat_map(|(_, kinds)| *kinds)
}

/// Whether all kinds of this group are Kubernetes' own: nobody else can add one.
pub fn is_closed(group: &str) -> bool {
    group_names().any(|closed| closed == group)
}

/// The names of the closed groups, that of the core API, which is empty, among them. Some repeat.
pub fn group_names() -> impl Iterator<Item = &'static str> + Clone {
    let group = |(api_version, _): &(&'static str, _)| {
        api_version.split_once('/').map_or("", |(group, _)| group)
    };
    SERVED.iter().map(group).chain(EMPTY_GROUPS.iter().copied())
}

/// Whether a kind that no API version serves as an object may stand there all the same: see
/// [`OTHERS_OF_CORE`] and [`SUBRESOURCES`].
pub fn is_no_object(api_version: &str, kind: &str) -> bool {
    SUBRESOURCES.contains(&kind) || api_version == "v1" && OTHERS_OF_CORE.contains(&kind)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn rows_say_what_their_types_say() {
        let rows: Vec<_> = all()
            .map(|row| (row.api_version, row.kind, row.is_namespaced))
            .collect();
        assert_eq!(rows, typed());
        for row in all() {
            assert!(row.since <= NEWEST, "{row:?}");
        }
    }

    /// Where cargo unpacked the crate that is built, unless it is vendored.
    fn crate_sources() -> Option<PathBuf> {
        let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"));
        let lock = lock.unwrap();
        let (_, rest) = lock
            .split_once("name = \"k8s-openapi\"\nversion = \"")
            .unwrap();
        let (version, _) = rest.split_once('"').unwrap();
        let home = std::env::var("CARGO_HOME").map(PathBuf::from);
        let home =
            home.or_else(|_| std::env::var("HOME").map(|home| Path::new(&home).join(".cargo")));
        let registries = std::fs::read_dir(home.ok()?.join("registry/src")).ok()?;
        let module = format!("v{}_{}", NEWEST.major, NEWEST.minor);
        registries
            .filter_map(Result::ok)
            .map(|registry| registry.path().join(format!("k8s-openapi-{version}/src")))
            .map(|sources| sources.join(&module))
            .find(|sources| sources.is_dir())
    }

    fn value_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
        let (_, rest) = text.split_once(&format!("const {name}: &'static str = \""))?;
        rest.split_once('"').map(|(value, _)| value)
    }

    #[test]
    fn no_kind_of_the_crate_is_left_out() {
        let Some(sources) = crate_sources() else {
            eprintln!("skipped: the sources of k8s-openapi are not where cargo unpacks them");
            return;
        };
        let mut found = BTreeSet::new();
        for entry in walkdir::WalkDir::new(sources) {
            let entry = entry.unwrap();
            if entry.path().extension().is_none_or(|it| it != "rs") {
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let (Some(api_version), Some(kind)) =
                (value_of(&text, "API_VERSION"), value_of(&text, "KIND"))
            else {
                continue;
            };
            found.insert((api_version.to_owned(), kind.to_owned()));
        }
        let missing: Vec<_> = found
            .iter()
            .filter(|(api_version, kind)| {
                served(api_version, kind).is_none()
                    && !is_no_object(api_version, kind)
                    && !kind.ends_with("List")
            })
            .collect();
        assert!(found.len() > 80, "{found:?}");
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn custom_groups_are_open() {
        for group in ["", "apps", "extensions", "rbac.authorization.k8s.io"] {
            assert!(is_closed(group), "{group}");
        }
        for group in [
            "app",
            "gateway.networking.k8s.io",
            "snapshot.storage.k8s.io",
            "metrics.k8s.io",
            "kustomize.config.k8s.io",
            "cluster.x-k8s.io",
            "apps.openshift.io",
        ] {
            assert!(!is_closed(group), "{group}");
        }
    }
}
