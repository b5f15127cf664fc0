//! Helpers: programs in the pod of an application that stand between it and what it needs, and that
//! end by a clock of their own. One table says of each how it is recognised, how long it takes
//! connections after SIGTERM, when it leaves, what delays that, and how it ends in a Job.
//! Istio's proxy has [`super::sidecar`].

use std::time::Duration;

use k8s_openapi::api::core::v1::Container;

use super::declared::{self, BareNumber, Names, Term, argv};
use super::prestop::Prestop;
use super::shell;
use crate::units::parse_go_duration;

/// What is known of a helper.
#[derive(Debug)]
pub struct Helper {
    /// As messages name it.
    pub name: &'static str,
    /// How it comes into the pod.
    pub origin: Origin,
    /// What is asked of it at its end.
    pub end: End,
    /// What ends it where the application's containers have ended.
    pub job: JobEnd,
}

/// How a helper comes into a pod.
#[derive(Debug)]
pub enum Origin {
    /// A container that the manifest writes out, by its image's name or its program.
    Written(&'static [&'static str]),
    /// Injected, where an annotation asks for it.
    Injected(Injection),
}

/// The annotations of an injected helper.
#[derive(Debug)]
pub struct Injection {
    /// Asks for it.
    pub key: &'static str,
    /// With these values.
    pub values: &'static [&'static str],
    /// Whether the annotation may stand on the Namespace too.
    pub by_namespace: bool,
    /// Ask for a native sidecar, newest name first.
    pub native: &'static [&'static str],
}

/// When a helper leaves after SIGTERM.
#[derive(Debug)]
pub enum End {
    /// At once.
    AtOnce,
    /// It takes no new connection, and leaves at once or with its last one.
    TakesNothing,
    /// With its last connection, and no later than these options say; at once without them. It takes
    /// connections until it leaves.
    Options(&'static [Delay]),
    /// After the wait that annotations ask for.
    Annotations(Waits),
}

/// An option that lets a helper stay.
pub struct Delay {
    /// The option, as it is written.
    pub option: &'static str,
    names: Names,
}

impl std::fmt::Debug for Delay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.option)
    }
}

/// The annotations that let an injected helper wait.
#[derive(Debug)]
pub struct Waits {
    /// How long it waits whatever happens.
    pub wait: &'static str,
    /// Whether that is a Go duration; else whole seconds.
    pub is_duration: bool,
    /// How long it then takes at most, and seconds without the annotation.
    pub then: Option<(&'static str, u64)>,
    /// Switches the wait off with `false`.
    pub switch: Option<&'static str>,
    /// Ends the wait early with `true`: the helper asks the application whether it is well.
    pub early: Option<&'static str>,
}

/// What ends a helper in the pod of a Job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// Nothing.
    Never,
    /// The application, by an endpoint that this option opens.
    Option(&'static str),
    /// The application, by this endpoint.
    Endpoint(&'static str),
    /// This annotation with `true`, by which nothing stays in the pod.
    Annotation(&'static str),
}

const fn delay(
    option: &'static str,
    names: &'static [&'static str],
    env: &'static [(&'static str, BareNumber)],
) -> Delay {
    Delay {
        option,
        names: Names {
            annotation: "",
            options: names,
            option_number: BareNumber::Seconds,
            variables: env,
        },
    }
}

/// Every helper that is known.
pub static HELPERS: [Helper; 9] = [
    // internal/proxy/proxy.go (Close) and cmd/root.go of cloud-sql-proxy 2.25.3: max-sigterm-delay from
    // 2.0, quitquitquit from 2.1, min-sigterm-delay from 2.12.
    Helper {
        name: "cloud-sql-proxy",
        origin: Origin::Written(&["cloud-sql-proxy"]),
        end: End::Options(&[
            delay(
                "--max-sigterm-delay",
                &["max-sigterm-delay"],
                &[("CSQL_PROXY_MAX_SIGTERM_DELAY", BareNumber::Seconds)],
            ),
            delay(
                "--min-sigterm-delay",
                &["min-sigterm-delay"],
                &[("CSQL_PROXY_MIN_SIGTERM_DELAY", BareNumber::Seconds)],
            ),
        ]),
        job: JobEnd::Option("quitquitquit"),
    },
    // cmd/root.go of alloydb-auth-proxy 1.15.2: max-sigterm-delay from 0.4, quitquitquit from 1.2,
    // min-sigterm-delay from 1.11.
    Helper {
        name: "alloydb-auth-proxy",
        origin: Origin::Written(&["alloydb-auth-proxy"]),
        end: End::Options(&[
            delay(
                "--max-sigterm-delay",
                &["max-sigterm-delay"],
                &[("ALLOYDB_PROXY_MAX_SIGTERM_DELAY", BareNumber::Seconds)],
            ),
            delay(
                "--min-sigterm-delay",
                &["min-sigterm-delay"],
                &[("ALLOYDB_PROXY_MIN_SIGTERM_DELAY", BareNumber::Seconds)],
            ),
        ]),
        job: JobEnd::Option("quitquitquit"),
    },
    // cmd/cloud_sql_proxy/cloud_sql_proxy.go of cloud-sql-proxy 1.38.3.
    Helper {
        name: "cloud_sql_proxy, version 1",
        origin: Origin::Written(&["gce-proxy", "cloud_sql_proxy"]),
        end: End::Options(&[delay("-term_timeout", &["term_timeout"], &[])]),
        job: JobEnd::Never,
    },
    // Envoy drains only where its admin interface asks for it (envoy, "Draining"); SIGTERM ends it.
    Helper {
        name: "Envoy",
        origin: Origin::Written(&["envoy", "envoy-alpine", "envoy-distroless"]),
        end: End::AtOnce,
        job: JobEnd::Endpoint("quitquitquit"),
    },
    // doc/usage.md of PgBouncer: before 1.23 SIGTERM ends it at once; from then on it waits for its
    // clients, and takes no new ones.
    Helper {
        name: "PgBouncer",
        origin: Origin::Written(&["pgbouncer"]),
        end: End::TakesNothing,
        job: JobEnd::Never,
    },
    // charts/partials/templates/_proxy.tpl of Linkerd: the wait is a preStop hook of the proxy, and left
    // out of native sidecars, which are the default from 2.20 on.
    Helper {
        name: "the Linkerd proxy",
        origin: Origin::Injected(Injection {
            key: "linkerd.io/inject",
            values: &["enabled", "ingress"],
            by_namespace: true,
            native: &[
                "config.linkerd.io/proxy-enable-native-sidecar",
                "config.beta.linkerd.io/proxy-enable-native-sidecar",
                "config.alpha.linkerd.io/proxy-enable-native-sidecar",
            ],
        }),
        end: End::Annotations(Waits {
            wait: "config.alpha.linkerd.io/proxy-wait-before-exit-seconds",
            is_duration: false,
            then: None,
            switch: None,
            early: None,
        }),
        job: JobEnd::Endpoint("linkerd-await"),
    },
    // pkg/runtime/runtime.go (Run) and pkg/injector/annotations of Dapr: the block from 1.13, native
    // sidecars from 1.18.
    Helper {
        name: "the Dapr sidecar",
        origin: Origin::Injected(Injection {
            key: "dapr.io/enabled",
            values: &["true", "y", "yes", "on", "1"],
            by_namespace: false,
            native: &["dapr.io/enable-native-sidecar"],
        }),
        end: End::Annotations(Waits {
            wait: "dapr.io/block-shutdown-duration",
            is_duration: true,
            then: Some(("dapr.io/graceful-shutdown-seconds", 5)),
            switch: None,
            early: Some("dapr.io/enable-app-health-check"),
        }),
        job: JobEnd::Endpoint("v1.0/shutdown"),
    },
    // control-plane/connect-inject/lifecycle of consul-k8s (from 1.0.8, 1.1.3 and 1.2.1, native sidecars
    // from 1.9) and pkg/consuldp/lifecycle.go of consul-dataplane.
    Helper {
        name: "the Consul dataplane",
        origin: Origin::Injected(Injection {
            key: "consul.hashicorp.com/connect-inject",
            values: &["true", "1", "t", "T", "TRUE", "True"],
            by_namespace: false,
            native: &["consul.hashicorp.com/enable-consul-dataplane-as-sidecar"],
        }),
        end: End::Annotations(Waits {
            wait: "consul.hashicorp.com/sidecar-proxy-lifecycle-shutdown-grace-period-seconds",
            is_duration: false,
            then: None,
            switch: Some("consul.hashicorp.com/enable-sidecar-proxy-lifecycle"),
            early: None,
        }),
        job: JobEnd::Endpoint("graceful_shutdown"),
    },
    // agent-inject/agent/annotations.go of vault-k8s 1.7.6.
    Helper {
        name: "the Vault agent",
        origin: Origin::Injected(Injection {
            key: "vault.hashicorp.com/agent-inject",
            values: &["true", "1", "t", "T", "TRUE", "True"],
            by_namespace: false,
            native: &[],
        }),
        end: End::AtOnce,
        job: JobEnd::Annotation("vault.hashicorp.com/agent-pre-populate-only"),
    },
];

impl Helper {
    /// The helper that a container is, by its program where one is written, else by its image.
    pub fn of_container(container: &Container) -> Option<&'static Self> {
        let image = container.image.as_deref().unwrap_or_default();
        let image = shell::base_name(image.split('@').next().unwrap_or(image));
        let image = image.split(':').next().unwrap_or(image);
        let argv = argv(container);
        let texts: Vec<&str> = argv.iter().map(|argument| argument.text).collect();
        let program = container.command.as_ref().and_then(|_| {
            let (_, words) = shell::without_wrappers(&texts);
            words.first().map(|word| shell::base_name(word))
        });
        HELPERS.iter().find(|helper| match &helper.origin {
            Origin::Written(names) => names
                .iter()
                .any(|name| *name == image || Some(*name) == program),
            Origin::Injected(_) => false,
        })
    }

    /// How long a container of this helper stays in the pod's termination: its own hook, and the
    /// options by which it waits. `None` where something that cannot be read may make it wait.
    pub fn stay(&self, container: &Container) -> Option<Stay> {
        let hook = container.lifecycle.as_ref();
        let hook = hook.and_then(|hooks| hooks.pre_stop.as_ref());
        let before = Prestop::of(hook).exact()?;
        let terms = self.options(container)?;
        let time = terms
            .iter()
            .fold(before, |sum, term| sum.saturating_add(term.value));
        Some(Stay { time, terms })
    }

    /// From SIGTERM to the exit of a container of this helper; `None` where its clients decide, or
    /// where something that cannot be read may.
    pub fn exit(&self, container: &Container) -> Option<Term> {
        if matches!(self.end, End::TakesNothing | End::Annotations(_)) {
            return None;
        }
        let terms = self.options(container)?;
        let value = terms
            .iter()
            .fold(Duration::ZERO, |sum, term| sum.saturating_add(term.value));
        let last = terms.into_iter().next_back();
        let origin = last.map_or(declared::Origin::Default, |term| term.origin);
        Some(Term { value, origin })
    }

    /// The options of a container by which it waits after SIGTERM.
    fn options(&self, container: &Container) -> Option<Vec<Term>> {
        if starts_shell(container) {
            return None;
        }
        let End::Options(delays) = &self.end else {
            return Some(Vec::new());
        };
        let mut terms = Vec::new();
        for delay in *delays {
            match delay.names.find(container, None, None) {
                Some(term) => terms.push(term),
                None if delay.may_be_given(container) => return None,
                None => {}
            }
        }
        Some(terms)
    }

    /// Whether a container says by itself that it ends with the others of a Job.
    pub fn ends_by_option(&self, container: &Container) -> bool {
        let JobEnd::Option(option) = self.job else {
            return false;
        };
        let variable = option.to_ascii_uppercase();
        let variables = container.env.iter().flatten();
        argv(container)
            .iter()
            .any(|argument| argument.text.contains(option))
            || variables
                .filter(|it| it.name.ends_with(&variable))
                .any(|it| it.value.as_deref() != Some("false"))
            || container.env_from.iter().flatten().next().is_some()
            || starts_shell(container)
    }

    /// How long an injected helper waits by the annotations of its pod; `None` where none asks it to,
    /// or where one cannot be read.
    pub fn wait<'a>(&self, annotation: impl Fn(&str) -> Option<&'a str>) -> Option<Wait> {
        let End::Annotations(waits) = &self.end else {
            return None;
        };
        let is_off = waits.switch.and_then(&annotation).is_some_and(is_false);
        let text = annotation(waits.wait).filter(|_| !is_off)?.trim();
        let seconds = |text: &str| Some(Duration::from_secs(text.trim().parse().ok()?));
        let time = if waits.is_duration {
            parse_go_duration(text).ok()?
        } else {
            seconds(text)?
        };
        let then = match waits.then {
            Some((key, default)) => match annotation(key) {
                Some(text) => Some((key, seconds(text)?)),
                None => Some((key, Duration::from_secs(default))),
            },
            None => None,
        };
        let is_early = |key| annotation(key).is_some_and(|text| !is_false(text));
        Some(Wait {
            key: waits.wait,
            time,
            then,
            may_end_early: waits.early.is_some_and(is_early),
        })
    }
}

/// How long a written helper stays.
#[derive(Clone, Debug)]
pub struct Stay {
    /// From the start of the termination.
    pub time: Duration,
    /// The options that say so.
    pub terms: Vec<Term>,
}

/// How long an injected helper waits before it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The annotation that says so.
    pub key: &'static str,
    /// How long.
    pub time: Duration,
    /// How long it then takes at most, by this annotation or by default.
    pub then: Option<(&'static str, Duration)>,
    /// Whether the wait ends where the application is found unwell.
    pub may_end_early: bool,
}

impl Delay {
    /// Whether the option or its variable is there, or may come from elsewhere.
    fn may_be_given(&self, container: &Container) -> bool {
        let is_named = |text: &str| {
            let mut options = self.names.options.iter();
            text.contains("--config-file") || options.any(|name| text.contains(name))
        };
        let has_variable = !self.names.variables.is_empty();
        let from = container.env_from.iter().flatten().next().is_some();
        let mut variables = container.env.iter().flatten();
        argv(container)
            .iter()
            .any(|argument| is_named(argument.text))
            || has_variable && from
            || variables.any(|it| {
                self.names
                    .variables
                    .iter()
                    .any(|(name, _)| it.name == *name)
            })
    }
}

/// Whether a shell is between the signal and the helper: what it makes of the signal is its own.
fn starts_shell(container: &Container) -> bool {
    let argv = argv(container);
    let texts: Vec<&str> = argv.iter().map(|argument| argument.text).collect();
    let (_, words) = shell::without_wrappers(&texts);
    let program = words.first().map(|word| shell::base_name(word));
    container.command.is_some()
        && matches!(
            program,
            Some("sh" | "bash" | "dash" | "ash" | "zsh" | "ksh")
        )
}

/// As Go's `strconv.ParseBool` has it.
fn is_false(text: &str) -> bool {
    matches!(text, "0" | "f" | "F" | "false" | "FALSE" | "False")
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{EnvFromSource, EnvVar};

    use super::*;

    fn container(image: &str, args: &[&str]) -> Container {
        Container {
            image: Some(image.to_owned()),
            args: Some(args.iter().map(|&text| text.to_owned()).collect()),
            ..Container::default()
        }
    }

    fn stay(container: &Container) -> Option<u64> {
        let helper = Helper::of_container(container).unwrap();
        helper.stay(container).map(|stay| stay.time.as_secs())
    }

    #[test]
    fn helpers_are_known_by_image_or_program() {
        for (image, name) in [
            (
                "gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.14.0-alpine",
                Some("cloud-sql-proxy"),
            ),
            (
                "gcr.io/cloudsql-docker/gce-proxy:1.33.1",
                Some("cloud_sql_proxy, version 1"),
            ),
            (
                "gcr.io/alloydb-connectors/alloydb-auth-proxy:1.11",
                Some("alloydb-auth-proxy"),
            ),
            ("envoyproxy/envoy:v1.31.0", Some("Envoy")),
            ("bitnami/pgbouncer@sha256:00", Some("PgBouncer")),
            ("spreaker/prometheus-pgbouncer-exporter:2.0", None),
            ("example.com/envoy-control:1", None),
        ] {
            let found = Helper::of_container(&container(image, &[]));
            assert_eq!(found.map(|it| it.name), name, "{image}");
        }
        let mut own = container("example.com/tools:1", &[]);
        own.command = Some(vec![
            "/cloud_sql_proxy".to_owned(),
            "-instances=a:b:c".to_owned(),
        ]);
        assert!(Helper::of_container(&own).is_some());
    }

    #[test]
    fn options_and_variables_let_a_proxy_stay() {
        let proxy = |args: &[&str]| container("x/cloud-sql-proxy:2", args);
        assert_eq!(stay(&proxy(&["p:r:d"])), Some(0));
        assert_eq!(
            stay(&proxy(&["--max-sigterm-delay=40s", "p:r:d"])),
            Some(40)
        );
        assert_eq!(
            stay(&proxy(&[
                "--min-sigterm-delay",
                "10s",
                "--max-sigterm-delay=1m"
            ])),
            Some(70)
        );
        assert_eq!(stay(&proxy(&["--max-sigterm-delay=$(DELAY)"])), None);
        assert_eq!(
            stay(&container("x/gce-proxy:1.33", &["-term_timeout=30s"])),
            Some(30)
        );
        let mut variable = proxy(&[]);
        variable.env = Some(vec![EnvVar {
            name: "CSQL_PROXY_MAX_SIGTERM_DELAY".to_owned(),
            value: Some("35s".to_owned()),
            value_from: None,
        }]);
        assert_eq!(stay(&variable), Some(35));
        let mut elsewhere = proxy(&[]);
        elsewhere.env_from = Some(vec![EnvFromSource::default()]);
        assert_eq!(stay(&elsewhere), None);
        let mut shell = proxy(&[]);
        shell.command = Some(vec!["sh".to_owned(), "-c".to_owned(), "x".to_owned()]);
        assert_eq!(stay(&shell), None);
    }

    #[test]
    fn annotations_let_an_injected_helper_wait() {
        let find = |name: &str| HELPERS.iter().find(|it| it.name.contains(name)).unwrap();
        let wait = |name: &str, given: &[(&str, &'static str)]| {
            let read = |key: &str| given.iter().find(|it| it.0 == key).map(|it| it.1);
            find(name).wait(read)
        };
        let linkerd = "config.alpha.linkerd.io/proxy-wait-before-exit-seconds";
        assert_eq!(
            wait("Linkerd", &[(linkerd, "40")]).unwrap().time.as_secs(),
            40
        );
        assert_eq!(wait("Linkerd", &[(linkerd, "soon")]), None);
        assert_eq!(wait("Linkerd", &[]), None);
        let dapr = wait("Dapr", &[("dapr.io/block-shutdown-duration", "45s")]).unwrap();
        assert_eq!(dapr.time.as_secs(), 45);
        assert_eq!(dapr.then.unwrap().1.as_secs(), 5);
        assert!(!dapr.may_end_early);
        let consul = "consul.hashicorp.com/sidecar-proxy-lifecycle-shutdown-grace-period-seconds";
        let switch = "consul.hashicorp.com/enable-sidecar-proxy-lifecycle";
        assert!(wait("Consul", &[(consul, "60")]).is_some());
        assert!(wait("Consul", &[(consul, "60"), (switch, "false")]).is_none());
    }

    #[test]
    fn a_job_is_told_how_its_proxy_ends() {
        let proxy = container("x/cloud-sql-proxy:2", &["--quitquitquit", "p:r:d"]);
        let helper = Helper::of_container(&proxy).unwrap();
        assert!(helper.ends_by_option(&proxy));
        assert!(!helper.ends_by_option(&container("x/cloud-sql-proxy:2", &["p:r:d"])));
    }
}
