//! `liveness-probes-dependencies`

use super::probe::{ProbeKind, ProbeRef, probes_of};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRef, Workload};
use crate::lifecycle::probes::{Handler, Readiness, Timing};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "liveness-probes-dependencies",
    category: Category::Probes,
    severity: Severity::Warning,
    pedantic: false,
    summary: "The liveness probe checks dependencies, as readiness does",
    page: include_str!("../../../rules/probes/liveness-probes-dependencies.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["separate-endpoints", "distinct-probes"],
};

/// See the rule's page.
pub(in crate::rules) struct LivenessProbesDependencies;

impl Rule for LivenessProbesDependencies {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        if workload.is_long_running() {
            for container in workload.template().lasting_containers() {
                check(cx, workload, container, out);
            }
        }
    }
}

fn check(
    cx: &Context<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    out: &mut Findings,
) {
    let liveness = probes_of(container).find(|probe| probe.kind == ProbeKind::Liveness);
    let (Some(probe), false) = (liveness, super::identical_probes::speaks(cx, container)) else {
        return;
    };
    let asked = ["exec", "httpGet", "grpc"];
    let Some(handler) = Handler::of(probe.data, container.ports()) else {
        return;
    };
    let Some(by) = handler.names_readiness() else {
        return;
    };
    if asked.iter().any(|field| probe.is_set_elsewhere(cx, field)) {
        return;
    }
    let is_known = ["periodSeconds", "failureThreshold"]
        .iter()
        .all(|field| probe.is_known(cx, field));
    // A dependency that is down answers at once.
    let while_down = if is_known {
        format!(
            " for {}",
            show_seconds(Timing::of(probe.data).failing_time())
        )
    } else {
        String::new()
    };
    let (mut message, severity) = judgement(by, container.name(), &while_down);
    let swapped = swapped(cx, container);
    if swapped.is_some() {
        message = format!(
            "liveness of `{}` asks for readiness, and readiness for liveness: swapped",
            container.name()
        );
    }
    let help = if swapped.is_some() {
        "swap the two paths: readiness is to ask what depends on others, liveness only whether the process works"
    } else {
        "let liveness check only whether the process itself works, by an endpoint that calls \
                nothing else, and leave dependencies to readiness: a restart does not bring them back"
    };
    let report = Report::container(workload, container, place(probe), message).help(help);
    let report = report.severity(severity).detail("in every pod at once");
    out.push(match swapped {
        Some(path) => report.related(
            container.object(),
            path,
            "readiness asks for liveness by its name",
        ),
        None => report,
    });
}

/// The path of the readiness probe, where that asks for liveness by its name.
fn swapped<'a>(cx: &Context<'_>, container: ContainerRef<'a>) -> Option<Node<'a>> {
    let probe = probes_of(container).find(|probe| probe.kind == ProbeKind::Readiness)?;
    let handler = Handler::of(probe.data, container.ports())?;
    let is_swapped = handler.names_liveness() && handler.names_readiness().is_none();
    let is_known = is_swapped && !probe.is_set_elsewhere(cx, "httpGet");
    is_known.then(|| probe.field(&["httpGet", "path"]).node())?
}

fn judgement(by: Readiness, name: &str, while_down: &str) -> (String, Severity) {
    match by {
        Readiness::Path => {
            let message = format!(
                "by its name, liveness of `{name}` is readiness: a dependency down{while_down} may restart it"
            );
            (message, Severity::Note)
        }
        Readiness::Service => {
            let message = format!(
                "liveness of `{name}` checks readiness: a dependency down{while_down} restarts it"
            );
            (message, Severity::Warning)
        }
    }
}

/// What of the probe says that it asks for readiness.
fn place(probe: ProbeRef<'_>) -> Node<'_> {
    [
        &["httpGet", "path"][..],
        &["grpc", "service"],
        &["exec", "command"],
    ]
    .into_iter()
    .find_map(|path| probe.field(path).node())
    .unwrap_or(probe.key)
}
