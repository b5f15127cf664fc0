//! Istio's resources.
//!
//! The resources of networking, security and telemetry are modelled whole, after the schemas of their CRDs,
//! so that a field they do not have can be told; not those of Envoy's own configuration (EnvoyFilter,
//! WasmPlugin). The mesh configuration has what rules ask for. CRDs know camel case only; the mesh
//! configuration is protobuf JSON and takes snake case too. What Istio demands of fields together is in
//! `kube::demands::istio`.

#![allow(
    missing_docs,
    reason = "fields are named as in Istio's API reference; only what that leaves open is said here"
)]

pub mod authorization_policy;
pub mod connection_pool;
pub mod destination_rule;
pub mod duration;
pub mod gateway;
pub mod injection;
pub mod mesh_config;
pub mod peer_authentication;
pub mod proxy_config;
pub mod proxy_config_object;
pub mod proxy_messages;
pub mod request_authentication;
pub mod selector;
pub mod service_entry;
pub mod sidecar;
pub mod telemetry;
pub mod virtual_service;
pub mod workload_group;

#[cfg(test)]
mod tests;

pub use authorization_policy::AuthorizationPolicy;
pub use destination_rule::DestinationRule;
pub use duration::{IstioDuration, IstioDurationOfAnySign, IstioDurationOrZero};
pub use gateway::Gateway;
pub use mesh_config::{IstioOperator, MeshConfig};
pub use peer_authentication::PeerAuthentication;
pub use proxy_config::ProxyConfig;
pub use proxy_config_object::ProxyConfigObject;
pub use request_authentication::RequestAuthentication;
pub use service_entry::ServiceEntry;
pub use sidecar::Sidecar;
pub use telemetry::Telemetry;
pub use virtual_service::VirtualService;
pub use workload_group::{WorkloadEntryObject, WorkloadGroup};

/// The newest release whose fields are known.
pub const NEWEST: crate::units::Version = crate::units::Version::new(1, 32);

/// The groups, kinds and versions that Istio's CRDs serve, the preferred version first
/// (istio.io/api 1.32, `kubernetes/customresourcedefinitions.gen.yaml`).
pub const SERVED: &[(&str, &str, &[&str])] = &[
    ("extensions.istio.io", "TrafficExtension", &["v1alpha1"]),
    ("extensions.istio.io", "WasmPlugin", &["v1alpha1"]),
    ("networking.istio.io", "DestinationRule", NETWORKING),
    ("networking.istio.io", "EnvoyFilter", &["v1alpha3"]),
    ("networking.istio.io", "Gateway", NETWORKING),
    ("networking.istio.io", "ProxyConfig", &["v1beta1"]),
    ("networking.istio.io", "ServiceEntry", NETWORKING),
    ("networking.istio.io", "Sidecar", NETWORKING),
    ("networking.istio.io", "VirtualService", NETWORKING),
    ("networking.istio.io", "WorkloadEntry", NETWORKING),
    ("networking.istio.io", "WorkloadGroup", NETWORKING),
    ("security.istio.io", "AuthorizationPolicy", SECURITY),
    ("security.istio.io", "PeerAuthentication", SECURITY),
    ("security.istio.io", "RequestAuthentication", SECURITY),
    ("telemetry.istio.io", "Telemetry", &["v1", "v1alpha1"]),
];
const NETWORKING: &[&str] = &["v1", "v1beta1", "v1alpha3"];
const SECURITY: &[&str] = &["v1", "v1beta1"];

/// A whole object around its spec. `status` is accepted and not looked into.
macro_rules! resource {
    ($(#[$doc:meta])* $name:ident { spec: $spec:ty }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, serde::Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct $name {
            pub api_version: Option<String>,
            pub kind: Option<String>,
            pub metadata: k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
            pub spec: Option<$spec>,
            pub status: Option<serde_json::Value>,
        }
    };
}
pub(crate) use resource;
