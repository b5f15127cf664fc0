//! How long a container takes to be ready, as far as its manifest says.

use std::fmt;
use std::time::Duration;

use k8s_openapi::api::core::v1::Container;

use super::declared::{BareNumber, Names, Term};
use super::probes::Timing;
use crate::settings::LifecycleSettings;
use crate::units::show_seconds;

/// The pod template annotation that declares the start-up time of every main container.
pub const ANNOTATION: &str = "lameduck.dev/startup-time";

const NAMES: Names = Names {
    annotation: ANNOTATION,
    options: &["startup-delay"],
    option_number: BareNumber::SecondsOrMillis,
    variables: &[
        ("STARTUP_DELAY", BareNumber::SecondsOrMillis),
        ("STARTUP_DELAY_SECONDS", BareNumber::Seconds),
        ("START_PERIOD", BareNumber::SecondsOrMillis),
    ],
};

/// The declared start-up time of a container: from the pod's annotation (its value, where it has
/// one), the configuration, an option, or an environment variable. `None` where nothing says it.
pub fn declared(
    container: &Container,
    annotation: Option<&str>,
    settings: &LifecycleSettings,
) -> Option<Term> {
    NAMES.find(container, annotation, settings.startup_time)
}

/// What decides when a container can be ready first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadyAfter {
    /// Nothing waits.
    Start,
    /// The declared start-up time.
    Declared,
    /// The startup probe's initial delay.
    StartupProbe,
    /// The readiness probe's initial delay, or the successes that it wants in a row.
    ReadinessProbe,
}

/// The earliest time at which a container is ready, from its start: the readiness probe waits for
/// the startup probe, which passes at the first tick after its delay at best, and neither passes
/// before the application is up. `successes` is the readiness probe's `successThreshold`.
pub fn earliest_ready(
    declared: Option<Duration>,
    startup: Option<&Timing>,
    readiness: Option<(&Timing, u32)>,
) -> (Duration, ReadyAfter) {
    let started = [
        (declared.unwrap_or_default(), ReadyAfter::Declared),
        (
            startup.map(Timing::initial_delay).unwrap_or_default(),
            ReadyAfter::StartupProbe,
        ),
    ]
    .into_iter()
    .fold((Duration::ZERO, ReadyAfter::Start), |latest, next| {
        if next.0 > latest.0 { next } else { latest }
    });
    let Some((timing, successes)) = readiness else {
        return started;
    };
    let more = timing.period() * successes.saturating_sub(1);
    let ready = started.0.max(timing.initial_delay()).saturating_add(more);
    if ready > started.0 {
        (ready, ReadyAfter::ReadinessProbe)
    } else {
        started
    }
}

/// The time a rollout leaves a new pod to become available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The latest time at which the startup probe can still pass.
    pub startup_budget: Duration,
    /// `minReadySeconds`.
    pub min_ready: Duration,
    /// `progressDeadlineSeconds`.
    pub deadline: Duration,
    /// Whether the deadline is Kubernetes' default.
    pub is_default: bool,
}

impl Progress {
    /// Kubernetes' default for `progressDeadlineSeconds`.
    pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(600);

    /// From the fields of a Deployment or Rollout; negative numbers count as 0.
    pub fn new(
        startup_budget: Duration,
        min_ready_seconds: Option<i32>,
        progress_deadline_seconds: Option<i32>,
    ) -> Self {
        let seconds = |value: i32| Duration::from_secs(u64::try_from(value).unwrap_or(0));
        Self {
            startup_budget,
            min_ready: min_ready_seconds.map_or(Duration::ZERO, seconds),
            deadline: progress_deadline_seconds.map_or(Self::DEFAULT_DEADLINE, seconds),
            is_default: progress_deadline_seconds.is_none(),
        }
    }

    /// The latest time at which a slow but healthy pod becomes available.
    pub fn latest_available(&self) -> Duration {
        self.startup_budget.saturating_add(self.min_ready)
    }

    /// Whether a pod that its probes still accept can fail the rollout.
    pub fn exceeds_deadline(&self) -> bool {
        self.latest_available() > self.deadline
    }
}

/// `600s startup budget + 10s minReadySeconds = 610s > progressDeadlineSeconds 600s (default)`
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} startup budget", show_seconds(self.startup_budget))?;
        if !self.min_ready.is_zero() {
            write!(
                f,
                " + {} minReadySeconds = {}",
                show_seconds(self.min_ready),
                show_seconds(self.latest_available())
            )?;
        }
        let relation = if self.exceeds_deadline() { ">" } else { "<=" };
        let origin = if self.is_default { " (default)" } else { "" };
        write!(
            f,
            " {relation} progressDeadlineSeconds {}{origin}",
            show_seconds(self.deadline)
        )
    }
}

/// Whether the container runs a Java virtual machine, which takes long to start.
pub fn is_jvm(container: &Container) -> bool {
    const IMAGES: [&str; 30] = [
        "activemq",
        "artemis",
        "cassandra",
        "corretto",
        "elasticsearch",
        "flink",
        "hazelcast",
        "java",
        "jdk",
        "jenkins",
        "jetty",
        "jre",
        "kafka",
        "keycloak",
        "liberica",
        "logstash",
        "neo4j",
        "nexus",
        "nifi",
        "openjdk",
        "opensearch",
        "solr",
        "sonarqube",
        "sso",
        "temurin",
        "tomcat",
        "trino",
        "wildfly",
        "zookeeper",
        "zulu",
    ];
    let image = container
        .image
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mut words = image.split(|char: char| !char.is_ascii_alphanumeric());
    let names_it = words.any(|word| {
        let word = word.trim_end_matches(|char: char| char.is_ascii_digit());
        IMAGES.contains(&word)
    });
    let runs_it = container.command.iter().flatten().any(|word| {
        word.split_whitespace()
            .any(|word| word == "java" || word.ends_with("/java"))
    });
    let variables = container.env.iter().flatten();
    let prefixes = ["JAVA_", "JDK_", "JVM_", "SPRING_"];
    let endings = ["_JAVA_OPTS", "_HEAP_OPTS", "_JVM_OPTS"];
    let is_set = variables.map(|variable| &variable.name).any(|name| {
        prefixes.iter().any(|prefix| name.starts_with(prefix))
            || endings.iter().any(|ending| name.ends_with(ending))
            || name == "MAX_HEAP_SIZE"
    });
    let mut ports = container.ports.iter().flatten();
    let has_jmx = ports.any(|port| port.name.as_deref() == Some("jmx"));
    names_it || runs_it || is_set || has_jmx
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{Container, EnvVar};

    use super::*;
    use crate::lifecycle::{ArgumentField, Origin};

    fn container(command: &[&str], args: &[&str], env: &[(&str, &str)]) -> Container {
        let list = |texts: &[&str]| Some(texts.iter().map(|&text| text.to_owned()).collect());
        Container {
            command: list(command),
            args: list(args),
            env: Some(
                env.iter()
                    .map(|&(name, value)| EnvVar {
                        name: name.to_owned(),
                        value: Some(value.to_owned()),
                        value_from: None,
                    })
                    .collect(),
            ),
            ..Container::default()
        }
    }

    fn found(container: &Container) -> Option<(u64, Origin)> {
        declared(container, None, &LifecycleSettings::default())
            .map(|term| (term.value.as_secs(), term.origin))
    }

    #[test]
    fn every_written_form_of_an_option() {
        use ArgumentField::{Args, Command};
        type Case<'a> = (&'a [&'a str], &'a [&'a str], u64, ArgumentField, usize);
        let cases: [Case; 10] = [
            (&[], &["--startup-delay=45s"], 45, Args, 0),
            (&[], &["-startup-delay=60s"], 60, Args, 0),
            (&[], &["-v", "--startup-delay", "45s"], 45, Args, 2),
            (&[], &["--startup-delay=1m30s"], 90, Args, 0),
            (&["/app", "--startup-delay=45"], &[], 45, Command, 1),
            (&["/app", "--startup-delay"], &["45s"], 45, Args, 0),
            (
                &["sh", "-c"],
                &["exec /app --startup-delay=45s"],
                45,
                Args,
                0,
            ),
            (
                &["sh", "-c", "cd /a && ./b --startup-delay 45s; c"],
                &[],
                45,
                Command,
                2,
            ),
            (
                &["sh", "-c", "./b '--startup-delay=45s'"],
                &[],
                45,
                Command,
                2,
            ),
            (
                &[],
                &["--startup-delay=1s", "--startup-delay=2s"],
                2,
                Args,
                1,
            ),
        ];
        for (command, args, seconds, field, index) in cases {
            assert_eq!(
                found(&container(command, args, &[])),
                Some((seconds, Origin::Argument { field, index })),
                "{command:?} {args:?}"
            );
        }
    }

    #[test]
    fn what_says_nothing() {
        for args in [
            &["--startup-delay"][..],
            &["--startup-delay=$(DELAY)"],
            &["--startup-delay=${DELAY}"],
            &["--startup-delay={{ .Values.delay }}"],
            &["--startup-delay=<seconds>"],
            &["--startup-delay=soon"],
            &["startup-delay=45s"],
            &["--startup-delays=45s"],
        ] {
            assert_eq!(found(&container(&["/app"], args, &[])), None, "{args:?}");
        }
        let script = "DELAY=5; ./app --startup-delay=$DELAY";
        assert_eq!(found(&container(&["sh", "-c", script], &[], &[])), None);
        assert_eq!(found(&Container::default()), None);
    }

    #[test]
    fn environment_variables() {
        for name in ["STARTUP_DELAY", "STARTUP_DELAY_SECONDS", "START_PERIOD"] {
            let container = container(&[], &[], &[("A", "1"), (name, "45")]);
            let origin = Origin::Environment {
                index: 1,
                name: name.to_owned(),
            };
            assert_eq!(found(&container), Some((45, origin)));
        }
        assert_eq!(
            found(&container(&[], &[], &[("STARTUP_DELAY", "$(X)")])),
            None
        );
    }

    #[test]
    fn annotation_before_configuration_before_option_before_environment() {
        let container = container(&[], &["--startup-delay=3s"], &[("STARTUP_DELAY", "4")]);
        let configured = LifecycleSettings {
            startup_time: Some(Duration::from_secs(2)),
            ..LifecycleSettings::default()
        };
        let say = |annotation, settings| {
            declared(&container, annotation, settings).map(|term| term.to_string())
        };
        assert_eq!(
            say(Some("1"), &configured).as_deref(),
            Some("1s (from annotation lameduck.dev/startup-time)")
        );
        assert_eq!(
            say(Some("soon"), &configured).as_deref(),
            Some("2s (from the configuration)")
        );
        assert_eq!(
            say(None, &LifecycleSettings::default()).as_deref(),
            Some("3s (from args[0])")
        );
    }

    #[test]
    fn progress_spells_its_sum() {
        let progress = Progress::new(Duration::from_secs(595), Some(10), None);
        assert!(progress.exceeds_deadline());
        assert_eq!(
            progress.to_string(),
            "595s startup budget + 10s minReadySeconds = 605s > progressDeadlineSeconds 600s (default)"
        );
        let equal = Progress::new(Duration::from_secs(600), None, Some(600));
        assert!(!equal.exceeds_deadline());
        assert_eq!(
            equal.to_string(),
            "600s startup budget <= progressDeadlineSeconds 600s"
        );
    }

    #[test]
    fn java_virtual_machines() {
        let image = |image: &str| Container {
            image: Some(image.to_owned()),
            ..Container::default()
        };
        let command = |word: &str| Container {
            command: Some(vec![word.to_owned()]),
            ..Container::default()
        };
        let variable = |name: &str| Container {
            env: Some(vec![EnvVar {
                name: name.to_owned(),
                ..EnvVar::default()
            }]),
            ..Container::default()
        };
        for container in [
            image("eclipse-temurin:21-jre"),
            image("openjdk:17"),
            command("/usr/bin/java"),
            command("exec java -jar app.jar"),
            variable("JAVA_TOOL_OPTIONS"),
            variable("SPRING_PROFILES_ACTIVE"),
        ] {
            assert!(is_jvm(&container), "{container:?}");
        }
        for container in [
            image("example.com/javascript:1"),
            command("javac"),
            variable("MY_JAVA_HOME"),
        ] {
            assert!(!is_jvm(&container), "{container:?}");
        }
    }

    #[test]
    fn the_slowest_of_all_decides_when_a_container_is_ready() {
        use k8s_openapi::api::core::v1::Probe;
        let timing = |delay, period| {
            Timing::of(&Probe {
                initial_delay_seconds: Some(delay),
                period_seconds: Some(period),
                ..Probe::default()
            })
        };
        let seconds = Duration::from_secs;
        let startup = timing(20, 5);
        let readiness = timing(30, 10);
        let ready = earliest_ready;
        assert_eq!(ready(None, None, None), (seconds(0), ReadyAfter::Start));
        assert_eq!(
            ready(None, Some(&startup), None),
            (seconds(20), ReadyAfter::StartupProbe)
        );
        assert_eq!(
            ready(Some(seconds(45)), Some(&startup), Some((&readiness, 1))),
            (seconds(45), ReadyAfter::Declared)
        );
        assert_eq!(
            ready(None, Some(&startup), Some((&readiness, 1))),
            (seconds(30), ReadyAfter::ReadinessProbe)
        );
        assert_eq!(
            ready(Some(seconds(45)), None, Some((&readiness, 3))),
            (seconds(65), ReadyAfter::ReadinessProbe)
        );
    }
}
