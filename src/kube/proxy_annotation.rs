//! The pod annotation `proxy.istio.io/config`, read as the YAML it is.

use super::check::KubeCheck;
use super::demands::refused_proxy_settings;
use super::istio::ProxyConfig;
use crate::yaml::{self, Issue, IssueKind, Node, NodeId, SyntaxError, Tree};

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
    /// When the text is not YAML.
    pub fn read(annotation: Node<'_>) -> Result<Self, SyntaxError> {
        let Some(tree) = yaml::parse_embedded_first(annotation)? else {
            return Ok(Self {
                tree: None,
                value: ProxyConfig::default(),
                issues: Vec::new(),
            });
        };
        let mut reading = KubeCheck::new().read::<ProxyConfig>(tree.root());
        // A field in both of its spellings is given twice; Istio takes one of the two.
        reading.issues.retain(|issue| match &issue.kind {
            IssueKind::Invalid { message, .. } => !message.starts_with("duplicate field"),
            IssueKind::UnknownField { .. } => true,
        });
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::ProxyAnnotation;
    use crate::yaml::{Content, parse};

    /// Whether something in the settings is refused or unknown.
    fn is_told(settings: &str) -> bool {
        let text = format!("a: |\n  {}\n", settings.replace('\n', "\n  "));
        let mut stream = parse(&Arc::from(text));
        let Content::Tree(tree) = stream.documents.remove(0).content else {
            panic!("{settings}");
        };
        let read = ProxyAnnotation::read(tree.root().get("a").unwrap()).unwrap();
        !read.issues().is_empty() || !read.refused().is_empty()
    }

    // What injection says of each, by `ValidateMeshConfigProxyConfig` and protobuf's JSON.
    #[test]
    fn settings_are_judged_as_injection_does() {
        for fine in [
            "tracing: {zipkin: {address: 'zipkin:9411'}}",
            "tracing: {datadog: {address: '$(HOST_IP):8126'}}",
            "gatewayTopology: {numTrustedProxies: 2, forwardClientCertDetails: SANITIZE_SET}",
            "gatewayTopology: {forwardClientCertDetails: 3}",
            "image: {imageType: distroless}",
            "proxyHeaders: {setCurrentClientCertDetails: {dns: true}}",
            "connectionSettings: {profile: EDGE}",
            "drainDuration: 1m",
            "concurrency: 2.0",
            "proxy_metadata: {A: b}\nproxyMetadata: {B: c}",
            "tracing:",
        ] {
            assert!(!is_told(fine), "{fine}");
        }
        for refused in [
            "tracing: {zipkin: {address: zipkin}}",
            "gatewayTopology: {numTrustedProxies: many}",
            "gatewayTopology: {forwardClientCertDetails: NOPE}",
            "image: distroless",
            "proxyStatsMatcher: {inclusionRegexps: '.*'}",
            "drainDuration: 1.5s",
            "terminationDrainDuration: 30",
            "statusPort: 0",
            "proxyAdminPort: 70000",
            "discoveryAddress: istiod",
            "configPath: ''",
            "controlPlaneAuthPolicy: INHERIT",
            "envoyAccessLogService: {address: als}",
            "concurrency: 1.5",
        ] {
            assert!(is_told(refused), "{refused}");
        }
    }
}
