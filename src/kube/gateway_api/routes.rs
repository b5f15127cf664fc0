//! HTTPRoute, GRPCRoute, TLSRoute, TCPRoute and UDPRoute: where requests go.

use serde::Deserialize;

use super::gateway::{DefaultScope, GroupKindName};
use crate::kube::istio::resource;

resource! {
    /// `HTTPRoute`
    HttpRoute { spec: HttpRouteSpec }
}

resource! {
    /// `GRPCRoute`
    GrpcRoute { spec: GrpcRouteSpec }
}

resource! {
    /// `TLSRoute`
    TlsRoute { spec: TlsRouteSpec }
}

resource! {
    /// `TCPRoute`
    TcpRoute { spec: ConnectionRouteSpec }
}

resource! {
    /// `UDPRoute`
    UdpRoute { spec: ConnectionRouteSpec }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpRouteSpec {
    pub hostnames: Vec<String>,
    pub parent_refs: Vec<RouteParentReference>,
    pub rules: Vec<HttpRouteRule>,
    pub use_default_gateways: Option<DefaultScope>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteParentReference {
    pub group: Option<String>,
    pub kind: Option<String>,
    pub name: Option<String>,
    pub namespace: Option<String>,
    pub port: Option<i32>,
    pub section_name: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpRouteRule {
    pub backend_refs: Vec<HttpBackendRef>,
    pub filters: Vec<HttpRouteFilter>,
    pub matches: Vec<HttpRouteMatch>,
    pub name: Option<String>,
    pub retry: Option<HttpRouteRetry>,
    pub session_persistence: Option<SessionPersistence>,
    pub timeouts: Option<HttpRouteTimeouts>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpBackendRef {
    pub filters: Vec<HttpRouteFilter>,
    pub group: Option<String>,
    pub kind: Option<String>,
    pub name: Option<String>,
    pub namespace: Option<String>,
    pub port: Option<i32>,
    pub weight: Option<i32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpRouteFilter {
    pub cors: Option<HttpCorsFilter>,
    pub extension_ref: Option<GroupKindName>,
    pub external_auth: Option<HttpExternalAuthFilter>,
    pub request_header_modifier: Option<HttpHeaderFilter>,
    pub request_mirror: Option<HttpRequestMirrorFilter>,
    pub request_redirect: Option<HttpRequestRedirectFilter>,
    pub response_header_modifier: Option<HttpHeaderFilter>,
    pub r#type: Option<HttpRouteFilterType>,
    pub url_rewrite: Option<HttpUrlRewriteFilter>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpCorsFilter {
    pub allow_credentials: Option<bool>,
    pub allow_headers: Vec<String>,
    pub allow_methods: Vec<CorsMethod>,
    pub allow_origins: Vec<String>,
    pub expose_headers: Vec<String>,
    pub max_age: Option<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum CorsMethod {
    #[serde(rename = "*")]
    Any,
    #[serde(rename = "CONNECT")]
    Connect,
    #[serde(rename = "DELETE")]
    Delete,
    #[serde(rename = "GET")]
    Get,
    #[serde(rename = "HEAD")]
    Head,
    #[serde(rename = "OPTIONS")]
    Options,
    #[serde(rename = "PATCH")]
    Patch,
    #[serde(rename = "POST")]
    Post,
    #[serde(rename = "PUT")]
    Put,
    #[serde(rename = "TRACE")]
    Trace,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpExternalAuthFilter {
    pub backend_ref: Option<BackendObjectReference>,
    pub forward_body: Option<ForwardBodyConfig>,
    pub grpc: Option<GrpcAuthConfig>,
    pub http: Option<HttpAuthConfig>,
    pub protocol: Option<ExternalAuthProtocol>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackendObjectReference {
    pub group: Option<String>,
    pub kind: Option<String>,
    pub name: Option<String>,
    pub namespace: Option<String>,
    pub port: Option<i32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ForwardBodyConfig {
    pub max_size: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GrpcAuthConfig {
    pub allowed_headers: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpAuthConfig {
    pub allowed_headers: Vec<String>,
    pub allowed_response_headers: Vec<String>,
    pub path: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum ExternalAuthProtocol {
    #[serde(rename = "GRPC")]
    Grpc,
    #[serde(rename = "HTTP")]
    Http,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpHeaderFilter {
    pub add: Vec<RouteHttpHeader>,
    pub remove: Vec<String>,
    pub set: Vec<RouteHttpHeader>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteHttpHeader {
    pub name: Option<String>,
    pub value: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpRequestMirrorFilter {
    pub backend_ref: Option<BackendObjectReference>,
    pub fraction: Option<MirrorFraction>,
    pub percent: Option<i32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MirrorFraction {
    pub denominator: Option<i32>,
    pub numerator: Option<i32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpRequestRedirectFilter {
    pub hostname: Option<String>,
    pub path: Option<HttpPathModifier>,
    pub port: Option<i32>,
    pub scheme: Option<RedirectScheme>,
    pub status_code: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpPathModifier {
    pub replace_full_path: Option<String>,
    pub replace_prefix_match: Option<String>,
    pub r#type: Option<HttpPathModifierType>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum HttpPathModifierType {
    ReplaceFullPath,
    ReplacePrefixMatch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum RedirectScheme {
    #[serde(rename = "http")]
    Http,
    #[serde(rename = "https")]
    Https,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum HttpRouteFilterType {
    #[serde(rename = "CORS")]
    Cors,
    ExtensionRef,
    ExternalAuth,
    RequestHeaderModifier,
    RequestMirror,
    RequestRedirect,
    ResponseHeaderModifier,
    #[serde(rename = "URLRewrite")]
    UrlRewrite,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpUrlRewriteFilter {
    pub hostname: Option<String>,
    pub path: Option<HttpPathModifier>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpRouteMatch {
    pub headers: Vec<RouteHeaderMatch>,
    pub method: Option<RouteHttpMethod>,
    pub path: Option<HttpPathMatch>,
    pub query_params: Vec<RouteHeaderMatch>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteHeaderMatch {
    pub name: Option<String>,
    pub r#type: Option<RouteMatchType>,
    pub value: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum RouteMatchType {
    Exact,
    RegularExpression,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum RouteHttpMethod {
    #[serde(rename = "CONNECT")]
    Connect,
    #[serde(rename = "DELETE")]
    Delete,
    #[serde(rename = "GET")]
    Get,
    #[serde(rename = "HEAD")]
    Head,
    #[serde(rename = "OPTIONS")]
    Options,
    #[serde(rename = "PATCH")]
    Patch,
    #[serde(rename = "POST")]
    Post,
    #[serde(rename = "PUT")]
    Put,
    #[serde(rename = "TRACE")]
    Trace,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpPathMatch {
    pub r#type: Option<PathMatchType>,
    pub value: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum PathMatchType {
    Exact,
    PathPrefix,
    RegularExpression,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpRouteRetry {
    pub attempts: Option<i64>,
    pub backoff: Option<String>,
    pub codes: Vec<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionPersistence {
    pub absolute_timeout: Option<String>,
    pub cookie_config: Option<CookieConfig>,
    pub session_name: Option<String>,
    pub r#type: Option<SessionPersistenceType>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CookieConfig {
    pub lifetime_type: Option<CookieLifetimeType>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum CookieLifetimeType {
    Permanent,
    Session,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum SessionPersistenceType {
    Cookie,
    Header,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpRouteTimeouts {
    pub backend_request: Option<String>,
    pub request: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GrpcRouteSpec {
    pub hostnames: Vec<String>,
    pub parent_refs: Vec<RouteParentReference>,
    pub rules: Vec<GrpcRouteRule>,
    pub use_default_gateways: Option<DefaultScope>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GrpcRouteRule {
    pub backend_refs: Vec<GrpcBackendRef>,
    pub filters: Vec<GrpcRouteFilter>,
    pub matches: Vec<GrpcRouteMatch>,
    pub name: Option<String>,
    pub session_persistence: Option<SessionPersistence>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GrpcBackendRef {
    pub filters: Vec<GrpcRouteFilter>,
    pub group: Option<String>,
    pub kind: Option<String>,
    pub name: Option<String>,
    pub namespace: Option<String>,
    pub port: Option<i32>,
    pub weight: Option<i32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GrpcRouteFilter {
    pub extension_ref: Option<GroupKindName>,
    pub request_header_modifier: Option<HttpHeaderFilter>,
    pub request_mirror: Option<HttpRequestMirrorFilter>,
    pub response_header_modifier: Option<HttpHeaderFilter>,
    pub r#type: Option<GrpcRouteFilterType>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum GrpcRouteFilterType {
    ExtensionRef,
    RequestHeaderModifier,
    RequestMirror,
    ResponseHeaderModifier,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GrpcRouteMatch {
    pub headers: Vec<RouteHeaderMatch>,
    pub method: Option<GrpcMethodMatch>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GrpcMethodMatch {
    pub method: Option<String>,
    pub service: Option<String>,
    pub r#type: Option<RouteMatchType>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TlsRouteSpec {
    pub hostnames: Vec<String>,
    pub parent_refs: Vec<RouteParentReference>,
    pub rules: Vec<ConnectionRouteRule>,
    pub use_default_gateways: Option<DefaultScope>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConnectionRouteRule {
    pub backend_refs: Vec<RouteBackendRef>,
    pub name: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteBackendRef {
    pub group: Option<String>,
    pub kind: Option<String>,
    pub name: Option<String>,
    pub namespace: Option<String>,
    pub port: Option<i32>,
    pub weight: Option<i32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConnectionRouteSpec {
    pub parent_refs: Vec<RouteParentReference>,
    pub rules: Vec<ConnectionRouteRule>,
    pub use_default_gateways: Option<DefaultScope>,
}
