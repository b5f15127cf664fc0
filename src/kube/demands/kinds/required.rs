//! Fields that a structure of these kinds cannot do without. An empty text or list counts as none.

use super::super::Judge;

/// The required fields of a structure. Structures of one name in several groups are told apart by the
/// object's kind.
pub(in crate::kube::demands) fn fields(
    judge: &Judge<'_>,
    structure: &str,
) -> &'static [&'static str] {
    let kind = || judge.kind();
    match structure {
        // What an empty spec lacks, a missing one lacks, too.
        "Service"
        | "Ingress"
        | "HorizontalPodAutoscaler"
        | "PersistentVolumeClaim"
        | "PersistentVolume"
        | "FlowSchema"
        | "PriorityLevelConfiguration"
        | "ValidatingAdmissionPolicy"
        | "ValidatingAdmissionPolicyBinding"
        | "CertificateSigningRequest"
        | "ServiceCIDR"
        | "IPAddress"
            if kind() == structure =>
        {
            &["spec"]
        }
        // pkg/apis/core/validation/validation.go, 1.37: validateServicePort
        "ServicePort" if kind() == "Service" => &["port"],
        // pkg/apis/networking/validation/validation.go, 1.37
        "HTTPIngressRuleValue" => &["paths"],
        "HTTPIngressPath" => &["pathType", "backend"],
        "IngressClassSpec" => &["controller"],
        "IPBlock" => &["cidr"],
        // pkg/apis/autoscaling/validation/validation.go, 1.37
        "HorizontalPodAutoscalerSpec" => &["maxReplicas", "scaleTargetRef"],
        // Of a claim, other sources than claims and snapshots are dropped.
        "TypedLocalObjectReference" if kind() == "PersistentVolumeClaim" => &[],
        "CrossVersionObjectReference"
        | "IngressClassParametersReference"
        | "TypedLocalObjectReference" => &["kind", "name"],
        "MetricSpec" | "MetricTarget" => &["type"],
        "IngressServiceBackend" | "MetricIdentifier" => &["name"],
        "ResourceMetricSource" => &["name", "target"],
        "ContainerResourceMetricSource" => &["name", "container", "target"],
        "PodsMetricSource" | "ExternalMetricSource" => &["metric", "target"],
        "ObjectMetricSource" => &["describedObject", "metric", "target"],
        "HPAScalingPolicy" => &["type", "value", "periodSeconds"],
        _ => others(structure, kind),
    }
}

fn others<'t>(structure: &str, kind: impl Fn() -> &'t str) -> &'static [&'static str] {
    let is_webhook = || kind().ends_with("WebhookConfiguration");
    match structure {
        // pkg/apis/rbac/validation/validation.go, 1.37
        "RoleBinding" | "ClusterRoleBinding" => &["roleRef"],
        "RoleRef" => &["kind", "name"],
        "Subject" if matches!(kind(), "RoleBinding" | "ClusterRoleBinding") => &["kind", "name"],
        "PolicyRule" => &["verbs"],
        "AggregationRule" => &["clusterRoleSelectors"],
        // pkg/apis/core/validation/validation.go, 1.37: ValidatePersistentVolumeSpec
        "PersistentVolumeSpec" => &["accessModes", "capacity"],
        "LocalVolumeSource" => &["path"],
        "CSIPersistentVolumeSource" => &["driver", "volumeHandle"],
        "VolumeNodeAffinity" => &["required"],
        // pkg/apis/storage/validation/validation.go, 1.37
        "StorageClass" => &["provisioner"],
        // pkg/apis/admissionregistration/validation/validation.go, 1.37
        "ValidatingWebhook" | "MutatingWebhook" => &[
            "name",
            "clientConfig",
            "sideEffects",
            "admissionReviewVersions",
        ],
        "RuleWithOperations" if is_webhook() => {
            &["operations", "apiGroups", "apiVersions", "resources"]
        }
        "ServiceReference" if is_webhook() => &["name", "namespace"],
        // pkg/apis/node/validation/validation.go, 1.37
        "RuntimeClass" => &["handler"],
        // staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go, 1.37
        "CustomResourceDefinition" => &["spec"],
        "CustomResourceDefinitionSpec" => &["group", "scope", "names", "versions"],
        "CustomResourceDefinitionNames" => &["plural", "kind"],
        "CustomResourceDefinitionVersion" => &["name", "schema"],
        // pkg/apis/core/validation/validation.go, 1.37: ValidateLimitRange
        "LimitRangeItem" => &["type"],
        _ => rarer(structure, kind),
    }
}

fn rarer<'t>(structure: &str, kind: impl Fn() -> &'t str) -> &'static [&'static str] {
    match structure {
        // pkg/apis/core/validation/validation.go, 1.37
        "EndpointAddress" => &["ip"],
        "EndpointPort" if kind() == "Endpoints" => &["port"],
        "Taint" => &["key", "effect"],
        "ScopedResourceSelectorRequirement" => &["scopeName", "operator"],
        // pkg/apis/discovery/validation/validation.go, 1.37
        "EndpointSlice" => &["addressType"],
        "Endpoint" => &["addresses"],
        // pkg/apis/networking/validation/validation.go, 1.37
        "ServiceCIDRSpec" => &["cidrs"],
        "IPAddressSpec" => &["parentRef"],
        // pkg/apis/storage/validation/validation.go, 1.37
        "CSINodeDriver" => &["name", "nodeID"],
        "CSIStorageCapacity" => &["storageClassName"],
        "TopologySelectorLabelRequirement" => &["key", "values"],
        "VolumeAttachmentSpec" => &["attacher", "nodeName"],
        "VolumeAttributesClass" => &["driverName", "parameters"],
        // pkg/apis/certificates/validation/validation.go, 1.37
        "CertificateSigningRequestSpec" => &["request", "signerName", "usages"],
        // pkg/apis/apps/validation/validation.go, 1.37
        "ControllerRevision" => &["data"],
        // pkg/apis/flowcontrol/validation/validation.go, 1.37
        "FlowSchemaSpec" => &["priorityLevelConfiguration"],
        "PriorityLevelConfigurationReference" | "UserSubject" | "GroupSubject" => &["name"],
        "ServiceAccountSubject" => &["name", "namespace"],
        "PolicyRulesWithSubjects" => &["subjects"],
        "NonResourcePolicyRule" => &["verbs", "nonResourceURLs"],
        "ResourcePolicyRule" => &["verbs", "apiGroups", "resources"],
        "PriorityLevelConfigurationSpec" | "LimitResponse" => &["type"],
        // pkg/apis/admissionregistration/validation/validation.go, 1.37
        "ValidatingAdmissionPolicySpec" => &["matchConstraints"],
        "ValidatingAdmissionPolicyBindingSpec" => &["policyName", "validationActions"],
        "NamedRuleWithOperations" => &["operations", "apiGroups", "apiVersions", "resources"],
        "MatchResources" if kind() == "ValidatingAdmissionPolicy" => &["resourceRules"],
        "AuditAnnotation" => &["key", "valueExpression"],
        "ParamKind" => &["apiVersion", "kind"],
        "ParamRef" => &["parameterNotFoundAction"],
        "Validation" => &["expression"],
        "Variable" if kind() == "ValidatingAdmissionPolicy" => &["name", "expression"],
        // pkg/apis/resource/validation/validation.go, 1.37
        "DeviceSelector" => &["cel"],
        "DeviceClassConfiguration" => &["opaque"],
        _ => &[],
    }
}
