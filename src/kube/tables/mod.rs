//! Facts about Kubernetes and Istio as tables.

pub mod generators;
pub mod groups;
pub mod istio_catalogue;
pub mod kinds;
pub mod removed;
pub mod values;
pub mod wrong_fields;
