//! Claims of storage, by themselves and as templates of StatefulSets and of ephemeral volumes.
//!
//! pkg/apis/core/validation/validation.go, 1.37: ValidatePersistentVolumeClaimSpec.

use super::judge::{Judge, place_of};
use crate::units::Quantity;
use crate::yaml::Node;

/// `PersistentVolumeClaimSpec`: modes, and the size of the storage.
pub(super) fn spec<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    judge.require(spec, "accessModes");
    let modes: Vec<&str> = judge
        .items(spec, "accessModes")
        .filter_map(|mode| judge.text_of(mode))
        .collect();
    if modes.contains(&"ReadWriteOncePod")
        && modes.iter().any(|mode| *mode != "ReadWriteOncePod")
        && let Some(list) = judge.get(spec, "accessModes")
    {
        let key = spec.entry("accessModes").map_or(list, |entry| entry.key);
        judge.wrong(key, "the access mode ReadWriteOncePod with another one");
    }
    storage(judge, spec);
}

/// The one resource that a claim asks for.
fn storage<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let mut holder = spec;
    for field in ["resources", "requests"] {
        match judge.field(holder, field) {
            field if field.is_unknown() => return,
            found => match found.node() {
                Some(node) => holder = node,
                None => break,
            },
        }
    }
    if judge.field(holder, "storage").is_unknown() {
        return;
    }
    let size = judge.at(spec, &["resources", "requests", "storage"]);
    let Some(size) = size else {
        let node = place_of(holder, judge.object());
        judge
            .wrong(
                node,
                "the claim does not say how much `storage` it requests",
            )
            .absence(spec, "resources.requests.storage");
        return;
    };
    let parsed = judge
        .text_of(size)
        .and_then(|text| text.parse::<Quantity>().ok());
    if parsed.is_some_and(|size| size.milli <= 0) {
        judge.wrong(size, "the claim requests no `storage`");
    }
}
