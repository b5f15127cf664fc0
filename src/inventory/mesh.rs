//! Which workloads are in an Istio mesh, and what is set for the whole mesh.

use super::mesh_view::{DATAPLANE_MODE, MeshView, NAMESPACE_INJECTION, REVISION};
use super::{Inventory, ObjectId};
use crate::kube::istio::MeshConfig;
use crate::kube::{Body, Match, Object, PodTemplate, Selector, Workload};
use crate::settings::MeshMode;
use crate::source::Scope;
use crate::yaml::Node;

/// Whether a workload's pods are in a mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// Istio injects a sidecar.
    Sidecar,
    /// Istio injects a gateway's proxy, and no sidecar.
    Gateway,
    /// The node's proxy takes the traffic.
    Ambient,
    /// Something beside the workload speaks for a sidecar, but nothing says so.
    Likely,
    /// It is not, for certain.
    None,
    /// Nothing speaks for or against it.
    Unknown,
}

/// Membership and what it rests on.
#[derive(Clone, Debug)]
pub struct Mesh<'a> {
    /// The answer.
    pub membership: Membership,
    /// What says so; nothing where the settings do.
    pub evidence: Option<Evidence<'a>>,
}

/// The place that put a workload in, or kept it out of, the mesh.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// The object that holds the node.
    pub object: &'a Object,
    /// The label, annotation or name.
    pub node: Node<'a>,
    /// What it says.
    pub message: String,
}

/// How the sidecar runs, which decides when it starts and stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyKind {
    /// An init container that lasts: starts before and stops after the app.
    Native,
    /// A container beside the app.
    Classic,
    /// Nothing tells.
    Unknown,
}

impl Mesh<'_> {
    /// Whether rules about sidecars speak.
    pub fn has_sidecar(&self) -> bool {
        matches!(self.membership, Membership::Sidecar | Membership::Likely)
    }

    /// Whether Istio handles the pod's traffic, as far as is known.
    pub fn is_meshed(&self) -> bool {
        self.has_sidecar() || self.membership == Membership::Ambient
    }

    /// Whether every mesh finding is one step less severe.
    pub fn is_likely(&self) -> bool {
        self.membership == Membership::Likely
    }
}

/// Namespaces whose pods Istio never injects.
const NEVER_INJECTED: [&str; 4] = [
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "local-path-storage",
];

const DEFAULT_ROOT_NAMESPACE: &str = "istio-system";
const INJECT: &str = "sidecar.istio.io/inject";

impl Inventory {
    /// Whether a workload is in the mesh. Istio's own precedence: host network and opt-outs first,
    /// then the pod's labels, then the namespace's; what only suggests a mesh comes last.
    pub fn mesh<'a>(&'a self, workload: Workload<'a>) -> Mesh<'a> {
        let template = workload.template();
        if let Some(out) = self.never_in(workload) {
            return out;
        }
        let mode = self.settings(workload.object()).mesh.mode;
        if matches!(mode, MeshMode::Auto | MeshMode::Sidecar) && is_undecided(template) {
            return self
                .ambient(workload)
                .unwrap_or_else(|| Mesh::of(Membership::Unknown));
        }
        let refused = self.refused(workload);
        match mode {
            MeshMode::None => return Mesh::of(Membership::None),
            MeshMode::Sidecar => {
                return refused.unwrap_or_else(|| Mesh::of(Membership::Sidecar));
            }
            MeshMode::Ambient => {
                let out = ambient_label(template).filter(|it| it.membership == Membership::None);
                return out.unwrap_or_else(|| Mesh::of(Membership::Ambient));
            }
            MeshMode::Auto => {}
        }
        if let Some(other) = injects_another(template) {
            return other;
        }
        if let Some(refused) = refused {
            // Who has no sidecar may be in the ambient mesh all the same.
            return self.ambient(workload).unwrap_or(refused);
        }
        if template.is_injected() {
            return Mesh {
                membership: Membership::Sidecar,
                evidence: injected_evidence(template),
            };
        }
        if self.has_openshift_mesh(workload.object())
            && let Some(node) = template.annotation(INJECT)
            && node.text() == Some("true")
        {
            let object = template.object();
            return Mesh::by(Membership::Sidecar, object, node, "asks for a sidecar");
        }
        if let Some(mut answer) = self.labelled(workload) {
            // Which of two injectors that are asked gets the pod, no file says.
            if answer.membership == Membership::Sidecar && self.is_in_other_mesh(workload) {
                answer.membership = Membership::Likely;
            }
            return answer;
        }
        self.suggested(workload)
            .unwrap_or_else(|| Mesh::of(Membership::Unknown))
    }

    /// The mesh of the first workload in it that a Service certainly selects.
    pub fn mesh_behind<'a>(&'a self, service: &'a Object) -> Option<Mesh<'a>> {
        let found = self.first_selected(service, "pods in the mesh", |workload, relation| {
            relation.is_firm() && self.mesh(workload).is_meshed()
        });
        found.map(|(workload, _)| self.mesh(workload))
    }

    /// The label that puts the pods of a Namespace in the mesh, sidecar or ambient.
    pub fn mesh_label<'a>(&self, namespace: &'a Object) -> Option<Node<'a>> {
        if !matches!(namespace.body(), Body::Namespace(_))
            || self.settings(namespace).mesh.mode == MeshMode::None
        {
            return None;
        }
        let has = |key: &str, value: &str| {
            let label = namespace.label(key);
            label.filter(|node| node.text() == Some(value))
        };
        let sidecars = match namespace.label(NAMESPACE_INJECTION) {
            Some(_) => has(NAMESPACE_INJECTION, "enabled"),
            None => namespace.label(REVISION),
        };
        sidecars.or_else(|| has(DATAPLANE_MODE, "ambient"))
    }

    /// Whether a mesh other than Istio balances the workload's calls: Linkerd, Consul or Kuma, by
    /// the pod or by its namespace.
    pub fn is_in_other_mesh(&self, workload: Workload<'_>) -> bool {
        const KEYS: [(&str, &[&str]); 3] = [
            ("linkerd.io/inject", &["enabled", "ingress"]),
            ("consul.hashicorp.com/connect-inject", &["true"]),
            ("kuma.io/sidecar-injection", &["enabled", "true"]),
        ];
        let template = workload.template();
        let object = workload.object();
        let says_so = |values: &[&str], node: Option<Node<'_>>| {
            let text = node.and_then(Node::text);
            text.is_some_and(|text| values.contains(&text))
        };
        let by_itself = KEYS.iter().any(|(key, values)| {
            let own = [
                template.annotation(key),
                template.label(key),
                object.annotation(key),
            ];
            own.into_iter().any(|node| says_so(values, node))
        });
        by_itself
            || self.namespace(object).is_some_and(|namespace| {
                let view = self.mesh_view(object);
                let named = || {
                    let namespaces = view.and_then(|view| view.namespaces.get(namespace));
                    namespaces.into_iter().flatten()
                };
                let by_namespace = || {
                    let objects = named().filter_map(|id| Some(&self.get(*id)?.object));
                    let mut said = objects.flat_map(|it| {
                        KEYS.iter().flat_map(move |(key, values)| {
                            let nodes = [it.annotation(key), it.label(key)];
                            nodes.into_iter().map(move |node| (*values, node))
                        })
                    });
                    said.any(|(values, node)| says_so(values, node))
                };
                let what = "whether a namespace is in another mesh";
                *self.shared(object, what, namespace.to_owned(), by_namespace)
            })
    }

    /// The resources in view that say something for a whole mesh: IstioOperators and `istio`
    /// ConfigMaps, with what they say.
    pub fn mesh_configs(&self) -> impl Iterator<Item = (&Object, &MeshConfig)> {
        let mut configs: Vec<_> = self.mesh.values().flat_map(|view| &view.configs).collect();
        configs.sort_by_key(|(id, _)| *id);
        let configs = configs.into_iter();
        configs.filter_map(|(id, config)| Some((&self.get(*id)?.object, config)))
    }

    /// Those in the repository of an object.
    pub fn mesh_configs_of(&self, object: &Object) -> impl Iterator<Item = (&Object, &MeshConfig)> {
        let view = self.mesh_view(object).into_iter();
        let configs = view.flat_map(|view| &view.configs);
        configs.filter_map(|(id, config)| Some((&self.get(*id)?.object, config)))
    }

    /// What is in view of the mesh of an object.
    pub(super) fn mesh_view(&self, object: &Object) -> Option<&MeshView> {
        self.mesh.get(&self.entry(object)?.repository)
    }

    /// Where Istio's mesh-wide resources live: as the configuration says, else as a mesh
    /// configuration in view says, else `istio-system`.
    pub fn root_namespace(&self) -> &str {
        let given = self.settings.mesh.root_namespace.as_str();
        if given != DEFAULT_ROOT_NAMESPACE {
            return given;
        }
        self.mesh_configs()
            .find_map(|(_, config)| config.root_namespace.as_deref())
            .unwrap_or(given)
    }

    /// Whether tracing is configured for an object's namespace: by a Telemetry there or in the root
    /// namespace, or by a mesh configuration in view.
    pub fn is_traced(&self, object: &Object) -> bool {
        let by_mesh = self.mesh_configs_of(object).any(|(_, config)| {
            let proxy = config.default_config.as_ref();
            config.enable_tracing == Some(true)
                || proxy.is_some_and(|proxy| proxy.tracing.is_some())
                || config
                    .default_providers
                    .as_ref()
                    .is_some_and(|providers| !providers.tracing.is_empty())
        });
        let namespace = match object.body() {
            Body::Namespace(_) => Some(object.name()),
            _ => self.namespace(object),
        };
        let view = self.mesh_view(object).into_iter();
        let telemetries = view.flat_map(|view| &view.telemetries);
        let mut telemetries = telemetries.filter_map(|id| self.get(*id));
        by_mesh
            || telemetries.any(|entry| {
                let Body::Telemetry(telemetry) = entry.object.body() else {
                    return false;
                };
                let own = entry.namespace.as_deref();
                let is_read =
                    own.is_none() || own == namespace || own == Some(self.root_namespace());
                let mut tracing = telemetry.spec.iter().flat_map(|spec| &spec.tracing);
                is_read && tracing.any(|tracing| tracing.disable_span_reporting != Some(true))
            })
    }

    /// Pods that neither a sidecar nor the ambient mesh takes in.
    fn never_in<'a>(&'a self, workload: Workload<'a>) -> Option<Mesh<'a>> {
        let template = workload.template();
        if template.spec().and_then(|spec| spec.host_network) == Some(true)
            && let Some(node) = template.spec_field(&["hostNetwork"]).node()
        {
            let message = "pods on the host's network are never in the mesh";
            let object = template.object();
            return Some(Mesh::by(Membership::None, object, node, message));
        }
        let namespace = self.namespace(workload.object())?;
        NEVER_INJECTED
            .contains(&namespace)
            .then(|| Mesh::of(Membership::None))
    }

    /// What refuses the sidecar, by the pod or by its namespace.
    fn refused<'a>(&'a self, workload: Workload<'a>) -> Option<Mesh<'a>> {
        let template = workload.template();
        let label = template.label(INJECT);
        if let Some(node) = label.or(template.annotation(INJECT))
            && node.text() == Some("false")
        {
            let message = "keeps the pods out of the mesh";
            let object = template.object();
            return Some(Mesh::by(Membership::None, object, node, message));
        }
        let (object, node) = self.namespace_label(workload.object(), NAMESPACE_INJECTION)?;
        let message = "keeps the namespace out of the mesh";
        (node.text() == Some("disabled")).then(|| Mesh::by(Membership::None, object, node, message))
    }

    /// What the ambient mesh's labels say, the pod's before the namespace's.
    fn ambient<'a>(&'a self, workload: Workload<'a>) -> Option<Mesh<'a>> {
        ambient_label(workload.template()).or_else(|| {
            let (object, node) = self.namespace_label(workload.object(), DATAPLANE_MODE)?;
            let message = "puts the namespace's pods in the ambient mesh";
            (node.text() == Some("ambient"))
                .then(|| Mesh::by(Membership::Ambient, object, node, message))
        })
    }

    /// What the labels of the pod, then of the namespace, say for certain.
    fn labelled<'a>(&'a self, workload: Workload<'a>) -> Option<Mesh<'a>> {
        let template = workload.template();
        let object = template.object();
        if let Some(node) = template
            .label(INJECT)
            .filter(|node| node.text() == Some("true"))
        {
            return Some(Mesh::by(
                Membership::Sidecar,
                object,
                node,
                "asks for a sidecar",
            ));
        }
        if let Some(node) = template
            .label(REVISION)
            .filter(|node| node.text().is_some())
        {
            return Some(Mesh::by(
                Membership::Sidecar,
                object,
                node,
                "asks for this revision's sidecar",
            ));
        }
        let of_namespace = |key| self.namespace_label(workload.object(), key);
        let injection = of_namespace(NAMESPACE_INJECTION);
        if let Some((object, node)) = injection {
            if node.text() == Some("enabled") {
                let message = "the namespace's pods get a sidecar";
                return Some(Mesh::by(Membership::Sidecar, object, node, message));
            }
        } else if let Some((object, node)) = of_namespace(REVISION) {
            let message = "the namespace's pods get this revision's sidecar";
            return Some(Mesh::by(Membership::Sidecar, object, node, message));
        }
        self.ambient(workload)
    }

    /// What only suggests a sidecar.
    fn suggested<'a>(&'a self, workload: Workload<'a>) -> Option<Mesh<'a>> {
        let template = workload.template();
        let annotations = template.node()?.at(&["metadata", "annotations"]);
        let annotation = annotations
            .into_iter()
            .flat_map(Node::entries)
            .find_map(|entry| match entry.key.text()?.split_once('/')? {
                ("install.operator.istio.io", _) => None,
                ("ambient.istio.io", _) => (entry.value.resolved().text() != Some("disabled"))
                    .then_some((entry, Membership::Ambient)),
                (host, _) => host
                    .ends_with(".istio.io")
                    .then_some((entry, Membership::Likely)),
            });
        if let Some((entry, membership)) = annotation {
            let message = match membership {
                Membership::Ambient => "is for pods in the ambient mesh",
                _ => "suggests that the pods get a sidecar",
            };
            return Some(Mesh::by(membership, template.object(), entry.key, message));
        }
        let entry = self.entry(workload.object())?;
        let hint = entry.hint.get_or_init(|| self.hint(workload, &entry.scope));
        if let Some(hint) = hint.and_then(|id| Some(&self.get(id)?.object)) {
            let message = "suggests that the pods get a sidecar";
            return Some(Mesh::by(
                Membership::Likely,
                hint,
                hint.name_node(),
                message,
            ));
        }
        if entry.namespace.is_some() {
            return None;
        }
        let beside = self
            .mesh_view(workload.object())?
            .by_scope
            .get(&entry.scope);
        let [only] = beside?.as_slice() else {
            return None;
        };
        let namespace = &self.get(*only)?.object;
        let node = namespace
            .label(NAMESPACE_INJECTION)
            .filter(|node| node.text() == Some("enabled"))
            .or_else(|| namespace.label(REVISION))?;
        let message = "the only namespace next to it gets sidecars";
        Some(Mesh::by(Membership::Likely, namespace, node, message))
    }

    /// The first of Istio's resources in a scope that stands beside the workload, or means it.
    fn hint(&self, workload: Workload<'_>, scope: &Scope) -> Option<ObjectId> {
        let object = workload.object();
        let hints = self.mesh_view(object)?.hints.get(scope)?.iter();
        let mut services: Option<Vec<&Object>> = None;
        // Hosts are compared with Services so many times, whatever else there is.
        let mut left = MOST_HOSTS;
        hints.copied().find(|id| {
            let Some(hint) = self.get(*id).map(|entry| &entry.object) else {
                return false;
            };
            self.same_namespace(hint, object)
                && (hint.source() == object.source()
                    || selects(workload, hint)
                    || hosts(hint).any(|host| {
                        let services = services.get_or_insert_with(|| {
                            let services = self.services_of(workload);
                            let firm = services.filter(|(_, relation)| relation.is_firm());
                            firm.take(MOST_SERVICES).map(|(it, _)| it).collect()
                        });
                        left = left.saturating_sub(1 + services.len());
                        left > 0 && services.iter().any(|it| self.may_mean(hint, host, it))
                    }))
        })
    }

    /// Whether OpenShift Service Mesh 2 is in the object's repository, in which the annotation is the switch and no label.
    pub fn has_openshift_mesh(&self, object: &Object) -> bool {
        self.mesh_view(object).is_some_and(|view| view.is_openshift)
    }

    /// Whether the pods of an object's namespace are in the ambient mesh.
    pub fn is_ambient_namespace(&self, object: &Object) -> bool {
        self.namespace_label(object, DATAPLANE_MODE)
            .is_some_and(|(_, node)| node.text() == Some("ambient"))
    }

    /// A label of the object's Namespace, in any scope; where one beside the object says anything of
    /// the mesh, only that counts.
    pub(super) fn namespace_label(&self, from: &Object, key: &str) -> Option<(&Object, Node<'_>)> {
        let labels = &self.mesh_view(from)?.labels;
        let labels = labels.get(self.namespace(from)?)?;
        let beside = labels.by_scope.get(&self.entry(from)?.scope);
        let object = &self.get(*beside.unwrap_or(&labels.all).get(key)?)?.object;
        Some((object, object.label(key)?))
    }
}

impl<'a> Mesh<'a> {
    fn of(membership: Membership) -> Self {
        Self {
            membership,
            evidence: None,
        }
    }

    fn by(membership: Membership, object: &'a Object, node: Node<'a>, message: &str) -> Self {
        Self {
            membership,
            evidence: Some(Evidence {
                object,
                node,
                message: message.to_owned(),
            }),
        }
    }
}

/// For one workload, so many Services and hosts are looked at to find out whether something suggests a
/// mesh.
const MOST_SERVICES: usize = 20;
const MOST_HOSTS: usize = 2_000;

/// Whether the selector of one of Istio's resources selects the pods.
fn selects(workload: Workload<'_>, hint: &Object) -> bool {
    let labels = match hint.body() {
        Body::PeerAuthentication(it) => {
            let selector = it.spec.as_ref().and_then(|spec| spec.selector.as_ref());
            selector.map(|it| &it.match_labels)
        }
        Body::Sidecar(it) => {
            let spec = it.spec.as_ref();
            let selector = spec.and_then(|spec| spec.workload_selector.as_ref());
            selector.map(|it| &it.labels)
        }
        _ => None,
    };
    labels
        .filter(|labels| !labels.is_empty())
        .is_some_and(|labels| {
            Selector::Map(labels).matches(workload.template().labels()) == Match::Yes
        })
}

/// The hosts of a DestinationRule or a VirtualService.
fn hosts(hint: &Object) -> impl Iterator<Item = &str> {
    let (one, several): (_, &[String]) = match hint.body() {
        Body::DestinationRule(it) => (it.spec.as_ref().and_then(|spec| spec.host.as_deref()), &[]),
        Body::VirtualService(it) => (None, it.spec.as_ref().map_or(&[], |spec| &spec.hosts)),
        _ => (None, &[]),
    };
    one.into_iter().chain(several.iter().map(String::as_str))
}

/// Whether the pods ask for, or refuse, a sidecar in words that Istio does not know, such as `"False"`.
/// What is meant is not what happens; `deprecated-inject-annotation` says so, and nothing that rests on
/// either is worth saying before that is mended.
fn is_undecided(template: PodTemplate<'_>) -> bool {
    let value = template.label(INJECT).or(template.annotation(INJECT));
    let is_known = |text: &str| matches!(text, "true" | "false" | "");
    !template.is_injected()
        && value
            .and_then(Node::text)
            .is_some_and(|text| !is_known(text))
}

/// The pods whose annotation asks for other templates than a sidecar's: a gateway, or a proxyless
/// client. What a template that Istio does not bring makes of the pod is not known.
fn injects_another(template: PodTemplate<'_>) -> Option<Mesh<'_>> {
    const ISTIOS: [&str; 5] = [
        "gateway",
        "grpc-agent",
        "grpc-simple",
        "kube-gateway",
        "waypoint",
    ];
    let node = template.annotation("inject.istio.io/templates")?;
    let mut names = node
        .text()?
        .split(',')
        .map(str::trim)
        .filter(|it| *it != "sidecar");
    let only_sidecar = names.clone().next().is_none();
    let has_sidecar = node.text()?.split(',').any(|it| it.trim() == "sidecar");
    if only_sidecar {
        return None;
    }
    let membership = if has_sidecar || !names.clone().all(|name| ISTIOS.contains(&name)) {
        Membership::Unknown
    } else if names.all(|name| name.starts_with("grpc-")) {
        Membership::None
    } else {
        Membership::Gateway
    };
    let message = "asks for another template than the sidecar's";
    Some(Mesh::by(membership, template.object(), node, message))
}

/// What the pod's own label says of the ambient mesh.
fn ambient_label(template: PodTemplate<'_>) -> Option<Mesh<'_>> {
    let node = template.label(DATAPLANE_MODE)?;
    let (membership, message) = match node.text()? {
        "ambient" => (Membership::Ambient, "puts the pods in the ambient mesh"),
        "none" => (Membership::None, "keeps the pods out of the ambient mesh"),
        _ => return None,
    };
    Some(Mesh::by(membership, template.object(), node, message))
}

fn injected_evidence(template: PodTemplate<'_>) -> Option<Evidence<'_>> {
    let status = template.annotation("sidecar.istio.io/status");
    let proxy = || {
        let spec = template.spec_node()?;
        ["containers", "initContainers"]
            .into_iter()
            .filter_map(|list| spec.get(list))
            .flat_map(Node::items)
            .filter_map(|container| container.get("name"))
            .find(|name| name.text() == Some(crate::kube::ISTIO_PROXY))
    };
    Some(Evidence {
        object: template.object(),
        node: status.or_else(proxy)?,
        message: "the sidecar is part of the manifest".to_owned(),
    })
}
