//! PeerAuthentication: whether a workload takes plain text.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::resource;
use super::selector::WorkloadMatch;

resource! {
    /// `security.istio.io` v1 and v1beta1.
    PeerAuthentication { spec: PeerAuthenticationSpec }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PeerAuthenticationSpec {
    pub selector: Option<WorkloadMatch>,
    pub mtls: Option<MutualTls>,
    /// By port number, as text.
    pub port_level_mtls: BTreeMap<String, MutualTls>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MutualTls {
    pub mode: Option<MutualTlsMode>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MutualTlsMode {
    Unset,
    Disable,
    Permissive,
    Strict,
}
