"""Jobs of dplaunch as scripts see them: started, awaited, and what they leave in their folder."""

import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys


@dataclasses.dataclass
class Result:
    code: int
    output: str  # both streams, in their order


@dataclasses.dataclass
class Run:
    """The folder of a run."""

    folder: pathlib.Path

    @property
    def checkpoints(self):
        return self.folder / "checkpoints"

    @property
    def latest(self):
        return self.checkpoints / "latest.safetensors"

    def metrics(self):
        lines = (self.folder / "metrics.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def summary(self):
        return json.loads((self.folder / "summary.json").read_text())

    def log(self, rank=0):
        return (self.folder / f"rank-{rank}.log").read_text()

    def digest(self, rank):
        """The parameter digest that a rank logged last; None if it logged none."""
        marker = f"rank {rank}: parameter digest "
        lines = [line for line in self.log(rank).splitlines() if marker in line]
        return lines[-1].split(marker)[1].strip() if lines else None


def settings(values):
    return [word for key, value in values.items() for word in ("--set", f"{key}={value}")]


def start(command, output=subprocess.PIPE, env=None):
    """In a process group of its own, so that stop() gets at all of it."""
    return subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        env={**os.environ, **(env or {})},
    )


def stop(process):
    """Leaves nothing of it behind; what has ended already stays as it is."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def end_on_sigterm():
    """As by Ctrl-C: what was started is stopped on the way out."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def run_program(command, timeout_s, env=None):
    """Raises subprocess.TimeoutExpired, with nothing left of the program."""
    process = start(command, env=env)
    try:
        output, _ = process.communicate(timeout=timeout_s)
        return Result(process.returncode, output)
    finally:
        stop(process)
