//! The ways by which objects are deployed: kustomizations that no other one takes in.

use std::collections::{HashMap, HashSet};

use super::ObjectId;

/// By their places among the kustomizations in view.
#[derive(Debug, Default)]
pub(super) struct Ways {
    /// Those that deploy what each kustomization takes in.
    tops: Vec<Vec<usize>>,
    /// The kustomizations that list the file of each object.
    listed: HashMap<ObjectId, Vec<usize>>,
    /// Objects that are listed, but only where kustomize does not read files by itself.
    outside: HashSet<ObjectId>,
}

impl Ways {
    /// Of so many kustomizations.
    pub(super) fn of(kustomizations: usize) -> Self {
        Self {
            tops: vec![Vec::new(); kustomizations],
            ..Self::default()
        }
    }

    /// Takes note of all that one way leads through.
    pub(super) fn add_top(&mut self, top: usize, reached: &[usize]) {
        for index in reached {
            if let Some(tops) = self.tops.get_mut(*index) {
                tops.push(top);
            }
        }
    }

    /// Takes note of an object that a kustomization lists; `is_inside`: in its folder, or below.
    pub(super) fn add_object(&mut self, index: usize, id: ObjectId, is_inside: bool) {
        let known = self.listed.entry(id).or_default();
        if is_inside {
            self.outside.remove(&id);
        } else if known.is_empty() {
            self.outside.insert(id);
        }
        known.push(index);
    }

    /// Whether every way by which an object is deployed leads through one of these kustomizations.
    pub(super) fn all_lead_through(&self, id: ObjectId, some: &[usize]) -> bool {
        let tops = |index: &usize| self.tops.get(*index).map_or(&[][..], Vec::as_slice);
        let through: HashSet<usize> = some.iter().flat_map(tops).copied().collect();
        let listed = self.listed.get(&id).into_iter().flatten();
        let mut needed = listed.filter(|it| !some.contains(it)).flat_map(tops);
        !self.outside.contains(&id) && needed.all(|top| through.contains(top))
    }
}
