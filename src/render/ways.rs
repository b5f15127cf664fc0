//! On how many ways a kustomization takes in others: kustomize goes each of them.

use std::collections::HashMap;
use std::path::Path;

use super::graph::{Graph, Kustomization};

/// How many kustomizations are loaded for each, found out once for all that take it in.
pub(super) struct Ways<'g> {
    graph: &'g Graph,
    /// `None` on the way to what it takes in: kustomize gives up on one that takes in itself.
    loads: HashMap<&'g Path, Option<u64>>,
}

impl<'g> Ways<'g> {
    pub(super) fn of(graph: &'g Graph) -> Self {
        Self {
            graph,
            loads: HashMap::new(),
        }
    }

    /// How many kustomizations are loaded to build the one in a directory, itself included: one that is
    /// taken in on several ways is loaded for each.
    pub(super) fn loads(&mut self, directory: &Path) -> u64 {
        // Chains may be longer than calls can be deep.
        let mut open: Vec<(&Kustomization, bool)> = Vec::new();
        open.extend(self.graph.get(directory).map(|top| (top, false)));
        while let Some((it, is_back)) = open.pop() {
            let directory = it.directory.as_path();
            if is_back {
                let loads = self.taken_in(it).map(|it| self.known(&it.directory));
                let loads = loads.fold(1_u64, u64::saturating_add);
                self.loads.insert(directory, Some(loads));
            } else if !self.loads.contains_key(directory) {
                self.loads.insert(directory, None);
                open.push((it, true));
                open.extend(self.taken_in(it).map(|it| (it, false)));
            }
        }
        self.known(directory)
    }

    fn taken_in(&self, it: &'g Kustomization) -> impl Iterator<Item = &'g Kustomization> + use<'g> {
        let graph = self.graph;
        let references = it.resources.iter().chain(&it.components);
        references.filter_map(|reference| graph.get(&reference.target))
    }

    fn known(&self, directory: &Path) -> u64 {
        let known = self.loads.get(directory).copied();
        known.flatten().unwrap_or(1)
    }
}
