//! Which routes of a VirtualService others take the requests of.

use std::cell::Cell;
use std::collections::HashSet;

use super::covers::covers;
use crate::kube::Object;
use crate::rules::Context;
use crate::yaml::Node;

/// The lists of routes.
pub(super) const LISTS: [&str; 3] = ["http", "tls", "tcp"];

/// The routes of a list, where the manifest alone says what they are.
pub(super) fn routes_of<'a>(cx: &Context<'_>, object: &'a Object, list: &str) -> Vec<Route<'a>> {
    let list = object.node().at(&["spec", list]);
    let known = list.filter(|list| {
        !object.is_unknown(*list) && !cx.inventory.is_set_elsewhere(object, *list, "")
    });
    let routes = known.into_iter().flat_map(Node::items);
    routes.map(|it| Route::of(object, it)).collect()
}

/// The routes that are never reached, by list and place.
pub(super) fn unreachable(cx: &Context<'_>, object: &Object) -> HashSet<(&'static str, usize)> {
    let left = Cell::new(MOST_COMPARISONS);
    let mut found = HashSet::new();
    for list in LISTS {
        let routes = routes_of(cx, object, list);
        for (index, later) in routes.iter().enumerate() {
            let earlier = routes.get(..index).unwrap_or_default();
            if later.taker(object, earlier, &left).is_some() {
                found.insert((list, index));
            }
        }
    }
    found
}

/// The matches of a route.
pub(super) fn matches_of(route: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let list = route.get("match").into_iter();
    list.flat_map(Node::items).map(Node::resolved)
}

/// So many matches of one VirtualService are compared with each other; of the others nothing is said.
pub(super) const MOST_COMPARISONS: usize = 50_000;

/// A route of a VirtualService.
pub(super) struct Route<'t> {
    pub(super) node: Node<'t>,
    /// Whether all that it matches is known.
    pub(super) is_known: bool,
}

impl<'t> Route<'t> {
    fn of(object: &Object, node: Node<'t>) -> Self {
        let node = node.resolved();
        let is_known = node.is_mapping()
            && !object.field_below(node, &["match"]).is_unknown()
            && matches_of(node).all(|one| one.is_mapping() && !object.is_unknown(one));
        Self { node, is_known }
    }

    /// The first of the earlier routes that takes all that this one matches.
    pub(super) fn taker<'e>(
        &self,
        object: &Object,
        earlier: &'e [Self],
        left: &Cell<usize>,
    ) -> Option<&'e Self> {
        earlier
            .iter()
            .find(|it| it.takes_all_of(object, self, left))
    }

    /// Whether every request that a later route matches is matched by this one. A delegate may leave
    /// requests to the routes behind it.
    pub(super) fn takes_all_of(&self, object: &Object, later: &Self, left: &Cell<usize>) -> bool {
        if !may_compare(left)
            || !self.is_known
            || !later.is_known
            || self.node.get("delegate").is_some()
        {
            return false;
        }
        if matches_of(self.node).next().is_none() {
            return true;
        }
        let is_taken = |one: Node<'_>| self.takes(object, one, left);
        matches_of(later.node).next().is_some() && matches_of(later.node).all(is_taken)
    }

    /// Whether every request that a match is for is matched by this route.
    pub(super) fn takes(&self, object: &Object, one: Node<'_>, left: &Cell<usize>) -> bool {
        self.is_known
            && self.node.get("delegate").is_none()
            && matches_of(self.node).any(|wide| may_compare(left) && covers(object, wide, one))
    }
}

/// Whether another pair may be compared.
fn may_compare(left: &Cell<usize>) -> bool {
    let now = left.get();
    left.set(now.saturating_sub(1));
    now > 0
}
