//! What differs between two versions of a kind, but the version itself.

use crate::kube::Object;
use crate::kube::tables::removed::Removed;
use crate::yaml::Node;

/// Whether an autoscaler is written as the first version has it, which is served still: its aim is one field,
/// which no version with `metrics` takes.
pub(super) fn is_of_v1(object: &Object) -> bool {
    let field = |key| object.node().at(&["spec", key]).is_some();
    object.kind() == "HorizontalPodAutoscaler"
        && field("targetCPUUtilizationPercentage")
        && !field("metrics")
        && !field("behavior")
}

/// The version of workloads that `apps/v1` was made of without a change.
pub(super) const SAME_DEFAULTS: &str = "apps/v1beta2";

pub(super) fn is_workload(kind: &str) -> bool {
    matches!(
        kind,
        "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet"
    )
}

/// Whether the object's selector asks for anything.
pub(super) fn selects(object: &Object) -> bool {
    let list = |key| object.node().at(&["spec", "selector", key]);
    let asks = |node: Node<'_>| node.entries().next().is_some() || node.items().next().is_some();
    ["matchLabels", "matchExpressions"]
        .into_iter()
        .filter_map(list)
        .any(asks)
}

/// By the deprecation guide (kubernetes.io/docs/reference/using-api/deprecation-guide, v1.16).
fn changes_of_workload(row: &Removed, object: &Object) -> Option<&'static str> {
    let is_given = |path: &[&str]| object.node().at(path).is_some();
    let (defaults, with_selector) = match (row.api_version, row.kind) {
        ("extensions/v1beta1", "Deployment") => (
            "the defaults of rollouts differ",
            "spec.selector is required now, and the defaults of rollouts differ",
        ),
        ("extensions/v1beta1", "DaemonSet") | ("apps/v1beta1", "StatefulSet")
            if !is_given(&["spec", "updateStrategy", "type"]) =>
        {
            (
                "updates were `OnDelete` by default, and are `RollingUpdate` now",
                "spec.selector is required now, and updates, `OnDelete` by default before, are `RollingUpdate`",
            )
        }
        _ => return (!selects(object)).then_some("spec.selector is required"),
    };
    Some(if selects(object) {
        defaults
    } else {
        with_selector
    })
}

/// What else has to change in the object. From the Kubernetes deprecation guide; for RBAC and the
/// access reviews, from the types (`k8s.io/api`).
pub(super) fn changes(row: &Removed, object: &Object) -> Option<&'static str> {
    let field = |path: &[&str]| object.node().at(path);
    Some(match row.kind {
        kind if is_workload(kind) => return changes_of_workload(row, object),
        "Ingress" => {
            "backends become `service.name` and `service.port`, `spec.backend` becomes \
             `spec.defaultBackend`, and every path needs a `pathType`"
        }
        "PodDisruptionBudget"
            if field(&["spec", "selector"]).is_some_and(Node::is_mapping) && !selects(object) =>
        {
            "the empty selector selected nothing, and now selects every pod of the namespace: name \
             the pods that are meant"
        }
        "HorizontalPodAutoscaler" if is_of_v1(object) => return None,
        "HorizontalPodAutoscaler" if row.api_version == "autoscaling/v2beta1" => {
            "metrics give their aim as `target` with `type` and `averageUtilization`, `averageValue` \
             or `value`"
        }
        "CustomResourceDefinition" => {
            "each of `spec.versions` needs its own structural `schema.openAPIV3Schema`, and \
             `spec.scope` is required"
        }
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => {
            "`sideEffects` and `admissionReviewVersions` are required, and `failurePolicy` is `Fail` \
             unless it is given"
        }
        "CertificateSigningRequest" => "`spec.signerName` and `spec.usages` are required",
        "RuntimeClass" if row.api_version == "node.k8s.io/v1alpha1" => {
            "`spec.runtimeHandler` becomes `handler`, and the other fields of `spec` move to the top"
        }
        "EndpointSlice" => "`topology` becomes `nodeName` and `zone`",
        "Event" => {
            "`eventTime`, `action`, `reason`, `reportingController` and `reportingInstance` are \
             required, and `type` is Normal or Warning"
        }
        "SubjectAccessReview" | "LocalSubjectAccessReview"
            if field(&["spec", "group"]).is_some() =>
        {
            "`spec.group` becomes `spec.groups`"
        }
        "ClusterRole" | "ClusterRoleBinding" | "Role" | "RoleBinding"
            if row.api_version.ends_with("v1alpha1") =>
        {
            "subjects and `roleRef` are named by `apiGroup` instead of `apiVersion`, and the user `*` \
             becomes the group `system:authenticated`"
        }
        "PriorityLevelConfiguration" if !row.api_version.ends_with("v1beta3") => {
            "`assuredConcurrencyShares` becomes `nominalConcurrencyShares`"
        }
        "PriorityLevelConfiguration" => {
            let shares = field(&["spec", "limited", "nominalConcurrencyShares"])?;
            if shares.text() != Some("0") {
                return None;
            }
            "`nominalConcurrencyShares: 0` stood for the default, 30, and now is 0"
        }
        _ => return None,
    })
}
