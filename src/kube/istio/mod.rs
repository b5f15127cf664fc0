//! Istio's resources.
//!
//! DestinationRule, VirtualService, PeerAuthentication, Telemetry and Sidecar are modelled whole,
//! after the schemas of their CRDs, so that a field they do not have can be told. The others have
//! what rules ask for. CRDs know camel case only; the mesh configuration is protobuf JSON and takes
//! snake case too.

#![allow(
    missing_docs,
    reason = "fields are named as in Istio's API reference; only what that leaves open is said here"
)]

pub mod connection_pool;
pub mod destination_rule;
pub mod duration;
pub mod mesh_config;
pub mod peer_authentication;
pub mod proxy_config;
pub mod selector;
pub mod service_entry;
pub mod sidecar;
pub mod telemetry;
pub mod virtual_service;

#[cfg(test)]
mod tests;

pub use destination_rule::DestinationRule;
pub use duration::{IstioDuration, IstioDurationOrZero};
pub use mesh_config::{IstioOperator, MeshConfig};
pub use peer_authentication::PeerAuthentication;
pub use proxy_config::ProxyConfig;
pub use service_entry::ServiceEntry;
pub use sidecar::Sidecar;
pub use telemetry::Telemetry;
pub use virtual_service::VirtualService;

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
