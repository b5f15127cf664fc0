//! Routes for the same requests that were meant as one route with several destinations.

use crate::edit::{Advice, Value};
use crate::kube::is_placeholder;
use crate::yaml::{Entry, Node};

/// The weight that a destination has alone.
const WHOLE: i64 = 100;

/// How many routes are shown as one.
const MOST: usize = 10;

/// The one route that a split over these routes without `match` was meant as; `None` where nothing says
/// that a split was meant, or where they differ in more than their destinations.
pub(super) fn advice(routes: &[Node<'_>], what: &str) -> Option<String> {
    let (first, rest) = routes.split_first()?;
    if routes.len() > MOST || !rest.iter().all(|it| has_same_settings(*first, *it)) {
        return None;
    }
    let destinations: Vec<Node<'_>> = routes
        .iter()
        .flat_map(|route| route.get("route").into_iter().flat_map(Node::items))
        .collect();
    let is_part = |node: &Node<'_>| {
        let weight = node.get("weight").and_then(|it| it.text()?.parse().ok());
        weight.is_some_and(|weight: i64| (0..WHOLE).contains(&weight))
    };
    if destinations.len() < routes.len() || !destinations.iter().all(is_part) {
        return None;
    }
    let list = destinations.into_iter().map(Value::copy_of).collect();
    let advice = Advice::document([("route", Value::List(list))]);
    Some(format!(
        "weights split the {what}s of one route: put the destinations into one `route` list\n{}",
        advice.yaml()
    ))
}

/// Whether two routes are alike but for their names and destinations, in which a split may differ.
fn has_same_settings(one: Node<'_>, other: Node<'_>) -> bool {
    let settings = |route: Node<'_>| {
        let entries = route.entries().filter(is_setting);
        entries.count()
    };
    settings(one) == settings(other)
        && one.entries().filter(is_setting).all(|entry| {
            other
                .get(entry.key.key_text())
                .is_some_and(|it| is_same(entry.value, it))
        })
}

fn is_setting(entry: &Entry<'_>) -> bool {
    !matches!(entry.key.key_text(), "name" | "route" | "match")
}

fn is_same(one: Node<'_>, other: Node<'_>) -> bool {
    let (one, other) = (one.resolved(), other.resolved());
    match (one.text(), other.text()) {
        (Some(one), Some(other)) => one == other && !is_placeholder(one),
        (None, None) if one.is_mapping() && other.is_mapping() => {
            one.entries().count() == other.entries().count()
                && one.entries().all(|entry| {
                    other
                        .get(entry.key.key_text())
                        .is_some_and(|it| is_same(entry.value, it))
                })
        }
        (None, None) if one.is_sequence() && other.is_sequence() => {
            one.items().count() == other.items().count()
                && one.items().zip(other.items()).all(|(a, b)| is_same(a, b))
        }
        _ => one.is_null() && other.is_null(),
    }
}
