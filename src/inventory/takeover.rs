//! Who answers while a pod goes.

use std::collections::HashSet;

use k8s_openapi::api::core::v1::PodSpec;

use super::matching::pod_selector;
use super::programs::runs_keeper;
use super::{Inventory, Relation, Serving};
use crate::kube::{Object, Selector, Strategy, Workload, WorkloadKind};
use crate::lifecycle::rollout::{InvalidStrategy, Rollout};

/// So many objects that stand elsewhere are looked at: they can only silence a rule.
const FEW_FAR: usize = 100;

impl Inventory {
    /// Whether another endpoint can answer while one of the workload's pods goes: a second pod, one
    /// that a rollout starts before, or another workload behind the same Services. A number of
    /// replicas that is not known may be more than one.
    pub fn is_taken_over(&self, workload: Workload<'_>) -> bool {
        let by_kind = match workload.kind() {
            WorkloadKind::DaemonSet | WorkloadKind::KnativeService => true,
            WorkloadKind::Pod => false,
            kind => match self.replicas(workload).count() {
                Some(1) if kind == WorkloadKind::StatefulSet || runs_keeper(workload) => false,
                Some(1) => {
                    let rollout = self.rollout(workload, 1);
                    // What nobody can judge may start a pod first.
                    let surges =
                        rollout.map(|it| it.is_ok_and(|rollout| !rollout.may_leave_none()));
                    let replaces = !matches!(
                        kind,
                        WorkloadKind::ReplicaSet | WorkloadKind::ReplicationController
                    );
                    surges.unwrap_or(replaces) && !self.stands_in_the_way(workload)
                }
                _ => true,
            },
        };
        by_kind || self.has_sure_stand_ins(workload, &self.serving(workload))
    }

    /// What the workload's strategy does to so many replicas; `None` where no rule can judge it.
    pub fn rollout(
        &self,
        workload: Workload<'_>,
        replicas: u32,
    ) -> Option<Result<Rollout, InvalidStrategy>> {
        let strategy = workload.strategy();
        if strategy.is_unknown() || self.is_strategy_patched(workload, strategy) {
            return None;
        }
        let version = self.settings(workload.object()).kubernetes_version;
        Rollout::of(strategy.form, replicas, version).transpose()
    }

    fn is_strategy_patched(&self, workload: Workload<'_>, strategy: Strategy<'_>) -> bool {
        let object = workload.object();
        strategy
            .paths()
            .any(|path| self.is_set_elsewhere(object, object.node(), &path))
    }

    /// Whether other workloads may answer the same requests: every Service of this one also selects
    /// another that runs. Two of one name are variants of which one is deployed. Where none of its
    /// Services is deployed with it, one that stands elsewhere says whom it stands together with.
    pub fn has_stand_ins(&self, workload: Workload<'_>, serving: &Serving<'_>) -> bool {
        let mut services = serving.services().peekable();
        if services.peek().is_none() {
            let object = workload.object();
            let mut others = self.selected_with(workload, FEW_FAR);
            return others.any(|other| {
                let it = other.object();
                (it.kind(), it.name()) != (object.kind(), object.name())
                    && self.same_scope(it, object)
                    && other.is_long_running()
                    && !self.replicas(other).is_parked()
            });
        }
        let own = (workload.object().kind(), workload.object().name());
        let mut asked = HashSet::new();
        services.all(|(service, _)| {
            let is_asked = !asked.insert(self.selection_number(service));
            is_asked || self.runs_another(service, own) || self.runs_beside(service, workload)
        })
    }

    /// Whether another workload with the labels that a Service selects runs beside this one: a Service that
    /// stands elsewhere may belong to a copy of that one.
    fn runs_beside(&self, service: &Object, workload: Workload<'_>) -> bool {
        let object = workload.object();
        let Some(Selector::Map(labels)) = pod_selector(service) else {
            return false;
        };
        let mut others = self.workloads_labelled_beside(labels, object).take(FEW_FAR);
        others.any(|other| {
            let it = other.object();
            (it.kind(), it.name()) != (object.kind(), object.name())
                && other.is_long_running()
                && !self.replicas(other).is_parked()
        })
    }

    /// As [`has_stand_ins`](Self::has_stand_ins), where the two are certainly deployed together: two files
    /// of a directory may be variants to choose from.
    fn has_sure_stand_ins(&self, workload: Workload<'_>, serving: &Serving<'_>) -> bool {
        let object = workload.object();
        let mut services = serving.services().peekable();
        let mut asked = HashSet::new();
        services.peek().is_some()
            && services.all(|(service, _)| {
                let is_asked = !asked.insert(self.selection_number(service));
                is_asked
                    || if self.is_applied_as_one(object) {
                        self.runs_another(service, (object.kind(), object.name()))
                    } else {
                        let mut selected = self.selects(service).take(FEW_FAR);
                        selected.any(|(other, relation)| {
                            other.object().source() == object.source()
                                && self.stands_in(workload, other, relation)
                        })
                    }
            })
    }

    /// Whether another workload runs and is selected by what selects this one.
    fn stands_in(&self, workload: Workload<'_>, other: Workload<'_>, relation: Relation) -> bool {
        let (one, other_object) = (workload.object(), other.object());
        (one.kind(), one.name()) != (other_object.kind(), other_object.name())
            && self.runs(other, relation)
    }

    fn runs(&self, workload: Workload<'_>, relation: Relation) -> bool {
        relation.is_firm() && workload.is_long_running() && !self.replicas(workload).is_parked()
    }

    /// Whether a Service selects a running workload of another kind or name than this one.
    fn runs_another(&self, service: &Object, (kind, name): (&str, &str)) -> bool {
        let runs = |workload: Workload<'_>, relation: Relation| self.runs(workload, relation);
        let first = self.first_selected(service, "first that runs", runs);
        let first = first.map(|(workload, _)| workload.object());
        first.is_some_and(|first| {
            (first.kind(), first.name()) != (kind, name)
                || self
                    .first_selected(service, "first other that runs", |workload, relation| {
                        let other = workload.object();
                        runs(workload, relation)
                            && (other.kind(), other.name()) != (first.kind(), first.name())
                    })
                    .is_some()
        })
    }

    /// Whether a pod takes what its successor needs before that can start: a port of the node, or a
    /// volume that one node or pod can mount. Such a pod has to go first.
    pub fn stands_in_the_way(&self, workload: Workload<'_>) -> bool {
        let spec = workload.template().spec();
        spec.is_some_and(takes_port_of_node) || self.shares_exclusive_volume(workload)
    }

    /// Whether all pods use one volume that perhaps only one node or pod can mount.
    pub fn shares_exclusive_volume(&self, workload: Workload<'_>) -> bool {
        let mut claims = self.claims(workload).into_iter();
        claims.any(|claim| !claim.is_per_pod && claim.may_be_exclusive())
    }
}

/// Whether each pod needs a port of its node, which no second one can have there. With
/// `hostNetwork` every declared port is one.
pub fn takes_port_of_node(spec: &PodSpec) -> bool {
    let mut ports = spec
        .containers
        .iter()
        .flat_map(|container| container.ports.iter().flatten());
    ports.any(|port| spec.host_network == Some(true) || port.host_port.is_some_and(|it| it > 0))
}
