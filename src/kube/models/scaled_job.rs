//! KEDA's ScaledJob.

use k8s_openapi::api::batch::v1::JobSpec;
use serde::Deserialize;

use crate::kube::istio::resource;

resource! {
    /// `keda.sh/v1alpha1` ScaledJob: one Job for each piece of work, or for several.
    ScaledJob { spec: ScaledJobSpec }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScaledJobSpec {
    pub job_target_ref: Option<JobSpec>,
}
