//! Each row: what is written, and what is told of it.

mod autoscalers;
mod harness;
mod objects;
mod traffic;

use harness::{assert_faults, container};

#[test]
fn required_fields() {
    for (text, expected) in [
        ("env: [{value: x}]", "an item of `env` has no `name`"),
        (
            "ports: [{name: http}]",
            "port `http` has no `containerPort`",
        ),
        (
            "volumeMounts: [{name: data}]",
            "the mount of `data` has no `mountPath`",
        ),
    ] {
        assert_faults(&container(text), &[expected]);
    }
}

#[test]
fn what_is_unknown_or_misspelt_is_not_missing() {
    for text in [
        "ports: [{containerPort: '{{ .Values.port }}'}]",
        "ports: [{containerPort: http}]",
        "ports: [{port: 80}]",
        "ports: ${PORTS}",
        "ports: [{}, ~]",
    ] {
        let expected: &[&str] = if text.contains("{}") {
            &["an item of `ports` has no `containerPort`"]
        } else {
            &[]
        };
        assert_faults(&container(text), expected);
    }
}
