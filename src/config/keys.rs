//! Every key of the configuration file: what it is for, what it takes, and how it is read. The
//! JSON Schema and the page `docs/configuration.md` are made of this table, too.

use std::path::PathBuf;

use super::chain::EXTENDS;
use super::file::{Draft, Setter, namespace};
use super::words::{self, FAIL_ON, LEVELS, MESH_MODES, PRESETS, RENDER_MODES};
use super::{helm_values, overrides, render, rules};
use crate::settings::Assignment;
use crate::units::SizeLimit;

/// One key, and how its value is read into a target.
pub(super) struct Key<T: 'static> {
    pub(super) about: About,
    pub(super) read: Setter<T>,
}

/// What is known about a key.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// As written.
    pub name: &'static str,
    /// What it takes.
    pub shape: Shape,
    /// Whether it may stand in `overrides`.
    pub varies: bool,
    /// One sentence without a final full stop.
    pub summary: &'static str,
    /// What holds where it is not given.
    pub default: &'static str,
    /// A value as YAML.
    pub example: &'static str,
}

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// `true` or `false`.
    Bool,
    /// `30s`, `1m30s`, or a number of seconds.
    Duration,
    /// `32Mi`, or a number of bytes.
    Size,
    /// `1.33`
    Version,
    /// One of these words.
    Word(fn() -> Vec<&'static str>),
    /// A text; what it is, for people.
    Text(&'static str),
    /// A list of texts, or a single one; what they are, for people.
    Texts(&'static str),
    /// A list of rules and categories, or a single one.
    Selectors,
    /// By rule, a level or a mapping of `severity`, `exclude` and the rule's options.
    Rules,
    /// A mapping of these keys.
    Section(fn() -> Vec<&'static About>),
    /// One of these words, or a mapping of these keys.
    WordOrSection(fn() -> Vec<&'static str>, fn() -> Vec<&'static About>),
    /// A list of mappings of these keys.
    Sections(fn() -> Vec<&'static About>),
}

/// What is known about the keys of a table.
pub(super) fn abouts<T>(keys: &'static [Key<T>]) -> Vec<&'static About> {
    keys.iter().map(|key| &key.about).collect()
}

/// The top level of the configuration file.
pub fn keys() -> Vec<&'static About> {
    abouts(TOP)
}

pub(super) fn list<T>(words: &[(&'static str, T)]) -> Vec<&'static str> {
    words.iter().map(|(word, _)| *word).collect()
}

/// The words for the level of a rule.
pub(super) fn levels() -> Vec<&'static str> {
    list(&LEVELS)
}

/// Keys that are about the file they stand in: they hold in the file of any directory, but not in `overrides`.
pub(super) const OF_A_FILE: [&str; 3] = [EXTENDS, "helm-values", "overrides"];

/// The top level.
pub(super) const TOP: &[Key<Draft>] = &[
    Key {
        about: About {
            name: EXTENDS,
            shape: Shape::Text("a file"),
            varies: false,
            summary: "Another configuration file of the repository to build on; its settings apply unless this file overrides them",
            default: "none",
            example: "../lameduck.yaml",
        },
        // The files that it leads to are read before this one.
        read: |reader, node, _| {
            let file = node.text().map(|text| reader.inside(text, None));
            reader.parsed(node, "a file", |_| {
                file.unwrap_or_else(|| Ok(PathBuf::new()))
            });
        },
    },
    Key {
        about: About {
            name: "preset",
            shape: Shape::Word(|| list(&PRESETS)),
            varies: true,
            summary: "Which rules run unless another key decides: `minimal` those whose findings are errors, `recommended` all but the pedantic ones, `strict` all",
            default: "recommended",
            example: "strict",
        },
        read: |reader, node, draft| {
            let value = reader.word(node, &PRESETS);
            draft.assign(value.map(Assignment::Preset));
        },
    },
    Key {
        about: About {
            name: "kubernetes-version",
            shape: Shape::Version,
            varies: true,
            summary: "The Kubernetes version of the cluster, whose behaviour rules judge by",
            default: "what every supported release does",
            example: "1.33",
        },
        read: |reader, node, draft| {
            let value = reader.parsed(
                node,
                "a version such as 1.33",
                words::parse_kubernetes_version,
            );
            draft.assign(value.map(Assignment::KubernetesVersion));
        },
    },
    Key {
        about: About {
            name: "mesh",
            shape: Shape::Section(|| abouts(MESH)),
            varies: true,
            summary: "What is known about the Istio mesh besides the manifests",
            default: "",
            example: "{ mode: sidecar }",
        },
        read: |reader, node, draft| {
            reader.section(node, MESH, draft);
        },
    },
    Key {
        about: About {
            name: "lifecycle",
            shape: Shape::Section(|| abouts(LIFECYCLE)),
            varies: true,
            summary: "What is known about the applications besides the manifests",
            default: "",
            example: "{ buffer: 10s }",
        },
        read: |reader, node, draft| {
            reader.section(node, LIFECYCLE, draft);
        },
    },
    Key {
        about: About {
            name: "rules",
            shape: Shape::Rules,
            varies: true,
            summary: "By rule: `off`, the severity of all its findings, or a mapping of `severity`, `exclude` (path patterns; in these files findings of the rule do not count) and the rule's own options",
            default: "what each rule's page says",
            example: "{ missing-pdb: error }",
        },
        read: rules::read,
    },
    Key {
        about: About {
            name: "select",
            shape: Shape::Selectors,
            varies: true,
            summary: "The only rules and categories that run",
            default: "all but the pedantic ones",
            example: "[shutdown, missing-pdb]",
        },
        read: |reader, node, draft| {
            let rules = rules::selectors(reader, node);
            draft.assign(Some(Assignment::Select(rules)));
        },
    },
    Key {
        about: About {
            name: "ignore",
            shape: Shape::Selectors,
            varies: true,
            summary: "Rules and categories that do not run; in `overrides` they are added to those already ignored",
            default: "none",
            example: "[mesh]",
        },
        read: |reader, node, draft| {
            let rules = rules::selectors(reader, node);
            draft.assign(Some(Assignment::Ignore(rules)));
        },
    },
    Key {
        about: About {
            name: "pedantic",
            shape: Shape::Bool,
            varies: true,
            summary: "Whether pedantic rules run",
            default: "false",
            example: "true",
        },
        read: |reader, node, draft| {
            let value = reader.boolean(node);
            draft.assign(value.map(Assignment::Pedantic));
        },
    },
    Key {
        about: About {
            name: "fail-on",
            shape: Shape::Word(|| list(&FAIL_ON)),
            varies: false,
            summary: "Exit with 1 if any finding is at least this severe",
            default: "warning",
            example: "error",
        },
        read: |reader, node, draft| {
            let fail_on = reader.word(node, &FAIL_ON);
            draft.settings.fail_on = fail_on.unwrap_or_default();
        },
    },
    Key {
        about: About {
            name: "exclude",
            shape: Shape::Texts("path patterns"),
            varies: false,
            summary: "Files and folders that are never read",
            default: "nothing",
            example: "[vendor/]",
        },
        read: |reader, node, draft| {
            draft.settings.exclude = reader.globs(node);
        },
    },
    Key {
        about: About {
            name: "context",
            shape: Shape::Texts("path patterns"),
            varies: false,
            summary: "Files that are read as context for the named paths: patterns narrow the view to what matches, or widen it if they start with `../`, though not beyond the repository; only --context can do that",
            default: "the whole repository",
            example: "[k8s/, platform/k8s/]",
        },
        read: |reader, node, draft| {
            draft.settings.context = Some(reader.globs_inside(node, "context DIR"));
        },
    },
    Key {
        about: About {
            name: "max-file-size",
            shape: Shape::Size,
            varies: false,
            summary: "Larger files are skipped with a notice; what a program renders may not be \
                      larger either. Only --max-file-size takes more than the default",
            default: "32Mi",
            example: "8Mi",
        },
        read: |reader, node, draft| {
            let size = reader.parsed(node, words::SIZE, |text| {
                let size = words::parse_size(text)?;
                if size <= SizeLimit::default() {
                    return Ok(size);
                }
                let most = SizeLimit::default();
                Err(format!(
                    "this file may only lower the limit of {most}: use --max-file-size {text} instead"
                ))
            });
            draft.settings.max_file_size = size.unwrap_or_default();
        },
    },
    Key {
        about: About {
            name: "baseline",
            shape: Shape::Text("a file"),
            varies: false,
            summary: "The file of findings that do not count, as `--write-baseline` writes it",
            default: "none",
            example: "lameduck-baseline.json",
        },
        read: |reader, node, draft| {
            let file = node
                .text()
                .map(|text| reader.inside(text, Some("baseline")));
            let file = reader.parsed(node, "a file", |_| {
                file.unwrap_or_else(|| Ok(PathBuf::new()))
            });
            draft.settings.baseline = file;
        },
    },
    Key {
        about: About {
            name: "render",
            shape: Shape::WordOrSection(|| list(&RENDER_MODES), render::keys),
            varies: false,
            summary: "How kustomizations and charts are rendered; `--render auto` on the command line \
                      alone decides whether they are",
            default: "never",
            example: "{ timeout: 90s }",
        },
        read: render::read,
    },
    Key {
        about: About {
            name: "overrides",
            shape: Shape::Sections(override_keys),
            varies: false,
            summary: "Different values for the objects of some files, or of some kinds and names; later entries win. Only keys that may differ from object to object are allowed",
            default: "none",
            example: "[{ paths: [overlays/dev/], ignore: [missing-pdb] }]",
        },
        read: overrides::read,
    },
];

/// `mesh`
pub(super) const MESH: &[Key<Draft>] = &[
    Key {
        about: About {
            name: "mode",
            shape: Shape::Word(|| list(&MESH_MODES)),
            varies: true,
            summary: "Whether workloads are in the mesh; with `auto` the manifests decide",
            default: "auto",
            example: "sidecar",
        },
        read: |reader, node, draft| {
            let mode = reader.word(node, &MESH_MODES);
            draft.assign(mode.map(Assignment::MeshMode));
        },
    },
    Key {
        about: About {
            name: "istio-version",
            shape: Shape::Version,
            varies: true,
            summary: "The version of Istio",
            default: "unknown",
            example: "1.27",
        },
        read: |reader, node, draft| {
            let value = reader.parsed(node, "a version such as 1.27", words::parse_istio_version);
            draft.assign(value.map(Assignment::IstioVersion));
        },
    },
    Key {
        about: About {
            name: "native-sidecars",
            shape: Shape::Bool,
            varies: true,
            summary: "Whether injected proxies are native sidecars",
            default: "by annotations and versions",
            example: "true",
        },
        read: |reader, node, draft| {
            let value = reader.boolean(node);
            draft.assign(value.map(Assignment::NativeSidecars));
        },
    },
    Key {
        about: About {
            name: "hold-application-until-proxy-starts",
            shape: Shape::Bool,
            varies: true,
            summary: "`meshConfig.defaultConfig.holdApplicationUntilProxyStarts`",
            default: "by mesh configuration in view",
            example: "true",
        },
        read: |reader, node, draft| {
            let value = reader.boolean(node);
            draft.assign(value.map(Assignment::HoldApplication));
        },
    },
    Key {
        about: About {
            name: "termination-drain-duration",
            shape: Shape::Duration,
            varies: true,
            summary: "`meshConfig.defaultConfig.terminationDrainDuration`",
            default: "by mesh configuration in view, else 5s",
            example: "30s",
        },
        read: |reader, node, draft| {
            let value = reader.duration(node);
            draft.assign(value.map(Assignment::TerminationDrain));
        },
    },
    Key {
        about: About {
            name: "exit-on-zero-active-connections",
            shape: Shape::Bool,
            varies: true,
            summary: "`EXIT_ON_ZERO_ACTIVE_CONNECTIONS` of `meshConfig.defaultConfig.proxyMetadata`",
            default: "by mesh configuration in view, else false",
            example: "true",
        },
        read: |reader, node, draft| {
            let value = reader.boolean(node);
            draft.assign(value.map(Assignment::ExitOnZeroConnections));
        },
    },
    Key {
        about: About {
            name: "minimum-drain-duration",
            shape: Shape::Duration,
            varies: true,
            summary: "`MINIMUM_DRAIN_DURATION` of `meshConfig.defaultConfig.proxyMetadata`",
            default: "by mesh configuration in view, else 5s",
            example: "10s",
        },
        read: |reader, node, draft| {
            let value = reader.duration(node);
            draft.assign(value.map(Assignment::MinimumDrain));
        },
    },
    Key {
        about: About {
            name: "helm-values",
            shape: Shape::Texts("files"),
            varies: false,
            summary: "Values files of Istio's Helm charts, which supply what the keys above do not set",
            default: "none",
            example: "[]",
        },
        read: helm_values::read,
    },
    Key {
        about: About {
            name: "root-namespace",
            shape: Shape::Text("a namespace"),
            varies: false,
            summary: "Istio's root namespace",
            default: "by mesh configuration in view, else istio-system",
            example: "istio-config",
        },
        read: |reader, node, draft| {
            if let Some(namespace) = reader.parsed(node, "a namespace", namespace) {
                draft.settings.common.mesh.root_namespace = namespace;
            }
        },
    },
];

/// `lifecycle`
pub(super) const LIFECYCLE: &[Key<Draft>] = &[
    Key {
        about: About {
            name: "shutdown-timeout",
            shape: Shape::Duration,
            varies: true,
            summary: "How long the applications take from SIGTERM to exit",
            default: "by arguments and environment, else 20s is assumed",
            example: "45s",
        },
        read: |reader, node, draft| {
            let value = reader.duration(node);
            draft.assign(value.map(Assignment::ShutdownTimeout));
        },
    },
    Key {
        about: About {
            name: "startup-time",
            shape: Shape::Duration,
            varies: true,
            summary: "How long the applications take from their start until they are ready",
            default: "by arguments and environment",
            example: "1m30s",
        },
        read: |reader, node, draft| {
            let value = reader.duration(node);
            draft.assign(value.map(Assignment::StartupTime));
        },
    },
    Key {
        about: About {
            name: "rto",
            shape: Shape::Duration,
            varies: true,
            summary: "The recovery time objective: how long it may take until a pod is ready again after the last one is lost",
            default: "no objective",
            example: "2m",
        },
        read: |reader, node, draft| {
            let value = reader.duration(node);
            draft.assign(value.map(Assignment::Rto));
        },
    },
    Key {
        about: About {
            name: "buffer",
            shape: Shape::Duration,
            varies: true,
            summary: "What is added to every shutdown sum",
            default: "5s",
            example: "10s",
        },
        read: |reader, node, draft| {
            let value = reader.duration(node);
            draft.assign(value.map(Assignment::Buffer));
        },
    },
    Key {
        about: About {
            name: "min-prestop",
            shape: Shape::Duration,
            varies: true,
            summary: "The minimum preStop delay where no load balancer in view needs more",
            default: "5s",
            example: "15s",
        },
        read: |reader, node, draft| {
            let value = reader.duration(node);
            draft.assign(value.map(Assignment::MinPrestop));
        },
    },
];

/// What an entry of `overrides` speaks of.
pub(super) const MATCH: &[Key<Draft>] = &[
    Key {
        about: About {
            name: "paths",
            shape: Shape::Texts("path patterns"),
            varies: true,
            summary: "The files it applies to",
            default: "all",
            example: "[overlays/dev/]",
        },
        read: |reader, node, draft| {
            draft.paths = reader.globs(node);
        },
    },
    Key {
        about: About {
            name: "workloads",
            shape: Shape::Texts("patterns for `Kind/name`"),
            varies: true,
            summary: "The objects it applies to",
            default: "all",
            example: "[Deployment/legacy-*, '*/redis']",
        },
        read: |reader, node, draft| {
            draft.workloads = overrides::workloads(reader, node);
        },
    },
];

fn override_keys() -> Vec<&'static About> {
    let values = keys().into_iter().filter(|about| about.varies);
    abouts(MATCH).into_iter().chain(values).collect()
}
