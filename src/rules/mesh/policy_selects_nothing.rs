//! `policy-selects-nothing`

use super::pods::{self, Labels};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Membership, NamespaceInjection, Together};
use crate::kube::{Body, Object, Workload};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::suggest;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "policy-selects-nothing",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A resource of Istio for pods that are not there",
    page: include_str!("../../../rules/mesh/policy-selects-nothing.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct PolicySelectsNothing;

impl Rule for PolicySelectsNothing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Some(path) = selector_path(object) else {
            return;
        };
        let root = object.node();
        let spec = root.get("spec").unwrap_or(root);
        let is_bound = ["targetRef", "targetRefs"]
            .iter()
            .any(|key| spec.get(key).is_some());
        if is_bound || cx.inventory.is_set_elsewhere(object, root, "spec") {
            return;
        }
        let Some(labels) = pods::labels(object, spec, path) else {
            return;
        };
        if matches!(object.body(), Body::Sidecar(_)) && is_of_ambient(cx, object, &labels) {
            let message = "ambient pods have no sidecar: this Sidecar applies to nothing";
            let report = Report::object(object, object.name_node(), message);
            out.push(report.help(
                "delete it: ztunnel knows no Sidecar resources; what limits the hosts that a waypoint \
                 serves are its Gateway and labels",
            ));
            return;
        }
        if !labels.is_empty() {
            check_selector(cx, object, spec, path, &labels, out);
        }
    }
}

/// Where resources say which pods of their namespace they are for.
fn selector_path(object: &Object) -> Option<&'static [&'static str]> {
    match (object.group(), object.kind()) {
        ("networking.istio.io", "Sidecar" | "EnvoyFilter") => Some(&["workloadSelector", "labels"]),
        ("telemetry.istio.io", "Telemetry")
        | (
            "security.istio.io",
            "AuthorizationPolicy" | "PeerAuthentication" | "RequestAuthentication",
        )
        | ("extensions.istio.io", "WasmPlugin") => Some(&["selector", "matchLabels"]),
        _ => None,
    }
}

fn check_selector(
    cx: &Context<'_>,
    object: &Object,
    spec: Node<'_>,
    path: &[&str],
    labels: &Labels<'_>,
    out: &mut Findings,
) {
    let inventory = cx.inventory;
    let wanted = labels
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    // From the root namespace a policy reaches the pods of all, of which no repository has each.
    let is_everywhere = inventory.namespace(object) == Some(inventory.root_namespace());
    if is_everywhere || inventory.is_open(object) || inventory.is_made_by_operator(object, &wanted)
    {
        return;
    }
    let Some(carrying) = pods::carrying(cx, labels).filter(|_| !has_machines(cx)) else {
        return;
    };
    let is_here = |it: &Workload<'_>| inventory.same_namespace(it.object(), object);
    if carrying.iter().any(is_here) {
        return;
    }
    let beside = inventory.workloads_like(object, &wanted, |it| it.template().node().is_some());
    let Some(first) = beside.first() else {
        return;
    };
    let near = nearest(&beside, labels);
    // In one directory stand policies for what others deploy, too.
    let together = |it: &Workload<'_>| {
        let together = inventory.together(object, it.object());
        matches!(together, Some(Together::File | Together::Kustomization))
    };
    if near.is_none() && !beside.iter().any(together) {
        return;
    }
    let first_label = spec.at(path).and_then(|map| map.entries().next());
    let node = first_label.map_or_else(|| object.name_node(), |entry| entry.value);
    let message = format!(
        "no pods in view have {}: this {} applies to nothing",
        pods::shown(labels),
        object.kind()
    );
    let report = Report::object(object, node, message);
    let is_sure = inventory.namespace(object).is_some()
        && inventory.namespace(first.object()) == inventory.namespace(object);
    let report = match near {
        Some((workload, key, found)) => meant(report, workload, key, found),
        None => report.help(elsewhere(object, carrying.first())),
    };
    out.push(if is_sure {
        report
    } else {
        report.severity(Severity::Note)
    });
}

/// Whether workloads outside Kubernetes are in view, which are selected as pods are.
fn has_machines(cx: &Context<'_>) -> bool {
    let inventory = cx.inventory;
    *inventory.once("whether workloads outside Kubernetes are in view", || {
        let mut all = inventory.all_objects();
        all.any(|it| matches!(it.kind(), "WorkloadEntry" | "WorkloadGroup"))
    })
}

fn meant<'r>(report: Report<'r>, workload: Workload<'_>, key: &str, found: &str) -> Report<'r> {
    let (kind, name) = (workload.object().kind(), workload.object().name());
    let template = workload.template();
    let report = report.help(format!(
        "did you mean `{key}: {found}`, of {kind} `{name}`?"
    ));
    match template.label(key) {
        Some(node) => report.related(template.object(), node, "the nearest label"),
        None => report,
    }
}

/// What to do where no label is near: pods of another namespace are not meant.
fn elsewhere(object: &Object, carrying: Option<&Workload<'_>>) -> String {
    match carrying {
        Some(other) => format!(
            "{} `{}` has them, in another namespace: a {} is for its own",
            other.object().kind(),
            other.object().name(),
            object.kind()
        ),
        None => "select labels that the pods of this namespace carry, or delete it".to_owned(),
    }
}

/// A label that differs from a wanted one by a slip.
fn nearest<'a>(
    workloads: &[Workload<'a>],
    labels: &Labels<'a>,
) -> Option<(Workload<'a>, &'a str, &'a str)> {
    workloads.iter().find_map(|workload| {
        labels.iter().find_map(|(key, value)| {
            let found = workload.template().labels().get(*key)?;
            let near = suggest(value, [found.as_str()])?;
            (near != *value).then_some((*workload, *key, near))
        })
    })
}

/// Whether all pods that a Sidecar is for are in the ambient mesh.
fn is_of_ambient(cx: &Context<'_>, object: &Object, labels: &Labels<'_>) -> bool {
    let inventory = cx.inventory;
    let injection = inventory.namespace_injection(object);
    if !inventory.is_ambient_namespace(object)
        || matches!(injection, NamespaceInjection::Labelled(..))
    {
        return false;
    }
    // Labels of single pods may still ask for a sidecar.
    let mut beside = inventory.workloads_beside(object).filter(|workload| {
        let own = workload.template().labels();
        let has = |(key, value): &(&str, &str)| own.get(*key).is_some_and(|it| it == value);
        labels.iter().all(has)
    });
    beside.all(|workload| inventory.mesh(workload).membership == Membership::Ambient)
}
