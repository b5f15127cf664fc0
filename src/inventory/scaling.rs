//! What autoscalers scale.

use std::collections::HashMap;

use super::{Inventory, ObjectId};
use crate::kube::{Body, Object};

/// What an autoscaler scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScaleTarget<'a> {
    /// A workload's kind; KEDA takes Deployment where none is given.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
}

impl<'a> ScaleTarget<'a> {
    /// The target of a HorizontalPodAutoscaler or ScaledObject.
    pub fn of(object: &'a Object) -> Option<Self> {
        match object.body() {
            Body::HorizontalPodAutoscaler(autoscaler) => {
                let target = &autoscaler.spec.scale_target_ref;
                Some(Self {
                    kind: &target.kind,
                    name: &target.name,
                })
            }
            Body::ScaledObject(scaled) => {
                let target = scaled.spec.as_ref()?.scale_target_ref.as_ref()?;
                Some(Self {
                    kind: target.kind.as_deref().unwrap_or("Deployment"),
                    name: target.name.as_deref()?,
                })
            }
            _ => None,
        }
    }
}

/// The groups of workloads of one kind and name, each with its first member.
#[derive(Default)]
pub(super) struct Scaled {
    pub(super) all: Vec<(usize, ObjectId)>,
    pub(super) by_home: HashMap<Option<u32>, Vec<(usize, ObjectId)>>,
}

impl Scaled {
    /// Those beside an autoscaler; all, where none is.
    pub(super) fn meant_by(
        &self,
        inventory: &Inventory,
        autoscaler: ObjectId,
    ) -> &[(usize, ObjectId)] {
        let (_, first) = self.all.first().copied().unwrap_or((0, autoscaler));
        let title = inventory.title(first);
        if !title.is_some_and(|title| inventory.has_own(autoscaler, title)) {
            return &self.all;
        }
        let beside = self.by_home.get(&inventory.home(autoscaler));
        beside.map_or(&[][..], Vec::as_slice)
    }
}
