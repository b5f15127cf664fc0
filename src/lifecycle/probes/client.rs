//! The programs that exec probes run: those that are slow to start, and those that end by themselves.

use std::time::Duration;

use crate::lifecycle::shell;
use crate::units::parse_lenient_duration;

/// A program that needs time to start and to get an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecClient {
    /// The program's name without its directory.
    pub name: String,
    /// The probe handler that does the same without a process.
    pub native: Option<&'static str>,
}

impl ExecClient {
    /// The client that a command of an exec probe runs, in a script too.
    pub(super) fn of(command: &[String]) -> Option<Self> {
        shell::commands(command).iter().find_map(|words| {
            let name = shell::base_name(words.first()?);
            let native = match name {
                "grpc_health_probe" | "grpc-health-probe" => Some("grpc"),
                "curl" | "wget" => Some("httpGet"),
                name if starts_slowly(name) => None,
                _ => return None,
            };
            Some(Self {
                name: name.to_owned(),
                native,
            })
        })
    }
}

/// Clients that start a virtual machine or an interpreter first.
fn starts_slowly(name: &str) -> bool {
    let python = name.strip_prefix("python");
    let is_kafka = name
        .strip_suffix(".sh")
        .is_some_and(|it| it.starts_with("kafka-"));
    is_kafka
        || python.is_some_and(|rest| rest.bytes().all(|it| it.is_ascii_digit() || it == b'.'))
        || matches!(
            name,
            "rabbitmq-diagnostics"
                | "rabbitmqctl"
                | "nodetool"
                | "cqlsh"
                | "mongosh"
                | "mongo"
                | "java"
                | "node"
                | "nodejs"
                | "php"
        )
}

/// When the programs of an exec probe end at the latest by limits of their own; `None` where one of
/// them has none, and in scripts that may repeat it.
pub(super) fn own_limit(command: &[String]) -> Option<Duration> {
    let commands = shell::commands(command);
    let repeats = ["for", "while", "until"];
    let has_loop = command
        .iter()
        .any(|word| word.split_whitespace().any(|it| repeats.contains(&it)));
    if commands.is_empty() || has_loop {
        return None;
    }
    commands.iter().try_fold(Duration::ZERO, |sum, words| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Some(sum + limit(&words)?)
    })
}

fn limit(words: &[&str]) -> Option<Duration> {
    /// Of each of the two time-outs of `grpc_health_probe`.
    const GRPC_DEFAULT: Duration = Duration::from_secs(1);
    let (program, arguments) = words.split_first()?;
    match shell::base_name(program) {
        "grpc_health_probe" | "grpc-health-probe" => Some(
            option(arguments, &["connect-timeout"]).unwrap_or(GRPC_DEFAULT)
                + option(arguments, &["rpc-timeout"]).unwrap_or(GRPC_DEFAULT),
        ),
        "curl" => option(arguments, &["m", "max-time"]),
        "timeout" => arguments
            .iter()
            .filter(|word| !word.starts_with('-'))
            .find_map(|word| parse_lenient_duration(word)),
        // They end with what they read from, or at once.
        "grep" | "test" | "[" | "exit" | "echo" | "true" | "false" => Some(Duration::ZERO),
        _ => None,
    }
}

/// `-m 5`, `-m5`, `--max-time=5`, `-rpc-timeout 5s`
fn option(arguments: &[&str], names: &[&str]) -> Option<Duration> {
    let mut words = arguments.iter();
    let mut found = None;
    while let Some(word) = words.next() {
        let name = word.trim_start_matches('-');
        if name == *word {
            continue;
        }
        let value = match name.split_once('=') {
            Some((name, value)) => names.contains(&name).then_some(value),
            None if names.contains(&name) => words.clone().next().copied(),
            None => names
                .iter()
                .filter(|it| it.len() == 1)
                .find_map(|it| name.strip_prefix(it)),
        };
        found = value.and_then(parse_lenient_duration).or(found);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn limits_of_their_own() {
        let cases: [(&[&str], Option<u64>); 10] = [
            (&["/bin/grpc_health_probe", "-addr=:9000"], Some(2)),
            (&["grpc_health_probe", "-rpc-timeout=5s"], Some(6)),
            (
                &[
                    "grpc_health_probe",
                    "-connect-timeout",
                    "3s",
                    "-rpc-timeout",
                    "4s",
                ],
                Some(7),
            ),
            (&["curl", "-sf", "-m", "5", "http://localhost/"], Some(5)),
            (&["curl", "--max-time=8", "http://localhost/"], Some(8)),
            (&["timeout", "-s", "KILL", "9", "check"], Some(9)),
            (&["sh", "-c", "curl -m5 localhost | grep -q ok"], Some(5)),
            (&["curl", "-f", "localhost"], None),
            (&["sh", "-c", "curl -m 5 a; check"], None),
            (&["sh", "-c", "for i in 1 2; do curl -m 5 a; done"], None),
        ];
        for (words, expected) in cases {
            let expected = expected.map(Duration::from_secs);
            assert_eq!(own_limit(&command(words)), expected, "{words:?}");
        }
    }

    #[test]
    fn slow_clients() {
        for (words, expected) in [
            (
                &["rabbitmq-diagnostics", "-q", "ping"][..],
                Some("rabbitmq-diagnostics"),
            ),
            (
                &["/opt/kafka/bin/kafka-broker-api-versions.sh"],
                Some("kafka-broker-api-versions.sh"),
            ),
            (&["python3.11", "/app/health.py"], Some("python3.11")),
            (&["sh", "-c", "nodetool status | grep UN"], Some("nodetool")),
            (&["redis-cli", "ping"], None),
            (&["pythonic"], None),
        ] {
            let found = ExecClient::of(&command(words)).map(|client| client.name);
            assert_eq!(found.as_deref(), expected, "{words:?}");
        }
    }
}
