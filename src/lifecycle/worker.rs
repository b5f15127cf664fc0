//! Workers: programs that take tasks out of a queue, and for which the time from SIGTERM to exit is
//! that of the longest task.

use k8s_openapi::api::core::v1::Container;

use super::declared::argv;
use super::shell;

/// A program that takes tasks out of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worker {
    /// As messages name it.
    pub name: &'static str,
    /// How it is known.
    pub by: Recognition,
    /// When it stops its tasks itself; `None` where it waits for them.
    pub patience: Option<Patience>,
}

/// When a worker stops its tasks itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Seconds after SIGTERM.
    pub seconds: u64,
    /// Whether its command says so.
    pub is_stated: bool,
}

/// How a worker is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognition {
    /// By its command.
    Command,
    /// By a variable that names a consumer group.
    Variable(&'static str),
}

/// Variables by which clients of Kafka are told their consumer group.
const GROUPS: [&str; 6] = [
    "SPRING_KAFKA_CONSUMER_GROUP_ID",
    "SPRING_KAFKA_CONSUMER_GROUPID",
    "KAFKA_CONSUMER_GROUP_ID",
    "KAFKA_CONSUMER_GROUP",
    "KAFKA_GROUP_ID",
    "CONNECT_GROUP_ID",
];

/// `timeout` of Sidekiq, in seconds (`lib/sidekiq/config.rb` of Sidekiq 8).
const SIDEKIQ_TIMEOUT: u64 = 25;

/// The worker that a container runs: by its command, else by the consumer group that it is told.
pub fn of(container: &Container) -> Option<Worker> {
    by_command(container).or_else(|| {
        let mut variables = container.env.iter().flatten();
        variables.find_map(|variable| {
            let group = GROUPS.iter().find(|group| **group == variable.name)?;
            Some(Worker {
                name: "Kafka consumer",
                by: Recognition::Variable(group),
                patience: None,
            })
        })
    })
}

fn by_command(container: &Container) -> Option<Worker> {
    let command: Vec<String> = argv(container)
        .iter()
        .map(|argument| argument.text.to_owned())
        .collect();
    if container.command.is_none() && command.is_empty() {
        return None;
    }
    shell::commands(&command)
        .iter()
        .find_map(|words| worker(words))
}

/// Workers by the program, and the argument that makes it one; none where the program alone does.
const BY_PROGRAM: [(&str, &[&str], &str); 17] = [
    ("celery", &["worker"], "Celery worker"),
    ("faust", &["worker"], "Faust worker, a Kafka consumer"),
    ("rq", &["worker"], "RQ worker"),
    ("dramatiq", &[], "Dramatiq worker"),
    ("dramatiq-gevent", &[], "Dramatiq worker"),
    ("huey_consumer", &[], "Huey worker"),
    ("huey_consumer.py", &[], "Huey worker"),
    ("arq", &[], "arq worker"),
    ("karafka", &["server"], "Karafka server, a Kafka consumer"),
    ("racecar", &[], "Racecar process, a Kafka consumer"),
    ("shoryuken", &[], "Shoryuken worker"),
    ("environment", &["resque:work"], "Resque worker"),
    ("resque:work", &[], "Resque worker"),
    ("jobs:work", &[], "Delayed Job worker"),
    ("delayed_job", &[], "Delayed Job worker"),
    (
        "artisan",
        &["queue:work", "horizon"],
        "Laravel queue worker",
    ),
    (
        "console",
        &["messenger:consume"],
        "Symfony Messenger worker",
    ),
];

fn worker(words: &[String]) -> Option<Worker> {
    const RUNNERS: [&str; 15] = [
        "exec",
        "bundle",
        "python",
        "python3",
        "-m",
        "poetry",
        "run",
        "uv",
        "php",
        "rake",
        "rails",
        "opentelemetry-instrument",
        "ddtrace-run",
        "newrelic-admin",
        "run-program",
    ];
    let texts: Vec<&str> = words.iter().map(|word| shell::base_name(word)).collect();
    let mut rest = texts
        .iter()
        .copied()
        .skip_while(|word| RUNNERS.contains(word));
    let program = rest.next()?;
    if matches!(program, "sidekiq" | "sidekiqswarm") {
        let stated = sidekiq_timeout(&texts);
        return Some(Worker {
            name: "Sidekiq worker",
            by: Recognition::Command,
            patience: Some(Patience {
                seconds: stated.unwrap_or(SIDEKIQ_TIMEOUT),
                is_stated: stated.is_some(),
            }),
        });
    }
    let parts: Vec<&str> = program.split(['-', '_', '.']).collect();
    let is_temporal = parts.contains(&"temporal") && parts.contains(&"worker");
    let arguments: Vec<&str> = rest.collect();
    let known = BY_PROGRAM.iter().find(|(name, needs, _)| {
        *name == program && (needs.is_empty() || needs.iter().any(|it| arguments.contains(it)))
    });
    let known = known.map(|(.., name)| *name);
    Some(Worker {
        name: known.or(is_temporal.then_some("Temporal worker"))?,
        by: Recognition::Command,
        patience: None,
    })
}

/// What `-t 25`, `--timeout 25` or `--timeout=25` says.
fn sidekiq_timeout(words: &[&str]) -> Option<u64> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if matches!(*word, "-t" | "--timeout") {
            return words.next()?.parse().ok();
        }
        if let Some(value) = word.strip_prefix("--timeout=") {
            return value.parse().ok();
        }
    }
    None
}

/// Whether a KEDA trigger of this type counts tasks of a queue or stream (`pkg/scaling/scalers_builder.go`
/// of KEDA 2.20, and `stan`, which older ones have).
pub fn is_queue(trigger: &str) -> bool {
    const QUEUES: [&str; 30] = [
        "activemq",
        "apache-kafka",
        "artemis-queue",
        "aws-kinesis-stream",
        "aws-sqs-queue",
        "azure-eventhub",
        "azure-pipelines",
        "azure-queue",
        "azure-servicebus",
        "beanstalkd",
        "forgejo-runner",
        "gcp-cloudtasks",
        "gcp-pubsub",
        "github-runner",
        "ibmmq",
        "kafka",
        "liiklus",
        "nats-jetstream",
        "nsq",
        "pulsar",
        "rabbitmq",
        "redis",
        "redis-cluster",
        "redis-cluster-streams",
        "redis-sentinel",
        "redis-sentinel-streams",
        "redis-streams",
        "solace-event-queue",
        "stan",
        "temporal",
    ];
    QUEUES.contains(&trigger)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{Container, EnvVar};

    use super::{Recognition, of};

    fn container(command: &[&str], args: &[&str]) -> Container {
        let list = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
            (!texts.is_empty()).then_some(texts)
        };
        Container {
            command: list(command),
            args: list(args),
            ..Container::default()
        }
    }

    #[test]
    fn workers_are_known_by_their_command() {
        for (command, args, expected) in [
            (
                &["celery", "-A", "shop", "worker"][..],
                &[][..],
                Some("Celery worker"),
            ),
            (
                &[],
                &["celery", "--app=shop", "worker", "-l", "info"],
                Some("Celery worker"),
            ),
            (
                &["sh", "-c", "cd /app && exec celery -A shop worker"],
                &[],
                Some("Celery worker"),
            ),
            (
                &[
                    "newrelic-admin",
                    "run-program",
                    "celery",
                    "-A",
                    "shop",
                    "worker",
                ],
                &[],
                Some("Celery worker"),
            ),
            (&["ddtrace-run", "celery", "-A", "shop", "beat"], &[], None),
            (&["celery", "-A", "shop", "beat"], &[], None),
            (&["celery", "-A", "shop", "flower"], &[], None),
            (
                &["bundle", "exec", "sidekiq"],
                &["-C", "config/sidekiq.yml"],
                Some("Sidekiq worker"),
            ),
            (&["/app/temporal-worker"], &[], Some("Temporal worker")),
            (&["/app/worker"], &[], None),
            (&["temporal", "server"], &[], None),
            (&[], &[], None),
        ] {
            let found = of(&container(command, args)).map(|it| it.name);
            assert_eq!(found, expected, "{command:?} {args:?}");
        }
    }

    #[test]
    fn some_programs_work_on_a_queue_by_an_argument() {
        for (command, args, expected) in [
            (
                &["faust", "-A", "shop", "worker"][..],
                &[][..],
                Some("Faust worker, a Kafka consumer"),
            ),
            (
                &["bundle", "exec", "karafka", "server"],
                &[],
                Some("Karafka server, a Kafka consumer"),
            ),
            (&["karafka", "info"], &[], None),
            (
                &["php", "artisan", "queue:work", "--tries=3"],
                &[],
                Some("Laravel queue worker"),
            ),
            (&["php", "artisan", "serve"], &[], None),
            (
                &["php", "bin/console", "messenger:consume", "async"],
                &[],
                Some("Symfony Messenger worker"),
            ),
            (
                &["bundle", "exec", "rake", "environment", "resque:work"],
                &[],
                Some("Resque worker"),
            ),
            (
                &["bundle", "exec", "rake", "environment", "db:migrate"],
                &[],
                None,
            ),
            (&[], &[], None),
        ] {
            let found = of(&container(command, args)).map(|it| it.name);
            assert_eq!(found, expected, "{command:?} {args:?}");
        }
    }

    #[test]
    fn sidekiq_stops_its_jobs_itself() {
        let patience = |args: &[&str]| {
            let worker = of(&container(&["sidekiq"], args)).unwrap();
            let patience = worker.patience.unwrap();
            (patience.seconds, patience.is_stated)
        };
        assert_eq!(patience(&[]), (25, false));
        assert_eq!(patience(&["-t", "50"]), (50, true));
        assert_eq!(patience(&["--timeout=8"]), (8, true));
    }

    #[test]
    fn a_consumer_group_makes_a_consumer() {
        let mut consumer = container(&[], &[]);
        consumer.env = Some(vec![EnvVar {
            name: "KAFKA_GROUP_ID".to_owned(),
            value: Some("billing".to_owned()),
            value_from: None,
        }]);
        let found = of(&consumer).unwrap();
        assert_eq!(found.by, Recognition::Variable("KAFKA_GROUP_ID"));
    }
}
