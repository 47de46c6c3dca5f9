"""Who assembles the batches must not matter: `loader: device` does it in a few operations on tensors
of the device, here the CPU, and `loader: host` in threads, image by image."""

import pytest
import torch

from conftest import model_tensors

SHORT = {"limit_train": 192, "limit_test": 50, "epochs": 2, "evaluate_every": 1}


@pytest.mark.parametrize(
    "augmentation",
    [
        {"crop_fill": "zero"},
        {"crop_fill": "reflect", "cutout": 8, "flip": "false"},
        {"crop_fill": "zero", "cutout": 5, "memory_format": "contiguous"},
        {"crop_padding": 0, "flip": "false"},
    ],
    ids=lambda keys: "-".join(f"{value}" for value in keys.values()),
)
def test_the_device_assembles_the_same_batches_bit_for_bit(train, augmentation):
    job = {**SHORT, **augmentation}
    host = train("host", loader="host", **job)
    device = train("device", loader="device", **job)
    assert device.digest(0) == host.digest(0)
    for ours, theirs in zip(device.metrics(), host.metrics(), strict=True):
        for figure in ("train_loss", "train_top1", "test_loss", "test_top1"):
            assert ours[figure] == theirs[figure], figure


def test_a_run_may_go_on_in_the_middle_of_an_epoch_with_the_other_loader(train):
    """192 images, 2 x 16 a step: 6 steps an epoch; the stop is after step 2 of the second."""
    unbroken = train("unbroken", loader="host", **SHORT)
    train("broken", loader="host", max_steps=8, **SHORT)
    resumed = train("broken", "--resume", loader="device", **SHORT)
    expected = model_tensors(unbroken.latest)
    for name, tensor in model_tensors(resumed.latest).items():
        assert torch.equal(tensor, expected[name]), name


def test_auto_is_shown_and_trains(train):
    auto = train("auto", **SHORT)
    assert "loader              auto" in (
        train("shown", "--show-config", **SHORT).result.stdout
    )
    assert auto.summary()["test_images"] == 50
