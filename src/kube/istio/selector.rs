//! What several resources use to name workloads or other objects.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Labels of the pods a resource applies to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadMatch {
    pub match_labels: BTreeMap<String, String>,
}

/// An object of the same namespace that a resource applies to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TargetReference {
    pub group: Option<String>,
    pub kind: Option<String>,
    pub name: Option<String>,
    pub namespace: Option<String>,
}

/// A port by its number.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PortSelector {
    pub number: Option<u32>,
}

/// A service, or a subset of it, that takes the traffic.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Destination {
    /// Short, namespaced or fully qualified; short names are of the resource's own namespace.
    pub host: Option<String>,
    pub subset: Option<String>,
    pub port: Option<PortSelector>,
}
