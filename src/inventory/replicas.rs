//! How many pods a workload keeps.

use super::Inventory;
use crate::kube::{Body, Field, Object, Workload, WorkloadKind};
use crate::yaml::Node;

/// The effective replicas of a workload.
#[derive(Clone, Copy, Debug)]
pub enum Replicas<'a> {
    /// `spec.replicas: 0`: nothing runs, nothing can be lost.
    Parked,
    /// Nothing in view tells: a placeholder, a kustomization that sets it, a kind without replicas.
    Unknown,
    /// At least this many.
    Known {
        /// The fewest: an autoscaler's minimum, else `spec.replicas`, else 1.
        count: i32,
        /// The most: an autoscaler's maximum, else the same.
        most: i32,
        /// Where the number comes from.
        origin: ReplicaOrigin<'a>,
    },
}

/// Where a number of replicas comes from.
#[derive(Clone, Copy, Debug)]
pub enum ReplicaOrigin<'a> {
    /// `spec.replicas` of the workload.
    Spec(Node<'a>),
    /// The minimum of an autoscaler; the node is missing where the default of 1 applies.
    Autoscaler(&'a Object, Option<Node<'a>>),
    /// Kubernetes' default of 1.
    Default,
}

impl Replicas<'_> {
    /// The fewest, where the number is known and not 0.
    pub fn count(self) -> Option<i32> {
        match self {
            Self::Known { count, .. } => Some(count),
            Self::Parked | Self::Unknown => None,
        }
    }

    /// Whether an autoscaler may keep more than the fewest.
    pub fn is_range(self) -> bool {
        matches!(self, Self::Known { count, most, .. } if most > count)
    }

    /// Whether the workload is switched off.
    pub fn is_parked(self) -> bool {
        matches!(self, Self::Parked)
    }
}

impl Inventory {
    /// How many pods a workload keeps: an autoscaler's minimum when one targets it, else
    /// `spec.replicas`, else 1. An explicit 0 parks it even under an autoscaler, which does not act
    /// on 0.
    pub fn replicas<'a>(&'a self, workload: Workload<'a>) -> Replicas<'a> {
        let object = workload.object();
        if !workload.has_replicas() {
            return match workload.kind() {
                WorkloadKind::Pod => Replicas::Known {
                    count: 1,
                    most: 1,
                    origin: ReplicaOrigin::Default,
                },
                _ => Replicas::Unknown,
            };
        }
        if self.is_always_set_elsewhere(object, object.node(), "spec.replicas") {
            return Replicas::Unknown;
        }
        if workload.replicas() == Some(0) {
            return Replicas::Parked;
        }
        if let Some(autoscaler) = self.deciding_autoscaler(workload) {
            return autoscaled(autoscaler);
        }
        self.with_far_autoscalers(workload, written(workload))
    }

    /// An autoscaler of another scope may raise the number, or may be for another variant: what holds for
    /// several replicas holds either way, and of fewer nothing is said.
    fn with_far_autoscalers<'a>(
        &'a self,
        workload: Workload<'a>,
        written: Replicas<'a>,
    ) -> Replicas<'a> {
        let mut range = written;
        for (far, _) in self.autoscalers(workload) {
            range = match (range, autoscaled(far)) {
                (
                    Replicas::Known {
                        count,
                        most,
                        origin,
                    },
                    Replicas::Known {
                        count: least,
                        most: highest,
                        ..
                    },
                ) if count > 1 && least >= count => Replicas::Known {
                    count,
                    most: most.max(highest),
                    origin,
                },
                // However many more there are.
                _ => return Replicas::Unknown,
            };
        }
        range
    }

    /// Of the autoscalers beside the workload the one with the highest minimum.
    fn deciding_autoscaler<'a>(&'a self, workload: Workload<'a>) -> Option<&'a Object> {
        let decide = || {
            let beside = self.autoscalers(workload).filter(|(_, it)| it.is_near());
            let best = beside
                .map(|(autoscaler, _)| autoscaler)
                .max_by_key(|autoscaler| autoscaled(autoscaler).count());
            best.and_then(|autoscaler| self.id(autoscaler))
        };
        let scaled = &self.entry(workload.object())?.scaled;
        let decided = scaled.get_or_init(|| self.decided(workload, decide));
        Some(&self.get((*decided)?)?.object)
    }
}

/// What the workload itself says.
fn written(workload: Workload<'_>) -> Replicas<'_> {
    match (workload.replicas_field(), workload.replicas()) {
        (Field::Set(node), Some(count)) => Replicas::Known {
            count,
            most: count,
            origin: ReplicaOrigin::Spec(node),
        },
        (Field::Unknown(_), _) => Replicas::Unknown,
        _ => Replicas::Known {
            count: 1,
            most: 1,
            origin: ReplicaOrigin::Default,
        },
    }
}

/// From an autoscaler's minimum to its maximum.
fn autoscaled(autoscaler: &Object) -> Replicas<'_> {
    // KEDA's own.
    const DEFAULT_MOST: i32 = 100;
    type Bounds<'p> = (Option<i32>, Option<i32>, [&'p str; 2]);
    let (least, most, paths): Bounds<'_> = match autoscaler.body() {
        Body::HorizontalPodAutoscaler(it) => (
            it.spec.min_replicas,
            Some(it.spec.max_replicas),
            ["minReplicas", "maxReplicas"],
        ),
        Body::ScaledObject(it) => {
            let spec = it.spec.as_ref();
            (
                spec.and_then(|spec| spec.min_replica_count),
                spec.and_then(|spec| spec.max_replica_count),
                ["minReplicaCount", "maxReplicaCount"],
            )
        }
        _ => return Replicas::Unknown,
    };
    let [least_field, most_field] = paths.map(|name| autoscaler.field(&["spec", name]));
    if least_field.is_unknown() {
        return Replicas::Unknown;
    }
    // KEDA scales to 0 and back to at least 1: it is not parked.
    let count = least.unwrap_or(1).max(1);
    let most = most.filter(|_| !most_field.is_unknown());
    Replicas::Known {
        count,
        most: most.unwrap_or(DEFAULT_MOST).max(count),
        origin: ReplicaOrigin::Autoscaler(autoscaler, least_field.node()),
    }
}
