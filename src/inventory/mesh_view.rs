//! What of a run's objects says something about an Istio mesh, found once: questions about the mesh
//! are asked for every workload.

use std::collections::{HashMap, HashSet};

use super::istio_release::{self, Releases};
use super::proxy::ProxyEnvironments;
use super::{Entry, Inventory, ObjectId};
use crate::kube::istio::MeshConfig;
use crate::kube::istio::mesh_config::{IstioValues, PilotValues};
use crate::kube::{Body, KubeCheck, Object, Workload};
use crate::source::Scope;
use crate::units::Version;
use crate::yaml;

/// Of a pod or a Namespace: which revision's sidecar the pods get.
pub(super) const REVISION: &str = "istio.io/rev";
/// Of a Namespace: whether its pods get a sidecar.
pub(super) const NAMESPACE_INJECTION: &str = "istio-injection";
/// Of a pod or a Namespace: whether the pods are in the ambient mesh.
pub(super) const DATAPLANE_MODE: &str = "istio.io/dataplane-mode";

/// What is in view of the mesh, gathered once.
#[derive(Debug, Default)]
pub(super) struct MeshView {
    pub(super) namespaces: HashMap<String, Vec<ObjectId>>,
    pub(super) labels: HashMap<String, NamespaceLabels>,
    /// Namespaces of one scope, for workloads that do not say theirs.
    pub(super) by_scope: HashMap<Scope, Vec<ObjectId>>,
    /// Istio's resources that speak for sidecars, by scope.
    pub(super) hints: HashMap<Scope, Vec<ObjectId>>,
    pub(super) configs: Vec<(ObjectId, MeshConfig)>,
    pub(super) held_by_values: bool,
    /// Whether the values give every sidecar a preStop hook.
    pub(super) hooked_by_values: bool,
    /// Whether the control plane's environment makes sidecars native, by its values or its Deployment.
    pub(super) native_by_values: Option<bool>,
    pub(super) environments: ProxyEnvironments,
    /// Whether a control plane or member roll of OpenShift Service Mesh 2 is in view.
    pub(super) is_openshift: bool,
    /// Scopes with kinds that only OpenShift knows.
    pub(super) on_openshift: HashSet<Scope>,
    /// Scopes with images of a release of Istio whose webhook selects on no labels of pods.
    pub(super) on_old_istio: HashSet<Scope>,
    pub(super) releases: Releases,
    /// PeerAuthentications.
    pub(super) authentications: Vec<ObjectId>,
    pub(super) telemetries: Vec<ObjectId>,
}

/// By label, the first Namespace of one name that has it: of all, and of each scope where one has any.
#[derive(Debug, Default)]
pub(super) struct NamespaceLabels {
    pub(super) all: HashMap<&'static str, ObjectId>,
    pub(super) by_scope: HashMap<Scope, HashMap<&'static str, ObjectId>>,
}

impl NamespaceLabels {
    fn add(&mut self, id: ObjectId, namespace: &Object, scope: &Scope) {
        for key in [NAMESPACE_INJECTION, REVISION, DATAPLANE_MODE] {
            if namespace.label(key).is_some() {
                let beside = self.by_scope.entry(scope.clone()).or_default();
                beside.entry(key).or_insert(id);
                self.all.entry(key).or_insert(id);
            }
        }
    }
}

impl MeshView {
    /// That of each repository.
    pub(super) fn of_all(inventory: &Inventory) -> HashMap<usize, Self> {
        let mut views: HashMap<usize, Self> = HashMap::new();
        for (id, entry) in inventory.whole() {
            let view = views.entry(entry.repository).or_default();
            view.add_entry(id, entry);
        }
        views
    }

    fn add_entry(&mut self, id: ObjectId, entry: &Entry) {
        self.releases.add(id, &entry.object);
        match entry.object.body() {
            Body::Namespace(_) => {
                let name = entry.object.name().to_owned();
                self.labels
                    .entry(name.clone())
                    .or_default()
                    .add(id, &entry.object, &entry.scope);
                self.namespaces.entry(name).or_default().push(id);
                self.by_scope
                    .entry(entry.scope.clone())
                    .or_default()
                    .push(id);
            }
            Body::PeerAuthentication(_) => {
                self.hints.entry(entry.scope.clone()).or_default().push(id);
                self.authentications.push(id);
            }
            Body::DestinationRule(_) | Body::Sidecar(_) => {
                self.hints.entry(entry.scope.clone()).or_default().push(id);
            }
            Body::Telemetry(_) => self.telemetries.push(id),
            Body::VirtualService(service) => {
                let gateways = service
                    .spec
                    .as_ref()
                    .map_or(&[][..], |spec| spec.gateways.as_slice());
                if gateways.is_empty() || gateways.iter().any(|gateway| gateway == "mesh") {
                    self.hints.entry(entry.scope.clone()).or_default().push(id);
                }
            }
            Body::IstioOperator(operator) => {
                let spec = operator.spec.as_ref();
                let values = spec.and_then(|spec| spec.values.as_ref());
                let own = spec.and_then(|spec| spec.mesh_config.clone());
                let by_values = values.and_then(|values| values.mesh_config.clone());
                let configs = own.into_iter().chain(by_values);
                self.configs.extend(configs.map(|config| (id, config)));
                if let Some(values) = values {
                    self.read_values(values);
                }
            }
            Body::ConfigMap(_) if is_mesh_config_map(&entry.object) => {
                let config = mesh_config(&entry.object);
                self.configs.extend(config.map(|config| (id, config)));
            }
            _ => self.add_other(id, &entry.object, &entry.scope),
        }
    }

    fn add_other(&mut self, id: ObjectId, object: &Object, scope: &Scope) {
        if object.group().ends_with("openshift.io") || object.is_in_template() {
            self.on_openshift.insert(scope.clone());
        }
        if runs_old_istio(object) {
            self.on_old_istio.insert(scope.clone());
        }
        self.is_openshift |= object.group() == "maistra.io"
            && matches!(
                object.kind(),
                "ServiceMeshControlPlane" | "ServiceMeshMemberRoll"
            );
        if makes_native(object) {
            self.native_by_values = Some(true);
        }
        self.environments.add(id, object);
    }

    fn read_values(&mut self, values: &IstioValues) {
        let proxy = values
            .global
            .as_ref()
            .and_then(|global| global.proxy.as_ref());
        self.held_by_values |=
            proxy.is_some_and(|it| it.hold_application_until_proxy_starts == Some(true));
        let hooks = proxy.and_then(|proxy| proxy.lifecycle.as_ref());
        self.hooked_by_values |= hooks.is_some_and(|hooks| hooks.get("preStop").is_some());
        let native = values.pilot.as_ref().and_then(PilotValues::native_sidecars);
        self.native_by_values = self.native_by_values.or(native);
    }
}

/// Whether an object is Istio's control plane and its environment makes sidecars native. Wherever it
/// stands, it takes away what holds only for other sidecars.
fn makes_native(object: &Object) -> bool {
    let Some(workload) = Workload::of(object) else {
        return false;
    };
    let mut containers = workload.template().main_containers();
    containers.any(|container| {
        let mut variables = container.data.env.iter().flatten();
        variables.any(|variable| {
            variable.name == "ENABLE_NATIVE_SIDECARS" && variable.value.as_deref() == Some("true")
        })
    })
}

/// Whether an object runs an image of Istio 1.1 or before: only namespaces' labels and pods' annotations
/// decide on sidecars there (istio.io/v1.1/help/ops/setup/injection).
fn runs_old_istio(object: &Object) -> bool {
    const LAST: Version = Version::new(1, 1);
    istio_release::image_release(object).is_some_and(|(release, _)| release <= LAST)
}

/// `istio`, or `istio-<revision>`, with the mesh's configuration under the key `mesh`.
fn is_mesh_config_map(object: &Object) -> bool {
    let name = object.name();
    (name == "istio" || name.starts_with("istio-")) && object.node().at(&["data", "mesh"]).is_some()
}

fn mesh_config(object: &Object) -> Option<MeshConfig> {
    let text = object.node().at(&["data", "mesh"])?;
    let tree = yaml::parse_embedded(text).ok()??;
    KubeCheck::new().read(tree.root()).value
}
