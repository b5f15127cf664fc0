//! `unreachable-route`

use std::cell::{Cell, OnceCell};

use super::covers::covers;
use super::merged_route;
use super::shadow::{LISTS, MOST_COMPARISONS, Route, matches_of, routes_of};
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
        for list in LISTS {
            let what = if list == "http" {
                "request"
            } else {
                "connection"
            };
            let routes = routes_of(cx, object, list);
            let split = OnceCell::new();
            let merged = || split.get_or_init(|| merge(&routes, what)).clone();
            for (index, later) in routes.iter().enumerate() {
                let earlier = routes.get(..index).unwrap_or_default();
                match later.taker(object, earlier, &left) {
                    Some(taker) => {
                        let help = advice(object, (later, taker), what, merged, &left);
                        let report = unreachable(object, later.node, (index, what), taker.node);
                        out.push(report.help(help));
                    }
                    None => matches_in_vain(object, later, (earlier, what), &left, out),
                }
            }
        }
    }
}

fn unreachable<'a>(
    object: &'a Object,
    route: Node<'_>,
    (index, what): (usize, &str),
    taker: Node<'_>,
) -> Report<'a> {
    let name = |route: Node<'_>| route.get("name").and_then(Node::text).map(quoted);
    let own = name(route).unwrap_or_else(|| format!("route {}", index + 1));
    let message = if matches_of(taker).next().is_none() {
        format!("{own} is never reached: an earlier route without `match` takes every {what}")
    } else {
        format!("{own} is never reached: an earlier route takes all that it matches")
    };
    let place = route
        .get("name")
        .or_else(|| route.entries().next().map(|entry| entry.key));
    let report = Report::object(object, place.unwrap_or(route), message);
    let other = taker.entries().next().map_or(taker, |entry| entry.key);
    report.related(object, other, format!("the route that takes its {what}s"))
}

const MOVE_UP: &str = "routes are tried in their order: move the more specific one up";

/// What to do about a route that another one takes all requests of: where neither is the more specific
/// one, moving it up would only make the other one unreachable.
fn advice(
    object: &Object,
    (later, taker): (&Route<'_>, &Route<'_>),
    what: &str,
    merged: impl FnOnce() -> String,
    left: &Cell<usize>,
) -> String {
    match (has_matches(taker), has_matches(later)) {
        (false, false) => merged(),
        (true, true) if later.takes_all_of(object, taker, left) => {
            format!(
                "both match the same {what}s: give one of them another `match`, or delete this one"
            )
        }
        _ => MOVE_UP.to_owned(),
    }
}

/// What to do about several routes without `match`.
fn merge(routes: &[Route<'_>], what: &str) -> String {
    let alike = routes.iter().filter(|route| !has_matches(route));
    let nodes: Vec<Node<'_>> = alike.map(|route| route.node).collect();
    merged_route::advice(&nodes, what).unwrap_or_else(|| {
        format!("no {what} tells them apart: give the first one a `match`, or delete this one")
    })
}

fn has_matches(route: &Route<'_>) -> bool {
    matches_of(route.node).next().is_some()
}

/// Some of a route's matches, whose requests an earlier route takes.
fn matches_in_vain(
    object: &Object,
    route: &Route<'_>,
    (earlier, what): (&[Route<'_>], &str),
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
        let message = format!("this match never applies: an earlier route takes its {what}s");
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
                .related(object, other, format!("the route that takes its {what}s")),
        );
    }
}

fn quoted(name: &str) -> String {
    format!("route `{name}`")
}
