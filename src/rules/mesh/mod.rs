//! Rules of the category `mesh`.

pub(super) mod ineffective_istio_annotation;
pub(super) mod missing_circuit_breaker;
pub(super) mod missing_hold_application;
