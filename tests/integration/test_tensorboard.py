"""TensorBoard's own reader reads the event files."""

import math
import struct

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


JOB = {"epochs": 3, "limit_train": 160, "limit_test": 40, "log_every": 2}


def scalars(folder):
    """{tag: [(step, value), ...]} as TensorBoard would draw them."""
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    return {
        tag: [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


def as_float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def check_epochs(run):
    found = scalars(run.folder)
    for tag, key in {
        "train/loss": "train_loss",
        "train/top1_percent": "train_top1",
        "train/lr": "lr",
        "test/loss": "test_loss",
        "test/top1_percent": "test_top1",
        "test/top5_percent": "test_top5",
        "speed/images_per_second": "images_per_second",
        "speed/rank_skew": "rank_skew",
        "share/data_wait": "share_data_wait",
        "share/all_reduce": "share_all_reduce",
    }.items():
        expected = [(line["step"], as_float32(line[key])) for line in run.metrics()]
        assert found[tag] == expected, tag
    return found


def test_scalars_are_those_of_the_metrics_file(train):
    run = train("board", **JOB)
    found = check_epochs(run)
    # Steps of 2 x 16 images; every second of five is told in each epoch.
    assert [step for step, _ in found["step/loss"]] == [2, 4, 7, 9, 12, 14]
    assert all(math.isfinite(value) for _, value in found["step/loss"])


def test_a_resumed_run_has_no_step_twice(train):
    train("again", max_steps=7, **JOB)
    run = train("again", "--resume", max_steps=0, **JOB)
    assert len(list(run.folder.glob("events.out.tfevents.*"))) == 2
    steps = [step for step, _ in scalars(run.folder)["step/lr"]]
    assert steps == sorted(set(steps))
    assert [step for step, _ in scalars(run.folder)["train/loss"]][-2:] == [10, 15]
