//! Selectors of two workloads that would take the pods of one another.

use std::collections::BTreeMap;

use crate::kube::Workload;
use crate::rules::Context;

/// A workload deployed with one to its namespace whose pods a selector over these labels takes,
/// or whose own selector takes the pods of this one.
pub(super) fn overlapping<'a>(
    cx: &Context<'a>,
    workload: Workload<'_>,
    labels: &BTreeMap<String, String>,
) -> Option<Workload<'a>> {
    let inventory = cx.inventory;
    let object = workload.object();
    let own = workload.template().labels();
    let is_other = |other: &Workload<'_>| {
        let other = other.object();
        (other.kind(), other.name()) != (object.kind(), object.name())
            && inventory.same_scope(object, other)
            && inventory.same_namespace(object, other)
    };
    let namespace = inventory.namespace(object);
    let mut taken = inventory
        .workloads_labelled(labels, namespace)
        .filter(is_other);
    taken.next().or_else(|| {
        let singly = labels
            .iter()
            .map(|(key, value)| BTreeMap::from([(key.clone(), value.clone())]));
        singly
            .flat_map(|label| {
                inventory
                    .workloads_labelled(&label, namespace)
                    .collect::<Vec<_>>()
            })
            .filter(is_other)
            .find(|other| {
                let selector = other.selector();
                selector.keys().next().is_some() && selector.matches(own).certain()
            })
    })
}
