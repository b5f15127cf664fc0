use std::fmt::Debug;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::{
    AuthorizationPolicy, DestinationRule, Gateway, PeerAuthentication, ProxyConfigObject,
    RequestAuthentication, ServiceEntry, Sidecar, Telemetry, VirtualService, WorkloadEntryObject,
    WorkloadGroup,
};
use crate::kube::KubeCheck;
use crate::yaml::{Content, IssueKind, parse};

/// The value and every issue as `path: what`.
fn reading<T: DeserializeOwned>(text: &str) -> (T, Vec<String>) {
    let mut stream = parse(&Arc::from(text));
    let Content::Tree(tree) = stream.documents.remove(0).content else {
        panic!("no tree");
    };
    let reading = KubeCheck::new().read::<T>(tree.root());
    let issues = reading
        .issues
        .into_iter()
        .map(|issue| {
            let path = tree.node(issue.node).path();
            match issue.kind {
                IssueKind::Invalid { message, .. } => format!("{path}: {message}"),
                IssueKind::UnknownField { structure, .. } => format!("{path}: not in {structure}"),
            }
        })
        .collect();
    (reading.value.unwrap(), issues)
}

/// The file holds every field of its kind's schema: each must be known, and must arrive.
fn assert_whole<T: DeserializeOwned + Debug>(text: &str) {
    let (value, issues) = reading::<T>(text);
    assert_eq!(issues, [""; 0]);
    let shown = format!("{value:?}");
    let spec = shown.split_once(" spec: ").unwrap().1;
    for absent in [": None", ": []", ": {}"] {
        assert!(!spec.contains(absent), "{absent} in {spec}");
    }
}

#[test]
fn every_field_of_the_schema_is_read() {
    assert_whole::<DestinationRule>(include_str!("whole/DestinationRule.yaml"));
    assert_whole::<VirtualService>(include_str!("whole/VirtualService.yaml"));
    assert_whole::<PeerAuthentication>(include_str!("whole/PeerAuthentication.yaml"));
    assert_whole::<Sidecar>(include_str!("whole/Sidecar.yaml"));
    assert_whole::<Telemetry>(include_str!("whole/Telemetry.yaml"));
    assert_whole::<ServiceEntry>(include_str!("whole/ServiceEntry.yaml"));
    assert_whole::<Gateway>(include_str!("whole/Gateway.yaml"));
    assert_whole::<ProxyConfigObject>(include_str!("whole/ProxyConfig.yaml"));
    assert_whole::<AuthorizationPolicy>(include_str!("whole/AuthorizationPolicy.yaml"));
    assert_whole::<RequestAuthentication>(include_str!("whole/RequestAuthentication.yaml"));
    assert_whole::<WorkloadEntryObject>(include_str!("whole/WorkloadEntry.yaml"));
    assert_whole::<WorkloadGroup>(include_str!("whole/WorkloadGroup.yaml"));
}

#[test]
fn wrong_fields_and_values_are_told() {
    let (rule, issues) = reading::<DestinationRule>(
        "\
apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata: {name: payment}
spec:
  host: payment
  trafficPolicy:
    circuitBreaker: {maxConnections: 1}
    connectionPool:
      tcp: {maxConnections: -1, connectTimeout: 1d}
      http: {connectTimeout: 5s, idleTimeout: 30}
    outlierDetection:
      maxEjectionPercent: 150
      interval: 0s
      baseEjectionTime: ${EJECT}
    loadBalancer: {simple: round_robin}
",
    );
    let expected = [
        "trafficPolicy.circuitBreaker: not in TrafficPolicy",
        "tcp.maxConnections: expected a number of at least 0, found -1",
        "tcp.connectTimeout: expected a duration such as 30s: `1d` has the unknown unit `d`",
        "http.connectTimeout: not in HttpSettings",
        "http.idleTimeout: expected a duration such as 30s, found the number 30: write 30s",
        "outlierDetection.maxEjectionPercent: expected a number from 0 to 100, found 150",
        "outlierDetection.interval: expected a duration of at least 1ms, found `0s`",
        "loadBalancer.simple: ",
    ];
    assert_eq!(issues.len(), expected.len(), "{issues:#?}");
    for (issue, expected) in issues.iter().zip(expected) {
        assert!(issue.contains(expected), "{issue}\n  expected {expected}");
    }
    let policy = rule.spec.unwrap().traffic_policy.unwrap();
    assert!(policy.outlier_detection.unwrap().interval.is_none());
    assert!(policy.connection_pool.unwrap().http.is_some());
}
