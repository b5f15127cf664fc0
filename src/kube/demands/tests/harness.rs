//! Manifests of single parts, and what is told of them.

use std::sync::Arc;

use crate::kube::read_source;
use crate::source::{NewSource, Role, Scope, Sources};

/// The faults of the first object in a text, each as `path: message`.
pub(super) fn faults(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let id = sources.push(NewSource {
        path: "a.yaml".to_owned(),
        root_path: "a.yaml".to_owned(),
        text: Arc::from(text),
        invalid_utf8: None,
        role: Role::Named,
        scope: Scope(Arc::from("")),
    });
    let manifests = read_source(sources.get(id));
    let object = manifests.objects.first().expect("an object");
    object
        .faults()
        .iter()
        .map(|fault| format!("{}: {}", fault.node_in(object).path(), fault.message))
        .collect()
}

/// Holds the faults of the first object in a text, in their order, by a part of each.
pub(super) fn assert_faults(text: &str, expected: &[&str]) {
    let found = faults(text);
    let fits = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(found, expected)| found.contains(expected));
    assert!(fits, "{text}\nfound {found:#?}\nexpected {expected:#?}");
}

/// Holds the faults of many texts.
pub(super) fn assert_texts(rows: &[(String, &[&str])]) {
    for (text, expected) in rows {
        assert_faults(text, expected);
    }
}

/// A Pod whose spec says this besides its one container.
pub(super) fn pod(spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    \
         - {{name: app, image: app}}\n{}",
        indented(spec, 2)
    )
}

/// A Pod whose one container says this besides its name and image.
pub(super) fn container(text: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    \
         - name: app\n      image: app\n{}",
        indented(text, 6)
    )
}

fn indented(text: &str, by: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        out.push_str(&" ".repeat(by));
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// Holds rows of what is written at one place, and the one fault of it; an empty one stands for none.
pub(super) fn assert_rows(place: impl Fn(&str) -> String, rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        let expected: &[&str] = if expected.is_empty() {
            &[]
        } else {
            &[expected]
        };
        assert_faults(&place(text), expected);
    }
}

/// A workload of this kind whose spec says this besides what it must.
pub(super) fn workload(kind: &str, spec: &str) -> String {
    let version = if kind == "Job" { "batch/v1" } else { "apps/v1" };
    let (selector, policy) = if kind == "Job" {
        ("", "      restartPolicy: Never\n")
    } else {
        ("  selector: {matchLabels: {app: web}}\n", "")
    };
    format!(
        "apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: web\nspec:\n{selector}  \
         template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n{policy}      containers:\n        \
         - {{name: app, image: app}}\n{}",
        indented(spec, 2)
    )
}
