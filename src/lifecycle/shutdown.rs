//! The termination grace period against what has to happen inside it.

use std::fmt;
use std::time::Duration;

use k8s_openapi::api::core::v1::Container;

use super::declared::{BareNumber, Names, Origin, Term};
use super::helper::Helper;
use super::prestop::Prestop;
use crate::settings::LifecycleSettings;
use crate::units::show_seconds;

/// The pod template annotation that declares the shutdown time of every main container.
pub const ANNOTATION: &str = "lameduck.dev/shutdown-timeout";

/// `terminationGracePeriodSeconds` where the pod has none.
pub const DEFAULT_GRACE_PERIOD: Duration = Duration::from_secs(30);

/// What the kubelet leaves between SIGTERM and SIGKILL, however short the grace period
/// (`minimumGracePeriodInSeconds` of `kuberuntime_container.go`).
pub const LEAST_AFTER_SIGTERM: Duration = Duration::from_secs(2);

/// What the kubelet leaves a preStop hook, however short the grace period
/// (`calculateEffectiveGracePeriod` of `pod_workers.go`).
pub const LEAST_FOR_HOOK: Duration = Duration::from_secs(1);

const NAMES: Names = Names {
    annotation: ANNOTATION,
    options: &[
        "shutdown-timeout",
        "graceful-timeout",
        "timeout-graceful-shutdown",
        "graceful-shutdown-timeout",
        "shutdown-grace-period",
    ],
    option_number: BareNumber::SecondsOrMillis,
    variables: &[
        ("SHUTDOWN_TIMEOUT", BareNumber::SecondsOrMillis),
        ("GRACEFUL_SHUTDOWN_TIMEOUT", BareNumber::SecondsOrMillis),
        ("GRACEFUL_TIMEOUT", BareNumber::SecondsOrMillis),
        ("TERMINATION_TIMEOUT", BareNumber::SecondsOrMillis),
        ("GUNICORN_CMD_ARGS", BareNumber::Options),
        // Spring binds a bare number to a Duration as milliseconds.
        (
            "SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE",
            BareNumber::Millis,
        ),
    ],
};

/// From SIGTERM to the exit of a container: from the pod's annotation (its value, where it has
/// one), the configuration, an option, or an environment variable; else what its program is known
/// to take, else assumed.
pub fn time(container: &Container, annotation: Option<&str>, settings: &LifecycleSettings) -> Term {
    NAMES
        .find(container, annotation, settings.shutdown_timeout)
        .or_else(|| of_helper(container))
        .unwrap_or(Term {
            value: LifecycleSettings::ASSUMED_SHUTDOWN,
            origin: Origin::Assumed,
        })
}

/// From SIGTERM to the exit of a container, where its own arguments or environment say it, or where its
/// program is known.
pub fn known(container: &Container) -> Option<Term> {
    let declared = NAMES.find(container, None, None);
    declared.or_else(|| of_helper(container))
}

fn of_helper(container: &Container) -> Option<Term> {
    Helper::of_container(container)?.exit(container)
}

/// The grace period of a pod. Negative seconds count as 1, as the API server has it.
pub fn grace_period(seconds: Option<i64>) -> Term {
    match seconds {
        None => Term {
            value: DEFAULT_GRACE_PERIOD,
            origin: Origin::Default,
        },
        Some(seconds) => Term {
            value: Duration::from_secs(u64::try_from(seconds).unwrap_or(1)),
            origin: Origin::Field,
        },
    }
}

/// The grace period and everything that one container has to do inside it. The countdown starts
/// before the hook does (`core/v1` `Lifecycle.preStop`).
#[derive(Clone, Debug, PartialEq)]
pub struct GraceBudget<'a> {
    /// Whose budget.
    pub container: &'a Container,
    /// The pod's grace period.
    pub grace: Term,
    /// The time before SIGTERM.
    pub prestop: Prestop,
    /// From SIGTERM to exit.
    pub shutdown: Term,
    /// What must be left.
    pub buffer: Duration,
}

impl<'a> GraceBudget<'a> {
    /// The budget of a container; `annotation` is the value of [`ANNOTATION`] on its pod.
    pub fn of(
        container: &'a Container,
        grace: Term,
        annotation: Option<&str>,
        settings: &LifecycleSettings,
    ) -> Self {
        let hook = container
            .lifecycle
            .as_ref()
            .and_then(|lifecycle| lifecycle.pre_stop.as_ref());
        Self {
            container,
            grace,
            prestop: Prestop::of(hook),
            shutdown: time(container, annotation, settings),
            buffer: settings.buffer,
        }
    }

    /// Of several budgets the one with the largest total; of equal ones a declared one, then the
    /// first.
    pub fn largest(budgets: impl IntoIterator<Item = Self>) -> Option<Self> {
        budgets.into_iter().reduce(|best, next| {
            let rank = |budget: &Self| (budget.total(), budget.shutdown.is_declared());
            if rank(&next) > rank(&best) {
                next
            } else {
                best
            }
        })
    }

    /// What the grace period must hold at least; a hook of unknown length counts as 0.
    pub fn total(&self) -> Duration {
        self.exit().saturating_add(self.buffer)
    }

    /// From the start of the termination to the exit of the container, if nothing kills it before.
    pub fn exit(&self) -> Duration {
        self.prestop
            .lower_bound()
            .saturating_add(self.shutdown.value)
    }

    /// Whether the grace period ends before the container is done.
    pub fn is_insufficient(&self) -> bool {
        self.grace.value < self.total()
    }

    /// Whether the hook alone uses up the grace period, so that SIGTERM is followed by SIGKILL.
    pub fn prestop_exceeds_grace(&self) -> bool {
        let delay = self.prestop.lower_bound();
        !delay.is_zero() && delay >= self.grace.value
    }

    /// Whether the grace period holds the total, and by how much it does or does not.
    pub fn balance(&self) -> Balance {
        let (grace, total) = (self.grace.value, self.total());
        if grace < total {
            Balance::Missing(total.saturating_sub(grace))
        } else {
            Balance::Spare(grace.saturating_sub(total))
        }
    }

    /// When what still runs is killed: with the end of the grace period, but no sooner than
    /// [`LEAST_AFTER_SIGTERM`] after SIGTERM. At the end of the grace period a hook is cut off.
    pub fn sigkill(&self) -> Duration {
        let grace = self.grace.value;
        let sigterm = self.prestop.lower_bound().min(grace);
        grace.max(sigterm.saturating_add(LEAST_AFTER_SIGTERM))
    }

    /// `at least `, where a hook of unknown length makes the total a lower bound.
    pub fn least(&self) -> &'static str {
        match self.prestop {
            Prestop::AtLeast(..) | Prestop::Unknown(_) => "at least ",
            Prestop::Absent | Prestop::Known(..) => "",
        }
    }

    /// The least `terminationGracePeriodSeconds` that holds the total.
    pub fn needed_seconds(&self) -> u64 {
        let total = self.total();
        total.as_secs() + u64::from(total.subsec_nanos() > 0)
    }
}

/// What a budget leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// The grace period is longer than needed, or just enough.
    Spare(Duration),
    /// The grace period is too short.
    Missing(Duration),
}

/// `25s to spare`, `10s missing`
impl fmt::Display for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spare(Duration::ZERO) => f.write_str("nothing to spare"),
            Self::Spare(time) => write!(f, "{} to spare", show_seconds(*time)),
            Self::Missing(time) => write!(f, "{} missing", show_seconds(*time)),
        }
    }
}

/// `grace period 30s < 15s preStop (native sleep) + 20s shutdown (assumed) + 5s buffer = 40s`
impl fmt::Display for GraceBudget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "grace period {}", show_seconds(self.grace.value))?;
        if self.grace.origin != Origin::Field {
            write!(f, " ({})", self.grace.origin)?;
        }
        f.write_str(if self.is_insufficient() {
            " < "
        } else {
            " >= "
        })?;
        if self.prestop != Prestop::Absent {
            write!(f, "{} + ", self.prestop)?;
        }
        let shutdown = show_seconds(self.shutdown.value);
        write!(f, "{shutdown} shutdown ({})", self.shutdown.origin)?;
        if !self.buffer.is_zero() {
            write!(f, " + {} buffer", show_seconds(self.buffer))?;
        }
        write!(f, " = {}{}", self.least(), show_seconds(self.total()))
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{EnvVar, Lifecycle, LifecycleHandler, SleepAction};

    use super::*;

    fn app(args: &[&str], env: &[(&str, &str)], sleep: Option<i64>) -> Container {
        Container {
            name: "app".to_owned(),
            args: Some(args.iter().map(|&text| text.to_owned()).collect()),
            env: Some(
                env.iter()
                    .map(|&(name, value)| EnvVar {
                        name: name.to_owned(),
                        value: Some(value.to_owned()),
                        value_from: None,
                    })
                    .collect(),
            ),
            lifecycle: sleep.map(|seconds| Lifecycle {
                pre_stop: Some(LifecycleHandler {
                    sleep: Some(SleepAction { seconds }),
                    ..LifecycleHandler::default()
                }),
                ..Lifecycle::default()
            }),
            ..Container::default()
        }
    }

    fn shutdown(args: &[&str], env: &[(&str, &str)]) -> String {
        time(&app(args, env, None), None, &LifecycleSettings::default()).to_string()
    }

    #[test]
    fn every_option() {
        for (option, expected) in [
            ("--shutdown-timeout=25s", "25s"),
            ("--graceful-timeout=25", "25s"),
            ("--timeout-graceful-shutdown=25", "25s"),
            ("--graceful-shutdown-timeout=25000", "25s"),
            ("-shutdown-grace-period=1m", "60s"),
            ("--shutdown-timeout=999", "999s"),
            ("--shutdown-timeout=1000", "1s"),
            ("--shutdown-timeout=1000s", "1000s"),
        ] {
            assert_eq!(
                shutdown(&["serve", option], &[]),
                format!("{expected} (from args[1])"),
                "{option}"
            );
        }
        assert_eq!(
            shutdown(&["gunicorn", "--graceful-timeout", "90", "app"], &[]),
            "90s (from args[2])"
        );
    }

    #[test]
    fn every_variable() {
        const SPRING: &str = "SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE";
        for (name, value, expected) in [
            ("SHUTDOWN_TIMEOUT", "30", "30s"),
            ("SHUTDOWN_TIMEOUT", "30000", "30s"),
            ("SHUTDOWN_TIMEOUT", "500ms", "0.5s"),
            ("GRACEFUL_SHUTDOWN_TIMEOUT", "30s", "30s"),
            ("GRACEFUL_TIMEOUT", "2.5", "2.5s"),
            ("TERMINATION_TIMEOUT", "1m30s", "90s"),
            (SPRING, "20s", "20s"),
            (SPRING, "PT20S", "20s"),
            (SPRING, "20000", "20s"),
            (SPRING, "500", "0.5s"),
        ] {
            assert_eq!(
                shutdown(&[], &[(name, value)]),
                format!("{expected} (from env {name})"),
                "{value}"
            );
        }
        assert_eq!(
            shutdown(&[], &[("SHUTDOWN_TIMEOUT", "${T}")]),
            "20s (assumed)"
        );
    }

    #[test]
    fn a_proxy_takes_what_its_options_say() {
        let settings = LifecycleSettings::default();
        for (image, args, expected) in [
            ("x/cloud-sql-proxy:2.14.0", &["p:r:d"][..], "0s (default)"),
            (
                "x/cloud-sql-proxy:2.14.0",
                &["--max-sigterm-delay=40s", "p:r:d"],
                "40s (from args[0])",
            ),
            ("envoyproxy/envoy:v1.31.0", &[], "0s (default)"),
            ("edoburu/pgbouncer:v1.23.1", &[], "20s (assumed)"),
        ] {
            let mut container = app(args, &[], None);
            container.image = Some(image.to_owned());
            let taken = time(&container, None, &settings);
            assert_eq!(taken.to_string(), expected, "{image} {args:?}");
        }
    }

    #[test]
    fn a_budget_spells_its_sum() {
        let settings = LifecycleSettings::default();
        let say = |container: &Container, grace, annotation| {
            GraceBudget::of(container, grace_period(grace), annotation, &settings).to_string()
        };
        assert_eq!(
            say(&app(&[], &[], Some(15)), Some(30), None),
            "grace period 30s < 15s preStop (native sleep) + 20s shutdown (assumed) + 5s buffer = 40s"
        );
        assert_eq!(
            say(&app(&["--shutdown-timeout=40s"], &[], None), None, None),
            "grace period 30s (default) < 40s shutdown (from args[0]) + 5s buffer = 45s"
        );
        assert_eq!(
            say(&app(&[], &[], None), Some(65), Some("1500")),
            "grace period 65s < 1500s shutdown (from annotation lameduck.dev/shutdown-timeout) \
             + 5s buffer = 1505s"
        );
        let hook = |command: &[&str]| {
            let mut container = app(&[], &[], Some(0));
            container.lifecycle = Some(Lifecycle {
                pre_stop: Some(LifecycleHandler {
                    exec: Some(k8s_openapi::api::core::v1::ExecAction {
                        command: Some(command.iter().map(|&text| text.to_owned()).collect()),
                    }),
                    ..LifecycleHandler::default()
                }),
                ..Lifecycle::default()
            });
            container
        };
        assert_eq!(
            say(
                &hook(&["sh", "-c", "sleep 15; nginx -s quit"]),
                Some(65),
                None
            ),
            "grace period 65s >= at least 15s preStop (sleep in exec hook) + 20s shutdown (assumed) \
             + 5s buffer = at least 40s"
        );
        assert_eq!(
            say(&hook(&["/drain"]), Some(20), None),
            "grace period 20s < preStop of unknown length (exec hook) + 20s shutdown (assumed) \
             + 5s buffer = at least 25s"
        );
    }

    #[test]
    fn the_largest_total_counts_and_a_declared_one_among_equals() {
        let settings = LifecycleSettings::default();
        let containers = [
            app(&[], &[], Some(5)),
            app(&[], &[], Some(10)),
            app(&["--shutdown-timeout=30"], &[], None),
        ];
        let budgets = containers
            .iter()
            .map(|container| GraceBudget::of(container, grace_period(None), None, &settings));
        let largest = GraceBudget::largest(budgets).expect("three containers");
        assert!(largest.shutdown.is_declared());
        assert_eq!(largest.needed_seconds(), 35);
    }

    #[test]
    fn a_hook_as_long_as_the_grace_period_leaves_nothing() {
        let settings = LifecycleSettings::default();
        let exceeds = |grace, sleep| {
            GraceBudget::of(&app(&[], &[], sleep), grace_period(grace), None, &settings)
                .prestop_exceeds_grace()
        };
        assert!(exceeds(None, Some(30)));
        assert!(!exceeds(None, Some(29)));
        assert!(!exceeds(Some(0), None));
    }

    #[test]
    fn sigkill_leaves_a_moment_after_sigterm() {
        for (grace, sleep, killed) in [
            (30, 15, 30),
            (30, 29, 31),
            (30, 90, 32),
            (1, 0, 2),
            (0, 0, 2),
        ] {
            let container = app(&[], &[], (sleep > 0).then_some(sleep));
            let settings = LifecycleSettings::default();
            let budget = GraceBudget::of(&container, grace_period(Some(grace)), None, &settings);
            assert_eq!(
                budget.sigkill(),
                Duration::from_secs(killed),
                "{grace} {sleep}"
            );
        }
    }

    #[test]
    fn the_balance_is_what_the_sum_leaves() {
        let container = app(&["--shutdown-timeout=20"], &[], Some(15));
        let settings = LifecycleSettings::default();
        for (grace, text) in [
            (65, "25s to spare"),
            (40, "nothing to spare"),
            (30, "10s missing"),
        ] {
            let budget = GraceBudget::of(&container, grace_period(Some(grace)), None, &settings);
            assert_eq!(budget.balance().to_string(), text);
        }
    }
}
