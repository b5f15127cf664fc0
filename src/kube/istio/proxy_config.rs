//! What one proxy is told: `meshConfig.defaultConfig`, and the pod annotation
//! `proxy.istio.io/config` that is merged over it field by field.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IntoDeserializer, Visitor};

use super::duration::IstioDurationOfAnySign;
use super::proxy_messages::{
    ConnectionSettings, GatewayTopology, PrivateKeyProvider, ProxyHeaders, ProxyImage,
    ProxyReadinessProbe, ProxySds, ProxyStatsMatcher, ProxyTracing, RemoteService,
};

/// `istio.mesh.v1alpha1.ProxyConfig`. As
/// protobuf JSON it takes every name in camel or snake case. Istio drops unknown fields silently
/// and refuses injection on a wrong type.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProxyConfig {
    #[serde(alias = "config_path")]
    pub config_path: Option<String>,
    #[serde(alias = "binary_path")]
    pub binary_path: Option<String>,
    #[serde(alias = "service_cluster")]
    pub service_cluster: Option<String>,
    #[serde(alias = "tracing_service_name")]
    pub tracing_service_name: Option<ProtoEnum<TracingServiceName>>,
    /// Envoy's drain time; default 45s, in whole seconds.
    #[serde(alias = "drain_duration")]
    pub drain_duration: Option<IstioDurationOfAnySign>,
    #[serde(alias = "discovery_address")]
    pub discovery_address: Option<String>,
    #[serde(alias = "discovery_refresh_delay")]
    pub discovery_refresh_delay: Option<IstioDurationOfAnySign>,
    #[serde(alias = "zipkin_address")]
    pub zipkin_address: Option<String>,
    #[serde(alias = "statsd_udp_address")]
    pub statsd_udp_address: Option<String>,
    #[serde(alias = "envoy_metrics_service_address")]
    pub envoy_metrics_service_address: Option<String>,
    #[serde(alias = "proxy_admin_port")]
    pub proxy_admin_port: Option<ProtoInt>,
    #[serde(alias = "availability_zone")]
    pub availability_zone: Option<String>,
    #[serde(alias = "control_plane_auth_policy")]
    pub control_plane_auth_policy: Option<ProtoEnum<AuthenticationPolicy>>,
    #[serde(alias = "custom_config_file")]
    pub custom_config_file: Option<String>,
    #[serde(alias = "stat_name_length")]
    pub stat_name_length: Option<ProtoInt>,
    /// Worker threads; 0 is one per core.
    pub concurrency: Option<ProtoInt>,
    #[serde(alias = "proxy_bootstrap_template_path")]
    pub proxy_bootstrap_template_path: Option<String>,
    #[serde(alias = "interception_mode")]
    pub interception_mode: Option<ProtoEnum<InterceptionMode>>,
    pub tracing: Option<ProxyTracing>,
    pub sds: Option<ProxySds>,
    #[serde(alias = "envoy_access_log_service")]
    pub envoy_access_log_service: Option<RemoteService>,
    #[serde(alias = "envoy_metrics_service")]
    pub envoy_metrics_service: Option<RemoteService>,
    /// Environment of the proxy's container. Every value is a string: `"true"`, `"10s"`.
    #[serde(alias = "proxy_metadata")]
    pub proxy_metadata: BTreeMap<String, String>,
    #[serde(alias = "runtime_values")]
    pub runtime_values: BTreeMap<String, String>,
    /// Default 15020.
    #[serde(alias = "status_port")]
    pub status_port: Option<ProtoInt>,
    #[serde(alias = "extra_stat_tags")]
    pub extra_stat_tags: Vec<String>,
    #[serde(alias = "gateway_topology")]
    pub gateway_topology: Option<GatewayTopology>,
    /// How long the proxy lives on after SIGTERM; default 5s. Ignored with `EXIT_ON_ZERO_ACTIVE_CONNECTIONS`.
    #[serde(alias = "termination_drain_duration")]
    pub termination_drain_duration: Option<IstioDurationOfAnySign>,
    #[serde(alias = "mesh_id")]
    pub mesh_id: Option<String>,
    #[serde(alias = "readiness_probe")]
    pub readiness_probe: Option<ProxyReadinessProbe>,
    #[serde(alias = "proxy_stats_matcher")]
    pub proxy_stats_matcher: Option<ProxyStatsMatcher>,
    /// Whether the app's containers wait for a classic sidecar; native sidecars are always waited for.
    #[serde(alias = "hold_application_until_proxy_starts")]
    pub hold_application_until_proxy_starts: Option<bool>,
    #[serde(alias = "ca_certificates_pem")]
    pub ca_certificates_pem: Vec<String>,
    pub image: Option<ProxyImage>,
    #[serde(alias = "private_key_provider")]
    pub private_key_provider: Option<PrivateKeyProvider>,
    #[serde(alias = "proxy_headers")]
    pub proxy_headers: Option<ProxyHeaders>,
    #[serde(alias = "file_flush_interval")]
    pub file_flush_interval: Option<IstioDurationOfAnySign>,
    #[serde(alias = "file_flush_min_size_kb")]
    pub file_flush_min_size_kb: Option<ProtoInt>,
    #[serde(alias = "stats_compression")]
    pub stats_compression: Option<bool>,
    #[serde(alias = "connection_settings")]
    pub connection_settings: Option<ConnectionSettings>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TracingServiceName {
    AppLabelAndNamespace,
    CanonicalNameOnly,
    CanonicalNameAndNamespace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthenticationPolicy {
    None,
    MutualTls,
    Inherit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum InterceptionMode {
    #[serde(rename = "REDIRECT")]
    Redirect,
    #[serde(rename = "TPROXY")]
    Tproxy,
    #[serde(rename = "NONE")]
    None,
}

/// A word of an enumeration, or its number, which protobuf JSON takes as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtoEnum<T> {
    Word(T),
    /// One that is not known counts as the default.
    Number(i32),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ProtoEnum<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = ProtoEnum<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word of the enumeration, or its number")
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
                i32::try_from(value)
                    .map(ProtoEnum::Number)
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(value), &self))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
                i32::try_from(value)
                    .map(ProtoEnum::Number)
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Unsigned(value), &self))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(text.into_deserializer()).map(ProtoEnum::Word)
            }
        }

        deserializer.deserialize_any(Reader(PhantomData))
    }
}

/// An integer that protobuf JSON also takes as a quoted number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProtoInt(pub i64);

impl<'de> Deserialize<'de> for ProtoInt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = i64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<i64, D::Error> {
                inner.deserialize_any(self)
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
                Ok(value)
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
                i64::try_from(value)
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Unsigned(value), &self))
            }

            // A whole number, however it is written.
            #[allow(clippy::cast_possible_truncation, reason = "it is within bounds")]
            fn visit_f64<E: Error>(self, value: f64) -> Result<i64, E> {
                const MOST: f64 = 2_147_483_648.0;
                if value.fract() == 0.0 && value.abs() < MOST {
                    Ok(value as i64)
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Float(value), &self))
                }
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<i64, E> {
                text.parse()
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
            }
        }

        deserializer
            .deserialize_newtype_struct("ProtoInt", Reader)
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_spellings_and_quoted_numbers() {
        let config: ProxyConfig = serde_json::from_str(
            r#"{"hold_application_until_proxy_starts":true,"concurrency":"2","statusPort":15021,
                "terminationDrainDuration":"30s",
                "proxyMetadata":{"EXIT_ON_ZERO_ACTIVE_CONNECTIONS":"true"}}"#,
        )
        .unwrap();
        assert_eq!(config.hold_application_until_proxy_starts, Some(true));
        assert_eq!(config.concurrency, Some(ProtoInt(2)));
        assert_eq!(config.status_port, Some(ProtoInt(15021)));
        assert_eq!(config.termination_drain_duration.unwrap().0.as_secs(), 30);
        assert_eq!(
            config
                .proxy_metadata
                .get("EXIT_ON_ZERO_ACTIVE_CONNECTIONS")
                .map(String::as_str),
            Some("true")
        );
    }

    #[test]
    fn enumerations_by_number_and_durations_below_zero_are_read() {
        let config: ProxyConfig = serde_json::from_str(
            r#"{"interceptionMode":1,"controlPlaneAuthPolicy":"NONE","drainDuration":"-5s"}"#,
        )
        .unwrap();
        assert_eq!(config.interception_mode, Some(ProtoEnum::Number(1)));
        let none = ProtoEnum::Word(AuthenticationPolicy::None);
        assert_eq!(config.control_plane_auth_policy, Some(none));
        assert_eq!(config.drain_duration.unwrap().0.as_secs(), 0);
        let unknown = serde_json::from_str::<ProxyConfig>(r#"{"interceptionMode":"X"}"#);
        assert!(unknown.is_err());
    }

    #[test]
    fn metadata_takes_strings_only() {
        let read = serde_json::from_str::<ProxyConfig>(r#"{"proxyMetadata":{"A":true}}"#);
        assert!(read.is_err());
    }
}
