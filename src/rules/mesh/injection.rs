//! What `ineffective-istio-annotation` says of injection: values that it refuses or does not know, and
//! pods that are not what they are written for.

use super::empty_proxy;
use crate::edit::Value;
use crate::finding::{Applicability, Severity};
use crate::inventory::{Membership, Mesh};
use crate::kube::istio::injection::expected;
use crate::kube::{Body, ISTIO_PROXY, Object, PodTemplate, Workload, is_placeholder};
use crate::rules::{Context, Findings, Report};
use crate::yaml::Node;

pub(super) const INJECT: &str = "sidecar.istio.io/inject";
pub(super) const INJECTION: &str = "istio-injection";
pub(super) const REVISION: &str = "istio.io/rev";
const DATAPLANE_MODE: &str = "istio.io/dataplane-mode";

/// The user and the group whose traffic no proxy takes (`DefaultProxyUIDInt` in pkg/config/constants).
const PROXY_ID: i64 = 1337;

/// Labels that put pods into a mesh, with what Istio compares them with (namespaceSelector of the
/// webhook in manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml,
/// `enablementSelectors` of istio-cni).
const SWITCHES: [(&str, &[&str]); 2] = [
    (INJECTION, &["enabled", "disabled"]),
    (DATAPLANE_MODE, &["ambient", "none"]),
];

/// Judges the labels of a Namespace or of pods that switch a mesh on.
pub(super) fn check_switches(object: &Object, owner: Node<'_>, out: &mut Findings) {
    let is_namespace = matches!(object.body(), Body::Namespace(_));
    for (key, known) in SWITCHES {
        // Nothing reads the namespace's switch on pods.
        if key == INJECTION && !is_namespace {
            continue;
        }
        let Some(node) = owner.at(&["metadata", "labels", key]) else {
            continue;
        };
        let Some(text) = node.as_str() else {
            continue;
        };
        if known.contains(&text) || is_placeholder(text) || text.is_empty() {
            continue;
        }
        let [on, off] = known else {
            continue;
        };
        let message = format!("`{key}: {text}` does nothing: Istio knows `{on}` and `{off}` only");
        let report = Report::object(object, node, message);
        out.push(match meant(text, on) {
            Some(true) => {
                let title = format!("set the label to {on}");
                report.help(format!("{key}: {on}")).fix(
                    Applicability::Unsafe,
                    title,
                    object,
                    |editor| editor.set(node, &Value::text(*on)),
                )
            }
            // What it means is what happens.
            Some(false) => report
                .severity(Severity::Note)
                .help(format!("{key}: {off}")),
            None => report
                .severity(Severity::Warning)
                .help(format!("write `{on}` or `{off}`")),
        });
    }
}

/// Whether a word that Istio does not know means on or off.
fn meant(text: &str, on: &str) -> Option<bool> {
    let text = text.to_ascii_lowercase();
    match text.as_str() {
        "true" | "yes" | "on" | "enable" | "enabled" | "inject" => Some(true),
        "false" | "no" | "off" | "disable" | "disabled" => Some(false),
        word => (word == on).then_some(true),
    }
}

/// Judges what a workload's pods bring to injection.
pub(super) fn check_pods(cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
    let mesh = cx.inventory.mesh(workload);
    let is_injected = mesh.has_sidecar() || mesh.membership == Membership::Gateway;
    if is_injected && workload.template().annotation(STATUS).is_none() {
        refused_values(cx, workload, out);
    }
    if !cx.inventory.has_openshift_mesh(workload.object())
        && !cx.inventory.is_in_other_mesh(workload)
    {
        let is_unknown = mesh.membership == Membership::Unknown;
        if mesh.has_sidecar() || is_unknown {
            proxy_user(workload, &mesh, out);
        }
    }
    empty_proxy::check(cx, workload, mesh.membership, out);
}

const STATUS: &str = "sidecar.istio.io/status";

/// Annotations that make injection fail, and the pod with it.
fn refused_values(cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
    let template = workload.template();
    let annotations = template
        .node()
        .and_then(|node| node.at(&["metadata", "annotations"]));
    for entry in annotations.into_iter().flat_map(Node::entries) {
        let key = entry.key.key_text();
        let Some(value) = entry.value.as_str().filter(|text| !is_placeholder(text)) else {
            continue;
        };
        let Some(expected) = expected(key, value) else {
            continue;
        };
        let message = format!("injection refuses this `{key}`, so the pod is never created");
        let report = Report::template(workload, entry.value, message);
        out.push(
            report
                .help(format!("the value has to be {expected}"))
                .mesh(&cx.inventory.mesh(workload)),
        );
    }
}

/// An application that runs as the proxy's user or group, whose traffic goes past the proxy.
fn proxy_user(workload: Workload<'_>, mesh: &Mesh<'_>, out: &mut Findings) {
    const FIELDS: [&str; 2] = ["runAsUser", "runAsGroup"];
    let template = workload.template();
    // An own user of the proxy's container takes the place of 1337.
    if has_own_user(template) {
        return;
    }
    let of_pod = |field: &str| template.spec_field(&["securityContext", field]).node();
    for container in template.main_containers() {
        let found = FIELDS.iter().find_map(|field| {
            let own = container.field(&["securityContext", field]).node();
            let node = own.or_else(|| of_pod(field))?;
            let number: i64 = node.text()?.parse().ok()?;
            (number == PROXY_ID).then_some((*field, node))
        });
        let Some((field, node)) = found else {
            continue;
        };
        let message = format!(
            "`{}` has the proxy's {field} {PROXY_ID}: its calls bypass it",
            container.name()
        );
        let report = Report::container(workload, container, node, message).help(format!(
            "use another number: Istio redirects no traffic of user or group {PROXY_ID}"
        ));
        // Nothing in view speaks of a mesh but the number itself.
        out.push(if mesh.membership == Membership::Unknown {
            let likely = Mesh {
                membership: Membership::Likely,
                evidence: None,
            };
            report.mesh(&likely).pedantic()
        } else {
            report.severity(Severity::Warning).mesh(mesh)
        });
    }
}

/// The containers of the proxy that are written out, if only in part.
pub(super) fn proxies(template: PodTemplate<'_>) -> impl Iterator<Item = Node<'_>> {
    let spec = template.spec_node();
    let lists = ["containers", "initContainers"].map(|list| spec.and_then(|spec| spec.get(list)));
    let containers = lists.into_iter().flatten().flat_map(Node::items);
    containers
        .map(Node::resolved)
        .filter(|it| it.get("name").and_then(Node::text) == Some(ISTIO_PROXY))
}

fn has_own_user(template: PodTemplate<'_>) -> bool {
    proxies(template).any(|it| it.at(&["securityContext", "runAsUser"]).is_some())
}
