#!/usr/bin/env python3
"""Steady state of dplaunch against a plain Python DDP script (ddp_reference.py).

For a machine whose speed changes by the minute: both jobs run, and take turns of a few seconds, one
halted (SIGSTOP) while the other computes. Prints a row of medians, and the ratio's median and range.

    scripts/bench/steady_state.py ROOT [--model resnet20]     ROOT holds train.bin and test.bin
"""

import argparse
import contextlib
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
WARMUP_STEPS = 10
MORE_EPOCHS_THAN_NEEDED = 1000


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", help="folder that holds train.bin and test.bin")
    parser.add_argument("--model", default="resnet20")
    parser.add_argument("--bsize", type=int, default=64, help="images per process and step")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--blocks", type=int, default=5, help="a ratio is taken of each")
    parser.add_argument("--turns", type=int, default=6, help="of each job in a block")
    parser.add_argument("--turn-seconds", type=float, default=4)
    parser.add_argument("--bin", default="build/release/bin", help="folder of dplaunch")
    return parser.parse_args()


def dplaunch_command(arguments, folder):
    changes = {
        "runs": folder,
        "model": arguments.model,
        "bsize": arguments.bsize,
        "epochs": MORE_EPOCHS_THAN_NEEDED,
        "precision": "fp32",
        "log_every": 1,
    }
    command = [f"{arguments.bin}/dplaunch", "--device", f"cpu:{arguments.processes}"]
    command += ["-c", REPOSITORY / "configs/config_cpu.yml", "--root", arguments.root]
    for key, value in changes.items():
        command += ["--set", f"{key}={value}"]
    return command


def python_command(arguments):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", arguments.processes, REPOSITORY / "scripts/bench/ddp_reference.py"]
    command += ["--root", arguments.root, "--model", arguments.model, "--bsize", arguments.bsize]
    return [*command, "--epochs", MORE_EPOCHS_THAN_NEEDED, "--log-every", 1]


def descendants(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid] + [below for child in children for below in descendants(int(child))]


class Job:
    """A job that runs only in its turns. Ends with the `with` block."""

    def __init__(self, command, output, environment):
        self.output = output
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdout=file,
                stderr=subprocess.STDOUT,
                env=os.environ | environment,
                cwd=REPOSITORY,
            )
        self.images_per_second = []

    def __enter__(self):
        while self.steps() < WARMUP_STEPS:
            if self.process.poll() is not None:
                sys.exit(f"it ended: {self.process.args}\n{self.output.read_text()}")
            time.sleep(0.1)
        self.pids = descendants(self.process.pid)
        self.send(signal.SIGSTOP)
        return self

    def __exit__(self, *_):
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def send(self, number):
        for pid in self.pids:
            os.kill(pid, number)

    def steps(self):
        return len(re.findall(rb"step \d+", self.output.read_bytes()))

    def take_turn(self, seconds):
        """(steps, seconds) of it."""
        before, start = self.steps(), time.perf_counter()
        self.send(signal.SIGCONT)
        time.sleep(seconds)
        self.send(signal.SIGSTOP)
        return self.steps() - before, time.perf_counter() - start


def run_block(jobs, arguments):
    totals = [(0, 0.0) for _ in jobs]
    for turn in range(arguments.turns):
        order = range(len(jobs)) if turn % 2 == 0 else reversed(range(len(jobs)))
        for i in order:
            steps, seconds = jobs[i].take_turn(arguments.turn_seconds)
            totals[i] = (totals[i][0] + steps, totals[i][1] + seconds)
    images = arguments.bsize * arguments.processes
    for job, (steps, seconds) in zip(jobs, totals, strict=True):
        job.images_per_second.append(steps * images / seconds)


def main():
    arguments = parse_arguments()
    threads = max(1, len(os.sched_getaffinity(0)) // arguments.processes)
    environment = {"OMP_NUM_THREADS": str(threads)}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with (
            Job(dplaunch_command(arguments, folder), folder / "dplaunch.log", environment) as ours,
            Job(python_command(arguments), folder / "python.log", environment) as theirs,
        ):
            for block in range(arguments.blocks):
                run_block([ours, theirs], arguments)
                print(f"block {block + 1} of {arguments.blocks} done", file=sys.stderr)
    figures = (ours.images_per_second, theirs.images_per_second)
    ratios = [a / b for a, b in zip(*figures, strict=True)]
    print("| model | dplaunch, images/s | Python DDP | ratio (median) | lowest to highest |")
    print("| --- | --- | --- | --- | --- |")
    print(
        f"| {arguments.model} | {statistics.median(figures[0]):.1f} | {statistics.median(figures[1]):.1f}"
        f" | {statistics.median(ratios):.3f} | {min(ratios):.3f} to {max(ratios):.3f} |"
    )


if __name__ == "__main__":
    main()
