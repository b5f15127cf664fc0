//! `identical-probes`

use std::time::Duration;

use super::patience::{enough, failures};
use super::shared_check::{asks_api_server, connects_only, looks_only};
use crate::edit::{Advice, Value};
use crate::finding::{Applicability, Category, FixAvailability, OptionMeta, RuleMeta, Severity};
use crate::kube::{ContainerRef, Workload};
use crate::lifecycle::probes::{Handler, Timing};
use crate::rules::{Context, Findings, Report, Rule};
use crate::settings::OptionValue;
use crate::units::show_seconds;

const ALLOW_TOLERANT_LIVENESS: &str = "allow-tolerant-liveness";

static META: RuleMeta = RuleMeta {
    id: "identical-probes",
    category: Category::Probes,
    severity: Severity::Warning,
    pedantic: false,
    summary: "Liveness and readiness run one check and fail together",
    page: include_str!("../../../rules/probes/identical-probes.md"),
    options: &[OptionMeta {
        name: ALLOW_TOLERANT_LIVENESS,
        default: OptionValue::Bool(true),
        summary: "Accept one handler for both where liveness tolerates 1.5 times as long as readiness, and 10s longer.",
    }],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["separate-endpoints", "distinct-probes"],
};

/// See the rule's page.
pub(in crate::rules) struct IdenticalProbes;

impl Rule for IdenticalProbes {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        if workload.is_long_running() && !cx.inventory.replicas(workload).is_parked() {
            for container in workload.template().lasting_containers() {
                check(cx, workload, container, out);
            }
        }
    }
}

/// The two timings, where the rule has something to say of them.
fn judged(cx: &Context<'_>, container: ContainerRef<'_>) -> Option<(Timing, Timing)> {
    let data = container.data;
    let (liveness, readiness) = (
        data.liveness_probe.as_ref()?,
        data.readiness_probe.as_ref()?,
    );
    let handler = Handler::of(liveness, container.ports())?;
    if handler.always_passes()
        || Handler::of(readiness, container.ports()) != Some(handler)
        || has_unknown_number(container)
    {
        return None;
    }
    let (live, ready) = (Timing::of(liveness), Timing::of(readiness));
    let is_accepted = is_tolerant(&live, &ready) && cx.switch(&META, ALLOW_TOLERANT_LIVENESS);
    (!is_accepted).then_some((live, ready))
}

fn is_tolerant(live: &Timing, ready: &Timing) -> bool {
    live.tolerance() >= enough(ready.tolerance())
}

/// Whether the rule speaks of a container, so that a weaker one is silent.
pub(super) fn speaks(cx: &Context<'_>, container: ContainerRef<'_>) -> bool {
    judged(cx, container).is_some()
}

fn check(
    cx: &Context<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    out: &mut Findings,
) {
    let Some((live, ready)) = judged(cx, container) else {
        return;
    };
    let (Some(live_node), Some(ready_node)) = (
        container.node.entry("livenessProbe"),
        container.node.entry("readinessProbe"),
    ) else {
        return;
    };
    let message = message(container, &live);
    let own = own_check(container);
    let serving = cx.inventory.serving(workload);
    // What another container of the pod serves is nothing to this one.
    let is_serving =
        serving.is_serving() && (serving.is_served_by(container) || !serving.has_owner());
    let severity = if is_serving {
        Severity::Warning
    } else {
        Severity::Note
    };
    let report = Report::container(workload, container, live_node.key, message)
        .related(container.object(), ready_node.key, "the same handler")
        .severity(severity);
    // Who is restarted answers nobody.
    let report = if is_serving {
        report.serving(&serving)
    } else {
        report
    };
    // What asks for readiness does not become a check of the process by failing more often.
    if is_tolerant(&live, &ready) || needs_another_check(container) {
        out.push(report.help(own));
        return;
    }
    if ready.tolerance() > LONGEST_OUT_OF_ROTATION && live.tolerance() < ready.tolerance() {
        out.push(report.help(format!(
            "{own}; and let readiness fail sooner: for {} requests go on to a container that cannot answer",
            show_seconds(ready.tolerance())
        )));
        return;
    }
    let report = raise(container, own, (&live, &ready), report);
    // Who lets liveness tolerate longer already, or over a minute, has thought of it.
    let is_unheeded =
        live.tolerance() <= ready.tolerance() && live.tolerance() < LONGEST_OUT_OF_ROTATION;
    out.push(if is_serving && is_unheeded {
        report.unless_trial(cx, workload)
    } else {
        report.without_fix()
    });
}

/// Lets liveness tolerate longer than readiness.
fn raise<'r>(
    container: ContainerRef<'_>,
    own: &str,
    (live, ready): (&Timing, &Timing),
    report: Report<'r>,
) -> Report<'r> {
    let failures = more_failures(live, ready);
    let report = report.advise(
        &format!(
            "{own}; or let it tolerate longer than readiness ({})",
            show_seconds(ready.tolerance())
        ),
        &Advice::below(
            &["livenessProbe"],
            [("failureThreshold", Value::int(failures))],
        ),
        Applicability::Unsafe,
        format!("set livenessProbe.failureThreshold to {failures}"),
        container.object(),
        container.node,
    );
    report.effect("a container that hangs is restarted later")
}

/// A readiness probe that tolerates longer is what is odd, and nothing to measure liveness by.
const LONGEST_OUT_OF_ROTATION: Duration = Duration::from_secs(60);

fn message(container: ContainerRef<'_>, live: &Timing) -> String {
    if asks_api_server(container)
        || container
            .data
            .liveness_probe
            .as_ref()
            .is_some_and(looks_only)
    {
        return format!(
            "liveness of `{}` repeats readiness: what makes it unready restarts it after about {}",
            container.name(),
            show_seconds(live.tolerance()),
        );
    }
    let strain = if connects_only(container) {
        "only busy accepting"
    } else {
        "only overloaded"
    };
    format!(
        "liveness of `{}` repeats readiness: if {strain}, restarted after about {}",
        container.name(),
        show_seconds(live.tolerance()),
    )
}

/// The kernel completes a handshake until the queue of the listening port is full: what is only busy passes
/// both checks, and more patience of one buys nothing.
const CONNECT: &str =
    "let readiness ask the application: a connection is accepted before it can answer";

/// Whether no number makes the shared check one for liveness.
fn needs_another_check(container: ContainerRef<'_>) -> bool {
    connects_only(container) || asks_readiness(container) || asks_api_server(container)
}

/// What liveness should ask instead.
fn own_check(container: ContainerRef<'_>) -> &'static str {
    if connects_only(container) {
        CONNECT
    } else if asks_api_server(container) {
        "it asks the API server, and no restart helps while that fails: let liveness ask only whether the port \
         is open (`tcpSocket`)"
    } else {
        "give liveness a check of its own that tells only whether the process is alive"
    }
}

/// Whether the liveness probe asks for readiness by its name, which another rule reports.
fn asks_readiness(container: ContainerRef<'_>) -> bool {
    let probe = container.data.liveness_probe.as_ref();
    let handler = probe.and_then(|probe| Handler::of(probe, container.ports()));
    handler.is_some_and(|handler| handler.names_readiness().is_some())
}

/// The failure threshold with which liveness tolerates enough.
fn more_failures(live: &Timing, ready: &Timing) -> u128 {
    let pace = live.period().max(live.timeout());
    let least = failures(enough(ready.tolerance()), pace);
    // A number that people write.
    least.next_multiple_of(if least > 6 { 5 } else { 1 })
}

/// Whether a number that the comparison rests on cannot be known.
fn has_unknown_number(container: ContainerRef<'_>) -> bool {
    ["livenessProbe", "readinessProbe"].iter().any(|probe| {
        ["periodSeconds", "timeoutSeconds", "failureThreshold"]
            .iter()
            .any(|field| container.field(&[probe, field]).is_unknown())
    })
}
