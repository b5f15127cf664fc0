//! `liveness-probes-dependencies`

use super::probe::{ProbeKind, probes_of};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRef, Workload};
use crate::lifecycle::probes::{Handler, Timing};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "liveness-probes-dependencies",
    category: Category::Probes,
    severity: Severity::Warning,
    pedantic: false,
    summary: "The liveness probe asks for readiness, and so for everything the container depends on",
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
    if !handler.names_readiness() || asked.iter().any(|field| probe.is_set_elsewhere(cx, field)) {
        return;
    }
    let is_known = ["periodSeconds", "timeoutSeconds", "failureThreshold"]
        .iter()
        .all(|field| probe.is_known(cx, field));
    let while_down = if is_known {
        format!(" for {}", Timing::of(probe.data).show_tolerance())
    } else {
        String::new()
    };
    let message = format!(
        "liveness probe of container `{}` asks for readiness ({handler}): when something it depends \
         on is down{while_down}, every replica is restarted, which helps nothing and delays recovery",
        container.name(),
    );
    let help = "let liveness ask only whether the process itself still works (an endpoint such as \
                /livez that calls nothing else), and leave dependencies to readiness";
    let node = [
        &["httpGet", "path"][..],
        &["grpc", "service"],
        &["exec", "command"],
    ]
    .into_iter()
    .find_map(|path| probe.field(path).node())
    .unwrap_or(probe.key);
    out.push(Report::container(workload, container, node, message).help(help));
}
