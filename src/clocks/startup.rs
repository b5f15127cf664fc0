//! From the start of a container to a finished rollout.

use super::{Clocks, annotation};
use crate::kube::{ContainerRef, Workload, WorkloadKind};
use crate::lifecycle::{Term, startup};
use crate::yaml::Node;

impl Clocks<'_> {
    /// The declared start-up time of a container of the workload.
    pub fn declared_start(
        &self,
        workload: Workload<'_>,
        container: ContainerRef<'_>,
    ) -> Option<Term> {
        let stated = annotation(workload, container, startup::ANNOTATION).and_then(Node::text);
        startup::declared(container.data, stated, &self.settings.lifecycle)
    }

    /// `minReadySeconds` and `progressDeadlineSeconds` of the kinds that have a deadline; `None`
    /// also where one of them is not known.
    pub fn rollout_times(&self, workload: Workload<'_>) -> Option<(Option<i32>, Option<i32>)> {
        let has_deadline = matches!(
            workload.kind(),
            WorkloadKind::Deployment | WorkloadKind::Rollout
        );
        let object = workload.object();
        let is_unknown = ["minReadySeconds", "progressDeadlineSeconds"]
            .iter()
            .any(|field| {
                let path = format!("spec.{field}");
                object.field(&["spec", field]).is_unknown()
                    || self
                        .inventory
                        .is_always_set_elsewhere(object, object.node(), &path)
            });
        if is_unknown || !has_deadline {
            return None;
        }
        Some((
            workload.min_ready_seconds(),
            workload.progress_deadline_seconds(),
        ))
    }
}
