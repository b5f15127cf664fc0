//! What the API server demands of each structure beyond the types and forms of single values, by the
//! names that serde knows structures by: siblings that exclude or need each other, names that are
//! unique in their list, references inside the object.
//!
//! A structure's demands are a small checker, or a row of a table. To add one: write the checker in
//! the file of its subject, name it in [`checkers`], and say where Kubernetes states it. Judge values
//! through [`Judge`], which knows what is not known.

mod judge;
mod kinds;
mod required;
#[cfg(test)]
mod tests;

use super::fault::Fault;
use crate::yaml::{Issue, Node, NodeId};

pub(super) use judge::Judge;

/// Judges one mapping as a structure.
type Checker = for<'t> fn(&mut Judge<'t>, Node<'t>);

/// The checkers of a structure of Kubernetes' own kinds, besides [`required::fields`].
fn checkers(structure: &str) -> &'static [Checker] {
    match structure {
        _ => &[],
    }
}

/// The faults of one object of Kubernetes' own kinds, in the order of the text. `structures` are its
/// mappings that were read as structs, `unknown` the values that nothing is known about, sorted.
pub(super) fn faults(
    object: Node<'_>,
    structures: &[(&'static str, NodeId)],
    unknown: &[NodeId],
    issues: &[Issue],
) -> Vec<Fault> {
    let mut judge = Judge::new(object, unknown, issues);
    kinds::check_metadata(&mut judge);
    for (structure, id) in structures {
        let node = object.tree().node(*id).resolved();
        let own = kinds::required(&judge, structure);
        for field in required::fields(structure).iter().chain(own) {
            judge.require(node, field);
        }
        for check in checkers(structure).iter().chain(kinds::checkers(structure)) {
            check(&mut judge, node);
        }
    }
    judge.into_faults()
}
