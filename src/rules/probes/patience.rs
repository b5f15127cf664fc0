//! How much longer liveness has to tolerate than readiness with the same handler.

use std::time::Duration;

/// How long liveness has to tolerate, so that readiness takes the pod out of rotation first and leaves
/// it time to recover.
pub(super) fn enough(readiness: Duration) -> Duration {
    const MARGIN: Duration = Duration::from_secs(10);
    (readiness + readiness / 2).max(readiness + MARGIN)
}

/// How many failures at this distance last as long.
pub(super) fn failures(lasting: Duration, pace: Duration) -> u128 {
    lasting.as_millis().div_ceil(pace.as_millis().max(1))
}
