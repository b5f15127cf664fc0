//! How much of a circuit breaker a DestinationRule is, and for whom.

use crate::edit::Value;
use crate::kube::istio::DestinationRule;
use crate::kube::{Body, Object, Workload, WorkloadBody};
use crate::rules::Context;
use crate::rules::text::FEW;

/// How much of a circuit breaker a DestinationRule is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Breaker {
    /// No outlier detection at all.
    Nothing,
    /// Outlier detection for some clients only.
    ForSome,
    /// Outlier detection for some subset or port only.
    Partial,
    /// Outlier detection without connection limits.
    WithoutLimits,
    /// Both.
    Whole,
}

/// How much of one a rule is for a Service.
pub(super) fn breaker(service: &Object, rule: &DestinationRule) -> Breaker {
    let Some(spec) = &rule.spec else {
        return Breaker::Nothing;
    };
    let policy = spec.traffic_policy.as_ref();
    let of_rule = policy.map_or(Breaker::Nothing, |it| {
        of_blocks(it.outlier_detection.is_some(), it.connection_pool.is_some())
    });
    let settings = policy.map_or(&[][..], |policy| &policy.port_level_settings);
    // The settings of a port take the place of the whole policy above them.
    let of_port = |number: i32| {
        let own = settings.iter().find(|own| own.is_for(number));
        own.map_or(of_rule, |own| {
            of_blocks(
                own.outlier_detection.is_some(),
                own.connection_pool.is_some(),
            )
        })
    };
    let ports: Vec<Breaker> = port_numbers(service).map(of_port).collect();
    let (least, most) = match (ports.iter().min(), ports.iter().max()) {
        (Some(least), Some(most)) => (*least, *most),
        _ => (of_rule, of_rule),
    };
    let in_subset = spec.subsets.iter().any(|subset| {
        let policy = subset.traffic_policy.as_ref();
        policy.is_some_and(|policy| policy.outlier_detection.is_some())
    });
    match least {
        Breaker::Nothing if most.max(of_rule) > Breaker::Nothing || in_subset => Breaker::Partial,
        _ => least,
    }
}

/// What the two blocks of one policy make.
fn of_blocks(has_detection: bool, has_limits: bool) -> Breaker {
    match (has_detection, has_limits) {
        (false, _) => Breaker::Nothing,
        (true, false) => Breaker::WithoutLimits,
        (true, true) => Breaker::Whole,
    }
}

/// The ports through which requests come.
fn port_numbers(service: &Object) -> impl Iterator<Item = i32> + use<'_> {
    let spec = match service.body() {
        Body::Service(service) => service.spec.as_ref(),
        _ => None,
    };
    let ports = spec.and_then(|spec| spec.ports.as_deref());
    let ports = ports.unwrap_or_default().iter();
    ports.map(|port| port.port)
}

/// Which clients alone a rule is for; `None`: for all.
///
/// `destinationRule` in pilot/pkg/model/push_context.go looks into the namespace of the client, then of
/// the Service, then into the root namespace.
pub(super) fn clients(
    cx: &Context<'_>,
    service: &Object,
    rule: &Object,
    typed: &DestinationRule,
) -> Option<String> {
    let selector = typed.spec.as_ref()?.workload_selector.as_ref();
    let labels = selector.map(|it| &it.match_labels);
    if let Some(labels) = labels.filter(|labels| !labels.is_empty()) {
        let few = labels.iter().take(FEW);
        let shown: Vec<String> = few.map(|(key, value)| format!("{key}={value}")).collect();
        return Some(format!("clients with {}", shown.join(",")));
    }
    let own = cx.inventory.namespace(service)?;
    let other = cx.inventory.namespace(rule)?;
    (other != own && other != cx.inventory.root_namespace())
        .then(|| format!("clients in namespace `{other}`"))
}

/// Whether a Service is for the new pods of a canary rollout, next to one for the others: those are few, and
/// the canary's own analysis looks at whether they fail.
pub(super) fn is_canary(service: &Object, workload: Workload<'_>) -> bool {
    let WorkloadBody::Rollout(rollout) = workload.body() else {
        return false;
    };
    let spec = rollout.spec.as_ref();
    let strategy = spec.and_then(|spec| spec.strategy.as_ref());
    let canary = strategy.and_then(|strategy| strategy.canary.as_ref());
    canary.is_some_and(|canary| {
        canary.stable_service.is_some() && canary.canary_service.as_deref() == Some(service.name())
    })
}

/// A breaker that opens.
pub(super) fn detection() -> Value {
    Value::map([
        ("consecutive5xxErrors", Value::int(5)),
        ("interval", Value::text("10s")),
        ("baseEjectionTime", Value::text("30s")),
        ("maxEjectionPercent", Value::int(50)),
    ])
}

/// The requests that may wait: how many, only who knows the pods' capacity can tell.
pub(super) fn pool() -> Value {
    let http = Value::map([("http1MaxPendingRequests", Value::blank("limit"))]);
    Value::map([("http", http)])
}
