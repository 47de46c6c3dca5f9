"""The benchmarks' own machinery: what has been measured is kept, and the peer's batches are right."""

import argparse
import json
import sys

import numpy as np
import pytest
import torch

from conftest import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "scripts/bench"))

import ddp_batches  # noqa: E402
import ddp_jobs  # noqa: E402
import turns  # noqa: E402
import whole_job  # noqa: E402

RESULT = f"echo '{ddp_jobs.RESULT_MARK}: 1}}'"


def shell(script):
    return ["sh", "-c", script]


def run_to_end(tmp_path, script, mark=ddp_jobs.RESULT_MARK):
    with turns.Job(shell(script), tmp_path / "log", {}, mark) as job:
        while not job.has_ended:
            job.take_turn(1)
    return job


def test_a_job_that_aborts_after_its_result_counts(tmp_path):
    job = run_to_end(tmp_path, f"{RESULT}; kill -ABRT $$")
    assert job.failed_at_exit and job.usage.ru_maxrss > 0
    assert not run_to_end(tmp_path, RESULT).failed_at_exit


def test_a_job_that_fails_before_its_result_does_not(tmp_path):
    with pytest.raises(turns.JobFailed, match="words of it"):
        run_to_end(tmp_path, "echo words of it; kill -ABRT $$")


@pytest.fixture
def three_rounds(monkeypatch, tmp_path):
    """Of jobs that do nothing: the second round's peer fails, the third's aborts at its exit."""
    peers = iter(["exit 0", "exit 3", f"{RESULT}; kill -ABRT $$"])
    commands = lambda arguments, folder: {"dplaunch": shell("exit 0"), "eager": shell(next(peers))}  # noqa: E731
    monkeypatch.setattr(whole_job, "commands_of", commands)
    job = argparse.Namespace(
        model="resnet20", pairs=3, steps=1, test_images=1, turn_seconds=1, processes=1,
        peer=["eager"], results=tmp_path / "results.jsonl")
    monkeypatch.setattr(whole_job, "parse_arguments", lambda: job)
    return job.results


def test_the_rounds_that_have_ended_are_kept_and_counted(three_rounds, capsys):
    assert whole_job.main() == 1
    kept = [json.loads(line) for line in three_rounds.read_text().splitlines()]
    assert [each["eager"]["failed_at_exit"] for each in kept] == [False, True]
    said = capsys.readouterr().out
    assert "round 2 is left out" in said
    assert "2 of 3 rounds" in said and "1 of 2 jobs of Python DDP aborted at their exit" in said


def test_batches_of_the_device_are_those_of_the_host():
    """The same crop and flip of the same images, by PyTorch and by NumPy."""
    random = np.random.default_rng(5)
    images = random.integers(0, 256, (20, 3, 32, 32), np.uint8)
    host = ddp_batches.HostBatches(images, np.arange(20), (0, 0))
    order = random.permutation(20)[:8].reshape(1, 8)
    (indices,) = host.begin_epoch(0, order)
    wanted, labels = host.batch(indices)

    again = np.random.default_rng((0, 0, 0))
    offsets = torch.from_numpy(again.integers(0, 9, (2, 8)))
    flips = torch.from_numpy(again.random(8) < 0.5)
    cpu = torch.device("cpu")
    device = ddp_batches.DeviceBatches(images, np.arange(20), (0, 0), cpu, torch.float32, False)
    found, found_labels = device.batch((torch.from_numpy(indices), offsets[0], offsets[1], flips))
    assert torch.equal(found_labels, labels)
    assert found.shape == wanted.shape and found.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-6)
    # What it draws itself is in range, and the epoch's own.
    drawn = device.begin_epoch(1, order)
    assert len(drawn) == 1 and all(len(part) == 8 for part in drawn[0])
    assert 0 <= drawn[0][1].min() and drawn[0][1].max() <= 8
