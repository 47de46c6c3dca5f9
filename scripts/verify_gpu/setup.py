"""Where the checks run: programs, devices, data, time; and how they run a job there."""

import dataclasses
import functools
import json
import pathlib
import re
import subprocess
import time

import jobs

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
REHEARSED_LIMIT_S = 1800  # of one job, on a machine that is busy
LEAST_S = 5  # no job is begun with less left

# A small job with nothing left to the machine, for checks of numbers.
TINY = {
    "model": "resnet20",
    "width": 8,
    "optimizer": "sgd",
    "lr": 0.001,
    "precision": "fp32",
    "workers": 2,
    "log_every": 1,
    "seed": 11,
}


class CheckFailed(Exception):
    """What is wrong in one line, and the output that shows it."""

    def __init__(self, what, output=""):
        super().__init__(what)
        self.output = output


class NotRun(Exception):
    """Why a check was not run."""


@dataclasses.dataclass
class Setup:
    binaries: pathlib.Path
    work: pathlib.Path
    asked: str  # --device
    is_rehearsal: bool
    real_data: pathlib.Path | None
    seeds: int = 3
    ends: float | None = None  # of time.monotonic(): the deadline
    gpus: list = dataclasses.field(default_factory=list)  # of dplaunch devices --json
    figures: dict = dataclasses.field(default_factory=dict)  # what later checks look at

    @property
    def dplaunch(self):
        return self.binaries / "dplaunch"

    @property
    def worker(self):
        return self.binaries / f"dplaunch-worker-{'cpu' if self.is_rehearsal else 'cuda'}"

    @property
    def data(self):
        return self.work / "data"

    @property
    def runs(self):
        return self.work / "runs"

    @property
    def one(self):
        """The device string of a single process."""
        return "cpu:1" if self.is_rehearsal else self.gpus[0]["uuid"]

    @property
    def two(self):
        """Of two processes; None where only one GPU is to be used."""
        if self.is_rehearsal:
            return "cpu:2"
        if len(self.gpus) < 2:
            return None
        return ",".join(gpu["uuid"] for gpu in self.gpus[:2])

    @property
    def tiny(self):
        return {**TINY, "bsize": self.small(64, 16), "limit_test": self.small(200, 40)}

    def only_first_gpu(self):
        """The environment in which a worker started by hand finds the GPU of `one`."""
        return {"CUDA_VISIBLE_DEVICES": self.gpus[0]["uuid"]} if self.gpus else {}

    def small(self, on_gpu, rehearsed):
        return rehearsed if self.is_rehearsal else on_gpu

    def limit_s(self, seconds):
        """Of a job that should need no more than `seconds`: less where the deadline is sooner. Raises
        NotRun when it has passed."""
        limit = self.small(seconds, REHEARSED_LIMIT_S)
        if self.ends is None:
            return limit
        remaining = self.ends - time.monotonic()
        if remaining < LEAST_S:
            raise NotRun("the deadline has passed")
        return min(limit, remaining)

    @functools.cached_property
    def keys(self):
        """The configuration keys that this build has."""
        shown = jobs.run_program([self.dplaunch, "--show-config"], self.limit_s(60)).stdout
        return set(re.findall(r"^([a-z_]+) ", shown, re.MULTILINE)) - {"key"}

    def require_key(self, key):
        if key not in self.keys:
            raise NotRun(f"this build has no key {key}")

    def command(self, name, device, *words, **values):
        values = {"runs": self.runs, "root": self.data, **values}
        chosen = ["--device", device, "--name", name]
        return [self.dplaunch, *chosen, *jobs.settings(values), *words]

    def try_to_train(self, name, device, *words, limit_s=120, program=None, **values):
        command = self.command(name, device, *words, **values)
        result = jobs.run_program(command, self.limit_s(limit_s), **(program or {}))
        return jobs.Run(self.runs / name), result

    def train(self, name, device, *words, **values):
        run, result = self.try_to_train(name, device, *words, **values)
        if result.code != 0:
            raise CheckFailed(f"exit code {result.code}", result.output)
        return run

    def json_of(self, *words, limit_s=120):
        """Of a subcommand with --json; what it says to people must not get into it."""
        command = [str(word) for word in (self.dplaunch, *words, "--json")]
        limit = self.limit_s(limit_s)
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
        try:
            return json.loads(done.stdout)
        except ValueError as error:
            what = f"exit code {done.returncode}, no JSON: {error}"
            raise CheckFailed(what, done.stderr) from error
