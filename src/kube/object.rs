//! One manifest: who it is, what it holds, where it stands.

use std::sync::Arc;

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{
    ConfigMap, LimitRange, Namespace, PersistentVolumeClaim, Service,
};
use k8s_openapi::api::networking::v1::{Ingress, IngressClass};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;

use super::check::is_placeholder_node;
use super::fault::Fault;
use super::istio::{
    DestinationRule, IstioOperator, PeerAuthentication, ServiceEntry, Sidecar, Telemetry,
    VirtualService,
};
use super::models::{Kustomization, ScaledObject};
use super::workload::WorkloadBody;
use crate::source::{Location, SourceId, Span};
use crate::yaml::{DuplicateKey, Issue, Node, NodeId, Tree};

/// What a manifest holds.
#[derive(Debug)]
pub enum Body {
    /// An object that carries a pod template, or a bare Pod.
    Workload(WorkloadBody),
    /// `v1` Service.
    Service(Box<Service>),
    /// `policy` PodDisruptionBudget.
    PodDisruptionBudget(Box<PodDisruptionBudget>),
    /// `autoscaling` HorizontalPodAutoscaler.
    HorizontalPodAutoscaler(Box<HorizontalPodAutoscaler>),
    /// KEDA ScaledObject.
    ScaledObject(Box<ScaledObject>),
    /// `v1` Namespace.
    Namespace(Box<Namespace>),
    /// `v1` PersistentVolumeClaim.
    PersistentVolumeClaim(Box<PersistentVolumeClaim>),
    /// `v1` LimitRange.
    LimitRange(Box<LimitRange>),
    /// `networking.k8s.io` Ingress.
    Ingress(Box<Ingress>),
    /// `networking.k8s.io` IngressClass.
    IngressClass(Box<IngressClass>),
    /// `v1` ConfigMap.
    ConfigMap(Box<ConfigMap>),
    /// Istio DestinationRule.
    DestinationRule(Box<DestinationRule>),
    /// Istio VirtualService.
    VirtualService(Box<VirtualService>),
    /// Istio PeerAuthentication.
    PeerAuthentication(Box<PeerAuthentication>),
    /// Istio Telemetry.
    Telemetry(Box<Telemetry>),
    /// Istio Sidecar.
    Sidecar(Box<Sidecar>),
    /// Istio ServiceEntry.
    ServiceEntry(Box<ServiceEntry>),
    /// IstioOperator.
    IstioOperator(Box<IstioOperator>),
    /// A kustomization; never deployed itself.
    Kustomization(Box<Kustomization>),
    /// Anything else, or an object that could not be read.
    Opaque(OpaqueReason),
}

/// Why an object is opaque, as far as rules about absence need to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpaqueReason {
    /// It makes other objects that no file shows: a HelmRelease, an Argo CD Application, a Flagger
    /// Canary.
    Generator,
    /// A kind that is not known, with a pod template.
    PodTemplate,
    /// A known kind whose text could not be read as one.
    Unreadable,
    /// A kind that is read whole for what is refused, and that no other rule speaks of.
    Judged,
    /// A kind that no rule speaks of.
    Other,
}

/// Whether an object may be only a part of one, as far as its own text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It has what makes it an object.
    Whole,
    /// It leaves out what every object of its kind has: a patch, or an object with a fault.
    Possible,
    /// It says itself that it is a patch.
    Certain,
}

/// What a manifest says of one field.
#[derive(Clone, Copy, Debug)]
pub enum Field<'a> {
    /// Nothing, or null.
    Absent,
    /// Something that no rule can judge: a placeholder, or a value of the wrong type.
    Unknown(Node<'a>),
    /// A value.
    Set(Node<'a>),
}

impl<'a> Field<'a> {
    /// The value's node, known or not.
    pub fn node(self) -> Option<Node<'a>> {
        match self {
            Self::Absent => None,
            Self::Unknown(node) | Self::Set(node) => Some(node),
        }
    }

    /// Whether nothing is written.
    pub fn is_absent(self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether something is written that cannot be judged.
    pub fn is_unknown(self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}

/// One manifest.
#[derive(Debug)]
pub struct Object {
    pub(super) number: u32,
    pub(super) source: SourceId,
    pub(super) tree: Arc<Tree>,
    pub(super) root: NodeId,
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) body: Body,
    pub(super) issues: Vec<Issue>,
    pub(super) faults: Vec<Fault>,
    pub(super) unknown: Vec<NodeId>,
    pub(super) part: Part,
}

impl Object {
    /// The object with its number among those it is seen together with.
    #[must_use]
    pub fn numbered(mut self, number: u32) -> Self {
        self.number = number;
        self
    }

    /// Its number among those it is seen together with; zero before it has one.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The file it stands in.
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// `apiVersion` as written.
    pub fn api_version(&self) -> &str {
        &self.api_version
    }

    /// The part of `apiVersion` before the slash; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }

    /// `kind` as written.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// `metadata.name`, else `metadata.generateName`, else empty.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `metadata.namespace` as written.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// What it holds.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// What did not fit its type, in the order of the text.
    pub fn issues(&self) -> &[Issue] {
        &self.issues
    }

    /// What the API server refuses in it though each value has the right type, in the order of the
    /// text.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Whether it may be only a part of an object: a patch.
    pub fn part(&self) -> Part {
        self.part
    }

    /// The object's outermost mapping.
    pub fn node(&self) -> Node<'_> {
        self.tree.node(self.root)
    }

    /// The tree it stands in; a `List` has several objects in one tree.
    pub fn tree(&self) -> &Arc<Tree> {
        &self.tree
    }

    /// The node with this identity.
    pub fn node_of(&self, id: NodeId) -> Node<'_> {
        self.tree.node(id)
    }

    /// A node's place.
    pub fn location(&self, node: Node<'_>) -> Location {
        self.location_of(node.span())
    }

    /// A place in this object's file.
    pub fn location_of(&self, span: Span) -> Location {
        Location {
            source: self.source,
            span,
        }
    }

    /// What the manifest says of the field at this path. Unknown when the value or anything above
    /// it is.
    pub fn field(&self, path: &[&str]) -> Field<'_> {
        self.field_below(self.node(), path)
    }

    /// What the manifest says of the field at this path below a node of this object.
    pub fn field_below<'a>(&'a self, from: Node<'a>, path: &[&str]) -> Field<'a> {
        let mut node = from;
        for key in path {
            match node.get(key) {
                Some(value) if self.is_unknown(value) => return Field::Unknown(value),
                Some(value) if !value.is_null() => node = value,
                _ => return Field::Absent,
            }
        }
        Field::Set(node)
    }

    /// Whether a value is unknown: of the wrong type, or a placeholder.
    pub fn is_unknown(&self, node: Node<'_>) -> bool {
        self.unknown.binary_search(&node.id()).is_ok()
    }

    /// Whether a value that rules could judge is a placeholder. Scripts, arguments, environment
    /// variables, annotations and the content of ConfigMaps hold `${…}` for programs of their own.
    pub fn holds_placeholder(&self) -> bool {
        let mut unknown = self.unknown.iter().map(|id| self.tree.node(*id));
        unknown.any(|node| is_placeholder_node(node) && !is_free_text(node))
    }

    /// Whether it is encrypted: by SOPS, whatever its kind, or as a SealedSecret.
    pub fn is_encrypted(&self) -> bool {
        is_sealed(self.node()) || self.group() == "bitnami.com" && self.kind == "SealedSecret"
    }

    /// Whether it stands among the objects of an OpenShift Template.
    pub fn is_in_template(&self) -> bool {
        let kind = self.tree().root().get("kind").and_then(Node::as_str);
        kind == Some("Template") && self.node().parent().is_some()
    }

    /// Whether it is what a cluster gave: the API server has given it an identity or a version, or a
    /// controller owns it.
    pub fn is_dump(&self) -> bool {
        let Some(metadata) = self.node().get("metadata") else {
            return false;
        };
        let has_text = |key: &str| {
            let text = metadata.get(key).and_then(Node::text);
            text.is_some_and(|text| !text.is_empty())
        };
        let owners = metadata.get("ownerReferences");
        has_text("uid")
            || has_text("resourceVersion")
            || owners.is_some_and(|owners| owners.items().next().is_some())
    }

    /// The narrowest node that names the object: `metadata.name`, else `kind`, else the mapping.
    pub fn name_node(&self) -> Node<'_> {
        let root = self.node();
        let metadata = root.get("metadata");
        metadata
            .and_then(|node| node.get("name"))
            .or_else(|| metadata.and_then(|node| node.get("generateName")))
            .or_else(|| root.get("kind"))
            .unwrap_or(root)
    }

    /// Mapping keys given twice inside this object.
    pub fn duplicate_keys(&self) -> impl Iterator<Item = DuplicateKey> + use<'_> {
        let span = self.node().span();
        self.tree
            .duplicate_keys()
            .iter()
            .copied()
            .filter(move |pair| span.contains(self.tree.node(pair.second).span()))
    }

    /// The value of an annotation on the object's own metadata.
    pub fn annotation(&self, key: &str) -> Option<Node<'_>> {
        self.node().at(&["metadata", "annotations", key])
    }

    /// The value of a label on the object's own metadata.
    pub fn label(&self, key: &str) -> Option<Node<'_>> {
        self.node().at(&["metadata", "labels", key])
    }
}

/// Whether SOPS has encrypted a document, and signed all that it holds.
pub fn is_sealed(root: Node<'_>) -> bool {
    let sops = root.get("sops");
    sops.is_some_and(|it| it.get("mac").is_some() || it.get("lastmodified").is_some())
}

/// Whether a text is none of Kubernetes' own fields but somebody's content.
fn is_free_text(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else {
        return false;
    };
    if parent.is_sequence() {
        return matches!(key_of(parent), Some("command" | "args"));
    }
    let is_value = || parent.get("value").is_some_and(|it| it.id() == node.id());
    match key_of(parent) {
        Some(key) => matches!(key, "annotations" | "data" | "binaryData" | "stringData"),
        None => is_value() && parent.parent().and_then(key_of) == Some("env"),
    }
}

/// The key of a value in its mapping; `None` for an element of a list.
fn key_of(node: Node<'_>) -> Option<&str> {
    let mut entries = node.parent()?.entries();
    let entry = entries.find(|entry| entry.value.id() == node.id())?;
    Some(entry.key.key_text())
}
