//! `unsafe-retry-policy`

use super::policy::items;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::istio::virtual_service::{HttpRetry, HttpRoute, StringMatch};
use crate::kube::{Body, Object, is_placeholder};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "unsafe-retry-policy",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "Retries that cannot happen, or are not safe to repeat",
    page: include_str!("../../../rules/mesh/unsafe-retry-policy.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["retry-policy"],
};

/// See the rule's page.
pub(in crate::rules) struct UnsafeRetryPolicy;

impl Rule for UnsafeRetryPolicy {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, _: &Context<'_>, object: &Object, out: &mut Findings) {
        let Body::VirtualService(service) = object.body() else {
            return;
        };
        let Some((typed, spec)) = service.spec.as_ref().zip(object.node().get("spec")) else {
            return;
        };
        for (route, node) in typed.http.iter().zip(items(spec, "http")) {
            if let Some((retries, retries_node)) = route.retries.as_ref().zip(node.get("retries")) {
                let place = Place {
                    object,
                    route: node,
                    retries: retries_node,
                };
                place.check_times(route, retries, out);
                place.check_conditions(route, retries, out);
            }
        }
    }
}

/// Where a route and its retries stand.
struct Place<'a> {
    object: &'a Object,
    route: Node<'a>,
    retries: Node<'a>,
}

impl<'a> Place<'a> {
    fn report(&self, node: Node<'_>, message: String) -> Report<'a> {
        Report::object(self.object, node, message)
    }

    fn check_times(&self, route: &HttpRoute, retries: &HttpRetry, out: &mut Findings) {
        let (Some(timeout), Some(each)) = (route.timeout, retries.per_try_timeout) else {
            return;
        };
        let (Some(timeout_node), Some(each_node)) =
            (self.route.get("timeout"), self.retries.get("perTryTimeout"))
        else {
            return;
        };
        let attempts = u32::try_from(retries.attempts.unwrap_or_default()).unwrap_or_default();
        let (timeout, each) = (timeout.0, each.0);
        if attempts == 0 {
            return;
        }
        let (total, limit, one) = (
            each.saturating_mul(attempts.saturating_add(1)),
            show_seconds(timeout),
            show_seconds(each),
        );
        let report = if each >= timeout {
            let message = format!(
                "one try may take {one} of the route's {limit} timeout: a slow one is never repeated"
            );
            let fits = u64::try_from(timeout.as_millis() / u128::from(attempts.saturating_add(1)));
            let help = format!(
                "{} tries fit into {limit} with at most perTryTimeout: {}ms",
                attempts.saturating_add(1),
                fits.unwrap_or_default().max(1)
            );
            self.report(each_node, message).help(help)
        } else if total > timeout {
            let message = format!(
                "{} tries of up to {one} are {}, over the route's {limit} timeout: some never happen",
                attempts.saturating_add(1),
                show_seconds(total)
            );
            let help = format!(
                "fine where the timeout is meant as an outer limit; else timeout: {}",
                show_seconds(total)
            );
            let node = self.retries.get("attempts").unwrap_or(each_node);
            self.report(node, message)
                .severity(Severity::Note)
                .help(help)
        } else {
            return;
        };
        out.push(report.related(self.object, timeout_node, "the route's timeout"));
    }

    fn check_conditions(&self, route: &HttpRoute, retries: &HttpRetry, out: &mut Findings) {
        let Some((conditions, node)) = retries.retry_on.as_deref().zip(self.retries.get("retryOn"))
        else {
            return;
        };
        if is_placeholder(conditions) {
            return;
        }
        let retries_5xx = conditions.split(',').any(|item| item.trim() == "5xx");
        let attempts = retries.attempts.unwrap_or_default();
        if !retries_5xx || attempts == 0 {
            return;
        }
        let Some((method, matched)) = self.write_method(route) else {
            return;
        };
        let message = format!(
            "`5xx` retries {method} requests: up to {} times the same write",
            i64::from(attempts) + 1
        );
        let help = "retry only what cannot have been carried out:\n\
                    retryOn: connect-failure,refused-stream,reset-before-request\n\
                    or make the writes idempotent";
        let detail = "the app may have carried out the request before it failed";
        out.push(
            self.report(node, message)
                .detail(detail)
                .help(help)
                .related(self.object, matched, "the route matches writes"),
        );
    }

    /// A match of the route for POST or PATCH, neither of which is idempotent.
    fn write_method(&self, route: &HttpRoute) -> Option<(&'static str, Node<'a>)> {
        let matches = route.r#match.iter().zip(items(self.route, "match"));
        matches
            .filter_map(|(it, node)| Some((it.method.as_ref()?, node.get("method")?)))
            .find_map(|(method, node)| Some((written(method)?, node)))
    }
}

fn written(method: &StringMatch) -> Option<&'static str> {
    let exact = method.exact.as_deref();
    let regex = method.regex.as_deref();
    ["POST", "PATCH"].into_iter().find(|name| {
        exact == Some(name)
            || regex.is_some_and(|regex| regex.contains(name) && !regex.contains("?!"))
    })
}
