//! KEDA's ScaledObject.

use serde::Deserialize;

use crate::kube::istio::resource;

resource! {
    /// `keda.sh/v1alpha1` ScaledObject.
    ScaledObject { spec: ScaledObjectSpec }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScaledObjectSpec {
    pub scale_target_ref: Option<ScaleTarget>,
    /// Default 0; the HorizontalPodAutoscaler that KEDA makes has at least 1.
    pub min_replica_count: Option<i32>,
    /// Default 100.
    pub max_replica_count: Option<i32>,
    /// What an idle workload is scaled to; less than the minimum.
    pub idle_replica_count: Option<i32>,
    /// Seconds.
    pub cooldown_period: Option<i32>,
    /// Seconds.
    pub polling_interval: Option<i32>,
    pub triggers: Option<Vec<serde_json::Value>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScaleTarget {
    pub api_version: Option<String>,
    /// Default Deployment.
    pub kind: Option<String>,
    pub name: Option<String>,
    pub env_source_container_name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_target_and_its_bounds() {
        let object: ScaledObject = serde_json::from_str(
            r#"{"spec":{"scaleTargetRef":{"name":"web"},"minReplicaCount":2,
                "triggers":[{"type":"cpu","metadata":{"value":"60"}}]}}"#,
        )
        .unwrap();
        let spec = object.spec.unwrap();
        assert_eq!(spec.min_replica_count, Some(2));
        assert_eq!(spec.scale_target_ref.unwrap().name.as_deref(), Some("web"));
    }
}
