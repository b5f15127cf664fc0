//! The API groups of Kubernetes.

/// Groups that the API server serves by itself, now or in an earlier release; `""` is the core group.
const BUILT_IN: [&str; 26] = [
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "auditregistration.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "settings.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// Whether a group is one of Kubernetes' own. Others that end in `k8s.io`, such as
/// `gateway.networking.k8s.io`, are custom resources.
pub fn is_built_in(group: &str) -> bool {
    BUILT_IN.contains(&group)
}
