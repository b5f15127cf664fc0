//! Workloads, seen alike whatever their kind.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{
    Container, ContainerPort, Pod, PodSpec, PodTemplateSpec, ReplicationController,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::models::{DeploymentConfig, KnativeService, Rollout, ScaledJob};
use super::object::{Body, Field, Object};
use super::selector::Selector;
use crate::units::cut;
use crate::yaml::Node;

/// The name that Istio gives the sidecar it injects.
pub const ISTIO_PROXY: &str = "istio-proxy";

/// The typed manifest of a workload.
#[derive(Debug)]
pub enum WorkloadBody {
    /// `apps/v1`
    Deployment(Box<Deployment>),
    /// `apps/v1`
    StatefulSet(Box<StatefulSet>),
    /// `apps/v1`
    DaemonSet(Box<DaemonSet>),
    /// `apps/v1`
    ReplicaSet(Box<ReplicaSet>),
    /// `v1`
    ReplicationController(Box<ReplicationController>),
    /// `batch/v1`
    Job(Box<Job>),
    /// `batch/v1`
    CronJob(Box<CronJob>),
    /// `v1`
    Pod(Box<Pod>),
    /// Argo Rollouts.
    Rollout(Box<Rollout>),
    /// OpenShift.
    DeploymentConfig(Box<DeploymentConfig>),
    /// Knative Serving.
    KnativeService(Box<KnativeService>),
    /// KEDA.
    ScaledJob(Box<ScaledJob>),
}

/// The kind of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkloadKind {
    /// `apps` Deployment.
    Deployment,
    /// `apps` StatefulSet.
    StatefulSet,
    /// `apps` DaemonSet.
    DaemonSet,
    /// `apps` ReplicaSet.
    ReplicaSet,
    /// `v1` ReplicationController.
    ReplicationController,
    /// `batch` Job.
    Job,
    /// `batch` CronJob.
    CronJob,
    /// A bare Pod.
    Pod,
    /// Argo Rollout.
    Rollout,
    /// OpenShift DeploymentConfig.
    DeploymentConfig,
    /// Knative Service.
    KnativeService,
    /// KEDA ScaledJob.
    ScaledJob,
}

/// A workload: the object that declares it and the object that holds its pod template. The two
/// differ for an Argo Rollout with `workloadRef`.
#[derive(Clone, Copy, Debug)]
pub struct Workload<'a> {
    object: &'a Object,
    body: &'a WorkloadBody,
    template: PodTemplate<'a>,
}

/// A pod template (or a bare Pod) and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct PodTemplate<'a> {
    object: &'a Object,
    metadata: Option<&'a ObjectMeta>,
    spec: Option<&'a PodSpec>,
    path: &'static [&'static str],
}

/// What a container of a pod is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerRole {
    /// `spec.containers`
    Main,
    /// `spec.initContainers` with `restartPolicy: Always`.
    NativeSidecar,
    /// Every other entry of `spec.initContainers`.
    Init,
}

/// A container: typed, and its node.
#[derive(Clone, Copy, Debug)]
pub struct ContainerRef<'a> {
    /// The typed container.
    pub data: &'a Container,
    /// Its mapping.
    pub node: Node<'a>,
    /// What it is for.
    pub role: ContainerRole,
    object: &'a Object,
}

impl WorkloadBody {
    /// The kind.
    pub fn kind(&self) -> WorkloadKind {
        match self {
            Self::Deployment(_) => WorkloadKind::Deployment,
            Self::StatefulSet(_) => WorkloadKind::StatefulSet,
            Self::DaemonSet(_) => WorkloadKind::DaemonSet,
            Self::ReplicaSet(_) => WorkloadKind::ReplicaSet,
            Self::ReplicationController(_) => WorkloadKind::ReplicationController,
            Self::Job(_) => WorkloadKind::Job,
            Self::CronJob(_) => WorkloadKind::CronJob,
            Self::Pod(_) => WorkloadKind::Pod,
            Self::Rollout(_) => WorkloadKind::Rollout,
            Self::DeploymentConfig(_) => WorkloadKind::DeploymentConfig,
            Self::KnativeService(_) => WorkloadKind::KnativeService,
            Self::ScaledJob(_) => WorkloadKind::ScaledJob,
        }
    }

    fn template_path(&self) -> &'static [&'static str] {
        match self {
            Self::Pod(_) => &[],
            Self::CronJob(_) => &["spec", "jobTemplate", "spec", "template"],
            Self::ScaledJob(_) => &["spec", "jobTargetRef", "template"],
            _ => &["spec", "template"],
        }
    }

    fn template(&self) -> (Option<&ObjectMeta>, Option<&PodSpec>) {
        match self {
            Self::Deployment(it) => parts(Some(&it.spec.template)),
            Self::StatefulSet(it) => parts(Some(&it.spec.template)),
            Self::DaemonSet(it) => parts(Some(&it.spec.template)),
            Self::ReplicaSet(it) => parts(it.spec.template.as_ref()),
            Self::ReplicationController(it) => {
                parts(it.spec.as_ref().and_then(|spec| spec.template.as_ref()))
            }
            Self::Job(it) => parts(it.spec.as_ref().map(|spec| &spec.template)),
            Self::CronJob(it) => parts(it.spec.job_template.spec.as_ref().map(|job| &job.template)),
            Self::Pod(it) => (Some(&it.metadata), it.spec.as_ref()),
            Self::Rollout(it) => parts(it.spec.as_ref().and_then(|spec| spec.template.as_ref())),
            Self::DeploymentConfig(it) => {
                parts(it.spec.as_ref().and_then(|spec| spec.template.as_ref()))
            }
            Self::ScaledJob(it) => parts(
                it.spec
                    .as_ref()
                    .and_then(|spec| Some(&spec.job_target_ref.as_ref()?.template)),
            ),
            Self::KnativeService(it) => {
                parts(it.spec.as_ref().and_then(|spec| spec.template.as_ref()))
            }
        }
    }
}

fn parts(template: Option<&PodTemplateSpec>) -> (Option<&ObjectMeta>, Option<&PodSpec>) {
    template.map_or((None, None), |template| {
        (template.metadata.as_ref(), template.spec.as_ref())
    })
}

impl<'a> Workload<'a> {
    /// The workload that an object declares, with the object's own template.
    pub fn of(object: &'a Object) -> Option<Self> {
        let Body::Workload(body) = object.body() else {
            return None;
        };
        let (metadata, spec) = body.template();
        Some(Self {
            object,
            body,
            template: PodTemplate {
                object,
                metadata,
                spec,
                path: body.template_path(),
            },
        })
    }

    /// The same workload with the pod template of another.
    #[must_use]
    pub fn with_template_of(self, other: Workload<'a>) -> Self {
        Self {
            template: other.template,
            ..self
        }
    }

    /// The object that declares it.
    pub fn object(self) -> &'a Object {
        self.object
    }

    /// The typed manifest.
    pub fn body(self) -> &'a WorkloadBody {
        self.body
    }

    /// The kind.
    pub fn kind(self) -> WorkloadKind {
        self.body.kind()
    }

    /// The pod template.
    pub fn template(self) -> PodTemplate<'a> {
        self.template
    }

    /// Whether its pods are meant to run until they are stopped: everything but Jobs, CronJobs,
    /// ScaledJobs and Pods with `restartPolicy` Never or OnFailure.
    pub fn is_long_running(self) -> bool {
        match self.kind() {
            WorkloadKind::Job | WorkloadKind::CronJob | WorkloadKind::ScaledJob => false,
            WorkloadKind::Pod => !self
                .template
                .spec
                .and_then(|spec| spec.restart_policy.as_deref())
                .is_some_and(|policy| matches!(policy, "Never" | "OnFailure")),
            _ => true,
        }
    }

    /// Kind and name of the object that made it and manages it, as objects read from a cluster say.
    pub fn controller(self) -> Option<(&'a str, &'a str)> {
        let owners = self.object.node().at(&["metadata", "ownerReferences"])?;
        let text = |owner: Node<'a>, key| owner.get(key).and_then(Node::as_str);
        owners
            .items()
            .find_map(|owner| Some((text(owner, "kind")?, text(owner, "name")?)))
    }

    /// Whether the kind has `spec.replicas`.
    pub fn has_replicas(self) -> bool {
        matches!(
            self.kind(),
            WorkloadKind::Deployment
                | WorkloadKind::StatefulSet
                | WorkloadKind::ReplicaSet
                | WorkloadKind::ReplicationController
                | WorkloadKind::Rollout
                | WorkloadKind::DeploymentConfig
        )
    }

    /// What the manifest says of `spec.replicas`.
    pub fn replicas_field(self) -> Field<'a> {
        self.object.field(&["spec", "replicas"])
    }

    /// `spec.replicas` where it is written and readable.
    pub fn replicas(self) -> Option<i32> {
        match self.body {
            WorkloadBody::Deployment(it) => it.spec.replicas,
            WorkloadBody::StatefulSet(it) => it.spec.replicas,
            WorkloadBody::ReplicaSet(it) => it.spec.replicas,
            WorkloadBody::ReplicationController(it) => it.spec.as_ref()?.replicas,
            WorkloadBody::Rollout(it) => it.spec.as_ref()?.replicas,
            WorkloadBody::DeploymentConfig(it) => it.spec.as_ref()?.replicas,
            _ => None,
        }
    }

    /// `spec.minReadySeconds` of the kinds with a rollout that can fail: Deployment and Rollout.
    pub fn min_ready_seconds(self) -> Option<i32> {
        match self.body {
            WorkloadBody::Deployment(it) => it.spec.min_ready_seconds,
            WorkloadBody::Rollout(it) => it.spec.as_ref()?.min_ready_seconds,
            _ => None,
        }
    }

    /// `spec.progressDeadlineSeconds` of the same kinds.
    pub fn progress_deadline_seconds(self) -> Option<i32> {
        match self.body {
            WorkloadBody::Deployment(it) => it.spec.progress_deadline_seconds,
            WorkloadBody::Rollout(it) => it.spec.as_ref()?.progress_deadline_seconds,
            _ => None,
        }
    }

    /// The Service of an Argo Rollout that leads to the new pods alone while they are tried, next to the one
    /// for the pods that are in use.
    pub fn trial_service(self) -> Option<&'a str> {
        let WorkloadBody::Rollout(it) = self.body else {
            return None;
        };
        let strategy = it.spec.as_ref()?.strategy.as_ref()?;
        let of_canary = strategy.canary.as_ref().and_then(|canary| {
            canary
                .stable_service
                .as_ref()
                .and(canary.canary_service.as_deref())
        });
        of_canary.or_else(|| {
            let sides = strategy.blue_green.as_ref()?;
            sides
                .active_service
                .as_ref()
                .and(sides.preview_service.as_deref())
        })
    }

    /// `spec.selector`.
    pub fn selector(self) -> Selector<'a> {
        let full = |selector: Option<&'a LabelSelector>| {
            selector.map_or(Selector::Nothing, Selector::Full)
        };
        let map = |selector: Option<&'a BTreeMap<String, String>>| {
            selector.map_or(Selector::Nothing, Selector::Map)
        };
        match self.body {
            WorkloadBody::Deployment(it) => full(Some(&it.spec.selector)),
            WorkloadBody::StatefulSet(it) => full(Some(&it.spec.selector)),
            WorkloadBody::DaemonSet(it) => full(Some(&it.spec.selector)),
            WorkloadBody::ReplicaSet(it) => full(Some(&it.spec.selector)),
            WorkloadBody::Rollout(it) => {
                full(it.spec.as_ref().and_then(|spec| spec.selector.as_ref()))
            }
            WorkloadBody::ReplicationController(it) => {
                map(it.spec.as_ref().and_then(|spec| spec.selector.as_ref()))
            }
            WorkloadBody::DeploymentConfig(it) => map(it.spec.as_ref().map(|spec| &spec.selector)),
            _ => Selector::Nothing,
        }
    }
}

impl<'a> PodTemplate<'a> {
    /// The object that holds the template.
    pub fn object(self) -> &'a Object {
        self.object
    }

    /// The template's metadata.
    pub fn metadata(self) -> Option<&'a ObjectMeta> {
        self.metadata
    }

    /// The pod's spec.
    pub fn spec(self) -> Option<&'a PodSpec> {
        self.spec
    }

    /// The keys that lead from the object to the template; none for a bare Pod.
    pub fn path(self) -> &'static [&'static str] {
        self.path
    }

    /// The template's mapping.
    pub fn node(self) -> Option<Node<'a>> {
        self.object.node().at(self.path)
    }

    /// The mapping of the pod's spec.
    pub fn spec_node(self) -> Option<Node<'a>> {
        self.node()?.get("spec")
    }

    /// What the manifest says of a field of the pod's spec.
    pub fn spec_field(self, path: &[&str]) -> Field<'a> {
        match self.spec_node() {
            Some(spec) => self.object.field_below(spec, path),
            None => Field::Absent,
        }
    }

    /// The labels that the pods carry.
    pub fn labels(self) -> &'a BTreeMap<String, String> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        self.metadata
            .and_then(|metadata| metadata.labels.as_ref())
            .unwrap_or(&NONE)
    }

    /// A label of the pods: its text and node.
    pub fn label(self, key: &str) -> Option<Node<'a>> {
        self.node()?.at(&["metadata", "labels", key])
    }

    /// An annotation of the pods: its text and node.
    pub fn annotation(self, key: &str) -> Option<Node<'a>> {
        self.node()?.at(&["metadata", "annotations", key])
    }

    /// Every container in the order of the text of each list, main containers first. The proxy that
    /// Istio injects is left out: it is not the author's.
    pub fn containers(self) -> impl Iterator<Item = ContainerRef<'a>> + use<'a> {
        let lists = self.spec.map(|spec| {
            let main = self.list("containers", &spec.containers, |_| ContainerRole::Main);
            let init = self.list(
                "initContainers",
                spec.init_containers.as_deref().unwrap_or_default(),
                |container| match container.restart_policy.as_deref() {
                    Some("Always") => ContainerRole::NativeSidecar,
                    _ => ContainerRole::Init,
                },
            );
            main.chain(init)
        });
        lists
            .into_iter()
            .flatten()
            .filter(|container| container.data.name != ISTIO_PROXY)
    }

    /// `spec.containers` without the proxy that Istio injects.
    pub fn main_containers(self) -> impl Iterator<Item = ContainerRef<'a>> + use<'a> {
        self.containers()
            .filter(|container| container.role == ContainerRole::Main)
    }

    /// Main containers and native sidecars.
    pub fn lasting_containers(self) -> impl Iterator<Item = ContainerRef<'a>> + use<'a> {
        self.containers()
            .filter(|container| container.role != ContainerRole::Init)
    }

    /// Whether Istio's proxy is part of the manifest already.
    pub fn is_injected(self) -> bool {
        let proxy = |container: &Container| container.name == ISTIO_PROXY;
        self.spec.is_some_and(|spec| {
            spec.containers.iter().any(proxy) || spec.init_containers.iter().flatten().any(proxy)
        }) || self.annotation("sidecar.istio.io/status").is_some()
    }

    fn list(
        self,
        key: &'static str,
        containers: &'a [Container],
        role: fn(&Container) -> ContainerRole,
    ) -> impl Iterator<Item = ContainerRef<'a>> + use<'a> {
        let object = self.object;
        let spec = (!containers.is_empty()).then(|| self.spec_node());
        let nodes = spec
            .flatten()
            .and_then(|spec| spec.get(key))
            .into_iter()
            .flat_map(Node::items)
            .map(Node::resolved);
        containers
            .iter()
            .zip(nodes)
            .map(move |(data, node)| ContainerRef {
                data,
                node,
                role: role(data),
                object,
            })
    }
}

impl<'a> ContainerRef<'a> {
    /// Its name; empty where it has none and Knative gives it none.
    pub fn name(self) -> &'a str {
        // `container-name-template`, `pkg/apis/config/defaults.go` of Knative Serving.
        if self.data.name.is_empty() && self.object.group() == "serving.knative.dev" {
            return "user-container";
        }
        cut::clip(&self.data.name, cut::LONGEST_NAME)
    }

    /// The object it stands in.
    pub fn object(self) -> &'a Object {
        self.object
    }

    /// What the manifest says of a field of this container.
    pub fn field(self, path: &[&str]) -> Field<'a> {
        self.object.field_below(self.node, path)
    }

    /// The narrowest node that names the container: `name`, else its mapping.
    pub fn name_node(self) -> Node<'a> {
        self.node.get("name").unwrap_or(self.node)
    }

    /// Declared ports.
    pub fn ports(self) -> &'a [ContainerPort] {
        self.data.ports.as_deref().unwrap_or_default()
    }

    /// The values that its probes give as ports, of whatever type.
    pub fn probe_ports(self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        ["livenessProbe", "readinessProbe", "startupProbe"]
            .into_iter()
            .flat_map(|probe| ["httpGet", "tcpSocket", "grpc"].map(|handler| [probe, handler]))
            .filter_map(move |[probe, handler]| self.node.at(&[probe, handler, "port"]))
    }
}
