"""A scale-out experiment names what was done to it: one of each, and five of each in the nightly list."""

import json
import os

import pytest

from conftest import SMALL_JOB, binary, run_program

ROUNDS = 5 if os.environ.get("DPLAUNCH_TEST_REPETITIONS") == "all" else 1
STEPS = 14


@pytest.fixture
def experiment(dplaunch, data_root, tmp_path):
    """experiment("...", **config): the causes of two processes, whose worker starts with those
    lines of shell."""

    def run(name, preparation, **changes):
        config = tmp_path / "job.yml"
        job = {**SMALL_JOB, "workers": 0, "epochs": 9, "evaluate_every": 0, "root": data_root}
        job.update(changes)
        config.write_text("".join(f"{key}: {value}\n" for key, value in job.items()))
        worker = tmp_path / "worker"
        worker.write_text(f'#!/bin/sh\n{preparation}\nexec {binary("dplaunch-worker-cpu")} "$@"\n')
        worker.chmod(0o755)
        command = [dplaunch, "scale", "--device", "cpu", "--world-sizes", "2", "--no-controls"]
        command += ["-c", config, "--blocks", "2", "--steps", STEPS, "--folder", tmp_path / name]
        result = run_program(command, env={"DPLAUNCH_WORKER": str(worker)})
        assert result.code == 0, result.output
        report = json.loads((tmp_path / name / "scale.json").read_text())
        return {cause["factor"]: cause for cause in report["causes"][0]["causes"]}, result.stdout

    return run


# On a busy machine others may be found beside it: that is what they are.


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_delay_inside_one_ranks_backward(experiment, round_):
    library = binary("libslow_backward.so")
    causes, text = experiment("x", f'[ "$RANK" = 1 ] && export LD_PRELOAD={library}')
    evidence = causes["load balance"]["evidence"]
    assert evidence.startswith("rank 1 takes "), text
    assert ", all of it in backward; it is the slowest in 2 of 2 runs" in evidence


# What a CPU quota does: for half of the time none of the rank's threads runs.
QUOTA = """
pid=$$
[ "$RANK" = 1 ] && while kill -STOP $pid 2> /dev/null; do
  sleep 0.01; kill -CONT $pid; sleep 0.01
done &
"""


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_rank_with_less_of_a_cpu(experiment, round_):
    causes, text = experiment("x", QUOTA, bsize=64, width=16)
    assert causes["load balance"]["evidence"].startswith("rank 1 takes "), text
    assert "in every part" in causes["load balance"]["evidence"], text


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_slow_link(experiment, round_):
    """A fifth of a second for the gradients of this model, where a step is a twentieth."""
    library = binary("libslow_link.so")
    causes, text = experiment("x", f"export LD_PRELOAD={library}", width=16)
    assert next(iter(causes)) == "overlap", text
    assert "waits" in causes["overlap"]["evidence"]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_evaluations_after_every_few_steps(experiment, round_):
    causes, text = experiment("x", "", limit_train=128, evaluate_every=1)
    assert "amortised" in causes, text
    assert "evaluate_every" in causes["amortised"]["remedy"]
