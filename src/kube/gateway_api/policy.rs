//! ReferenceGrant and BackendTLSPolicy.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::gateway::GroupKindName;
use crate::kube::istio::resource;

resource! {
    /// `ReferenceGrant`
    ReferenceGrant { spec: ReferenceGrantSpec }
}

resource! {
    /// `BackendTLSPolicy`
    BackendTlsPolicy { spec: BackendTlsPolicySpec }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReferenceGrantSpec {
    pub from: Vec<ReferenceGrantFrom>,
    pub to: Vec<GroupKindName>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReferenceGrantFrom {
    pub group: Option<String>,
    pub kind: Option<String>,
    pub namespace: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackendTlsPolicySpec {
    pub options: BTreeMap<String, String>,
    pub target_refs: Vec<PolicyTargetReference>,
    pub validation: Option<BackendTlsValidation>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyTargetReference {
    pub group: Option<String>,
    pub kind: Option<String>,
    pub name: Option<String>,
    pub section_name: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackendTlsValidation {
    pub ca_certificate_refs: Vec<GroupKindName>,
    pub hostname: Option<String>,
    pub subject_alt_names: Vec<SubjectAltName>,
    #[serde(rename = "wellKnownCACertificates")]
    pub well_known_ca_certificates: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubjectAltName {
    pub hostname: Option<String>,
    pub r#type: Option<SubjectAltNameType>,
    pub uri: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum SubjectAltNameType {
    Hostname,
    #[serde(rename = "URI")]
    Uri,
}
