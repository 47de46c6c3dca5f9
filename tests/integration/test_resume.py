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


def test_three_processes_go_on_bit_for_bit(train):
    """More than two are added up in an order that depends on how gradients lie in their buckets."""
    job = {**JOB, "norm": "group", "device": "cpu:3", "bsize": 11, "lr": 0.05}
    unbroken = train("unbroken", **job)
    train("broken", max_steps=STOP, **job)
    run = train("broken", "--resume", **job)
    actual, expected = load_file(run.latest), load_file(unbroken.latest)
    for name, value in expected.items():
        assert torch.equal(actual[name], value), name


def test_the_figures_of_an_epoch_gone_on_with_in_larger_batches(train):
    """5 of 6 steps of 16 images, then 1 of 48: the images of two steps are trained on twice, and
    count once. Without a learning rate each way has the same loss."""
    job = {**JOB, "norm": "group", "lr": 0, "limit_train": 96, "epochs": 1, "bsize": 8}
    unbroken = train("unbroken", **job)
    train("broken", max_steps=5, **job)
    run = train("broken", "--resume", **{**job, "bsize": 24})
    ours, expected = run.metrics()[-1], unbroken.metrics()[-1]
    assert ours["images"] == expected["images"] == 96
    assert ours["train_loss"] == pytest.approx(expected["train_loss"], rel=0.03)


def test_a_missing_latest_checkpoint_begins_nothing_anew(train, launch):
    """Somebody made space: the link is there, its file is not."""
    run = train("gaps", checkpoint_every=1, keep_checkpoints=5, **JOB)
    kept = sorted(path.name for path in run.latest.parent.iterdir() if not path.is_symlink())
    metrics, best = run.metrics(), (run.latest.parent / "best.safetensors").readlink()
    run.latest.resolve().unlink()
    again = train("gaps", "--resume", "--set", "epochs=5", code=7, **JOB)
    assert "ln -sfn" in again.result.output
    assert kept[0] in again.result.output
    # Not even where it is the newest run that is meant.
    newest = ("--device", "cpu:2", "--resume", "--set", f"runs={run.folder.parent}")
    newest = launch(*newest, "--set", "epochs=5")
    assert newest.code == 7, newest.output
    assert run.metrics() == metrics
    assert (run.latest.parent / "best.safetensors").readlink() == best
