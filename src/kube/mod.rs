//! Documents → Kubernetes objects: typed data together with the nodes it was read from.
//!
//! A rule reads a field by type and points at it by node. What the typed value cannot tell (a value
//! that was set aside, a placeholder) the object tells by node: see [`Object::is_unknown`].

mod body;
mod check;
mod demands;
mod fault;
pub mod gateway_api;
mod intent;
pub mod istio;
mod load_balancer;
pub mod models;
mod object;
mod part;
mod proxy_annotation;
mod read;
mod selector;
mod strategy;
pub mod tables;
mod workload;

pub use check::forms::from_base64 as decoded;
pub use check::{KubeCheck, is_placeholder};
pub use fault::{Fault, FaultRule};
pub use intent::{
    is_applied_by_command, is_explained, mentions, says_bad_on_purpose, says_installed_elsewhere,
    says_needless,
};
pub use load_balancer::{Checks, GatewayClass, IngressClass, LoadBalancer};
pub use object::{Body, Field, Object, OpaqueReason, Part, is_sealed};
pub use proxy_annotation::{PROXY_CONFIG_ANNOTATION, ProxyAnnotation};
pub use read::{BrokenDocument, DroppedText, Manifests, read_source};
pub use selector::{Match, Selector};
pub use strategy::{Strategy, StrategyForm};
pub use workload::{
    ContainerRef, ContainerRole, ISTIO_PROXY, PodTemplate, Workload, WorkloadBody, WorkloadKind,
};
