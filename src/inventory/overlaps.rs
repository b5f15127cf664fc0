//! Which PodDisruptionBudgets are over the same pods.

use std::collections::{HashMap, HashSet};

use super::Inventory;
use crate::kube::{Object, Workload};

/// For each budget, so many others are looked at, workload by workload. Where that many are near and
/// none of them shares its pods for certain, the rest is left alone.
const MOST_LOOKS: usize = 20_000;

impl Inventory {
    /// The PodDisruptionBudgets that certainly select a running workload which this one certainly
    /// selects: by the workloads in the order of [`selects`](Self::selects), then as
    /// [`budgets_of`](Self::budgets_of) has them. It is among them itself.
    pub fn sharing_pods<'a>(
        &'a self,
        budget: &'a Object,
    ) -> impl Iterator<Item = &'a Object> + use<'a> {
        let mut alike = HashSet::new();
        let workloads = self
            .running(budget)
            .filter(move |workload| alike.insert(self.pods_number(*workload)));
        // Budgets with equal selectors have the same workloads: the first that they share is enough.
        let mut first: HashMap<Option<usize>, Option<usize>> = HashMap::new();
        workloads
            .flat_map(move |workload| {
                let pods = self.pods_number(workload);
                let budgets = self.budgets_of(workload);
                budgets.map(move |(other, relation)| (pods, other, relation))
            })
            .take(MOST_LOOKS)
            .filter(move |(pods, other, relation)| {
                let selection = self.selection_number(other);
                relation.is_firm() && *first.entry(selection).or_insert(*pods) == *pods
            })
            .map(|(_, other, _)| other)
    }

    /// The first `most` of the running workloads that two budgets certainly select, and how many there
    /// are.
    pub fn shared_pods<'a>(
        &'a self,
        one: &'a Object,
        other: &Object,
        most: usize,
    ) -> (Vec<Workload<'a>>, usize) {
        let of_other: HashSet<Option<usize>> = self
            .alike_selected(other)
            .filter(|(_, relation)| relation.is_firm())
            .map(|(pods, _)| Some(pods))
            .collect();
        let is_shared = |workload: &Workload<'_>| of_other.contains(&self.pods_number(*workload));
        let first = self.running(one).filter(is_shared).take(most).collect();
        let total = self
            .alike_selected(one)
            .filter(|(pods, relation)| relation.is_firm() && of_other.contains(&Some(*pods)))
            .map(|(pods, _)| self.running_alike(pods))
            .sum();
        (first, total)
    }

    /// The workloads that a budget certainly selects and that are not switched off.
    fn running<'a>(&'a self, budget: &'a Object) -> impl Iterator<Item = Workload<'a>> + use<'a> {
        self.selects(budget)
            .filter(|(workload, relation)| {
                relation.is_firm() && !self.replicas(*workload).is_parked()
            })
            .map(|(workload, _)| workload)
    }
}
