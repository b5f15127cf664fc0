//! Labels that pods may carry though no template in view says so.

use crate::kube::is_placeholder;

/// Labels that controllers and operators put on running pods, so that no template carries them.
const SET_AT_RUN_TIME: [&str; 17] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/job-name",
    "cnpg.io/instanceRole",
    "controller-revision-hash",
    "deployment",
    "deploymentconfig",
    "gateway.networking.k8s.io/gateway-name",
    "istio.io/gateway-name",
    "job-name",
    "leader",
    "pod-template-hash",
    "rollouts-pod-template-hash",
    "spilo-role",
    // Vault's service registration.
    "vault-active",
    "vault-initialized",
    "vault-perf-standby",
    "vault-sealed",
];

/// What stands before the names of labels that the StatefulSet controller writes.
const OF_STATEFUL_SETS: &str = "statefulset.kubernetes.io/";

/// What Patroni, Redis operators and others write to the pods that they have chosen.
const ROLES: [&str; 9] = [
    "follower",
    "leader",
    "master",
    "primary",
    "replica",
    "secondary",
    "slave",
    "standby",
    "standby_leader",
];

/// Labels of the cluster's own pods, which its installer brings and no repository.
const OF_THE_CLUSTER: [(&str, &str); 6] = [
    ("component", "etcd"),
    ("component", "kube-apiserver"),
    ("component", "kube-controller-manager"),
    ("component", "kube-scheduler"),
    ("k8s-app", "kube-dns"),
    ("tier", "control-plane"),
];

/// Whether what a selector asks for may be true of pods though no template says so: a placeholder, a
/// label that is set at run time, or one of the cluster's own pods.
pub(super) fn is_open(key: &str, value: &str) -> bool {
    is_placeholder(key)
        || is_placeholder(value)
        || SET_AT_RUN_TIME.contains(&key)
        || key.starts_with(OF_STATEFUL_SETS)
        || matches!(key, "role" | "operator") && ROLES.contains(&value)
        || OF_THE_CLUSTER.contains(&(key, value))
}
