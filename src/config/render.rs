//! The key `render`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::file::{Draft, Reader, Within, namespace};
use super::keys::{About, Key, Shape, abouts, list};
use super::words::RENDER_MODES;
use crate::settings::{HelmRelease, RenderSettings};
use crate::yaml::Node;

/// The file comes with what is rendered, so it may not keep a run from its end.
const MAX_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// `render`
const RENDER: &[Key<RenderSettings>] = &[
    Key {
        about: About {
            name: "mode",
            shape: Shape::Word(|| list(&RENDER_MODES)),
            varies: false,
            summary: "Whether the repository is meant to be rendered; `auto` only causes a reminder, because only `--render auto` on the command line starts programs",
            default: "never",
            example: "auto",
        },
        read: |reader, node, render| {
            let mode = reader.word(node, &RENDER_MODES);
            render.wanted = mode.unwrap_or_default();
        },
    },
    Key {
        about: About {
            name: "timeout",
            shape: Shape::Duration,
            varies: false,
            summary: "How long one kustomization or chart may take, at most 5m. Only --render-timeout takes more",
            default: "60s",
            example: "90s",
        },
        read: |reader, node, render| {
            if let Some(timeout) = reader.duration(node) {
                if timeout.is_zero() {
                    reader.at(node, "expected some time, found none");
                }
                if timeout > MAX_TIMEOUT {
                    reader.at(node, "expected at most 5m; `--render-timeout` takes more");
                }
                render.timeout = timeout.min(MAX_TIMEOUT);
            }
        },
    },
    Key {
        about: About {
            name: "helm",
            shape: Shape::Sections(|| abouts(HELM)),
            varies: false,
            summary: "Charts that are rendered with more than their `values.yaml`",
            default: "none",
            example: "[]",
        },
        read: |reader, node, render| {
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
        },
    },
];

/// An entry of `render.helm`.
const HELM: &[Key<HelmRelease>] = &[
    Key {
        about: About {
            name: "chart",
            shape: Shape::Text("a directory"),
            varies: false,
            summary: "The directory of the chart",
            default: "",
            example: "charts/web",
        },
        read: |reader, node, release| {
            let base = reader.base;
            let inside = node.text().map(|text| reader.inside(text, None));
            let chart = |text: &str| {
                let chart = inside.unwrap_or_else(|| Ok(PathBuf::new()))?;
                existing(base, text, "Chart.yaml")
                    .map(|_| chart)
                    .ok_or(format!("`{text}` is not a chart: it holds no Chart.yaml"))
            };
            let found = reader.parsed(node, "the directory of a chart", chart);
            release.chart = found.unwrap_or_default();
        },
    },
    Key {
        about: About {
            name: "values",
            shape: Shape::Texts("files"),
            varies: false,
            summary: "Files that override the chart's `values.yaml`; later ones override earlier ones",
            default: "none",
            example: "[values/prod.yaml]",
        },
        read: |reader, node, release| {
            for (item, path) in reader.list(node) {
                let inside = reader.inside(path, None);
                match (inside, existing(reader.base, path, "")) {
                    (Err(message), _) => reader.at(item, message),
                    (_, Some(file)) => release.values.push(file),
                    (_, None) => reader.at(item, format!("`{path}`: no such file")),
                }
            }
        },
    },
    Key {
        about: About {
            name: "release",
            shape: Shape::Text("a name"),
            varies: false,
            summary: "The name of the release",
            default: "the chart's name",
            example: "web",
        },
        read: |reader, node, release| {
            release.release = reader.parsed(node, "the name of a release", release_name);
        },
    },
    Key {
        about: About {
            name: "namespace",
            shape: Shape::Text("a namespace"),
            varies: false,
            summary: "The namespace it is installed in",
            default: "not given",
            example: "shop",
        },
        read: |reader, node, release| {
            release.namespace = reader.parsed(node, "a namespace", namespace);
        },
    },
];

impl Within for RenderSettings {}

impl Within for HelmRelease {}

/// The keys of `render` where it is a mapping.
pub(super) fn keys() -> Vec<&'static About> {
    abouts(RENDER)
}

/// Reads `render`: a word, or a mapping of all that can be said.
pub(super) fn read(reader: &mut Reader<'_>, node: Node<'_>, draft: &mut Draft) {
    let settings = &mut draft.settings.render;
    if node.is_mapping() {
        reader.section(node, RENDER, settings);
    } else {
        let mode = reader.word(node, &RENDER_MODES);
        settings.wanted = mode.unwrap_or_default();
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
    if HelmRelease::is_name(text) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "expected the name of a release such as web, found `{text}`"
        ))
    }
}
