#!/usr/bin/env python3
"""Runs lameduck, kube-linter and kube-score over the same folder and prints, per check that they
share, what each alone reports.

    benches/peers/compare.py FOLDER [--sample N] [--check NAME] [--lameduck PATH]

Each subfolder of FOLDER is one run (a repository); with --single, FOLDER itself is. A peer that is
not installed is left out and said so. An object counts once per check, as (file, kind, name):

    go install golang.stackrox.io/kube-linter/cmd/kube-linter@latest
    go install github.com/zegl/kube-score/cmd/kube-score@latest
"""

import argparse
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections import defaultdict

# What the tools call the same question: rules of lameduck, checks of kube-linter, of kube-score.
CHECKS = {
    "probes missing": (
        ["missing-readiness-probe", "missing-liveness-probe"],
        ["no-readiness-probe", "no-liveness-probe"],
        ["pod-probes"],
    ),
    "probes identical": (["identical-probes"], [], ["pod-probes-identical"]),
    "probe ports": (
        ["unresolved-probe-port", "invalid-probe"],
        ["liveness-port", "readiness-port", "startup-port"],
        [],
    ),
    "disruption budget missing": (
        ["missing-pdb"],
        [],
        ["deployment-has-poddisruptionbudget", "statefulset-has-poddisruptionbudget"],
    ),
    "disruption budget blocks": (
        ["pdb-blocks-eviction"],
        ["pdb-max-unavailable", "pdb-min-available"],
        ["poddisruptionbudget-has-policy"],
    ),
    "service selects nothing": (["dangling-service"], ["dangling-service"], ["service-targets-pod"]),
    "target port": (["unresolved-target-port", "invalid-field"], ["invalid-target-ports"], []),
    "autoscaler target": (["dangling-hpa"], ["dangling-horizontalpodautoscaler"],
                          ["horizontalpodautoscaler-has-target"]),
    "autoscaler minimum": (["hpa-single-replica"], ["hpa-minimum-three-replicas"],
                           ["horizontalpodautoscaler-replicas"]),
    "autoscaler and replicas": (
        ["hpa-conflicts-replicas"],
        [],
        ["deployment-targeted-by-hpa-does-not-have-replicas-configured"],
    ),
    "replicas": (["single-replica"], ["minimum-three-replicas"], ["deployment-replicas"]),
    "selector": (
        ["selector-mismatch"],
        ["mismatching-selector"],
        [
            "deployment-pod-selector-labels-match-template-metadata-labels",
            "statefulset-pod-selector-labels-match-template-metadata-labels",
        ],
    ),
    "spread": (
        ["missing-pod-spread"],
        ["no-anti-affinity"],
        [
            "deployment-has-host-podantiaffinity",
            "statefulset-has-host-podantiaffinity",
            "pod-topology-spread-constraints",
        ],
    ),
    "resources": (
        ["missing-resources"],
        ["unset-cpu-requirements", "unset-memory-requirements"],
        ["container-resources"],
    ),
    "rollout strategy": (
        ["unsafe-rollout-strategy"],
        ["no-rolling-update-strategy"],
        ["deployment-strategy"],
    ),
    "API version": (["removed-api-version"], ["no-extensions-v1beta"], ["stable-version"]),
    "image tag": (["mutable-image-tag"], ["latest-tag"], ["container-image-tag"]),
    "label values": (["invalid-field"], [], ["label-values"]),
}
TOOLS = ("lameduck", "kube-linter", "kube-score")


def run(command):
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)


def yaml_files(folder):
    for base, directories, files in os.walk(folder):
        directories[:] = sorted(it for it in directories if not it.startswith("."))
        for name in sorted(files):
            if name.endswith((".yaml", ".yml")):
                yield os.path.join(base, name)


def lameduck(binary, folder):
    """(rule, file, kind, name) of every finding."""
    command = [binary, "check", folder, "--no-config", "--pedantic", "--no-gitignore"]
    done = run([*command, "--format", "json"])
    if done.returncode not in (0, 1):
        sys.exit(f"lameduck failed on {folder}: {done.stderr}")
    for finding in json.loads(done.stdout)["findings"]:
        resource = finding.get("resource")
        if resource:
            yield finding["rule"], finding["path"], resource["kind"], resource["name"]


def kube_linter(folder):
    checks = sorted({check for _, theirs, _ in CHECKS.values() for check in theirs})
    command = ["kube-linter", "lint", "--format", "json", "--do-not-auto-add-defaults"]
    done = run([*command, "--include", ",".join(checks), folder])
    start = done.stdout.find("{")
    if start < 0:
        print(f"kube-linter says nothing about {folder}: {done.stderr.strip()[:200]}", file=sys.stderr)
        return
    for report in json.loads(done.stdout[start:]).get("Reports") or []:
        found = report["Object"]
        thing = found["K8sObject"]
        kind = thing["GroupVersionKind"]["Kind"]
        yield report["Check"], found["Metadata"]["FilePath"], kind, thing["Name"]


def rendered_from(files):
    """Helm says of what it renders which template it comes from (`# Source: …`), and kube-score
    takes that for the name of the file."""
    names = {}
    for path in files:
        with open(path, errors="replace") as text:
            for name in re.findall(r"^# Source: (\S+)", text.read(), re.MULTILINE):
                names.setdefault(name, path)
    return names


def kube_score(files):
    """One file that kube-score cannot read ends its run, so a run that fails is halved."""
    if not files:
        return
    done = run(["kube-score", "score", "--kubernetes-version", "v1.33", "-o", "json", *files])
    try:
        objects = json.loads(done.stdout)
    except ValueError:
        if len(files) > 1:
            middle = len(files) // 2
            yield from kube_score(files[:middle])
            yield from kube_score(files[middle:])
        return
    rendered = rendered_from(files)
    for thing in objects or []:
        meta = thing["object_meta"]
        path = rendered.get(thing["file_name"], thing["file_name"])
        for check in thing["checks"]:
            # 10 is all well, 7 nearly so; below is a warning or critical.
            if not check["skipped"] and check["grade"] < 7:
                kind = thing["type_meta"]["kind"]
                yield check["check"]["id"], path, kind, meta.get("name", "")


def by_directory(files):
    """kube-score keeps one card per kind, namespace and name: objects of one name in two folders
    would share theirs, and each would be blamed for the other."""
    for _, group in itertools.groupby(files, os.path.dirname):
        yield from kube_score(list(group))


def collect(folders, binary, tools):
    """tool → check or rule → {(file, kind, name)}"""
    found = {tool: defaultdict(set) for tool in TOOLS}
    for folder in folders:
        files = list(yaml_files(folder))
        results = {"lameduck": lameduck(binary, folder)}
        if "kube-linter" in tools:
            results["kube-linter"] = kube_linter(folder)
        if "kube-score" in tools:
            results["kube-score"] = by_directory(files)
        for tool, findings in results.items():
            for check, path, kind, name in findings:
                found[tool][check].add((os.path.relpath(path), kind, name))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--sample", type=int, default=10, metavar="N", help="shown per difference")
    parser.add_argument("--check", metavar="NAME", help="only this one")
    parser.add_argument("--single", action="store_true", help="FOLDER is one repository")
    parser.add_argument("--lameduck", default="target/debug/lameduck", metavar="PATH")
    args = parser.parse_args()

    tools = [tool for tool in TOOLS[1:] if shutil.which(tool)]
    for tool in set(TOOLS[1:]) - set(tools):
        print(f"{tool} is not installed: left out", file=sys.stderr)
    folders = [args.folder]
    if not args.single:
        folders = sorted(entry.path for entry in os.scandir(args.folder) if entry.is_dir())
    found = collect(folders, args.lameduck, tools)
    chooser = random.Random(0)
    for title, names in CHECKS.items():
        if args.check not in (None, title):
            continue
        reported = {
            tool: set().union(*(found[tool][name] for name in checks))
            for tool, checks in zip(TOOLS, names, strict=True)
        }
        ours = reported["lameduck"]
        print(f"\n## {title}: {', '.join(names[0])}")
        print(f"lameduck {len(ours)}")
        for tool, checks in zip(TOOLS[1:], names[1:], strict=True):
            if not checks or tool not in tools:
                continue
            theirs = reported[tool]
            print(f"{tool} {len(theirs)} ({', '.join(checks)}), both {len(ours & theirs)}")
            for whose, alone in ((tool, theirs - ours), ("lameduck", ours - theirs)):
                print(f"  only {whose}: {len(alone)}")
                for thing in chooser.sample(sorted(alone), min(args.sample, len(alone))):
                    print("    {}: {} {}".format(*thing))


if __name__ == "__main__":
    main()
