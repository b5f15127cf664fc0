//! Manifests to measure with.

use std::fmt::Write;
use std::sync::Arc;

use lameduck::source::{NewSource, Role, Scope, Sources};

/// What is wrong with the workloads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaws {
    /// Next to nothing.
    None,
    /// Identical probes, no startup probe, no budget, a short grace period.
    Many,
}

/// So many workloads, a hundred in each file.
pub(crate) fn sources(workloads: usize, flaws: Flaws) -> Sources {
    let mut sources = Sources::default();
    let numbers: Vec<usize> = (0..workloads).collect();
    for (file, numbers) in numbers.chunks(100).enumerate() {
        let mut text = String::new();
        for number in numbers {
            text.push_str(&workload(*number, flaws));
        }
        sources.push(NewSource {
            path: format!("k8s/{file}.yaml"),
            root_path: format!("k8s/{file}.yaml"),
            text: Arc::from(text),
            invalid_utf8: None,
            role: Role::Named,
            scope: Scope(Arc::from("k8s")),
        });
    }
    sources
}

fn workload(number: usize, flaws: Flaws) -> String {
    let name = format!("app-{number}");
    let mut text = format!(
        "---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: shop
  labels:
    app.kubernetes.io/name: {name}
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
    spec:
"
    );
    let probes = match flaws {
        Flaws::None => {
            text.push_str("      terminationGracePeriodSeconds: 60\n");
            "          startupProbe:
            httpGet: {path: /livez, port: http}
            periodSeconds: 5
            failureThreshold: 60
          readinessProbe:
            httpGet: {path: /readyz, port: http}
          livenessProbe:
            httpGet: {path: /livez, port: http}
            failureThreshold: 6
          lifecycle:
            preStop:
              sleep: {seconds: 15}
"
        }
        Flaws::Many => {
            "          readinessProbe:
            httpGet: {path: /healthz, port: http}
          livenessProbe:
            httpGet: {path: /healthz, port: http}
"
        }
    };
    write!(
        text,
        "      containers:
        - name: app
          image: registry.example.org/{name}:1.4.2
          ports:
            - name: http
              containerPort: 8080
{probes}---
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: shop
spec:
  selector:
    app.kubernetes.io/name: {name}
  ports:
    - name: http
      port: 80
      targetPort: http
"
    )
    .unwrap();
    if flaws == Flaws::None {
        write!(
            text,
            "---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {name}
  namespace: shop
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
"
        )
        .unwrap();
    }
    text
}
