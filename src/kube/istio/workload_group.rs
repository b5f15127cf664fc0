//! WorkloadEntry and WorkloadGroup: workloads outside of Kubernetes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::resource;
use super::service_entry::WorkloadEntry;

resource! {
    /// `networking.istio.io` v1, v1beta1 and v1alpha3, which share one schema.
    WorkloadEntryObject { spec: WorkloadEntry }
}

resource! {
    /// `networking.istio.io` v1, v1beta1 and v1alpha3, which share one schema.
    WorkloadGroup { spec: WorkloadGroupSpec }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadGroupSpec {
    pub metadata: Option<WorkloadGroupMetadata>,
    /// Its address is filled in.
    pub template: Option<WorkloadGroupTemplate>,
    pub probe: Option<WorkloadGroupProbe>,
}

/// Labels and annotations of the WorkloadEntries.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadGroupMetadata {
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadGroupTemplate {
    pub address: Option<String>,
    pub ports: BTreeMap<String, u32>,
    pub labels: BTreeMap<String, String>,
    pub network: Option<String>,
    pub locality: Option<String>,
    pub weight: Option<u32>,
    pub service_account: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadGroupProbe {
    pub initial_delay_seconds: Option<i32>,
    pub timeout_seconds: Option<i32>,
    pub period_seconds: Option<i32>,
    pub success_threshold: Option<i32>,
    pub failure_threshold: Option<i32>,
    pub http_get: Option<WorkloadGroupHttpGet>,
    pub tcp_socket: Option<WorkloadGroupTcpSocket>,
    pub exec: Option<WorkloadGroupExec>,
    pub grpc: Option<WorkloadGroupGrpc>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadGroupHttpGet {
    pub path: Option<String>,
    pub port: Option<u32>,
    pub host: Option<String>,
    pub scheme: Option<String>,
    pub http_headers: Vec<WorkloadGroupHeader>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadGroupHeader {
    pub name: Option<String>,
    pub value: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadGroupTcpSocket {
    pub host: Option<String>,
    pub port: Option<u32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadGroupExec {
    pub command: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadGroupGrpc {
    pub port: Option<u32>,
    pub service: Option<String>,
}
