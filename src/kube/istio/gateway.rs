//! Gateway: the ports, hosts and certificates of a proxy at the edge of the mesh.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::resource;
use super::sidecar::ServerTls;

resource! {
    /// `networking.istio.io` v1, v1beta1 and v1alpha3, which share one schema.
    Gateway { spec: GatewaySpec }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewaySpec {
    pub servers: Vec<GatewayServer>,
    /// Labels of the proxies' pods.
    pub selector: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayServer {
    pub port: Option<GatewayPort>,
    /// An address, or `unix://` and a path.
    pub bind: Option<String>,
    /// `dnsName` or `namespace/dnsName`.
    pub hosts: Vec<String>,
    pub tls: Option<ServerTls>,
    pub default_endpoint: Option<String>,
    pub name: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayPort {
    pub number: Option<u32>,
    pub protocol: Option<String>,
    pub name: Option<String>,
    pub target_port: Option<u32>,
}
