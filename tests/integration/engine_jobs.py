"""What the tests of engines share: a small job, what it has to end with, and a folder for workers without a launcher."""

import pytest

import jobs
from conftest import SMALL_JOB, Run, run_program

# As many threads as a rank has where both are on one host: sums are rounded by their number.
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
JOB = {"epochs": 2, "limit_train": 160, "limit_test": 40, "log_every": 1}


def digest_on_one_host(dplaunch, data_root, runs, job):
    """Of the job on two processes of one launcher."""
    command = [dplaunch, "--device", "cpu:2", "--root", data_root, "--name", "alone"]
    command += jobs.settings({**SMALL_JOB, **job, "runs": runs})
    result = run_program(command, env=ONE_THREAD)
    assert result.code == 0, result.output
    return Run(runs / "alone", result).digest(0)


@pytest.fixture(scope="session")
def digest_of_one_host(dplaunch, worker, data_root, tmp_path_factory):
    return digest_on_one_host(dplaunch, data_root, tmp_path_factory.mktemp("one-host"), JOB)


def put_config(folder, **changes):
    values = {**SMALL_JOB, **JOB, "timeout_s": 60, **changes}
    lines = [f"{key}: {value}\n" for key, value in values.items()]
    (folder / "config.resolved.yml").write_text("".join(lines))


@pytest.fixture
def bare_folder(tmp_path, data_root):
    """A run folder for workers that no launcher starts."""
    folder = tmp_path / "bare"
    folder.mkdir()
    put_config(folder, root=data_root)
    return folder
