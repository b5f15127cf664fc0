//! ProxyConfig as an object of its own; its fields are few of those that the annotation takes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::resource;
use super::selector::WorkloadMatch;

resource! {
    /// `networking.istio.io` v1beta1.
    ProxyConfigObject { spec: ProxyConfigSpec }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProxyConfigSpec {
    pub selector: Option<WorkloadMatch>,
    pub concurrency: Option<i32>,
    pub environment_variables: BTreeMap<String, String>,
    pub image: Option<ProxyImageType>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProxyImageType {
    pub image_type: Option<String>,
}
