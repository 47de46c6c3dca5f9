"""The worker without the launcher: started by hand, and by torchrun."""

import sys

import pytest
import torch

import jobs
from conftest import SMALL_JOB, metadata, run_program

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--no-python"]


@pytest.fixture
def make_folder(tmp_path, data_root):
    def make(**changes):
        values = {**SMALL_JOB, "root": data_root, "max_steps": 3, "timeout_s": 60, **changes}
        lines = [f"{key}: {value}\n" for key, value in values.items()]
        (tmp_path / "config.resolved.yml").write_text("".join(lines))
        return tmp_path

    return make


def under_torchrun(worker, folder):
    port = ["--master-port", jobs.free_port()]
    return [*TORCHRUN, *port, "--nproc-per-node", "2", worker, "--run-dir", folder]


def test_it_names_its_libtorch(worker):
    """`dplaunch doctor` reads this."""
    result = run_program([worker, "--version"])
    assert result.code == 0, result.output
    program, *libraries = result.stdout.splitlines()
    assert program.startswith("dplaunch-worker ")
    assert libraries == [f"LibTorch {torch.__version__.split('+')[0]}"]


def test_a_worker_started_by_hand_overwrites_nothing(worker, make_folder):
    folder = make_folder()
    command = [worker, "--run-dir", folder]
    first = run_program(command)
    assert first.code == 0, first.output
    before = (folder / "metrics.jsonl").read_text()
    again = run_program(command)
    assert again.code == 2, again.output
    assert f"{folder}: holds the checkpoints of a run" in again.stderr
    assert "--resume" in again.stderr
    assert (folder / "metrics.jsonl").read_text() == before
    resumed = run_program([*command, "--resume"])
    assert resumed.code == 0, resumed.output


def test_one_process_needs_no_network(worker, make_folder):
    """Nor an address, a port or a communicator: there is nobody to talk to."""
    result = run_program(
        [worker, "--run-dir", make_folder()],
        env={"GLOO_SOCKET_IFNAME": "no-such-interface", "MASTER_ADDR": "no-such-host.invalid"},
    )
    assert result.code == 0, result.output
    assert "one process, resnet20" in result.stdout


@pytest.mark.parametrize("options", [[], ["--standalone"]])
def test_two_workers_train_under_torchrun(worker, make_folder, options):
    """Which serves the store itself, where rank 0 would otherwise do so on the same port."""
    folder = make_folder()
    command = under_torchrun(worker, folder)
    result = run_program(command[: len(TORCHRUN)] + options + command[len(TORCHRUN) :])
    assert result.code == 0, result.output
    assert "rank 1 of 2" in result.stdout
    assert "failed to bind" not in result.stderr, result.output
    assert metadata(folder / "checkpoints" / "latest.safetensors")["step"] == "3"


def test_torchrun_shows_why_a_worker_failed(worker, make_folder, tmp_path):
    folder = make_folder(root=tmp_path / "absent")
    result = run_program(under_torchrun(worker, folder))
    assert result.code != 0, result.output
    # In torchrun's own report, which it makes of the error record.
    assert "Root Cause" in result.stderr, result.output
    report = result.stderr.split("Root Cause")[-1]
    assert "absent: no such data folder" in report, result.output
