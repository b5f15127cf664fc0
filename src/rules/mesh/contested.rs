//! What two mappings say differently.

use crate::yaml::Node;

/// The fields that both give, and differently: `loadBalancer`, `tls.mode`.
pub(super) fn contested(one: Node<'_>, other: Node<'_>) -> Vec<String> {
    let fields = |one: Node<'_>, other: Node<'_>| -> Vec<String> {
        let both = one.resolved().entries().filter(|entry| {
            let theirs = other.resolved().get(entry.key.key_text());
            theirs.is_some_and(|theirs| !is_same(entry.value, theirs))
        });
        both.map(|entry| entry.key.key_text().to_owned()).collect()
    };
    let below = |key: String| {
        let (one, other) = (one.resolved().get(&key), other.resolved().get(&key));
        let inner = one.zip(other).map(|(one, other)| fields(one, other));
        match inner.as_deref() {
            Some([only]) => format!("{key}.{only}"),
            _ => key,
        }
    };
    fields(one, other).into_iter().map(below).collect()
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
