"""A run stopped in the middle of an epoch goes on as if it had never stopped."""

import re

import pytest
import torch
from safetensors.torch import load_file

import trainer
from conftest import Run, metadata, model_tensors

BATCH = 32
STEPS_PER_EPOCH = 5
EPOCHS = 3
STOP = 7  # two steps into the second epoch
SEED = 4
JOB = {
    "bsize": BATCH // 2,
    "limit_train": STEPS_PER_EPOCH * BATCH + 7,
    "limit_test": 40,
    "epochs": EPOCHS,
    "lr": 0.002,
    "schedule": "onecycle",
    "seed": SEED,
    "log_every": 1,
}
ALL_STEPS = [(e + 1, s + 1) for e in range(EPOCHS) for s in range(STEPS_PER_EPOCH)]
# As in the keystone test, of the way since the stop.
TOLERANCE = 5e-2


def steps_of(run):
    """(epoch, step) of each progress line, over all processes that wrote the log."""
    found = re.findall(r"epoch (\d+)/\d+  step (\d+)/\d+  loss", run.log(0))
    return [(int(epoch), int(step)) for epoch, step in found]


def check_whole(run):
    assert steps_of(run) == ALL_STEPS
    assert [line["epoch"] for line in run.metrics()] == list(range(1, EPOCHS + 1))
    meta = metadata(run.latest)
    assert (meta["epoch"], meta["step"], meta["images_in_epoch"]) == (
        str(EPOCHS),
        str(len(ALL_STEPS)),
        "0",
    )


def stop_in_the_middle(train, name, **changes):
    run = train(name, **{**JOB, "max_steps": STOP, **changes})
    meta = metadata(run.latest)
    assert (meta["epoch"], meta["step"], meta["images_in_epoch"]) == ("1", "7", str(2 * BATCH))
    return run


@pytest.mark.parametrize("norm", ["group", "batch"])
def test_a_resumed_run_is_the_unbroken_one(train, launch, norm):
    unbroken = train("unbroken", norm=norm, **JOB)
    check_whole(unbroken)
    broken = stop_in_the_middle(train, "broken", norm=norm)
    # Without -c: the run's own configuration.
    words = [f"--resume={broken.folder}", "--device", "cpu:2", "--set", "max_steps=0"]
    result = launch(*words)
    assert result.code == 0, result.output
    run = Run(broken.folder, result)
    check_whole(run)

    actual, expected = load_file(run.latest), load_file(unbroken.latest)
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        assert torch.equal(actual[name], value), name
    assert run.digest(0) == unbroken.digest(0)
    # The figures are those of whole epochs, but for the clock; the one with the stop is a sum of two.
    for mine, theirs in zip(run.metrics(), unbroken.metrics(), strict=True):
        for key in ("images", "step", "lr", "train_loss", "train_top1", "test_loss", "test_top1"):
            assert mine[key] == pytest.approx(theirs[key], rel=1e-12), key


def resume_with(train, name, ranks, **changes):
    """Stopped on two ranks, gone on with by others; the parameters at the stop and at the end."""
    at_stop = model_tensors(stop_in_the_middle(train, name, norm="group").latest)
    keys = {**JOB, "norm": "group", "bsize": BATCH // ranks, "max_steps": 0, **changes}
    run = train(name, "--resume", device=f"cpu:{ranks}", **keys)
    check_whole(run)
    assert run.summary()["world_size"] == ranks
    return at_stop, model_tensors(run.latest)


def test_another_number_of_processes_goes_on_with_the_same_batches(train):
    expected = model_tensors(train("two", norm="group", **JOB).latest)
    for ranks in (1, 4):
        at_stop, actual = resume_with(train, f"resumed-{ranks}", ranks)
        # A share of the way since the stop: up to there the two are the same anyway.
        way = trainer.distance(at_stop, expected)
        assert trainer.distance(actual, expected) < TOLERANCE * way, f"{ranks} ranks"
    # Other batches after the stop: the test must see them by far.
    _, other = resume_with(train, "control", 1, crop_padding=0)
    assert trainer.distance(other, expected) > 3 * TOLERANCE * way


def test_a_larger_batch_than_is_left_of_the_epoch_begins_the_next(train):
    """160 images: 4 steps of 32 leave less than another batch of 96."""
    keys = {**JOB, "limit_train": 160}
    train("larger", max_steps=4, **keys)
    run = train("larger", "--resume", max_steps=0, **{**keys, "bsize": 48})
    assert steps_of(run)[4:] == [(2, 1), (3, 1)]
    assert metadata(run.latest)["epoch"] == str(EPOCHS)
    assert metadata(run.latest)["step"] == "6"
    assert [line["epoch"] for line in run.metrics()] == [1, 2, 3]
