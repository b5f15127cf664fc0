//! What a workload runs, by the names of its images: stores, controllers, load generators.
//!
//! A name is weak evidence. It withholds advice, and never makes a rule speak.

use std::collections::HashSet;

use k8s_openapi::api::core::v1::{Container, Volume};

use super::ports;
use crate::kube::{ContainerRef, Workload, WorkloadBody};

/// Databases, caches and brokers: they answer calls and make none to other workloads.
const STORES: [&str; 60] = [
    "activemq",
    "aerospike",
    "arangodb",
    "artemis",
    "cassandra",
    "clickhouse",
    "cockroach",
    "cockroachdb",
    "couchbase",
    "couchdb",
    "db",
    "db2",
    "dgraph",
    "documentdb",
    "dragonfly",
    "dynamodb",
    "elasticsearch",
    "emqx",
    "etcd",
    "ferretdb",
    "hazelcast",
    "influxdb",
    "kafka",
    "keydb",
    "mariadb",
    "meilisearch",
    "memcached",
    "milvus",
    "minio",
    "mongo",
    "mongod",
    "mongodb",
    "mosquitto",
    "mssql",
    "mysql",
    "mysqld",
    "nats",
    "neo4j",
    "openldap",
    "opensearch",
    "percona",
    "postgis",
    "postgres",
    "postgresql",
    "pulsar",
    "qdrant",
    "questdb",
    "rabbitmq",
    "redis",
    "redpanda",
    "rethinkdb",
    "scylla",
    "solr",
    "surrealdb",
    "timescaledb",
    "typesense",
    "valkey",
    "victoriametrics",
    "weaviate",
    "zookeeper",
];

/// Servers that keep what they know on a disk or in memory of their own, unless they are given a store.
const KEEPERS: [&str; 26] = [
    "alertmanager",
    "artifactory",
    "consul",
    "drupal",
    "gitea",
    "gitlab",
    "gogs",
    "grafana",
    "graphite",
    "jaeger",
    "jenkins",
    "loki",
    "mimir",
    "nextcloud",
    "nexus",
    "nexus3",
    "prometheus",
    "selenium",
    "sonarqube",
    "spire",
    "splunk",
    "statsd",
    "tempo",
    "vault",
    "wordpress",
    "zipkin",
];

/// What a name may end with and is still the same program.
const EDITIONS: [&str; 28] = [
    "aio",
    "alpine",
    "amd64",
    "arm64",
    "broker",
    "ce",
    "cluster",
    "community",
    "core",
    "debian",
    "ee",
    "enterprise",
    "kubernetes",
    "local",
    "management",
    "master",
    "node",
    "oss",
    "primary",
    "provisioner",
    "rhel",
    "server",
    "single",
    "slim",
    "stack",
    "standalone",
    "ubi",
    "ubuntu",
];

/// Whether all that a workload runs are data stores, by their images: they answer calls and make none,
/// and a second one does not hold the data of the first by itself. Exporters beside them do not count.
pub fn is_data_store(workload: Workload<'_>) -> bool {
    let mut containers = own_containers(workload).peekable();
    containers.peek().is_some() && containers.all(|it| names_one(image_name(it.data), &STORES))
}

/// Whether a program of this name keeps data of its own.
fn keeps(name: &str) -> bool {
    names_one(name, &STORES)
        || names_one(name, &KEEPERS)
        || name.ends_with("all-in-one")
        || ports::words(name).any(|word| word == "nfs")
}

/// As [`keeps_data`], by the images alone: what is named after its store is another program.
pub(super) fn runs_keeper(workload: Workload<'_>) -> bool {
    own_containers(workload).any(|container| keeps(image_name(container.data)))
}

/// Whether one of the programs of a workload keeps data of its own, which a second pod would not have: by
/// the image, by the workload's name, or by a volume of the pod's or of the node's where servers keep data.
pub fn keeps_data(workload: Workload<'_>) -> bool {
    let volumes = workload.template().spec();
    let volumes = volumes.and_then(|spec| spec.volumes.as_deref());
    let own = scratch(volumes.unwrap_or_default());
    keeps(workload.object().name())
        || own_containers(workload).any(|container| {
            keeps(image_name(container.data))
                // `selenium/hub`
                || publisher(container.data).is_some_and(|it| it == "selenium")
                || mounts_data(container.data, &own)
        })
}

/// Whether the others of a workload's pods may wait for the data of one that is not ready: each keeps its
/// own.
pub fn waits_for_members(workload: Workload<'_>) -> bool {
    keeps_data(workload)
        || matches!(workload.body(), WorkloadBody::StatefulSet(set)
            if set.spec.volume_claim_templates.is_some())
}

/// The volumes that no other pod has, by name.
fn scratch(volumes: &[Volume]) -> HashSet<&str> {
    let own = volumes.iter().filter(|volume| volume.empty_dir.is_some());
    own.map(|volume| volume.name.as_str()).collect()
}

/// Whether a container writes to a place for data on a volume that no other pod has.
fn mounts_data(container: &Container, own: &HashSet<&str>) -> bool {
    const FOLDERS: [&str; 6] = ["data", "database", "db", "export", "exports", "storage"];
    let mut mounts = container.volume_mounts.iter().flatten();
    mounts.any(|mount| {
        let path = mount.mount_path.as_str();
        let folder = path.trim_end_matches('/').rsplit('/').next();
        let is_for_data =
            path.starts_with("/var/lib/") || folder.is_some_and(|folder| FOLDERS.contains(&folder));
        is_for_data && mount.read_only != Some(true) && own.contains(mount.name.as_str())
    })
}

/// Whether a workload watches objects and acts on them, by its image, its name or the election of a
/// leader: others call it for its metrics and its health, and two of it act only where one of them leads.
pub fn is_controller(workload: Workload<'_>) -> bool {
    const WORDS: [&str; 3] = ["controller", "operator", "manager"];
    const NAMES: [&str; 4] = ["cluster-autoscaler", "external-dns", "flagger", "reloader"];
    let is_one = |name: &str| {
        let words: Vec<String> = ports::words(name).collect();
        let is_denied = words.first().is_some_and(|word| word == "not");
        let is_last = words
            .last()
            .is_some_and(|word| WORDS.contains(&word.as_str()));
        // `flagger-loadtester` is another program than `flagger`.
        let is_named = NAMES.iter().any(|known| {
            let mut rest = words.iter().skip(ports::words(known).count());
            ports::words(known).eq(words.iter().take(ports::words(known).count()).cloned())
                && rest.all(|word| is_edition(word))
        });
        !is_denied && (is_last || is_named)
    };
    is_one(workload.object().name())
        || elects_leader(workload)
        || workload.template().main_containers().any(|container| {
            is_one(image_name(container.data)) && !runs_one_of_several(container.data)
        })
}

/// Whether an image holds several programs and the arguments name another one than a controller:
/// `linkerd-io/controller` with `identity` is a server of certificates.
fn runs_one_of_several(container: &Container) -> bool {
    const SERVERS: [&str; 4] = ["identity", "server", "sp-validator", "tap"];
    let first = container.args.iter().flatten().next();
    first.is_some_and(|word| SERVERS.contains(&word.as_str()))
}

/// Whether several pods of a controller would elect one that works, by its arguments or by the label of
/// kubebuilder's scaffold.
pub fn is_led(workload: Workload<'_>) -> bool {
    elects_leader(workload) || workload.template().label("control-plane").is_some()
}

/// Whether its arguments let several pods elect one that works.
pub fn elects_leader(workload: Workload<'_>) -> bool {
    let elects = |argument: &String| {
        let argument = argument.trim_start_matches('-');
        let (flag, value) = argument.split_once('=').unwrap_or((argument, "true"));
        matches!(
            flag,
            "leader-elect" | "leader-election" | "enable-leader-election"
        ) && value != "false"
    };
    let mut containers = workload.template().main_containers();
    containers.any(|it| {
        let lists = [&it.data.command, &it.data.args].into_iter().flatten();
        lists.flatten().any(elects)
    })
}

/// Whether a container sends requests so that others have some: what comes to it is its own console.
pub fn is_load_generator(workload: Workload<'_>, container: ContainerRef<'_>) -> bool {
    const NAMES: [&str; 15] = [
        "artillery",
        "fortio",
        "gatling",
        "ghz",
        "jmeter",
        "k6",
        "loadgen",
        "loadgenerator",
        "loadtest",
        "loadtester",
        "locust",
        "nighthawk",
        "oha",
        "vegeta",
        "wrk",
    ];
    const ENDS: [&str; 4] = ["load-gen", "load-generator", "load-test", "load-tester"];
    let is_one = |name: &str| names_one(name, &NAMES) || ENDS.iter().any(|end| name.ends_with(end));
    is_one(image_name(container.data)) || is_one(workload.object().name())
}

/// Whether all that a workload does is to send requests so that others have some.
pub fn only_generates_load(workload: Workload<'_>) -> bool {
    let mut containers = own_containers(workload).peekable();
    containers.peek().is_some() && containers.all(|it| is_load_generator(workload, it))
}

/// What answers whatever it is asked.
const STAND_INS: [&str; 11] = [
    "agnhost",
    "echo-server",
    "echoserver",
    "go-httpbin",
    "hello-app",
    "hello-world",
    "helloworld",
    "http-echo",
    "httpbin",
    "kuard",
    "podinfo",
];

/// Whether a container is up as soon as it runs, by what its manifest says: a program that is compiled to
/// machine code, without a runtime to warm up, or a stand-in.
pub fn starts_at_once(container: &Container) -> bool {
    const LANGUAGES: [&str; 3] = ["go", "golang", "rust"];
    const VARIABLES: [&str; 5] = [
        "GOGC",
        "GOMAXPROCS",
        "GOMEMLIMIT",
        "RUST_BACKTRACE",
        "RUST_LOG",
    ];
    let name = image_name(container);
    let mut variables = container.env.iter().flatten();
    STAND_INS.contains(&name)
        || ports::words(name).any(|word| LANGUAGES.contains(&word.as_str()))
        || variables.any(|it| VARIABLES.contains(&it.name.as_str()))
}

/// Whether all that a workload runs are tools of developers or stand-ins, by their images.
pub fn is_stand_in(workload: Workload<'_>) -> bool {
    let spec = workload.template().spec();
    let volumes = spec
        .and_then(|spec| spec.volumes.as_deref())
        .unwrap_or_default();
    let mut containers = own_containers(workload).peekable();
    let is_one =
        |it: ContainerRef<'_>| is_for_trial(it.data, volumes) || is_load_generator(workload, it);
    containers.peek().is_some() && containers.all(is_one)
}

/// Whether a container is a tool of developers or a stand-in that answers whatever it is asked, by its image.
pub(super) fn is_for_trial(container: &Container, volumes: &[Volume]) -> bool {
    const TOOLS: [&str; 18] = [
        "adminer",
        "azurite",
        "fake-gcs-server",
        "kafdrop",
        "localstack",
        "mailcatcher",
        "maildev",
        "mailhog",
        "mailpit",
        "mockserver",
        "mongo-express",
        "pgadmin",
        "pgadmin4",
        "phpmyadmin",
        "redis-commander",
        "smtp4dev",
        "swagger-ui",
        "wiremock",
    ];
    let name = image_name(container);
    let first = ports::words(name).next();
    TOOLS.contains(&name)
        || STAND_INS.contains(&name)
        || matches!(name, "echo" | "whoami")
        || serves_default_page(name, container, volumes)
        // `examples-bookinfo-ratings-v1`, `hello-kubernetes`
        || first.is_some_and(|word| matches!(word.as_str(), "examples" | "hello"))
}

/// Whether a web server as it is published has nothing to serve but what its image brings, or what the pod
/// itself has written before.
fn serves_default_page(name: &str, container: &Container, volumes: &[Volume]) -> bool {
    if !matches!(name, "httpd" | "nginx") {
        return false;
    }
    let own = scratch(volumes);
    let mut mounts = container.volume_mounts.iter().flatten();
    let is_plain = container.command.is_none()
        && container.args.is_none()
        && container.env.is_none()
        && container.env_from.is_none()
        && mounts.all(|mount| own.contains(mount.name.as_str()));
    let image = container.image.as_deref().unwrap_or_default();
    let is_published = !image.contains('/')
        || publisher(container).is_some_and(|it| it == name || it == "library");
    is_plain && is_published
}

/// Whether a workload answers the API server alone, by its image: it serves an API of the cluster's own, and
/// the API server asks again.
pub fn extends_api(workload: Workload<'_>) -> bool {
    let mut containers = own_containers(workload);
    containers.any(|it| {
        let name = image_name(it.data);
        matches!(name, "metrics-server" | "prometheus-adapter") || name.ends_with("-apiserver")
    })
}

/// The containers that do the work of a workload, without exporters.
fn own_containers(workload: Workload<'_>) -> impl Iterator<Item = ContainerRef<'_>> {
    let all = workload.template().main_containers();
    all.filter(|container| !ports::is_exporter(image_name(container.data)))
}

/// Whether a word of a name says only which edition of a program it is.
fn is_edition(word: &str) -> bool {
    let letters = word.trim_end_matches(|char: char| char.is_ascii_digit());
    EDITIONS.contains(&word)
        || word.starts_with(|char: char| char.is_ascii_digit())
        || matches!(letters, "v" | "centos" | "ubi" | "rhel" | "pg")
}

/// Whether the last word of a name, without what says only which edition it is, is one of these:
/// `catalogue-mongodb`, `redis-stack-server`, `etcd-20-centos7`, but not `kafka-ui`.
fn names_one(name: &str, known: &[&str]) -> bool {
    let words: Vec<String> = ports::words(name).collect();
    let mut words = words.iter().rev().skip_while(|word| is_edition(word));
    let last = words.next();
    // `orders-with-jaeger` is the orders.
    let is_beside = words
        .next()
        .is_some_and(|word| matches!(word.as_str(), "with" | "for"));
    !is_beside && last.is_some_and(|word| known.contains(&word.as_str()))
}

/// The name of an image without registry, tag and digest.
pub(super) fn image_name(container: &Container) -> &str {
    let image = container.image.as_deref().unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    name.split(['@', ':']).next().unwrap_or_default()
}

/// What stands before the last `/` of an image.
fn publisher(container: &Container) -> Option<&str> {
    let (above, _) = container.image.as_deref()?.rsplit_once('/')?;
    above.rsplit('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_at_the_end() {
        for name in [
            "rabbitmq",
            "examples-bookinfo-mongodb",
            "cluster-ts-mysql",
            "catalogue-db",
            "heapster-influxdb-amd64",
            "documentdb-local",
            "redis-stack-server",
            "etcd-20-centos7",
            "otel-demo-kafka",
        ] {
            assert!(names_one(name, &STORES), "{name}");
        }
        for name in [
            "kafka-ui",
            "mongo-express",
            "orders-with-redis",
            "postgres-operator",
            "redis-commander",
            "etcd-backup",
            "dbt",
            "node",
            "server",
        ] {
            assert!(!names_one(name, &STORES), "{name}");
        }
        for name in [
            "grafana",
            "zipkin",
            "heapster-grafana-amd64",
            "spire-server",
        ] {
            assert!(names_one(name, &KEEPERS), "{name}");
        }
        for name in [
            "zipkin-collector",
            "prometheus-adapter",
            "prometheus-operator",
        ] {
            assert!(!names_one(name, &KEEPERS), "{name}");
        }
    }
}
