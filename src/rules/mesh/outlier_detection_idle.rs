//! `outlier-detection-idle`

use super::endpoints::{Endpoints, behind};
use super::policy::{Policy, policies};
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::istio::destination_rule::{DestinationRuleSpec, OutlierDetection};
use crate::kube::{Body, Object};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::Version;
use crate::yaml::{Entry, Node};

static META: RuleMeta = RuleMeta {
    id: "outlier-detection-idle",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "Outlier detection that can never eject an endpoint",
    page: include_str!("../../../rules/mesh/outlier-detection-idle.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["circuit-breaker"],
};

/// Envoy's own `max_ejection_percent`. Istio does not pass on 0.
const DEFAULT_PERCENT: i64 = 10;
/// Envoy 1.28 stopped to eject one host whatever the percentage.
const STRICT_SINCE: Version = Version::new(1, 20);
/// How many Services of a wildcard are looked at.
const MOST_SERVICES: usize = 50;

/// See the rule's page.
pub(in crate::rules) struct OutlierDetectionIdle;

impl Rule for OutlierDetectionIdle {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Body::DestinationRule(rule) = object.body() else {
            return;
        };
        let Some(spec) = rule.spec.as_ref() else {
            return;
        };
        let mut workloads = None;
        let mut first = None;
        for policy in policies(object, rule) {
            let Some((detection, entry)) = policy
                .outlier_detection
                .zip(policy.node.entry("outlierDetection"))
            else {
                continue;
            };
            first.get_or_insert(entry.key);
            let field = "outlierDetection";
            if cx
                .inventory
                .is_always_set_elsewhere(object, policy.node, field)
            {
                continue;
            }
            if let Some(report) = counts_nothing(cx, object, detection, entry) {
                out.push(report);
                continue;
            }
            let workloads = workloads.get_or_insert_with(|| {
                behind(cx, object, spec.host.as_deref().unwrap_or_default())
            });
            let labels = policy.subset.map(|subset| &subset.labels);
            if let Some(endpoints) = workloads.as_ref().and_then(|it| it.endpoints(cx, labels))
                && let Some(report) = too_few(cx, object, &policy, detection, entry, &endpoints)
            {
                out.push(report);
            }
        }
        if let Some(report) = first.and_then(|place| taken(cx, object, spec, place)) {
            out.push(report);
        }
    }
}

/// Detection whose every counter is switched off (`applyOutlierDetection` in
/// pilot/pkg/networking/core/cluster_traffic_policy.go: success rates are never judged).
fn counts_nothing<'a>(
    cx: &Context<'_>,
    object: &'a Object,
    detection: &OutlierDetection,
    entry: Entry<'_>,
) -> Option<Report<'a>> {
    const COUNTERS: [&str; 4] = [
        "consecutive5xxErrors",
        "consecutiveGatewayErrors",
        "splitExternalLocalOriginErrors",
        "failurePercentageThreshold",
    ];
    let node = entry.value.resolved();
    let is_unknown = |field: &&str| {
        object.field_below(node, &[field]).is_unknown()
            || cx.inventory.is_always_set_elsewhere(object, node, field)
    };
    let counts = |number: Option<u32>| number.is_some_and(|number| number > 0);
    // Errors of the connection itself are counted as soon as they are told apart.
    if detection.consecutive_5xx_errors != Some(0)
        || counts(detection.consecutive_gateway_errors)
        || counts(detection.failure_percentage_threshold)
        || detection.split_external_local_origin_errors == Some(true)
        || COUNTERS.iter().any(is_unknown)
    {
        return None;
    }
    let gateway = node.entry("consecutiveGatewayErrors");
    let place = gateway.or_else(|| node.entry("consecutive5xxErrors"))?;
    let message = "outlier detection counts no errors: it never ejects an endpoint";
    let help = "count errors in a row, 5 by default:\nconsecutive5xxErrors: 5";
    Some(Report::object(object, place.value, message).help(help))
}

/// Detection whose percentage is less than one of the endpoints.
fn too_few<'a>(
    cx: &Context<'_>,
    object: &'a Object,
    policy: &Policy<'_>,
    detection: &OutlierDetection,
    entry: Entry<'_>,
    endpoints: &Endpoints<'_>,
) -> Option<Report<'a>> {
    let node = entry.value.resolved();
    let is_old = |version: Version| version < STRICT_SINCE;
    let field = "maxEjectionPercent";
    if object.field_below(node, &[field]).is_unknown()
        || cx.inventory.is_always_set_elsewhere(object, node, field)
        || cx.settings.mesh.istio_version.is_some_and(is_old)
    {
        return None;
    }
    let written = detection
        .max_ejection_percent
        .filter(|percent| *percent > 0);
    let percent = written.map_or(DEFAULT_PERCENT, i64::from);
    // Of a single one there is nothing to choose.
    if endpoints.most < 2 || percent * endpoints.most >= 100 {
        return None;
    }
    let (least, most) = (endpoints.least.max(2), endpoints.most);
    let counted = if endpoints.least == most {
        format!("{most}")
    } else {
        format!("{} to {most}", endpoints.least)
    };
    let default = if written.is_some() { "" } else { " (default)" };
    let message = format!(
        "outlier detection never ejects: {percent}%{default} of {counted} endpoints is less than one"
    );
    // Rounded up.
    let needed = (100 + least - 1) / least;
    let value = node.get(field).filter(|_| written.is_some());
    let mut report = Report::object(object, value.unwrap_or(entry.key), message).help(format!(
        "since Istio 1.20 the ejected endpoint has to fit into the percentage; with {least} endpoints it \
         takes at least {needed}:\nmaxEjectionPercent: {needed}"
    ));
    for workload in &endpoints.workloads {
        let owner = workload.object();
        report = report.related(owner, owner.name_node(), "its pods are endpoints");
    }
    let title = format!("set maxEjectionPercent to {needed}");
    let holder = policy.node;
    Some(report.fix(Applicability::Unsafe, title, object, |editor| {
        editor.put(holder, &["outlierDetection"], field, Value::int(needed))
    }))
}

/// A rule for a wildcard whose hosts have rules of their own, which Istio does not merge
/// (`MostSpecificHostMatch` in pilot/pkg/model/push_context.go).
fn taken<'a>(
    cx: &Context<'_>,
    object: &'a Object,
    spec: &DestinationRuleSpec,
    place: Node<'_>,
) -> Option<Report<'a>> {
    let host = spec.host.as_deref().filter(|host| host.contains('*'))?;
    if cx.inventory.is_open(object) || !spec.export_to.is_empty() || selects(spec) {
        return None;
    }
    let services = cx.inventory.resolve_meshed(object, host);
    let services: Vec<&Object> = services
        .filter(|(_, relation)| relation.is_firm())
        .map(|(service, _)| service)
        .take(MOST_SERVICES + 1)
        .collect();
    let takers: Vec<(&Object, &Object)> = services
        .iter()
        .take(MOST_SERVICES)
        .filter_map(|service| Some((*service, taker(cx, object, service)?)))
        .collect();
    let (service, other) = takers.first()?;
    let name = service.name();
    let (severity, message) = if takers.len() == services.len() {
        let message = format!(
            "outlier detection never acts: DestinationRule `{}` applies to `{name}` instead",
            other.name()
        );
        (Severity::Warning, message)
    } else {
        let message = format!(
            "no outlier detection for `{name}`: its own DestinationRule counts, and nothing is merged"
        );
        (Severity::Note, message)
    };
    let report = Report::object(object, place, message).severity(severity);
    let report = report.detail("nothing of the two is merged").help(format!(
        "Istio takes the most specific rule of a host: add outlierDetection to the DestinationRule for \
         `{name}`"
    ));
    let rules = takers.iter().map(|(_, rule)| (*rule, rule.name_node()));
    Some(report.related_few(rules, takers.len(), "the DestinationRule that counts"))
}

/// The DestinationRule for one Service alone that Istio takes in the place of a wildcard's, where it
/// detects nothing.
fn taker<'a>(cx: &Context<'a>, wide: &Object, service: &'a Object) -> Option<&'a Object> {
    let inventory = cx.inventory;
    let is_nearer = |rule: &Object| {
        let (own, other) = (inventory.namespace(rule), inventory.namespace(wide));
        own == other
            || own == inventory.namespace(service) && other == Some(inventory.root_namespace())
    };
    let mut rules = inventory.destination_rules(service);
    let (rule, ..) = rules.find(|(rule, typed, relation)| {
        relation.is_firm()
            && is_nearer(rule)
            && typed.spec.as_ref().is_some_and(|spec| {
                let is_own = spec.host.as_deref().is_some_and(|it| !it.contains('*'));
                is_own && spec.export_to.is_empty() && !selects(spec)
            })
            && policies(rule, typed)
                .iter()
                .all(|policy| policy.outlier_detection.is_none())
    })?;
    Some(rule)
}

/// Whether a rule is for some clients alone.
fn selects(spec: &DestinationRuleSpec) -> bool {
    let selector = spec.workload_selector.as_ref();
    selector.is_some_and(|it| !it.match_labels.is_empty())
}
