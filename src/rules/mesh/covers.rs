//! Which requests one match of a route takes from another.

use crate::kube::{Object, is_placeholder};
use crate::yaml::Node;

/// Whether all that one match demands is demanded by the other.
pub(super) fn covers(object: &Object, wide: Node<'_>, narrow: Node<'_>) -> bool {
    let fields = wide.entries().filter(|entry| !entry.value.is_null());
    let mut demands = fields.filter(|entry| {
        !matches!(
            entry.key.key_text(),
            "name" | "statPrefix" | "ignoreUriCase"
        )
    });
    let heeds_case = |one: Node<'_>| one.get("ignoreUriCase").is_none();
    heeds_case(wide)
        && heeds_case(narrow)
        && demands.all(|entry| {
            let key = entry.key.key_text();
            let demand = entry.value.resolved();
            if !object
                .field_below(wide, &[key])
                .node()
                .is_some_and(is_plain)
            {
                return false;
            }
            match narrow.get(key) {
                None => key == "uri" && is_any_path(demand),
                Some(own) if key == "uri" => is_any_path(demand) || covers_path(demand, own),
                Some(own) => is_plain(own) && is_within(demand, own),
            }
        })
}

/// Whether a value holds no placeholder.
fn is_plain(node: Node<'_>) -> bool {
    let node = node.resolved();
    !node.text().is_some_and(is_placeholder)
        && node.entries().all(|entry| is_plain(entry.value))
        && node.items().all(is_plain)
}

fn is_any_path(uri: Node<'_>) -> bool {
    uri.get("prefix").and_then(Node::text) == Some("/")
}

fn covers_path(wide: Node<'_>, narrow: Node<'_>) -> bool {
    let text = |uri: Node<'_>, kind| uri.get(kind).and_then(Node::text).map(str::to_owned);
    if !is_plain(narrow) {
        return false;
    }
    match text(wide, "prefix") {
        Some(prefix) => ["prefix", "exact"]
            .into_iter()
            .filter_map(|kind| text(narrow, kind))
            .any(|path| path.starts_with(&prefix)),
        None => ["exact", "regex"].into_iter().any(|kind| {
            let wide = text(wide, kind);
            wide.is_some() && wide == text(narrow, kind)
        }),
    }
}

/// Whether a demand is a part of another: the same text, a mapping whose entries the other has, or a list
/// that has all of the other's, any of which is enough.
fn is_within(demand: Node<'_>, own: Node<'_>) -> bool {
    let (demand, own) = (demand.resolved(), own.resolved());
    if demand.is_mapping() {
        return own.is_mapping()
            && demand
                .entries()
                .all(|entry| match own.get(entry.key.key_text()) {
                    Some(value) => is_within(entry.value, value),
                    None => false,
                });
    }
    if demand.is_sequence() {
        let has = |text: Option<&str>| text.is_some() && demand.items().any(|it| it.text() == text);
        return own.is_sequence()
            && own.items().next().is_some()
            && own.items().all(|item| has(item.text()));
    }
    demand.text().is_some() && demand.text() == own.text()
}
