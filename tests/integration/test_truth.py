"""What a run's folder says is true, whoever crashes, refuses, is preempted, or loses its folder."""

import os
import shutil
import signal

import pytest

import jobs
from conftest import Run, end_of, read_until, repetitions, running
from test_supervision import job_record

SMALL = {"norm": "group", "limit_train": 64, "limit_test": 32, "workers": 0}


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """For so little, threads that wait for each other on a busy machine take most of the time."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def contents(folder):
    """Every file below it, a link as what it names."""
    return {
        str(path.relative_to(folder)): path.readlink() if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if not path.is_dir()
    }


def test_an_error_between_the_links_loses_no_best_checkpoint(train, tmp_path):
    """Nothing is learned, so the first epoch stays the best: what was missed never comes again."""
    folder = tmp_path / "runs/best"
    obstacle = folder / "checkpoints/best.safetensors.tmp/in_use"
    obstacle.mkdir(parents=True)
    job = {**SMALL, "device": "cpu:1", "lr": 0, "keep_checkpoints": 1}
    train("best", "--resume", code=7, epochs=1, **job)
    shutil.rmtree(obstacle.parent)
    run = train("best", "--resume", epochs=3, **job)
    assert run.summary()["best_epoch"] == 1
    assert (run.checkpoints / "best.safetensors").readlink().name == "epoch-0001.safetensors"
    assert (run.checkpoints / "best.safetensors").exists()


def test_a_best_checkpoint_that_is_gone_is_not_named(train):
    job = {**SMALL, "device": "cpu:1", "lr": 0}
    run = train("gone", epochs=2, **job)
    (run.checkpoints / "epoch-0001.safetensors").unlink()
    run = train("gone", "--resume", epochs=3, **job)
    assert "the best checkpoint, of epoch 1, is not there any more" in run.log(0)
    assert run.summary()["best_epoch"] == 3
    assert (run.checkpoints / "best.safetensors").readlink().name == "epoch-0003.safetensors"


def test_a_run_whose_folder_is_replaced_writes_nothing_into_the_other(job_command, train):
    """Halted meanwhile, so that the other is there, and done, when it wants to write."""
    for round_ in range(repetitions(10) // 3):
        name = f"mixed-{round_}"
        command, folder = job_command(name, **SMALL, epochs=100000, log_every=0)
        with running(command) as process:
            read_until(process, "epoch 2/")
            halted = [*jobs.workers_of(process.pid).values(), process.pid]
            for pid in halted:
                os.kill(pid, signal.SIGSTOP)
            folder.rename(folder.with_name("elsewhere" + name))
            other = train(name, **SMALL, epochs=2, seed=99)
            before = contents(folder)
            for pid in halted:
                os.kill(pid, signal.SIGCONT)
            end = end_of(process)
        assert end.code == 7, end.stdout
        assert "is not the folder any more that this run began in" in end.stdout
        assert "--resume" not in end.stdout, "it has nothing to go on from"
        assert contents(folder) == before
        assert [line["epoch"] for line in other.metrics()] == [1, 2]


def test_a_run_whose_folder_is_removed_ends(job_command):
    """Of itself, though nothing has to be written for long."""
    job = {**SMALL, "limit_train": 1000, "checkpoint_every": 0, "evaluate_every": 0, "log_every": 1}
    command, folder = job_command("removed", **{**job, "epochs": 100000})
    with running(command) as process:
        read_until(process, "epoch 1/100000  step 3/")
        folder.rename(folder.with_name("elsewhere"))
        end = end_of(process)
    assert end.code == 7, end.stdout
    assert not folder.exists(), "it was made anew"


def test_a_command_whose_folder_is_removed_goes_on(dplaunch, tmp_path):
    fifo = tmp_path / "turn"
    os.mkfifo(fifo)
    script = f"echo be''gun; read line < {fifo}; echo ended"
    command = [dplaunch, "--device", "cpu:1", "--name", "c", "--", "sh", "-c", script]
    with running(command, cwd=tmp_path) as process:
        read_until(process, "begun")
        shutil.rmtree(tmp_path / "runs/c")
        read_until(process, "warning: ./runs/c is gone")
        fifo.write_text("go on\n")
        end = end_of(process)
    assert end.code == 0, end.stdout
    assert "ended" in end.stdout
    assert not (tmp_path / "runs/c").exists()


def test_what_a_resume_is_refused_is_not_kept(train, launch, tmp_path):
    run = train("refused", device="cpu:1", **SMALL, epochs=2, max_steps=5)
    config = run.folder / "config.resolved.yml"
    before = config.read_bytes()
    resume = ("--device", "cpu:1", f"--resume={run.folder}", "--set", "max_steps=0")

    by_launcher = launch(*resume, "--set", "accumulate=17")
    assert by_launcher.code == 2, by_launcher.output
    assert config.read_bytes() == before
    # By the workers, as where the batch does not fit into memory.
    worker = tmp_path / "refusing"
    worker.write_text("#!/bin/sh\nexit 3\n")
    worker.chmod(0o755)
    by_worker = launch(*resume, "--set", "bsize=32", env={"DPLAUNCH_WORKER": str(worker)})
    assert by_worker.code == 3, by_worker.output
    assert config.read_bytes() == before
    assert not (run.folder / "config.proposed.yml").exists()

    accepted = launch(*resume)
    assert accepted.code == 0, accepted.output
    assert "max_steps: 0" in config.read_text()
    assert not (run.folder / "config.proposed.yml").exists()


def test_a_preemption_that_reaches_the_workers_first_makes_a_checkpoint(
    train, job_command, launch
):
    """As soon as there are workers: long before they have a handler."""
    unbroken = train("unbroken", **SMALL, epochs=1)
    for round_ in range(repetitions(10)):
        name = f"preempted-{round_}"
        command, folder = job_command(name, "--preempt-signal", "USR1", **SMALL, epochs=1)
        with running(command) as process:
            while len(workers := jobs.workers_of(process.pid)) < 2:
                assert process.poll() is None
            # All of them, one, or the launcher as well.
            signalled = list(workers.values())[: 1 + round_ % 2]
            for pid in signalled + [process.pid] * (round_ == 2):
                os.kill(pid, signal.SIGUSR1)
            end = end_of(process)
        assert end.code == 75, end.stdout
        assert job_record(folder)["result"] == "preempted"
        assert Run(folder, end).latest.exists()
    resumed = launch("--device", "cpu:2", f"--resume={folder}")
    assert resumed.code == 0, resumed.output
    assert Run(folder, resumed).digest(0) == unbroken.digest(0)
