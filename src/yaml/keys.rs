//! What the decoder asks of a mapping's keys.

use std::borrow::Cow;
use std::collections::HashMap;

use super::scalar::Scalar;
use super::tree::{DuplicateKey, Node, NodeId, ScalarStyle, key_identity};

/// Up to here keys are compared pairwise, above by hash.
const SMALL_MAPPING: usize = 16;

/// The first key or value in a tree that JSON has no place for, and why. Only what takes effect counts.
pub(super) fn foreign(root: Node<'_>, is_json: bool) -> Option<(Node<'_>, &'static str)> {
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        if is_foreign_value(node, is_json) {
            return Some((node, "JSON, which kubectl makes of it, has no such number"));
        }
        for entry in node.entries() {
            if is_foreign_key(entry.key) {
                let problem = match entry.key.scalar() {
                    Some(Scalar::Null) => "a mapping's key is missing or null",
                    _ => "kubectl takes no number this large for a key",
                };
                return Some((entry.key, problem));
            }
            open.push(entry.value);
        }
        open.extend(node.items());
    }
    None
}

/// Whether the decoder cannot make a text of a key.
pub(super) fn is_foreign_key(key: Node<'_>) -> bool {
    matches!(key.scalar(), Some(Scalar::Null | Scalar::Unsigned(_)))
}

/// Whether a value is a number that JSON cannot write, or, in JSON, one that nothing can hold.
pub(super) fn is_foreign_value(value: Node<'_>, is_json: bool) -> bool {
    match value.scalar() {
        Some(Scalar::Float(number)) => !number.is_finite(),
        // Without quotes there are only numbers, `true`, `false` and `null` in JSON.
        Some(Scalar::Text(_)) => is_json && value.style() == Some(ScalarStyle::Plain),
        _ => false,
    }
}

/// What the decoder makes of a number that is a key, where that is not what is written.
pub(super) fn numeric_key(key: Node<'_>) -> Option<String> {
    let text = match key.scalar()? {
        Scalar::Int(number) => number.to_string(),
        Scalar::Float(number) => float_key(number),
        _ => return None,
    };
    (key.raw_text() != Some(text.as_str())).then_some(text)
}

/// As Go's `FormatFloat(number, 'g', -1, 32)`, with YAML's names for what is not finite.
fn float_key(number: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "the decoder does the same")]
    let number = number as f32;
    if number.is_nan() {
        return ".nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

/// What is wrong with the value of a merge key; whether it opens an item of a list tells what is meant.
pub(super) fn merge_problem(key: Node<'_>, value: Node<'_>, is_item: bool) -> Option<&'static str> {
    let legal = !key.is_merge_key()
        || value.is_mapping()
        // An alias of a list is refused, though the list itself would not be.
        || (value.is_sequence() && !value.is_alias() && value.items().all(Node::is_mapping));
    if legal {
        return None;
    }
    Some(if value.is_sequence() && value.is_alias() && is_item {
        "the merge key `<<` takes no alias of a list: YAML cannot put a list into a list, so write its entries here"
    } else if value.is_sequence() && value.is_alias() {
        "the merge key `<<` takes no alias of a list: write the list here, `<<: [*a, *b]`"
    } else {
        "the merge key `<<` takes a mapping or a list of mappings"
    })
}

/// The keys that a mapping of so many entries gives twice.
pub(super) fn duplicates(mapping: Node<'_>, count: usize) -> Vec<DuplicateKey> {
    let mut found = Vec::new();
    let keys = mapping
        .written_entries()
        .map(|entry| entry.key)
        .filter(|key| !key.is_merge_key());
    let mut note = |first: NodeId, second: NodeId| found.push(DuplicateKey { first, second });
    if count <= SMALL_MAPPING {
        let mut seen: Vec<(Cow<'_, str>, NodeId)> = Vec::with_capacity(count);
        for key in keys {
            let identity = key_identity(key);
            match seen.iter_mut().find(|(other, _)| *other == identity) {
                Some((_, earlier)) => note(std::mem::replace(earlier, key.id()), key.id()),
                None => seen.push((identity, key.id())),
            }
        }
    } else {
        let mut seen: HashMap<Cow<'_, str>, NodeId> = HashMap::with_capacity(count);
        for key in keys {
            if let Some(earlier) = seen.insert(key_identity(key), key.id()) {
                note(earlier, key.id());
            }
        }
    }
    found
}
