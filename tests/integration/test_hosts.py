"""A job over several hosts: two launchers on this one, which know nothing of each other's folders."""

import contextlib
import os
import pathlib
import shutil
import sys

import pytest
import torch
from safetensors.torch import load_file

import jobs
from conftest import Run, end_of, run_program, running

# As many threads as a rank has where both are on one host: sums are rounded by their number.
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}
JOB = {"norm": "group", "epochs": 2, "limit_train": 160, "limit_test": 40, "log_every": 1}


@pytest.fixture
def on_two_hosts(job_command, tmp_path):
    """Trains the job with one process on each; the runs of both."""

    def run(name, *words, **changes):
        address = ["--nnodes", "2", "--master-addr", "127.0.0.1", "--master-port", jobs.free_port()]
        commands = []
        for host in (0, 1):
            values = {**JOB, **changes, "runs": tmp_path / f"host-{host}"}
            command, _ = job_command(f"{name}-{host}", *words, device="cpu:1", **values)
            commands.append([*command, *address, "--node-rank", host])
        with contextlib.ExitStack() as stack:
            launchers = [stack.enter_context(running(each, env=ONE_THREAD)) for each in commands]
            return [
                Run(tmp_path / f"host-{host}" / f"{name}-{host}", end_of(launcher))
                for host, launcher in enumerate(launchers)
            ]

    return run


def test_two_hosts_train_what_one_does(train, on_two_hosts):
    alone = train("alone", program={"env": ONE_THREAD}, **JOB)
    first, second = on_two_hosts("job")
    assert (first.result.code, second.result.code) == (0, 0), second.result.output
    assert first.digest(0) == second.digest(1) == alone.digest(0)
    assert first.latest.exists()
    assert not second.latest.exists(), "host 0 writes the checkpoints"


def test_a_host_without_the_checkpoint_gets_the_state_of_host_0(train, on_two_hosts):
    """In the middle of an epoch, where each rank has running statistics of its own."""
    job = {**JOB, "norm": "batch"}
    unbroken = train("alone", program={"env": ONE_THREAD}, **job)
    first, second = on_two_hosts("job", max_steps=7, norm="batch")
    assert not second.latest.exists()
    first, second = on_two_hosts("job", "--resume", max_steps=0, norm="batch")
    assert (first.result.code, second.result.code) == (0, 0), second.result.output
    assert "goes on after step 7, with what rank 0 read" in second.log(1)
    actual, expected = load_file(first.latest), load_file(unbroken.latest)
    for name, value in expected.items():
        assert torch.equal(actual[name], value), name


def test_a_checkpoint_that_host_0_lacks_is_not_trained_over(on_two_hosts):
    first, second = on_two_hosts("job", max_steps=7)
    before = first.metrics()
    shutil.move(first.checkpoints, second.checkpoints)
    for run in on_two_hosts("job", "--resume", max_steps=0):
        assert run.result.code == 2, run.result.output
        assert "rank 0 would begin anew, and rank 1 goes on after step 7" in run.result.output
        assert "let the host that has them be host 0" in run.result.output
    assert first.metrics() == before


HERE = pathlib.Path(__file__).resolve().parent
SCRIPT = HERE / "ddp_script.py"
USUAL_HOSTS = "127.0.0.1 localhost\n::1 localhost\n"


@pytest.fixture
def names_asked_by(tmp_path):
    """Runs the command where no name server answers; its result, and the names it asked for."""

    def run(command, hosts):
        report = tmp_path / "asked"
        namespaces = ["-mnu"] if os.geteuid() == 0 else ["-r", "-mnu"]
        wrapped = ["unshare", *namespaces, sys.executable, HERE / "dead_name_server.py", report, hosts]
        result = run_program([*wrapped, *command], cwd=tmp_path)
        return result, report.read_text()

    return run


def test_training_on_one_host_asks_no_name_server(names_asked_by, job_command):
    command, _ = job_command("quiet", limit_train=64, limit_test=40)
    result, names = names_asked_by(command, USUAL_HOSTS)
    assert result.code == 0, result.output
    assert names == ""


def test_a_command_on_one_host_asks_for_no_name_of_its_own(names_asked_by, dplaunch):
    command = [dplaunch, "--device", "cpu:2", "--", sys.executable, SCRIPT]
    # With the line that "dplaunch doctor" advises: c10d asks for the name of this address.
    result, names = names_asked_by(command, USUAL_HOSTS + "::ffff:127.0.0.1 localhost\n")
    assert result.code == 0, result.output
    assert names == ""


def test_a_host_that_does_not_exist_is_refused_on_one_host(dplaunch, tmp_path):
    nsswitch = tmp_path / "nsswitch.conf"
    nsswitch.write_text("hosts: files\n")
    script = f'mount --bind "{nsswitch}" /etc/nsswitch.conf && exec "$@"'
    namespace = "-m" if os.geteuid() == 0 else "-rm"
    words = [dplaunch, "--device", "cpu", "--master-addr", "no-such-host", "--", "true"]
    result = run_program(["unshare", namespace, "sh", "-c", script, "sh", *words], cwd=tmp_path)
    assert result.code == 2, result.output
    assert '--master-addr "no-such-host": there is no host of that name' in result.stderr
    assert not (tmp_path / "runs").exists()
