//! The startup probe that a container lacks: what it asks, how long it gives, and what it takes over.

use std::time::Duration;

use k8s_openapi::api::core::v1::Probe;

use super::probe::HANDLERS;
use crate::edit::{Advice, Editor, Value};
use crate::finding::Edit;
use crate::kube::{ContainerRef, Workload};
use crate::lifecycle::Term;
use crate::lifecycle::probes::{Handler, Timing, failures_to_last};
use crate::lifecycle::startup::Progress;
use crate::rules::Context;
use crate::yaml::Entry;

const TIMEOUT: &str = "timeoutSeconds";

/// The time that the rollout leaves a pod to start, where it is known.
pub(super) fn room(cx: &Context<'_>, workload: Workload<'_>) -> Option<Duration> {
    let (min_ready, deadline) = cx.clocks().rollout_times(workload)?;
    let progress = Progress::new(Duration::ZERO, min_ready, deadline);
    Some(progress.deadline.saturating_sub(progress.min_ready))
}

/// `periodSeconds` and `failureThreshold` of the startup probe that is missing; `None` where the rollout
/// leaves no room for one.
pub(super) fn pace(
    timing: &Timing,
    declared: Option<&Term>,
    room: Option<Duration>,
) -> Option<(u64, u64)> {
    let timeout = timing.timeout().as_secs();
    let usual = timing.period().as_secs().max(1);
    // A slow check is asked as seldom as liveness asks it.
    let period = if timeout > 5 { usual } else { usual.min(5) }.max(timeout);
    // Twice the declared time leaves room for a slow node; five minutes is the usual allowance. What
    // the liveness probe may have granted so far is never shortened.
    let usual = declared.map_or(300, |time| time.value.as_secs().saturating_mul(2).max(30));
    let budget = usual.max(timing.latest_kill().as_secs());
    let most = room.map_or(u64::MAX, |room| room.as_secs() / period);
    // The probes that count may all fail at once, while the port is not open yet.
    let declared = declared.map_or(Duration::ZERO, |time| time.value);
    let survived = timing.guaranteed_survival().max(declared);
    let failures = failures_to_last(survived, Duration::from_secs(period));
    let usual = round(budget.div_ceil(period));
    (failures <= most).then(|| (period, usual.min(most).max(failures)))
}

/// The next number of failures that people write.
fn round(failures: u64) -> u64 {
    let step = match failures {
        ..=20 => 1,
        21..=100 => 5,
        _ => 10,
    };
    failures.checked_next_multiple_of(step).unwrap_or(failures)
}

/// A startup probe that asks what the liveness probe asks. `None` where that has not just one valid
/// handler.
pub(super) fn startup_probe(
    cx: &Context<'_>,
    container: ContainerRef<'_>,
    liveness: &Probe,
    timing: &Timing,
    (period, failures): (u64, u64),
) -> Option<Advice> {
    let handler = Handler::of(liveness, container.ports())?;
    // It would never pass where its port has a name that the container does not declare.
    if handler.is_unresolved() {
        return None;
    }
    let probe = container.node.get("livenessProbe")?;
    if HANDLERS.iter().any(|field| {
        cx.inventory
            .is_always_set_elsewhere(container.object(), probe, field)
    }) {
        return None;
    }
    let mut entries: Vec<(String, Value)> = probe
        .entries()
        .filter(|entry| {
            let key = entry.key.key_text();
            HANDLERS.contains(&key) || key == TIMEOUT && timing.has_timeout()
        })
        .filter(|entry| !entry.value.is_null())
        .map(|entry| (entry.key.key_text().to_owned(), Value::copy_of(entry.value)))
        .collect();
    entries.push(("periodSeconds".to_owned(), Value::int(period)));
    entries.push(("failureThreshold".to_owned(), Value::int(failures)));
    let probe = Value::Map(entries);
    Some(Advice::below(&[], [("startupProbe", probe)]).before("livenessProbe"))
}

/// Takes `initialDelaySeconds` from the liveness probe, which the startup probe makes wait; nothing where
/// a comment would go with it.
pub(super) fn without_delay(editor: &Editor<'_>, liveness: Entry<'_>) -> Vec<Edit> {
    let delay = liveness.value.entry("initialDelaySeconds");
    let is_written = |entry: &Entry<'_>| entry.value.text().is_some_and(|text| text != "0");
    let removal = delay
        .filter(is_written)
        .map(|entry| editor.remove_uncommented(entry));
    removal.and_then(Result::ok).unwrap_or_default()
}

#[cfg(test)]
mod tests {
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
        assert_eq!([62, 104, 60, 7].map(round), [65, 110, 60, 7]);
    }
}
