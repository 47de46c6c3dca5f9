"""status, stop, and the lock of a run, of a real job."""

import json
import os
import signal

from conftest import Run, end_of, metadata, read_until, running

JOB = {"epochs": 1000, "limit_train": 160, "limit_test": 40, "log_every": 1, "checkpoint_every": 1}


def status_of(launch, folder):
    said = launch("status", folder, "--json")
    assert said.code == 0, said.output
    return json.loads(said.stdout)


def test_a_running_job_is_seen_guarded_and_stopped(job_command, launch):
    command, folder = job_command("job", **JOB)
    with running(command) as process:
        output = read_until(process, "epoch 2/1000  train loss")
        status = status_of(launch, folder)
        assert status["state"] == "running", status
        assert len(status["ranks"]) == 2
        twice = launch(*command[1:], "--resume")
        assert twice.code == 2
        assert "another dplaunch is running in this folder" in twice.stderr
        stopped = launch("stop", folder)
        assert stopped.code == 0, stopped.output
        assert "dplaunch --resume=" in stopped.stdout
        end = end_of(process)
    assert end.code == 143, output + end.stdout
    assert "stopped as asked after step" in end.stdout
    assert status_of(launch, folder)["state"] == "stopped"
    assert int(metadata(Run(folder, end).latest)["step"]) >= 10


def test_a_killed_launcher_is_not_called_running(job_command, launch):
    command, folder = job_command("job", **JOB)
    with running(command) as process:
        read_until(process, "epoch 1/1000  step 3/")
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        assert status_of(launch, folder)["state"] != "running"
        nothing = launch("stop", folder)
        assert nothing.code == 0, nothing.output
        assert "nothing to stop" in nothing.stdout
