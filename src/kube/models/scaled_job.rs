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
    /// The old place of [`rollout`](Self::rollout)'s strategy, which counts before it.
    pub rollout_strategy: Option<String>,
    pub rollout: Option<JobRollout>,
}

/// What becomes of running Jobs when the ScaledJob changes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobRollout {
    /// `gradual` keeps them; `immediate` and everything else deletes them.
    pub strategy: Option<String>,
}

impl ScaledJobSpec {
    /// Whether running Jobs outlive a change of the ScaledJob (`deletePreviousVersionScaleJobs` of
    /// KEDA's `scaledjob_controller.go`).
    pub fn keeps_running_jobs(&self) -> bool {
        let own = self.rollout.as_ref();
        let own = own.and_then(|rollout| rollout.strategy.as_deref());
        let old = self.rollout_strategy.as_deref();
        old.filter(|text| !text.is_empty()).or(own) == Some("gradual")
    }
}

#[cfg(test)]
mod tests {
    use crate::kube::ContainerRef;
    use std::sync::Arc;

    use crate::kube::{Workload, WorkloadKind};
    use crate::settings::Settings;
    use crate::source::{NewSource, Role, Scope, Sources};

    #[test]
    fn the_old_field_counts_before_the_new_one() {
        for (spec, keeps) in [
            ("{}", false),
            (r#"{"rollout":{"strategy":"gradual"}}"#, true),
            (r#"{"rollout":{"strategy":"immediate"}}"#, false),
            (r#"{"rolloutStrategy":"gradual"}"#, true),
            (
                r#"{"rolloutStrategy":"default","rollout":{"strategy":"gradual"}}"#,
                false,
            ),
            (
                r#"{"rolloutStrategy":"","rollout":{"strategy":"gradual"}}"#,
                true,
            ),
        ] {
            let spec: super::ScaledJobSpec = serde_json::from_str(spec).unwrap();
            assert_eq!(spec.keeps_running_jobs(), keeps, "{spec:?}");
        }
    }

    #[test]
    fn its_pods_are_those_of_the_job_that_it_makes() {
        let text = "apiVersion: keda.sh/v1alpha1\nkind: ScaledJob\nmetadata: {name: render}\nspec:\n  \
                    jobTargetRef:\n    template:\n      metadata: {labels: {app: render}}\n      \
                    spec: {containers: [{name: render, image: a:1}]}\n";
        let mut sources = Sources::default();
        sources.push(NewSource {
            path: "a.yaml".to_owned(),
            root_path: "a.yaml".to_owned(),
            text: Arc::from(text),
            invalid_utf8: None,
            role: Role::Named,
            scope: Scope(Arc::from("")),
        });
        let inventory = crate::inventory::Inventory::read(&sources, &Settings::default());
        let workload: Workload<'_> = inventory.workloads().next().expect("a workload");
        assert_eq!(workload.kind(), WorkloadKind::ScaledJob);
        assert!(!workload.is_long_running());
        let names: Vec<&str> = workload
            .template()
            .main_containers()
            .map(ContainerRef::name)
            .collect();
        assert_eq!(names, ["render"]);
        assert!(workload.template().spec_node().is_some());
        assert_eq!(
            workload.template().labels().get("app").map(String::as_str),
            Some("render")
        );
    }
}
