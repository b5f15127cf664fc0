//! What ports are for, by their names and numbers.

use crate::kube::{ContainerRef, PodTemplate};
use crate::yaml::Node;

/// Whether a port's name says that only tooling uses it. Whole words count: `http-metrics` is for
/// tooling, `profile` and `promotions` are not.
pub fn is_management_name(name: &str) -> bool {
    const WORDS: [&str; 24] = [
        "admin",
        "debug",
        "exporter",
        "health",
        "healthcheck",
        "healthz",
        "jmx",
        "livez",
        "management",
        "metric",
        "metrics",
        "mgmt",
        "monitor",
        "monitoring",
        "pprof",
        "probe",
        "probes",
        "profiler",
        "profiling",
        "prom",
        "prometheus",
        "readyz",
        "telemetry",
        "telemetrics",
    ];
    words(name).any(|word| WORDS.contains(&word.as_str()))
}

/// Whether a port's name says that clients speak an application protocol there.
pub(super) fn is_application_name(name: &str) -> bool {
    const WORDS: [&str; 8] = [
        "api", "grpc", "grpcs", "h2c", "http", "http2", "https", "web",
    ];
    !is_management_name(name) && words(name).any(|word| WORDS.contains(&word.as_str()))
}

/// Whether a name is that of an exporter: of an image, a Service or a workload.
pub(super) fn is_exporter(name: &str) -> bool {
    words(name).last().is_some_and(|word| word == "exporter")
}

/// The words of a name, in small letters.
pub(super) fn words(name: &str) -> impl Iterator<Item = String> {
    name.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
}

/// Whether a container asks one of its own ports in a probe.
pub(super) fn is_probed(container: ContainerRef<'_>, number: i32, name: Option<&str>) -> bool {
    container.probe_ports().any(|port| {
        let text = port.text();
        text.is_some_and(|text| Some(text) == name || text.parse() == Ok(number))
    })
}

/// The numbers of its own ports that a container asks in probes.
pub(super) fn probed_numbers(container: ContainerRef<'_>) -> impl Iterator<Item = i32> {
    container
        .probe_ports()
        .filter_map(|port| port.text()?.parse().ok())
}

/// Who listens on a port of the pod that no container declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undeclared {
    /// A container of the manifest, as far as it tells.
    Own,
    /// An injected proxy that hands requests on to the application, on this port where it is known.
    HandedOn(Option<i32>),
    /// An injected helper that keeps them.
    Helper,
}

/// Who listens on a port that nobody declares: a container that the pod's annotations announce, else
/// one of its own.
pub(super) fn undeclared(template: PodTemplate<'_>, number: i32) -> Undeclared {
    let text = |key: &str| template.annotation(key).and_then(Node::text);
    let of = |key: &str| text(key).and_then(|text| text.parse::<i32>().ok());
    let is_on = |key: &str| matches!(text(key), Some("true" | "enabled" | "ingress"));
    if is_on("dapr.io/enabled") {
        let api = [
            of("dapr.io/http-port").unwrap_or(3500),
            of("dapr.io/grpc-port").unwrap_or(50001),
            of("dapr.io/internal-grpc-port").unwrap_or(50002),
        ];
        if api.contains(&number) {
            // daprd calls only applications that say where they listen.
            return match of("dapr.io/app-port") {
                Some(port) => Undeclared::HandedOn(Some(port)),
                None => Undeclared::Helper,
            };
        }
        if number == of("dapr.io/metrics-port").unwrap_or(9090) {
            return Undeclared::Helper;
        }
    }
    if is_on("linkerd.io/inject") {
        match number {
            4143 => return Undeclared::HandedOn(None),
            4140 | 4190 | 4191 => return Undeclared::Helper,
            _ => {}
        }
    }
    if is_on("consul.hashicorp.com/connect-inject") {
        match number {
            20000 => return Undeclared::HandedOn(None),
            21000 => return Undeclared::Helper,
            _ => {}
        }
    }
    if is_on("vault.hashicorp.com/agent-inject") && number == 8200 {
        return Undeclared::Helper;
    }
    Undeclared::Own
}

/// The port on which the application gets what comes to a port of its pod that nobody declares; `None`
/// where an injected container keeps it, or does not say where it goes.
pub fn application_port(template: PodTemplate<'_>, number: i32) -> Option<i32> {
    match undeclared(template, number) {
        Undeclared::Own => Some(number),
        Undeclared::HandedOn(port) => port,
        Undeclared::Helper => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_make_a_management_port() {
        for name in [
            "metrics",
            "http-metrics",
            "tcp-prometheus",
            "https-profiling",
            "web-admin",
            "healthz",
        ] {
            assert!(is_management_name(name), "{name}");
        }
        for name in [
            "profile",
            "promotions",
            "http",
            "monitors",
            "healthcare",
            "administration",
        ] {
            assert!(!is_management_name(name), "{name}");
        }
    }

    #[test]
    fn protocols_stand_in_names_as_words() {
        for name in ["http", "https", "grpc-api", "http-web", "h2c"] {
            assert!(is_application_name(name), "{name}");
        }
        for name in ["webhook", "http-metrics", "postgres", "httpd", "app"] {
            assert!(!is_application_name(name), "{name}");
        }
    }

    #[test]
    fn exporters_are_named_so_at_the_end() {
        for name in ["pve-exporter", "redis_exporter", "Node-Exporter"] {
            assert!(is_exporter(name), "{name}");
        }
        for name in ["exporter-api", "exporters", "export"] {
            assert!(!is_exporter(name), "{name}");
        }
    }
}
