//! What identifies a finding inside its object.

use crate::finding::Fingerprint;
use crate::kube::Object;
use crate::units::cut;
use crate::yaml::Node;

/// How much of a cause is kept as it is, in bytes.
const LONGEST_CAUSE: usize = 4 << 10;

/// The node's path within its object and, for a scalar, its text. The index of an item without a
/// name is left out: it changes with what stands before the item.
pub(super) fn cause(object: &Object, node: Node<'_>) -> String {
    let path = node.path();
    let above = object.node().path();
    let own = path.strip_prefix(above.as_str()).unwrap_or(&path);
    let path = without_indices(own.trim_start_matches('.'));
    let cause = match node.text() {
        Some(text) => format!("{path}={text}"),
        None => path,
    };
    if cause.len() <= LONGEST_CAUSE {
        return cause;
    }
    // One text may be the cause of many findings, through an alias: its identity is enough.
    let rest = Fingerprint::of([cause.as_str()]);
    format!("{}…{rest}", cut::clip(&cause, LONGEST_CAUSE))
}

/// `http[1].route[0]` → `http[].route[]`
fn without_indices(path: &str) -> String {
    let mut parts = path.split('[');
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push('[');
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        kept.push_str(if rest.starts_with(']') { rest } else { part });
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::without_indices;

    #[test]
    fn indices_are_left_out_and_names_are_kept() {
        let cases = [
            (
                "spec.http[1].route[10].weight",
                "spec.http[].route[].weight",
            ),
            (
                "spec.containers[app].ports[0]",
                "spec.containers[app].ports[]",
            ),
            ("metadata.labels[a.b/c]", "metadata.labels[a.b/c]"),
            ("spec.containers[2nd]", "spec.containers[2nd]"),
            ("", ""),
        ];
        for (path, expected) in cases {
            assert_eq!(without_indices(path), expected);
        }
    }
}
