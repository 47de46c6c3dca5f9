"""The job of the soak."""

import dataclasses
import pathlib
import time

import jobs

# Little is left to the machine: precision "auto" may choose bf16. The rate depends on the step for
# the first epochs, so that a step counted wrongly shows, but not on the number of epochs.
VALUES = {
    "model": "resnet20",
    "width": 8,
    "bsize": 16,
    "limit_train": 256,
    "limit_test": 64,
    "optimizer": "sgd",
    "lr": 0.1,
    "warmup_epochs": 4,
    "weight_decay": 0.0005,
    "label_smoothing": 0.1,
    "crop_fill": "reflect",
    "cutout": 8,
    "precision": "fp32",
    "checkpoint_every": 1,
    "workers": 2,
    "log_every": 10,
}
RANKS = 2
ENDLESS = 1_000_000  # epochs, while it is broken
LEAST_EPOCHS = VALUES["warmup_epochs"]  # a job may not be shorter
LIMIT_S = 24 * 3600  # far more than any part of a soak takes: what hangs so long is a finding


@dataclasses.dataclass
class Job:
    program: pathlib.Path
    root: pathlib.Path
    runs: pathlib.Path

    def run(self, name):
        return jobs.Run(self.runs / name)

    def command(self, name, epochs):
        """Starts the run, or goes on with it: one command to repeat until it is done."""
        config = self.runs.parent / f"{name}.yml"
        values = {**VALUES, "root": self.root, "runs": self.runs, "epochs": epochs}
        config.write_text("".join(f"{key}: {value}\n" for key, value in values.items()))
        device = f"cpu:{RANKS}"
        return [self.program, "--device", device, "-c", config, "--name", name, "--resume"]

    def train(self, name, epochs):
        """Unbroken; returns how long it took."""
        started = time.monotonic()
        result = jobs.run_program(self.command(name, epochs), LIMIT_S)
        if result.code != 0:
            raise SystemExit(f"the unbroken job failed, exit code {result.code}:\n{result.output}")
        return time.monotonic() - started


@dataclasses.dataclass
class Pace:
    start_s: float
    epoch_s: float


def measure_pace(job):
    whole_s = job.train("calibration", LEAST_EPOCHS)
    epochs_s = [line["seconds"] for line in job.run("calibration").metrics()]
    return Pace(max(0.0, whole_s - sum(epochs_s)), sum(epochs_s) / len(epochs_s))
