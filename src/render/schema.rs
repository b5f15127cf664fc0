//! The schemas that charts have for their values. Helm follows their references to files and to the
//! network.

use std::path::Path;

use serde_json::Value;

use crate::source::read_text;
use crate::units::SizeLimit;

const NAME: &str = "values.schema.json";
/// What refers to a schema, in all drafts.
const REFERENCES: [&str; 4] = ["$ref", "$schema", "$dynamicRef", "$recursiveRef"];
/// What a schema is called, in all drafts. References that begin with `#` lead to the schema that
/// holds them, so its name is never fetched.
const IDS: [&str; 2] = ["$id", "id"];
/// Helm knows these without asking anybody. Below `json-schema.org`.
const KNOWN: [&str; 6] = [
    "schema",
    "draft-04/schema",
    "draft-06/schema",
    "draft-07/schema",
    "draft/2019-09/schema",
    "draft/2020-12/schema",
];

/// What a schema in a chart or in the charts inside of it refers to elsewhere, or why that is not
/// known. Archives are not looked into. `chart` is a copy, which has no links to folders.
pub(super) fn obstacle(chart: &Path) -> Option<String> {
    let mut todo = vec![chart.to_owned()];
    while let Some(directory) = todo.pop() {
        let entries = std::fs::read_dir(directory).into_iter().flatten();
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                todo.push(path);
            } else if path.file_name().is_some_and(|name| name == NAME)
                && path.is_file()
                && let Err(obstacle) = check(&path)
            {
                return Some(obstacle);
            }
        }
    }
    None
}

fn check(file: &Path) -> Result<(), String> {
    let text = read_text(file, SizeLimit::default()).ok();
    let schema: Option<Value> = text.and_then(|text| serde_json::from_str(&text).ok());
    let schema = schema.ok_or_else(|| format!("a `{NAME}` of it cannot be read"))?;
    match elsewhere(&schema) {
        Some(reference) => Err(format!(
            "a `{NAME}` of it refers to something else (`{reference}`)"
        )),
        None => Ok(()),
    }
}

/// The first reference that leads out of a schema. What looks like one in a default or an example
/// may be taken for one, too.
fn elsewhere(schema: &Value) -> Option<&str> {
    let mut todo = vec![schema];
    while let Some(value) = todo.pop() {
        match value {
            Value::Array(items) => todo.extend(items),
            Value::Object(fields) => {
                let text = |key: &&str| fields.get(*key)?.as_str();
                let mut references = REFERENCES.iter().filter_map(text);
                let mut ids = IDS.iter().filter_map(text);
                let unknown = references.find(|text| !is_known(text));
                let unknown = unknown.or_else(|| ids.find(|id| !is_known(id) && !is_plain(id)));
                if unknown.is_some() {
                    return unknown;
                }
                todo.extend(fields.values());
            }
            _ => {}
        }
    }
    None
}

fn is_known(reference: &str) -> bool {
    let address = reference.split('#').next().unwrap_or_default();
    let scheme = ["http://", "https://"].into_iter();
    let mut below =
        scheme.filter_map(|it| address.strip_prefix(it)?.strip_prefix("json-schema.org/"));
    address.is_empty() && reference.starts_with('#') || below.any(|path| KNOWN.contains(&path))
}

/// Whether a name of a schema stays the same when a `#…` is resolved against it, letter by letter:
/// only then does Helm find that it has the schema already. Go drops the `?` of an empty query, and
/// writes escapes its own way; older releases of Helm keep a fragment.
fn is_plain(id: &str) -> bool {
    let id = id.strip_suffix('#').unwrap_or(id);
    let schemes = ["http://", "https://"].into_iter();
    let mut absolute = schemes.filter_map(|scheme| id.strip_prefix(scheme));
    let path = absolute.next().or_else(|| id.strip_prefix('/'));
    let path = path.unwrap_or(id);
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    let is_part =
        |part: &str| !part.is_empty() && part != "." && part != ".." && part.chars().all(is_plain);
    path.strip_suffix('/')
        .unwrap_or(path)
        .split('/')
        .all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_within_a_schema_and_to_drafts_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("charts/part");
        std::fs::create_dir_all(&inner).unwrap();
        let of = |text: &str| {
            std::fs::write(inner.join(NAME), text).unwrap();
            obstacle(folder.path())
        };
        for known in [
            r##"{"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/a"}"##,
            r#"{"$schema": "https://json-schema.org/draft/2020-12/schema"}"#,
            r#"{"properties": {"id": {"type": "string"}, "$ref": {}}}"#,
            r##"{"$id": "https://example.com/web.schema.json", "$ref": "#/$defs/a"}"##,
            r##"{"$id": "http://example.com#", "a": {"$id": "/properties/a", "$ref": "#"}}"##,
            r#"{"id": "values.schema.json"}"#,
        ] {
            assert_eq!(of(known), None, "{known}");
        }
        for unknown in [
            r#"{"$ref": "http://127.0.0.1:1/a.json"}"#,
            r#"{"a": [{"\u0024ref": "file:///etc/passwd"}]}"#,
            r#"{"$ref": "other.json"}"#,
            r#"{"$ref": ""}"#,
            r#"{"$ref": "urn:a:b"}"#,
            r#"{"$id": "http://example.com/a?"}"#,
            r#"{"$id": "http://example.com/%61"}"#,
            r#"{"$id": "http://example.com/a/../b"}"#,
            r#"{"$id": "http://example.com/a#b"}"#,
            r#"{"$id": "http://a@example.com/"}"#,
            r#"{"$id": "//example.com/a"}"#,
            r#"{"$id": "file:///etc/passwd"}"#,
            r#"{"$id": "HTTP://example.com/a"}"#,
            r#"{"$id": "http://example.com/a", "$ref": "b"}"#,
            r#"{"$id": "http://example.com/a", "$ref": "http://example.com/a"}"#,
            r#"{"$schema": "http://json-schema.org.example/schema"}"#,
            r#"{"$schema": "http://127.0.0.1:1/json-schema.org/schema"}"#,
            "{",
        ] {
            assert!(of(unknown).is_some(), "{unknown}");
        }
    }
}
