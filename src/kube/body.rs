//! A manifest → the type that its version and kind name, and what is wrong with it by that type.

use serde::de::DeserializeOwned;

use super::check::KubeCheck;
use super::demands::Subject;
use super::fault::Fault;
use super::gateway_api;
use super::istio;
use super::object::{Body, OpaqueReason};
use super::tables::{generators, kinds, removed};
use super::workload::WorkloadBody;
use crate::yaml::{Issue, IssueKind, Node, NodeId};

/// What makes a mapping a manifest.
pub(super) struct Identity<'a> {
    pub(super) api_version: &'a str,
    pub(super) kind: &'a str,
}

/// What an object's text is read as.
pub(super) struct BodyReading {
    pub(super) body: Body,
    pub(super) issues: Vec<Issue>,
    pub(super) unknown: Vec<NodeId>,
    /// Mappings that were read as structs, with the structs' names.
    structures: Vec<(&'static str, NodeId)>,
    pub(super) faults: Vec<Fault>,
}

impl BodyReading {
    /// An object that is not looked into.
    fn opaque(reason: OpaqueReason) -> Self {
        Self {
            body: Body::Opaque(reason),
            issues: Vec::new(),
            unknown: Vec::new(),
            structures: Vec::new(),
            faults: Vec::new(),
        }
    }

    fn subject<'t>(&'t self, node: Node<'t>) -> Subject<'t> {
        Subject {
            node,
            structures: &self.structures,
            unknown: &self.unknown,
            issues: &self.issues,
        }
    }
}

/// Reads a manifest as the type that its version and kind name.
pub(super) fn read_body(node: Node<'_>, who: &Identity<'_>) -> BodyReading {
    if is_for_tools(node) {
        return BodyReading::opaque(OpaqueReason::Other);
    }
    let (group, version) = who
        .api_version
        .split_once('/')
        .unwrap_or(("", who.api_version));
    match group {
        "" | "apps" | "extensions" | "batch" | "policy" | "autoscaling" | "networking.k8s.io" => {
            builtin(node, who, group)
        }
        "networking.istio.io" | "security.istio.io" | "telemetry.istio.io" => istio(node, who),
        gateway_api::GROUP if gateway_api::versions(who.kind).contains(&version) => {
            gateway_api(node, who)
        }
        "install.istio.io" if who.kind == "IstioOperator" => {
            tolerant(node, who, |it| Body::IstioOperator(Box::new(it)))
        }
        "argoproj.io" if who.kind == "Rollout" => tolerant(node, who, |it| {
            Body::Workload(WorkloadBody::Rollout(Box::new(it)))
        }),
        "apps.openshift.io" if who.kind == "DeploymentConfig" => tolerant(node, who, |it| {
            Body::Workload(WorkloadBody::DeploymentConfig(Box::new(it)))
        }),
        "serving.knative.dev" if who.kind == "Service" && version != "v1alpha1" => {
            tolerant(node, who, |it| {
                Body::Workload(WorkloadBody::KnativeService(Box::new(it)))
            })
        }
        "keda.sh" if who.kind == "ScaledJob" => tolerant(node, who, |it| {
            Body::Workload(WorkloadBody::ScaledJob(Box::new(it)))
        }),
        "keda.sh" if who.kind == "ScaledObject" => {
            tolerant(node, who, |it| Body::ScaledObject(Box::new(it)))
        }
        "kustomize.config.k8s.io" => tolerant(node, who, |it| Body::Kustomization(Box::new(it))),
        _ => opaque(node, who),
    }
}

/// An object that no rule looks into. What its type says of it is said all the same, where it has one.
fn opaque(node: Node<'_>, who: &Identity<'_>) -> BodyReading {
    let mut read = BodyReading::opaque(opaque_reason(node, who));
    if let Some(kind) = kinds::served(who.api_version, who.kind) {
        judge_as(kind, node, &mut read);
    }
    read
}

/// Sets what is wrong with an object by the type of this kind.
fn judge_as(kind: &kinds::ServedKind, node: Node<'_>, read: &mut BodyReading) {
    let typed = kind.read(KubeCheck::new(), node);
    read.issues = typed.issues;
    read.unknown = typed.unknown;
    read.structures = typed.structures;
    read.faults = read.subject(node).faults();
}

fn builtin(node: Node<'_>, who: &Identity<'_>, group: &str) -> BodyReading {
    let is_current = who.api_version.rsplit('/').next() == Some("v1") || group == "autoscaling";
    if !is_current && removed::canonical(who.api_version, who.kind).is_none() {
        return opaque(node, who);
    }

    macro_rules! workload {
        ($variant:ident) => {
            native(node, who, |it| {
                Body::Workload(WorkloadBody::$variant(Box::new(it)))
            })
        };
    }
    macro_rules! other {
        ($variant:ident) => {
            native(node, who, |it| Body::$variant(Box::new(it)))
        };
    }
    match (group, who.kind) {
        ("apps" | "extensions", "Deployment") => workload!(Deployment),
        ("apps" | "extensions", "DaemonSet") => workload!(DaemonSet),
        ("apps" | "extensions", "ReplicaSet") => workload!(ReplicaSet),
        ("apps", "StatefulSet") => workload!(StatefulSet),
        ("batch", "Job") => workload!(Job),
        ("batch", "CronJob") => workload!(CronJob),
        ("", "Pod") => workload!(Pod),
        ("", "ReplicationController") => workload!(ReplicationController),
        // OpenShift 3 wrote its kinds without a group.
        ("", "DeploymentConfig") => tolerant(node, who, |it| {
            Body::Workload(WorkloadBody::DeploymentConfig(Box::new(it)))
        }),
        ("", "Service") => other!(Service),
        ("", "Namespace") => other!(Namespace),
        ("", "PersistentVolumeClaim") => other!(PersistentVolumeClaim),
        ("", "LimitRange") => other!(LimitRange),
        ("", "ConfigMap") => other!(ConfigMap),
        ("policy", "PodDisruptionBudget") => other!(PodDisruptionBudget),
        ("autoscaling", "HorizontalPodAutoscaler") => {
            let mut read = other!(HorizontalPodAutoscaler);
            // Rules read one version; what is wrong is judged by the version that is written.
            if let Some(own) = kinds::served(who.api_version, who.kind)
                && own.api_version == "autoscaling/v1"
            {
                judge_as(own, node, &mut read);
            }
            read
        }
        ("networking.k8s.io" | "extensions", "Ingress") => other!(Ingress),
        ("networking.k8s.io", "IngressClass") => other!(IngressClass),
        _ => opaque(node, who),
    }
}

fn istio(node: Node<'_>, who: &Identity<'_>) -> BodyReading {
    // No rule looks into these, beyond what Istio refuses.
    macro_rules! judged {
        ($kind:ty) => {
            whole::<$kind>(node, who, |_| Body::Opaque(OpaqueReason::Judged))
        };
    }
    let mut read = match who.kind {
        "DestinationRule" => whole(node, who, |it| Body::DestinationRule(Box::new(it))),
        "VirtualService" => whole(node, who, |it| Body::VirtualService(Box::new(it))),
        "PeerAuthentication" => whole(node, who, |it| Body::PeerAuthentication(Box::new(it))),
        "Telemetry" => whole(node, who, |it| Body::Telemetry(Box::new(it))),
        "Sidecar" => whole(node, who, |it| Body::Sidecar(Box::new(it))),
        "ServiceEntry" => whole(node, who, |it| Body::ServiceEntry(Box::new(it))),
        "Gateway" => judged!(istio::Gateway),
        "AuthorizationPolicy" => judged!(istio::AuthorizationPolicy),
        "RequestAuthentication" => judged!(istio::RequestAuthentication),
        "ProxyConfig" => judged!(istio::ProxyConfigObject),
        "WorkloadEntry" => judged!(istio::WorkloadEntryObject),
        "WorkloadGroup" => judged!(istio::WorkloadGroup),
        _ => return BodyReading::opaque(OpaqueReason::Other),
    };
    read.faults = read.subject(node).istio_faults();
    read
}

/// Rules read these from their nodes.
fn gateway_api(node: Node<'_>, who: &Identity<'_>) -> BodyReading {
    use gateway_api::{gateway, policy, routes};
    macro_rules! judged {
        ($kind:ty) => {
            whole::<$kind>(node, who, |_| Body::Opaque(OpaqueReason::Judged))
        };
    }
    let mut read = match who.kind {
        "Gateway" => judged!(gateway::GatewayOfApi),
        "GatewayClass" => judged!(gateway::GatewayClass),
        "ListenerSet" => judged!(gateway::ListenerSet),
        "HTTPRoute" => judged!(routes::HttpRoute),
        "GRPCRoute" => judged!(routes::GrpcRoute),
        "TLSRoute" => judged!(routes::TlsRoute),
        "TCPRoute" => judged!(routes::TcpRoute),
        "UDPRoute" => judged!(routes::UdpRoute),
        "ReferenceGrant" => judged!(policy::ReferenceGrant),
        "BackendTLSPolicy" => judged!(policy::BackendTlsPolicy),
        _ => return BodyReading::opaque(OpaqueReason::Other),
    };
    read.faults = read.subject(node).gateway_faults();
    read
}

/// Reads a kind of Kubernetes' own, of which all is known that the API server demands of it.
fn native<T: DeserializeOwned>(
    node: Node<'_>,
    who: &Identity<'_>,
    body: impl FnOnce(T) -> Body,
) -> BodyReading {
    let mut read = whole(node, who, body);
    // One that is written in a removed version is refused as a whole.
    if removed::canonical(who.api_version, who.kind).is_none() {
        read.faults = read.subject(node).faults();
    }
    read
}

/// Reads a kind that is modelled whole: every key that the type does not have is an issue, unless
/// the object is written in a version whose fields differ from the type's.
fn whole<T: DeserializeOwned>(
    node: Node<'_>,
    who: &Identity<'_>,
    body: impl FnOnce(T) -> Body,
) -> BodyReading {
    let canonical = removed::canonical(who.api_version, who.kind);
    let check = match (canonical, node.get("apiVersion")) {
        (Some(canonical), Some(version)) => {
            KubeCheck::for_object(version.id(), canonical.api_version)
        }
        _ => KubeCheck::new(),
    };
    let mut reading = check.with_claim_templates(node).read::<T>(node);
    if canonical.is_some_and(|canonical| !canonical.same_fields) {
        let is_type = |issue: &Issue| matches!(issue.kind, IssueKind::Invalid { .. });
        reading.issues.retain(is_type);
    }
    BodyReading {
        body: reading
            .value
            .map_or(Body::Opaque(OpaqueReason::Unreadable), body),
        issues: reading.issues,
        unknown: reading.unknown,
        structures: reading.structures,
        faults: Vec::new(),
    }
}

/// Reads a kind of which only some fields are modelled: keys that the type does not have say
/// nothing, except inside the Kubernetes types it holds.
fn tolerant<T: DeserializeOwned>(
    node: Node<'_>,
    who: &Identity<'_>,
    body: impl FnOnce(T) -> Body,
) -> BodyReading {
    let mut read = whole(node, who, body);
    let knative = who.kind == "Service";
    if knative {
        read.faults = read.subject(node).knative_faults();
    }
    read.issues.retain(|issue| match issue.kind {
        IssueKind::Invalid { .. } => true,
        // Knative adds fields of its own to the pod's spec.
        IssueKind::UnknownField { structure, .. } => {
            matches!(
                structure,
                "Container"
                    | "Probe"
                    | "Lifecycle"
                    | "LifecycleHandler"
                    | "HTTPGetAction"
                    | "ExecAction"
            ) || structure == "PodSpec" && !knative
        }
    });
    read
}

/// Whether an object only tells kustomize or kpt what to do, and no cluster ever gets it: the configuration
/// of a KRM function (`kyaml/fn/runtime/runtimeutil`), or one marked as local.
fn is_for_tools(node: Node<'_>) -> bool {
    const FUNCTION: [&str; 2] = ["config.kubernetes.io/function", "config.k8s.io/function"];
    const LOCAL: &str = "config.kubernetes.io/local-config";
    let Some(annotations) = node.at(&["metadata", "annotations"]) else {
        return false;
    };
    let is_local = annotations.get(LOCAL).and_then(Node::text) == Some("true");
    is_local || FUNCTION.iter().any(|key| annotations.get(key).is_some())
}

fn opaque_reason(node: Node<'_>, who: &Identity<'_>) -> OpaqueReason {
    let group = who.api_version.split('/').next().unwrap_or_default();
    if generators::find(group, who.kind).is_some_and(|it| it.opens_namespace) {
        OpaqueReason::Generator
    } else if has_pod_template(node) {
        OpaqueReason::PodTemplate
    } else {
        OpaqueReason::Other
    }
}

/// Whether somewhere below, not too deep, there is a list of containers with images.
fn has_pod_template(node: Node<'_>) -> bool {
    const DEPTH: usize = 8;
    const NODES: usize = 2_000;
    let mut todo = vec![(node, 0)];
    let mut seen = 0;
    while let Some((node, depth)) = todo.pop() {
        seen += 1;
        if seen > NODES {
            return false;
        }
        let containers = node.get("containers").filter(|list| list.is_sequence());
        if containers.is_some_and(|list| list.items().any(|item| item.get("image").is_some())) {
            return true;
        }
        if depth < DEPTH {
            let values = node.entries().map(|entry| entry.value.resolved());
            let children = values.chain(node.items().map(Node::resolved));
            todo.extend(children.map(|child| (child, depth + 1)));
        }
    }
    false
}
