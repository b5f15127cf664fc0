//! Gateway, GatewayClass and ListenerSet: where requests come in.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Deserialize;

use crate::kube::istio::resource;

resource! {
    /// `Gateway`
    GatewayOfApi { spec: GatewayApiSpec }
}

resource! {
    /// `GatewayClass`
    GatewayClass { spec: GatewayClassSpec }
}

resource! {
    /// `ListenerSet`
    ListenerSet { spec: ListenerSetSpec }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayApiSpec {
    pub addresses: Vec<GatewayAddress>,
    pub allowed_listeners: Option<AllowedListeners>,
    pub default_scope: Option<DefaultScope>,
    pub gateway_class_name: Option<String>,
    pub infrastructure: Option<GatewayInfrastructure>,
    pub listeners: Vec<Listener>,
    pub tls: Option<GatewayTlsConfig>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayAddress {
    pub r#type: Option<String>,
    pub value: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AllowedListeners {
    pub namespaces: Option<ListenerNamespaces>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListenerNamespaces {
    pub from: Option<FromListeners>,
    pub selector: Option<LabelSelector>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum FromListeners {
    All,
    None,
    Same,
    Selector,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum DefaultScope {
    All,
    None,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayInfrastructure {
    pub annotations: BTreeMap<String, String>,
    pub labels: BTreeMap<String, String>,
    pub parameters_ref: Option<GroupKindName>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupKindName {
    pub group: Option<String>,
    pub kind: Option<String>,
    pub name: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Listener {
    pub allowed_routes: Option<AllowedRoutes>,
    pub hostname: Option<String>,
    pub name: Option<String>,
    pub port: Option<i32>,
    pub protocol: Option<String>,
    pub tls: Option<ListenerTlsConfig>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AllowedRoutes {
    pub kinds: Vec<RouteGroupKind>,
    pub namespaces: Option<RouteNamespaces>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteGroupKind {
    pub group: Option<String>,
    pub kind: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteNamespaces {
    pub from: Option<FromRoutes>,
    pub selector: Option<LabelSelector>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum FromRoutes {
    All,
    Same,
    Selector,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListenerTlsConfig {
    pub certificate_refs: Vec<ObjectReferenceByName>,
    pub mode: Option<ListenerTlsMode>,
    pub options: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectReferenceByName {
    pub group: Option<String>,
    pub kind: Option<String>,
    pub name: Option<String>,
    pub namespace: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum ListenerTlsMode {
    Passthrough,
    Terminate,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayTlsConfig {
    pub backend: Option<GatewayBackendTls>,
    pub frontend: Option<FrontendTlsConfig>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayBackendTls {
    pub client_certificate_ref: Option<ObjectReferenceByName>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FrontendTlsConfig {
    pub default: Option<FrontendTls>,
    pub per_port: Vec<FrontendPortTls>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FrontendTls {
    pub validation: Option<FrontendTlsValidation>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FrontendTlsValidation {
    pub ca_certificate_refs: Vec<ObjectReferenceByName>,
    pub mode: Option<FrontendValidationMode>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum FrontendValidationMode {
    AllowInsecureFallback,
    AllowValidOnly,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FrontendPortTls {
    pub port: Option<i32>,
    pub tls: Option<FrontendTls>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayClassSpec {
    pub controller_name: Option<String>,
    pub description: Option<String>,
    pub parameters_ref: Option<ObjectReferenceByName>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListenerSetSpec {
    pub listeners: Vec<Listener>,
    pub parent_ref: Option<ObjectReferenceByName>,
}
