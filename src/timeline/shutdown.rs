//! From the deletion of a pod to SIGKILL.

use std::time::Duration;

use super::{POD, PROXY, bar, helpers, said, said_at, term, told};
use crate::clocks::{Clocks, Grace, PodBudget, drain};
use crate::finding::{Bar, BarKind, Clock, Extent, Fit, Stated, Verdict};
use crate::inventory::{ProxyKind, ProxySettings};
use crate::kube::{ContainerRef, ContainerRole, Workload, WorkloadKind};
use crate::lifecycle::prestop::Prestop;
use crate::lifecycle::shutdown::{self, Balance, LEAST_AFTER_SIGTERM};
use crate::lifecycle::sidecar::{Proxy, ProxyExit};
use crate::settings::LifecycleSettings;
use crate::units::show_seconds;

pub(super) fn clock(clocks: Clocks<'_>, workload: Workload<'_>) -> Clock {
    let grace = clocks.grace(workload);
    let pods = match &grace {
        Some(grace) => clocks.budgets_within(workload, grace),
        None => endless(clocks, workload),
    };
    let longest = PodBudget::largest(pods.clone());
    let mut clock = Clock::default();
    if let Some(grace) = &grace {
        clock.bars.push(limit(workload, grace));
    }
    clock.bars.extend(removal(clocks, workload));
    for pod in &pods {
        clock.bars.extend(of_container(workload, pod));
    }
    clock.bars.extend(longest.as_ref().and_then(|pod| {
        let by = buffer_origin(&clocks.settings.lifecycle);
        buffer(pod, by)
    }));
    let end = pods
        .iter()
        .map(|pod| pod.budget.exit())
        .max()
        .unwrap_or_default();
    let known = grace.as_ref().and(longest.as_ref());
    clock.verdicts.push(match (known, &grace) {
        (Some(pod), _) => balance(pod),
        (None, None) => unknown(),
        (None, Some(_)) => Verdict {
            fit: Fit::Unknown,
            text: "no container of the application is known".to_owned(),
        },
    });
    clock.verdicts.extend(early(clocks, workload, &pods));
    // Sidecars end in the reverse order of the list, in which Istio puts its proxy first.
    let end = sidecars(workload, end, &mut clock.bars);
    proxy(clocks, workload, longest.as_ref(), end, &mut clock);
    helpers::draw(clocks, workload, &pods, end, &mut clock);
    clock.bars.extend(known.map(|pod| sigkill(workload, pod)));
    clock
}

fn endless<'a>(clocks: Clocks<'_>, workload: Workload<'a>) -> Vec<PodBudget<'a>> {
    let grace = Grace {
        term: shutdown::grace_period(Some(i64::MAX)),
        node: None,
    };
    clocks.budgets_within(workload, &grace)
}

fn limit(workload: Workload<'_>, grace: &Grace<'_>) -> Bar {
    let extent = Extent::Between {
        from: Duration::ZERO,
        to: grace.term.value,
    };
    let object = workload.template().object();
    let by = match (workload.kind(), grace.node) {
        (WorkloadKind::KnativeService, Some(_)) => {
            "timeoutSeconds, which Knative makes the grace period".to_owned()
        }
        (WorkloadKind::KnativeService, None) => "Knative's default timeoutSeconds".to_owned(),
        _ => grace.term.origin.to_string(),
    };
    let stated = said_at(by, object, grace.node);
    bar(POD, "grace period", BarKind::Limit, extent, stated)
}

fn removal(clocks: Clocks<'_>, workload: Workload<'_>) -> Option<Bar> {
    if !clocks.inventory.serving(workload).is_serving() {
        return None;
    }
    let removal = clocks.removal(workload);
    let stated = match &removal.by {
        Some((_, evidence)) => said_at(
            evidence.message.clone(),
            evidence.object,
            Some(evidence.node),
        ),
        None if removal.delay == LifecycleSettings::default().min_prestop => said("assumed"),
        None => said("from the configuration"),
    };
    let extent = Extent::Between {
        from: Duration::ZERO,
        to: removal.delay,
    };
    let what = "endpoint removal";
    Some(bar(POD, what, BarKind::Wait, extent, stated))
}

/// The hook, and what the container does from SIGTERM on.
fn of_container(workload: Workload<'_>, pod: &PodBudget<'_>) -> Vec<Bar> {
    let mut bars: Vec<Bar> = hook(pod.container, pod.budget.prestop)
        .into_iter()
        .collect();
    let budget = &pod.budget;
    let from = budget.prestop.lower_bound();
    let to = budget.exit();
    // What follows a hook of unknown length may come later.
    let extent = match budget.prestop.exact() {
        Some(_) => Extent::Between { from, to },
        None => Extent::AtLeast { from, to },
    };
    let stated = term(&budget.shutdown, None, workload, pod.container);
    let name = pod.container.name();
    bars.push(bar(
        name,
        "drain from SIGTERM",
        BarKind::Work,
        extent,
        stated,
    ));
    bars
}

fn hook(container: ContainerRef<'_>, prestop: Prestop) -> Option<Bar> {
    let from = Duration::ZERO;
    let to = prestop.lower_bound();
    let extent = match prestop.exact() {
        Some(_) => Extent::Between { from, to },
        None => Extent::AtLeast { from, to },
    };
    let hook = prestop.hook()?;
    let node = container.node.at(&["lifecycle", "preStop"]);
    let node = node.and_then(|node| {
        node.at(&["sleep", "seconds"])
            .or_else(|| node.at(&["exec", "command"]))
            .or(Some(node))
    });
    let stated = said_at(hook.as_str(), container.object(), node);
    let name = container.name();
    Some(bar(name, "preStop hook", BarKind::Wait, extent, stated))
}

fn buffer_origin(settings: &LifecycleSettings) -> Stated {
    if settings.buffer == LifecycleSettings::default().buffer {
        said("default")
    } else {
        said("from the configuration")
    }
}

fn buffer(pod: &PodBudget<'_>, stated: Stated) -> Option<Bar> {
    let budget = &pod.budget;
    let extent = Extent::Between {
        from: budget.exit(),
        to: budget.total(),
    };
    let name = pod.container.name();
    (!budget.buffer.is_zero()).then(|| bar(name, "buffer", BarKind::Buffer, extent, stated))
}

fn balance(pod: &PodBudget<'_>) -> Verdict {
    let budget = &pod.budget;
    let balance = budget.balance();
    let fit = match balance {
        _ if budget.grace.value.is_zero() => Fit::Exceeds,
        Balance::Missing(_) => Fit::Exceeds,
        Balance::Spare(_) if budget.prestop.exact().is_none() => Fit::Unknown,
        Balance::Spare(_) => Fit::Fits,
    };
    let most = if fit == Fit::Unknown { "at most " } else { "" };
    Verdict {
        fit,
        text: format!("{budget}: {most}{balance}"),
    }
}

/// What it takes of a container that is told to end while requests still come.
fn early(clocks: Clocks<'_>, workload: Workload<'_>, pods: &[PodBudget<'_>]) -> Option<Verdict> {
    let serving = clocks.inventory.serving(workload);
    if !serving.is_serving() || !clocks.inventory.is_taken_over(workload) {
        return None;
    }
    let removal = clocks.removal(workload).delay;
    let mut served = pods.iter().filter(|pod| {
        let is_server = serving.is_served_by(pod.container) || !serving.has_owner();
        is_server
            && pod
                .budget
                .prestop
                .exact()
                .is_some_and(|time| time < removal)
    });
    let pod = served.next()?;
    Some(Verdict {
        fit: Fit::Unknown,
        text: format!(
            "container `{}` gets SIGTERM at {}, while requests may come until {}: none is lost only if it \
             goes on serving until then",
            pod.container.name(),
            show_seconds(pod.budget.prestop.lower_bound()),
            show_seconds(removal),
        ),
    })
}

fn unknown() -> Verdict {
    let text = "the grace period is not known: it holds a placeholder, or something else sets it";
    Verdict {
        fit: Fit::Unknown,
        text: text.to_owned(),
    }
}

/// Native sidecars: their hooks run with those of the application, SIGTERM comes once it has ended.
/// Gives the time at which the last of them has ended at the earliest.
fn sidecars(workload: Workload<'_>, end: Duration, bars: &mut Vec<Bar>) -> Duration {
    let sidecars: Vec<ContainerRef<'_>> = workload
        .template()
        .containers()
        .filter(|container| container.role == ContainerRole::NativeSidecar)
        .collect();
    let mut at = end;
    for container in sidecars.into_iter().rev() {
        let handler = container
            .data
            .lifecycle
            .as_ref()
            .and_then(|lifecycle| lifecycle.pre_stop.as_ref());
        bars.extend(hook(container, Prestop::of(handler)));
        let (extent, stated) = match shutdown::known(container.data) {
            Some(time) => (
                Extent::Between {
                    from: at,
                    to: at.saturating_add(time.value),
                },
                term(&time, None, workload, container),
            ),
            None => (
                Extent::AtLeast { from: at, to: at },
                said_at(
                    "native sidecar: SIGTERM after those above; nothing says how long it takes",
                    container.object(),
                    container
                        .node
                        .get("restartPolicy")
                        .or(Some(container.name_node())),
                ),
            ),
        };
        at = extent.times().last().unwrap_or(at);
        let name = container.name();
        bars.push(bar(
            name,
            "drain from SIGTERM",
            BarKind::Sidecar,
            extent,
            stated,
        ));
    }
    at
}

fn proxy(
    clocks: Clocks<'_>,
    workload: Workload<'_>,
    longest: Option<&PodBudget<'_>>,
    end: Duration,
    clock: &mut Clock,
) {
    let mesh = clocks.inventory.mesh(workload);
    if !mesh.has_sidecar() {
        return;
    }
    let kind = clocks.inventory.proxy_kind(workload);
    let settings = clocks.inventory.proxy_settings(workload);
    let from = Duration::ZERO;
    if kind != ProxyKind::Native && !settings.is_readable() {
        let stated = said("its configuration is not known");
        let extent = Extent::AtLeast { from, to: from };
        clock
            .bars
            .push(bar(PROXY, "drain", BarKind::Sidecar, extent, stated));
        return;
    }
    let exit = match kind {
        ProxyKind::Native => Proxy::Native,
        ProxyKind::Classic | ProxyKind::Unknown => Proxy::Classic(drain(&settings)),
    }
    .exit();
    let mut bar = leave(exit, end, &settings, workload);
    if kind == ProxyKind::Unknown {
        let by = "as a classic sidecar; a native one exits after the app";
        bar.stated.push(said(by));
    }
    clock.bars.push(bar);
    clock
        .verdicts
        .extend(longest.map(|pod| order(exit, kind, pod)));
}

/// How the proxy ends; all other containers have ended at `end` at the earliest.
fn leave(
    exit: ProxyExit,
    end: Duration,
    settings: &ProxySettings<'_>,
    workload: Workload<'_>,
) -> Bar {
    let from = Duration::ZERO;
    let (what, extent, stated) = match exit {
        ProxyExit::AfterApplication => (
            "drain, exit last",
            Extent::AtLeast { from, to: end },
            said("native sidecar: SIGTERM after all other containers"),
        ),
        ProxyExit::At(to) => {
            let drain = settings.termination_drain();
            (
                "drain, then exit",
                Extent::Between { from, to },
                told("terminationDrainDuration", drain.as_ref(), workload),
            )
        }
        ProxyExit::WhenIdle { earliest: to } => {
            let least = settings.minimum_drain();
            (
                "drain until idle",
                Extent::AtLeast { from, to },
                told("MINIMUM_DRAIN_DURATION", least.as_ref(), workload),
            )
        }
    };
    let mut bar = bar(PROXY, what, BarKind::Sidecar, extent, stated);
    if matches!(exit, ProxyExit::WhenIdle { .. }) {
        let name = "EXIT_ON_ZERO_ACTIVE_CONNECTIONS";
        let exit = settings.exit_on_zero();
        bar.stated.push(told(name, exit.as_ref(), workload));
    }
    bar
}

/// Who leaves first.
fn order(exit: ProxyExit, kind: ProxyKind, pod: &PodBudget<'_>) -> Verdict {
    let name = pod.container.name();
    match exit.outlived_by(&pod.budget) {
        Some(gap) => Verdict {
            fit: if kind == ProxyKind::Unknown {
                Fit::Unknown
            } else {
                Fit::Exceeds
            },
            text: format!(
                "the sidecar leaves {exit}: container `{name}` may be without it for {}{}",
                show_seconds(gap),
                if kind == ProxyKind::Unknown {
                    ", unless the sidecar is a native one"
                } else {
                    ""
                }
            ),
        },
        None => Verdict {
            fit: Fit::Fits,
            text: format!("the sidecar leaves {exit}"),
        },
    }
}

fn sigkill(workload: Workload<'_>, pod: &PodBudget<'_>) -> Bar {
    let budget = &pod.budget;
    let at = budget.sigkill();
    let stated = if at > budget.grace.value {
        said(format!(
            "the kubelet leaves {} after SIGTERM, however short the grace period",
            show_seconds(LEAST_AFTER_SIGTERM)
        ))
    } else {
        term(&budget.grace, pod.grace_node, workload, pod.container)
    };
    bar(POD, "SIGKILL", BarKind::Kill, Extent::At(at), stated)
}
