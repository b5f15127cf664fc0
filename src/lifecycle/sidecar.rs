//! When Istio's proxy leaves (`pkg/envoy/agent.go`, `Agent.terminate`).

use std::time::Duration;

use super::shutdown::GraceBudget;
use crate::units::show_seconds;

/// What the proxy's configuration says about its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrainConfig {
    /// `terminationDrainDuration`
    pub termination_drain: Duration,
    /// `EXIT_ON_ZERO_ACTIVE_CONNECTIONS` is "true".
    pub exit_on_zero_connections: bool,
    /// `MINIMUM_DRAIN_DURATION`
    pub minimum_drain: Duration,
}

impl Default for DrainConfig {
    /// Istio's defaults.
    fn default() -> Self {
        Self {
            termination_drain: Duration::from_secs(5),
            exit_on_zero_connections: false,
            minimum_drain: Duration::from_secs(5),
        }
    }
}

/// How the proxy runs in the pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// There is none in the pod.
    Absent,
    /// A container like the application's: it gets SIGTERM at the start of the termination,
    /// whatever the application's hook does.
    Classic(DrainConfig),
    /// An init container that restarts: it gets SIGTERM after all other containers have ended.
    Native,
}

/// When the proxy leaves, counted from the start of the termination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyExit {
    /// Not before the application.
    AfterApplication,
    /// At this time, whatever the application still does.
    At(Duration),
    /// With the last inbound connection, and not before this time.
    WhenIdle {
        /// `MINIMUM_DRAIN_DURATION`
        earliest: Duration,
    },
}

impl Proxy {
    /// When it leaves.
    pub fn exit(self) -> ProxyExit {
        match self {
            Self::Absent | Self::Native => ProxyExit::AfterApplication,
            Self::Classic(config) if config.exit_on_zero_connections => ProxyExit::WhenIdle {
                earliest: config.minimum_drain,
            },
            Self::Classic(config) => ProxyExit::At(config.termination_drain),
        }
    }
}

impl ProxyExit {
    /// How long a container outlives the proxy; `None` where it does not. The grace period may end
    /// the container before the proxy leaves. Connections hold an idle proxy once the hook is over.
    pub fn outlived_by(self, budget: &GraceBudget<'_>) -> Option<Duration> {
        let needs = match self {
            Self::WhenIdle { .. } => budget.prestop.lower_bound(),
            Self::At(_) | Self::AfterApplication => budget.exit(),
        };
        let needs = needs.min(budget.grace.value);
        match self {
            Self::At(exit) | Self::WhenIdle { earliest: exit } if self.may_precede(needs) => {
                Some(needs.saturating_sub(exit))
            }
            _ => None,
        }
    }

    /// Whether an application that needs `time` from the start of the termination is cut off. An
    /// idle proxy may leave any time after its minimum.
    pub fn may_precede(self, time: Duration) -> bool {
        match self {
            Self::AfterApplication => false,
            Self::At(exit) => exit < time,
            Self::WhenIdle { earliest } => earliest < time,
        }
    }
}

/// `5s after the start of the termination`
impl std::fmt::Display for ProxyExit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AfterApplication => f.write_str("after the application"),
            Self::At(exit) => {
                write!(
                    f,
                    "{} after the start of the termination",
                    show_seconds(*exit)
                )
            }
            Self::WhenIdle { earliest } => write!(
                f,
                "with its last connection, at the earliest {} after the start of the termination",
                show_seconds(*earliest)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_classic_proxy_leaves_early() {
        let seconds = Duration::from_secs;
        let classic = Proxy::Classic(DrainConfig::default()).exit();
        assert!(classic.may_precede(seconds(6)));
        assert!(!classic.may_precede(seconds(5)));
        assert_eq!(classic.to_string(), "5s after the start of the termination");
        assert!(!Proxy::Native.exit().may_precede(seconds(1000)));
        assert!(!Proxy::Absent.exit().may_precede(seconds(1000)));
    }

    #[test]
    fn exit_on_zero_connections_replaces_the_drain_duration() {
        let exit = Proxy::Classic(DrainConfig {
            termination_drain: Duration::from_secs(60),
            exit_on_zero_connections: true,
            minimum_drain: Duration::from_secs(15),
        })
        .exit();
        assert_eq!(
            exit,
            ProxyExit::WhenIdle {
                earliest: Duration::from_secs(15)
            }
        );
        assert!(!exit.may_precede(Duration::from_secs(15)));
        assert!(exit.may_precede(Duration::from_secs(16)));
    }
}
