//! What `ineffective-istio-annotation` says of proxies that only injection completes.

use super::injection::{INJECT, INJECTION, REVISION, proxies};
use crate::finding::Severity;
use crate::inventory::{Membership, NamespaceInjection};
use crate::kube::{Body, Object, Workload};
use crate::rules::{Context, Findings, Report};
use crate::yaml::Node;

/// A proxy whose image injection should fill in, in pods that are not injected.
pub(super) fn check(
    cx: &Context<'_>,
    workload: Workload<'_>,
    membership: Membership,
    out: &mut Findings,
) {
    let template = workload.template();
    let mut images = proxies(template).filter_map(|it| it.get("image"));
    let Some(image) = images.find(|image| image.text() == Some("auto")) else {
        return;
    };
    let says_no = |node: Option<Node<'_>>| node.and_then(Node::text) == Some("false");
    let label = template.label(INJECT);
    let refuses = says_no(label) || label.is_none() && says_no(template.annotation(INJECT));
    let is_on_host = template.spec().and_then(|spec| spec.host_network) == Some(true);
    let is_out = refuses || is_on_host || membership == Membership::None;
    if cx.inventory.has_openshift_mesh(workload.object()) {
        return;
    }
    if !is_out && !asks_nobody(cx, workload) {
        if asks_unseen(cx, workload) {
            let message = "`image: auto` is for injection, and nothing in view injects this pod";
            let report = Report::template(workload, image, message).help(INJECTED);
            out.push(report.pedantic());
        }
        return;
    }
    let message =
        "nothing injects this pod: `image: auto` stays as it is, and the container never starts";
    let report = Report::template(workload, image, message).help(INJECTED);
    out.push(if is_out {
        report
    } else {
        report.severity(Severity::Warning)
    });
}

const INJECTED: &str = "have the proxy injected, on the pod template:\nmetadata:\n  labels:\n    \
                        sidecar.istio.io/inject: \"true\"";

/// Whether the pods ask for no sidecar, and whether their Namespace does is not in view.
fn asks_unseen(cx: &Context<'_>, workload: Workload<'_>) -> bool {
    let template = workload.template();
    let injection = cx.inventory.namespace_injection(workload.object());
    let asks = [INJECT, REVISION]
        .iter()
        .any(|key| template.label(key).is_some() || template.annotation(key).is_some());
    !asks && matches!(injection, NamespaceInjection::Unknown)
}

/// Whether neither the pods nor their Namespace, which is deployed with them, ask for a sidecar.
fn asks_nobody(cx: &Context<'_>, workload: Workload<'_>) -> bool {
    let template = workload.template();
    let inventory = cx.inventory;
    if [INJECT, REVISION]
        .iter()
        .any(|key| template.label(key).is_some())
    {
        return false;
    }
    let object = workload.object();
    let Some(name) = inventory.namespace(object) else {
        return false;
    };
    let mut namespaces = inventory
        .objects_named(name)
        .filter(|it| matches!(it.body(), Body::Namespace(_)) && inventory.same_scope(it, object))
        .peekable();
    let is_set = |namespace: &Object| {
        [INJECTION, REVISION]
            .iter()
            .any(|key| namespace.label(key).is_some())
            || inventory.is_set_elsewhere(namespace, namespace.node(), "metadata.labels")
    };
    namespaces.peek().is_some() && !namespaces.any(is_set)
}
