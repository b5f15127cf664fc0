//! How often and for how long a startup probe that is missing is to ask.

use std::time::Duration;

use crate::lifecycle::Term;
use crate::lifecycle::probes::{Timing, failures_to_last};

/// `periodSeconds` and `failureThreshold` of the startup probe that is missing; `None` where the rollout
/// leaves no room for one.
pub(super) fn pace(
    timing: &Timing,
    declared: Option<&Term>,
    room: Option<Duration>,
) -> Option<(u64, u64)> {
    let timeout = timing.timeout().as_secs();
    let period = timing.period().as_secs().clamp(1, 5).max(timeout);
    // Twice the declared time leaves room for a slow node; five minutes is the usual allowance. What
    // the liveness probe may have granted so far is never shortened.
    let usual = declared.map_or(300, |time| time.value.as_secs().saturating_mul(2).max(30));
    let budget = usual.max(timing.latest_kill().as_secs());
    let most = room.map_or(u64::MAX, |room| room.as_secs() / period);
    // The probes that count may all fail at once, while the port is not open yet.
    let declared = declared.map_or(Duration::ZERO, |time| time.value);
    let survived = timing.guaranteed_survival().max(declared);
    let failures = failures_to_last(survived, Duration::from_secs(period));
    (failures <= most).then(|| (period, budget.div_ceil(period).min(most).max(failures)))
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Probe;

    use super::*;

    #[test]
    fn a_startup_probe_fits_into_the_progress_deadline() {
        let timing = Timing::of(&Probe::default());
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(pace(&timing, None, None), Some((5, 60)));
        assert_eq!(pace(&timing, None, seconds(120)), Some((5, 24)));
        // The liveness probe grants 20s so far.
        assert_eq!(pace(&timing, None, seconds(25)), Some((5, 5)));
        assert_eq!(pace(&timing, None, seconds(20)), None);
    }
}
