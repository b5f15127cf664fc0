//! `unreachable-route`

use std::cell::Cell;

use super::covers::covers;
use super::merged_route;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Body, Object};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "unreachable-route",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "An earlier route takes all requests of this one",
    page: include_str!("../../../rules/mesh/unreachable-route.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct UnreachableRoute;

impl Rule for UnreachableRoute {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        if !matches!(object.body(), Body::VirtualService(_)) {
            return;
        }
        let left = Cell::new(MOST_COMPARISONS);
        for kind in ["http", "tls", "tcp"] {
            let Some(list) = object.node().at(&["spec", kind]) else {
                continue;
            };
            if object.is_unknown(list) || cx.inventory.is_set_elsewhere(object, list, "") {
                continue;
            }
            let routes: Vec<Route<'_>> = list.items().map(|it| Route::of(object, it)).collect();
            for (index, later) in routes.iter().enumerate() {
                let earlier = routes.get(..index).unwrap_or_default();
                let shadows = |it: &&Route<'_>| it.takes_all_of(object, later, &left);
                match earlier.iter().find(shadows) {
                    Some(taker) => {
                        let help = advice(object, &routes, later, taker, &left);
                        out.push(unreachable(object, later.node, index, taker.node).help(help));
                    }
                    None => matches_in_vain(object, later, earlier, &left, out),
                }
            }
        }
    }
}

fn unreachable<'a>(
    object: &'a Object,
    route: Node<'_>,
    index: usize,
    taker: Node<'_>,
) -> Report<'a> {
    let name = |route: Node<'_>| route.get("name").and_then(Node::text).map(quoted);
    let own = name(route).unwrap_or_else(|| format!("route {}", index + 1));
    let message = if matches_of(taker).next().is_none() {
        format!("{own} is never reached: an earlier route without `match` takes every request")
    } else {
        format!("{own} is never reached: an earlier route takes all that it matches")
    };
    let place = route
        .get("name")
        .or_else(|| route.entries().next().map(|entry| entry.key));
    let report = Report::object(object, place.unwrap_or(route), message);
    let other = taker.entries().next().map_or(taker, |entry| entry.key);
    report.related(object, other, "the route that takes its requests")
}

const MOVE_UP: &str = "routes are tried in their order: move the more specific one up";

/// What to do about a route that another one takes all requests of: where neither is the more specific
/// one, moving it up would only make the other one unreachable.
fn advice(
    object: &Object,
    routes: &[Route<'_>],
    later: &Route<'_>,
    taker: &Route<'_>,
    left: &Cell<usize>,
) -> String {
    let has_matches = |route: &Route<'_>| matches_of(route.node).next().is_some();
    match (has_matches(taker), has_matches(later)) {
        (false, false) => {
            let alike = routes.iter().filter(|route| !has_matches(route));
            let nodes: Vec<Node<'_>> = alike.map(|route| route.node).collect();
            merged_route::advice(&nodes).unwrap_or_else(|| {
                "no request tells them apart: give the first one a `match`, or delete this one"
                    .to_owned()
            })
        }
        (true, true) if later.takes_all_of(object, taker, left) => {
            "both match the same requests: give one of them another `match`, or delete this one"
                .to_owned()
        }
        _ => MOVE_UP.to_owned(),
    }
}

/// Some of a route's matches, whose requests an earlier route takes.
fn matches_in_vain(
    object: &Object,
    route: &Route<'_>,
    earlier: &[Route<'_>],
    left: &Cell<usize>,
    out: &mut Findings,
) {
    if !route.is_known {
        return;
    }
    for one in matches_of(route.node) {
        let Some(taker) = earlier.iter().find(|it| it.takes(object, one, left)) else {
            continue;
        };
        let message = "this match never applies: an earlier route takes its requests";
        let taker = taker.node;
        let is_same =
            matches_of(taker).any(|it| covers(object, it, one) && covers(object, one, it));
        let help = if is_same {
            "the earlier route has the same match: delete one of the two"
        } else {
            MOVE_UP
        };
        let other = taker.entries().next().map_or(taker, |entry| entry.key);
        out.push(
            Report::object(object, one, message)
                .severity(Severity::Note)
                .help(help)
                .related(object, other, "the route that takes its requests"),
        );
    }
}

fn quoted(name: &str) -> String {
    format!("route `{name}`")
}

fn matches_of(route: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let list = route.get("match").into_iter();
    list.flat_map(Node::items).map(Node::resolved)
}

/// So many matches of one VirtualService are compared with each other; of the others nothing is said.
const MOST_COMPARISONS: usize = 50_000;

struct Route<'t> {
    node: Node<'t>,
    /// Whether all that it matches is known.
    is_known: bool,
}

impl<'t> Route<'t> {
    fn of(object: &Object, node: Node<'t>) -> Self {
        let node = node.resolved();
        let is_known = node.is_mapping()
            && !object.field_below(node, &["match"]).is_unknown()
            && matches_of(node).all(|one| one.is_mapping() && !object.is_unknown(one));
        Self { node, is_known }
    }

    /// Whether every request that a later route matches is matched by this one. A delegate may leave
    /// requests to the routes behind it.
    fn takes_all_of(&self, object: &Object, later: &Self, left: &Cell<usize>) -> bool {
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
    fn takes(&self, object: &Object, one: Node<'_>, left: &Cell<usize>) -> bool {
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
