//! `missing-readiness-probe`

use k8s_openapi::api::core::v1::{ContainerPort, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::open_port::{ask_port, known_port, nfs_port, open_port, speaks_no_http};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Serving, application_port, is_management_name};
use crate::kube::{Body, ContainerRef, Workload, WorkloadKind};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "missing-readiness-probe",
    category: Category::Probes,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A container that takes requests has no readiness probe",
    page: include_str!("../../../rules/probes/missing-readiness-probe.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["distinct-probes"],
};

/// See the rule's page.
pub(in crate::rules) struct MissingReadinessProbe;

impl Rule for MissingReadinessProbe {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        // Knative's own proxy probes the port of every revision.
        if workload.kind() == WorkloadKind::KnativeService {
            return;
        }
        let serving = cx.inventory.serving(workload);
        if !serving.may_serve() || cx.inventory.replicas(workload).is_parked() {
            return;
        }
        let publishes_unready = |object: &crate::kube::Object| match object.body() {
            Body::Service(service) => service
                .spec
                .as_ref()
                .is_some_and(|spec| spec.publish_not_ready_addresses == Some(true)),
            _ => false,
        };
        let mut services = serving.services().peekable();
        if services.peek().is_some() && services.all(|(service, _)| publishes_unready(service)) {
            return;
        }
        for container in workload.template().lasting_containers() {
            if serving.is_served_by(container) && lacks_probe(cx, container) {
                report(&serving, workload, container, out);
            }
        }
    }
}

fn lacks_probe(cx: &Context<'_>, container: ContainerRef<'_>) -> bool {
    container.field(&["readinessProbe"]).is_absent()
        && !cx.inventory.is_always_set_elsewhere(
            container.object(),
            container.node,
            "readinessProbe",
        )
}

fn report(
    serving: &Serving<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    out: &mut Findings,
) {
    let name = container.name();
    let answers = !takes_datagrams(container);
    let message = format!(
        "`{name}` {} without a readiness probe: they come before it {}",
        serving.takes_requests(),
        if answers { "can answer" } else { "listens" }
    );
    let mut report = Report::container(workload, container, container.name_node(), message);
    // No rollout replaces a bare Pod: its start is one time.
    if !answers || workload.kind() == WorkloadKind::Pod {
        report = report.severity(Severity::Note);
    }
    let report = match known_port(container) {
        Some(port) => ask_port(container, port, report),
        None => report.help(match nfs_port(workload, container) {
            Some(port) => open_port(&port),
            None => help(serving, workload, container),
        }),
    };
    let report = report.unless_needless(container.object(), &["readiness"], &[]);
    out.push(report.serving(serving));
}

/// Whether all that comes to a container are datagrams for which nobody waits: not those of DNS.
fn takes_datagrams(container: ContainerRef<'_>) -> bool {
    const DNS: [i32; 2] = [53, 5353];
    let ports = container.ports();
    !ports.is_empty()
        && ports.iter().all(|port| {
            port.protocol.as_deref() == Some("UDP")
                && !DNS.contains(&port.container_port)
                && port
                    .name
                    .as_deref()
                    .is_none_or(|name| !name.contains("dns"))
        })
}

/// A probe for the port through which requests come, as far as its name, its number and the image tell
/// what it speaks.
fn help(serving: &Serving<'_>, workload: Workload<'_>, container: ContainerRef<'_>) -> String {
    let requests = |port: &&ContainerPort| {
        port.protocol.as_deref() != Some("UDP")
            && !port.name.as_deref().is_some_and(is_management_name)
    };
    let declared = container.ports().iter().find(requests);
    let own_name = declared.and_then(|port| port.name.as_deref());
    let served = served_port(serving, declared);
    let of_service = || {
        let number = served.and_then(target_number)?;
        let is_known = serving.is_serving();
        is_known.then(|| application_port(workload.template(), number))?
    };
    let number = declared.map(|port| port.container_port).or_else(of_service);
    let name = own_name.or_else(|| served?.name.as_deref());
    let reference = match (own_name, number) {
        (Some(name), _) => name.to_owned(),
        (None, Some(number)) => number.to_string(),
        (None, None) => "<its port>".to_owned(),
    };
    let protocol = served.and_then(|port| port.app_protocol.as_deref());
    let is_udp =
        declared.is_none() && served.is_none_or(|port| port.protocol.as_deref() == Some("UDP"));
    let speaks = |word: &str| {
        protocol == Some(word)
            || protocol.is_none() && name.is_some_and(|name| name.starts_with(word))
    };
    match number {
        _ if is_udp && !container.ports().is_empty() => {
            "add a readinessProbe; no probe of the kubelet's asks over UDP, so let the server's own client do \
             it:\nreadinessProbe:\n  exec:\n    command: [<client>, <argument>]"
                .to_owned()
        }
        Some(number) if speaks("grpc") => format!(
            "add a readinessProbe; where the server answers the gRPC health protocol in plaintext:\n\
             readinessProbe:\n  grpc:\n    port: {number}"
        ),
        _ if speaks_no_http(number, name) => open_port(&reference),
        _ => {
            let is_tls = speaks("https") || matches!(number, Some(443 | 6443 | 8443 | 9443 | 10250));
            let scheme = if is_tls { "\n    scheme: HTTPS" } else { "" };
            let (what, path) = if is_static_server(container) {
                ("add a readinessProbe; this server answers on `/`:", "/")
            } else {
                (
                    "add a readinessProbe on an endpoint that fails while the container cannot serve; for an \
                     HTTP server:",
                    "<path>",
                )
            };
            format!(
                "{what}\nreadinessProbe:\n  httpGet:\n    path: {path}\n    port: {reference}{scheme}"
            )
        }
    }
}

/// Whether the image is a web server as its makers ship it, whose pages start at `/`. What is mounted into
/// it may be another configuration.
fn is_static_server(container: ContainerRef<'_>) -> bool {
    const CONFIGURED: [&str; 5] = [
        "/etc/nginx",
        "/usr/share/nginx",
        "/usr/local/apache2",
        "/etc/caddy",
        "/etc/lighttpd",
    ];
    let mut mounts = container.data.volume_mounts.iter().flatten();
    let is_configuration =
        |path: &str| CONFIGURED.iter().any(|folder| path.starts_with(folder)) || path == "/etc";
    if mounts.any(|mount| is_configuration(&mount.mount_path)) {
        return false;
    }
    let image = container.data.image.as_deref().unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    let name = name.split([':', '@']).next().unwrap_or_default();
    matches!(
        name,
        "nginx" | "nginx-unprivileged" | "httpd" | "caddy" | "lighttpd"
    )
}

/// The Service's port that leads to a declared port; without one, the first.
fn served_port<'a>(
    serving: &Serving<'a>,
    declared: Option<&ContainerPort>,
) -> Option<&'a ServicePort> {
    let (service, _) = serving.services().next()?;
    let Body::Service(service) = service.body() else {
        return None;
    };
    let mut ports = service.spec.as_ref()?.ports.iter().flatten();
    ports.find(|port| {
        declared.is_none_or(|declared| target_number(port) == Some(declared.container_port))
    })
}

fn target_number(port: &ServicePort) -> Option<i32> {
    match &port.target_port {
        Some(IntOrString::Int(number)) if *number != 0 => Some(*number),
        Some(IntOrString::String(_)) => None,
        _ => Some(port.port),
    }
}
