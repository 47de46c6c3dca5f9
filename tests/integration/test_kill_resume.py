"""SIGKILL at random moments loses nothing but the steps since the last checkpoint."""

import os
import random
import signal
import subprocess
import time

import torch
from safetensors.torch import load_file

import jobs
from conftest import Run, end_of, read_until, repetitions, run_program, running

EPOCHS = 40
JOB = {"epochs": EPOCHS, "limit_train": 128, "limit_test": 32, "lr": 0.02, "keep_checkpoints": 2}


def assert_all_gone(folder, within_s=30):
    left = jobs.left_over(folder, within_s)
    assert not left, f"still alive {within_s} s after the launcher: {left}"


def epochs_of(run):
    return len(run.metrics()) if (run.folder / "metrics.jsonl").exists() else 0


def kill_after(command, delay_s):
    """True if the run was still going when it was killed."""
    process = jobs.start(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _, stderr = process.communicate(timeout=delay_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return True
    assert process.returncode == 0, stderr
    return False


def test_many_kills_end_where_an_unbroken_run_ends(train, job_command):
    started = time.monotonic()
    unbroken = train("unbroken", **JOB)
    whole_s = time.monotonic() - started
    epoch_s = sum(line["seconds"] for line in unbroken.metrics()) / EPOCHS
    start_s = whole_s - EPOCHS * epoch_s

    command, folder = job_command("broken", "--resume", **JOB)
    run = Run(folder, None)
    moments = random.Random(7)
    most_kills = repetitions(20)
    kills = loaded = 0
    pace = 1.0  # the machine's speed may have changed since
    while kills < most_kills or loaded == 0:
        before = epochs_of(run)
        # From before the first worker's start to about two epochs later.
        delay_s = pace * moments.uniform(0.02, start_s + 2 * epoch_s)
        if not kill_after(command, delay_s):
            break
        kills += 1
        pace *= 1.3 if loaded == 0 else 0.7 if epochs_of(run) > before + 3 else 1
        assert_all_gone(folder)
        if run.latest.exists():
            assert load_file(run.latest), f"kill {kills}"
            loaded += 1
    assert kills >= most_kills // 2, f"finished after {kills} kills: raise EPOCHS"
    assert loaded > 0, "no kill came after a checkpoint: the moments test nothing"

    finished = run_program(command)
    assert finished.code == 0, finished.output
    expected, actual = load_file(unbroken.latest), load_file(run.latest)
    assert expected.keys() == actual.keys()
    for name, value in expected.items():
        assert torch.equal(actual[name], value), f"{name} differs"
    assert run.digest(0) == unbroken.digest(0)
    assert [line["epoch"] for line in run.metrics()] == list(range(1, EPOCHS + 1))
    assert_all_gone(folder)


def test_one_worker_killed_ends_the_job_and_resume_goes_on(job_command, train):
    job = {**JOB, "epochs": 6, "limit_train": 512}
    unbroken = train("whole", **job)
    command, folder = job_command("maimed", **job)
    with running(command) as process:
        output = read_until(process, "epoch 2/")
        workers = [pid for pid in jobs.processes_of(folder) if pid != process.pid]
        assert len(workers) == 2, output
        os.kill(workers[-1], signal.SIGKILL)
        end = end_of(process, timeout=60)
    assert end.code == 128 + signal.SIGKILL, output + end.stdout
    assert "SIGKILL" in output + end.stdout
    assert_all_gone(folder)

    resumed = run_program([*command, "--resume"])
    assert resumed.code == 0, resumed.output
    assert Run(folder, resumed).digest(0) == unbroken.digest(0)
