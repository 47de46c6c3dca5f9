"""An experiment on one and two processes predicts four: the lost time, held against four that are measured and
against who says that no more is lost than on two. Every process has the same CPU quota, of which four fit into
two cores, and connections of 2 MB/s. All on one host: with namespaces of their own they would not have one
either."""

import contextlib
import csv
import json
import os
import pathlib
import statistics

import pytest

from conftest import SMALL_JOB, binary, repetitions, run_program

ROUNDS = repetitions(10, few=1)
BLOCKS = 3
STEPS = 16
WARM_UP = 5
QUOTA = 0.4  # of a core
PERIOD_US = 10_000


@contextlib.contextmanager
def quota_groups():
    """Shell lines by which a process gets a CPU control group of its own, with that quota."""
    unified = pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists()
    parent = pathlib.Path("/sys/fs/cgroup" if unified else "/sys/fs/cgroup/cpu") / f"dplaunch-{os.getpid()}"
    quota_us = int(QUOTA * PERIOD_US)
    parent.mkdir()
    if unified:
        (parent / "cgroup.subtree_control").write_text("+cpu")
        limit = f"echo '{quota_us} {PERIOD_US}' > $own/cpu.max"
    else:
        limit = f"echo {PERIOD_US} > $own/cpu.cfs_period_us; echo {quota_us} > $own/cpu.cfs_quota_us"
    try:
        yield f"own={parent}/$$; mkdir $own; {limit}; echo $$ > $own/cgroup.procs"
    finally:
        for group in [*parent.iterdir(), parent]:
            if group.is_dir():
                group.rmdir()


@pytest.fixture
def setting(data_root, tmp_path):
    config = tmp_path / "job.yml"
    job = {**SMALL_JOB, "workers": 0, "epochs": 9, "evaluate_every": 0, "root": data_root}
    config.write_text("".join(f"{key}: {value}\n" for key, value in job.items()))
    worker = tmp_path / "worker"
    with quota_groups() as enter:
        slow = f"export LD_PRELOAD={binary('libslow_link.so')}"
        real = binary("dplaunch-worker-cpu")
        worker.write_text(f'#!/bin/sh\n{enter}\n{slow}\nexec {real} "$@"\n')
        worker.chmod(0o755)
        yield config, {"DPLAUNCH_WORKER": str(worker)}


def step_seconds(dplaunch, config, environment, runs, name, processes):
    command = [dplaunch, "--device", f"cpu:{processes}", "-c", config, "--quiet", "--name", name]
    for setting in (f"runs={runs}", f"max_steps={STEPS}", "step_times=true", "limit_test=16"):
        command += ["--set", setting]
    result = run_program(command, env=environment)
    assert result.code == 0, result.output
    ranks = []
    for rank in range(processes):
        with open(runs / name / f"step-times-{rank}.csv") as file:
            ranks.append([float(row["seconds"]) for row in csv.DictReader(file)])
    return statistics.fmean([max(seconds) for seconds in zip(*ranks)][WARM_UP:])


def predict(dplaunch, config, environment, folder):
    command = [dplaunch, "scale", "--device", "cpu", "--world-sizes", "1,2", "-c", config]
    command += ["--blocks", BLOCKS, "--steps", STEPS, "--folder", folder]
    result = run_program(command, env=environment, timeout=900)
    assert result.code == 0, result.output
    report = json.loads((folder / "scale.json").read_text())
    assert report["prediction"]["from"] == "parts"
    return report["prediction"]


def test_four_are_predicted_from_one_and_two(dplaunch, setting, tmp_path):
    config, environment = setting
    errors, null_errors, held = [], [], []
    for round_ in range(ROUNDS):
        prediction = predict(dplaunch, config, environment, tmp_path / f"exp-{round_}")
        runs = tmp_path / f"runs-{round_}"
        four = statistics.median(
            step_seconds(dplaunch, config, environment, runs, f"four-{i}", 4) for i in range(BLOCKS)
        )
        lost = four - prediction["ideal_step_seconds"]
        errors.append(abs(prediction["step_seconds"] - four) / lost)
        null_errors.append(abs(prediction["null_step_seconds"] - four) / lost)
        held.append(prediction["low"] <= four <= prediction["high"])
        print(
            f"one {1000 * prediction['ideal_step_seconds']:.0f} ms, two "
            f"{1000 * prediction['null_step_seconds']:.0f} ms, four {1000 * four:.0f} ms; predicted "
            f"{1000 * prediction['step_seconds']:.0f} ms [{1000 * prediction['low']:.0f}, "
            f"{1000 * prediction['high']:.0f}]; lost time off by {100 * errors[-1]:.0f}%, "
            f"null {100 * null_errors[-1]:.0f}%",
            flush=True,
        )
    assert statistics.median(errors) <= 0.25
    assert statistics.median(errors) <= statistics.median(null_errors) / 2
    assert sum(held) >= 0.8 * ROUNDS
