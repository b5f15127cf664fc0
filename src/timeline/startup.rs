//! From the start of a pod's containers to a finished rollout.

use std::time::Duration;

use k8s_openapi::api::core::v1::Probe;

use super::{POD, PROXY, bar, membership, said, said_at, term};
use crate::clocks::{Clocks, Hold};
use crate::finding::{Bar, BarKind, Clock, Extent, Fit, Stated, Verdict};
use crate::inventory::ProxyKind;
use crate::kube::{ContainerRef, ContainerRole, Workload};
use crate::lifecycle::Term;
use crate::lifecycle::probes::Timing;
use crate::lifecycle::startup::{Progress, ReadyAfter, earliest_ready};
use crate::yaml::Node;

pub(super) fn clock(clocks: Clocks<'_>, workload: Workload<'_>) -> Clock {
    let mut clock = Clock::default();
    clock.bars.extend(proxy(clocks, workload));
    let template = workload.template();
    let (sidecars, plain): (Vec<_>, Vec<_>) = template
        .containers()
        .filter(|container| container.role != ContainerRole::Main)
        .partition(|container| container.role == ContainerRole::NativeSidecar);
    clock.bars.extend(plain.into_iter().map(init));
    clock
        .bars
        .extend(sidecars.into_iter().map(|it| sidecar(clocks, it)));
    let mut slowest = None;
    for container in template.lasting_containers() {
        let timing = startup_probe(clocks, container).and_then(|probe| probe.timing);
        slowest = slowest.max(timing.map(|timing| timing.startup_budget()));
        if container.role == ContainerRole::Main {
            of_container(clocks, workload, container, &mut clock);
        }
    }
    deadline(clocks, workload, slowest, &mut clock);
    recovery(clocks, workload, &mut clock);
    clock
}

/// The recovery time objective, and whether the container that takes longest keeps it.
fn recovery(clocks: Clocks<'_>, workload: Workload<'_>, clock: &mut Clock) {
    let recoveries = clocks.recoveries(workload);
    let worst = recoveries.iter().max_by_key(|it| {
        let longest = it.longest();
        (
            it.is_missed(),
            it.may_be_missed(),
            longest.is_none(),
            longest,
        )
    });
    let Some(worst) = worst else {
        return;
    };
    let stated = match worst.node {
        Some(node) => said_at("lameduck.dev/rto", worst.object, Some(node)),
        None => said("from the configuration"),
    };
    let extent = Extent::Between {
        from: Duration::ZERO,
        to: worst.target,
    };
    let what = "recovery time objective";
    clock
        .bars
        .push(bar(POD, what, BarKind::Limit, extent, stated));
    let fit = if worst.is_missed() || worst.may_be_missed() {
        Fit::Exceeds
    } else if worst.longest().is_none() {
        Fit::Unknown
    } else {
        Fit::Fits
    };
    let text = worst.to_string();
    clock.verdicts.push(Verdict { fit, text });
}

fn proxy(clocks: Clocks<'_>, workload: Workload<'_>) -> Option<Bar> {
    let mesh = clocks.inventory.mesh(workload);
    if !mesh.has_sidecar() {
        return None;
    }
    let object = workload.template().object();
    let held = |what, by, node| (what, Extent::Before, said_at(by, object, node));
    let (what, extent, stated) = match clocks.inventory.proxy_kind(workload) {
        ProxyKind::Native => held(
            "start, the app waits",
            "native sidecar: the app starts once it is up",
            None,
        ),
        kind => match clocks.hold(workload) {
            Hold::Pod(node) => held(
                "start, holds the app",
                "holdApplicationUntilProxyStarts",
                Some(node),
            ),
            Hold::Mesh => held(
                "start, holds the app",
                "holdApplicationUntilProxyStarts, for the whole mesh",
                None,
            ),
            Hold::None => (
                "start with the app",
                Extent::AtLeast {
                    from: Duration::ZERO,
                    to: Duration::ZERO,
                },
                said(if kind == ProxyKind::Unknown {
                    "no holdApplicationUntilProxyStarts; a native sidecar would start first"
                } else {
                    "no holdApplicationUntilProxyStarts"
                }),
            ),
        },
    };
    let mut bar = bar(PROXY, what, BarKind::Sidecar, extent, stated);
    bar.stated.push(membership(&mesh));
    Some(bar)
}

fn init(container: ContainerRef<'_>) -> Bar {
    let stated = said_at(
        "init container: nothing says how long it runs",
        container.object(),
        Some(container.name_node()),
    );
    let name = container.name();
    bar(
        name,
        "runs to its end first",
        BarKind::Wait,
        Extent::Before,
        stated,
    )
}

fn sidecar(clocks: Clocks<'_>, container: ContainerRef<'_>) -> Bar {
    let stated = match startup_probe(clocks, container) {
        Some(probe) => probe.stated(container, |timing| {
            format!("the app waits for it, {}", timing.show_startup_budget())
        }),
        None => said_at(
            "native sidecar: the app starts once it runs",
            container.object(),
            Some(container.name_node()),
        ),
    };
    let name = container.name();
    bar(
        name,
        "start, the app waits",
        BarKind::Sidecar,
        Extent::Before,
        stated,
    )
}

/// A probe that is there.
struct ProbeClock<'a> {
    /// The field's name.
    field: &'static str,
    /// The probe's key; the container's name where something else sets the probe.
    node: Node<'a>,
    /// `None` where its numbers are not known.
    timing: Option<Timing>,
}

impl<'a> ProbeClock<'a> {
    fn of(
        clocks: Clocks<'_>,
        container: ContainerRef<'a>,
        field: &'static str,
        probe: Option<&Probe>,
    ) -> Option<Self> {
        let is_set = |of, name| {
            let object = container.object();
            clocks.inventory.is_always_set_elsewhere(object, of, name)
        };
        let entry = container.node.entry(field);
        let is_known = !container.field(&[field]).is_unknown()
            && !is_set(container.node, field)
            && ["initialDelaySeconds", "periodSeconds", "failureThreshold"]
                .into_iter()
                .all(|time| {
                    let is_set = entry.is_some_and(|entry| is_set(entry.value.resolved(), time));
                    !container.field(&[field, time]).is_unknown() && !is_set
                });
        if probe.is_none() && is_known {
            return None;
        }
        Some(Self {
            field,
            node: entry.map_or_else(|| container.name_node(), |entry| entry.key),
            timing: probe.filter(|_| is_known).map(Timing::of),
        })
    }

    /// Where its numbers come from.
    fn stated(&self, container: ContainerRef<'_>, sum: impl Fn(&Timing) -> String) -> Stated {
        let by = match &self.timing {
            Some(timing) => format!("{}: {}", self.field, sum(timing)),
            None => format!("{}: not known, a placeholder or set elsewhere", self.field),
        };
        said_at(by, container.object(), Some(self.node))
    }

    /// From one time of the probe to another.
    fn window(&self, from: fn(&Timing) -> Duration, to: fn(&Timing) -> Duration) -> Extent {
        match &self.timing {
            Some(timing) => Extent::Between {
                from: from(timing),
                to: to(timing),
            },
            None => Extent::AtLeast {
                from: Duration::ZERO,
                to: Duration::ZERO,
            },
        }
    }
}

fn startup_probe<'a>(clocks: Clocks<'_>, container: ContainerRef<'a>) -> Option<ProbeClock<'a>> {
    let probe = container.data.startup_probe.as_ref();
    ProbeClock::of(clocks, container, "startupProbe", probe)
}

fn of_container(
    clocks: Clocks<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    clock: &mut Clock,
) {
    let name = container.name();
    let declared = clocks.declared_start(workload, container);
    if let Some(time) = &declared {
        let extent = Extent::Between {
            from: Duration::ZERO,
            to: time.value,
        };
        let stated = term(time, None, workload, container);
        clock.bars.push(bar(
            name,
            "declared start-up",
            BarKind::Work,
            extent,
            stated,
        ));
    }
    let startup = startup_probe(clocks, container);
    let probe = container.data.liveness_probe.as_ref();
    let liveness = ProbeClock::of(clocks, container, "livenessProbe", probe);
    if let Some(probe) = &startup {
        let extent = probe.window(Timing::initial_delay, Timing::startup_budget);
        let stated = probe.stated(container, Timing::show_startup_budget);
        let what = "startup probe may pass";
        clock
            .bars
            .push(bar(name, what, BarKind::Probe, extent, stated));
    }
    // Only the first of the two watches the start.
    if let Some(probe) = startup.as_ref().or(liveness.as_ref()) {
        clock.bars.push(kill_window(container, probe));
        let verdict = |time| survives(name, probe, time);
        clock.verdicts.extend(declared.as_ref().and_then(verdict));
    }
    clock
        .bars
        .push(ready(clocks, workload, container, declared.as_ref()));
    if let (Some(probe), Some(Some(startup))) = (&liveness, startup.map(|it| it.timing)) {
        clock
            .bars
            .push(tolerance(container, probe, &startup, declared.as_ref()));
    }
}

/// When the probe kills a container that never comes up.
fn kill_window(container: ContainerRef<'_>, probe: &ProbeClock<'_>) -> Bar {
    let extent = probe.window(Timing::guaranteed_survival, Timing::latest_kill);
    let stated = probe.stated(container, |timing| {
        format!("at the earliest after {}", timing.show_survival())
    });
    let name = container.name();
    bar(name, "killed if not up", BarKind::Kill, extent, stated)
}

/// How long the liveness probe bears failures, from the earliest time at which it asks.
fn tolerance(
    container: ContainerRef<'_>,
    probe: &ProbeClock<'_>,
    startup: &Timing,
    declared: Option<&Term>,
) -> Bar {
    let (from, _) = earliest_ready(declared.map(|time| time.value), Some(startup), None);
    let extent = match &probe.timing {
        Some(timing) => Extent::Between {
            from,
            to: from.saturating_add(timing.tolerance()),
        },
        None => Extent::AtLeast { from, to: from },
    };
    let stated = probe.stated(container, |timing| {
        format!("once started, {}", timing.show_tolerance())
    });
    let name = container.name();
    let what = "liveness tolerates failures";
    bar(name, what, BarKind::Probe, extent, stated)
}

/// When the container can be ready first.
fn ready(
    clocks: Clocks<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    declared: Option<&Term>,
) -> Bar {
    let name = container.name();
    let startup = startup_probe(clocks, container);
    let data = container.data.readiness_probe.as_ref();
    let readiness = ProbeClock::of(clocks, container, "readinessProbe", data);
    let successes = data.and_then(|probe| probe.success_threshold);
    let successes = successes.and_then(|it| u32::try_from(it).ok()).unwrap_or(1);
    let is_known = |probe: &Option<ProbeClock<'_>>| match probe {
        Some(probe) => probe.timing.is_some(),
        None => true,
    };
    let (at, after) = earliest_ready(
        declared.map(|time| time.value),
        startup.as_ref().and_then(|it| it.timing.as_ref()),
        readiness
            .as_ref()
            .and_then(|it| Some((it.timing.as_ref()?, successes))),
    );
    let extent = if is_known(&startup) && is_known(&readiness) {
        Extent::At(at)
    } else {
        Extent::AtLeast { from: at, to: at }
    };
    let of_probe = |probe: Option<&ProbeClock<'_>>| {
        let probe = probe?;
        let by = format!("first {} that can pass", probe.field);
        Some(said_at(by, container.object(), Some(probe.node)))
    };
    let stated = match (after, declared) {
        (ReadyAfter::Declared, Some(time)) => Some(term(time, None, workload, container)),
        (ReadyAfter::StartupProbe, _) => of_probe(startup.as_ref()),
        _ => of_probe(readiness.as_ref()),
    };
    let stated = stated.unwrap_or_else(|| said("no probe: ready as soon as it runs"));
    bar(name, "earliest ready", BarKind::Probe, extent, stated)
}

/// Whether a start that takes as long as declared is left alone.
fn survives(name: &str, probe: &ProbeClock<'_>, declared: &Term) -> Option<Verdict> {
    let timing = probe.timing.as_ref()?;
    let survival = timing.show_survival();
    Some(if declared.value > timing.guaranteed_survival() {
        Verdict {
            fit: Fit::Exceeds,
            text: format!(
                "container `{name}` takes {declared} to start, but its {} may kill it after {survival}",
                probe.field
            ),
        }
    } else {
        Verdict {
            fit: Fit::Fits,
            text: format!(
                "container `{name}` takes {declared} to start, and its {} leaves it {survival}",
                probe.field
            ),
        }
    })
}

fn deadline(
    clocks: Clocks<'_>,
    workload: Workload<'_>,
    slowest: Option<Duration>,
    clock: &mut Clock,
) {
    let Some((min_ready, deadline)) = clocks.rollout_times(workload) else {
        return;
    };
    let progress = Progress::new(slowest.unwrap_or_default(), min_ready, deadline);
    let object = workload.object();
    let node = object.field(&["spec", "progressDeadlineSeconds"]).node();
    let by = match node {
        Some(_) => "as written; scheduling and image pulls count too",
        None => "default; scheduling and image pulls count too",
    };
    let extent = Extent::Between {
        from: Duration::ZERO,
        to: progress.deadline,
    };
    let stated = said_at(by, object, node);
    let what = "progress deadline";
    clock
        .bars
        .push(bar(POD, what, BarKind::Limit, extent, stated));
    if slowest.is_some() {
        let fit = if progress.exceeds_deadline() {
            Fit::Exceeds
        } else {
            Fit::Fits
        };
        let text = progress.to_string();
        clock.verdicts.push(Verdict { fit, text });
    }
}
