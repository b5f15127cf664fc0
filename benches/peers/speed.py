#!/usr/bin/env python3
"""Times lameduck beside kube-linter, kube-score and the bare YAML parser over the same folders, and
prints ratios and peak memory as a Markdown table.

    cargo build --release --locked && cargo bench --no-run --locked
    benches/peers/speed.py [--corpus FOLDER] [--objects 1000,10000,100000] [--runs N] [--limit SECONDS]

Every tool runs over a folder in turn, so that what else the machine does concerns all of them alike;
of each tool the fastest run counts. CPU is user and system time of all threads. Memory is never shown as
less than this script's own, some 16 MiB. A peer that is not
installed, or that is not done within the limit, is left out and said so. The last table holds the
cost of twice the objects.
"""

import argparse
import glob
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
import generate  # noqa: E402


class Run:
    """What one run cost: seconds by the clock, CPU seconds, and peak memory in MiB."""

    def __init__(self, wall, cpu, memory):
        self.wall, self.cpu, self.memory = wall, cpu, memory


def measured(command, limit):
    """None where the command was not done within the limit."""
    began = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(process.pid, signal.SIGKILL))
    signal.alarm(limit)
    _, status, usage = os.wait4(process.pid, 0)
    signal.alarm(0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode == -signal.SIGKILL:
        return None
    wall = time.monotonic() - began
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def best(runs):
    runs = [run for run in runs if run]
    if not runs:
        return None
    return Run(*(min(getattr(run, name) for run in runs) for name in ("wall", "cpu", "memory")))


def yaml_files(folder):
    for base, directories, files in os.walk(folder):
        directories.sort()
        yield from (
            os.path.join(base, name)
            for name in sorted(files)
            if name.endswith((".yaml", ".yml"))
        )


def readable(files, tool=("kube-score", "score", "-o", "json")):
    """Those of the files that kube-score can read: one that it cannot ends its run."""
    if not files:
        return []
    # What it prints is large, and what this script holds would count as its children's memory.
    with tempfile.TemporaryFile() as out:
        subprocess.run([*tool, *files], stdout=out, stderr=subprocess.DEVNULL, check=False)
        out.seek(0)
        if out.read(16).strip().startswith((b"[", b"null")):
            return files
    middle = len(files) // 2
    return readable(files[:middle]) + readable(files[middle:]) if middle else []


def read_by_all(corpus, scratch):
    """A copy of what every tool can read of a folder."""
    files = list(yaml_files(corpus))
    if shutil.which("kube-score"):
        files = readable(files)
    for path in files:
        copy = os.path.join(scratch, os.path.relpath(path, corpus))
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copyfile(path, copy)
    return scratch


def bare():
    """The newest build of the bare parser."""
    built = [it for it in glob.glob("target/release/deps/bare-*") if os.access(it, os.X_OK)]
    return max(built, key=os.path.getmtime, default=None)


def commands(folder, lameduck):
    """Tool → command, for those that are there."""
    check = [lameduck, "check", folder, "--no-config", "--no-gitignore", "--format", "json"]
    tools = {"lameduck": check}
    if bare():
        tools["bare parser"] = [bare(), folder]
    if shutil.which("kube-score"):
        tools["kube-score"] = ["kube-score", "score", "-o", "json", *yaml_files(folder)]
    if shutil.which("kube-linter"):
        tools["kube-linter"] = ["kube-linter", "lint", "--format", "json", folder]
    return tools


def compare(title, folder, args, without=()):
    tools = commands(folder, args.lameduck)
    tools = {tool: command for tool, command in tools.items() if tool not in without}
    runs = {tool: [] for tool in tools}
    for _ in range(args.runs):
        for tool, command in tools.items():
            if None not in runs[tool]:
                runs[tool].append(measured(command, args.limit))
    size = sum(os.path.getsize(path) for path in yaml_files(folder)) / 2**20
    ours = best(runs["lameduck"])
    for tool in ("lameduck", "bare parser", "kube-score", "kube-linter"):
        if tool in without:
            continue
        theirs = best(runs.get(tool, []))
        if tool not in tools or theirs is None:
            why = "not installed" if tool not in tools else f"not done in {args.limit} s"
            print(f"| {title} | {size:.1f} | {tool} | {why} | | | |")
            continue
        print(
            f"| {title} | {size:.1f} | {tool} | {theirs.wall / ours.wall:.2f} |"
            f" {theirs.cpu / ours.cpu:.2f} | {theirs.memory / ours.memory:.2f} |"
            f" {theirs.memory / size:.1f} |",
            flush=True,
        )
    return ours


def start_up(args, folder):
    """One small file, beside `lameduck --version`."""
    path = os.path.join(folder, "one.yaml")
    with open(path, "w") as file:
        file.write(generate.WORKLOAD.format(name="web", namespace="shop"))
    check = [args.lameduck, "check", path, "--no-config"]
    both = {"version": [args.lameduck, "--version"], "check": check}
    runs = {name: [] for name in both}
    for _ in range(20 * args.runs):
        for name, command in both.items():
            runs[name].append(measured(command, args.limit))
    ratio = best(runs["check"]).wall / best(runs["version"]).wall
    print(f"\nA check of one file takes {ratio:.1f} times as long as `lameduck --version`.")


def growth(title, runs):
    print(f"\n{title}\n\n| objects | CPU, of half as many | memory, of half as many |")
    print("|---|---|---|")
    for (_, half), (count, whole) in zip(runs, runs[1:]):
        print(f"| {count} | {whole.cpu / half.cpu:.2f} | {whole.memory / half.memory:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", metavar="FOLDER", help="real manifests, a folder a repository")
    parser.add_argument("--objects", default="1000,10000,100000", metavar="N,N,…")
    parser.add_argument("--growth", default="10000,20000,40000", metavar="N,N,…")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=int, default=300, metavar="SECONDS")
    parser.add_argument("--lameduck", default="target/release/lameduck", metavar="PATH")
    args = parser.parse_args()
    # A killed child must not take the limit of memory with it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print("| folder | MiB | tool | time, of lameduck's | CPU | memory | memory, of the input |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        if args.corpus:
            compare("corpus", args.corpus, args, without=("kube-score", "kube-linter"))
            copy = read_by_all(args.corpus, os.path.join(scratch, "corpus"))
            compare("what kube-score reads of it", copy, args)
        for count in map(int, args.objects.split(",")):
            for namespaces in (1, 100):
                folder = os.path.join(scratch, f"{count}-{namespaces}")
                generate.write(count, folder, namespaces)
                title = f"{count} objects, {namespaces} namespace{'s' * (namespaces > 1)}"
                compare(title, folder, args)
                shutil.rmtree(folder)
        start_up(args, scratch)
        for namespaces in (1, 100):
            runs = []
            for count in map(int, args.growth.split(",")):
                folder = os.path.join(scratch, f"growth-{count}")
                generate.write(count, folder, namespaces)
                command = commands(folder, args.lameduck)["lameduck"]
                runs.append((count, best(measured(command, args.limit) for _ in range(args.runs))))
                shutil.rmtree(folder)
            growth(f"Twice the objects, {namespaces} namespace{'s' * (namespaces > 1)}:", runs)


if __name__ == "__main__":
    main()
