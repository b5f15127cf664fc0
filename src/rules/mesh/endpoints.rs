//! The pods behind the host of a DestinationRule.

use std::collections::{BTreeMap, HashSet};

use crate::inventory::{Replicas, Target};
use crate::kube::{Body, Object, Selector, Workload};
use crate::rules::Context;
use crate::yaml::path_below;

/// The workloads of a host.
pub(super) struct Behind<'a> {
    /// Those that are deployed with its Service, the nearest first.
    near: Vec<Workload<'a>>,
    /// Those that may be variants of them, or more of them.
    far: Vec<Workload<'a>>,
}

/// The endpoints of a host, as far as the files say.
pub(super) struct Endpoints<'a> {
    /// The fewest.
    pub(super) least: i64,
    /// The most that autoscalers may make.
    pub(super) most: i64,
    /// Whose pods they are.
    pub(super) workloads: Vec<Workload<'a>>,
}

/// The workloads of a host whose Services are deployed with the rule; `None` where there may be
/// others.
pub(super) fn behind<'a>(
    cx: &Context<'a>,
    object: &'a Object,
    host: &'a str,
) -> Option<Behind<'a>> {
    let inventory = cx.inventory;
    if host.contains('*') || inventory.is_open(object) {
        return None;
    }
    let Target::Services(services) = inventory.resolve(object, host) else {
        return None;
    };
    if !services.iter().any(|(_, relation)| relation.is_firm())
        || services
            .iter()
            .any(|(service, _)| inventory.is_open(service))
    {
        return None;
    }
    let (mut near, mut far) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for (service, _) in &services {
        // Variants of one Service select the same workloads.
        let is_new = seen.insert((inventory.namespace(service), selector(service)));
        if !is_new && !near.is_empty() {
            continue;
        }
        for (workload, relation) in inventory.selects(service) {
            if relation.is_firm() {
                near.push(workload);
            } else if is_new {
                far.push(workload);
            }
        }
    }
    (!near.is_empty()).then_some(Behind { near, far })
}

impl<'a> Behind<'a> {
    /// All of them, the nearest first.
    pub(super) fn all(self) -> Vec<Workload<'a>> {
        let mut all = self.near;
        all.extend(self.far);
        all
    }

    /// How many endpoints they make; with labels only those of the pods that have these. `None` where
    /// that is not known.
    pub(super) fn endpoints(
        &self,
        cx: &Context<'a>,
        labels: Option<&BTreeMap<String, String>>,
    ) -> Option<Endpoints<'a>> {
        let is_variant = |far: &Workload<'_>| {
            self.near.iter().any(|near| {
                let (far, near) = (far.object(), near.object());
                far.kind() == near.kind() && far.name() == near.name()
            })
        };
        if !self.far.iter().all(is_variant) {
            return None;
        }
        let mut found = Endpoints {
            least: 0,
            most: 0,
            workloads: Vec::new(),
        };
        for workload in &self.near {
            let is_counted = |it: &Workload<'_>| std::ptr::eq(it.object(), workload.object());
            if found.workloads.iter().any(is_counted) || !is_part(cx, *workload, labels)? {
                continue;
            }
            match cx.inventory.replicas(*workload) {
                Replicas::Parked => {}
                Replicas::Unknown => return None,
                Replicas::Known { count, most, .. } => {
                    found.least += i64::from(count);
                    found.most += i64::from(most);
                    found.workloads.push(*workload);
                }
            }
        }
        Some(found)
    }
}

/// Whether the pods of a workload have these labels; `None` where that is not known.
fn is_part(
    cx: &Context<'_>,
    workload: Workload<'_>,
    labels: Option<&BTreeMap<String, String>>,
) -> Option<bool> {
    let Some(labels) = labels else {
        return Some(true);
    };
    let template = workload.template();
    let is_set = |key: &String| {
        let field = path_below("metadata.labels", key);
        template.node().is_some_and(|node| {
            cx.inventory
                .is_set_elsewhere(template.object(), node, &field)
        })
    };
    let matched = Selector::Map(labels).matches(template.labels());
    let is_known = matched.certain() || !matched.possible();
    (is_known && !labels.keys().any(is_set)).then(|| matched.certain())
}

fn selector(service: &Object) -> Option<&BTreeMap<String, String>> {
    match service.body() {
        Body::Service(service) => service.spec.as_ref()?.selector.as_ref(),
        _ => None,
    }
}
