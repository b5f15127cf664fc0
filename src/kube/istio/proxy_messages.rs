//! The messages inside `istio.mesh.v1alpha1.ProxyConfig` (istio.io/api 1.32, `mesh/v1alpha1/proxy.proto`), as
//! protobuf JSON takes them: every name in camel or snake case.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::duration::IstioDurationOfAnySign;
use super::proxy_config::{ProtoEnum, ProtoInt};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProxyTracing {
    pub zipkin: Option<ZipkinTracer>,
    pub lightstep: Option<LightstepTracer>,
    pub datadog: Option<DatadogTracer>,
    pub stackdriver: Option<StackdriverTracer>,
    #[serde(alias = "open_census_agent")]
    pub open_census_agent: Option<OpenCensusTracer>,
    #[serde(alias = "custom_tags")]
    pub custom_tags: BTreeMap<String, TracingTag>,
    #[serde(alias = "max_path_tag_length")]
    pub max_path_tag_length: Option<ProtoInt>,
    pub sampling: Option<Value>,
    #[serde(alias = "tls_settings")]
    pub tls_settings: Option<ProxyClientTls>,
    #[serde(alias = "enable_istio_tags")]
    pub enable_istio_tags: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ZipkinTracer {
    pub address: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LightstepTracer {
    pub address: Option<String>,
    #[serde(alias = "access_token")]
    pub access_token: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DatadogTracer {
    pub address: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StackdriverTracer {
    pub debug: Option<bool>,
    #[serde(alias = "max_number_of_attributes")]
    pub max_number_of_attributes: Option<ProtoInt>,
    #[serde(alias = "max_number_of_annotations")]
    pub max_number_of_annotations: Option<ProtoInt>,
    #[serde(alias = "max_number_of_message_events")]
    pub max_number_of_message_events: Option<ProtoInt>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OpenCensusTracer {
    pub address: Option<String>,
    pub context: Vec<ProtoEnum<TraceContext>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TraceContext {
    Unspecified,
    #[serde(rename = "W3C_TRACE_CONTEXT")]
    W3cTraceContext,
    GrpcBin,
    CloudTraceContext,
    #[serde(rename = "B3")]
    B3,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TracingTag {
    pub literal: Option<TracingLiteral>,
    pub environment: Option<TracingEnvironment>,
    pub header: Option<TracingHeader>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TracingLiteral {
    pub value: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TracingEnvironment {
    pub name: Option<String>,
    #[serde(alias = "default_value")]
    pub default_value: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TracingHeader {
    pub name: Option<String>,
    #[serde(alias = "default_value")]
    pub default_value: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProxyClientTls {
    pub mode: Option<ProtoEnum<ProxyTlsMode>>,
    #[serde(alias = "client_certificate")]
    pub client_certificate: Option<String>,
    #[serde(alias = "private_key")]
    pub private_key: Option<String>,
    #[serde(alias = "ca_certificates")]
    pub ca_certificates: Option<String>,
    #[serde(alias = "credential_name")]
    pub credential_name: Option<String>,
    #[serde(alias = "ca_cert_credential_name")]
    pub ca_cert_credential_name: Option<String>,
    #[serde(alias = "subject_alt_names")]
    pub subject_alt_names: Vec<String>,
    pub sni: Option<String>,
    #[serde(alias = "insecure_skip_verify")]
    pub insecure_skip_verify: Option<bool>,
    #[serde(alias = "ca_crl")]
    pub ca_crl: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProxyTlsMode {
    Disable,
    Simple,
    Mutual,
    IstioMutual,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProxySds {
    pub enabled: Option<bool>,
    #[serde(rename = "k8sSaJwtPath", alias = "k8s_sa_jwt_path")]
    pub k8s_sa_jwt_path: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RemoteService {
    pub address: Option<String>,
    #[serde(alias = "tls_settings")]
    pub tls_settings: Option<ProxyClientTls>,
    #[serde(alias = "tcp_keepalive")]
    pub tcp_keepalive: Option<ProxyTcpKeepalive>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProxyTcpKeepalive {
    pub probes: Option<ProtoInt>,
    pub time: Option<IstioDurationOfAnySign>,
    pub interval: Option<IstioDurationOfAnySign>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayTopology {
    #[serde(alias = "num_trusted_proxies")]
    pub num_trusted_proxies: Option<ProtoInt>,
    #[serde(alias = "forward_client_cert_details")]
    pub forward_client_cert_details: Option<ProtoEnum<ForwardClientCertDetails>>,
    #[serde(alias = "proxy_protocol")]
    pub proxy_protocol: Option<ProxyProtocolConfiguration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ForwardClientCertDetails {
    Undefined,
    Sanitize,
    ForwardOnly,
    AppendForward,
    SanitizeSet,
    AlwaysForwardOnly,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct ProxyProtocolConfiguration {}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProxyReadinessProbe {
    #[serde(alias = "initial_delay_seconds")]
    pub initial_delay_seconds: Option<ProtoInt>,
    #[serde(alias = "timeout_seconds")]
    pub timeout_seconds: Option<ProtoInt>,
    #[serde(alias = "period_seconds")]
    pub period_seconds: Option<ProtoInt>,
    #[serde(alias = "success_threshold")]
    pub success_threshold: Option<ProtoInt>,
    #[serde(alias = "failure_threshold")]
    pub failure_threshold: Option<ProtoInt>,
    #[serde(alias = "http_get")]
    pub http_get: Option<ProbeHttpGet>,
    #[serde(alias = "tcp_socket")]
    pub tcp_socket: Option<ProbeTcpSocket>,
    pub exec: Option<ProbeExec>,
    pub grpc: Option<ProbeGrpc>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProbeHttpGet {
    pub path: Option<String>,
    pub port: Option<ProtoInt>,
    pub host: Option<String>,
    pub scheme: Option<String>,
    #[serde(alias = "http_headers")]
    pub http_headers: Vec<ProbeHeader>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProbeHeader {
    pub name: Option<String>,
    pub value: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProbeTcpSocket {
    pub host: Option<String>,
    pub port: Option<ProtoInt>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProbeExec {
    pub command: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProbeGrpc {
    pub port: Option<ProtoInt>,
    pub service: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProxyStatsMatcher {
    #[serde(alias = "inclusion_prefixes")]
    pub inclusion_prefixes: Vec<String>,
    #[serde(alias = "inclusion_suffixes")]
    pub inclusion_suffixes: Vec<String>,
    #[serde(alias = "inclusion_regexps")]
    pub inclusion_regexps: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProxyImage {
    #[serde(alias = "image_type")]
    pub image_type: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PrivateKeyProvider {
    pub cryptomb: Option<CryptoMbProvider>,
    pub qat: Option<QatProvider>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CryptoMbProvider {
    #[serde(alias = "poll_delay")]
    pub poll_delay: Option<IstioDurationOfAnySign>,
    pub fallback: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QatProvider {
    #[serde(alias = "poll_delay")]
    pub poll_delay: Option<IstioDurationOfAnySign>,
    pub fallback: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProxyHeaders {
    #[serde(alias = "forwarded_client_cert")]
    pub forwarded_client_cert: Option<ProtoEnum<ForwardClientCertDetails>>,
    #[serde(alias = "set_current_client_cert_details")]
    pub set_current_client_cert_details: Option<ClientCertDetails>,
    #[serde(alias = "request_id")]
    pub request_id: Option<RequestIdHeader>,
    pub server: Option<ServerHeader>,
    #[serde(alias = "attempt_count")]
    pub attempt_count: Option<AttemptCountHeader>,
    #[serde(alias = "envoy_debug_headers")]
    pub envoy_debug_headers: Option<EnvoyDebugHeaders>,
    #[serde(alias = "metadata_exchange_headers")]
    pub metadata_exchange_headers: Option<MetadataExchangeHeaders>,
    #[serde(
        rename = "preserveHttp1HeaderCase",
        alias = "preserve_http1_header_case"
    )]
    pub preserve_http1_header_case: Option<bool>,
    #[serde(alias = "x_forwarded_host")]
    pub x_forwarded_host: Option<ForwardedHostHeader>,
    #[serde(alias = "x_forwarded_port")]
    pub x_forwarded_port: Option<ForwardedPortHeader>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientCertDetails {
    pub subject: Option<bool>,
    pub cert: Option<bool>,
    pub chain: Option<bool>,
    pub dns: Option<bool>,
    pub uri: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestIdHeader {
    pub disabled: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServerHeader {
    pub disabled: Option<bool>,
    pub value: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AttemptCountHeader {
    pub disabled: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvoyDebugHeaders {
    pub disabled: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetadataExchangeHeaders {
    pub mode: Option<ProtoEnum<MetadataExchangeMode>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MetadataExchangeMode {
    Undefined,
    InMesh,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ForwardedHostHeader {
    pub enabled: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ForwardedPortHeader {
    pub enabled: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConnectionSettings {
    pub profile: Option<ProtoEnum<ConnectionProfile>>,
    #[serde(alias = "listener_per_connection_buffer_limit_bytes")]
    pub listener_per_connection_buffer_limit_bytes: Option<ProtoInt>,
    #[serde(alias = "cluster_per_connection_buffer_limit_bytes")]
    pub cluster_per_connection_buffer_limit_bytes: Option<ProtoInt>,
    #[serde(alias = "http_idle_timeout")]
    pub http_idle_timeout: Option<IstioDurationOfAnySign>,
    #[serde(alias = "http_max_connection_duration")]
    pub http_max_connection_duration: Option<IstioDurationOfAnySign>,
    #[serde(alias = "http_drain_timeout")]
    pub http_drain_timeout: Option<IstioDurationOfAnySign>,
    #[serde(alias = "http_request_timeout")]
    pub http_request_timeout: Option<IstioDurationOfAnySign>,
    #[serde(alias = "http_request_headers_timeout")]
    pub http_request_headers_timeout: Option<IstioDurationOfAnySign>,
    #[serde(alias = "http_stream_idle_timeout")]
    pub http_stream_idle_timeout: Option<IstioDurationOfAnySign>,
    #[serde(alias = "http_max_stream_duration")]
    pub http_max_stream_duration: Option<IstioDurationOfAnySign>,
    #[serde(alias = "http_max_concurrent_streams")]
    pub http_max_concurrent_streams: Option<ProtoInt>,
    #[serde(
        rename = "http2InitialStreamWindowSize",
        alias = "http2_initial_stream_window_size"
    )]
    pub http2_initial_stream_window_size: Option<ProtoInt>,
    #[serde(
        rename = "http2InitialConnectionWindowSize",
        alias = "http2_initial_connection_window_size"
    )]
    pub http2_initial_connection_window_size: Option<ProtoInt>,
    #[serde(alias = "http_headers_with_underscores_action")]
    pub http_headers_with_underscores_action: Option<ProtoEnum<HeadersWithUnderscoresAction>>,
    #[serde(alias = "http_merge_slashes")]
    pub http_merge_slashes: Option<bool>,
    #[serde(alias = "http_path_with_escaped_slashes_action")]
    pub http_path_with_escaped_slashes_action: Option<ProtoEnum<PathWithEscapedSlashesAction>>,
    #[serde(alias = "listener_connection_limit")]
    pub listener_connection_limit: Option<ProtoInt>,
    #[serde(alias = "global_downstream_connection_limit")]
    pub global_downstream_connection_limit: Option<ProtoInt>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConnectionProfile {
    Sidecar,
    Edge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HeadersWithUnderscoresAction {
    HeadersWithUnderscoresUnspecified,
    HeadersWithUnderscoresAllow,
    HeadersWithUnderscoresRejectRequest,
    HeadersWithUnderscoresDropHeader,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PathWithEscapedSlashesAction {
    PathWithEscapedSlashesUnspecified,
    KeepUnchanged,
    RejectRequest,
    UnescapeAndRedirect,
    UnescapeAndForward,
}
