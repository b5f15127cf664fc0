//! Each row: what is written, and what is told of it.

mod autoscalers;
mod harness;
mod istio;
mod objects;
mod pods;
mod traffic;
mod types;
mod workloads;

use harness::{assert_faults, container};

#[test]
fn what_is_unknown_or_misspelt_is_not_missing() {
    for text in [
        "ports: [{containerPort: '{{ .Values.port }}'}]",
        "ports: [{containerPort: http}]",
        "ports: [{port: 80}]",
        "ports: ${PORTS}",
        "ports: [~]",
        "volumeMounts: [{name: '${VOLUME}', mountPath: /a}]",
        "volumeMounts: [{name: web-$(ENV), mountPath: /a}]",
        "env: [{name: A, valueFrom: {secretKeyRef: {nam: a, key: b}}}]",
    ] {
        let found = harness::faults(&container(text));
        let about_names: Vec<_> = found
            .iter()
            .filter(|fault| !fault.contains("has no `name`"))
            .collect();
        assert!(about_names.is_empty(), "{text}: {found:?}");
    }
    assert_faults(&container("ports: ~"), &[]);
}

#[test]
fn an_alias_is_judged_once() {
    let text = container("ports:\n  - &port {name: http}\n  - *port");
    assert_faults(
        &text,
        &[
            "two ports of the container are named `http`",
            "port `http` has no `containerPort`",
        ],
    );
}

#[test]
fn an_object_in_a_removed_version_is_not_judged() {
    let text = container("ports: [{}]").replace(
        "apiVersion: v1\nkind: Pod",
        "apiVersion: extensions/v1beta1\nkind: Deployment",
    );
    assert_faults(&text, &[]);
}
