#!/usr/bin/env python3
"""Writes a folder of manifests to measure with: a Deployment that has what it should, its Service and
its PodDisruptionBudget, over and over, a hundred workloads in each file.

    benches/peers/generate.py OBJECTS FOLDER [--namespaces N]

Everything stands in one namespace unless more are asked for: what belongs to what must then be found
among all of it.
"""

import argparse
import os

WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {namespace}
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
      terminationGracePeriodSeconds: 60
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app.kubernetes.io/name: {name}
      containers:
        - name: app
          image: registry.example.org/{name}:1.4.2
          ports:
            - name: http
              containerPort: 8080
          resources:
            requests: {{cpu: 100m, memory: 128Mi}}
            limits: {{memory: 256Mi}}
          startupProbe:
            httpGet: {{path: /livez, port: http}}
            periodSeconds: 5
            failureThreshold: 60
          readinessProbe:
            httpGet: {{path: /readyz, port: http}}
          livenessProbe:
            httpGet: {{path: /livez, port: http}}
            failureThreshold: 6
          lifecycle:
            preStop:
              sleep: {{seconds: 15}}
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: {namespace}
spec:
  selector:
    app.kubernetes.io/name: {name}
  ports:
    - name: http
      port: 80
      targetPort: http
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {name}
  namespace: {namespace}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
"""

PER_FILE = 100


def write(objects, folder, namespaces=1):
    """Writes at least so many objects."""
    os.makedirs(folder, exist_ok=True)
    workloads = range(-(-objects // 3))
    for first in workloads[::PER_FILE]:
        texts = [
            WORKLOAD.format(name=f"app-{number}", namespace=f"team-{number % namespaces}")
            for number in workloads[first : first + PER_FILE]
        ]
        with open(os.path.join(folder, f"{first:06}.yaml"), "w") as file:
            file.write("---\n".join(texts))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("objects", type=int)
    parser.add_argument("folder")
    parser.add_argument("--namespaces", type=int, default=1, metavar="N")
    args = parser.parse_args()
    write(args.objects, args.folder, args.namespaces)


if __name__ == "__main__":
    main()
