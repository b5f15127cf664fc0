use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::ByteString;
use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_openapi::api::core::v1::{Container, Secret, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Deserialize;

use super::*;
use crate::yaml::{Content, Tree, parse};

/// Knows nothing.
struct Blank;

impl Check for Blank {
    fn field(&self, _: &'static str, _: &str, _: Node<'_>) -> Option<String> {
        None
    }
    fn newtype(&self, _: &'static str, _: Node<'_>) -> Option<String> {
        None
    }
    fn placeholder(&self, _: Node<'_>) -> bool {
        false
    }
    fn substitute(&self, _: Node<'_>) -> Option<&'static str> {
        None
    }
}

/// Knows a few things of containers.
struct Strict;

impl Check for Strict {
    fn field(&self, structure: &'static str, field: &str, value: Node<'_>) -> Option<String> {
        let policy = structure == "Container" && field == "imagePullPolicy";
        (policy && value.text() != Some("Always")).then(|| "no such policy".to_owned())
    }
    fn newtype(&self, name: &'static str, value: Node<'_>) -> Option<String> {
        (name == "Quantity" && value.text() == Some("lots")).then(|| "no quantity".to_owned())
    }
    fn placeholder(&self, value: Node<'_>) -> bool {
        value.text().is_some_and(|text| text.starts_with("${"))
    }
    fn substitute(&self, value: Node<'_>) -> Option<&'static str> {
        (value.text() == Some("extensions/v1beta1")).then_some("apps/v1")
    }
}

fn tree(text: &str) -> Tree {
    match parse(&Arc::from(text)).documents.remove(0).content {
        Content::Tree(tree) => tree,
        other => panic!("{other:?}"),
    }
}

/// The value, and each issue as `written: what is wrong`, and what is unknown.
fn read_with<T: DeserializeOwned>(
    text: &str,
    check: &dyn Check,
) -> (Option<T>, Vec<String>, Vec<String>) {
    let tree = tree(text);
    let reading = read::<T>(tree.root(), check);
    let written = |id| text[tree.node(id).span().range()].to_owned();
    let issues = reading.issues.iter().map(|issue| {
        let what = match &issue.kind {
            IssueKind::Invalid { message, kept } => {
                format!("{message}{}", if *kept { " (kept)" } else { "" })
            }
            IssueKind::UnknownField { structure, known } => {
                format!("not among the {} of {structure}", known.len())
            }
        };
        format!("{}: {what}", written(issue.node))
    });
    let issues = issues.collect();
    (
        reading.value,
        issues,
        reading.unknown.into_iter().map(written).collect(),
    )
}

fn fits<T: DeserializeOwned>(text: &str) -> T {
    let (value, issues, unknown) = read_with(text, &Blank);
    assert!(
        issues.is_empty() && unknown.is_empty(),
        "{text}: {issues:?}"
    );
    value.unwrap()
}

/// The one issue of a text.
fn issue<T: DeserializeOwned>(text: &str) -> String {
    let (_, mut issues, _) = read_with::<T>(text, &Blank);
    assert_eq!(issues.len(), 1, "{text}: {issues:?}");
    issues.remove(0)
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default, rename_all = "camelCase")]
struct Sample {
    count: i32,
    small: Option<u8>,
    share: Option<f64>,
    ready: bool,
    name: String,
    mode: Option<Mode>,
    list: Vec<i32>,
    labels: BTreeMap<String, String>,
    ports: BTreeMap<u32, String>,
    inner: Option<Box<Sample>>,
    wait: Option<Wait>,
    free: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
enum Mode {
    Strict,
    Off,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Wait(String);

#[test]
fn values_of_every_type() {
    let sample: Sample = fits(
        "count: 0x10\nsmall: 3.0\nshare: 1\nready: yes\nname: x\nmode: STRICT\nlist: [1, 2]\n\
         labels: {yes: 'a'}\nports: {80: b}\ninner: {count: 1}\nwait: 5s\nfree: {a: [1.5, ~, no]}\n",
    );
    assert_eq!(
        (sample.count, sample.small, sample.share),
        (16, Some(3), Some(1.0))
    );
    assert_eq!((sample.ready, sample.mode), (true, Some(Mode::Strict)));
    assert_eq!((&*sample.labels["true"], &*sample.ports[&80]), ("a", "b"));
    assert_eq!(sample.inner.unwrap().count, 1);
    assert_eq!(
        sample.free.unwrap(),
        serde_json::json!({"a": [1.5, null, false]})
    );
}

#[test]
fn null_is_the_zero_value() {
    let nothing = "count:\nsmall: ~\nshare: null\nready:\nname:\nmode:\nlist:\nlabels:\nports:\ninner:\nwait:\n";
    assert_eq!(fits::<Sample>(nothing), Sample::default());
    let deployment: Deployment = fits("metadata:\nspec:\n  template:\n  replicas:\n");
    assert_eq!(deployment, Deployment::default());
    assert_eq!(fits::<Sample>("list: [1, ~]\n").list, [1, 0]);
}

#[test]
fn a_scalar_where_text_is_expected_is_kept() {
    let (value, issues, unknown) = read_with::<Sample>("name: yes\nlabels: {v: 1.10}\n", &Blank);
    let value = value.unwrap();
    assert_eq!((&*value.name, &*value.labels["v"]), ("yes", "1.10"));
    assert_eq!(
        issues,
        [
            "yes: expected a string, found the boolean `yes`: quote it (kept)",
            "1.10: expected a string, found the number `1.10`: quote it (kept)"
        ]
    );
    assert!(unknown.is_empty());
}

#[test]
fn wrong_values_are_set_aside_and_the_rest_is_read() {
    let text = "count: \"3\"\nname: x\nlist: [1, a, 3]\nlabels: {a: [1], b: c}\ninner: {ready: 1, count: 2}\n";
    let (value, issues, unknown) = read_with::<Sample>(text, &Blank);
    let value = value.unwrap();
    assert_eq!(
        (value.count, &*value.name, value.list),
        (3, "x", vec![1, 0, 3])
    );
    assert_eq!(value.labels.into_keys().collect::<Vec<_>>(), ["b"]);
    assert_eq!(value.inner.unwrap().count, 2);
    assert_eq!(
        issues,
        [
            "\"3\": expected an integer, found the string \"3\" (kept)",
            "a: expected an integer, found the string \"a\"",
            "[1]: expected a string, found a list",
            "1: expected a boolean, found the number `1`",
        ]
    );
    assert_eq!(unknown, ["a", "[1]", "1"]);
}

#[test]
fn messages_say_what_was_expected() {
    for (text, expected) in [
        (
            "count: 0.25",
            "0.25: expected an integer, found the number `0.25`",
        ),
        (
            "count: 3000000000",
            "3000000000: expected an integer from -2147483648 to 2147483647, found the number `3000000000`",
        ),
        (
            "small: -1",
            "-1: expected an integer from 0 to 255, found the number `-1`",
        ),
        (
            "mode: Strict",
            "Strict: expected `STRICT` or `OFF`, found the string \"Strict\"",
        ),
        (
            "mode: off",
            "off: expected a string, found the boolean `off`",
        ),
        ("list: 1", "1: expected a list, found the number `1`"),
        ("inner: []", "[]: expected a mapping, found a list"),
        (
            "ready: \"true\"",
            "\"true\": expected a boolean, found the string \"true\" (kept)",
        ),
        (
            "ports: {a: b}",
            "a: expected an integer, found the string \"a\"",
        ),
        (
            "count: \"a\\e[0m\"",
            "\"a\\e[0m\": expected an integer, found the string \"a\\u{1b}[0m\"",
        ),
    ] {
        assert_eq!(issue::<Sample>(&format!("{text}\n")), expected);
    }
    let long = issue::<Sample>(&format!("count: {}\n", "x".repeat(99)));
    assert!(
        long.ends_with(&format!("\"{}…\"", "x".repeat(40))),
        "{long}"
    );
}

#[test]
fn the_types_of_kubernetes() {
    let port: ServicePort = fits("port: 80\ntargetPort: 3.0\n");
    assert_eq!(port.target_port, Some(IntOrString::Int(3)));
    let found = issue::<ServicePort>("port: 80\ntargetPort: 0.25\n");
    assert_eq!(
        found,
        "0.25: expected an integer or a string, found the number `0.25`"
    );
    let container: Container =
        fits("name: a\nresources: {limits: {cpu: 0.5, memory: 1Gi, pods: 010, gpu: ~}}\n");
    let limits = container.resources.unwrap().limits.unwrap();
    let limit = |name: &str| limits[name].0.clone();
    assert_eq!(
        [limit("cpu"), limit("memory"), limit("pods")],
        ["0.5", "1Gi", "010"]
    );
    let secret: Secret = fits("data: {a: aGk=, b: }\n");
    assert_eq!(secret.data.unwrap()["a"], ByteString(b"hi".to_vec()));
    let found = issue::<Secret>("data: {a: \"?\"}\n");
    assert!(found.starts_with("\"?\": "), "{found}");
}

#[test]
fn an_error_a_visitor_raises_is_about_the_value_it_saw() {
    let text = "apiVersion: apps/v1beta1\nkind: Deployment\nspec: {replicas: 2}\n";
    let (value, issues, _) = read_with::<Deployment>(text, &Blank);
    assert_eq!(value.unwrap().spec.replicas, Some(2));
    assert_eq!(
        issues,
        ["apps/v1beta1: expected apps/v1, found the string \"apps/v1beta1\""]
    );
}

#[test]
fn unknown_fields_are_reported_once_and_not_below() {
    let text = "replicas: 1\ntemplat: {spec: {containrs: []}}\ntemplate: {spec: {containers: [{naem: x}]}}\n";
    let (_, issues, _) = read_with::<DeploymentSpec>(text, &Blank);
    let structures: Vec<&str> = issues
        .iter()
        .map(|text| text.rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(structures, ["DeploymentSpec", "Container"]);
    assert!(issues[0].starts_with("templat: ") && issues[1].starts_with("naem: "));
    assert_eq!(
        issue::<Sample>("nmae: x\n"),
        "nmae: not among the 12 of Sample"
    );
}

#[test]
fn a_value_shown_twice_by_an_alias_is_reported_once() {
    let text = "inner: &a {count: x, name: 1}\nfree: 1\nlist: []\nlabels: {}\n";
    let (_, issues, _) = read_with::<Sample>(text, &Blank);
    assert_eq!(issues.len(), 2);
    let text = "a: &a {count: x, name: 1}\nb: *a\n";
    let (value, issues, _) = read_with::<BTreeMap<String, Sample>>(text, &Blank);
    assert_eq!((value.unwrap().len(), issues.len()), (2, 2));
}

#[test]
fn checks_are_asked() {
    let text = "name: ${NAME}\nimagePullPolicy: Sometimes\nresources: {limits: {cpu: lots, memory: '${M}'}}\n\
                ports: [{containerPort: '${PORT}'}]\n";
    let (value, issues, unknown) = read_with::<Container>(text, &Strict);
    let value = value.unwrap();
    assert_eq!((&*value.name, value.image_pull_policy), ("${NAME}", None));
    assert_eq!(value.ports.unwrap()[0].container_port, 0);
    assert_eq!(issues, ["Sometimes: no such policy", "lots: no quantity"]);
    assert_eq!(
        unknown,
        ["${NAME}", "Sometimes", "lots", "'${M}'", "'${PORT}'"]
    );
    let text = "apiVersion: extensions/v1beta1\nkind: Deployment\n";
    let (value, issues, _) = read_with::<Deployment>(text, &Strict);
    assert!(value.is_some() && issues.is_empty());
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only its reading is looked at")]
struct Needy {
    name: String,
    mode: Mode,
}

#[test]
fn what_cannot_be_read_says_why() {
    let (value, issues, _) = read_with::<Deployment>("[1]\n", &Blank);
    assert!(value.is_none());
    assert_eq!(issues, ["[1]: expected a mapping, found a list"]);
    let (value, issues, _) = read_with::<Needy>("name: x\n", &Blank);
    assert!(value.is_none());
    assert_eq!(issues, ["name: x: the field `mode` is missing"]);
    let (value, issues, _) = read_with::<Vec<Needy>>("- {name: x, mode: NONE}\n", &Blank);
    assert_eq!((value.map(|list| list.len()), issues.len()), (None, 2));
}

#[test]
fn the_number_of_values_set_aside_is_bounded() {
    let text = format!("list: [{}]\n", "x, ".repeat(1000));
    let (value, issues, _) = read_with::<Sample>(&text, &Blank);
    assert!(value.is_none());
    assert_eq!(issues.len(), MAX_SET_ASIDE + 1);
}

#[test]
fn deep_values_fit_the_stack() {
    let text = format!("free: {}1{}\n", "[".repeat(190), "]".repeat(190));
    assert!(fits::<Sample>(&text).free.is_some());
}
