//! How many pods a PodDisruptionBudget lets a drain evict at once
//! (`pkg/controller/disruption/disruption.go`).

use std::fmt;

use k8s_openapi::api::policy::v1::PodDisruptionBudgetSpec;

use super::amount::{Amount, InvalidAmount, Rounding};

/// What a budget demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// `minAvailable`
    MinAvailable(Amount),
    /// `maxUnavailable`
    MaxUnavailable(Amount),
    /// Neither: nothing may be evicted.
    Unset,
}

/// The API server rejects the budget.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBudget {
    /// The fields exclude each other.
    #[error("minAvailable and maxUnavailable are both set")]
    BothSet,
    /// One field's value.
    #[error("{field}: {reason}")]
    Amount {
        /// `minAvailable` or `maxUnavailable`.
        field: &'static str,
        /// What is wrong with it.
        reason: InvalidAmount,
    },
}

/// The pods that a budget selects, all of them healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pods {
    /// Of controllers with a scale subresource, by their replicas.
    Scaled(u32),
    /// Some of them of a DaemonSet or Job, or without controller: percentages and `maxUnavailable`
    /// cannot be computed, and the controller then allows no eviction at all.
    Unscaled(u32),
}

impl Pods {
    fn count(self) -> u32 {
        match self {
            Self::Scaled(count) | Self::Unscaled(count) => count,
        }
    }
}

impl Budget {
    const MIN_AVAILABLE: &'static str = "minAvailable";
    const MAX_UNAVAILABLE: &'static str = "maxUnavailable";

    /// Reads a spec.
    ///
    /// # Errors
    /// What the API server rejects: both fields, negative numbers, text that is no percentage, more
    /// than 100%.
    pub fn of(spec: &PodDisruptionBudgetSpec) -> Result<Self, InvalidBudget> {
        let read = |field, value| {
            Amount::at_most_all(value).map_err(|reason| InvalidBudget::Amount { field, reason })
        };
        match (&spec.min_available, &spec.max_unavailable) {
            (Some(_), Some(_)) => Err(InvalidBudget::BothSet),
            (Some(value), None) => read(Self::MIN_AVAILABLE, value).map(Self::MinAvailable),
            (None, Some(value)) => read(Self::MAX_UNAVAILABLE, value).map(Self::MaxUnavailable),
            (None, None) => Ok(Self::Unset),
        }
    }

    /// The field that decides, where one is set.
    pub fn field(self) -> Option<&'static str> {
        match self {
            Self::MinAvailable(_) => Some(Self::MIN_AVAILABLE),
            Self::MaxUnavailable(_) => Some(Self::MAX_UNAVAILABLE),
            Self::Unset => None,
        }
    }

    /// What the budget allows over these pods.
    pub fn over(self, pods: Pods) -> Allowance {
        Allowance { budget: self, pods }
    }
}

/// A budget applied to pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The budget.
    pub budget: Budget,
    /// What it selects.
    pub pods: Pods,
}

impl Allowance {
    /// How many of the pods may be evicted while all are healthy.
    pub fn disruptions(self) -> u32 {
        let pods = self.pods.count();
        if pods == 0 || self.is_uncomputable() {
            return 0;
        }
        let desired = match self.budget {
            Budget::MinAvailable(amount) => amount.resolve(pods, Rounding::Up),
            Budget::MaxUnavailable(amount) => {
                pods.saturating_sub(amount.resolve(pods, Rounding::Up))
            }
            Budget::Unset => return 0,
        };
        pods.saturating_sub(desired)
    }

    /// Whether the disruption controller cannot count what the budget asks for.
    pub fn is_uncomputable(self) -> bool {
        matches!(self.pods, Pods::Unscaled(_))
            && matches!(
                self.budget,
                Budget::MaxUnavailable(_) | Budget::MinAvailable(Amount::Percent(_))
            )
    }
}

/// `minAvailable 2 of 2 replicas leaves 0 disruptions`
impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pods = self.pods.count();
        let noun = match self.pods {
            Pods::Scaled(_) => "replica",
            Pods::Unscaled(_) => "pod",
        };
        match self.budget {
            Budget::Unset => {
                f.write_str("neither minAvailable nor maxUnavailable is set, which")?;
            }
            Budget::MinAvailable(amount) | Budget::MaxUnavailable(amount) => {
                let field = self.budget.field().unwrap_or_default();
                if self.is_uncomputable() {
                    write!(f, "{field} {amount} of pods without a scalable controller")?;
                } else {
                    write!(f, "{field} {}", amount.show_of(pods, noun, Rounding::Up))?;
                }
            }
        }
        let disruptions = self.disruptions();
        let plural = if disruptions == 1 { "" } else { "s" };
        write!(f, " leaves {disruptions} disruption{plural}")
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
    use proptest::prelude::*;

    use super::*;

    fn min(value: IntOrString) -> PodDisruptionBudgetSpec {
        PodDisruptionBudgetSpec {
            min_available: Some(value),
            ..PodDisruptionBudgetSpec::default()
        }
    }

    fn max(value: IntOrString) -> PodDisruptionBudgetSpec {
        PodDisruptionBudgetSpec {
            max_unavailable: Some(value),
            ..PodDisruptionBudgetSpec::default()
        }
    }

    fn int(number: i32) -> IntOrString {
        IntOrString::Int(number)
    }

    fn percent(number: u32) -> IntOrString {
        IntOrString::String(format!("{number}%"))
    }

    fn over(spec: &PodDisruptionBudgetSpec, pods: Pods) -> Allowance {
        Budget::of(spec).expect("a valid budget").over(pods)
    }

    #[test]
    fn the_arithmetic_is_spelled() {
        let cases = [
            (
                min(int(2)),
                Pods::Scaled(2),
                "minAvailable 2 of 2 replicas leaves 0 disruptions",
            ),
            (
                min(int(1)),
                Pods::Scaled(2),
                "minAvailable 1 of 2 replicas leaves 1 disruption",
            ),
            (
                min(percent(50)),
                Pods::Scaled(1),
                "minAvailable 50% of 1 replica (rounded up to 1) leaves 0 disruptions",
            ),
            (
                min(percent(50)),
                Pods::Scaled(4),
                "minAvailable 50% of 4 replicas (= 2) leaves 2 disruptions",
            ),
            (
                max(percent(10)),
                Pods::Scaled(3),
                "maxUnavailable 10% of 3 replicas (rounded up to 1) leaves 1 disruption",
            ),
            (
                max(int(0)),
                Pods::Scaled(3),
                "maxUnavailable 0 of 3 replicas leaves 0 disruptions",
            ),
            (
                PodDisruptionBudgetSpec::default(),
                Pods::Scaled(3),
                "neither minAvailable nor maxUnavailable is set, which leaves 0 disruptions",
            ),
            (
                max(int(1)),
                Pods::Unscaled(3),
                "maxUnavailable 1 of pods without a scalable controller leaves 0 disruptions",
            ),
            (
                min(int(1)),
                Pods::Unscaled(3),
                "minAvailable 1 of 3 pods leaves 2 disruptions",
            ),
        ];
        for (spec, pods, expected) in cases {
            assert_eq!(over(&spec, pods).to_string(), expected);
        }
    }

    #[test]
    fn what_the_api_server_rejects() {
        assert_eq!(
            Budget::of(&PodDisruptionBudgetSpec {
                max_unavailable: Some(int(1)),
                ..min(int(1))
            }),
            Err(InvalidBudget::BothSet)
        );
        let error = Budget::of(&min(percent(101))).map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err("minAvailable: 101% is more than 100%".to_owned())
        );
        assert!(Budget::of(&max(int(-1))).is_err());
        let text = IntOrString::String("1".to_owned());
        assert!(Budget::of(&max(text)).is_err());
    }

    /// A drain that evicts one healthy pod after another, as long as what remains satisfies the
    /// budget in the words of the API: in per cent by cross-multiplication, without rounding.
    fn evicted_by_a_drain(spec: &PodDisruptionBudgetSpec, pods: u32) -> u32 {
        let holds = |healthy: u32| -> bool {
            let down = pods - healthy;
            match (&spec.min_available, &spec.max_unavailable) {
                (Some(IntOrString::Int(min)), None) => i64::from(healthy) >= i64::from(*min),
                (Some(IntOrString::String(min)), None) => {
                    let min: u64 = min.trim_end_matches('%').parse().unwrap();
                    u64::from(healthy) * 100 >= min * u64::from(pods)
                }
                (None, Some(IntOrString::Int(max))) => i64::from(down) <= i64::from(*max),
                (None, Some(IntOrString::String(max))) => {
                    // Rounding up favours the drain: one more pod may go while the pods already
                    // down are short of the share.
                    let max: u64 = max.trim_end_matches('%').parse().unwrap();
                    down == 0 || u64::from(down - 1) * 100 < max * u64::from(pods)
                }
                _ => false,
            }
        };
        let mut evicted = 0;
        while evicted < pods && holds(pods - evicted - 1) {
            evicted += 1;
        }
        evicted
    }

    proptest! {
        #[test]
        fn a_drain_evicts_what_the_arithmetic_allows(
            pods in 0_u32..60,
            number in 0_u32..101,
            is_percent: bool,
            is_min: bool,
        ) {
            let value = if is_percent { percent(number) } else { int(i32::try_from(number).unwrap()) };
            let spec = if is_min { min(value) } else { max(value) };
            let allowed = over(&spec, Pods::Scaled(pods)).disruptions();
            prop_assert_eq!(allowed, evicted_by_a_drain(&spec, pods));
        }
    }
}
