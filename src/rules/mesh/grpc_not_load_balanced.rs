//! `grpc-not-load-balanced`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{GrpcPort, Membership};
use crate::kube::{Body, Object, Workload};
use crate::rules::text::count;
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "grpc-not-load-balanced",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A gRPC client keeps all its calls on one pod",
    page: include_str!("../../../rules/mesh/grpc-not-load-balanced.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct GrpcNotLoadBalanced;

impl Rule for GrpcNotLoadBalanced {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        if !has_cluster_ip(object) || cx.inventory.is_routed(object) || is_control_plane(object) {
            return;
        }
        let ports = cx.inventory.grpc_ports(object);
        let Some(port) = ports.first() else {
            return;
        };
        let replicas = |workload| cx.inventory.replicas(workload).count();
        let pinned = cx.inventory.first_selected(
            object,
            "pods that a client sticks to",
            |workload, relation| {
                relation.is_firm()
                    && replicas(workload).is_some_and(|replicas| replicas >= 2)
                    && is_unbalanced(cx, workload)
            },
        );
        if let Some((workload, _)) = pinned
            && let Some(replicas) = replicas(workload)
        {
            out.push(report(object, port, workload, replicas));
        }
    }
}

fn has_cluster_ip(object: &Object) -> bool {
    let Body::Service(service) = object.body() else {
        return false;
    };
    let spec = service.spec.as_ref();
    spec.is_some_and(|spec| {
        spec.cluster_ip.as_deref() != Some("None")
            && spec.type_.as_deref() != Some("ExternalName")
            && !object.field(&["spec", "clusterIP"]).is_unknown()
    })
}

/// Whether proxies fetch their configuration here: one stream for each of them is meant.
fn is_control_plane(object: &Object) -> bool {
    let Body::Service(service) = object.body() else {
        return false;
    };
    let is_xds = |name: &str| name.split('-').any(|word| word == "xds");
    let spec = service.spec.as_ref();
    let mut ports = spec.iter().filter_map(|spec| spec.ports.as_ref()).flatten();
    let selector = spec.and_then(|spec| spec.selector.as_ref());
    ports.any(|port| port.name.as_deref().is_some_and(is_xds))
        || selector.is_some_and(|it| it.get("istio").is_some_and(|value| value == "pilot"))
}

/// Whether nothing in view balances calls: no mesh, and no headless Service for clients that do it
/// themselves.
fn is_unbalanced(cx: &Context<'_>, workload: Workload<'_>) -> bool {
    let membership = cx.inventory.mesh(workload).membership;
    let headless = cx
        .inventory
        .services_of(workload)
        .any(|(other, _)| !has_cluster_ip(other));
    matches!(membership, Membership::None | Membership::Unknown)
        && !headless
        && !cx.inventory.is_in_other_mesh(workload)
}

fn report<'a>(
    object: &'a Object,
    port: &GrpcPort<'_>,
    workload: Workload<'_>,
    replicas: i32,
) -> Report<'a> {
    let message = format!(
        "gRPC on port `{}` is not balanced: a client sends all its calls to one of {}",
        port.label(),
        count(i64::from(replicas), "pod")
    );
    let help = "make the Service headless (`clusterIP: None`, in a new Service: the field cannot be \
                changed), let clients balance with `round_robin` and the server end connections after \
                a maximum age; or put the pods in a mesh (`mesh.mode` in lameduck.yaml says that they \
                are)";
    let node = port.node.get("name").unwrap_or(port.node);
    let target = workload.object();
    Report::object(object, node, message)
        .detail("a cluster IP balances connections and not calls")
        .help(help)
        .related(
            port.evidence.object,
            port.evidence.node,
            port.evidence.message.clone(),
        )
        .related(target, target.name_node(), "the pods behind it")
}
