//! Knative's Service.

use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde::Deserialize;

use crate::kube::istio::resource;

resource! {
    /// `serving.knative.dev` v1 and v1beta1 Service; Configuration has the same template.
    KnativeService { spec: KnativeServiceSpec }
}

/// The template's spec is a pod's, plus Knative's own fields (`containerConcurrency`,
/// `timeoutSeconds`). Hooks, the grace period, the restart policy and readiness gates are refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KnativeServiceSpec {
    pub template: Option<PodTemplateSpec>,
}
