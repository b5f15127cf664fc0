//! `removed-api-version`

use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::Object;
use crate::kube::tables::removed::{Removed, removed};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "removed-api-version",
    category: Category::Availability,
    severity: Severity::Error,
    pedantic: false,
    summary: "An API version that Kubernetes no longer serves",
    page: include_str!("../../../rules/availability/removed-api-version.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct RemovedApiVersion;

impl Rule for RemovedApiVersion {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Some(row) = removed(object.api_version(), object.kind()) else {
            return;
        };
        let version = cx.settings.kubernetes_version;
        if version.is_some_and(|version| version < row.release) {
            return;
        }
        let node = object.node().get("apiVersion");
        let message = format!(
            "`{}` of {} is gone since Kubernetes {}: the API server refuses the object",
            row.api_version, row.kind, row.release
        );
        let report = Report::object(object, node.unwrap_or_else(|| object.name_node()), message)
            .help(help(row));
        out.push(match (node, row.replacement, applicability(row, object)) {
            (Some(node), Some(replacement), Some(applicability)) => {
                let title = format!("write apiVersion: {replacement}");
                report.fix(applicability, title, object, |editor| {
                    editor.set(node, &Value::text(replacement))
                })
            }
            _ => report,
        });
    }
}

fn help(row: &Removed) -> String {
    let Some(replacement) = row.replacement else {
        return match row.kind {
            "PodSecurityPolicy" => {
                "nothing took its place: label namespaces for Pod Security Admission, or use a policy \
                 engine"
            }
            _ => "nothing took its place: remove the object",
        }
        .to_owned();
    };
    let write = format!("write `apiVersion: {replacement}`");
    match changes(row) {
        Some(changes) => format!("{write}; {changes}"),
        None => write,
    }
}

/// Whether another version is all that the object needs; `None` where its fields differ.
fn applicability(row: &Removed, object: &Object) -> Option<Applicability> {
    let has = |path: &[&str]| object.node().at(path).is_some();
    match row.kind {
        // Other defaults: how many pods may go at once, and how long a rollout may take.
        "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet" => {
            has(&["spec", "selector"]).then_some(Applicability::Unsafe)
        }
        "PodDisruptionBudget" => {
            let selector = object.node().at(&["spec", "selector"])?;
            let selects = selector.entries().next().is_some();
            selects.then_some(Applicability::Safe)
        }
        _ => changes(row).is_none().then_some(Applicability::Safe),
    }
}

/// What else has to change. From the Kubernetes deprecation guide.
fn changes(row: &Removed) -> Option<&'static str> {
    Some(match row.kind {
        "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet" => {
            "spec.selector is required now"
        }
        "Ingress" => {
            "backends become `service.name` and `service.port`, `spec.backend` becomes \
             `spec.defaultBackend`, and every path needs a `pathType`"
        }
        "PodDisruptionBudget" => "an empty selector `{}` now selects every pod of the namespace",
        "HorizontalPodAutoscaler" if row.api_version == "autoscaling/v2beta1" => {
            "metrics give their aim as `target` with `type` and `averageUtilization`, `averageValue` \
             or `value`"
        }
        "CustomResourceDefinition" => {
            "each of `spec.versions` needs its own structural `schema.openAPIV3Schema`, and \
             `spec.scope` is required"
        }
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => {
            "`sideEffects` and `admissionReviewVersions` are required, and `failurePolicy` is `Fail` \
             unless it is given"
        }
        "CertificateSigningRequest" => "`spec.signerName` and `spec.usages` are required",
        "EndpointSlice" => "`topology` becomes `nodeName` and `zone`",
        "PriorityLevelConfiguration" if !row.api_version.ends_with("v1beta3") => {
            "`assuredConcurrencyShares` becomes `nominalConcurrencyShares`"
        }
        _ => return None,
    })
}
