#!/usr/bin/env python3
"""How long a job of many ranks takes that do nothing (/bin/sh -c exit), from the launcher's start to its end, on
one host; with --torchrun the same ranks by torchrun, in turn. Prints a table.

    scripts/bench/many_ranks.py [--bin FOLDER] [--torchrun PROGRAM] [--rounds N] [COUNT...]
"""

import argparse
import pathlib
import statistics
import subprocess
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def seconds_of(command):
    begin = time.monotonic()
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begin


def row(name, count, times):
    middle = statistics.median(times)
    print(
        f"| {name} | {count} | {middle:.2f} ({min(times):.2f} to {max(times):.2f}, n={len(times)}) "
        f"| {1000 * middle / count:.1f} |",
        flush=True,
    )


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("--bin", type=pathlib.Path, default=REPOSITORY / "build/release/bin")
    options.add_argument("--torchrun")
    options.add_argument("--torchrun-counts", type=int, nargs="*", default=[256])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("counts", type=int, nargs="*", default=[64, 256, 1024])
    given = options.parse_args()
    rank = ["/bin/sh", "-c", "exit"]
    jobs = {}
    for count in given.counts:
        launcher = [given.bin / "dplaunch", "--device", f"cpu:{count}", "--log-dir", "none"]
        jobs["dplaunch", count] = [*launcher, "-q", "--", *rank]
        if given.torchrun and count in given.torchrun_counts:
            peer = [given.torchrun, "--standalone", "--nproc-per-node", count, "--no-python"]
            jobs["torchrun", count] = [*peer, *rank]
    times = {job: [] for job in jobs}
    for _ in range(given.rounds):
        for job, command in jobs.items():
            times[job].append(seconds_of(command))
    print("| launcher | ranks | whole job, s | ms a rank |\n| --- | --- | --- | --- |")
    for (name, count), taken in times.items():
        row(name, count, taken)


main()
