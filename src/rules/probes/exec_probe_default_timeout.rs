//! `exec-probe-default-timeout`

use super::probe::{ProbeRef, probes_of};
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::Workload;
use crate::lifecycle::probes::{ExecClient, Handler, Timing};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "exec-probe-default-timeout",
    category: Category::Probes,
    severity: Severity::Note,
    pedantic: false,
    summary: "A probe starts a network client and leaves it one second",
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
        let containers = workload.template().lasting_containers();
        for probe in containers.flat_map(probes_of) {
            check(cx, workload, &probe, out);
        }
    }
}

fn check(cx: &Context<'_>, workload: Workload<'_>, probe: &ProbeRef<'_>, out: &mut Findings) {
    let container = probe.container;
    let client = Handler::of(probe.data, container.ports())
        .as_ref()
        .and_then(Handler::exec_client);
    let Some(client) = client else {
        return;
    };
    let timing = Timing::of(probe.data);
    if timing.has_timeout()
        || !probe.is_known(cx, "timeoutSeconds")
        || probe.is_set_elsewhere(cx, "exec")
    {
        return;
    }
    let message = format!(
        "{} of container `{}` runs `{}` without timeoutSeconds: the kubelet gives it 1s (default) \
         to start a process and get an answer, and a slower run on a busy node counts as failed",
        probe.kind.as_str(),
        container.name(),
        client.as_str()
    );
    let node = probe.field(&["exec", "command"]).node();
    let node = node.unwrap_or(probe.key);
    let report =
        Report::container(workload, container, node, message).help(help(cx, probe, client));
    // No longer than the period, or another rule would have something to say.
    let seconds = TIMEOUT.min(timing.period().as_secs());
    out.push(if seconds > timing.timeout().as_secs() {
        let title = format!("set {}.timeoutSeconds to {seconds}", probe.kind.field());
        report.fix(Applicability::Unsafe, title, container.object(), |editor| {
            editor.put(probe.node, &[], "timeoutSeconds", Value::int(seconds))
        })
    } else {
        report
    });
}

fn help(cx: &Context<'_>, probe: &ProbeRef<'_>, client: ExecClient) -> String {
    let field = probe.kind.field();
    let is_native = match client {
        // On by default from 1.24.
        ExecClient::GrpcHealthProbe => !cx.is_kubernetes_before(1, 24),
        ExecClient::Curl | ExecClient::Wget => true,
    };
    if !is_native {
        return format!("in the {field}: timeoutSeconds: {TIMEOUT}");
    }
    let limit = match client {
        ExecClient::GrpcHealthProbe => "where the server speaks plaintext",
        ExecClient::Curl | ExecClient::Wget => "where a plain GET will do",
    };
    format!(
        "in the {field}: timeoutSeconds: {TIMEOUT}; or, {limit}, the kubelet's own `{}` probe, which starts \
         no process",
        client.native()
    )
}
