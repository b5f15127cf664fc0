//! The readiness probe of data stores and brokers, which speak no HTTP.

use k8s_openapi::api::core::v1::ContainerPort;

use crate::edit::{Advice, Value};
use crate::finding::Applicability;
use crate::kube::ContainerRef;
use crate::rules::Report;

/// What comes before a probe that asks whether a port is open.
pub(super) const OPEN_PORT: &str = "add a readinessProbe; an exec probe with the server's own client shows more than \
                         an open port";

/// The declared port of a data store or a broker, where the image and the number say the same.
pub(super) fn known_port(container: ContainerRef<'_>) -> Option<&ContainerPort> {
    let image = container.data.image.as_deref().unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    let name = name.split([':', '@']).next().unwrap_or_default();
    let usual = match name {
        "postgres" | "postgresql" => 5432,
        "mysql" | "mariadb" => 3306,
        "mongo" | "mongodb" => 27017,
        "redis" | "valkey" => 6379,
        "memcached" => 11211,
        "rabbitmq" => 5672,
        "nats" => 4222,
        "cassandra" => 9042,
        "zookeeper" => 2181,
        _ => return None,
    };
    let mut ports = container.ports().iter();
    ports.find(|port| port.container_port == usual && port.protocol.as_deref() != Some("UDP"))
}

/// Asks whether the port of a known server is open: that of a data store is once it can answer.
pub(super) fn ask_port<'r>(
    container: ContainerRef<'_>,
    port: &ContainerPort,
    report: Report<'r>,
) -> Report<'r> {
    let reference = match port.name.as_deref() {
        Some(name) => Value::text(name),
        None => Value::int(port.container_port),
    };
    let handler = Value::map([("port", reference)]);
    report
        .advise(
            OPEN_PORT,
            &Advice::below(&["readinessProbe"], [("tcpSocket", handler)]),
            Applicability::Unsafe,
            "add a readinessProbe that asks whether the port is open",
            container.object(),
            container.node,
        )
        .effect("a pod is ready once the port is open")
        .reveals()
}
