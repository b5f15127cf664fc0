//! OpenShift's DeploymentConfig.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Deserialize;

use crate::kube::istio::resource;

resource! {
    /// `apps.openshift.io/v1` DeploymentConfig, also served as `v1`.
    DeploymentConfig { spec: DeploymentConfigSpec }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentConfigSpec {
    pub replicas: Option<i32>,
    /// Plain labels; defaults to the template's.
    pub selector: BTreeMap<String, String>,
    pub template: Option<PodTemplateSpec>,
    pub strategy: Option<DeploymentConfigStrategy>,
    /// Seconds.
    pub min_ready_seconds: Option<i32>,
    pub paused: Option<bool>,
    /// A run that is scaled down to 0 when it ends.
    pub test: Option<bool>,
    pub triggers: Option<Vec<serde_json::Value>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentConfigStrategy {
    /// `Rolling` (the default), `Recreate` or `Custom`.
    pub r#type: Option<String>,
    pub rolling_params: Option<RollingParams>,
    pub recreate_params: Option<RecreateParams>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RollingParams {
    /// Default 25%.
    pub max_surge: Option<IntOrString>,
    /// Default 25%.
    pub max_unavailable: Option<IntOrString>,
    /// Seconds; default 600.
    pub timeout_seconds: Option<i64>,
    pub interval_seconds: Option<i64>,
    pub update_period_seconds: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RecreateParams {
    /// Seconds; default 600.
    pub timeout_seconds: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selector_is_a_plain_map() {
        let config: DeploymentConfig = serde_json::from_str(
            r#"{"spec":{"selector":{"app":"web"},"strategy":{"type":"Rolling",
                "rollingParams":{"maxUnavailable":"25%","maxSurge":1}}}}"#,
        )
        .unwrap();
        let spec = config.spec.unwrap();
        assert_eq!(spec.selector.get("app").map(String::as_str), Some("web"));
        let rolling = spec.strategy.unwrap().rolling_params.unwrap();
        assert_eq!(rolling.max_surge, Some(IntOrString::Int(1)));
    }
}
