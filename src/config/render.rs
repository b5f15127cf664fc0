//! The key `render`.

use std::path::{Path, PathBuf};

use super::file::{DURATION, Reader, Setter, namespace};
use super::words::{self, RENDER_MODES};
use crate::settings::{HelmRelease, RenderSettings};
use crate::yaml::Node;

const RENDER: &[(&str, Setter<RenderSettings>)] = &[
    ("mode", |reader, node, render| {
        let mode = reader.word(node, &RENDER_MODES);
        render.mode = mode.unwrap_or_default();
    }),
    ("timeout", |reader, node, render| {
        if let Some(timeout) = reader.parsed(node, DURATION, words::parse_duration) {
            if timeout.is_zero() {
                reader.at(node, "expected some time, found none");
            }
            render.timeout = timeout;
        }
    }),
    ("helm", |reader, node, render| {
        if !node.is_sequence() && !node.is_null() {
            reader.expected(node, "a list");
        }
        for item in node.items().map(Node::resolved) {
            let mut release = HelmRelease::default();
            reader.section(item, HELM, &mut release);
            if item.get("chart").is_none() {
                reader.at(item, "expected the key `chart`");
            }
            render.helm.push(release);
        }
    }),
];

const HELM: &[(&str, Setter<HelmRelease>)] = &[
    ("chart", |reader, node, release| {
        let base = reader.base;
        let chart = |text: &str| {
            existing(base, text, "Chart.yaml")
                .map(|_| base.join(text))
                .ok_or(format!("`{text}` is no chart: it holds no Chart.yaml"))
        };
        let found = reader.parsed(node, "the directory of a chart", chart);
        release.chart = found.unwrap_or_default();
    }),
    ("values", |reader, node, release| {
        for (item, path) in reader.list(node) {
            match existing(reader.base, path, "") {
                Some(file) => release.values.push(file),
                None => reader.at(item, format!("`{path}`: no such file")),
            }
        }
    }),
    ("release", |reader, node, release| {
        release.release = reader.parsed(node, "the name of a release", release_name);
    }),
    ("namespace", |reader, node, release| {
        release.namespace = reader.parsed(node, "a namespace", namespace);
    }),
];

/// Reads `render`: a word, or a mapping of all that can be said.
pub(super) fn read(reader: &mut Reader<'_>, node: Node<'_>, settings: &mut RenderSettings) {
    if node.is_mapping() {
        reader.section(node, RENDER, settings);
    } else {
        let mode = reader.word(node, &RENDER_MODES);
        settings.mode = mode.unwrap_or_default();
    }
}

fn existing(base: &Path, path: &str, below: &str) -> Option<PathBuf> {
    let mut file = base.join(path);
    if !below.is_empty() {
        file.push(below);
    }
    file.is_file().then_some(file)
}

/// Helm's own rule: a DNS name of at most 53 characters.
fn release_name(text: &str) -> Result<String, String> {
    let fits = !text.is_empty()
        && text.len() <= 53
        && !text.starts_with(['-', '.'])
        && text.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte)
        });
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "expected the name of a release such as web, found `{text}`"
        ))
    }
}
