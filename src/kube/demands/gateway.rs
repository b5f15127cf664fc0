//! What the CRDs of the Gateway API demand beyond types.

use super::judge::{Judge, describe};
use crate::kube::gateway_api;
use crate::yaml::Node;

/// Judges one structure: the keys it cannot do without. An empty text is one: the group of a Service.
pub(super) fn check<'t>(judge: &mut Judge<'t>, structure: &str, node: Node<'t>) {
    for field in gateway_api::required(structure) {
        if judge.field(node, field).is_absent() {
            let place = describe(node, judge.object());
            judge.missing(node, field, format!("{place} has no `{field}`"));
        }
    }
}
