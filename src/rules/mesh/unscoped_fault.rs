//! `unscoped-fault`

use super::policy::items;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::istio::virtual_service::{FaultInjection, HttpMatch, HttpRoute};
use crate::kube::{Body, Object};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "unscoped-fault",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A VirtualService injects faults for every client",
    page: include_str!("../../../rules/mesh/unscoped-fault.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct UnscopedFault;

impl Rule for UnscopedFault {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Body::VirtualService(service) = object.body() else {
            return;
        };
        let (Some(spec), Some(node)) = (&service.spec, object.node().get("spec")) else {
            return;
        };
        for (at, (route, node)) in spec.http.iter().zip(items(node, "http")).enumerate() {
            let Some(entry) = node.entry("fault") else {
                continue;
            };
            let Some(what) = route.fault.as_ref().and_then(injected) else {
                continue;
            };
            if is_scoped(route)
                || object.is_unknown(entry.value)
                || cx.inventory.is_always_set_elsewhere(object, node, "match")
                || cx.inventory.is_always_set_elsewhere(object, node, "fault")
            {
                continue;
            }
            let mut behind = spec.http.iter().skip(at + 1);
            let has_rest = behind.any(|it| it.r#match.is_empty() && it.fault.is_none());
            let report = report(object, entry.key, node, &what).help(help(has_rest));
            // Whoever names it so knows what it does.
            out.push(if cx.inventory.is_fault_on_purpose(object) {
                report.severity(Severity::Note)
            } else {
                report
            });
        }
    }
}

fn report<'a>(object: &'a Object, place: Node<'_>, route: Node<'_>, what: &str) -> Report<'a> {
    let message =
        format!("every client of this route gets injected faults: {what} of all requests");
    let report = Report::object(object, place, message);
    match route.get("match") {
        Some(found) => report.related(
            object,
            found,
            "no header, query or source is asked for here",
        ),
        None => report,
    }
}

/// Requests that match no route get a 404, so that a route for some needs one for the others behind it.
fn help(has_rest: bool) -> String {
    let rest = if has_rest {
        ""
    } else {
        ", and add a copy of this route without `fault` and `match` behind it for all others"
    };
    format!(
        "inject only into requests that ask for it{rest}:\n\
         match:\n  - headers:\n      <header of the tests>:\n        exact: <value>"
    )
}

/// The faults that are injected into some requests at least, in words; without a percentage Istio
/// injects none.
fn injected(fault: &FaultInjection) -> Option<String> {
    let mut all = Vec::new();
    if let Some(delay) = &fault.delay {
        let exact = delay.percentage.as_ref().and_then(|it| it.value);
        let percent = exact.or(delay.percent.map(f64::from)).unwrap_or_default();
        if percent > 0.0 {
            all.push(format!("a delay for {percent}%"));
        }
    }
    if let Some(abort) = &fault.abort {
        let percent = abort.percentage.as_ref().and_then(|it| it.value);
        let percent = percent.unwrap_or_default();
        if percent > 0.0 {
            all.push(format!("an abort of {percent}%"));
        }
    }
    (!all.is_empty()).then(|| all.join(" and "))
}

/// Whether only some clients or requests take the route. Paths, methods and ports are everybody's.
fn is_scoped(route: &HttpRoute) -> bool {
    let narrows = |it: &HttpMatch| {
        !it.headers.is_empty()
            || !it.without_headers.is_empty()
            || !it.query_params.is_empty()
            || !it.source_labels.is_empty()
            || it.source_namespace.is_some()
    };
    !route.r#match.is_empty() && route.r#match.iter().all(narrows)
}
