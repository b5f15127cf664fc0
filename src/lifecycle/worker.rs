//! Workers: programs that take tasks out of a queue, and for which the time from SIGTERM to exit is
//! that of the longest task.

use k8s_openapi::api::core::v1::Container;

use super::declared::argv;
use super::shell;

/// The worker that a container runs, by its command.
pub fn of(container: &Container) -> Option<&'static str> {
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

fn worker(words: &[String]) -> Option<&'static str> {
    const RUNNERS: [&str; 9] = [
        "exec",
        "bundle",
        "python",
        "python3",
        "-m",
        "poetry",
        "run",
        "uv",
        "opentelemetry-instrument",
    ];
    let mut rest = words
        .iter()
        .map(|word| shell::base_name(word))
        .skip_while(|word| RUNNERS.contains(word));
    let program = rest.next()?;
    let parts: Vec<&str> = program.split(['-', '_', '.']).collect();
    match program {
        "celery" => rest.any(|word| word == "worker").then_some("Celery"),
        "sidekiq" | "sidekiqswarm" => Some("Sidekiq"),
        _ => (parts.contains(&"temporal") && parts.contains(&"worker")).then_some("Temporal"),
    }
}

/// Whether a KEDA trigger of this type counts tasks of a queue or stream (`pkg/scaling/scalers_builder.go`
/// of KEDA).
pub fn is_queue(trigger: &str) -> bool {
    const QUEUES: [&str; 27] = [
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
        "nats-jetstream",
        "nsq",
        "pulsar",
        "rabbitmq",
        "redis",
        "redis-cluster",
        "redis-sentinel",
        "redis-streams",
        "solace-event-queue",
        "stan",
        "temporal",
    ];
    QUEUES.contains(&trigger)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Container;

    use super::of;

    fn found(command: &[&str], args: &[&str]) -> Option<&'static str> {
        let list = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
            (!texts.is_empty()).then_some(texts)
        };
        of(&Container {
            command: list(command),
            args: list(args),
            ..Container::default()
        })
    }

    #[test]
    fn workers_are_known_by_their_command() {
        for (command, args, expected) in [
            (
                &["celery", "-A", "shop", "worker"][..],
                &[][..],
                Some("Celery"),
            ),
            (
                &[],
                &["celery", "--app=shop", "worker", "-l", "info"],
                Some("Celery"),
            ),
            (
                &["sh", "-c", "cd /app && exec celery -A shop worker"],
                &[],
                Some("Celery"),
            ),
            (&["celery", "-A", "shop", "beat"], &[], None),
            (&["celery", "-A", "shop", "flower"], &[], None),
            (
                &["bundle", "exec", "sidekiq"],
                &["-C", "config/sidekiq.yml"],
                Some("Sidekiq"),
            ),
            (&["/app/temporal-worker"], &[], Some("Temporal")),
            (&["/app/worker"], &[], None),
            (&["temporal", "server"], &[], None),
            (&[], &[], None),
        ] {
            assert_eq!(found(command, args), expected, "{command:?} {args:?}");
        }
    }
}
