"""`cuda_graph: on` does every step's work on the same memory: batch, learning rate and totals. On the CPU
nothing is gained, but the steps go the same way, and must be those of `off` bit for bit."""

import pytest
import torch
from safetensors.torch import load_file

# 5 steps an epoch: 15, of which the last 4 are replayed (StepRecording::kWarmUpSteps).
JOB = {"limit_train": 160, "limit_test": 20, "epochs": 3, "schedule": "cosine"}
FIGURES = ("train_loss", "train_top1", "test_loss", "test_top1", "lr")


def assert_equal_checkpoints(ours, theirs):
    """With the optimizer's state."""
    found, expected = load_file(ours.latest), load_file(theirs.latest)
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor), name


@pytest.mark.parametrize(
    "keys",
    [
        {"device": "cpu:2", "momentum": 0.9, "clip_grad_norm": 0.5, "weight_decay": 0.001},
        {"device": "cpu:1", "optimizer": "adam", "lr": 0.001, "accumulate": 2, "label_smoothing": 0.1},
        {"device": "cpu:2", "optimizer": "adamw", "lr": 0.001, "precision": "bf16", "compress": "bf16"},
    ],
    ids=["sgd", "adam", "adamw"],
)
def test_steps_are_the_same_bit_for_bit(train, keys):
    """The learning rate is another in each step, and a tensor only with the graph."""
    off = train("off", cuda_graph="off", **JOB, **keys)
    on = train("on", cuda_graph="on", **JOB, **keys)
    assert_equal_checkpoints(on, off)
    assert "cuda_graph: " not in off.result.output
    for ours, theirs in zip(on.metrics(), off.metrics(), strict=True):
        for figure in FIGURES:
            assert ours[figure] == theirs[figure], figure
    assert len({line["lr"] for line in on.metrics()}) == 3


def test_a_run_that_began_with_a_graph_goes_on_without(train):
    unbroken = train("unbroken", cuda_graph="off", **JOB)
    train("broken", cuda_graph="on", max_steps=13, **JOB)
    resumed = train("broken", "--resume", cuda_graph="off", **JOB)
    assert_equal_checkpoints(resumed, unbroken)


def test_what_it_does_on_the_cpu_is_said_in_one_line(train):
    run = train("said", max_steps=2, cuda_graph="on", **JOB)
    lines = [line for line in run.result.output.splitlines() if "cuda_graph: " in line]
    assert len(lines) == 1, run.result.output
    assert "makes no step faster on the CPU, and changes no result" in lines[0]
    shown = train("shown", "--show-config").result.stdout
    line = next(line for line in shown.splitlines() if line.startswith("cuda_graph "))
    assert "auto" in line and "off, as no GPU has shown it right yet" in shown
