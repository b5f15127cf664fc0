//! `outlier-ejection-unbounded`

use super::endpoints::{self, Endpoints};
use super::policy::{Policy, policies};
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::istio::DestinationRule;
use crate::kube::{Body, Object};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "outlier-ejection-unbounded",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "Outlier detection may eject too many endpoints",
    page: include_str!("../../../rules/mesh/outlier-ejection-unbounded.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["circuit-breaker"],
};

/// How many of a hundred may go at most.
const HALF: i32 = 50;

/// See the rule's page.
pub(in crate::rules) struct OutlierEjectionUnbounded;

impl Rule for OutlierEjectionUnbounded {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Body::DestinationRule(rule) = object.body() else {
            return;
        };
        for policy in policies(object, rule) {
            let Some(detection) = policy.outlier_detection else {
                continue;
            };
            let floor_field =
                object.field_below(policy.node, &["outlierDetection", "minHealthPercent"]);
            let Some(percent) = detection
                .max_ejection_percent
                .filter(|percent| *percent > HALF)
            else {
                continue;
            };
            let Some(node) = policy.node.at(&["outlierDetection", "maxEjectionPercent"]) else {
                continue;
            };
            let floor = detection.min_health_percent.filter(|floor| *floor > 0);
            // A floor stops the ejections; at 100 it is all that stops them.
            if floor_field.is_unknown() || floor.is_some() && percent < 100 {
                continue;
            }
            let report = if policy.fails_over {
                over(object, node, percent)
            } else {
                let found = endpoints_of(cx, object, rule, &policy);
                let may_be_one = found.as_ref().is_none_or(|found| found.least < 2);
                let report = report(object, node, (percent, floor), may_be_one);
                match found.as_ref().map(|found| found.most) {
                    Some(..=1) => report.help(ALONE),
                    _ => half(
                        report,
                        object,
                        node,
                        needs_a_person(cx, object, &policy, found),
                    ),
                }
            };
            out.push(match floor_field.node() {
                Some(node) => report.related(object, node, "the floor"),
                None => report,
            });
        }
    }
}

/// Half of a single endpoint is none: with that, nothing is ever ejected.
const ALONE: &str = "there is one endpoint in view, whose ejection leaves none: run at least two replicas first, then\n\
                     maxEjectionPercent: 50";

/// Offers half as the most, where nothing speaks against it.
fn half<'r>(
    report: Report<'r>,
    object: &Object,
    node: Node<'_>,
    why: Option<&'static str>,
) -> Report<'r> {
    let title = format!("set maxEjectionPercent to {HALF}");
    let mut report = report
        .fix(Applicability::Unsafe, title, object, |editor| {
            editor.set(node, &Value::int(HALF))
        })
        .reveals();
    if let Some(why) = why {
        report.withhold(why);
    }
    report
}

fn endpoints_of<'a>(
    cx: &Context<'a>,
    object: &'a Object,
    rule: &'a DestinationRule,
    policy: &Policy<'a>,
) -> Option<Endpoints<'a>> {
    let host = rule.spec.as_ref().and_then(|spec| spec.host.as_deref());
    let labels = policy.subset.map(|subset| &subset.labels);
    let behind = endpoints::behind(cx, object, host.unwrap_or_default());
    behind.and_then(|behind| behind.endpoints(cx, labels))
}

/// Why only a person can tell how many endpoints may go.
fn needs_a_person(
    cx: &Context<'_>,
    object: &Object,
    policy: &Policy<'_>,
    found: Option<Endpoints<'_>>,
) -> Option<&'static str> {
    /// Of fewer, half leaves a single one.
    const FEWEST: i64 = 4;
    let trips_at_once = policy.outlier_detection.is_some_and(|it| {
        let old = it.consecutive_errors.and_then(|it| u32::try_from(it).ok());
        let thresholds = [
            it.consecutive_5xx_errors,
            it.consecutive_gateway_errors,
            old,
        ];
        let mut thresholds = thresholds.iter().flatten();
        thresholds.any(|errors| matches!(errors, 1..=2))
    });
    let trial = cx.inventory.trial_place(object);
    if trial.is_some() {
        trial
    } else if trips_at_once {
        Some("it ejects after one or two errors, so ejecting is what it is to show")
    } else if found.is_none_or(|found| found.least < FEWEST) {
        Some("how many endpoints there are is not known, or they are fewer than four")
    } else {
        None
    }
}

/// Where another locality takes over, to eject a whole one is the point.
fn over<'a>(object: &'a Object, node: Node<'_>, percent: i32) -> Report<'a> {
    let message = format!(
        "`maxEjectionPercent: {percent}` may leave all requests of a locality to the others"
    );
    Report::object(object, node, message)
        .severity(Severity::Note)
        .help("fine where the other localities can carry them; else\nmaxEjectionPercent: 50")
}

fn report<'a>(
    object: &'a Object,
    node: Node<'_>,
    (percent, floor): (i32, Option<i32>),
    may_be_one: bool,
) -> Report<'a> {
    let outcome = if percent >= 100 {
        "every endpoint may be ejected at once".to_owned()
    } else {
        format!(
            "the {}% that stay may have to carry all requests",
            100 - percent
        )
    };
    if let Some(floor) = floor {
        let message = format!("`maxEjectionPercent: {percent}`: {outcome}");
        let detail = format!(
            "only `minHealthPercent: {floor}` prevents it, and below that outlier detection is off"
        );
        return Report::object(object, node, message)
            .detail(detail)
            .severity(Severity::Note)
            .help("maxEjectionPercent: 50");
    }
    let message = format!("`maxEjectionPercent: {percent}`: {outcome}");
    let detail =
        "without minHealthPercent requests then fail, though most endpoints may only be slow";
    Report::object(object, node, message)
        .detail(detail)
        .help_of_fix(
            if may_be_one {
                "eject half of the endpoints at most (a single one never, so run at least two)"
            } else {
                "eject half of the endpoints at most"
            },
            "maxEjectionPercent: 50",
        )
}
