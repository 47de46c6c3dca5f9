"""The launcher and its own trainer together: stops, preemption, restarts and stalls."""

import json
import os
import signal
import time

import pytest
import torch
from safetensors.torch import load_file

import jobs
from conftest import Run, end_of, metadata, read_until, repetitions, running

# Its steps take some 10 ms, so that a signal comes in the middle of an epoch.
JOB = {
    "epochs": 3,
    "limit_train": 480,
    "limit_test": 40,
    "lr": 0.002,
    "norm": "group",
    "log_every": 1,
}
STACK_SIGNAL = signal.SIGRTMIN + 6  # common/stack_signal.h


def job_record(folder):
    return json.loads((folder / "summary.json").read_text())["job"]


def assert_same_end(run, unbroken):
    expected, actual = load_file(unbroken.latest), load_file(run.latest)
    assert expected.keys() == actual.keys()
    for name, value in expected.items():
        assert torch.equal(actual[name], value), f"{name} differs"
    assert run.digest(0) == unbroken.digest(0)


@pytest.mark.parametrize(
    "sent, words, code, result",
    [
        (signal.SIGTERM, [], 143, "stopped"),
        (signal.SIGINT, [], 130, "stopped"),
        (signal.SIGUSR1, ["--preempt-signal", "USR1"], 75, "preempted"),
    ],
)
def test_a_signal_stops_after_a_whole_step_and_loses_nothing(
    train, job_command, launch, sent, words, code, result
):
    unbroken = train("unbroken", **JOB)
    command, folder = job_command("broken", *words, **JOB)
    with running(command) as process:
        output = read_until(process, "epoch 2/3  step 3/")
        process.send_signal(sent)
        end = end_of(process)
    assert end.code == code, output + end.stdout
    assert "stopped as asked after step" in end.stdout
    assert job_record(folder)["result"] == result
    assert job_record(folder)["exit_code"] == code
    assert job_record(folder)["root_cause"] is None
    run = Run(folder, end)
    assert int(metadata(run.latest)["step"]) > 15, "the second epoch's steps are kept"

    resumed = launch("--device", "cpu:2", f"--resume={folder}")
    assert resumed.code == 0, resumed.output
    assert_same_end(Run(folder, resumed), unbroken)


def test_a_stop_of_every_process_loses_nothing(job_command):
    """As systemd and Slurm do it: the workers are told by them and by the launcher."""
    command, folder = job_command("broken", **JOB)
    with running(command) as process:
        output = read_until(process, "epoch 2/3  step 3/")
        for pid in [*jobs.workers_of(process.pid).values(), process.pid]:
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGHUP)
        end = end_of(process)
    # Of two signals that wait, the kernel delivers that of the lower number first.
    assert end.code in (128 + signal.SIGHUP, 128 + signal.SIGTERM), output + end.stdout
    assert "stopped as asked after step" in end.stdout
    assert int(metadata(Run(folder, end).latest)["step"]) > 15


def test_an_evaluation_that_a_stop_prevented_is_made_up_for(train, job_command, launch):
    """One step an epoch: a stop comes at the end of one, before its evaluation or within."""
    job = {**JOB, "norm": "batch", "limit_train": 32, "limit_test": 200, "epochs": 30}
    unbroken = train("unbroken", **job)
    command, folder = job_command("broken", **job)
    for epoch, words in ((10, []), (20, ["--resume"])):
        with running([*command, *words]) as process:
            read_until(process, f"epoch {epoch}/30  step 1/1")
            process.send_signal(signal.SIGTERM)
            assert end_of(process).code == 143
    resumed = launch("--device", "cpu:2", f"--resume={folder}")
    assert resumed.code == 0, resumed.output
    run = Run(folder, resumed)
    assert_same_end(run, unbroken)
    for ours, expected in zip(run.metrics(), unbroken.metrics(), strict=True):
        for figure in ("epoch", "images", "lr", "train_loss", "test_loss", "test_top1", "test_images"):
            assert ours[figure] == expected[figure], (ours["epoch"], figure)
    assert run.summary()["best_epoch"] == unbroken.summary()["best_epoch"]
    assert run.summary()["best_top1"] == unbroken.summary()["best_top1"]


def test_a_stop_after_the_result_is_written_changes_nothing(job_command):
    rounds = repetitions(21)
    for round_ in range(rounds):
        job = {**JOB, "epochs": 1, "limit_train": 32}
        command, folder = job_command(f"done-{round_}", **job)
        with running(command) as process:
            output = read_until(process, "rank 0: parameter digest")
            time.sleep(0.2 * round_ / (rounds - 1))  # anywhere on its way out
            process.send_signal(signal.SIGTERM)
            end = end_of(process)
        assert end.code == 0, output + end.stdout
        assert job_record(folder)["result"] == "success"


def test_a_second_interrupt_does_not_wait_for_the_grace(job_command):
    command, folder = job_command("twice", "--grace", "86400", **JOB)
    with running(command) as process:
        read_until(process, "epoch 1/3  step 3/")
        # One that is halted cannot finish its step.
        os.kill(jobs.workers_of(process.pid)[1], signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        read_until(process, "Ctrl-C again kills at once")
        process.send_signal(signal.SIGINT)
        end = end_of(process)
    assert end.code == 130, end.stdout


def test_a_killed_worker_is_restarted_from_the_last_checkpoint(train, job_command):
    unbroken = train("unbroken", **JOB)
    command, folder = job_command("restarted", "--max-restarts", "1", **JOB)
    with running(command) as process:
        output = read_until(process, "epoch 2/3  step 3/")
        os.kill(jobs.workers_of(process.pid)[1], signal.SIGKILL)
        end = end_of(process)
    assert end.code == 0, output + end.stdout
    assert "killed by SIGKILL" in end.stdout
    assert "restart 1 of 1" in end.stdout
    assert "resumed from" in end.stdout
    assert job_record(folder)["restarts"] == 1
    assert job_record(folder)["result"] == "success"
    assert_same_end(Run(folder, end), unbroken)


def test_a_halted_rank_is_named_with_its_step(job_command):
    command, folder = job_command(
        # Longer than a start or a step takes on a busy machine: those would be stalls too.
        "halted", "--stall-timeout", "8", "--on-stall", "stop", **{**JOB, "epochs": 1000}
    )
    with running(command) as process:
        read_until(process, "epoch 1/1000  step 3/")
        pid = jobs.workers_of(process.pid)[1]
        os.kill(pid, signal.SIGSTOP)
        output = read_until(process, "hangs")
        end = end_of(process)
    assert f"rank 1 (cpu, pid {pid}) hangs at epoch " in output
    # Stopped in the all-reduce, it is where the other waits for it.
    places = ("; the other waits at epoch ", "; the other is at the same point")
    assert any(place in output for place in places), output
    assert f"kill -CONT {pid} lets it go on" in output
    assert end.code == 6, end.stdout
    assert f"rank 1 (cpu, pid {pid}) hung at epoch " in end.stdout
    assert job_record(folder)["root_cause"]["exit_code"] == 6


def test_a_stalled_rank_goes_on_if_nobody_asked_to_end_it(job_command):
    command, folder = job_command("patient", "--stall-timeout", "0.3", **JOB)
    with running(command) as process:
        read_until(process, "epoch 1/3  step 3/")
        pid = jobs.workers_of(process.pid)[0]
        os.kill(pid, signal.SIGSTOP)
        read_until(process, "hangs")
        os.kill(pid, signal.SIGCONT)
        end = end_of(process)
    assert end.code == 0, end.stdout


def test_a_worker_prints_its_stack_on_request_and_goes_on(job_command):
    command, folder = job_command("stack", "--stall-timeout", "2", **JOB)
    with running(command) as process:
        output = read_until(process, "epoch 1/3  step 3/")
        waiting, halted = jobs.workers_of(process.pid).values()
        # So that rank 0 waits where its stack is known to lead.
        os.kill(halted, signal.SIGSTOP)
        output += read_until(process, "hangs")
        os.kill(waiting, STACK_SIGNAL)
        output += read_until(process, "stack of the main thread, on request:")
        os.kill(halted, signal.SIGCONT)
        end = end_of(process)
    assert end.code == 0, output + end.stdout
    log = (folder / "rank-0.log").read_text()
    stack = log.split("stack of the main thread, on request:\n")[1]
    assert "dplaunch::Trainer::run()" in stack
    assert "c10d::" in stack
