//! Mesh-wide configuration: an IstioOperator's or Sail Istio's `meshConfig`, or the text under the
//! key `mesh` of the ConfigMap `istio`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::proxy_config::ProxyConfig;
use super::resource;

resource! {
    /// `install.istio.io/v1alpha1` IstioOperator, or `sailoperator.io/v1` Istio; not whole.
    IstioOperator { spec: IstioOperatorSpec }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IstioOperatorSpec {
    pub profile: Option<String>,
    pub revision: Option<String>,
    /// Where the control plane goes: the mesh's root namespace unless the mesh config names one.
    pub namespace: Option<String>,
    /// The version, of Sail's Istio.
    pub version: Option<String>,
    pub mesh_config: Option<MeshConfig>,
    /// The Helm chart's values.
    pub values: Option<IstioValues>,
}

/// Helm values, as far as they say what the proxies do.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IstioValues {
    pub global: Option<GlobalValues>,
    pub mesh_config: Option<MeshConfig>,
    pub pilot: Option<PilotValues>,
}

/// Values of the control plane.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PilotValues {
    /// Its environment; charts take booleans as well as text.
    pub env: BTreeMap<String, serde_json::Value>,
}

impl PilotValues {
    /// `ENABLE_NATIVE_SIDECARS`, where it says yes or no: `auto` leaves it to the versions.
    pub fn native_sidecars(&self) -> Option<bool> {
        match self.env.get("ENABLE_NATIVE_SIDECARS")? {
            serde_json::Value::Bool(told) => Some(*told),
            serde_json::Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GlobalValues {
    pub proxy: Option<GlobalProxyValues>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GlobalProxyValues {
    /// Deprecated. It is or-ed with the pod's own setting, which therefore cannot switch it off.
    pub hold_application_until_proxy_starts: Option<bool>,
    /// The hooks of every sidecar, which replace those of the injection template.
    pub lifecycle: Option<serde_json::Value>,
}

/// `istio.mesh.v1alpha1.MeshConfig`; not whole.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MeshConfig {
    #[serde(alias = "default_config")]
    pub default_config: Option<ProxyConfig>,
    #[serde(alias = "enable_tracing")]
    pub enable_tracing: Option<bool>,
    #[serde(alias = "root_namespace")]
    pub root_namespace: Option<String>,
    #[serde(alias = "trust_domain")]
    pub trust_domain: Option<String>,
    #[serde(alias = "enable_auto_mtls")]
    pub enable_auto_mtls: Option<bool>,
    #[serde(alias = "extension_providers")]
    pub extension_providers: Vec<ExtensionProvider>,
    #[serde(alias = "default_providers")]
    pub default_providers: Option<DefaultProviders>,
    /// The retries of routes that say nothing of their own.
    #[serde(alias = "default_http_retry_policy")]
    pub default_http_retry_policy: Option<serde_json::Value>,
}

/// A tracer, logger or authorizer by its name; which of them stays open.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExtensionProvider {
    pub name: Option<String>,
}

/// Names of [`ExtensionProvider`]s.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DefaultProviders {
    pub tracing: Vec<String>,
    pub metrics: Vec<String>,
    #[serde(alias = "access_logging")]
    pub access_logging: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hold_is_found_in_either_place() {
        let operator: IstioOperator = serde_json::from_str(
            r#"{"spec":{"meshConfig":{"defaultConfig":{"holdApplicationUntilProxyStarts":true}},
                "values":{"global":{"proxy":{"holdApplicationUntilProxyStarts":true,"cpu":1}}}}}"#,
        )
        .unwrap();
        let spec = operator.spec.unwrap();
        let proxy = spec.mesh_config.unwrap().default_config.unwrap();
        assert_eq!(proxy.hold_application_until_proxy_starts, Some(true));
        let global = spec.values.unwrap().global.unwrap().proxy.unwrap();
        assert_eq!(global.hold_application_until_proxy_starts, Some(true));
    }
}
