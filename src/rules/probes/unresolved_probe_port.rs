//! `unresolved-probe-port`

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::probe::{ProbeKind, probes_of};
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRef, Workload};
use crate::lifecycle::probes::Port;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::suggest;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "unresolved-probe-port",
    category: Category::Probes,
    severity: Severity::Error,
    pedantic: false,
    summary: "A probe or hook names a port the container does not have",
    page: include_str!("../../../rules/probes/unresolved-probe-port.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct UnresolvedProbePort;

impl Rule for UnresolvedProbePort {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        if cx.inventory.is_open(workload.object()) {
            return;
        }
        for container in workload.template().lasting_containers() {
            if !knows_its_ports(cx, container) {
                continue;
            }
            for reference in references(cx, container) {
                if let Ok(Port::Undeclared(name)) = Port::resolve(reference.port, container.ports())
                {
                    out.push(report(workload, container, &reference, &name));
                }
            }
        }
    }
}

/// Whether the manifest alone says which ports the container declares.
fn knows_its_ports(cx: &Context<'_>, container: ContainerRef<'_>) -> bool {
    let field = container.field(&["ports"]);
    let is_unknown = |port: Node<'_>| {
        let object = container.object();
        object.is_unknown(port) || object.field_below(port, &["name"]).is_unknown()
    };
    !field.is_unknown()
        && !field
            .node()
            .is_some_and(|list| list.items().map(Node::resolved).any(is_unknown))
        && !cx
            .inventory
            .is_set_elsewhere(container.object(), container.node, "ports")
}

/// What looks the port up.
enum User {
    Probe(ProbeKind),
    PostStart,
    PreStop,
}

impl User {
    /// Its name, and what comes of it: at first, and then. The kubelet throws the result of a probe
    /// that it cannot run away.
    fn words(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Probe(ProbeKind::Liveness) => (
                "liveness probe",
                "it never runs",
                "a hung container is never restarted",
            ),
            Self::Probe(ProbeKind::Readiness) => (
                "readiness probe",
                "it never passes",
                "the pod never gets ready",
            ),
            Self::Probe(ProbeKind::Startup) => (
                "startup probe",
                "it never passes",
                "the pod never gets ready",
            ),
            Self::PostStart => (
                "postStart hook",
                "it always fails",
                "the container is killed and started again",
            ),
            Self::PreStop => ("preStop hook", "it always fails", "SIGTERM comes at once"),
        }
    }
}

struct Reference<'a> {
    user: User,
    port: &'a IntOrString,
    node: Node<'a>,
}

/// Every port that a probe or an `httpGet` hook of the container asks for.
fn references<'a>(cx: &Context<'_>, container: ContainerRef<'a>) -> Vec<Reference<'a>> {
    let object = container.object();
    let mut found = Vec::new();
    let mut add = |user, handler: Node<'a>, key: &str, port| {
        let field = object.field_below(handler, &[key, "port"]);
        if let Some(node) = field.node()
            && !field.is_unknown()
            && !cx.inventory.is_set_elsewhere(object, node, "")
        {
            found.push(Reference { user, port, node });
        }
    };
    for probe in probes_of(container) {
        let user = || User::Probe(probe.kind);
        if let Some(get) = &probe.data.http_get {
            add(user(), probe.node, "httpGet", &get.port);
        }
        if let Some(socket) = &probe.data.tcp_socket {
            add(user(), probe.node, "tcpSocket", &socket.port);
        }
    }
    let lifecycle = container.data.lifecycle.as_ref();
    let hooks = [
        (
            User::PostStart,
            "postStart",
            lifecycle.and_then(|it| it.post_start.as_ref()),
        ),
        (
            User::PreStop,
            "preStop",
            lifecycle.and_then(|it| it.pre_stop.as_ref()),
        ),
    ];
    for (user, key, hook) in hooks {
        if let Some(get) = hook.and_then(|hook| hook.http_get.as_ref())
            && let Some(node) = container.node.at(&["lifecycle", key])
        {
            add(user, node, "httpGet", &get.port);
        }
    }
    found
}

fn report<'a>(
    workload: Workload<'a>,
    container: ContainerRef<'a>,
    reference: &Reference<'a>,
    name: &str,
) -> Report<'a> {
    let (user, consequence, then) = reference.user.words();
    let message = format!(
        "{user} of `{}` uses port `{name}`, which it does not declare: {consequence}",
        container.name()
    );
    let own = || {
        container
            .ports()
            .iter()
            .filter_map(|port| port.name.as_deref())
    };
    let elsewhere = workload.template().containers().find(|other| {
        other
            .ports()
            .iter()
            .any(|port| port.name.as_deref() == Some(name))
    });
    let near = suggest(name, own());
    let help = match (near, elsewhere) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, Some(other)) => format!(
            "container `{}` declares that name, but only the container's own ports count: write the \
             number",
            other.name()
        ),
        (None, None) => {
            format!("write the port's number, or declare `{name}` under the container's ports")
        }
    };
    let report = Report::container(workload, container, reference.node, message)
        .detail(then)
        .help(help);
    match near {
        Some(near) => report.fix(
            Applicability::Unsafe,
            format!("ask port `{near}`"),
            container.object(),
            |editor| editor.set(reference.node, &Value::text(near)),
        ),
        None => report,
    }
}
