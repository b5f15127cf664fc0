//! Manifests with mistakes, written in every style that YAML has.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};

/// A text of one to four documents.
pub(crate) fn manifests() -> impl Strategy<Value = String> {
    let documents = prop::collection::vec(document(), 1..5);
    let choices = prop::collection::vec(any::<u8>(), 64..256);
    (documents, choices).prop_map(|(mut documents, choices)| {
        for (at, document) in documents.iter_mut().enumerate() {
            if let Some(name) = document.pointer_mut("/metadata/name") {
                *name = json!(format!("web-{at}"));
            }
        }
        Writer::new(choices).stream(&documents)
    })
}

fn document() -> impl Strategy<Value = Value> {
    (0_u8..6, 1_i64..4, 1_i64..60, any::<bool>()).prop_map(|(kind, few, many, flag)| match kind {
        0 | 1 => deployment(few, many, flag),
        2 => json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]},
        }),
        3 => json!({
            "apiVersion": "networking.istio.io/v1beta1", "kind": "DestinationRule",
            "metadata": {"name": "web"},
            "spec": {"host": "web", "trafficPolicy": {
                "outlierDetection": {"consecutiveErrors": few, "interval": "30s"},
                "connectionPool": {"http": {"connectTimeout": format!("{many}s")}},
            }},
        }),
        4 => json!({
            "apiVersion": if flag { "policy/v1beta1" } else { "policy/v1" },
            "kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": null},
            "spec": {"minAvailable": few, "selector": {"matchLabels": {"app": "web"}}},
        }),
        _ => {
            json!({"kind": "Unknown", "list": [[few, {"a": null}], [], {}, "x: y", "# no comment"]})
        }
    })
}

fn deployment(few: i64, many: i64, flag: bool) -> Value {
    let probe = json!({"httpGet": {"path": "/", "port": "http"}, "periodSeconds": few});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "annotations": {"sidecar.istio.io/inject": true}},
        "spec": {
            "replicas": few,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}},
            "template": {
                "metadata": {
                    "annotations": {
                        "proxy.istio.io/config": format!("# held\nconcurrency: {few}\n"),
                        "sidecar.istio.io/inject": "true",
                        "note": "one: 1\n\n  two # no comment\n",
                    },
                    "labels": {"app": "web"},
                },
                "spec": {
                    "terminationGracePeriodSeconds": many,
                    "containers": [{
                        "name": "web", "image": "example.com/web:1",
                        "env": [{"name": "A", "value": few}, {"name": "B", "value": "yes"}],
                        "ports": [{"containerPort": 8080, "name": "http"}],
                        "livenessProbe": probe,
                        "readinessProbe": if flag { probe.clone() } else { json!({"exec": null}) },
                        "lifecycle": {"preStop": {"sleep": {"seconds": many}}},
                    }, {"name": "side", "image": "example.com/side:1", "resources": {}}],
                },
            },
        },
    })
}

/// Writes values in a style that a row of choices decides.
struct Writer {
    choices: Vec<u8>,
    at: usize,
    step: usize,
    indented: bool,
    out: String,
    comments: usize,
    anchors: Vec<Value>,
}

impl Writer {
    fn new(choices: Vec<u8>) -> Self {
        let mut writer = Self {
            choices,
            at: 0,
            step: 2,
            indented: true,
            out: String::new(),
            comments: 0,
            anchors: Vec::new(),
        };
        writer.step = [2, 2, 4, 3, 1][writer.pick(5)];
        writer.indented = writer.pick(2) == 0;
        writer
    }

    fn pick(&mut self, among: usize) -> usize {
        let choice = self.choices[self.at % self.choices.len()];
        // The row is gone through with another stride each time.
        self.at += 1 + self.at / self.choices.len();
        usize::from(choice) % among
    }

    fn stream(mut self, documents: &[Value]) -> String {
        if documents.len() == 1 && self.pick(4) == 0 {
            let pretty = self.pick(2) == 0;
            let text = if pretty {
                serde_json::to_string_pretty(&documents[0])
            } else {
                serde_json::to_string(&documents[0])
            };
            return self.finish(text.unwrap());
        }
        for (at, document) in documents.iter().enumerate() {
            self.comment_lines(0);
            if at > 0 || self.pick(3) == 0 {
                self.out.push_str("---\n");
            }
            self.comment_lines(0);
            self.anchors.clear();
            self.block(document, 0, true);
            self.comment_lines(0);
        }
        let text = std::mem::take(&mut self.out);
        self.finish(text)
    }

    fn finish(&mut self, mut text: String) -> String {
        match self.pick(4) {
            0 => text.truncate(text.trim_end().len()),
            1 => text.push_str("\n\n"),
            _ => {}
        }
        if self.pick(3) == 0 {
            text = text.replace('\n', "\r\n");
        }
        if self.pick(5) == 0 {
            text.insert(0, '\u{feff}');
        }
        text
    }

    fn comment_lines(&mut self, indent: usize) {
        for _ in 0..[0, 0, 0, 1, 2][self.pick(5)] {
            self.comments += 1;
            let _ = writeln!(self.out, "{:indent$}# above {}", "", self.comments);
        }
        if self.pick(8) == 0 {
            self.out.push('\n');
        }
    }

    /// The rest of a line.
    fn line_end(&mut self) {
        if self.pick(4) == 0 {
            self.comments += 1;
            let _ = write!(self.out, " # behind {}", self.comments);
        }
        self.out.push('\n');
    }

    /// The entries or items of a collection; the first line has its indentation where `lead` says so.
    fn block(&mut self, value: &Value, indent: usize, mut lead: bool) {
        let entries: Vec<(Option<&String>, &Value)> = match value {
            Value::Object(map) => map.iter().map(|(key, value)| (Some(key), value)).collect(),
            Value::Array(items) => items.iter().map(|item| (None, item)).collect(),
            _ => unreachable!("a collection"),
        };
        for (key, value) in entries {
            if lead {
                self.comment_lines(indent);
                let _ = write!(self.out, "{:indent$}", "");
            }
            lead = true;
            if let Some(key) = key {
                let key = self.quoted(key);
                let _ = write!(self.out, "{key}:");
                self.value(value, indent, false);
            } else {
                self.out.push('-');
                self.value(value, indent, true);
            }
        }
    }

    /// What follows `key:` or `-`.
    fn value(&mut self, value: &Value, indent: usize, item: bool) {
        let is_empty = value.as_object().is_some_and(serde_json::Map::is_empty)
            || value.as_array().is_some_and(Vec::is_empty);
        let is_collection = (value.is_object() || value.is_array()) && !is_empty;
        if is_collection && self.anchors.contains(value) {
            self.out.push_str(" *l");
            return self.line_end();
        }
        if value.is_object() && !is_empty && self.anchors.is_empty() && self.pick(6) == 0 {
            self.anchors.push(value.clone());
            self.out.push_str(" &l");
            if item {
                // Only a flow mapping may stand on the line of an anchor.
                return self.flow_line(value);
            }
        }
        if !is_collection || self.pick(6) == 0 {
            return match value.as_str() {
                Some(text) if text.contains('\n') && self.pick(4) > 0 => self.literal(text, indent),
                None if value.is_null() && self.pick(2) == 0 => self.line_end(),
                _ => self.flow_line(value),
            };
        }
        if item {
            self.out.push(' ');
            self.block(value, indent + 2, false);
        } else {
            self.line_end();
            let deeper = value.is_object() || self.indented;
            self.block(value, indent + if deeper { self.step } else { 0 }, true);
        }
    }

    fn flow_line(&mut self, value: &Value) {
        self.out.push(' ');
        let text = self.flow(value);
        self.out.push_str(&text);
        self.line_end();
    }

    fn flow(&mut self, value: &Value) -> String {
        let padding = ["", " "][self.pick(2)];
        match value {
            Value::Object(map) => {
                let mut parts = Vec::new();
                for (key, value) in map {
                    let key = self.quoted(key);
                    let value = self.flow(value);
                    parts.push(format!("{key}: {value}"));
                }
                format!("{{{padding}{}{padding}}}", parts.join(", "))
            }
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| self.flow(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::String(text) => self.quoted(text),
            value => value.to_string(),
        }
    }

    fn quoted(&mut self, text: &str) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "./-_".contains(c);
        let is_word = text.chars().all(is_plain) && !["yes", "true", "1", "/"].contains(&text);
        match self.pick(4) {
            0 => format!("\"{}\"", text.replace('"', "\\\"").replace('\n', "\\n")),
            1 if !text.contains('\n') => format!("'{text}'"),
            _ if is_word => text.to_owned(),
            _ => format!("\"{}\"", text.replace('"', "\\\"").replace('\n', "\\n")),
        }
    }

    fn literal(&mut self, text: &str, indent: usize) {
        let header = [" |", " |", " |+"][self.pick(3)];
        self.out.push_str(header);
        self.line_end();
        let deeper = indent + self.step;
        for line in text.lines() {
            if line.is_empty() {
                self.out.push('\n');
            } else {
                let _ = writeln!(self.out, "{:deeper$}{line}", "");
            }
        }
    }
}
