//! `not-ready-addresses-published`

use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Body, Object};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "not-ready-addresses-published",
    category: Category::Availability,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A Service sends requests to pods that are not ready",
    page: include_str!("../../../rules/availability/not-ready-addresses-published.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct NotReadyAddressesPublished;

impl Rule for NotReadyAddressesPublished {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Body::Service(service) = object.body() else {
            return;
        };
        let Some(spec) = service.spec.as_ref() else {
            return;
        };
        let is_headless = spec.cluster_ip.as_deref() == Some("None")
            || spec.cluster_ips.iter().flatten().any(|ip| ip == "None");
        let is_set_elsewhere = |field| {
            cx.inventory
                .is_always_set_elsewhere(object, object.node(), &format!("spec.{field}"))
        };
        if spec.publish_not_ready_addresses != Some(true)
            || is_headless
            || object.field(&["spec", "clusterIP"]).is_unknown()
            || is_set_elsewhere("clusterIP")
            || is_set_elsewhere("publishNotReadyAddresses")
        {
            return;
        }
        let served = cx
            .inventory
            .selects(object)
            .filter(|(_, relation)| relation.is_firm())
            .map(|(workload, _)| workload)
            .find(|workload| {
                cx.inventory.serving(*workload).is_through(object)
                    && !cx.inventory.replicas(*workload).is_parked()
            });
        let (Some(workload), Some(node)) = (
            served,
            object.node().at(&["spec", "publishNotReadyAddresses"]),
        ) else {
            return;
        };
        let message =
            "publishNotReadyAddresses bypasses readiness: requests also reach unready pods";
        out.push(
            Report::object(object, node, message)
                .detail("those that are starting, failing their probe or shutting down")
                .help(
                    "remove publishNotReadyAddresses here, and give peers that must find each other \
                     before they are ready a headless Service of their own (clusterIP: None)",
                )
                .related(
                    workload.object(),
                    workload.object().name_node(),
                    "these pods get the requests",
                )
                .fix(
                    Applicability::Unsafe,
                    "set publishNotReadyAddresses to false",
                    object,
                    |editor| editor.set(node, &Value::Bool(false)),
                ),
        );
    }
}
