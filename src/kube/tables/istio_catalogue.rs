//! The annotations and labels that Istio reads: those of the packages `annotation` and `label` of
//! istio.io/api 1.32.0, and those that the code of istio.io/istio (August 2026) reads or writes without
//! listing them there.

use crate::units::{Version, only_slip as nearest_slip, suggest as nearest};

/// What a key is read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names of kinds")]
pub enum Place {
    /// Every object.
    Any,
    AuthorizationPolicy,
    Deployment,
    Gateway,
    GatewayClass,
    HorizontalPodAutoscaler,
    Ingress,
    MutatingWebhookConfiguration,
    Namespace,
    Node,
    Pod,
    PodDisruptionBudget,
    Service,
    ServiceAccount,
    ServiceEntry,
    WorkloadEntry,
}

use Place::{
    Any, AuthorizationPolicy, Deployment, Gateway, GatewayClass, HorizontalPodAutoscaler, Ingress,
    MutatingWebhookConfiguration, Namespace, Node, Pod, PodDisruptionBudget, Service,
    ServiceAccount, ServiceEntry, WorkloadEntry,
};

/// An annotation or a label that Istio knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownKey {
    /// With its prefix.
    pub name: &'static str,
    /// What it is read on: [`Place::Pod`] means the pod template of a workload.
    pub places: &'static [Place],
    /// Whether Istio calls it deprecated.
    pub deprecated: bool,
    /// The Istio release that introduced it, where that is known.
    pub since: Option<Version>,
}

impl Place {
    /// The kind of the objects; `None` for every kind.
    pub fn kind(self) -> Option<&'static str> {
        Some(match self {
            Any => return None,
            AuthorizationPolicy => "AuthorizationPolicy",
            Deployment => "Deployment",
            Gateway => "Gateway",
            GatewayClass => "GatewayClass",
            HorizontalPodAutoscaler => "HorizontalPodAutoscaler",
            Ingress => "Ingress",
            MutatingWebhookConfiguration => "MutatingWebhookConfiguration",
            Namespace => "Namespace",
            Node => "Node",
            Pod => "Pod",
            PodDisruptionBudget => "PodDisruptionBudget",
            Service => "Service",
            ServiceAccount => "ServiceAccount",
            ServiceEntry => "ServiceEntry",
            WorkloadEntry => "WorkloadEntry",
        })
    }
}

impl KnownKey {
    /// Whether it is read on objects of this kind.
    pub fn is_read_on(&self, kind: &str) -> bool {
        let mut places = self.places.iter().map(|place| place.kind());
        places.any(|place| place.is_none_or(|place| place == kind))
    }

    /// Whether it is read on the pods of workloads, and on the workloads themselves not.
    pub fn belongs_to_pods(&self) -> bool {
        self.is_read_on("Pod") && !self.is_read_on("Deployment")
    }

    /// Whether it decides which proxy takes a pod's traffic.
    pub fn enrols(&self) -> bool {
        matches!(
            self.name,
            "sidecar.istio.io/inject" | "istio.io/rev" | "istio.io/dataplane-mode"
        ) || self.name.starts_with("istio.io/use-waypoint")
    }
}

/// The annotation with this name.
pub fn annotation(name: &str) -> Option<&'static KnownKey> {
    ANNOTATIONS.iter().find(|key| key.name == name)
}

/// The label with this name.
pub fn label(name: &str) -> Option<&'static KnownKey> {
    LABELS.iter().find(|key| key.name == name)
}

/// The annotation or label that an unknown key was most likely meant to be. Only the part after
/// the prefix is compared: prefixes are so alike and so long that every key would be near another.
pub fn suggest(name: &str) -> Option<&'static str> {
    let meant = nearest(last(name), all_keys().map(last))?;
    all_keys().find(|key| last(key) == meant)
}

/// The annotation or label that an unknown key can only be a slip of: in its last part, or in its
/// prefix.
pub fn only_slip(name: &str) -> Option<&'static str> {
    let meant = nearest_slip(last(name), all_keys().map(last))?;
    let mut keys = all_keys().filter(|key| last(key) == meant);
    keys.next().filter(|_| keys.next().is_none())
}

fn all_keys() -> impl Iterator<Item = &'static str> + Clone {
    ANNOTATIONS.iter().chain(LABELS).map(|key| key.name)
}

/// The part after the prefix.
fn last(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, last)| last)
}

/// The ProxyConfig field that an annotation's or label's last part names
/// (`sidecar.istio.io/holdApplicationUntilProxyStarts`): it takes effect only inside
/// `proxy.istio.io/config`.
pub fn proxy_config_field(name: &str) -> Option<&'static str> {
    let (_, word) = name.rsplit_once('/')?;
    PROXY_CONFIG_FIELDS
        .iter()
        .copied()
        .find(|field| field.eq_ignore_ascii_case(word))
}

/// Whether a key is in Istio's part of the name space at all.
pub fn is_istio_key(name: &str) -> bool {
    name.split_once('/')
        .is_some_and(|(prefix, _)| prefix == "istio.io" || prefix.ends_with(".istio.io"))
}

/// Whether a key is written by installers, operators or Istio itself to keep account of what they
/// own, and read by nobody else.
pub fn is_bookkeeping(name: &str) -> bool {
    name.split_once('/')
        .is_some_and(|(prefix, _)| BOOKKEEPING_PREFIXES.contains(&prefix))
        || BOOKKEEPING_KEYS.contains(&name)
}

const BOOKKEEPING_PREFIXES: &[&str] = &[
    "install.operator.istio.io",
    "install.istio.io",
    "operator.istio.io",
    "internal.istio.io",
    "chiron.istio.io",
    "release.istio.io",
];

const BOOKKEEPING_KEYS: &[&str] = &[
    "cni.istio.io/uninitialized",
    "istio.io/config",
    "istio.io/deployed-by",
    "istio.io/inferencepool-extension-failure-mode",
    "istio.io/inferencepool-extension-port",
    "istio.io/inferencepool-extension-service",
    "istio.io/inferencepool-name",
    "istio.io/managed",
    "istio.io/owned-by",
    "istio.io/test-vm",
    "istio.io/test-vm-version",
    "leader.istio.io/holder-key",
    // Of the Secrets that `istioctl create-remote-secret` writes.
    "networking.istio.io/cluster",
    "test.istio.io/mesh-config-hash",
];

const fn key(name: &'static str, places: &'static [Place]) -> KnownKey {
    KnownKey {
        name,
        places,
        deprecated: false,
        since: None,
    }
}

const fn old(name: &'static str, places: &'static [Place]) -> KnownKey {
    KnownKey {
        name,
        places,
        deprecated: true,
        since: None,
    }
}

const fn key_since(name: &'static str, places: &'static [Place], since: Version) -> KnownKey {
    KnownKey {
        name,
        places,
        deprecated: false,
        since: Some(since),
    }
}

const ANNOTATIONS: &[KnownKey] = &[
    key("prometheus.istio.io/merge-metrics", &[Pod]),
    old("alpha.istio.io/kubernetes-serviceaccounts", &[Service]),
    old("alpha.istio.io/canonical-serviceaccounts", &[Service]),
    key("networking.istio.io/exportTo", &[Service]),
    old("sidecar.istio.io/inject", &[Pod]),
    key("sidecar.istio.io/status", &[Pod]),
    key("sidecar.istio.io/rewriteAppHTTPProbers", &[Pod]),
    old("sidecar.istio.io/discoveryAddress", &[Pod]),
    key("sidecar.istio.io/proxyImage", &[Pod]),
    key("sidecar.istio.io/proxyImageType", &[Pod]),
    key("sidecar.istio.io/proxyCPU", &[Pod]),
    key("sidecar.istio.io/proxyCPULimit", &[Pod]),
    key("sidecar.istio.io/proxyMemory", &[Pod]),
    key("sidecar.istio.io/proxyMemoryLimit", &[Pod]),
    key("sidecar.istio.io/interceptionMode", &[Pod]),
    key("sidecar.istio.io/bootstrapOverride", &[Pod]),
    old("sidecar.istio.io/statsInclusionPrefixes", &[Pod]),
    old("sidecar.istio.io/statsInclusionSuffixes", &[Pod]),
    old("sidecar.istio.io/statsInclusionRegexps", &[Pod]),
    key("sidecar.istio.io/statsHistogramBuckets", &[Pod]),
    key("sidecar.istio.io/statsFlushInterval", &[Pod]),
    key("sidecar.istio.io/statsEvictionInterval", &[Pod]),
    key("sidecar.istio.io/statsHistogramBins", &[Pod]),
    key("sidecar.istio.io/userVolume", &[Pod]),
    key("sidecar.istio.io/userVolumeMount", &[Pod]),
    key("status.sidecar.istio.io/port", &[Pod]),
    key("sidecar.istio.io/logLevel", &[Pod]),
    key("sidecar.istio.io/componentLogLevel", &[Pod]),
    key("sidecar.istio.io/agentLogLevel", &[Pod]),
    key_since(
        "sidecar.istio.io/nativeSidecar",
        &[Pod],
        Version::new(1, 24),
    ),
    key(
        "readiness.status.sidecar.istio.io/initialDelaySeconds",
        &[Pod],
    ),
    key("readiness.status.sidecar.istio.io/periodSeconds", &[Pod]),
    key("readiness.status.sidecar.istio.io/failureThreshold", &[Pod]),
    key("readiness.status.sidecar.istio.io/applicationPorts", &[Pod]),
    key("traffic.istio.io/nodeSelector", &[Service]),
    key("traffic.sidecar.istio.io/includeOutboundIPRanges", &[Pod]),
    key("traffic.sidecar.istio.io/excludeOutboundIPRanges", &[Pod]),
    key("traffic.sidecar.istio.io/includeInboundPorts", &[Pod]),
    key("traffic.sidecar.istio.io/excludeInboundPorts", &[Pod]),
    key("traffic.sidecar.istio.io/excludeInterfaces", &[Pod]),
    key("traffic.sidecar.istio.io/includeOutboundPorts", &[Pod]),
    key("traffic.sidecar.istio.io/excludeOutboundPorts", &[Pod]),
    old("traffic.sidecar.istio.io/kubevirtInterfaces", &[Pod]),
    key("kubernetes.io/ingress.class", &[Ingress]),
    key("galley.istio.io/analyze-suppress", &[Any]),
    key("proxy.istio.io/config", &[Pod]),
    key("istio.io/dry-run", &[AuthorizationPolicy]),
    key("istio.io/rev", &[Pod]),
    key("proxy.istio.io/overrides", &[Pod]),
    key("inject.istio.io/templates", &[Pod]),
    old("sidecar.istio.io/extraStatTags", &[Pod]),
    key("istio.io/autoRegistrationGroup", &[WorkloadEntry]),
    key("istio.io/workloadController", &[WorkloadEntry]),
    key("istio.io/connectedAt", &[WorkloadEntry]),
    key("istio.io/disconnectedAt", &[WorkloadEntry]),
    key("topology.istio.io/controlPlaneClusters", &[Namespace]),
    key("gateway.istio.io/controller-version", &[Any]),
    key("ambient.istio.io/redirection", &[Pod]),
    key(
        "ambient.istio.io/waypoint-inbound-binding",
        &[GatewayClass, Gateway],
    ),
    key("gateway.istio.io/service-account", &[Gateway]),
    key("gateway.istio.io/name-override", &[Gateway]),
    key("networking.istio.io/service-type", &[Gateway]),
    key(
        "networking.istio.io/traffic-distribution",
        &[Namespace, Service, ServiceEntry],
    ),
    key(
        "istio.io/use-waypoint-canary-weight",
        &[Service, ServiceEntry, Namespace],
    ),
    key("ambient.istio.io/bypass-inbound-capture", &[Pod]),
    key("istio.io/reroute-virtual-interfaces", &[Pod]),
    key("ambient.istio.io/dns-capture", &[Pod]),
    old("sidecar.istio.io/statsCompression", &[Pod]),
    // Read by the injection template or the gateway controller, in no catalogue.
    key("sidecar.istio.io/capNetBindService", &[Pod]),
    key(
        "gateway.istio.io/agentgatewayImage",
        &[Gateway, GatewayClass],
    ),
    key("networking.istio.io/address-type", &[Gateway]),
    key(
        "ambient.istio.io/xfcc-include-client-identity",
        &[Gateway, GatewayClass, Pod],
    ),
    key("envoyfilter.istio.io/referenced-services", &[Any]),
    key("istio.io/connect-strategy", &[Service, ServiceEntry]),
    key("istio.io/ignore-policy-attachment", &[Any]),
    key("prometheus.istio.io/secure-port", &[Pod]),
    key("proxy.istio.io/health-checks-enabled", &[WorkloadEntry]),
    old("istio.io/for-service-account", &[Gateway]),
];

const LABELS: &[KnownKey] = &[
    old("security.istio.io/tlsMode", &[Pod]),
    key("service.istio.io/canonical-name", &[Pod]),
    key("networking.istio.io/gatewayPort", &[Service]),
    key("service.istio.io/canonical-revision", &[Pod]),
    key("service.istio.io/workload-name", &[Pod, WorkloadEntry]),
    key("istio.io/rev", &[Any]),
    key("istio.io/tag", &[MutatingWebhookConfiguration]),
    key("operator.istio.io/component", &[Any]),
    key("operator.istio.io/managed", &[Any]),
    key("operator.istio.io/version", &[Any]),
    key("topology.istio.io/subzone", &[Node]),
    key("topology.istio.io/network", &[Namespace, Pod, Service]),
    key("topology.istio.io/cluster", &[Pod]),
    key("topology.istio.io/locality", &[Pod]),
    key("sidecar.istio.io/inject", &[Pod]),
    key(
        "gateway.istio.io/managed",
        &[ServiceAccount, Deployment, Service],
    ),
    key(
        "gateway.networking.k8s.io/gateway-name",
        &[
            ServiceAccount,
            Deployment,
            Service,
            PodDisruptionBudget,
            HorizontalPodAutoscaler,
        ],
    ),
    key(
        "gateway.networking.k8s.io/gateway-class-name",
        &[
            ServiceAccount,
            Deployment,
            Service,
            PodDisruptionBudget,
            HorizontalPodAutoscaler,
        ],
    ),
    key("istio.io/dataplane-mode", &[Pod, Namespace]),
    key(
        "istio.io/use-waypoint",
        &[Pod, WorkloadEntry, Service, ServiceEntry, Namespace],
    ),
    key(
        "istio.io/use-waypoint-namespace",
        &[Pod, WorkloadEntry, Service, ServiceEntry, Namespace],
    ),
    key(
        "istio.io/use-waypoint-canary",
        &[Service, ServiceEntry, Namespace],
    ),
    key(
        "istio.io/use-waypoint-canary-namespace",
        &[Service, ServiceEntry, Namespace],
    ),
    key(
        "istio.io/ingress-use-waypoint",
        &[Service, ServiceEntry, Namespace],
    ),
    key("istio.io/waypoint-for", &[GatewayClass, Gateway]),
    key(
        "networking.istio.io/enable-autoallocate-ip",
        &[ServiceEntry],
    ),
    // Read by the control plane, in no catalogue.
    key("networking.istio.io/tunnel", &[Pod, WorkloadEntry]),
    key(
        "experimental.istio.io/disable-gateway-port-translation",
        &[Service],
    ),
    key("gateway.istio.io/defaults-for-class", &[Any]),
    key("istio.io/draining", &[Pod, WorkloadEntry]),
    key("istio.io/global", &[Service]),
    key("istio.io/persistent-session", &[Service]),
    key("istio.io/persistent-session-header", &[Service]),
    old(
        "istio.io/gateway-name",
        &[Pod, Deployment, Service, ServiceAccount],
    ),
];

/// Fields of `istio.mesh.v1alpha1.ProxyConfig`, as written in `proxy.istio.io/config` and
/// `meshConfig.defaultConfig`.
pub const PROXY_CONFIG_FIELDS: &[&str] = &[
    "configPath",
    "binaryPath",
    "serviceCluster",
    "tracingServiceName",
    "drainDuration",
    "discoveryAddress",
    "discoveryRefreshDelay",
    "zipkinAddress",
    "statsdUdpAddress",
    "envoyMetricsServiceAddress",
    "proxyAdminPort",
    "availabilityZone",
    "controlPlaneAuthPolicy",
    "customConfigFile",
    "statNameLength",
    "concurrency",
    "proxyBootstrapTemplatePath",
    "interceptionMode",
    "tracing",
    "sds",
    "envoyAccessLogService",
    "envoyMetricsService",
    "proxyMetadata",
    "runtimeValues",
    "statusPort",
    "extraStatTags",
    "gatewayTopology",
    "terminationDrainDuration",
    "meshId",
    "readinessProbe",
    "proxyStatsMatcher",
    "holdApplicationUntilProxyStarts",
    "caCertificatesPem",
    "image",
    "privateKeyProvider",
    "proxyHeaders",
    "fileFlushInterval",
    "fileFlushMinSizeKb",
    "statsCompression",
    "connectionSettings",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_stands_twice() {
        for table in [ANNOTATIONS, LABELS] {
            let mut names: Vec<_> = table.iter().map(|key| key.name).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all);
            assert!(table.iter().all(|key| !key.places.is_empty()));
        }
    }

    #[test]
    fn known_and_unknown_keys() {
        let native = annotation("sidecar.istio.io/nativeSidecar").unwrap();
        assert_eq!(native.since, Some(Version::new(1, 24)));
        assert!(native.belongs_to_pods() && !native.enrols());
        let mode = label("istio.io/dataplane-mode").unwrap();
        assert!(mode.belongs_to_pods() && mode.enrols());
        assert!(mode.is_read_on("Namespace") && !mode.is_read_on("Service"));
        let revision = label("istio.io/rev").unwrap();
        assert!(!revision.belongs_to_pods());
        assert!(annotation("sidecar.istio.io/inject").unwrap().deprecated);
        assert!(!label("sidecar.istio.io/inject").unwrap().deprecated);
        for unknown in [
            "sidecar.istio.io/holdApplicationUntilProxyStarts",
            "sidecar.istio.io/terminationDrainDuration",
            "proxy.istio.io/holdApplicationUntilProxyStarts",
        ] {
            assert_eq!(annotation(unknown), None);
            assert!(proxy_config_field(unknown).is_some());
        }
    }

    #[test]
    fn suggestions() {
        for (written, meant) in [
            (
                "sidecar.istio.io/rewriteAppHTTPProbes",
                "sidecar.istio.io/rewriteAppHTTPProbers",
            ),
            (
                "sidecar.istio.io/excludeOutboundPorts",
                "traffic.sidecar.istio.io/excludeOutboundPorts",
            ),
            ("proxy.istio.io/inject", "sidecar.istio.io/inject"),
            ("sidecar.istio.io/proxyCpu", "sidecar.istio.io/proxyCPU"),
            ("istio.io/dataplanemode", "istio.io/dataplane-mode"),
        ] {
            assert_eq!(suggest(written), Some(meant), "{written}");
        }
        for own in [
            "sidecar.istio.io/foo",
            "sidecar.istio.io/terminationDrainDuration",
            "security.istio.io/somethingOfMyOwn",
        ] {
            assert_eq!(suggest(own), None, "{own}");
        }
    }

    #[test]
    fn slips() {
        for (written, meant) in [
            ("sidecar.istio.io/proxyCpu", "sidecar.istio.io/proxyCPU"),
            ("sidecar.istio.io/proxyCPUs", "sidecar.istio.io/proxyCPU"),
            (
                "sidecar.istio.io/userVolumes",
                "sidecar.istio.io/userVolume",
            ),
            (
                "sidecar.istio.io/proxyMemoryLimits",
                "sidecar.istio.io/proxyMemoryLimit",
            ),
        ] {
            assert_eq!(suggest(written), Some(meant), "{written}");
            assert_eq!(only_slip(written), Some(meant), "{written}");
        }
        // Inbound and outbound are as near.
        let written = "traffic.sidecar.istio.io/excludebound";
        assert_eq!(only_slip(written), None);
    }

    #[test]
    fn whose_keys() {
        assert!(is_istio_key("sidecar.istio.io/inject"));
        assert!(is_istio_key("istio.io/rev"));
        assert!(!is_istio_key("notistio.io/rev"));
        assert!(!is_istio_key("app"));
        assert!(is_bookkeeping("install.operator.istio.io/owning-resource"));
        assert!(is_bookkeeping("operator.istio.io/component"));
        assert!(!is_bookkeeping("sidecar.istio.io/inject"));
    }
}
