//! How helpers end: other meshes' sidecars, and proxies that the manifest writes out.

use std::time::Duration;

use super::{bar, said_at};
use crate::clocks::{Clocks, Injected, PodBudget, written};
use crate::finding::{Bar, BarKind, Clock, Extent, Fit, Stated, Verdict};
use crate::kube::Workload;
use crate::lifecycle::helper::{End, Helper, Wait};
use crate::units::show_seconds;

/// Adds the injected helpers, and says of each helper whether it outlives the application; all other
/// containers have ended at `end` at the earliest.
pub(super) fn draw<'c>(
    clocks: Clocks<'c>,
    workload: Workload<'c>,
    pods: &[PodBudget<'_>],
    end: Duration,
    clock: &mut Clock,
) {
    let is_app = |pod: &&PodBudget<'_>| Helper::of_container(pod.container.data).is_none();
    let apps: Vec<PodBudget<'_>> = pods.iter().filter(is_app).cloned().collect();
    let app = PodBudget::largest(apps.clone());
    for injected in clocks.injected(workload) {
        clock.bars.extend(bars(workload, &injected, end));
        let verdict = app.as_ref().and_then(|app| order(&injected, app));
        clock.verdicts.extend(verdict);
    }
    let serving = clocks.inventory.serving(workload);
    // Of a written helper only a declared time says that it is needed.
    let longest = apps.iter().max_by_key(|pod| pod.certain());
    for (container, helper) in written(workload) {
        let stay = helper.stay(container.data);
        let (Some(app), Some(stay)) = (longest, stay) else {
            continue;
        };
        let needs = app.certain();
        if needs.is_zero() || serving.is_served_by(container) {
            continue;
        }
        let name = format!("`{}` ({})", container.name(), helper.name);
        let sooner = if matches!(helper.end, End::Options(_)) && !stay.terms.is_empty() {
            ", or sooner with its last connection"
        } else {
            ""
        };
        let when = after(&name, stay.time, sooner);
        clock.verdicts.push(leaves(when, stay.time, needs, app, ""));
    }
}

/// Whether an injected helper leaves before the application.
fn order(injected: &Injected<'_>, app: &PodBudget<'_>) -> Option<Verdict> {
    let name = injected.helper.name;
    injected.wait?;
    let Some(exit) = injected.exit() else {
        return Some(Verdict {
            fit: Fit::Fits,
            text: format!("{name} leaves after the application"),
        });
    };
    let unless = match injected.is_native {
        None if injected.injection.native.default_since.is_some() => {
            ", unless it is a native sidecar"
        }
        _ if !injected.is_settled() => ", unless the injector has another default",
        _ => "",
    };
    let needs = app.budget.exit().min(app.budget.grace.value);
    Some(leaves(after(name, exit, ""), exit, needs, app, unless))
}

fn after(name: &str, exit: Duration, sooner: &str) -> String {
    let exit = show_seconds(exit);
    format!("{name} leaves {exit} after the start of the termination{sooner}")
}

fn leaves(
    when: String,
    exit: Duration,
    needs: Duration,
    app: &PodBudget<'_>,
    unless: &str,
) -> Verdict {
    let gap = needs.saturating_sub(exit);
    let (fit, text) = if gap.is_zero() {
        (Fit::Fits, when)
    } else {
        let fit = if unless.is_empty() {
            Fit::Exceeds
        } else {
            Fit::Unknown
        };
        let app = app.container.name();
        let gap = show_seconds(gap);
        (
            fit,
            format!("{when}: container `{app}` may be without it for {gap}{unless}"),
        )
    };
    Verdict { fit, text }
}

fn bars(workload: Workload<'_>, injected: &Injected<'_>, end: Duration) -> Vec<Bar> {
    let name = injected.helper.name.trim_start_matches("the ");
    let is_native = injected.is_native == Some(true);
    let start = if is_native { end } else { Duration::ZERO };
    let Some(wait) = injected.wait else {
        let (what, note) = match injected.helper.end {
            End::Annotations(_) => ("drain", "its annotations give no end that can be read"),
            _ => ("ends at SIGTERM", runs_as(injected)),
        };
        let extent = Extent::AtLeast {
            from: start,
            to: start,
        };
        return vec![bar(
            name,
            what,
            BarKind::Sidecar,
            extent,
            stated(injected, note),
        )];
    };
    let mut bars = Vec::new();
    let mut from = start;
    if !wait.time.is_zero() {
        let to = start.saturating_add(wait.time);
        let by = asks(workload, wait.key, wait.is_stated);
        bars.push(bar(
            name,
            "wait",
            BarKind::Sidecar,
            Extent::Between { from, to },
            by,
        ));
        from = to;
    }
    let (extent, by) = rest(workload, injected, &wait, from);
    let what = "takes nothing new, ends its requests";
    bars.push(bar(name, what, BarKind::Sidecar, extent, by));
    bars
}

/// What follows the wait.
fn rest(
    workload: Workload<'_>,
    injected: &Injected<'_>,
    wait: &Wait,
    from: Duration,
) -> (Extent, Stated) {
    let Some(then) = wait.then else {
        let extent = Extent::AtLeast { from, to: from };
        return (extent, stated(injected, runs_as(injected)));
    };
    let to = from.saturating_add(then.time);
    let mut by = asks(workload, then.key, then.is_stated);
    by.by = format!("at most, {}", by.by);
    (Extent::Between { from, to }, by)
}

fn runs_as(injected: &Injected<'_>) -> &'static str {
    match injected.is_native {
        Some(true) => "native sidecar: SIGTERM after the others",
        Some(false) => "not a native sidecar",
        None if injected.injection.native.keys.is_empty() => "an ordinary container",
        None => "as an ordinary container; a native one exits after the app",
    }
}

fn stated(injected: &Injected<'_>, by: &str) -> Stated {
    match &injected.evidence {
        Some(evidence) => said_at(by, evidence.object, Some(evidence.node)),
        None => super::said(by),
    }
}

fn asks(workload: Workload<'_>, key: &'static str, is_stated: bool) -> Stated {
    let template = workload.template();
    let by = if is_stated {
        key.to_owned()
    } else {
        format!("{key}, default")
    };
    said_at(by, template.object(), template.annotation(key))
}
