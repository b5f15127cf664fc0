//! AuthorizationPolicy: who may send what to a workload.

use serde::Deserialize;

use super::resource;
use super::selector::{TargetReference, WorkloadMatch};

resource! {
    /// `security.istio.io` v1 and v1beta1.
    AuthorizationPolicy { spec: AuthorizationPolicySpec }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthorizationPolicySpec {
    pub selector: Option<WorkloadMatch>,
    pub target_ref: Option<TargetReference>,
    pub target_refs: Vec<TargetReference>,
    pub rules: Vec<AuthorizationRule>,
    /// Default `ALLOW`.
    pub action: Option<AuthorizationAction>,
    pub provider: Option<AuthorizationProvider>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthorizationAction {
    Allow,
    Deny,
    Audit,
    Custom,
}

/// The extension that decides, with `CUSTOM`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthorizationProvider {
    pub name: Option<String>,
}

/// All three must match.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthorizationRule {
    pub from: Vec<AuthorizationFrom>,
    pub to: Vec<AuthorizationTo>,
    pub when: Vec<AuthorizationCondition>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthorizationFrom {
    pub source: Option<AuthorizationSource>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthorizationSource {
    pub principals: Vec<String>,
    pub not_principals: Vec<String>,
    pub request_principals: Vec<String>,
    pub not_request_principals: Vec<String>,
    pub namespaces: Vec<String>,
    pub not_namespaces: Vec<String>,
    pub service_accounts: Vec<String>,
    pub not_service_accounts: Vec<String>,
    pub trust_domains: Vec<String>,
    pub not_trust_domains: Vec<String>,
    pub ip_blocks: Vec<String>,
    pub not_ip_blocks: Vec<String>,
    pub remote_ip_blocks: Vec<String>,
    pub not_remote_ip_blocks: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthorizationTo {
    pub operation: Option<AuthorizationOperation>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthorizationOperation {
    pub hosts: Vec<String>,
    pub not_hosts: Vec<String>,
    /// Numbers, as texts.
    pub ports: Vec<String>,
    pub not_ports: Vec<String>,
    pub methods: Vec<String>,
    pub not_methods: Vec<String>,
    pub paths: Vec<String>,
    pub not_paths: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthorizationCondition {
    pub key: Option<String>,
    pub values: Vec<String>,
    pub not_values: Vec<String>,
}
