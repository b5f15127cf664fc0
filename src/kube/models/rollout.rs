//! Argo Rollouts.

use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Deserialize;

use crate::kube::istio::resource;

resource! {
    /// `argoproj.io/v1alpha1` Rollout.
    Rollout { spec: RolloutSpec }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RolloutSpec {
    /// Default 1.
    pub replicas: Option<i32>,
    pub selector: Option<LabelSelector>,
    /// Excludes [`workload_ref`](Self::workload_ref).
    pub template: Option<PodTemplateSpec>,
    pub workload_ref: Option<WorkloadRef>,
    pub strategy: Option<RolloutStrategy>,
    /// Seconds.
    pub min_ready_seconds: Option<i32>,
    /// Seconds; default 600.
    pub progress_deadline_seconds: Option<i32>,
    pub progress_deadline_abort: Option<bool>,
    pub revision_history_limit: Option<i32>,
    pub paused: Option<bool>,
}

/// The object whose pod template the Rollout takes over.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadRef {
    pub api_version: Option<String>,
    pub kind: Option<String>,
    pub name: Option<String>,
    /// `never`, `onsuccess` or `progressively`.
    pub scale_down: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RolloutStrategy {
    pub canary: Option<CanaryStrategy>,
    pub blue_green: Option<BlueGreenStrategy>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CanaryStrategy {
    /// Default 25%.
    pub max_surge: Option<IntOrString>,
    /// Default 25%.
    pub max_unavailable: Option<IntOrString>,
    pub canary_service: Option<String>,
    pub stable_service: Option<String>,
    pub steps: Option<Vec<serde_json::Value>>,
    pub traffic_routing: Option<serde_json::Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BlueGreenStrategy {
    pub active_service: Option<String>,
    pub preview_service: Option<String>,
    /// Default: as many as the active side.
    pub preview_replica_count: Option<i32>,
    /// Default 0.
    pub max_unavailable: Option<IntOrString>,
    pub auto_promotion_enabled: Option<bool>,
    pub auto_promotion_seconds: Option<i32>,
    /// Seconds; default 30.
    pub scale_down_delay_seconds: Option<i32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_canary_over_a_deployment() {
        let rollout: Rollout = serde_json::from_str(
            r#"{"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout","metadata":{"name":"web"},
                "spec":{"replicas":4,"workloadRef":{"kind":"Deployment","name":"web"},
                "strategy":{"canary":{"maxSurge":"50%","maxUnavailable":0,"steps":[{"setWeight":20}]}}}}"#,
        )
        .unwrap();
        let spec = rollout.spec.unwrap();
        let canary = spec.strategy.unwrap().canary.unwrap();
        assert_eq!(canary.max_surge, Some(IntOrString::String("50%".into())));
        assert_eq!(canary.steps.map(|steps| steps.len()), Some(1));
        assert_eq!(spec.workload_ref.unwrap().name.as_deref(), Some("web"));
    }
}
