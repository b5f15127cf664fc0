#!/usr/bin/env python3
"""Measures what twice the input costs, family by family (families.py), and prints a Markdown table.

    benches/growth/growth.py [--lameduck PATH] [--only TEXT] [--scale FACTOR] [--runs N]

CPU time is user and system time of all threads, of the fastest of a few runs and without what a run
over one empty object costs; memory is the peak of the larger run. A ratio over 2.3 is marked, and so
is one that rests on too little time to say anything. Each run is limited in memory and time. The script
fails where a run dies or takes longer than the limit, not for a ratio: machines differ.
"""

import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
from families import FAMILIES  # noqa: E402

WORST = 2.3
# Below this many CPU seconds a ratio is noise.
LEAST = 0.04


class Run:
    """What a run cost: CPU seconds and peak memory in MiB; why it did not end well, else None."""

    def __init__(self, cpu, memory, failure):
        self.cpu, self.memory, self.failure = cpu, memory, failure


def run(command, folder, args):
    def limited():
        for limit in (resource.RLIMIT_CORE,):
            resource.setrlimit(limit, (0, 0))
        memory = args.memory * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=limited,
    )
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(process.pid, signal.SIGKILL))
    signal.alarm(args.limit)
    _, status, usage = os.wait4(process.pid, 0)
    signal.alarm(0)
    process.returncode = os.waitstatus_to_exitcode(status)
    failure = None
    if process.returncode == -signal.SIGKILL:
        failure = f"not done in {args.limit} s"
    elif process.returncode not in (0, 1):
        failure = f"ended with {process.returncode}"
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, failure)


def best(command, folder, args):
    """The fastest run; slow ones are not repeated, for they are far above the noise."""
    runs = []
    for _ in range(args.runs):
        runs.append(run(command, folder, args))
        if runs[-1].failure or runs[-1].cpu > 1:
            break
    return min(runs, key=lambda it: (it.failure is None, it.cpu))


def written(files, folder):
    os.makedirs(os.path.join(folder, ".git"))
    for path, text in files.items():
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
    return folder


def measured(files, arguments, args):
    with tempfile.TemporaryDirectory() as scratch:
        return best([args.lameduck, *arguments], written(files, os.path.join(scratch, "r")), args)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lameduck", default="target/release/lameduck", metavar="PATH")
    parser.add_argument("--only", default="", metavar="TEXT", help="families whose name holds it")
    parser.add_argument("--scale", type=float, default=1, metavar="FACTOR", help="of every n")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=int, default=60, metavar="SECONDS")
    parser.add_argument("--memory", type=int, default=4096, metavar="MIB", help="address space")
    args = parser.parse_args()
    args.lameduck = os.path.abspath(shutil.which(args.lameduck) or args.lameduck)
    empty = {"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"}
    constant = measured(empty, ["check", "."], args).cpu
    print("| family | n | KiB | CPU s, n | CPU s, 2n | ratio | MiB, 2n | |")
    print("|---|---|---|---|---|---|---|---|")
    failed, began = [], time.monotonic()
    for name, n, arguments, make in FAMILIES:
        if args.only not in name:
            continue
        if "--render" in arguments and not (shutil.which("kustomize") or shutil.which("kubectl")):
            print(f"| {name} | | | | | | | skipped: needs kustomize or kubectl |")
            continue
        n = max(1, int(n * args.scale))
        half = measured(make(n), arguments, args)
        files = make(2 * n)
        whole = half if half.failure else measured(files, arguments, args)
        size = sum(map(len, files.values())) / 1024
        times = [max(it.cpu - constant, 1e-9) for it in (half, whole)]
        ratio = times[1] / times[0]
        remark = whole.failure or ("**over**" if ratio > WORST else "")
        if not whole.failure and times[1] < LEAST:
            remark = "too fast to tell"
        if whole.failure:
            failed.append(name)
        print(
            f"| {name} | {n} | {size:.0f} | {times[0]:.2f} | {times[1]:.2f} | {ratio:.1f} |"
            f" {whole.memory:.0f} | {remark} |",
            flush=True,
        )
    print(f"\n{time.monotonic() - began:.0f} s", file=sys.stderr)
    if failed:
        sys.exit(f"did not end well: {', '.join(failed)}")


if __name__ == "__main__":
    main()
