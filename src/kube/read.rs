//! A source's text → the manifests in it.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::check::KubeCheck;
use super::demands::Subject;
use super::fault::Fault;
use super::object::{Body, Object, OpaqueReason, Part};
use super::part::part_of;
use super::tables::{generators, kinds, removed};
use super::workload::WorkloadBody;
use crate::source::{Location, Source, SourceId, Span};
use crate::units::cut;
use crate::yaml::{self, Content, Document, Issue, IssueKind, Node, NodeId, SyntaxError, Tree};

/// Everything that one source holds.
#[derive(Debug, Default)]
pub struct Manifests {
    /// Manifests, `List`s and `Template`s flattened, in the order of the text.
    pub objects: Vec<Object>,
    /// Documents that are meant to be manifests and that the Kubernetes decoder refuses.
    pub broken: Vec<BrokenDocument>,
    /// Text that the Kubernetes decoder drops without a word.
    pub dropped: Vec<DroppedText>,
    /// Documents that are no manifests; kustomize patches may be among them.
    pub others: Vec<Arc<Tree>>,
    /// Documents that cannot be read before Helm or another program fills in their placeholders.
    pub unrendered: Vec<Location>,
    /// Documents that cannot be read and do not look like manifests.
    pub unreadable: Vec<BrokenDocument>,
}

/// A document that cannot be read.
#[derive(Debug)]
pub struct BrokenDocument {
    /// The file.
    pub source: SourceId,
    /// Where reading stopped.
    pub span: Span,
    /// What is wrong and what was expected.
    pub message: String,
}

/// Text between `...` and the next `---`.
#[derive(Clone, Copy, Debug)]
pub struct DroppedText {
    /// The file.
    pub source: SourceId,
    /// The text.
    pub span: Span,
}

const KUSTOMIZATION_FILES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Reads every document of a source.
pub fn read_source(source: &Source) -> Manifests {
    let mut manifests = Manifests::default();
    let name = source.root_path().rsplit('/').next().unwrap_or_default();
    let is_kustomization = KUSTOMIZATION_FILES.contains(&name);
    for mut document in yaml::parse(source.text()).documents {
        if let Some(error) = stray_text(source, &document) {
            document.dropped = None;
            document.content = Content::Broken(error);
        }
        let text = source.slice(document.span);
        let mut is_manifest = false;
        let garbled = source
            .invalid_utf8()
            .filter(|at| document.span.range().contains(&(*at as usize)));
        match document.content {
            Content::Empty => {}
            Content::Tree(_) if garbled.is_some() && looks_like_manifest(text) => {
                let at = garbled.unwrap_or_default();
                manifests.broken.push(BrokenDocument {
                    source: source.id(),
                    span: Span::new(at, at + 3),
                    message: "invalid UTF-8: Kubernetes reads manifests as UTF-8 only".to_owned(),
                });
            }
            Content::Tree(tree) => {
                let tree = Arc::new(tree);
                let mut reader = Reader {
                    source: source.id(),
                    is_kustomization,
                    tree: &tree,
                    manifests: &mut manifests,
                };
                is_manifest = reader.document();
                if !is_manifest {
                    manifests.others.push(tree);
                }
            }
            Content::Broken(error) => {
                // A directive is split off from the manifest it stands above.
                let directive = text.starts_with('%').then(|| document.span.range().start..);
                let rest = directive.and_then(|rest| source.text().get(rest));
                let location = Location {
                    source: source.id(),
                    span: document.span,
                };
                manifests.refuse(source, location, rest.unwrap_or(text), error);
            }
        }
        // Other YAML files may end a document as they like.
        if let Some(span) = document.dropped
            && (is_manifest || looks_like_manifest(source.slice(span)))
        {
            manifests.dropped.push(DroppedText {
                source: source.id(),
                span,
            });
        }
    }
    manifests
}

/// Text in front of a manifest that makes the document text.
fn stray_text(source: &Source, document: &Document) -> Option<SyntaxError> {
    let is_manifest = |span| looks_like_manifest(source.slice(span));
    document.dropped.filter(|span| is_manifest(*span))?;
    document.stray_text(source.text())
}

impl Manifests {
    fn refuse(&mut self, source: &Source, document: Location, text: &str, error: SyntaxError) {
        let line = source.position(error.span.start).line;
        if text.contains("{{") || holds_template(source.slice(source.line_span(line))) {
            self.unrendered.push(document);
            return;
        }
        let broken = BrokenDocument {
            source: source.id(),
            span: error.span,
            message: error.message,
        };
        if looks_like_manifest(text) || is_manifest_behind_separator(text) {
            self.broken.push(broken);
        } else {
            self.unreadable.push(broken);
        }
    }
}

/// Whether a line that cannot be read holds what another program fills in: `%NAME%`, `@NAME@`,
/// `{name}`, or `__NAME__` alone.
fn holds_template(line: &str) -> bool {
    let is_part = |char: char| char.is_ascii_alphanumeric() || "_.[]".contains(char);
    let is_name = |text: &str| !text.is_empty() && text.chars().all(is_part);
    // Looks no further than a name goes: a line may be a file of many megabytes.
    let encloses = |open: char, close: char| {
        line.match_indices(open).any(|(at, _)| {
            let rest = line.get(at + open.len_utf8()..).unwrap_or_default();
            let behind = rest.trim_start_matches(is_part);
            behind.len() < rest.len() && behind.starts_with(close)
        })
    };
    let word = line.trim();
    encloses('%', '%')
        || encloses('@', '@')
        || encloses('{', '}')
        || word.len() > 4 && word.starts_with("__") && word.ends_with("__") && is_name(word)
}

/// Whether broken text was plainly meant to be a manifest: `apiVersion` and `kind` at column 0.
fn looks_like_manifest(text: &str) -> bool {
    let has = |key: &str, before: &[&str]| {
        text.lines().any(|line| {
            let line = line.trim_start_matches('\u{feff}');
            let mut rests = before.iter().filter_map(|it| line.strip_prefix(it));
            rests.any(|rest| {
                let rest = rest.strip_prefix(key).map(str::trim_start);
                rest.is_some_and(|rest| rest.starts_with(':'))
            })
        })
    };
    // By itself, or in a list.
    let item = ["- ", "  "];
    has("apiVersion", &[""]) && has("kind", &[""])
        || has("apiVersion", &item)
            && has("kind", &item)
            && text.lines().any(|it| it.starts_with("- "))
}

/// Whether a flow mapping on the line of its `---` is a manifest: `--- {apiVersion: v1, …}`.
fn is_manifest_behind_separator(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("---") else {
        return false;
    };
    // Behind a comment, so that it is not taken for JSON.
    let text = format!("#\n{rest}");
    let mut documents = yaml::parse(&Arc::from(text)).documents.into_iter();
    documents.any(|document| match document.content {
        Content::Tree(tree) => identity(tree.root()).is_some(),
        Content::Empty | Content::Broken(_) => false,
    })
}

struct Reader<'a> {
    source: SourceId,
    is_kustomization: bool,
    tree: &'a Arc<Tree>,
    manifests: &'a mut Manifests,
}

/// What makes a mapping a manifest.
struct Identity<'a> {
    api_version: &'a str,
    kind: &'a str,
}

fn identity(node: Node<'_>) -> Option<Identity<'_>> {
    let text = |key| node.get(key)?.as_str().filter(|text| !text.is_empty());
    Some(Identity {
        api_version: text("apiVersion")?,
        kind: text("kind")?,
    })
}

/// Other programs read sequences too; only whole manifests were meant for Kubernetes.
fn is_sequence_of_manifests(root: Node<'_>) -> bool {
    let is_manifest = |item: Node<'_>| {
        let item = item.resolved();
        identity(item).is_some() && item.at(&["metadata", "name"]).is_some()
    };
    root.is_sequence()
        && !root.is_flow()
        && root.items().next().is_some()
        && root.items().all(is_manifest)
}

impl Reader<'_> {
    /// Whether the document was a manifest.
    fn document(&mut self) -> bool {
        let root = self.tree.root();
        if is_sequence_of_manifests(root) {
            let start = root.span().start;
            self.manifests.broken.push(BrokenDocument {
                source: self.source,
                span: Span::new(start, start + 1),
                message:
                    "a sequence of manifests: write them as documents, with `---` between, or as \
                          the `items` of a `v1` List"
                        .to_owned(),
            });
            return true;
        }
        let who = match identity(root) {
            Some(who) => who,
            // kustomize asks for neither of the two in a file of this name.
            None if self.is_kustomization && root.is_mapping() => Identity {
                api_version: "kustomize.config.k8s.io/v1beta1",
                kind: "Kustomization",
            },
            None => return false,
        };
        let items = match (who.api_version, who.kind) {
            ("v1", kind) if kind == "List" || kind.ends_with("List") => Some("items"),
            ("template.openshift.io/v1" | "v1", "Template") => Some("objects"),
            (_, kind) if kind.ends_with("List") && root.get("items").is_some() => Some("items"),
            _ => None,
        };
        let Some(items) = items else {
            self.object(root, &who);
            return true;
        };
        for item in root.get(items).into_iter().flat_map(Node::items) {
            let item = item.resolved();
            match identity(item) {
                Some(inner) if inner.kind == "List" => self.manifests.broken.push(BrokenDocument {
                    source: self.source,
                    span: item.get("kind").unwrap_or(item).span(),
                    message: "a List inside a List: Kubernetes decodes only one level".to_owned(),
                }),
                Some(inner) => self.object(item, &inner),
                None => {}
            }
        }
        true
    }

    fn object(&mut self, node: Node<'_>, who: &Identity<'_>) {
        let read = read_body(node, who);
        let metadata = node.get("metadata");
        let text = |key: &str| {
            metadata
                .and_then(|metadata| metadata.get(key))
                .and_then(Node::text)
                .filter(|text| !text.is_empty())
                .map(identifier)
        };
        let mut object = Object {
            number: 0,
            source: self.source,
            tree: Arc::clone(self.tree),
            root: node.id(),
            api_version: identifier(who.api_version),
            kind: identifier(who.kind),
            name: text("name")
                .or_else(|| text("generateName"))
                .unwrap_or_default(),
            namespace: text("namespace"),
            body: read.body,
            issues: read.issues,
            faults: read.faults,
            unknown: read.unknown,
            part: Part::Whole,
        };
        object.part = part_of(&object);
        self.manifests.objects.push(object);
    }
}

/// What every finding about the object repeats: no more of it than the API server takes.
fn identifier(text: &str) -> String {
    cut::clip(text, cut::LONGEST_NAME).to_owned()
}

/// What an object's text is read as.
struct BodyReading {
    body: Body,
    issues: Vec<Issue>,
    unknown: Vec<NodeId>,
    /// Mappings that were read as structs, with the structs' names.
    structures: Vec<(&'static str, NodeId)>,
    faults: Vec<Fault>,
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

fn read_body(node: Node<'_>, who: &Identity<'_>) -> BodyReading {
    let (group, version) = who
        .api_version
        .split_once('/')
        .unwrap_or(("", who.api_version));
    match group {
        "" | "apps" | "extensions" | "batch" | "policy" | "autoscaling" | "networking.k8s.io" => {
            builtin(node, who, group)
        }
        "networking.istio.io" | "security.istio.io" | "telemetry.istio.io" => istio(node, who),
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
    match who.kind {
        "DestinationRule" => whole(node, who, |it| Body::DestinationRule(Box::new(it))),
        "VirtualService" => whole(node, who, |it| Body::VirtualService(Box::new(it))),
        "PeerAuthentication" => whole(node, who, |it| Body::PeerAuthentication(Box::new(it))),
        "Telemetry" => whole(node, who, |it| Body::Telemetry(Box::new(it))),
        "Sidecar" => whole(node, who, |it| Body::Sidecar(Box::new(it))),
        "ServiceEntry" => tolerant(node, who, |it| Body::ServiceEntry(Box::new(it))),
        _ => BodyReading::opaque(OpaqueReason::Other),
    }
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

#[cfg(test)]
mod tests {
    use super::{holds_template, looks_like_manifest};

    #[test]
    fn text_that_is_meant_as_a_manifest() {
        let items = "# a\n- apiVersion: v1\n  kind: Pod\n";
        assert!(looks_like_manifest("apiVersion: v1\nkind: Pod\n"));
        assert!(looks_like_manifest(items));
        assert!(!looks_like_manifest("kind: Pod\n"));
        assert!(!looks_like_manifest("a:\n  apiVersion: v1\n  kind: Pod\n"));
    }

    #[test]
    fn lines_that_another_program_fills_in() {
        for line in [
            "image: %IMAGE%:2.0",
            "  name: @NAME@",
            "  {extra_ports}",
            "image: {env[IMAGE]}",
            "__OLM__",
        ] {
            assert!(holds_template(line), "{line}");
        }
        for line in [
            "name: 100% sure",
            "mail: @a b@",
            "labels: {a: b",
            "  - name: x: y",
            "____",
        ] {
            assert!(!holds_template(line), "{line}");
        }
    }
}
