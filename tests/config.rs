//! The configuration's keys and its JSON Schema say the same: both are made of one table, and every
//! key's example is read and checked against the schema. `tests/readme.rs` holds the page.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use boon::{Compiler, SchemaIndex, Schemas};
use lameduck::config::{self, About, Shape};
use lameduck::rules::metas;
use lameduck::settings::{OptionValue, Settings};
use lameduck::yaml::{self, Content, Kind, Node, Scalar};
use serde_json::{Map, Number, Value, json};

/// The schema, compiled.
struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn new() -> Self {
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        let name = "lameduck.schema.json";
        compiler
            .add_resource(name, config::schema(metas()))
            .unwrap();
        let index = compiler.compile(name, &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn takes(&self, text: &str) -> bool {
        self.schemas.validate(&json_of(text), self.index).is_ok()
    }
}

/// What an editor makes of YAML.
fn json_of(text: &str) -> Value {
    let stream = yaml::parse(&text.into());
    match &stream.documents[0].content {
        Content::Tree(tree) => value_of(tree.root()),
        _ => Value::Null,
    }
}

fn value_of(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Mapping => node
            .entries()
            .map(|entry| (entry.key.key_text().to_owned(), value_of(entry.value)))
            .collect::<Map<_, _>>()
            .into(),
        Kind::Sequence => node.items().map(value_of).collect::<Vec<_>>().into(),
        Kind::Scalar(scalar) => match scalar {
            Scalar::Null => Value::Null,
            // To YAML 1.2, which editors read, other words are text.
            Scalar::Bool(value) if matches!(node.text(), Some("true" | "false")) => json!(value),
            Scalar::Int(_) | Scalar::Float(_) => {
                json!(node.text().unwrap().parse::<Number>().unwrap())
            }
            _ => json!(node.text().unwrap()),
        },
    }
}

/// Reads a configuration in a folder of its own.
fn read(text: &str) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lameduck.yaml");
    std::fs::write(&file, text).unwrap();
    let settings = config::load(&file, "lameduck.yaml", metas());
    settings
        .map(|settings| Settings {
            files: Vec::new(),
            ..settings
        })
        .map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            lines.join("\n") + "\n"
        })
}

/// Every key, with the keys that lead to it.
fn all_keys() -> Vec<(Vec<&'static str>, &'static About)> {
    let mut found = Vec::new();
    let mut open: Vec<_> = config::keys()
        .into_iter()
        .rev()
        .map(|key| (vec![], key))
        .collect();
    while let Some((above, about)) = open.pop() {
        let path: Vec<&str> = above.iter().copied().chain([about.name]).collect();
        if let Shape::Section(keys) | Shape::WordOrSection(_, keys) = about.shape {
            open.extend(keys().into_iter().rev().map(|key| (path.clone(), key)));
        }
        found.push((path, about));
    }
    found
}

fn nested(path: &[&str], value: &str) -> String {
    let opened: Vec<String> = path.iter().map(|key| format!("{{ {key}: ")).collect();
    let opened = opened.concat();
    format!("{opened}{value}{}\n", " }".repeat(path.len()))
}

#[test]
fn every_example_is_read_and_fits_the_schema() {
    let schema = Schema::new();
    for (path, about) in all_keys() {
        let text = nested(&path, about.example);
        // The file that is named has to exist: `tests/config_files.rs`.
        if about.name == "extends" {
            assert!(schema.takes(&text), "{text}");
            continue;
        }
        let settings = read(&text).unwrap_or_else(|errors| panic!("{text}{errors}"));
        assert!(schema.takes(&text), "{text}");
        // Files that are named have to exist.
        if !["helm-values", "helm"].contains(&about.name) {
            assert_ne!(settings, Settings::default(), "{text} does nothing");
        }
    }
}

#[test]
fn what_is_read_where_nothing_is_given_is_the_default() {
    for (path, about) in all_keys() {
        let is_value = matches!(
            about.shape,
            Shape::Bool | Shape::Duration | Shape::Size | Shape::Word(_)
        );
        let word = about.default.split(' ').next().unwrap_or_default();
        if is_value && word == about.default {
            let text = nested(&path, about.default);
            assert_eq!(read(&text), Ok(Settings::default()), "{text}");
        }
    }
}

#[test]
fn keys_that_vary_may_stand_in_overrides_and_others_may_not() {
    let schema = Schema::new();
    for (path, about) in all_keys() {
        let value = nested(&path, about.example);
        let value = value.trim().trim_start_matches('{');
        let text = format!("overrides: [{{ paths: [a/], {value}]\n");
        match read(&text) {
            Ok(settings) => {
                assert!(about.varies, "{text}");
                assert!(!settings.overrides[0].assignments.is_empty(), "{text}");
                assert!(schema.takes(&text), "{text}");
            }
            Err(errors) => {
                assert!(!about.varies, "{text}{errors}");
                let said = |key: &&str| format!("`{key}` holds for the whole run");
                assert!(
                    path.iter().any(|key| errors.contains(&said(key))),
                    "{errors}"
                );
                // Of a section whose other keys vary the schema knows one form.
                assert!(path.len() > 1 || !schema.takes(&text), "{text}");
            }
        }
    }
}

#[test]
fn every_rule_and_option_is_read_and_fits_the_schema() {
    let schema = Schema::new();
    for rule in metas() {
        let mut options = "severity: note, exclude: [a/]".to_owned();
        for option in rule.options {
            let value = match option.default {
                OptionValue::Bool(value) => (!value).to_string(),
                OptionValue::Seconds(value) => format!("{}s", value + 1),
            };
            options.extend([", ", option.name, ": "]);
            options.push_str(&value);
        }
        for text in [
            format!("rules: {{ {}: {{ {options} }} }}", rule.id),
            format!("rules: {{ {}: off }}", rule.id),
            format!("select: {}\nignore: [{}]", rule.id, rule.category),
        ] {
            read(&text).unwrap_or_else(|errors| panic!("{text}{errors}"));
            assert!(schema.takes(&text), "{text}");
        }
    }
}

#[test]
fn the_schema_takes_what_is_read_and_refuses_what_is_not() {
    let schema = Schema::new();
    for text in [
        "",
        "mesh:\nlifecycle:\nrules:\nexclude:\noverrides:\n",
        "kubernetes-version: 1.30\n",
        "kubernetes-version: \"v1.33.2\"\n",
        "lifecycle: { buffer: 10, startup-time: 1m30s, min-prestop: 500ms, shutdown-timeout: \"45\" }\n",
        "exclude: vendor/\n",
        "max-file-size: 32Mi\n",
        "max-file-size: 33554432\n",
        "max-file-size: \"1.5Mi\"\n",
    ] {
        read(text).unwrap_or_else(|errors| panic!("{text}{errors}"));
        assert!(schema.takes(text), "{text}");
    }
    for text in [
        "- a\n",
        "mode: sidecar\n",
        "mesh: { mode: envoy }\n",
        "mesh: { mod: auto }\n",
        "kubernetes-version: [1.30]\n",
        "kubernetes-version: latest\n",
        "pedantic: 1\n",
        "fail-on: fatal\n",
        "rules: { missing-pbd: off }\n",
        "rules: { missing-pdb: info }\n",
        "rules: { missing-pdb: { level: note } }\n",
        "select: [missing-pbd]\n",
        "ignore: { a: b }\n",
        "lifecycle: { buffer: soon }\n",
        "exclude: { a: b }\n",
        "baseline: [a]\n",
        "max-file-size: 0\n",
        "max-file-size: 32MB\n",
        "max-file-size: -1\n",
        "max-file-size: [1]\n",
        "max-file-size: 4294967296\n",
        "overrides: { paths: [a] }\n",
        "overrides: [{ paths: [a], fail-on: note }]\n",
        "overrides: [{ path: [a], ignore: [mesh] }]\n",
    ] {
        assert!(read(text).is_err(), "{text}");
        assert!(!schema.takes(text), "{text}");
    }
}

#[test]
fn a_file_has_a_bounded_number_of_path_patterns() {
    let patterns = |count: usize| {
        let list: Vec<String> = (0..count).map(|nth| format!("\"a{nth}\"")).collect();
        format!("[{}]", list.join(", "))
    };
    let text = |first: usize, second: usize| {
        let (first, second) = (patterns(first), patterns(second));
        format!("exclude: {first}\nrules: {{missing-pdb: {{exclude: {second}}}}}\n")
    };
    assert_eq!(read(&text(1_000, 1_000)).err(), None);
    let error = read(&text(1_000, 1_001)).unwrap_err();
    assert!(error.contains("at most 2000 path patterns"), "{error}");
}

#[test]
fn the_command_prints_the_schema() {
    let output = assert_cmd::Command::cargo_bin("lameduck")
        .unwrap()
        .arg("config-schema")
        .output()
        .unwrap();
    assert!(output.status.success());
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed, config::schema(metas()));
}
