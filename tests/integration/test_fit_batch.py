"""Memory is measured before the first epoch: a batch that cannot fit ends the run at once."""

import re
import resource

import pytest
from safetensors.torch import load_file

from conftest import run_program

IMAGES = 6000
BSIZE = 5000  # takes about 1.1 MB an image in ResNet-20 of width 8

# A machine with little memory, as far as the process can tell. (LibTorch's libraries count too.)
SMALL_MACHINE = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))}


@pytest.fixture(scope="module")
def many_images(dplaunch, tmp_path_factory):
    root = tmp_path_factory.mktemp("many")
    made = run_program(
        [dplaunch, "data", "--synthetic", "--root", root]
        + ["--train-records", IMAGES, "--test-records", 10]
    )
    assert made.code == 0, made.output
    return root


def test_a_batch_that_cannot_fit_ends_the_run_with_the_largest_that_does(train, many_images):
    job = {"root": many_images, "device": "cpu:1", "program": SMALL_MACHINE, "workers": 1}
    run = train("large", code=3, bsize=BSIZE, **job)
    found = re.search(
        rf"bsize {BSIZE} does not fit into the (\d+) MiB that are free .*: (\d+) is the largest",
        run.result.output,
    )
    assert found, run.result.output
    assert 0 < int(found[1]) < 4096
    largest = int(found[2])
    hint = re.search(r"--set bsize=(\d+), or bsize=auto, or accumulate=(\d+)", run.result.output)
    assert hint, run.result.output
    assert int(hint[1]) == largest
    parts = int(hint[2])
    assert -(-BSIZE // parts) <= largest < BSIZE
    assert not run.latest.exists()

    # It was no guess: that batch is trained in the same memory.
    train("fits", bsize=largest, max_steps=2, **job)


def test_auto_takes_a_power_of_two_that_fits_and_that_there_are_images_for(train):
    """1000 images over 2 processes: 256 of the 500 that each has."""
    run = train("auto", bsize="auto", epochs=1, limit_test=10)
    assert "bsize auto: 256" in run.log(0)
    assert "total batch what fits x 2" in run.result.output
    assert run.summary()["total_batch"] == 512
    assert run.metrics()[0]["images"] == 512
    # The checkpoint says what it was, so that it can be used without measuring.
    assert "bsize: 256" in run.checkpoint_config()


def test_measuring_changes_nothing(train):
    """The statistics of BatchNorm, all counts included, are those of the one step trained."""
    run = train("one", max_steps=1, limit_test=10)
    tensors = load_file(run.latest)
    counts = [value for name, value in tensors.items() if name.endswith("num_batches_tracked")]
    assert counts and all(int(count) == 1 for count in counts)


def test_an_evaluation_takes_no_more_at_once_than_was_measured(train, many_images):
    """20 images of 2000 are in memory while it trains, and so it is while it evaluates."""
    job = {"root": many_images, "device": "cpu:1", "bsize": 2000, "accumulate": 100, "max_steps": 1}
    peak_bytes = {}
    for count in (20, 2000):
        run = train(f"of-{count}", validation=count, **job)
        peak_bytes[count] = run.summary()["peak_memory_bytes"]
    # 2000 images at once would take some 250 MB.
    assert peak_bytes[2000] - peak_bytes[20] < 80e6, peak_bytes
