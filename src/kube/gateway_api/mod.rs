//! The resources of the Gateway API (sigs.k8s.io/gateway-api 1.6.0, `config/crd`): the fields of the standard
//! and of the experimental channel, of all versions that the CRDs still have.
//!
//! They are read for what the API server refuses: fields that no version has, and values of a wrong type.
//! Where requests go is read from their nodes, by the rules that ask.

#![allow(
    missing_docs,
    reason = "fields are named as in the reference of the Gateway API; only what that leaves open is said here"
)]

pub mod gateway;
pub mod policy;
pub mod routes;

#[cfg(test)]
mod tests;

/// The group of all of them.
pub const GROUP: &str = "gateway.networking.k8s.io";

/// The versions that the CRD of a kind has; an object in another one is not judged.
pub(super) fn versions(kind: &str) -> &'static [&'static str] {
    match kind {
        "GRPCRoute" | "ListenerSet" => &["v1"],
        "Gateway" | "GatewayClass" | "HTTPRoute" | "ReferenceGrant" => &["v1", "v1beta1"],
        "BackendTLSPolicy" => &["v1", "v1alpha3"],
        "TCPRoute" | "UDPRoute" => &["v1", "v1alpha2"],
        "TLSRoute" => &["v1", "v1alpha2", "v1alpha3"],
        _ => &[],
    }
}

/// The keys that a structure cannot do without.
pub(super) fn required(structure: &str) -> &'static [&'static str] {
    match structure {
        "BackendObjectReference"
        | "GrpcBackendRef"
        | "HttpBackendRef"
        | "ObjectReferenceByName"
        | "RouteBackendRef"
        | "RouteParentReference" => &["name"],
        "BackendTlsPolicySpec" => &["targetRefs", "validation"],
        "BackendTlsValidation" => &["hostname"],
        "ConnectionRouteRule" => &["backendRefs"],
        "ConnectionRouteSpec" | "TlsRouteSpec" => &["rules"],
        "FrontendPortTls" => &["port", "tls"],
        "FrontendTlsConfig" => &["default"],
        "FrontendTlsValidation" => &["caCertificateRefs"],
        "GatewayApiSpec" => &["gatewayClassName", "listeners"],
        "GatewayClassSpec" => &["controllerName"],
        "GroupKindName" => &["group", "kind"],
        "GrpcRouteFilter" | "HttpPathModifier" | "HttpRouteFilter" | "SubjectAltName" => &["type"],
        "HttpExternalAuthFilter" => &["backendRef", "protocol"],
        "HttpRequestMirrorFilter" => &["backendRef"],
        "Listener" => &["name", "port", "protocol"],
        "ListenerSetSpec" => &["listeners", "parentRef"],
        "MirrorFraction" => &["numerator"],
        "PolicyTargetReference" => &["group", "kind", "name"],
        "ReferenceGrantFrom" => &["group", "kind", "namespace"],
        "ReferenceGrantSpec" => &["from", "to"],
        "RouteGroupKind" => &["kind"],
        "RouteHeaderMatch" | "RouteHttpHeader" => &["name", "value"],
        _ => &[],
    }
}
