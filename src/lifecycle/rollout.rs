//! How many pods a rollout takes down at once.

use std::fmt;

use k8s_openapi::api::apps::v1::{
    DaemonSetUpdateStrategy, DeploymentStrategy, StatefulSetUpdateStrategy,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::amount::{Amount, InvalidAmount, Rounding};
use crate::kube::StrategyForm;
use crate::units::Version;

/// The first release in which a StatefulSet's `maxUnavailable` has effect.
const STATEFUL_SET_MAX_UNAVAILABLE: Version = Version::new(1, 35);

/// The API server rejects the strategy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidStrategy {
    /// Nothing could ever be replaced.
    #[error("maxSurge and maxUnavailable are both 0")]
    NothingMayMove,
    /// A DaemonSet surges or goes down, not both; its maxUnavailable is 1 unless set to 0.
    #[error("maxSurge needs maxUnavailable: 0")]
    SurgeNeedsZeroUnavailable,
    /// Recreate has no parameters.
    #[error("rollingUpdate is set, but the strategy is Recreate")]
    RecreateWithRollingUpdate,
    /// A word that the API does not know.
    #[error("unknown strategy type {0:?}")]
    UnknownType(String),
    /// One field's value.
    #[error("{field}: {reason}")]
    Amount {
        /// `maxSurge` or `maxUnavailable`.
        field: &'static str,
        /// What is wrong with it.
        reason: InvalidAmount,
    },
}

/// How pods are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Replacement {
    /// All old pods go before the first new one comes.
    Recreate,
    /// A few at a time.
    Rolling {
        unavailable: Amount,
        rounding: Rounding,
        surge: u32,
        /// `maxUnavailable` is not written.
        is_default: bool,
        /// Both limits resolve to 0, so that Kubernetes takes one pod down after all.
        forced: bool,
    },
    /// One after the other, whatever is written.
    OneByOne,
    /// Only when somebody deletes a pod.
    OnDelete,
    /// All new pods run before an old one goes.
    SideBySide,
}

/// A rollout of so many replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rollout {
    replacement: Replacement,
    replicas: u32,
}

impl Rollout {
    /// What a workload's strategy does to so many replicas; `None` where nothing replaces its pods.
    /// `kubernetes` is the cluster's version, where it is known.
    ///
    /// # Errors
    /// What the API server (or the strategy's own controller) rejects.
    pub fn of(
        form: StrategyForm<'_>,
        replicas: u32,
        kubernetes: Option<Version>,
    ) -> Result<Option<Self>, InvalidStrategy> {
        match form {
            StrategyForm::Deployment(strategy) => Self::deployment(strategy, replicas),
            StrategyForm::StatefulSet(strategy) => {
                Self::stateful_set(strategy, replicas, kubernetes)
            }
            StrategyForm::DaemonSet(strategy) => Self::daemon_set(strategy, replicas),
            StrategyForm::Rolling {
                max_surge,
                max_unavailable,
            } => Self::rolling(max_surge, max_unavailable, replicas),
            StrategyForm::Recreate => Ok(Self::recreate(replicas)),
            StrategyForm::SideBySide => Ok(Self {
                replacement: Replacement::SideBySide,
                replicas,
            }),
            StrategyForm::None => return Ok(None),
        }
        .map(Some)
    }

    /// A Deployment's strategy (`ResolveFenceposts`): absent means 25% and 25%.
    ///
    /// # Errors
    /// What the API server rejects.
    pub fn deployment(
        strategy: Option<&DeploymentStrategy>,
        replicas: u32,
    ) -> Result<Self, InvalidStrategy> {
        let rolling = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
        match strategy.and_then(|strategy| strategy.type_.as_deref()) {
            Some("Recreate") if rolling.is_some() => {
                Err(InvalidStrategy::RecreateWithRollingUpdate)
            }
            Some("Recreate") => Ok(Self::recreate(replicas)),
            None | Some("" | "RollingUpdate") => Self::rolling(
                rolling.and_then(|rolling| rolling.max_surge.as_ref()),
                rolling.and_then(|rolling| rolling.max_unavailable.as_ref()),
                replicas,
            ),
            Some(other) => Err(InvalidStrategy::UnknownType(other.to_owned())),
        }
    }

    /// All old pods go first.
    pub fn recreate(replicas: u32) -> Self {
        Self {
            replacement: Replacement::Recreate,
            replicas,
        }
    }

    /// Surge rounds up, unavailability down, both are 25% when absent: Deployments, Argo Rollouts'
    /// canary steps, OpenShift's rolling DeploymentConfigs.
    ///
    /// # Errors
    /// What the API server rejects.
    pub fn rolling(
        max_surge: Option<&IntOrString>,
        max_unavailable: Option<&IntOrString>,
        replicas: u32,
    ) -> Result<Self, InvalidStrategy> {
        const DEFAULT: Amount = Amount::Percent(25);
        let surge = surge(max_surge)?.unwrap_or(DEFAULT);
        let written = unavailable(max_unavailable)?;
        let unavailable = written.unwrap_or(DEFAULT);
        if surge.is_zero() && unavailable.is_zero() {
            return Err(InvalidStrategy::NothingMayMove);
        }
        let surge = surge.resolve(replicas, Rounding::Up);
        Ok(Self {
            replacement: Replacement::Rolling {
                unavailable,
                rounding: Rounding::Down,
                surge,
                is_default: written.is_none(),
                forced: surge == 0 && unavailable.resolve(replicas, Rounding::Down) == 0,
            },
            replicas,
        })
    }

    /// A StatefulSet deletes before it creates. `maxUnavailable` rounds up and has effect from
    /// Kubernetes 1.35; `kubernetes` is the cluster's version, where it is known.
    ///
    /// # Errors
    /// What the API server rejects.
    pub fn stateful_set(
        strategy: Option<&StatefulSetUpdateStrategy>,
        replicas: u32,
        kubernetes: Option<Version>,
    ) -> Result<Self, InvalidStrategy> {
        let rolling = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
        let written = unavailable(rolling.and_then(|rolling| rolling.max_unavailable.as_ref()))?;
        let replacement = match strategy.and_then(|strategy| strategy.type_.as_deref()) {
            Some("OnDelete") => Replacement::OnDelete,
            None | Some("" | "RollingUpdate") => match written {
                // Releases without the field drop it unseen.
                Some(_) if kubernetes.is_some_and(|known| known < STATEFUL_SET_MAX_UNAVAILABLE) => {
                    Replacement::OneByOne
                }
                Some(amount) if amount.is_zero() => return Err(InvalidStrategy::NothingMayMove),
                Some(unavailable) => Replacement::Rolling {
                    unavailable,
                    rounding: Rounding::Up,
                    surge: 0,
                    is_default: false,
                    forced: false,
                },
                None => Replacement::OneByOne,
            },
            Some(other) => return Err(InvalidStrategy::UnknownType(other.to_owned())),
        };
        Ok(Self {
            replacement,
            replicas,
        })
    }

    /// A DaemonSet over so many nodes: one pod at a time unless told otherwise, both limits round
    /// up.
    ///
    /// # Errors
    /// What the API server rejects.
    pub fn daemon_set(
        strategy: Option<&DaemonSetUpdateStrategy>,
        nodes: u32,
    ) -> Result<Self, InvalidStrategy> {
        let rolling = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
        let surge = surge(rolling.and_then(|rolling| rolling.max_surge.as_ref()))?
            .unwrap_or(Amount::Count(0));
        let written = unavailable(rolling.and_then(|rolling| rolling.max_unavailable.as_ref()))?;
        let unavailable = written.unwrap_or(Amount::Count(1));
        let replacement = match strategy.and_then(|strategy| strategy.type_.as_deref()) {
            Some("OnDelete") => Replacement::OnDelete,
            None | Some("" | "RollingUpdate") => match (surge.is_zero(), unavailable.is_zero()) {
                (true, true) => return Err(InvalidStrategy::NothingMayMove),
                (false, false) => return Err(InvalidStrategy::SurgeNeedsZeroUnavailable),
                _ => Replacement::Rolling {
                    unavailable,
                    rounding: Rounding::Up,
                    surge: surge.resolve(nodes, Rounding::Up),
                    is_default: written.is_none(),
                    forced: false,
                },
            },
            Some(other) => return Err(InvalidStrategy::UnknownType(other.to_owned())),
        };
        Ok(Self {
            replacement,
            replicas: nodes,
        })
    }

    /// How many pods may be down at once because of the rollout.
    pub fn most_down(&self) -> u32 {
        match self.replacement {
            Replacement::Recreate => self.replicas,
            Replacement::Rolling { forced: true, .. } | Replacement::OneByOne => {
                self.replicas.min(1)
            }
            Replacement::Rolling {
                unavailable,
                rounding,
                ..
            } => unavailable
                .resolve(self.replicas, rounding)
                .min(self.replicas),
            Replacement::OnDelete | Replacement::SideBySide => 0,
        }
    }

    /// Whether all old pods go before the first new one comes, whatever their number.
    pub fn is_recreate(&self) -> bool {
        self.replacement == Replacement::Recreate
    }

    /// How many pods may run beside the wanted ones.
    pub fn surge(&self) -> u32 {
        match self.replacement {
            Replacement::Rolling { surge, .. } => surge,
            Replacement::SideBySide => self.replicas,
            Replacement::Recreate | Replacement::OneByOne | Replacement::OnDelete => 0,
        }
    }

    /// Whether a rollout may leave no pod at all.
    pub fn may_leave_none(&self) -> bool {
        self.replicas > 0 && self.most_down() == self.replicas
    }
}

/// `maxUnavailable 1 of 1 replica takes down 1`
impl fmt::Display for Rollout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let replicas = self.replicas;
        let plural = if replicas == 1 { "" } else { "s" };
        match self.replacement {
            Replacement::Recreate => write!(
                f,
                "Recreate takes down {replicas} of {replicas} replica{plural} before a new pod starts"
            ),
            Replacement::OneByOne => write!(
                f,
                "a rolling update takes down {} of {replicas} replica{plural} at a time",
                self.most_down()
            ),
            Replacement::OnDelete => f.write_str("OnDelete takes down no pod by itself"),
            Replacement::SideBySide => f.write_str("all new pods start before an old one goes"),
            Replacement::Rolling {
                unavailable,
                rounding,
                is_default,
                forced,
                ..
            } => {
                let origin = if is_default { " (default)" } else { "" };
                let amount = unavailable.show_of(replicas, "replica", rounding);
                write!(f, "maxUnavailable{origin} {amount} ")?;
                if forced {
                    f.write_str("and maxSurge 0 are raised to 1 unavailable, which ")?;
                }
                write!(f, "takes down {}", self.most_down())
            }
        }
    }
}

fn surge(value: Option<&IntOrString>) -> Result<Option<Amount>, InvalidStrategy> {
    let invalid = |reason| InvalidStrategy::Amount {
        field: "maxSurge",
        reason,
    };
    value.map(Amount::of).transpose().map_err(invalid)
}

fn unavailable(value: Option<&IntOrString>) -> Result<Option<Amount>, InvalidStrategy> {
    let invalid = |reason| InvalidStrategy::Amount {
        field: "maxUnavailable",
        reason,
    };
    value.map(Amount::at_most_all).transpose().map_err(invalid)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::{
        RollingUpdateDaemonSet, RollingUpdateDeployment, RollingUpdateStatefulSetStrategy,
    };
    use proptest::prelude::*;

    use super::*;

    fn int(number: i32) -> IntOrString {
        IntOrString::Int(number)
    }

    fn percent(number: u32) -> IntOrString {
        IntOrString::String(format!("{number}%"))
    }

    fn daemon_set(
        surge: Option<IntOrString>,
        unavailable: Option<IntOrString>,
        nodes: u32,
    ) -> Result<Rollout, InvalidStrategy> {
        let strategy = DaemonSetUpdateStrategy {
            rolling_update: Some(RollingUpdateDaemonSet {
                max_surge: surge,
                max_unavailable: unavailable,
            }),
            type_: None,
        };
        Rollout::daemon_set(Some(&strategy), nodes)
    }

    fn stateful_set(
        unavailable: IntOrString,
        replicas: u32,
        kubernetes: Option<Version>,
    ) -> Result<Rollout, InvalidStrategy> {
        let strategy = StatefulSetUpdateStrategy {
            rolling_update: Some(RollingUpdateStatefulSetStrategy {
                max_unavailable: Some(unavailable),
                partition: None,
            }),
            type_: None,
        };
        Rollout::stateful_set(Some(&strategy), replicas, kubernetes)
    }

    #[test]
    fn defaults_of_a_deployment() {
        for (replicas, surge, down) in [(1, 1, 0), (2, 1, 0), (3, 1, 0), (4, 1, 1), (8, 2, 2)] {
            let rollout = Rollout::deployment(None, replicas).expect("valid");
            assert_eq!((rollout.surge(), rollout.most_down()), (surge, down));
        }
    }

    #[test]
    fn the_arithmetic_is_spelled() {
        let say = |surge: Option<IntOrString>, unavailable: Option<IntOrString>, replicas| {
            Rollout::rolling(surge.as_ref(), unavailable.as_ref(), replicas)
                .map(|rollout| (rollout.may_leave_none(), rollout.to_string()))
        };
        for (surge, unavailable, replicas, none, text) in [
            (
                None,
                Some(int(1)),
                1,
                true,
                "maxUnavailable 1 of 1 replica takes down 1",
            ),
            (
                Some(int(0)),
                None,
                3,
                false,
                "maxUnavailable (default) 25% of 3 replicas (rounded down to 0) and maxSurge 0 are \
                 raised to 1 unavailable, which takes down 1",
            ),
            (
                None,
                Some(percent(100)),
                2,
                true,
                "maxUnavailable 100% of 2 replicas (= 2) takes down 2",
            ),
            (
                None,
                Some(int(9)),
                2,
                true,
                "maxUnavailable 9 of 2 replicas takes down 2",
            ),
        ] {
            assert_eq!(
                say(surge, unavailable, replicas),
                Ok((none, text.to_owned()))
            );
        }
        assert_eq!(
            Rollout::recreate(2).to_string(),
            "Recreate takes down 2 of 2 replicas before a new pod starts"
        );
    }

    #[test]
    fn what_the_api_server_rejects() {
        let strategy = |type_: &str, rolling: bool| DeploymentStrategy {
            rolling_update: rolling.then(RollingUpdateDeployment::default),
            type_: Some(type_.to_owned()),
        };
        assert_eq!(
            Rollout::deployment(Some(&strategy("Recreate", true)), 1),
            Err(InvalidStrategy::RecreateWithRollingUpdate)
        );
        assert!(Rollout::deployment(Some(&strategy("Rolling", false)), 1).is_err());
        let rolling = |surge, unavailable| Rollout::rolling(Some(&surge), Some(&unavailable), 4);
        assert_eq!(
            rolling(int(0), percent(0)),
            Err(InvalidStrategy::NothingMayMove)
        );
        assert!(rolling(int(1), percent(101)).is_err());
        assert!(rolling(percent(150), int(1)).is_ok());
        assert!(rolling(int(1), IntOrString::String("1".to_owned())).is_err());
    }

    #[test]
    fn a_daemon_set_surges_or_goes_down() {
        assert_eq!(
            daemon_set(Some(int(1)), None, 3),
            Err(InvalidStrategy::SurgeNeedsZeroUnavailable)
        );
        let surging = daemon_set(Some(percent(10)), Some(int(0)), 3).expect("valid");
        assert_eq!((surging.surge(), surging.most_down()), (1, 0));
        assert_eq!(
            daemon_set(None, Some(int(0)), 3),
            Err(InvalidStrategy::NothingMayMove)
        );
        assert_eq!(
            Rollout::daemon_set(None, 3).map(|rollout| rollout.most_down()),
            Ok(1)
        );
    }

    #[test]
    fn a_stateful_set_deletes_first() {
        let down = |rollout: Result<Rollout, _>| rollout.map(|rollout| rollout.most_down());
        assert_eq!(down(Rollout::stateful_set(None, 1, None)), Ok(1));
        assert_eq!(down(stateful_set(int(3), 5, None)), Ok(3));
        assert_eq!(
            down(stateful_set(int(3), 5, Some(Version::new(1, 34)))),
            Ok(1)
        );
        assert_eq!(
            down(stateful_set(int(0), 5, None)),
            Err(InvalidStrategy::NothingMayMove)
        );
        assert_eq!(
            down(stateful_set(int(0), 5, Some(Version::new(1, 34)))),
            Ok(1)
        );
        let on_delete = StatefulSetUpdateStrategy {
            rolling_update: None,
            type_: Some("OnDelete".to_owned()),
        };
        assert_eq!(
            down(Rollout::stateful_set(Some(&on_delete), 5, None)),
            Ok(0)
        );
    }

    /// The share of `total` found by counting pods up, without division.
    fn counted(value: &IntOrString, total: u32, round_up: bool) -> u32 {
        let percent: u32 = match value {
            IntOrString::Int(number) => return u32::try_from(*number).unwrap(),
            IntOrString::String(text) => text.trim_end_matches('%').parse().unwrap(),
        };
        let mut pods = 0;
        while (pods + 1) * 100 <= percent * total {
            pods += 1;
        }
        if round_up && pods * 100 < percent * total {
            pods += 1;
        }
        pods
    }

    fn amount() -> impl Strategy<Value = IntOrString> {
        prop_oneof![(0_i32..20).prop_map(int), (0_u32..=100).prop_map(percent)]
    }

    fn more_than_nothing() -> impl Strategy<Value = IntOrString> {
        prop_oneof![(1_i32..20).prop_map(int), (1_u32..=100).prop_map(percent)]
    }

    fn is_literal_zero(value: &IntOrString) -> bool {
        *value == int(0) || *value == percent(0)
    }

    proptest! {
        #[test]
        fn a_deployment_resolves_its_fenceposts(
            surge in amount(),
            unavailable in amount(),
            replicas in 0_u32..40,
        ) {
            let rollout = Rollout::rolling(Some(&surge), Some(&unavailable), replicas);
            if is_literal_zero(&surge) && is_literal_zero(&unavailable) {
                prop_assert_eq!(rollout, Err(InvalidStrategy::NothingMayMove));
                return Ok(());
            }
            let rollout = rollout.unwrap();
            let up = counted(&surge, replicas, true);
            let mut down = counted(&unavailable, replicas, false);
            if up == 0 && down == 0 {
                down = 1;
            }
            prop_assert_eq!(rollout.surge(), up);
            prop_assert_eq!(rollout.most_down(), if down > replicas { replicas } else { down });
        }

        #[test]
        fn stateful_and_daemon_sets_round_up(value in more_than_nothing(), replicas in 0_u32..40) {
            let expected = counted(&value, replicas, true).min(replicas);
            prop_assert_eq!(stateful_set(value.clone(), replicas, None).unwrap().most_down(), expected);
            prop_assert_eq!(daemon_set(None, Some(value), replicas).unwrap().most_down(), expected);
        }
    }
}
