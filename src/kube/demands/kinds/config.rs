//! ConfigMaps and Secrets (`pkg/apis/core/validation/validation.go`, 1.37: `ValidateConfigMap`,
//! `ValidateSecret`).

use super::super::Judge;
use super::super::judge::shown;
use crate::kube::check::{forms, holds_placeholder};
use crate::kube::object::Field;
use crate::yaml::Node;

/// The most that one object may hold, in bytes.
const MOST: usize = 1024 * 1024;

/// Judges the keys of a map.
fn keys<'t>(judge: &mut Judge<'t>, object: Node<'t>, field: &str) {
    let Some(map) = judge.get(object, field) else {
        return;
    };
    for entry in map.entries() {
        let key = entry.key.key_text();
        if holds_placeholder(key) || forms::is_config_key(key) {
            continue;
        }
        judge
            .wrong(entry.key, format!("{} is not a valid key", shown(key)))
            .help("keys take letters, digits, `-`, `_` and `.`, at most 253 of them");
    }
}

/// The bytes of the texts of a map.
fn size(object: Node<'_>, field: &str, of: fn(&str) -> usize) -> usize {
    let map = object.get(field);
    map.into_iter()
        .flat_map(Node::entries)
        .filter_map(|entry| entry.value.text())
        .map(of)
        .sum()
}

/// The bytes that a text in base64 stands for.
fn decoded_size(text: &str) -> usize {
    let digits = text.bytes().filter(u8::is_ascii_alphanumeric).count();
    digits / 4 * 3
}

fn total<'t>(judge: &mut Judge<'t>, object: Node<'t>, size: usize) {
    if size > MOST
        && let Some(entry) = object.entry("data").or_else(|| object.entry("stringData"))
    {
        let kind = judge.kind();
        judge.wrong(entry.key, format!("the {kind} holds more than 1 MiB"));
    }
}

/// `ValidateConfigMap`
pub(super) fn config_map<'t>(judge: &mut Judge<'t>, map: Node<'t>) {
    keys(judge, map, "data");
    keys(judge, map, "binaryData");
    if let (Some(data), Some(binary)) = (judge.get(map, "data"), judge.get(map, "binaryData")) {
        for entry in data.entries() {
            if let Some(other) = binary.entry(entry.key.key_text()) {
                let key = shown(entry.key.key_text());
                judge.wrong(other.key, format!("{key} also stands in `data`"));
            }
        }
    }
    let bytes = size(map, "data", str::len) + size(map, "binaryData", decoded_size);
    total(judge, map, bytes);
}

/// The keys that a type of Secret needs; of those in one row, one is enough.
fn needed(kind: &str) -> &'static [&'static [&'static str]] {
    match kind {
        "kubernetes.io/tls" => &[&["tls.crt"], &["tls.key"]],
        "kubernetes.io/dockercfg" => &[&[".dockercfg"]],
        "kubernetes.io/dockerconfigjson" => &[&[".dockerconfigjson"]],
        "kubernetes.io/basic-auth" => &[&["username", "password"]],
        "kubernetes.io/ssh-auth" => &[&["ssh-privatekey"]],
        _ => &[],
    }
}

/// `ValidateSecret`
pub(super) fn secret<'t>(judge: &mut Judge<'t>, secret: Node<'t>) {
    keys(judge, secret, "data");
    keys(judge, secret, "stringData");
    let bytes = size(secret, "data", decoded_size) + size(secret, "stringData", str::len);
    total(judge, secret, bytes);
    let Some(kind) = judge.text(secret, "type") else {
        return;
    };
    let maps = ["data", "stringData"];
    if maps.iter().any(|map| judge.field(secret, map).is_unknown()) {
        return;
    }
    let has = |key: &str| {
        maps.iter()
            .filter_map(|map| secret.get(map))
            .any(|map| map.entry(key).is_some())
    };
    for row in needed(kind) {
        if !row.iter().any(|key| has(key)) {
            let list = row.join("` or `");
            let fault = format!("a Secret of type {kind} has no `{list}`");
            judge
                .missing(secret, "data", fault)
                .map(|told| told.rests_on(secret, "stringData"));
        }
    }
    if kind == "kubernetes.io/service-account-token" {
        let path = [
            "metadata",
            "annotations",
            "kubernetes.io/service-account.name",
        ];
        let is_named = judge
            .at(secret, &path)
            .is_some_and(|name| judge.text_of(name) != Some(""));
        let is_known = judge.get(secret, "metadata").is_some_and(|metadata| {
            !matches!(judge.field(metadata, "annotations"), Field::Unknown(_))
        });
        if !is_named && is_known {
            judge.missing(
                secret,
                "metadata",
                "the token names no ServiceAccount in kubernetes.io/service-account.name",
            );
        }
    }
    configuration(judge, secret);
}

/// A registry's configuration is JSON.
fn configuration<'t>(judge: &mut Judge<'t>, secret: Node<'t>) {
    let Some(key) = judge.text(secret, "type").and_then(|kind| match kind {
        "kubernetes.io/dockercfg" => Some(".dockercfg"),
        "kubernetes.io/dockerconfigjson" => Some(".dockerconfigjson"),
        _ => None,
    }) else {
        return;
    };
    let is_object = |text: &[u8]| {
        serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(text).is_ok()
    };
    if let Some(plain) = judge.at(secret, &["stringData", key]) {
        if let Some(text) = judge.text_of(plain)
            && !is_object(text.as_bytes())
        {
            judge.wrong(plain, format!("`{key}` is not a JSON object"));
        }
        return;
    }
    let Some(node) = judge.at(secret, &["data", key]) else {
        return;
    };
    if let Some(bytes) = judge.text_of(node).and_then(forms::from_base64)
        && !is_object(&bytes)
    {
        judge.wrong(node, format!("`{key}` is not a JSON object"));
    }
}
