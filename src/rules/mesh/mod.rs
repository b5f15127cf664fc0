//! Rules of the category `mesh`.

mod app_clock;
pub(super) mod deprecated_inject_annotation;
pub(super) mod destination_rule_conflict;
pub(super) mod drain_exceeds_grace_period;
pub(super) mod grpc_connection_churn;
pub(super) mod grpc_not_load_balanced;
pub(super) mod grpc_port_not_declared;
pub(super) mod ignored_outlier_field;
pub(super) mod ineffective_istio_annotation;
pub(super) mod invalid_proxy_config;
mod metadata;
pub(super) mod missing_circuit_breaker;
pub(super) mod missing_hold_application;
pub(super) mod missing_mtls_policy;
pub(super) mod missing_retry_policy;
pub(super) mod missing_tracing;
pub(super) mod mtls_disabled;
mod native;
mod other_sidecar;
pub(super) mod outlier_ejection_unbounded;
mod policy;
pub(super) mod probe_rewrite_disabled;
mod proxy_config;
pub(super) mod sidecar_exits_before_app;
pub(super) mod subset_selects_nothing;
pub(super) mod unresolved_destination;
pub(super) mod unsafe_retry_policy;
