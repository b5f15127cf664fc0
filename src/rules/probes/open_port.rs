//! The readiness probe of data stores and brokers, which speak no HTTP.

use k8s_openapi::api::core::v1::ContainerPort;

use crate::edit::{Advice, Value};
use crate::finding::Applicability;
use crate::kube::{ContainerRef, Workload};
use crate::rules::Report;

/// What comes before a probe that asks whether a port is open.
const OPEN_PORT: &str = "add a readinessProbe; an exec probe with the server's own client shows more than \
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

/// The help that asks whether a port is open.
pub(super) fn open_port(port: &str) -> String {
    format!("{OPEN_PORT}:\nreadinessProbe:\n  tcpSocket:\n    port: {port}")
}

/// The port of a server of NFS, by a port's name, the image or the workload's name.
pub(super) fn nfs_port(workload: Workload<'_>, container: ContainerRef<'_>) -> Option<String> {
    const NFS: i32 = 2049;
    let names_it = |name: &str| name.split(['-', '.', '_', '/', ':']).any(|it| it == "nfs");
    let mut ports = container.ports().iter();
    let own = ports.find(|port| port.container_port == NFS);
    if let Some(port) = own {
        return Some(port.name.clone().unwrap_or_else(|| NFS.to_string()));
    }
    let image = container.data.image.as_deref().unwrap_or_default();
    let is_one = names_it(image) || names_it(workload.object().name());
    (container.ports().is_empty() && is_one).then(|| "<port>".to_owned())
}

/// Data stores and brokers, by the ports that IANA or their makers gave them, or by a port's name.
pub(super) fn speaks_no_http(number: Option<i32>, name: Option<&str>) -> bool {
    const NAMES: [&str; 12] = [
        "tcp",
        "hazelcast",
        "nfs",
        "mysql",
        "postgres",
        "mongo",
        "redis",
        "kafka",
        "amqp",
        "ldap",
        "nats",
        "ssh",
    ];
    matches!(
        number.unwrap_or_default(),
        22 | 389
            | 636
            | 1433
            | 2049
            | 2181
            | 3306
            | 4222
            | 5432
            | 5672
            | 5701
            | 6379
            | 9042
            | 9092
            | 11211
            | 27017
    ) || name.is_some_and(|name| NAMES.iter().any(|known| name.starts_with(known)))
}
