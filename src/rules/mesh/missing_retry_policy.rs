//! `missing-retry-policy`

use super::policy::items;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Body, Object};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::{Entry, Node};

static META: RuleMeta = RuleMeta {
    id: "missing-retry-policy",
    category: Category::Mesh,
    severity: Severity::Note,
    pedantic: true,
    summary: "A route that relies on Istio's default retries",
    page: include_str!("../../../rules/mesh/missing-retry-policy.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["retry-policy"],
};

/// See the rule's page.
pub(in crate::rules) struct MissingRetryPolicy;

impl Rule for MissingRetryPolicy {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Body::VirtualService(service) = object.body() else {
            return;
        };
        let by_mesh = cx
            .inventory
            .mesh_configs_of(object)
            .any(|(_, config)| config.default_http_retry_policy.is_some());
        let Some((typed, spec)) = service.spec.as_ref().zip(object.node().get("spec")) else {
            return;
        };
        for (route, node) in typed.http.iter().zip(items(spec, "http")) {
            // A redirect, an answer of the proxy or a delegate sends no request on.
            if route.route.is_empty()
                || route.redirect.is_some()
                || route.direct_response.is_some()
                || route.delegate.is_some()
            {
                continue;
            }
            if let Some(retries) = node.entry("retries") {
                if let Some(report) = switched_off(object, retries) {
                    out.push(report);
                }
                continue;
            }
            if by_mesh {
                continue;
            }
            let place = node.get("name").or_else(|| Some(node.entry("route")?.key));
            let message =
                "this route has no `retries`: answers that fail or are late are not retried";
            let help = "say what is safe to repeat on this route:\nretries:\n  attempts: 2\n  \
                        perTryTimeout: 2s\n  retryOn: connect-failure,refused-stream,unavailable,503";
            let report = Report::object(object, place.unwrap_or(node), message);
            let default = "by default Istio retries twice, where the connection fails or the endpoint refuses \
                           the request";
            out.push(report.detail(default).help(help));
        }
    }
}

/// Retries without attempts, which are none; those with other settings Istio refuses.
fn switched_off<'a>(object: &'a Object, retries: Entry<'a>) -> Option<Report<'a>> {
    const REFUSED: [&str; 3] = ["perTryTimeout", "retryOn", "retryRemoteLocalities"];
    let value = retries.value.resolved();
    let is_off = value.is_mapping()
        && value.get("attempts").is_none_or(Node::is_null)
        && !object.is_unknown(value)
        && !REFUSED.iter().any(|field| value.get(field).is_some());
    let message =
        "`retries` without `attempts` means 0: it switches off Istio's default of two retries";
    let help = "write `attempts: 0` if no retries are meant, else the number of them";
    is_off.then(|| Report::object(object, retries.key, message).help(help))
}
