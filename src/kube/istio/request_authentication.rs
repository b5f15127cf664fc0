//! RequestAuthentication: which tokens of users a workload accepts.

use serde::Deserialize;

use super::duration::IstioDuration;
use super::resource;
use super::selector::{TargetReference, WorkloadMatch};

resource! {
    /// `security.istio.io` v1 and v1beta1.
    RequestAuthentication { spec: RequestAuthenticationSpec }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestAuthenticationSpec {
    pub selector: Option<WorkloadMatch>,
    pub target_ref: Option<TargetReference>,
    pub target_refs: Vec<TargetReference>,
    pub jwt_rules: Vec<JwtRule>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JwtRule {
    pub issuer: Option<String>,
    pub audiences: Vec<String>,
    pub jwks_uri: Option<String>,
    /// The schema has this name in both spellings.
    #[serde(rename = "jwks_uri")]
    pub jwks_uri_snake: Option<String>,
    /// The keys themselves, as JSON.
    pub jwks: Option<String>,
    pub from_headers: Vec<JwtHeader>,
    pub from_params: Vec<String>,
    pub from_cookies: Vec<String>,
    pub output_payload_to_header: Option<String>,
    pub forward_original_token: Option<bool>,
    pub output_claim_to_headers: Vec<ClaimToHeader>,
    pub space_delimited_claims: Vec<String>,
    pub timeout: Option<IstioDuration>,
    /// Since Istio 1.32.
    pub presence: Option<JwtPresence>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JwtPresence {
    Optional,
    Required,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JwtHeader {
    pub name: Option<String>,
    pub prefix: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimToHeader {
    pub header: Option<String>,
    pub claim: Option<String>,
}
