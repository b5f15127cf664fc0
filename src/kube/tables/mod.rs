//! Facts about Kubernetes and Istio as tables.

pub mod generators;
pub mod istio_catalogue;
pub mod kinds;
mod object_values;
pub mod removed;
pub mod values;
pub mod wrong_fields;
