//! `subset-selects-nothing`

use std::collections::{BTreeMap, HashSet};

use super::endpoints::{Behind, behind};
use super::policy::items;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Host;
use crate::kube::{Body, Object, PodTemplate, Selector, Workload};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::path_below;

static META: RuleMeta = RuleMeta {
    id: "subset-selects-nothing",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A subset whose labels no pod of the host carries",
    page: include_str!("../../../rules/mesh/subset-selects-nothing.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct SubsetSelectsNothing;

impl Rule for SubsetSelectsNothing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Body::DestinationRule(rule) = object.body() else {
            return;
        };
        let Some((typed, spec)) = rule.spec.as_ref().zip(object.node().get("spec")) else {
            return;
        };
        let Some(workloads) = typed
            .host
            .as_deref()
            .and_then(|host| behind(cx, object, host))
            .map(Behind::all)
        else {
            return;
        };
        // What pods with the same labels carry is asked once.
        let mut seen = HashSet::new();
        let mut distinct = workloads.clone();
        distinct.retain(|it| {
            cx.inventory
                .pods_number(*it)
                .is_none_or(|pods| seen.insert(pods))
        });
        let mut routed = None;
        for (subset, node) in typed.subsets.iter().zip(items(spec, "subsets")) {
            let Some(labels) = node.get("labels") else {
                continue;
            };
            if subset.labels.is_empty()
                || subset.labels.keys().any(|key| is_runtime(key))
                || object.is_unknown(labels)
                || may_carry(cx, &distinct, &subset.labels)
            {
                continue;
            }
            let name = subset.name.as_deref().unwrap_or_default();
            let wanted: Vec<String> = subset
                .labels
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            let host = typed.host.as_deref().unwrap_or_default();
            let routed = routed.get_or_insert_with(|| routed_subsets(cx, object, host));
            let (message, severity) = judgement(routed, host, name, &wanted.join(","));
            let help =
                "select by labels of the pod template, or deploy the pods that the subset is for";
            let mut report = Report::object(object, labels, message)
                .severity(severity)
                .help(help);
            if let Some(workload) = workloads.first() {
                let template = workload.template();
                let place = template
                    .node()
                    .and_then(|node| node.at(&["metadata", "labels"]));
                let place = place.unwrap_or_else(|| workload.object().name_node());
                report = report.related(template.object(), place, "the labels of the pods");
            }
            out.push(report);
        }
    }
}

/// A subset without a route fails nothing yet.
fn judgement(routed: &HashSet<&str>, host: &str, subset: &str, labels: &str) -> (String, Severity) {
    if routed.contains(subset) {
        let message =
            format!("no pod of `{host}` has {labels}: requests to subset `{subset}` get 503");
        (message, Severity::Warning)
    } else {
        let message = format!("no pod of `{host}` has {labels}, the labels of subset `{subset}`");
        (message, Severity::Note)
    }
}

/// The subsets of a host that routes in view take requests to; a mirror's answers go to nobody.
fn routed_subsets<'a>(cx: &Context<'a>, rule: &Object, host: &str) -> HashSet<&'a str> {
    let inventory = cx.inventory;
    let host = Host::new(host, inventory.namespace(rule));
    let routes = inventory
        .objects()
        .filter_map(|object| match object.body() {
            Body::VirtualService(service) => Some((object, service.spec.as_ref()?)),
            _ => None,
        });
    routes
        .flat_map(|(object, spec)| spec.targets().map(move |target| (object, target)))
        .filter(|(object, target)| {
            let wanted = target.host.as_deref().unwrap_or_default();
            host.covers(Host::new(wanted, inventory.namespace(object)))
        })
        .filter_map(|(_, target)| target.subset.as_deref())
        .collect()
}

/// Labels that controllers and Istio add to pods.
fn is_runtime(key: &str) -> bool {
    let prefix = key.split_once('/').map(|(prefix, _)| prefix);
    matches!(
        key,
        "rollouts-pod-template-hash" | "pod-template-hash" | "controller-revision-hash"
    ) || prefix.is_some_and(|prefix| {
        prefix != "app.kubernetes.io"
            && ["kubernetes.io", "k8s.io", "istio.io", "knative.dev"]
                .iter()
                .any(|owner| prefix.ends_with(owner))
    })
}

/// Whether the pods of a workload may carry the labels.
fn may_carry(
    cx: &Context<'_>,
    workloads: &[Workload<'_>],
    labels: &BTreeMap<String, String>,
) -> bool {
    let fields = labels.keys().map(|key| path_below("metadata.labels", key));
    let fields: Vec<String> = fields.collect();
    let is_set = |template: PodTemplate<'_>, field: &String| {
        template.node().is_some_and(|node| {
            let object = template.object();
            cx.inventory.is_set_elsewhere(object, node, field)
        })
    };
    workloads.iter().any(|workload| {
        let template = workload.template();
        Selector::Map(labels).matches(template.labels()).possible()
            || fields.iter().any(|field| is_set(template, field))
    })
}
