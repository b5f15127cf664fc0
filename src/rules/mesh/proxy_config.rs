//! Settings that a fix writes into the annotation `proxy.istio.io/config`.

use crate::edit::{Advice, Editor, Edits, Refusal, Value};
use crate::kube::{PROXY_CONFIG_ANNOTATION, PodTemplate};
use crate::yaml::Node;

/// Settings below one field of ProxyConfig, or at its top.
pub(super) struct Settings {
    pub(super) below: Option<&'static str>,
    pub(super) entries: Vec<(String, Value)>,
}

impl Settings {
    /// One field at the top.
    pub(super) fn field(name: &str, value: Value) -> Self {
        Self {
            below: None,
            entries: vec![(name.to_owned(), value)],
        }
    }

    /// Environment variables of the proxy.
    pub(super) fn variables(entries: Vec<(&str, String)>) -> Self {
        Self {
            below: Some("proxyMetadata"),
            entries: entries
                .into_iter()
                .map(|(name, value)| (name.to_owned(), Value::Text(value)))
                .collect(),
        }
    }

    /// What people write, and where: the lines behind `lead`.
    pub(super) fn help(&self, lead: &str, template: PodTemplate<'_>) -> (String, String) {
        if template.annotation(PROXY_CONFIG_ANNOTATION).is_some() {
            let path: Vec<&str> = self.below.into_iter().collect();
            let lead = format!("{lead}: add to `{PROXY_CONFIG_ANNOTATION}` of the pod template");
            return (lead, Advice::below(&path, self.entries.clone()).yaml());
        }
        let annotation = [(PROXY_CONFIG_ANNOTATION, self.embedded())];
        let advice = Advice::below(&["metadata", "annotations"], annotation);
        (format!("{lead}, on the pod template"), advice.yaml())
    }

    /// The annotation's text where there is none yet.
    pub(super) fn embedded(&self) -> Value {
        match self.below {
            None => Value::embedded(&self.entries),
            Some(name) => Value::embedded(&[(name.to_owned(), Value::Map(self.entries.clone()))]),
        }
    }

    /// Writes them into the annotation of a pod template, which gets one where it has none.
    pub(super) fn write(&self, editor: &Editor<'_>, template: PodTemplate<'_>) -> Edits {
        let owner = template.node().ok_or(Refusal::Moot)?;
        match template.annotation(PROXY_CONFIG_ANNOTATION) {
            Some(annotation) => editor.within(annotation, |editor, root| self.put(editor, root)),
            None => editor.insert_at(
                owner,
                &["metadata", "annotations"],
                PROXY_CONFIG_ANNOTATION,
                self.embedded(),
            ),
        }
    }

    fn put(&self, editor: &Editor<'_>, root: Node<'_>) -> Edits {
        let path: Vec<&str> = self.below.into_iter().collect();
        if let Some(name) = self.below
            && root.get(name).is_none_or(Node::is_null)
        {
            return editor.insert_at(root, &[], name, Value::Map(self.entries.clone()));
        }
        let mut edits = Vec::new();
        for (name, value) in &self.entries {
            edits.extend(editor.put(root, &path, name, value.clone())?);
        }
        Ok(edits)
    }
}
