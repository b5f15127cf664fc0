//! `job-never-completes`

use crate::clocks::{Injected, written};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Membership, ProxyKind};
use crate::kube::{ContainerRef, Workload, WorkloadKind};
use crate::lifecycle::helper::{Helper, JobEnd};
use crate::lifecycle::words;
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "job-never-completes",
    category: Category::Shutdown,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A sidecar never ends, so the Job never completes",
    page: include_str!("../../../rules/shutdown/job-never-completes.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// Agents that run until they are stopped, by the name of their image.
const AGENTS: [&str; 6] = [
    "fluent-bit",
    "fluentd",
    "filebeat",
    "promtail",
    "opentelemetry-collector",
    "opentelemetry-collector-contrib",
];

const NATIVE: &str = "make it a native sidecar, which is stopped when the others have ended (Kubernetes 1.29 \
                      or newer): move it to `initContainers`, with restartPolicy: Always";

/// See the rule's page.
pub(in crate::rules) struct JobNeverCompletes;

impl Rule for JobNeverCompletes {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let is_job = matches!(
            workload.kind(),
            WorkloadKind::Job | WorkloadKind::CronJob | WorkloadKind::ScaledJob
        );
        let template = workload.template();
        let shares_processes = template
            .spec()
            .is_some_and(|spec| spec.share_process_namespace == Some(true));
        // What sees the other's process can end it.
        if !is_job || shares_processes || template.main_containers().next().is_none() {
            return;
        }
        check_written(workload, out);
        check_istio(cx, workload, out);
        for injected in cx.clocks().injected(workload) {
            check_injected(workload, &injected, out);
        }
    }
}

fn check_written(workload: Workload<'_>, out: &mut Findings) {
    let known: Vec<(ContainerRef<'_>, &Helper)> = written(workload).collect();
    let mut lasting: Vec<(ContainerRef<'_>, &str, Option<&str>)> = Vec::new();
    for (container, helper) in &known {
        let end = match helper.job {
            JobEnd::Endpoint(end) | JobEnd::Option(end) | JobEnd::Annotation(end) => Some(end),
            JobEnd::Never => None,
        };
        if !helper.ends_by_option(container.data) {
            lasting.push((*container, helper.name, end));
        }
    }
    for container in workload.template().main_containers() {
        let agent = AGENTS.iter().find(|agent| is_image(container, agent));
        if let Some(agent) = agent.filter(|_| container.data.command.is_none()) {
            lasting.push((container, agent, None));
        }
    }
    let helpers = known.len().max(lasting.len());
    for (container, name, end) in &lasting {
        // The only container, or one of several helpers, is what the Job is for.
        if workload.template().main_containers().count() <= helpers || is_ended(workload, *end) {
            continue;
        }
        let message = format!(
            "`{}` ({name}) never ends by itself: the Job's pods never complete",
            container.name()
        );
        let asked = match end {
            Some("quitquitquit") if *name != "Envoy" => {
                "; or start it with --quitquitquit, and let the application end it by a POST to \
                 localhost:9091/quitquitquit"
            }
            _ => "",
        };
        let report = Report::container(workload, *container, container.name_node(), message);
        out.push(report.help(format!("{NATIVE}{asked}")));
    }
}

fn check_istio(cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
    let mesh = cx.inventory.mesh(workload);
    // What only may be in the mesh is not known to have a proxy.
    if mesh.membership != Membership::Sidecar || is_ended(workload, Some("quitquitquit")) {
        return;
    }
    let (severity, unless) = match cx.inventory.proxy_kind(workload) {
        ProxyKind::Native => return,
        ProxyKind::Classic => (Severity::Warning, ""),
        ProxyKind::Unknown => (Severity::Note, " where it is not a native sidecar"),
    };
    let object = workload.object();
    let message =
        format!("Istio's proxy never ends by itself{unless}: the Job's pods never complete");
    let report = Report::object(object, object.name_node(), message)
        .severity(severity)
        .help(
            "make it a native sidecar (the default from Istio 1.27 on Kubernetes 1.33 on; from Istio \
             1.24 on by the pod's annotation sidecar.istio.io/nativeSidecar: \"true\"), or let the \
             application end it by a POST to localhost:15020/quitquitquit",
        );
    out.push(report.mesh(&mesh));
}

fn check_injected(workload: Workload<'_>, injected: &Injected<'_>, out: &mut Findings) {
    let helper = injected.helper;
    let template = workload.template();
    let (end, key) = match helper.job {
        JobEnd::Endpoint(end) => (Some(end), None),
        JobEnd::Annotation(key) => (Some("agent/v1/quit"), Some(key)),
        JobEnd::Never | JobEnd::Option(_) => (None, None),
    };
    let is_off = |key: &str| {
        let told = template.annotation(key).and_then(Node::text);
        told.is_some_and(|text| text == "true")
    };
    // With this endpoint the application may end the agent in its own code.
    let may_quit = key.is_some() && is_off("vault.hashicorp.com/agent-enable-quit");
    let is_native = injected.is_native == Some(true);
    if is_native || may_quit || key.is_some_and(is_off) || is_ended(workload, end) {
        return;
    }
    // The application may ask for the end in its own code.
    let (severity, unless) = match (injected.is_native, key) {
        (Some(false), _) | (_, Some(_)) => (Severity::Warning, ""),
        _ => (Severity::Note, " where it is not a native sidecar"),
    };
    let object = workload.object();
    let message = format!(
        "{} never ends by itself{unless}: the Job's pods never complete",
        helper.name
    );
    let report = Report::object(object, object.name_node(), message)
        .severity(severity)
        .help(match key {
            Some(key) => format!("inject no more than the init container: {key}: \"true\""),
            None => help(injected),
        });
    out.push(match &injected.evidence {
        Some(by) => report.related(by.object, by.node, by.message.clone()),
        None => report,
    });
}

fn help(injected: &Injected<'_>) -> String {
    let native = &injected.injection.native;
    let Some((key, since)) = native.advised else {
        return NATIVE.to_owned();
    };
    let end = match injected.helper.job {
        JobEnd::Endpoint("linkerd-await") => "start the application by `linkerd-await --shutdown`",
        JobEnd::Endpoint("v1.0/shutdown") => {
            "let the application end it by a POST to localhost:3500/v1.0/shutdown"
        }
        _ => "let the application end it by a request to localhost:20600/graceful_shutdown",
    };
    let default = native.default_since;
    let default = default.map_or_else(String::new, |release| {
        format!(", the default from {release} on")
    });
    format!("make it a native sidecar ({key}: \"true\", {since} or newer{default}), or {end}")
}

fn is_image(container: ContainerRef<'_>, name: &str) -> bool {
    let image = container.data.image.as_deref().unwrap_or_default();
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split(['@', ':']).next() == Some(name)
}

/// Whether a container of the pod ends the helper, as far as its command says.
fn is_ended(workload: Workload<'_>, end: Option<&str>) -> bool {
    const ENDS: [&str; 8] = [
        "quitquitquit",
        "linkerd-await",
        "scuttle",
        "envwarp",
        "pkill",
        "killall",
        "4191/shutdown",
        "cloud-sql-proxy shutdown",
    ];
    workload.template().main_containers().any(|container| {
        words(container.data).any(|text| {
            ENDS.iter().any(|word| text.contains(word))
                || end.is_some_and(|word| text.contains(word))
        })
    })
}
