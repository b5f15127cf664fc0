//! Two DestinationRules as one.

use crate::rules::text::and;
use crate::yaml::Node;

/// What to make of two rules, of which the traffic policies are given where both have one: settings of both go
/// together unless both set the same one.
pub(super) fn how_to_join(policy: Option<(Node<'_>, Node<'_>)>, has_subsets: bool) -> String {
    let (mut both, mut one) = (Vec::new(), 0);
    if let Some((own, theirs)) = policy {
        let (own, theirs) = (settings(own), settings(theirs));
        one += theirs
            .iter()
            .filter(|(path, _)| !own.iter().any(|(it, _)| it == path))
            .count();
        for (path, value) in &own {
            match theirs.iter().find(|(it, _)| it == path) {
                Some((_, other)) if !is_same(*value, *other) => both.push(format!("`{path}`")),
                Some(_) => {}
                None => one += 1,
            }
        }
    }
    let keep = format!("both set {}: keep the one that you mean", and(&both));
    match (has_subsets, both.is_empty()) {
        (false, false) if one == 0 => keep,
        (false, true) => {
            "put the settings of both into one DestinationRule for the host".to_owned()
        }
        (false, false) => {
            format!("put the settings of both into one DestinationRule for the host; {keep}")
        }
        (true, true) => {
            "put the settings of both into one DestinationRule for the host, each subset once"
                .to_owned()
        }
        (true, false) => format!(
            "put the settings of both into one DestinationRule for the host, each subset once; {keep}"
        ),
    }
}

/// The single settings of a policy, by their paths; a list is one.
fn settings(policy: Node<'_>) -> Vec<(String, Node<'_>)> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), policy.resolved())];
    while let Some((path, node)) = open.pop() {
        if !node.is_mapping() {
            found.push((path, node));
            continue;
        }
        open.extend(node.entries().map(|entry| {
            let key = entry.key.key_text();
            let path = if path.is_empty() {
                key.to_owned()
            } else {
                format!("{path}.{key}")
            };
            (path, entry.value.resolved())
        }));
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found
}

/// Whether two nodes say the same, in whatever order.
pub(super) fn is_same(one: Node<'_>, other: Node<'_>) -> bool {
    let (one, other) = (one.resolved(), other.resolved());
    if one.is_mapping() && other.is_mapping() {
        return one.entries().count() == other.entries().count()
            && one.entries().all(|entry| {
                let theirs = other.get(entry.key.key_text());
                theirs.is_some_and(|theirs| is_same(entry.value, theirs))
            });
    }
    if one.is_sequence() && other.is_sequence() {
        return one.items().count() == other.items().count()
            && one
                .items()
                .zip(other.items())
                .all(|(one, other)| is_same(one, other));
    }
    !one.is_mapping() && !one.is_sequence() && one.text() == other.text()
}
