//! Kustomize's Kustomization and Component.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `kustomize.config.k8s.io` Kustomization (v1beta1) and Component (v1alpha1). Both the kind and
/// the apiVersion may be left out, and the file may only be named `kustomization.yaml`,
/// `kustomization.yml` or `Kustomization`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Kustomization {
    pub api_version: Option<String>,
    pub kind: Option<String>,
    pub namespace: Option<String>,
    pub name_prefix: Option<String>,
    pub name_suffix: Option<String>,
    /// Files, folders and remote addresses.
    pub resources: Vec<String>,
    /// The old name for folders among [`resources`](Self::resources).
    pub bases: Vec<String>,
    pub components: Vec<String>,
    pub crds: Vec<String>,
    pub patches: Vec<PatchEntry>,
    /// Each a file, or the patch itself as text.
    pub patches_strategic_merge: Vec<String>,
    #[serde(rename = "patchesJson6902")]
    pub patches_json_6902: Vec<Patch>,
    pub replicas: Vec<ReplicaCount>,
    pub images: Vec<ImageChange>,
    pub labels: Vec<LabelChange>,
    /// Also put into selectors.
    pub common_labels: BTreeMap<String, String>,
    pub common_annotations: BTreeMap<String, String>,
    pub config_map_generator: Option<Vec<serde_json::Value>>,
    pub secret_generator: Option<Vec<serde_json::Value>>,
    pub generators: Vec<String>,
    pub transformers: Vec<String>,
    pub validators: Vec<String>,
    pub replacements: Option<Vec<serde_json::Value>>,
    pub vars: Option<Vec<serde_json::Value>>,
    pub helm_charts: Option<Vec<HelmChart>>,
    pub helm_chart_inflation_generator: Option<Vec<serde_json::Value>>,
}

impl Kustomization {
    /// Whether it takes in something that only a download shows.
    pub fn has_remote_resources(&self) -> bool {
        let all = self
            .resources
            .iter()
            .chain(&self.bases)
            .chain(&self.components);
        all.into_iter().any(|resource| is_remote(resource))
    }

    /// The files whose text becomes the content of a ConfigMap or Secret, unless they are resources, too.
    pub fn content_files(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.config_map_generator, &self.secret_generator];
        let generators = lists.into_iter().flatten().flatten();
        let files = generators.filter_map(|generator| generator.get("files")?.as_array());
        files
            .flatten()
            .filter_map(serde_json::Value::as_str)
            .map(|file| file.split_once('=').map_or(file, |(_, path)| path))
            .filter(|file| !self.resources.iter().any(|resource| resource == file))
    }

    /// Whether it renders Helm charts.
    pub fn has_charts(&self) -> bool {
        self.helm_charts.is_some() || self.helm_chart_inflation_generator.is_some()
    }
}

/// Whether kustomize would download this: `https://…`, `git@host:…`,
/// `host.example/owner/repository//path?ref=…`
pub fn is_remote(resource: &str) -> bool {
    let first = resource.split('/').next().unwrap_or_default();
    let is_host = first.contains('.') && !first.starts_with('.');
    resource.contains("://")
        || resource.contains("?ref=")
        || resource.contains("?version=")
        || resource
            .split('/')
            .any(|part| part.strip_suffix(".git").is_some())
        || is_host && resource.contains("//")
        || first.contains('@')
        || first.contains(':')
        || starts_remote(resource)
}

/// Whether kustomize would download this, whatever comes after its beginning.
pub fn starts_remote(resource: &str) -> bool {
    const STARTS: [&str; 7] = [
        "git::",
        "http://",
        "https://",
        "ssh://",
        "file://",
        "github.com/",
        "github.com:",
    ];
    let has = |start: &str| {
        let own = resource.get(..start.len());
        own.is_some_and(|own| own.eq_ignore_ascii_case(start))
    };
    let user = resource.split_once('@').map(|(user, _)| user);
    let is_user = |user: &str| {
        user.starts_with(|first: char| first.is_ascii_alphabetic())
            && user
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    STARTS.into_iter().any(has) || user.is_some_and(is_user)
}

/// Whether an entry of a list of files is the text itself.
pub fn is_inline(entry: &str) -> bool {
    entry.contains('\n') || entry.contains(": ") || entry.starts_with('{')
}

/// An element of `patches`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum PatchEntry {
    /// Where the patch stands and what it is for.
    Patch(Box<Patch>),
    /// A file, as kustomize 2 took it.
    File(String),
}

impl Default for PatchEntry {
    fn default() -> Self {
        Self::File(String::new())
    }
}

/// A strategic merge or JSON 6902 patch, in a file or inline.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Patch {
    pub path: Option<String>,
    /// The patch itself.
    pub patch: Option<String>,
    /// Without it a strategic merge patch names its own target.
    pub target: Option<PatchTarget>,
    pub options: BTreeMap<String, bool>,
}

/// Whether a key is an instruction of a strategic merge patch, which no object of its own has.
pub fn is_patch_directive(key: &str) -> bool {
    matches!(key, "$patch" | "$retainKeys")
        || key.starts_with("$setElementOrder/")
        || key.starts_with("$deleteFromPrimitiveList/")
}

/// Which objects a patch changes. Names are regular expressions that must match whole.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PatchTarget {
    pub group: Option<String>,
    pub version: Option<String>,
    pub kind: Option<String>,
    pub name: Option<String>,
    pub namespace: Option<String>,
    /// In kubectl's syntax (`app=web,tier!=db`).
    pub label_selector: Option<String>,
    pub annotation_selector: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaCount {
    pub name: Option<String>,
    pub count: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageChange {
    /// The image as the resources name it, without tag.
    pub name: Option<String>,
    pub new_name: Option<String>,
    pub new_tag: Option<String>,
    pub tag_suffix: Option<String>,
    pub digest: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelChange {
    pub pairs: BTreeMap<String, String>,
    /// Default false.
    pub include_selectors: Option<bool>,
    /// Default false; selectors imply templates.
    pub include_templates: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmChart {
    pub name: Option<String>,
    pub repo: Option<String>,
    pub version: Option<String>,
    pub release_name: Option<String>,
    pub namespace: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn downloads() {
        for remote in [
            "https://example.com/app.yaml",
            "ssh://git@example.com/org/app",
            "git@example.com:org/app.git",
            "git::https://example.com/app",
            "gh:org/app",
            "github.com/org/app",
            "GitHub.com/org/app",
            "github.com:org/app",
            "file:///srv/app",
            "HTTP://127.0.0.1/a: b",
            "example.com/org/app?ref=v1",
            "example.com/org/app.git",
            "example.com/org/app//deploy",
        ] {
            assert!(is_remote(remote), "{remote}");
        }
        for local in [
            "../base",
            "./a.yaml",
            "a.b/c.yaml",
            "..//base",
            "base//x",
            ".github/a",
        ] {
            assert!(!is_remote(local), "{local}");
        }
    }

    #[test]
    fn patch_directives() {
        assert!(is_patch_directive("$patch"));
        assert!(is_patch_directive("$setElementOrder/containers"));
        assert!(!is_patch_directive("patch"));
    }

    #[test]
    fn patches_in_every_form() {
        let read: Kustomization = serde_json::from_str(
            r#"{"resources":["../base"],
                "patches":[{"path":"p.yaml","target":{"kind":"Deployment","name":"web"}},"old.yaml"],
                "patchesStrategicMerge":["a.yaml"],
                "patchesJson6902":[{"target":{"version":"v1","kind":"Service","name":"s"},"path":"j.json"}],
                "replicas":[{"name":"web","count":3}],
                "labels":[{"pairs":{"team":"a"},"includeSelectors":true}],
                "images":[{"name":"web","newTag":"2"}]}"#,
        )
        .unwrap();
        assert!(matches!(&read.patches[0], PatchEntry::Patch(patch)
            if patch.path.as_deref() == Some("p.yaml")));
        assert!(matches!(&read.patches[1], PatchEntry::File(file) if file == "old.yaml"));
        assert_eq!(read.patches_json_6902.len(), 1);
        assert_eq!(read.replicas[0].count, Some(3));
    }
}
