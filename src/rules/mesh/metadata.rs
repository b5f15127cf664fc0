//! Annotations and labels that a fix moves to where Istio reads them.

use super::proxy_config::Settings;
use crate::edit::{Editor, Edits, Refusal, Value};
use crate::kube::tables::istio_catalogue::{KnownKey, annotation, label};
use crate::kube::{Object, PROXY_CONFIG_ANNOTATION, PodTemplate};
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

impl Holder<'_> {
    /// Moves a label to the annotations, or the other way round.
    pub(super) fn move_to_other_map(&self, editor: &Editor<'_>, entry: Entry<'_>) -> Edits {
        let path = ["metadata", self.map.other().key()];
        editor.relocate(entry, self.node, &path, entry.key.key_text())
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
