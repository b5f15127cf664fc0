//! The pods that a PodDisruptionBudget selects.

use crate::inventory::Replicas;
use crate::kube::{Object, Workload, WorkloadKind};
use crate::lifecycle::Amount;
use crate::lifecycle::disruption::{Budget, Pods};
use crate::rules::Context;

/// What a budget selects.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the pods"
)]
pub(super) struct Selected {
    /// How many workloads are certainly selected.
    pub(super) total: usize,
    /// Whether there may be others: the sum is then unknown. A workload elsewhere in the repository
    /// that only happens to carry the same labels does not count.
    pub(super) is_sum_open: bool,
    /// Whether, of what may be selected, something runs, or nothing is in view.
    pub(super) may_run: bool,
    /// Whether some number of pods is unknown.
    is_unknown: bool,
    /// The fewest pods of workloads with a number of replicas.
    scaled: u32,
    /// The most of them.
    most: u32,
    /// Pods without a controller in view.
    bare: u32,
    /// Pods of workloads without a number of replicas: as many as there are nodes, or as a Job
    /// happens to run.
    is_uncountable: bool,
    /// Whether `kubectl drain` evicts some: it passes DaemonSet pods by; other programs do not.
    pub(super) is_drained: bool,
}

impl Selected {
    pub(super) fn of(cx: &Context<'_>, object: &Object) -> Self {
        let mut selected = Self::default();
        let mut is_empty = true;
        for (workload, relation) in cx.inventory.selects(object) {
            is_empty = false;
            if relation.is_firm() {
                selected.add(cx, workload);
            } else {
                selected.is_sum_open |= relation.is_near() || relation.same_named_namespace;
            }
            // Asked for only where none is certainly selected.
            selected.may_run |= selected.total == 0 && !cx.inventory.replicas(workload).is_parked();
        }
        selected.may_run |= is_empty;
        selected
    }

    fn add(&mut self, cx: &Context<'_>, workload: Workload<'_>) {
        self.total += 1;
        self.is_drained |= workload.kind() != WorkloadKind::DaemonSet;
        match (workload.kind(), cx.inventory.replicas(workload)) {
            // How many its controller keeps is not in view.
            (WorkloadKind::Pod, _) if workload.controller().is_some() => self.is_unknown = true,
            (WorkloadKind::Pod, _) => self.bare = self.bare.saturating_add(1),
            (
                WorkloadKind::DaemonSet
                | WorkloadKind::Job
                | WorkloadKind::CronJob
                | WorkloadKind::ScaledJob,
                _,
            ) => {
                self.is_uncountable = true;
            }
            (_, Replicas::Parked) => {}
            (_, Replicas::Known { count, most, .. }) => {
                match (u32::try_from(count), u32::try_from(most)) {
                    (Ok(count), Ok(most)) => {
                        self.scaled = self.scaled.saturating_add(count);
                        self.most = self.most.saturating_add(most);
                    }
                    _ => self.is_unknown = true,
                }
            }
            (_, Replicas::Unknown) => self.is_unknown = true,
        }
    }

    /// The same where autoscalers keep the most.
    pub(super) fn most(&self) -> Pods {
        Pods::Scaled(self.most)
    }

    /// The fewest pods of all selected workloads together; `None` where some number is unknown that the
    /// budget hangs on, or where all are parked.
    pub(super) fn pods(&self, budget: Budget) -> Option<Pods> {
        if self.is_unknown {
            return None;
        }
        let sum = self.scaled.saturating_add(self.bare);
        if self.is_uncountable {
            let is_whole_number = matches!(budget, Budget::MinAvailable(Amount::Count(_)));
            return (!is_whole_number).then_some(Pods::Unscaled(sum.saturating_add(1)));
        }
        match (self.scaled, self.bare) {
            (0, 0) => None,
            (count, 0) => Some(Pods::Scaled(count)),
            _ => Some(Pods::Unscaled(sum)),
        }
    }
}
