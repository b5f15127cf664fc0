//! Autoscalers: what is written, and what is told of them.

use super::harness::assert_texts;

fn autoscaler(spec: &str) -> String {
    format!(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec: {{{spec}}}\n"
    )
}

fn metric(metric: &str) -> String {
    autoscaler(&format!(
        "scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}, maxReplicas: 3, metrics: [{metric}]"
    ))
}

fn behavior(rules: &str) -> String {
    autoscaler(&format!(
        "scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}, maxReplicas: 3, behavior: {{scaleDown: {{{rules}}}}}"
    ))
}

#[test]
fn autoscalers() {
    assert_texts(&[
        (
            autoscaler("scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}"),
            &["`spec` has no `maxReplicas`"],
        ),
        (
            autoscaler("maxReplicas: 3"),
            &["`spec` has no `scaleTargetRef`"],
        ),
        (
            autoscaler("maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: web}"),
            &["`scaleTargetRef` has no `apiVersion`"],
        ),
        (
            autoscaler("maxReplicas: 3, scaleTargetRef: {kind: ReplicationController, name: web}"),
            &[],
        ),
        (
            autoscaler("maxReplicas: 3, scaleTargetRef: {apiVersion: a/b/c, kind: Deployment}"),
            &[
                "`scaleTargetRef` has no `name`",
                "`apiVersion` `a/b/c` is not a group and a version",
            ],
        ),
        (
            autoscaler(
                "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 3, minReplicas: 0",
            ),
            &["`minReplicas: 0` needs a metric of type Object or External"],
        ),
        (
            metric("{type: Resource}"),
            &["a metric of type Resource has no `resource`"],
        ),
        (
            metric("{resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}"),
            &["an item of `metrics` has no `type`"],
        ),
        (
            metric("{type: Resource, resource: {name: cpu, target: {averageUtilization: 50}}}"),
            &["`target` has no `type`"],
        ),
    ]);
}

#[test]
fn more_autoscalers_1() {
    assert_texts(&[
        (
            metric("{type: Resource, resource: {name: cpu, target: {type: Utilization}}}"),
            &["the target has no `averageUtilization` or `averageValue`"],
        ),
        (
            metric(
                "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 0}}}",
            ),
            &["`averageUtilization` is not between 1 and 2147483647"],
        ),
        (
            metric(
                "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50, averageValue: 1}}}",
            ),
            &["the target has both `averageUtilization` and `averageValue`"],
        ),
        (
            metric(
                "{type: Pods, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}",
            ),
            &[
                "a metric of type Pods has no `pods`",
                "a metric of type Pods does not read `resource`",
            ],
        ),
        (
            metric("{type: External, external: {metric: {}, target: {type: Value, value: -1}}}"),
            &["`metric` has no `name`", "`value` is not above 0"],
        ),
        (
            metric(
                "{type: Object, object: {describedObject: {kind: Service, name: web}, metric: {name: a}, target: {type: Value, value: 1, averageValue: 1}}}",
            ),
            &[],
        ),
        (behavior("policies: []"), &["`policies` is empty"]),
        (
            behavior("policies: [{type: Pods, value: 1}]"),
            &["an item of `policies` has no `periodSeconds`"],
        ),
        (
            behavior("policies: [{type: Pods, value: 0, periodSeconds: 1801}]"),
            &[
                "`value` is not between 1 and 2147483647",
                "`periodSeconds` is not between 1 and 1800",
            ],
        ),
    ]);
}

#[test]
fn more_autoscalers_2() {
    assert_texts(&[
        (behavior("stabilizationWindowSeconds: 4000"), &["`stabilizationWindowSeconds` is not between 0 and 3600"]),
        (behavior("stabilizationWindowSeconds: 300"), &[]),
        (behavior("tolerance: -1"), &["`tolerance` is below 0"]),
        ("apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 3, targetCPUUtilizationPercentage: 0}\n".to_owned(), &["`targetCPUUtilizationPercentage` is not between 1 and 2147483647"]),
    ]);
}
