//! Annotations and labels that a fix moves to where Istio reads them.

use super::proxy_config::Settings;
use crate::edit::{Editor, Edits, Refusal, Value};
use crate::kube::tables::istio_catalogue::{KnownKey, annotation, label};
use crate::kube::{Object, PROXY_CONFIG_ANNOTATION, PodTemplate, ProxyAnnotation};
use crate::yaml::{Entry, Node};

/// One of the two maps of an object's metadata.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Map {
    Annotations,
    Labels,
}

impl Map {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Annotations => "annotations",
            Self::Labels => "labels",
        }
    }

    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Annotations => "annotation",
            Self::Labels => "label",
        }
    }

    pub(super) fn with_article(self) -> &'static str {
        match self {
            Self::Annotations => "an annotation",
            Self::Labels => "a label",
        }
    }

    pub(super) fn entries(self, owner: Node<'_>) -> impl Iterator<Item = Entry<'_>> + use<'_> {
        owner
            .at(&["metadata", self.key()])
            .into_iter()
            .flat_map(Node::entries)
    }

    pub(super) fn known(self, key: &str) -> Option<&'static KnownKey> {
        match self {
            Self::Annotations => annotation(key),
            Self::Labels => label(key),
        }
    }

    pub(super) fn other(self) -> Self {
        match self {
            Self::Annotations => Self::Labels,
            Self::Labels => Self::Annotations,
        }
    }
}

/// What has the metadata: an object or its pod template.
pub(super) struct Holder<'a> {
    pub(super) object: &'a Object,
    /// The mapping that has `metadata`.
    pub(super) node: Node<'a>,
    pub(super) map: Map,
    /// The pod template of the object's workload.
    pub(super) template: Option<PodTemplate<'a>>,
}

/// What has the metadata on which Istio reads a key.
pub(super) struct Home<'a> {
    /// Where it stands in its object; empty for the object itself.
    path: String,
    /// `None` where it is another object.
    node: Option<Node<'a>>,
}

impl Home<'_> {
    /// `spec.template.metadata.labels`
    pub(super) fn place(&self, map: Map) -> String {
        let dot = if self.path.is_empty() { "" } else { "." };
        format!("{}{dot}metadata.{}", self.path, map.key())
    }

    /// Moves an entry here.
    pub(super) fn take(
        &self,
        editor: &Editor<'_>,
        entry: Entry<'_>,
        map: Map,
        known: &KnownKey,
    ) -> Edits {
        let target = self.node.ok_or(Refusal::Moot)?;
        editor.relocate(entry, target, &["metadata", map.key()], known.name)
    }
}

impl Holder<'_> {
    /// Whose metadata Istio reads a key on: that of the holder itself, or of the pods it makes.
    pub(super) fn home(&self, known: &KnownKey) -> Option<Home<'_>> {
        let pods = self.template.and_then(|template| {
            let node = template.node().filter(|_| known.is_read_on("Pod"))?;
            let path = template.path().join(".");
            // The template of a Rollout may stand in another object.
            let is_here = template.object().location(template.object().node())
                == self.object.location(self.object.node());
            let node = is_here.then_some(node);
            Some(Home { path, node })
        });
        let is_of_pods = self
            .template
            .and_then(PodTemplate::node)
            .is_some_and(|node| node.id() == self.node.id());
        let is_own = !is_of_pods && known.is_read_on(self.object.kind());
        let own = is_own.then(|| Home {
            path: String::new(),
            node: Some(self.node),
        });
        own.or(pods)
    }

    /// Moves an entry into the annotation that holds the settings of the pods' proxy.
    pub(super) fn move_into_proxy_config(
        &self,
        editor: &Editor<'_>,
        entry: Entry<'_>,
        field: &str,
    ) -> Edits {
        let template = self.template.ok_or(Refusal::Moot)?;
        let text = entry.value.resolved().text().ok_or(Refusal::Moot)?;
        // The template of a Rollout may stand in another object.
        if template.object().location(template.object().node())
            != self.object.location(self.object.node())
            || text.contains(['\n', '{', '['])
        {
            return Err(Refusal::Moot);
        }
        let is_typed = matches!(text, "true" | "false") || text.parse::<i64>().is_ok();
        let value = if is_typed {
            Value::Written(text.to_owned())
        } else {
            Value::text(text)
        };
        let settings = Settings::field(field, value);
        let is_on_pods = template.node().map(Node::id) == Some(self.node.id());
        let is_first = template.annotation(PROXY_CONFIG_ANNOTATION).is_none();
        if is_on_pods && is_first && self.map == Map::Annotations {
            return editor.replace(entry, PROXY_CONFIG_ANNOTATION, &settings.embedded());
        }
        let mut edits = settings.write(editor, template)?;
        edits.extend(editor.remove_uncommented(entry)?);
        Ok(edits)
    }
}

/// Whether the pod's own proxy configuration lets the proxy wait for its connections and for no time.
pub(super) fn waits_for_connections(template: PodTemplate<'_>) -> bool {
    const SWITCH: &str = "EXIT_ON_ZERO_ACTIVE_CONNECTIONS";
    let config = template.annotation(PROXY_CONFIG_ANNOTATION);
    let config = config.and_then(|node| ProxyAnnotation::read(node).ok());
    config.is_some_and(|it| {
        it.value()
            .proxy_metadata
            .get(SWITCH)
            .is_some_and(|it| it == "true")
    })
}

/// How a setting of the proxy is written into the annotation that holds them.
pub(super) fn in_proxy_config(
    template: Option<PodTemplate<'_>>,
    field: &str,
    value: &str,
) -> String {
    let present = template.and_then(|it| it.annotation("proxy.istio.io/config"));
    let is_json = |node: Node<'_>| node.text().is_some_and(|text| text.trim().starts_with('{'));
    match present {
        Some(node) if is_json(node) => format!(
            "add to the JSON in `proxy.istio.io/config` of the pod template:\n\"{field}\": {}",
            in_json(value)
        ),
        Some(_) => format!("add to `proxy.istio.io/config` of the pod template:\n{field}: {value}"),
        None => format!(
            "on the pod template:\nmetadata:\n  annotations:\n    proxy.istio.io/config: |\n      {field}: {value}"
        ),
    }
}

/// A value as JSON has it.
fn in_json(value: &str) -> String {
    let is_bare = matches!(value, "true" | "false") || value.parse::<i64>().is_ok();
    if is_bare {
        value.to_owned()
    } else {
        format!("{value:?}")
    }
}
