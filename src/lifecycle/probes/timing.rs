//! The kubelet's clock (`pkg/kubelet/prober/worker.go`).
//!
//! The worker ticks once per period and skips ticks until `initialDelaySeconds` after the
//! container's start, so the first probe falls somewhere in one period after the delay. It kills
//! after `failureThreshold` failures in a row.

use std::time::Duration;

use k8s_openapi::api::core::v1::Probe;

use crate::units::show_seconds;

/// A count or a number of seconds, and whether the manifest gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number {
    value: u32,
    given: bool,
}

impl Number {
    /// 0 means the default; so does a negative number, which the API server rejects.
    fn or_default(field: Option<i32>, default: u32) -> Self {
        match field.map(u32::try_from) {
            Some(Ok(value)) if value > 0 => Self { value, given: true },
            _ => Self {
                value: default,
                given: false,
            },
        }
    }

    fn seconds(self) -> Duration {
        Duration::from_secs(self.value.into())
    }

    /// `periodSeconds 10`, `periodSeconds 10 (default)`
    fn show(self, field: &str) -> String {
        let origin = if self.given { "" } else { " (default)" };
        format!("{field} {}{origin}", self.value)
    }
}

/// A probe's times with Kubernetes' defaults filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    initial_delay: Number,
    period: Number,
    timeout: Number,
    failures: Number,
}

impl Timing {
    /// Reads a probe: 0 and absent mean a period of 10 s, a timeout of 1 s, 3 failures and no
    /// initial delay (`SetDefaults_Probe`).
    pub fn of(probe: &Probe) -> Self {
        Self {
            initial_delay: Number::or_default(probe.initial_delay_seconds, 0),
            period: Number::or_default(probe.period_seconds, 10),
            timeout: Number::or_default(probe.timeout_seconds, 1),
            failures: Number::or_default(probe.failure_threshold, 3),
        }
    }

    /// `initialDelaySeconds`
    pub fn initial_delay(&self) -> Duration {
        self.initial_delay.seconds()
    }

    /// `periodSeconds`
    pub fn period(&self) -> Duration {
        self.period.seconds()
    }

    /// `timeoutSeconds`
    pub fn timeout(&self) -> Duration {
        self.timeout.seconds()
    }

    /// Whether the manifest gives `timeoutSeconds`; 0 does not.
    pub fn has_timeout(&self) -> bool {
        self.timeout.given
    }

    /// `failureThreshold`
    pub fn failure_threshold(&self) -> u32 {
        self.failures.value
    }

    /// How long a container that fails every probe lives at least: the first probe comes no
    /// earlier than the initial delay, the last may fail at once.
    pub fn guaranteed_survival(&self) -> Duration {
        self.initial_delay() + self.period() * (self.failures.value - 1)
    }

    /// How long a container that fails every probe lives at most: the first probe comes one period
    /// after the delay, every probe uses up its timeout.
    pub fn latest_kill(&self) -> Duration {
        self.initial_delay()
            + self.period()
            + self.pace() * (self.failures.value - 1)
            + self.timeout()
    }

    /// The latest time at which a startup probe can still pass.
    pub fn startup_budget(&self) -> Duration {
        self.initial_delay() + self.period() * self.failures.value
    }

    /// How long a probe that has passed may fail before the kubelet acts.
    pub fn tolerance(&self) -> Duration {
        self.pace() * self.failures.value
    }

    /// How long a probe that has passed must fail at least, each time at once, before the kubelet acts.
    pub fn failing_time(&self) -> Duration {
        self.period() * (self.failures.value - 1)
    }

    /// The distance of two probes that both time out: the worker probes one at a time.
    fn pace(&self) -> Duration {
        self.period().max(self.timeout())
    }

    /// [`guaranteed_survival`](Self::guaranteed_survival), spelled:
    /// `initialDelaySeconds 10 + (failureThreshold 3 - 1) × periodSeconds 10 = 30s`.
    pub fn show_survival(&self) -> String {
        format!(
            "{}({} - 1) × {} = {}",
            self.show_delay(),
            self.failures.show("failureThreshold"),
            self.period.show("periodSeconds"),
            show_seconds(self.guaranteed_survival())
        )
    }

    /// [`startup_budget`](Self::startup_budget), spelled.
    pub fn show_startup_budget(&self) -> String {
        format!(
            "{}{} × {} = {}",
            self.show_delay(),
            self.failures.show("failureThreshold"),
            self.period.show("periodSeconds"),
            show_seconds(self.startup_budget())
        )
    }

    /// [`tolerance`](Self::tolerance), spelled.
    pub fn show_tolerance(&self) -> String {
        let pace = if self.timeout.value > self.period.value {
            self.timeout.show("timeoutSeconds")
        } else {
            self.period.show("periodSeconds")
        };
        format!(
            "{} × {pace} = {}",
            self.failures.show("failureThreshold"),
            show_seconds(self.tolerance())
        )
    }

    fn show_delay(&self) -> String {
        if self.initial_delay.given {
            format!("{} + ", self.initial_delay.show("initialDelaySeconds"))
        } else {
            String::new()
        }
    }

    /// The least `failureThreshold` with which a container that needs `time` survives.
    pub fn failures_to_survive(&self, time: Duration) -> u64 {
        failures_to_last(time.saturating_sub(self.initial_delay()), self.period())
    }

    /// The least `failureThreshold` with which the probe grants as much at another period. At a longer
    /// one the startup budget does not shrink either.
    pub fn failures_at(&self, period: Duration) -> u64 {
        let waiting = self.guaranteed_survival();
        failures_to_last(waiting.saturating_sub(self.initial_delay()), period)
    }
}

/// The least `failureThreshold` with which `waiting` lies between the first probe and the last: each may
/// fail at once.
pub fn failures_to_last(waiting: Duration, period: Duration) -> u64 {
    waiting
        .as_nanos()
        .div_ceil(period.as_nanos().max(1))
        .try_into()
        .unwrap_or(u64::MAX)
        .saturating_add(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn timing(delay: i32, period: i32, timeout: i32, failures: i32) -> Timing {
        Timing::of(&Probe {
            initial_delay_seconds: Some(delay),
            period_seconds: Some(period),
            timeout_seconds: Some(timeout),
            failure_threshold: Some(failures),
            ..Probe::default()
        })
    }

    #[test]
    fn absent_and_zero_mean_the_default() {
        let absent = Timing::of(&Probe::default());
        assert_eq!(absent, timing(0, 0, 0, 0));
        assert_eq!(absent, timing(-1, -1, -1, -1));
        assert_eq!(absent.guaranteed_survival(), Duration::from_secs(20));
        assert_eq!(absent.latest_kill(), Duration::from_secs(31));
        assert_eq!(absent.tolerance(), Duration::from_secs(30));
        assert_eq!(absent.startup_budget(), Duration::from_secs(30));
        assert!(!absent.has_timeout());
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let timing = timing(i32::MAX, i32::MAX, i32::MAX, i32::MAX);
        assert!(timing.latest_kill() > timing.guaranteed_survival());
    }

    #[test]
    fn sums_are_spelled_with_their_origins() {
        let timing = Timing::of(&Probe {
            initial_delay_seconds: Some(10),
            period_seconds: Some(10),
            timeout_seconds: Some(20),
            ..Probe::default()
        });
        assert_eq!(
            timing.show_survival(),
            "initialDelaySeconds 10 + (failureThreshold 3 (default) - 1) × periodSeconds 10 = 30s"
        );
        assert_eq!(
            timing.show_startup_budget(),
            "initialDelaySeconds 10 + failureThreshold 3 (default) × periodSeconds 10 = 40s"
        );
        assert_eq!(
            timing.show_tolerance(),
            "failureThreshold 3 (default) × timeoutSeconds 20 = 60s"
        );
        assert_eq!(
            Timing::of(&Probe::default()).show_survival(),
            "(failureThreshold 3 (default) - 1) × periodSeconds 10 (default) = 20s"
        );
    }

    /// A prober that knows nothing of formulas: every second it looks at what happens. Its worker
    /// starts `offset` seconds into the container's life and ticks every period; a tick while a
    /// probe runs is taken up when the probe ends. Every probe fails after `latency` seconds.
    /// Answers when the container is killed.
    fn simulated_kill(
        (delay, period, failures): (u32, u32, u32),
        offset: u32,
        latency: u32,
    ) -> Option<u32> {
        let mut failed = 0;
        let mut running_until = None;
        let mut pending_tick = false;
        let mut until_tick = offset;
        for now in 0..100_000 {
            if running_until == Some(now) {
                running_until = None;
                failed += 1;
                if failed == failures {
                    return Some(now);
                }
            }
            if until_tick == 0 {
                until_tick = period;
                pending_tick = true;
            }
            until_tick -= 1;
            if pending_tick && running_until.is_none() {
                pending_tick = false;
                if now >= delay {
                    running_until = Some(now + latency);
                    if latency == 0 {
                        running_until = None;
                        failed += 1;
                        if failed == failures {
                            return Some(now);
                        }
                    }
                }
            }
        }
        None
    }

    proptest! {
        #[test]
        fn no_simulated_prober_kills_outside_the_window(
            delay in 0_u32..40,
            period in 1_u32..15,
            timeout in 1_u32..20,
            failures in 1_u32..8,
            offset_seed in 0_u32..15,
            latency_seed in 0_u32..20,
        ) {
            let numbers = [delay, period, timeout, failures].map(|n| i32::try_from(n).unwrap());
            let timing = timing(numbers[0], numbers[1], numbers[2], numbers[3]);
            let (offset, latency) = (offset_seed % period, latency_seed % (timeout + 1));
            let kill = simulated_kill((delay, period, failures), offset, latency).unwrap();
            let kill = Duration::from_secs(kill.into());
            prop_assert!(kill >= timing.guaranteed_survival());
            prop_assert!(kill <= timing.latest_kill());
        }

        #[test]
        fn a_longer_period_takes_nothing_away(
            delay in 0..40,
            period in 1..30,
            longer in 0..90,
            failures in 1..80,
        ) {
            let before = timing(delay, period, 1, failures);
            let other = period + longer;
            let threshold = before.failures_at(Duration::from_secs(u64::try_from(other).unwrap()));
            let threshold = i32::try_from(threshold).unwrap();
            let after = timing(delay, other, 1, threshold);
            prop_assert!(threshold <= failures);
            prop_assert!(after.guaranteed_survival() >= before.guaranteed_survival());
            prop_assert!(after.startup_budget() >= before.startup_budget());
            let fewer = timing(delay, other, 1, threshold - 1);
            prop_assert!(
                threshold == 1 || fewer.guaranteed_survival() < before.guaranteed_survival()
            );
        }

        #[test]
        fn some_simulated_prober_reaches_each_end_of_the_window(
            delay in 0_u32..30,
            period in 1_u32..12,
            timeout in 1_u32..15,
            failures in 1_u32..6,
        ) {
            let numbers = [delay, period, timeout, failures].map(|n| i32::try_from(n).unwrap());
            let timing = timing(numbers[0], numbers[1], numbers[2], numbers[3]);
            let kills: Vec<u32> = (0..period)
                .flat_map(|offset| [0, timeout].map(|latency| (offset, latency)))
                .map(|(offset, latency)| {
                    simulated_kill((delay, period, failures), offset, latency).unwrap()
                })
                .collect();
            let earliest = Duration::from_secs((*kills.iter().min().unwrap()).into());
            let latest = Duration::from_secs((*kills.iter().max().unwrap()).into());
            prop_assert_eq!(earliest, timing.guaranteed_survival());
            // The simulated worker starts at whole seconds, so it never waits the last instant of
            // a period.
            let resolution = Duration::from_secs(1);
            prop_assert_eq!(latest + resolution, timing.latest_kill());
        }

        #[test]
        fn the_advised_threshold_survives_and_one_less_does_not(
            delay in 0_i32..30,
            period in 1_i32..12,
            needed in 0_u64..300,
        ) {
            let needed = Duration::from_secs(needed);
            let advised = timing(delay, period, 1, 1).failures_to_survive(needed);
            let survival = |failures: u64| {
                timing(delay, period, 1, i32::try_from(failures).unwrap()).guaranteed_survival()
            };
            prop_assert!(survival(advised) >= needed);
            prop_assert!(advised == 1 || survival(advised - 1) < needed);
        }
    }
}
