//! `exec-probe-default-timeout`

use super::probe::{ProbeRef, probes_of};
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::Workload;
use crate::lifecycle::probes::{ExecClient, Handler, Timing};
use crate::rules::text::and;
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "exec-probe-default-timeout",
    category: Category::Probes,
    severity: Severity::Note,
    pedantic: false,
    summary: "A probe starts a client and leaves it one second",
    page: include_str!("../../../rules/probes/exec-probe-default-timeout.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

/// Seconds. Enough to start a process and get an answer on a busy node.
const TIMEOUT: u64 = 5;

/// See the rule's page.
pub(in crate::rules) struct ExecProbeDefaultTimeout;

impl Rule for ExecProbeDefaultTimeout {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        // Older kubelets let exec probes run on.
        if !workload.is_long_running() || cx.is_kubernetes_before(1, 20) {
            return;
        }
        for container in workload.template().lasting_containers() {
            let mut probes: Vec<_> = probes_of(container)
                .filter_map(|probe| Some((client(cx, &probe)?, probe)))
                .collect();
            // A client that several probes run is one finding, whatever it asks.
            while let Some((client, first)) = probes.first().cloned() {
                let (alike, others): (Vec<_>, Vec<_>) =
                    probes.into_iter().partition(|(other, _)| *other == client);
                let alike: Vec<_> = alike.into_iter().map(|(_, probe)| probe).collect();
                let report = report(cx, workload, &client, &first, &alike);
                out.push(report.unless_trial(cx, workload));
                probes = others;
            }
        }
    }
}

/// The client that a probe starts and leaves the default time.
fn client(cx: &Context<'_>, probe: &ProbeRef<'_>) -> Option<ExecClient> {
    let client = Handler::of(probe.data, probe.container.ports())?.exec_client()?;
    let is_left_out = !Timing::of(probe.data).has_timeout()
        && probe.is_known(cx, "timeoutSeconds")
        && !probe.is_set_elsewhere(cx, "exec");
    is_left_out.then_some(client)
}

fn report<'a>(
    cx: &Context<'_>,
    workload: Workload<'a>,
    client: &ExecClient,
    probe: &ProbeRef<'a>,
    alike: &[ProbeRef<'a>],
) -> Report<'a> {
    let container = probe.container;
    let message = format!(
        "{} of `{}` gives `{}` 1s (default) to start and answer",
        probe.kind.as_str(),
        container.name(),
        client.name
    );
    // No longer than the period, or another rule would have something to say.
    let seconds = |probe: &ProbeRef<'_>| {
        let timing = Timing::of(probe.data);
        let own_limit = Handler::of(probe.data, container.ports()).and_then(|it| it.own_limit());
        let own_limit = own_limit.map_or(0, |limit| limit.as_secs());
        TIMEOUT
            .max(own_limit)
            .min(timing.period().as_secs())
            .max(timing.timeout().as_secs())
    };
    let node = probe.field(&["exec", "command"]).node();
    let mut report = Report::container(workload, container, node.unwrap_or(probe.key), message)
        .help(help(cx, client, alike, seconds));
    for other in alike.iter().skip(1) {
        report = report.related(container.object(), other.key, "the same client");
    }
    let longer: Vec<_> = alike.iter().filter(|it| seconds(it) > 1).collect();
    if longer.is_empty() {
        return report;
    }
    let fields: Vec<String> = longer
        .iter()
        .map(|it| format!("{}.timeoutSeconds to {}", it.kind.field(), seconds(it)))
        .collect();
    let title = format!("set {}", and(&fields));
    report.fix(Applicability::Unsafe, title, container.object(), |editor| {
        let mut edits = Vec::new();
        for it in &longer {
            edits.extend(editor.put(it.node, &[], "timeoutSeconds", Value::int(seconds(it)))?);
        }
        Ok(edits)
    })
}

fn help(
    cx: &Context<'_>,
    client: &ExecClient,
    alike: &[ProbeRef<'_>],
    seconds: impl Fn(&ProbeRef<'_>) -> u64,
) -> String {
    let lines: Vec<String> = alike
        .iter()
        .map(|it| format!("{}:\n  timeoutSeconds: {}", it.kind.field(), seconds(it)))
        .collect();
    let limit = match client.native {
        // On by default from 1.24.
        Some("grpc") if !cx.is_kubernetes_before(1, 24) => "the server uses plaintext",
        Some("httpGet") => "a plain GET is enough",
        _ => {
            return format!(
                "a slower run on a busy node counts as failed\n{}",
                lines.join("\n")
            );
        }
    };
    format!(
        "where {limit}, the kubelet's own `{}` probe starts no process; else\n{}",
        client.native.unwrap_or_default(),
        lines.join("\n")
    )
}
