//! The fields of kustomizations and of kustomize's own plugins that name files, by kustomize's rules.

use crate::kube::models::kustomization::{is_inline, is_remote, starts_remote};
use crate::yaml::Node;

/// Fields that list files, some of them folders.
const LISTS: [&str; 6] = [
    "crds",
    "configurations",
    "patchesStrategicMerge",
    "generators",
    "transformers",
    "validators",
];
/// Fields that list mappings with a file each, and where in these the files stand.
const LISTED: [(&str, &[&str]); 5] = [
    ("patches", &["path"]),
    ("patchesJson6902", &["path"]),
    ("replacements", &["path"]),
    ("configMapGenerator", SOURCES),
    ("secretGenerator", SOURCES),
];
/// Where generators have files.
const SOURCES: &[&str] = &["files", "envs", "env"];
/// Where the configuration of a plugin of kustomize itself names files.
const OF_PLUGINS: [&str; 6] = ["path", "paths", "files", "envs", "env", "targetFilePath"];

/// The values of a field: kustomize does not tell `resources` from `Resources`, and neither from a
/// spelling with the letters that Unicode folds to the same ones, and may take all of them.
pub(super) fn values<'t>(node: Node<'t>, field: &str) -> impl Iterator<Item = Node<'t>> {
    let is_meant = move |key: &str| key.chars().map(folded).eq(field.chars().map(folded));
    let entries = node.entries();
    entries
        .filter(move |entry| is_meant(entry.key.key_text()))
        .map(|entry| entry.value.resolved())
}

/// As `encoding/json` in Go compares names.
fn folded(letter: char) -> char {
    match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    }
}

/// The elements of a field that is a list.
pub(super) fn items<'t>(node: Node<'t>, field: &str) -> impl Iterator<Item = Node<'t>> {
    values(node, field)
        .flat_map(Node::items)
        .map(Node::resolved)
}

/// What the fields beside `resources`, `bases` and `components` name.
pub(super) fn paths(root: Node<'_>) -> Vec<String> {
    let lists = LISTS.iter().flat_map(|list| items(root, list));
    let texts = lists.filter_map(Node::text);
    // What reads as a text can be an address all the same.
    let texts = texts.filter(|text| !is_inline(text) || starts_remote(text));
    let mut paths: Vec<String> = texts.map(str::to_owned).collect();
    for (list, fields) in LISTED {
        for item in items(root, list) {
            // kustomize 2 took the file of a patch itself.
            paths.extend(item.text().map(str::to_owned));
            paths.extend(fields.iter().flat_map(|field| named(item, field)));
        }
    }
    let openapi = values(root, "openapi").flat_map(|it| named(it, "path"));
    paths.extend(openapi);
    paths
}

/// Where kustomizations name files that change resources.
const CHANGES: [&str; 4] = [
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "replacements",
];

/// The files whose content goes into resources piece by piece, which are no manifests of their own.
pub(super) fn changes(root: Node<'_>) -> Vec<String> {
    let items = CHANGES.iter().flat_map(|list| items(root, list));
    items
        .flat_map(|item| {
            let own = item.text().map(str::to_owned);
            own.into_iter().chain(named(item, "path"))
        })
        .filter(|text| !is_inline(text))
        .collect()
}

/// What the configuration of a plugin of kustomize itself names.
pub(super) fn plugin_paths(root: Node<'_>) -> Vec<String> {
    let own = OF_PLUGINS.iter().flat_map(|field| named(root, field));
    let replacements = items(root, "replacements");
    let replacements = replacements.flat_map(|it| named(it, "path"));
    own.chain(replacements)
        .filter(|text| !is_inline(text) || starts_remote(text))
        .collect()
}

/// The files that a field names, alone or in a list.
fn named(node: Node<'_>, field: &str) -> Vec<String> {
    let values = values(node, field);
    let texts = values.flat_map(|it| {
        it.text()
            .into_iter()
            .chain(it.items().filter_map(Node::text))
    });
    texts
        .map(|text| match field {
            // `key=file`
            "files" => text.rsplit('=').next().unwrap_or(text),
            _ => text,
        })
        .map(str::to_owned)
        .collect()
}

/// Whether kustomize would go to the network or to another repository for an entry, or try.
pub(super) fn is_elsewhere(entry: &str) -> bool {
    if is_inline(entry) {
        starts_remote(entry)
    } else {
        is_remote(entry)
    }
}
