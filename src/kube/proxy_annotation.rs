//! The pod annotation `proxy.istio.io/config`, read as the YAML it is.

use super::check::KubeCheck;
use super::demands::refused_proxy_settings;
use super::istio::ProxyConfig;
use crate::yaml::{self, Issue, Node, NodeId, SyntaxError, Tree};

/// The name of the annotation.
pub const PROXY_CONFIG_ANNOTATION: &str = "proxy.istio.io/config";

/// The text of the annotation as a tree whose spans are those of the manifest, and as a value.
#[derive(Debug)]
pub struct ProxyAnnotation {
    tree: Option<Tree>,
    value: ProxyConfig,
    issues: Vec<Issue>,
}

impl ProxyAnnotation {
    /// Reads the annotation's value.
    ///
    /// # Errors
    /// When the text is no YAML.
    pub fn read(annotation: Node<'_>) -> Result<Self, SyntaxError> {
        let Some(tree) = yaml::parse_embedded_first(annotation)? else {
            return Ok(Self {
                tree: None,
                value: ProxyConfig::default(),
                issues: Vec::new(),
            });
        };
        let reading = KubeCheck::new().read::<ProxyConfig>(tree.root());
        Ok(Self {
            value: reading.value.unwrap_or_default(),
            issues: reading.issues,
            tree: Some(tree),
        })
    }

    /// What it sets.
    pub fn value(&self) -> &ProxyConfig {
        &self.value
    }

    /// What in it is not known or of the wrong type.
    pub fn issues(&self) -> &[Issue] {
        &self.issues
    }

    /// The values of the right type that injection refuses all the same, with what it expects.
    pub fn refused(&self) -> Vec<(NodeId, String)> {
        let root = self.tree.as_ref().map(Tree::root);
        root.map(refused_proxy_settings).unwrap_or_default()
    }

    /// Its nodes; `None` when the text is empty.
    pub fn tree(&self) -> Option<&Tree> {
        self.tree.as_ref()
    }
}
