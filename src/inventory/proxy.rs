//! What a workload's proxy is told: the pod's `proxy.istio.io/config` merged over what is set for
//! the whole mesh.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::{Inventory, ObjectId, ProxyKind};
use k8s_openapi::api::core::v1::Container;

use crate::kube::istio::ProxyConfig;
use crate::kube::{
    ISTIO_PROXY, Object, PROXY_CONFIG_ANNOTATION, PodTemplate, ProxyAnnotation, Workload,
    is_placeholder,
};
use crate::settings::{MeshSettings, ObjectSettings};
use crate::units::{Version, parse_go_duration};
use crate::yaml::{Node, path_below};

const EXIT_ON_ZERO: &str = "EXIT_ON_ZERO_ACTIVE_CONNECTIONS";
const MINIMUM_DRAIN: &str = "MINIMUM_DRAIN_DURATION";

/// The configuration of one workload's proxy.
#[derive(Debug)]
pub struct ProxySettings<'a> {
    inventory: &'a Inventory,
    object: &'a Object,
    settings: &'a ObjectSettings,
    own: Option<ProxyAnnotation>,
    /// What the environment of the proxy's container says, where that is written out.
    container: Option<(Node<'a>, ProxyConfig)>,
    /// What ProxyConfig resources say, the narrowest first.
    environments: Vec<(&'a Object, &'a ProxyConfig)>,
    is_readable: bool,
}

/// A ProxyConfig resource (`networking.istio.io/v1beta1`). Of the settings that are asked for here
/// it has the proxy's environment.
#[derive(Debug)]
struct ProxyEnvironment {
    id: ObjectId,
    labels: BTreeMap<String, String>,
    config: ProxyConfig,
}

impl ProxyEnvironment {
    /// `None` for every other kind.
    fn of(id: ObjectId, object: &Object) -> Option<Self> {
        if object.group() != "networking.istio.io" || object.kind() != "ProxyConfig" {
            return None;
        }
        let texts = |path: &[&str]| {
            let entries = object.node().at(path).into_iter().flat_map(Node::entries);
            let texts = entries.filter_map(|entry| {
                let value = entry.value.resolved().text()?;
                Some((entry.key.text()?.to_owned(), value.to_owned()))
            });
            texts.collect::<BTreeMap<_, _>>()
        };
        Some(Self {
            id,
            labels: texts(&["spec", "selector", "matchLabels"]),
            config: ProxyConfig {
                proxy_metadata: texts(&["spec", "environmentVariables"]),
                ..ProxyConfig::default()
            },
        })
    }
}

/// ProxyConfigs by one of the labels that they ask for, so that a workload meets only those that may be
/// for it.
#[derive(Debug, Default)]
pub(super) struct ProxyEnvironments {
    all: Vec<ProxyEnvironment>,
    by_label: HashMap<(String, String), Vec<usize>>,
    /// Those that ask for no label, or for what a placeholder stands for.
    open: Vec<usize>,
}

impl ProxyEnvironments {
    /// Takes in a ProxyConfig; every other kind is left.
    pub(super) fn add(&mut self, id: ObjectId, object: &Object) {
        let Some(environment) = ProxyEnvironment::of(id, object) else {
            return;
        };
        let number = self.all.len();
        let labels = || environment.labels.iter();
        let is_open = labels().any(|(key, value)| is_placeholder(key) || is_placeholder(value));
        match labels().next().filter(|_| !is_open) {
            Some((key, value)) => {
                let label = (key.clone(), value.clone());
                self.by_label.entry(label).or_default().push(number);
            }
            None => self.open.push(number),
        }
        self.all.push(environment);
    }

    /// Those that may be for pods with these labels, in the order of the sources.
    fn candidates(&self, labels: &BTreeMap<String, String>) -> Vec<&ProxyEnvironment> {
        let mut is_open = labels
            .iter()
            .map(|(key, value)| is_placeholder(key) || is_placeholder(value));
        if is_open.any(|it| it) {
            return self.all.iter().collect();
        }
        let labelled = labels.iter().filter_map(|(key, value)| {
            let label = (key.clone(), value.clone());
            self.by_label.get(&label)
        });
        let mut numbers: Vec<usize> = labelled.flatten().chain(&self.open).copied().collect();
        numbers.sort_unstable();
        let found = numbers.into_iter();
        found.filter_map(|it| self.all.get(it)).collect()
    }
}

/// A value and who says it.
#[derive(Clone, Copy, Debug)]
pub struct Told<'t, T> {
    /// The value.
    pub value: T,
    /// Who says it.
    pub by: ToldBy<'t>,
}

/// Who says a value.
#[derive(Clone, Copy, Debug)]
pub enum ToldBy<'t> {
    /// The pod's annotation or proxy container, at this node, which stands in the object of the pod
    /// template.
    Pod(Node<'t>),
    /// A ProxyConfig, or a resource that speaks for the whole mesh.
    Mesh(&'t Object),
    /// The configuration of the run.
    Configuration,
}

impl ProxySettings<'_> {
    /// Whether nothing stands in the way of knowing the pod's own part: the annotation is valid,
    /// holds no placeholder, stands where Istio reads it, and nothing else sets it; and neither the
    /// pod nor a mesh configuration in view gives the proxy a preStop hook, which would delay its
    /// SIGTERM.
    pub fn is_readable(&self) -> bool {
        self.is_readable
    }

    /// `terminationDrainDuration`, where someone says it.
    pub fn termination_drain(&self) -> Option<Told<'_, Duration>> {
        self.told(
            |proxy| Some(proxy.termination_drain_duration?.0),
            &[&["terminationDrainDuration", "termination_drain_duration"]],
            |mesh| mesh.termination_drain_duration,
        )
    }

    /// `EXIT_ON_ZERO_ACTIVE_CONNECTIONS`, where someone says it.
    pub fn exit_on_zero(&self) -> Option<Told<'_, bool>> {
        self.told(
            |proxy| Some(is_true(proxy.proxy_metadata.get(EXIT_ON_ZERO)?)),
            &[&["proxyMetadata", "proxy_metadata"], &[EXIT_ON_ZERO]],
            |mesh| mesh.exit_on_zero_active_connections,
        )
    }

    /// `MINIMUM_DRAIN_DURATION`, where someone says it.
    pub fn minimum_drain(&self) -> Option<Told<'_, Duration>> {
        self.told(
            |proxy| parse_go_duration(proxy.proxy_metadata.get(MINIMUM_DRAIN)?).ok(),
            &[&["proxyMetadata", "proxy_metadata"], &[MINIMUM_DRAIN]],
            |mesh| mesh.minimum_drain_duration,
        )
    }

    /// The pod's word (the annotation's, then its proxy container's), else that of the narrowest ProxyConfig, else the configuration's, else that of a
    /// mesh configuration in view; of several of those the greatest, which is the one that lets the
    /// proxy live longest.
    fn told<T: Ord>(
        &self,
        read: impl Fn(&ProxyConfig) -> Option<T>,
        path: &[&[&str]],
        configured: impl Fn(&MeshSettings) -> Option<T>,
    ) -> Option<Told<'_, T>> {
        if let Some(own) = &self.own
            && let Some(value) = read(own.value())
            && let Some(root) = own.tree().map(crate::yaml::Tree::root)
        {
            let node = path.iter().try_fold(root, |node, names| {
                names.iter().find_map(|name| node.get(name))
            });
            return Some(Told {
                value,
                by: ToldBy::Pod(node.unwrap_or(root)),
            });
        }
        if let Some((node, config)) = &self.container
            && let Some(value) = read(config)
        {
            let by = ToldBy::Pod(*node);
            return Some(Told { value, by });
        }
        let mut environments = self.environments.iter();
        if let Some((value, object)) =
            environments.find_map(|(object, config)| Some((read(config)?, *object)))
        {
            let by = ToldBy::Mesh(object);
            return Some(Told { value, by });
        }
        if let Some(value) = configured(&self.settings.mesh) {
            let by = ToldBy::Configuration;
            return Some(Told { value, by });
        }
        self.inventory
            .mesh_configs_of(self.object)
            .filter_map(|(object, config)| {
                let value = read(config.default_config.as_ref()?)?;
                let by = ToldBy::Mesh(object);
                Some(Told { value, by })
            })
            .reduce(|best, next| if next.value > best.value { next } else { best })
    }
}

/// Whether the workload sets its proxy's drain where Istio does not read it, which is a finding of
/// its own.
fn is_set_in_vain(workload: Workload<'_>) -> bool {
    let template = workload.template();
    let own = workload.object();
    let is_misplaced = template.annotation(PROXY_CONFIG_ANNOTATION).is_none()
        && own.annotation(PROXY_CONFIG_ANNOTATION).is_some();
    let is_misnamed = [template.node(), Some(own.node())]
        .into_iter()
        .flatten()
        .filter_map(|owner| owner.at(&["metadata", "annotations"]))
        .flat_map(Node::entries)
        .filter_map(|entry| entry.key.text())
        .any(|key| key.ends_with(".istio.io/terminationDrainDuration"));
    is_misplaced || is_misnamed
}

/// The environment of a proxy's container: what an injected manifest shows of its settings, and what
/// may be written beside them. `PROXY_CONFIG` holds those that are not Istio's defaults.
fn written_out(template: PodTemplate<'_>) -> Option<(Node<'_>, ProxyConfig)> {
    let spec = template.spec_node()?;
    let container = ["containers", "initContainers"]
        .into_iter()
        .filter_map(|list| spec.get(list))
        .flat_map(Node::items)
        .map(Node::resolved)
        .find(|container| container.get("name").and_then(Node::text) == Some(ISTIO_PROXY))?;
    let variables = container.get("env")?;
    let value_of = |name: &str| {
        let mut all = variables.items().map(Node::resolved);
        let found = all.find(|it| it.get("name").and_then(Node::text) == Some(name))?;
        found.get("value")?.text()
    };
    let config = value_of("PROXY_CONFIG").and_then(|text| serde_json::from_str(text).ok());
    let mut config: ProxyConfig = config.unwrap_or_default();
    for name in [EXIT_ON_ZERO, MINIMUM_DRAIN] {
        if let Some(value) = value_of(name) {
            config
                .proxy_metadata
                .insert(name.to_owned(), value.to_owned());
        }
    }
    Some((variables, config))
}

/// Whether a container is whole, and not what the injector fills in.
fn is_written(container: &Container) -> bool {
    let image = container.image.as_deref().unwrap_or_default();
    !image.is_empty() && image != "auto"
}

/// The container of a proxy that the manifest holds whole. Its settings are its own environment.
pub fn written_proxy(template: PodTemplate<'_>) -> Option<Node<'_>> {
    let all = template.spec_node()?.get("containers")?.items();
    all.map(Node::resolved).find(|container| {
        let text = |key: &str| container.get(key).and_then(Node::text);
        text("name") == Some(ISTIO_PROXY)
            && text("image").is_some_and(|image| image != "auto" && !image.is_empty())
    })
}

fn has_own_hook(template: PodTemplate<'_>) -> bool {
    let mut containers = template
        .spec()
        .into_iter()
        .flat_map(|spec| &spec.containers);
    containers.any(|container| {
        let lifecycle = container.lifecycle.as_ref();
        container.name == ISTIO_PROXY && lifecycle.is_some_and(|it| it.pre_stop.is_some())
    })
}

/// As Go's `strconv.ParseBool` has it.
fn is_true(text: impl AsRef<str>) -> bool {
    matches!(text.as_ref(), "1" | "t" | "T" | "true" | "TRUE" | "True")
}

impl Inventory {
    /// What the workload's proxy is told.
    pub fn proxy_settings<'a>(&'a self, workload: Workload<'a>) -> ProxySettings<'a> {
        let template = workload.template();
        let view = self.mesh_view(workload.object());
        let annotation = template.annotation(PROXY_CONFIG_ANNOTATION);
        let text = annotation.and_then(Node::text);
        let read = annotation.map(ProxyAnnotation::read);
        let is_readable = match &read {
            None => true,
            Some(Err(_)) => false,
            Some(Ok(own)) => own.issues().is_empty() && !text.is_some_and(is_placeholder),
        };
        ProxySettings {
            inventory: self,
            object: workload.object(),
            settings: self.settings(workload.object()),
            own: read.and_then(Result::ok),
            container: written_out(template),
            environments: self.environments(workload),
            is_readable: is_readable
                && !view.is_some_and(|view| view.hooked_by_values)
                && !self.is_annotation_patched(template)
                && !is_set_in_vain(workload)
                && !has_own_hook(template),
        }
    }

    fn environments<'a>(&'a self, workload: Workload<'a>) -> Vec<(&'a Object, &'a ProxyConfig)> {
        let labels = workload.template().labels();
        let view = self.mesh_view(workload.object()).into_iter();
        let candidates = view.flat_map(|view| view.environments.candidates(labels));
        let all = candidates.filter_map(|it| {
            let object = &self.get(it.id)?.object;
            let reach = self.reach(object, Some(&it.labels), workload)?;
            Some((reach, object, &it.config))
        });
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|(reach, object, _)| {
            std::cmp::Reverse((*reach, self.same_scope(object, workload.object())))
        });
        let told = all.into_iter();
        told.map(|(_, object, config)| (object, config)).collect()
    }

    /// How the workload's sidecar runs.
    pub fn proxy_kind(&self, workload: Workload<'_>) -> ProxyKind {
        const ANNOTATION_SINCE: Version = Version::new(1, 24);
        const DEFAULT_SINCE: Version = Version::new(1, 27);
        const CLUSTER_SINCE: Version = Version::new(1, 33);
        let settings = self.settings(workload.object());
        let istio = settings.mesh.istio_version;
        let cluster = settings.kubernetes_version;
        let template = workload.template();
        if let Some(spec) = template.spec()
            && template.is_injected()
        {
            let mut init = spec.init_containers.iter().flatten();
            if init.any(|container| container.name == ISTIO_PROXY) {
                return ProxyKind::Native;
            }
            let mut main = spec.containers.iter();
            if main.any(|container| container.name == ISTIO_PROXY && is_written(container)) {
                return ProxyKind::Classic;
            }
        }
        // OpenShift Service Mesh 2 is Istio 1.20 at most.
        if self.has_openshift_mesh(workload.object()) {
            return ProxyKind::Classic;
        }
        let annotation = template
            .annotation("sidecar.istio.io/nativeSidecar")
            .and_then(Node::as_str)
            .filter(|_| istio.is_none_or(|version| version >= ANNOTATION_SINCE));
        let told = match annotation {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => settings
                .mesh
                .native_sidecars
                .or_else(|| self.mesh_view(workload.object())?.native_by_values),
        };
        match told {
            Some(true) => return ProxyKind::Native,
            Some(false) => return ProxyKind::Classic,
            None => {}
        }
        let new_istio = istio.map(|version| version >= DEFAULT_SINCE);
        let new_cluster = cluster.map(|version| version >= CLUSTER_SINCE);
        match (new_istio, new_cluster) {
            (Some(true), Some(true)) => ProxyKind::Native,
            (Some(false), _) | (_, Some(false)) => ProxyKind::Classic,
            _ => ProxyKind::Unknown,
        }
    }

    /// Whether `holdApplicationUntilProxyStarts` is set for the whole mesh of a workload, in the
    /// settings or in a mesh configuration in view.
    pub fn holds_mesh_wide(&self, workload: Workload<'_>) -> bool {
        let object = workload.object();
        let configured = self.mesh_configs_of(object).any(|(_, config)| {
            config
                .default_config
                .as_ref()
                .is_some_and(|proxy| proxy.hold_application_until_proxy_starts == Some(true))
        });
        match self
            .settings(workload.object())
            .mesh
            .hold_application_until_proxy_starts
        {
            Some(held) => held,
            None => {
                configured
                    || self
                        .mesh_view(object)
                        .is_some_and(|view| view.held_by_values)
            }
        }
    }

    fn is_annotation_patched(&self, template: PodTemplate<'_>) -> bool {
        let field = path_below("metadata.annotations", PROXY_CONFIG_ANNOTATION);
        template
            .node()
            .is_some_and(|node| self.is_set_elsewhere(template.object(), node, &field))
    }
}
