//! `overrides`

use super::file::{Draft, Reader};
use super::keys::{MATCH, TOP};
use crate::settings::WorkloadPattern;
use crate::yaml::{Kind, Node, Scalar};

pub(super) fn read(reader: &mut Reader<'_>, node: Node<'_>, draft: &mut Draft) {
    match node.kind() {
        Kind::Sequence | Kind::Scalar(Scalar::Null) => {}
        _ => reader.expected(node, "a list"),
    }
    for item in node.items().map(Node::resolved) {
        let entry = read_entry(reader, item);
        let origin = reader.origin(item);
        draft.settings.overrides.push(entry.into_override(origin));
    }
}

fn read_entry(reader: &mut Reader<'_>, node: Node<'_>) -> Draft {
    let mut draft = Draft {
        in_override: true,
        ..Draft::default()
    };
    let mut speaks_of = 0;
    let mut sets = 0;
    for (key, name, value) in reader.entries(node) {
        if let Some(known) = MATCH.iter().find(|known| known.about.name == name) {
            speaks_of += 1;
            (known.read)(reader, value, &mut draft);
            if value.is_null() || value.is_sequence() && value.items().next().is_none() {
                reader.at(value, format!("`{name}` names nothing"));
            }
        } else {
            sets += 1;
            reader.entry(MATCH, TOP, (key, name, value), &mut draft);
        }
    }
    if node.is_mapping() && speaks_of == 0 {
        let message = "an override without `paths` and `workloads` would hold for everything: put \
                       its keys at the top level";
        reader.at(node, message);
    } else if node.is_mapping() && sets == 0 {
        reader.at(node, "this override sets nothing");
    }
    draft
}

/// Reads patterns for `Kind/name`.
pub(super) fn workloads(reader: &mut Reader<'_>, node: Node<'_>) -> Vec<WorkloadPattern> {
    let mut patterns = Vec::new();
    for (item, pattern) in reader.list(node) {
        match WorkloadPattern::new(pattern) {
            Ok(pattern) => patterns.push(pattern),
            Err(error) => reader.at(item, error.to_string()),
        }
    }
    patterns
}
