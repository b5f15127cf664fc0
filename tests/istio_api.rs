//! What lameduck knows of Istio and of the Gateway API, held against their Go modules: annotations, labels, fields of
//! the proxy's configuration and the trees of the CRDs. A newer release shows what is missing.
//!
//! The modules are those of `tests/oracle/istio/go.mod`, as far as Go has them already, or
//! the folders that `LAMEDUCK_ISTIO_API` and `LAMEDUCK_GATEWAY_API` name.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use lameduck::kube::read_source;
use lameduck::kube::tables::istio_catalogue::{
    annotation, is_bookkeeping, label, proxy_config_field,
};
use lameduck::source::{NewSource, Role, Scope, Sources};
use lameduck::yaml::{self, Content, IssueKind, Node};

/// The folder of a Go module, if it is there; says what is skipped otherwise.
fn module(variable: &str, name: &str) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(variable) {
        return Some(folder.into());
    }
    let listed = Command::new("go")
        .args(["list", "-m", "-f", "{{.Dir}}", name])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/istio"))
        // Nothing is fetched.
        .envs([
            ("GOFLAGS", "-mod=mod"),
            ("GOPROXY", "off"),
            ("GOTOOLCHAIN", "local"),
        ])
        .output();
    let folder = listed.ok().filter(|it| it.status.success()).map(|it| {
        let text = String::from_utf8_lossy(&it.stdout).trim().to_owned();
        PathBuf::from(text)
    });
    let found = folder.filter(|it| !it.as_os_str().is_empty() && it.is_dir());
    if found.is_none() {
        eprintln!("skipped: Go does not have the module {name}, and {variable} names no folder");
    }
    found
}

fn istio(path: &str) -> Option<String> {
    let folder = module("LAMEDUCK_ISTIO_API", "istio.io/api")?;
    Some(std::fs::read_to_string(folder.join(path)).unwrap())
}

/// The names in a generated list of annotations or labels.
fn names(text: &str) -> BTreeSet<&str> {
    let lines = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Name:"));
    let quoted = lines.filter_map(|rest| rest.trim().strip_prefix('"')?.split('"').next());
    quoted.collect()
}

#[test]
fn every_annotation_and_label_of_istios_is_known() {
    type IsKnown = fn(&str) -> bool;
    let lists: [(&str, IsKnown); 2] = [
        ("annotation/annotations.gen.go", |name| {
            annotation(name).is_some()
        }),
        ("label/labels.gen.go", |name| label(name).is_some()),
    ];
    for (path, is_known) in lists {
        let Some(text) = istio(path) else {
            return;
        };
        let names = names(&text);
        assert!(names.len() > 20, "{path}: {names:?}");
        let missing: Vec<_> = names
            .into_iter()
            .filter(|name| !is_known(name) && !is_bookkeeping(name))
            .collect();
        assert_eq!(missing, [""; 0], "{path}");
    }
}

#[test]
fn every_field_of_the_proxys_configuration_is_known() {
    let Some(text) = istio("mesh/v1alpha1/proxy.pb.go") else {
        return;
    };
    let start = text.find("\ntype ProxyConfig struct {").unwrap();
    let end = start + text[start..].find("\n}\n").unwrap();
    let fields: Vec<&str> = text[start..end]
        .lines()
        .filter(|line| line.contains("protobuf:\""))
        .filter_map(|line| line.split(",json=").nth(1)?.split([',', '"']).next())
        .collect();
    assert!(fields.len() > 20, "{fields:?}");
    let missing: Vec<_> = fields
        .into_iter()
        .filter(|field| proxy_config_field(&format!("proxy.istio.io/{field}")).is_none())
        .collect();
    assert_eq!(missing, [""; 0]);
}

/// The documents of a file.
fn documents(text: &str) -> Vec<yaml::Tree> {
    let stream = yaml::parse(&Arc::from(text));
    let trees = stream
        .documents
        .into_iter()
        .filter_map(|it| match it.content {
            Content::Tree(tree) => Some(tree),
            Content::Empty | Content::Broken(_) => None,
        });
    trees.collect()
}

fn text<'t>(node: Node<'t>, path: &[&str]) -> &'t str {
    node.at(path).and_then(Node::text).unwrap_or_default()
}

/// A value that has every field of a schema.
fn whole(schema: Node<'_>) -> String {
    if let Some(first) = schema.get("enum").and_then(|it| it.items().next()) {
        let first = first.text().unwrap_or_default();
        return match text(schema, &["type"]) {
            "string" => format!("{first:?}"),
            _ => first.to_owned(),
        };
    }
    if let Some(properties) = schema.get("properties") {
        let fields = properties.entries().map(|entry| {
            let value = whole(entry.value.resolved());
            format!("{:?}: {value}", entry.key.key_text())
        });
        return format!("{{{}}}", fields.collect::<Vec<_>>().join(", "));
    }
    match text(schema, &["type"]) {
        "array" => format!("[{}]", whole(schema.get("items").unwrap())),
        "object" => match schema.get("additionalProperties") {
            Some(value) if value.is_mapping() => format!("{{\"a\": {}}}", whole(value)),
            _ => "{}".to_owned(),
        },
        "integer" | "number" => "1".to_owned(),
        "boolean" => "true".to_owned(),
        _ => "\"1s\"".to_owned(),
    }
}

/// The fields of the CRDs in a text that are not known, and how many objects were read.
fn unknown(text_of_crds: &str, skipped: &[&str]) -> (usize, BTreeSet<String>) {
    let mut missing = BTreeSet::new();
    let mut read = 0;
    for tree in documents(text_of_crds) {
        let crd = tree.root();
        let kind = text(crd, &["spec", "names", "kind"]);
        if text(crd, &["kind"]) != "CustomResourceDefinition" || skipped.contains(&kind) {
            continue;
        }
        let group = text(crd, &["spec", "group"]);
        for version in crd.at(&["spec", "versions"]).unwrap().items() {
            let spec = version.at(&["schema", "openAPIV3Schema", "properties", "spec"]);
            let object = format!(
                "apiVersion: {group}/{}\nkind: {kind}\nmetadata: {{name: whole}}\nspec: {}\n",
                text(version, &["name"]),
                whole(spec.unwrap())
            );
            let mut sources = Sources::default();
            let id = sources.push(NewSource {
                path: "whole.yaml".to_owned(),
                root_path: "whole.yaml".to_owned(),
                text: Arc::from(object.as_str()),
                invalid_utf8: None,
                role: Role::Named,
                scope: Scope(Arc::from("")),
            });
            let manifests = read_source(sources.get(id));
            let object = manifests.objects.first().expect("one object");
            read += 1;
            for issue in object.issues() {
                if matches!(issue.kind, IssueKind::UnknownField { .. }) {
                    let node = object.node_of(issue.node);
                    let holder = node.parent().map(Node::path).unwrap_or_default();
                    missing.insert(format!(
                        "{kind} {holder}.{}",
                        node.text().unwrap_or_default()
                    ));
                }
            }
        }
    }
    (read, missing)
}

#[test]
fn every_field_of_istios_crds_is_known() {
    let Some(text) = istio("kubernetes/customresourcedefinitions.gen.yaml") else {
        return;
    };
    // Envoy's own configuration.
    let (read, missing) = unknown(&text, &["EnvoyFilter", "WasmPlugin", "TrafficExtension"]);
    assert!(read > 25, "{read}");
    assert_eq!(missing, BTreeSet::new());
}

#[test]
fn every_field_of_the_gateway_api_is_known() {
    let Some(folder) = module("LAMEDUCK_GATEWAY_API", "sigs.k8s.io/gateway-api") else {
        return;
    };
    let mut read = 0;
    for channel in ["standard", "experimental"] {
        let folder = folder.join("config/crd").join(channel);
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let path = entry.unwrap().into_path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if !name.starts_with("gateway.networking.k8s.io_") {
                continue;
            }
            let (some, missing) = unknown(&std::fs::read_to_string(&path).unwrap(), &[]);
            assert_eq!(missing, BTreeSet::new(), "{name}");
            read += some;
        }
    }
    assert!(read > 25, "{read}");
}
