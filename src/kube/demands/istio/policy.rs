//! DestinationRules: subsets, connection pools, outlier detection, settings of ports.

use super::super::judge::{Judge, describe};
use crate::yaml::{Node, Scalar};

/// `ValidateDestinationRule`: names of subsets are unique.
pub(super) fn subsets<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let subsets: Vec<Node<'t>> = judge.items(spec, "subsets").collect();
    let names: Vec<Node<'t>> = subsets
        .into_iter()
        .filter_map(|subset| judge.get(subset, "name"))
        .collect();
    judge.unique(names, |name| format!("two subsets are named {name}"));
}

/// `validateTrafficPolicy`
pub(super) fn traffic<'t>(judge: &mut Judge<'t>, policy: Node<'t>) {
    const FIELDS: &[&str] = &[
        "outlierDetection",
        "connectionPool",
        "loadBalancer",
        "tls",
        "portLevelSettings",
        "tunnel",
        "proxyProtocol",
        "retryBudget",
    ];
    if FIELDS.iter().all(|field| judge.lacks(policy, field)) {
        judge.missing_one_of(policy, FIELDS, "`trafficPolicy` sets nothing");
    }
}

/// `validatePortTrafficPolicies`
pub(super) fn port_level<'t>(judge: &mut Judge<'t>, policy: Node<'t>) {
    const FIELDS: &[&str] = &["outlierDetection", "connectionPool", "loadBalancer", "tls"];
    if judge.present(policy, FIELDS).is_empty() {
        judge.missing_one_of(
            policy,
            FIELDS,
            "an item of `portLevelSettings` sets nothing",
        );
    }
}

/// `validateConnectionPool`
pub(super) fn pool<'t>(judge: &mut Judge<'t>, pool: Node<'t>) {
    const FIELDS: &[&str] = &["tcp", "http"];
    if judge.present(pool, FIELDS).is_empty() {
        let name = describe(pool, judge.object());
        judge.missing_one_of(pool, FIELDS, format!("{name} has neither `tcp` nor `http`"));
    }
}

/// `validateConnectionPool`
pub(super) fn http_settings<'t>(judge: &mut Judge<'t>, http: Node<'t>) {
    if judge.text(http, "h2UpgradePolicy") == Some("UPGRADE")
        && judge.is_true(http, "useClientProtocol")
        && let Some(entry) = http.entry("useClientProtocol")
    {
        judge
            .wrong(
                entry.key,
                "`useClientProtocol` contradicts `h2UpgradePolicy: UPGRADE`",
            )
            .rests_on(http, "h2UpgradePolicy");
    }
}

/// `validateOutlierDetection`, and the CRD on codes.
pub(super) fn outliers<'t>(judge: &mut Judge<'t>, detection: Node<'t>) {
    let counted = judge.int(detection, "consecutiveLocalOriginFailures");
    let split = judge.field(detection, "splitExternalLocalOriginErrors");
    if counted.is_some_and(|count| count > 0)
        && !split.is_unknown()
        && !judge.is_true(detection, "splitExternalLocalOriginErrors")
        && let Some(entry) = detection.entry("consecutiveLocalOriginFailures")
    {
        judge
            .wrong(
                entry.key,
                "`consecutiveLocalOriginFailures` needs `splitExternalLocalOriginErrors: true`",
            )
            .rests_on(detection, "splitExternalLocalOriginErrors");
    }
    let codes: Vec<Node<'t>> = judge
        .items(detection, "outlierDetectionHttpErrorCodes")
        .collect();
    for code in codes {
        if let Some(Scalar::Int(number)) = code.scalar()
            && !(100..=599).contains(&number)
        {
            judge.wrong(
                code,
                format!("{number} is not an HTTP status from 100 to 599"),
            );
        }
    }
}
