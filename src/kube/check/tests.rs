use std::sync::Arc;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Service};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde::de::DeserializeOwned;

use super::KubeCheck;
use crate::yaml::{Content, IssueKind, Tree, parse};

fn tree(text: &str) -> Tree {
    match parse(&Arc::from(text)).documents.remove(0).content {
        Content::Tree(tree) => tree,
        other => panic!("{other:?}"),
    }
}

/// Every issue as `path: message`.
fn issues<T: DeserializeOwned>(text: &str) -> Vec<String> {
    let tree = tree(text);
    let reading = KubeCheck::new().read::<T>(tree.root());
    reading
        .issues
        .into_iter()
        .map(|issue| {
            let path = tree.node(issue.node).path();
            match issue.kind {
                IssueKind::Invalid { message, .. } => format!("{path}: {message}"),
                IssueKind::UnknownField { .. } => format!("{path}: unknown"),
            }
        })
        .collect()
}

fn assert_issues<T: DeserializeOwned>(text: &str, expected: &[&str]) {
    let found = issues::<T>(text);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found}\n  expected {expected}");
    }
}

#[test]
fn enumerations_of_a_deployment() {
    assert_issues::<Deployment>(
        "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  strategy: {type: rollingUpdate}
  template:
    spec:
      restartPolicy: ''
      dnsPolicy: ${DNS}
      containers:
        - name: app
          image: app:1
          imagePullPolicy: always
          ports: [{containerPort: 8080, protocol: tcp}]
",
        &[
            "strategy.type: expected `RollingUpdate` or `Recreate`, found `rollingUpdate`",
            "imagePullPolicy: expected one of `Always`, `IfNotPresent` or `Never`, found `always`",
            "protocol: expected one of `TCP`, `UDP` or `SCTP`, found `tcp`",
        ],
    );
}

#[test]
fn percentages() {
    assert_issues::<Deployment>(
        "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  strategy: {rollingUpdate: {maxSurge: '1', maxUnavailable: 150%}}
",
        &[
            "maxSurge: expected a whole number or a percentage such as 25%, found the string \"1\"",
            "maxUnavailable: expected at most 100%, found `150%`",
        ],
    );
    assert_issues::<DaemonSet>(
        "\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: web}
spec:
  updateStrategy: {rollingUpdate: {maxSurge: 0.25, maxUnavailable: 0%}}
",
        &["maxSurge: expected a whole number or a percentage such as 25%, found 0.25"],
    );
}

#[test]
fn a_budget_takes_one_field() {
    assert_issues::<PodDisruptionBudget>(
        "\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, maxUnavailable: 1}
",
        &["spec.maxUnavailable: expected only one of minAvailable and maxUnavailable"],
    );
    assert_issues::<PodDisruptionBudget>(
        "\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: null, maxUnavailable: 50%}
",
        &[],
    );
}

#[test]
fn quantities() {
    assert_issues::<Deployment>(
        "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: app
          resources:
            requests: {cpu: 0.5, memory: 64MB}
            limits: {cpu: 1, memory: '{{ .Values.memory }}'}
",
        &["memory: expected a quantity such as 250m, 0.5, 64Mi or 1G, found `64MB`"],
    );
}

#[test]
fn labels_are_told_and_kept() {
    let text = "\
apiVersion: v1
kind: Service
metadata:
  name: Web
  labels: {app: 'a b', a/b/c: x, Team: yes-no, owner: <owner>}
  annotations: {Example.com/x: anything goes}
spec:
  selector: {app: -web}
  type: clusterIP
  ports: [{port: 70000, targetPort: '8080', name: web}]
";
    assert_issues::<Service>(
        text,
        &[
            "metadata.name: expected a name of at most 63 lower-case letters",
            "labels.app: expected a label value",
            "labels.a/b/c: expected a key with at most one `/`",
            "selector.app: expected a label value",
            "spec.type: expected one of",
            "port: expected a number from 1 to 65535, found 70000",
            "targetPort: expected a port number or a port's name",
        ],
    );
    let tree = tree(text);
    let service = KubeCheck::new().read::<Service>(tree.root()).value.unwrap();
    let selector = service.spec.unwrap().selector.unwrap();
    assert_eq!(selector.get("app").map(String::as_str), Some("-web"));
}

#[test]
fn placeholders_are_unknown_without_a_word() {
    let text = "\
apiVersion: v1
kind: Service
metadata: {name: {self.path.k8s}}
spec:
  type: <type>
  selector: {app: $(APP)}
  ports:
    - port: ${PORT}
      targetPort: $PORT
";
    assert_issues::<Service>(text, &[]);
    let tree = tree(text);
    let unknown = KubeCheck::new().read::<Service>(tree.root()).unknown;
    assert_eq!(unknown.len(), 5);
}

#[test]
fn a_word_in_capitals_behind_nothing_is_a_placeholder() {
    for (text, unknown) in [
        ("spec:\n  type: #TYPE\n", 1),
        ("spec: #SPEC_2\n", 1),
        ("spec:\n  ports:\n    - port: #PORT\n      name: #NAME\n", 2),
        ("spec: {type: } #TYPE\n", 0),
        ("spec:\n  type: # TYPE\n", 0),
        ("spec:\n  type: #type\n", 0),
        ("spec:\n  type: #TODO\n", 0),
        ("spec:\n  type: # the TYPE\n", 0),
        ("spec:\n  type:\n  #TYPE\n", 0),
        ("spec:\n  type: null #TYPE\n", 0),
    ] {
        let tree = tree(text);
        let found = KubeCheck::new().read::<Service>(tree.root()).unknown;
        assert_eq!(found.len(), unknown, "{text}");
    }
}

#[test]
fn bounds_and_elements() {
    assert_issues::<HorizontalPodAutoscaler>(
        "\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {minReplicas: 3, maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: web}}
",
        &["maxReplicas: expected at least minReplicas, 3, found 2"],
    );
    assert_issues::<PersistentVolumeClaim>(
        "\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce, RWX]}
",
        &["expected one of `ReadWriteOnce`"],
    );
}

#[test]
fn a_removed_version_is_read_as_its_replacement() {
    let tree = tree(
        "\
apiVersion: extensions/v1beta1
kind: Deployment
metadata: {name: web}
spec: {replicas: 2}
",
    );
    let root = tree.root();
    let canonical = crate::kube::tables::removed::canonical("extensions/v1beta1", "Deployment");
    let check = KubeCheck::for_object(
        root.get("apiVersion").unwrap().id(),
        canonical.unwrap().api_version,
    );
    let reading = check.read::<Deployment>(root);
    assert_eq!(reading.issues, []);
    assert_eq!(reading.value.unwrap().spec.replicas, Some(2));
}
