"""A job over hosts that goes on without those that it loses (--min-nodes)."""

import contextlib
import os
import re
import signal

import pytest

import namespaces
from conftest import Run, end_of, read_until, running

ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}
# In three processes: 30 images a step, 5 steps an epoch.
JOB = {"norm": "group", "bsize": 10, "epochs": 6, "limit_train": 150, "limit_test": 40}


@pytest.fixture
def network():
    with namespaces.hosts(3) as hosts:
        yield hosts


@pytest.fixture
def start(network):
    """start(command, *words): that on each of three hosts, two of which are enough."""
    with contextlib.ExitStack() as stack:

        def run(command_of, *words, min_nodes=2, nodes=None):
            nodes = nodes or ["--nnodes", 3, "--min-nodes", min_nodes]
            launchers = []
            # Before the first starts: they share a configuration file.
            for host, (program, *options) in enumerate([command_of(host) for host in range(3)]):
                command = [*network.enter(host), program]
                command += [*nodes, "--node-rank", host, "--master-addr", network.address(0), *words, *options]
                launchers.append(stack.enter_context(running(command, env=ONE_THREAD)))
            return launchers

        yield run


@pytest.fixture
def start_script(dplaunch, start):
    """One process a host; the first attempt waits to be ended."""

    def run(**options):
        script = '[ "$TORCHELASTIC_RESTART_COUNT" = 0 ] && { echo up-$RANK; sleep 100; }; '
        script += "echo rank $RANK of $WORLD_SIZE, host $GROUP_RANK of $GROUP_WORLD_SIZE"
        command = [dplaunch, "--device", "cpu:1", "--log-dir", "none", "--", "sh", "-c", script]
        launchers = start(lambda host: command, **options)
        for rank, launcher in enumerate(launchers):
            read_until(launcher, f"up-{rank}")
        return launchers

    return run


def test_training_goes_on_with_the_same_batches(start, train, job_command, tmp_path):
    """As if it had been stopped there and resumed on two processes by hand."""

    def command_of(host):
        command, _ = job_command("job", device="cpu:1", runs=tmp_path / f"host-{host}", **JOB)
        return command

    launchers = start(command_of)
    read_until(launchers[0], "epoch 2/")
    os.kill(launchers[1].pid, signal.SIGKILL)
    first, third = end_of(launchers[0]), end_of(launchers[2])
    assert (first.code, third.code) == (0, 0), first.output + third.output
    assert "error: lost host 1 (" in first.output
    assert "going on with 2 of 3 hosts and 2 processes without " in third.output
    run = Run(tmp_path / "host-0/job", first)
    summary = run.summary()
    assert (summary["world_size"], summary["total_batch"]) == (2, 30)
    step = int(re.search(r", (\d+) steps done", run.log(0))[1])

    alone = {**JOB, "program": {"env": ONE_THREAD}}
    train("by-hand", device="cpu:3", max_steps=step, **alone)
    changes = {**alone, "max_steps": 0, "bsize": 15, "accumulate": 2}
    by_hand = train("by-hand", "--resume", device="cpu:2", **changes)
    assert run.digest(0) == by_hand.digest(0)
    other = Run(tmp_path / "host-2/job/host-2", third)
    assert other.digest(1) == run.digest(0)


def test_a_batch_that_cannot_be_shared_out_ends_the_job(start, job_command, tmp_path):
    def command_of(host):
        values = {**JOB, "bsize": 11, "runs": tmp_path / f"host-{host}"}
        command, _ = job_command("job", device="cpu:1", **values)
        return command

    launchers = start(command_of)
    read_until(launchers[0], "epoch 2/")
    os.kill(launchers[2].pid, signal.SIGKILL)
    for launcher in launchers[:2]:
        end = end_of(launcher)
        assert end.code == 2, end.output
        assert "the total batch of 33 images (11 x 3 processes) cannot be shared out" in end.output


def test_a_command_is_ranked_anew(start_script):
    launchers = start_script()
    os.kill(launchers[1].pid, signal.SIGKILL)
    for rank, host in enumerate((0, 2)):
        end = end_of(launchers[host])
        assert end.code == 0, end.output
        assert "dplaunch: restart on the hosts that are left in 1 s" in end.output
        assert f"rank {rank} of 2, host {rank} of 2" in end.output


def test_a_host_that_is_cut_off_ends_and_the_others_go_on(start_script, network):
    launchers = start_script()
    network.cut(2)
    ends = [end_of(launcher) for launcher in launchers]
    assert [end.code for end in ends] == [0, 0, 5], ends[0].output + ends[2].output
    assert "rank 1 of 2" in ends[1].output
    assert "error: lost host 0 at " in ends[2].output


def test_one_after_the_other(start_script):
    """Of a range, as torchrun writes it."""
    launchers = start_script(nodes=["--nnodes=1:3"])
    os.kill(launchers[2].pid, signal.SIGKILL)
    read_until(launchers[0], "restart on the hosts that are left")
    os.kill(launchers[1].pid, signal.SIGKILL)
    end = end_of(launchers[0])
    assert end.code == 0, end.output
    assert "rank 0 of 1, host 0 of 1" in end.output


def test_too_few_that_are_left_end(start_script):
    launchers = start_script()
    for host in (1, 2):
        os.kill(launchers[host].pid, signal.SIGKILL)
    end = end_of(launchers[0])
    assert end.code == 5, end.output
    assert "error: lost " in end.output
    assert "rank 0 of" not in end.output


def test_host_0_cannot_be_lost(start_script):
    launchers = start_script(min_nodes=1)
    os.kill(launchers[0].pid, signal.SIGKILL)
    for launcher in launchers[1:]:
        end = end_of(launcher)
        assert end.code == 5, end.output
        assert "error: lost host 0 at " in end.output


def test_a_batch_that_is_not_known_is_refused(launch):
    words = ["--nnodes", "2", "--min-nodes", "1", "--master-addr", "127.0.0.1"]
    end = launch("--device", "cpu:1", *words, "--set", "bsize=auto", "--dry-run")
    assert end.code == 2, end.output
    assert "--min-nodes with bsize: auto" in end.output


def test_a_job_begins_with_the_hosts_that_come(dplaunch, network):
    """Of a range, as torchrun writes it; the last call of those that come is the first host's."""
    script = "echo rank $RANK of $WORLD_SIZE, host $GROUP_RANK of $GROUP_WORLD_SIZE; [ -z $1 ] || sleep 100"

    def command(host, *words):
        nodes = ["--nnodes", "2:3", "--node-rank", host, "--rdzv-endpoint", f"{network.address(0)}:29400"]
        conf = ["--rdzv-backend", "c10d", "--rdzv-conf", "last_call_timeout=0"]
        rank = ["--no-python", "sh", "-c", script, "sh", *words]
        return [*network.enter(host), dplaunch, "torchrun", "--log-dir", "none", *nodes, *conf, *rank]

    with running(command(0, "wait")) as first, running(command(2, "wait")) as third:
        shown = read_until(first, "rank 0 of 2, host 0 of 2")
        assert "dplaunch: beginning with 2 of 3 hosts: without host 1\n" in shown
        read_until(third, "rank 1 of 2, host 1 of 2")
        with running(command(1)) as late:
            end = end_of(late)
        assert end.code == 2, end.output
        assert "the job has begun with the 2 hosts that had come" in end.output


def test_a_training_begins_alone_where_one_host_is_enough(job_command, network, tmp_path):
    command, _ = job_command("job", device="cpu:1", runs=tmp_path, **{**JOB, "epochs": 1})
    nodes = ["--nnodes", "1:2", "--node-rank", "0", "--master-addr", network.address(0), "--rdzv-timeout", "1"]
    with running([*network.enter(0), *command, *nodes], env=ONE_THREAD) as alone:
        end = end_of(alone)
    assert end.code == 0, end.output
    assert "dplaunch: beginning with 1 of 2 hosts: without host 1\n" in end.output
    assert Run(tmp_path / "job", end).summary()["total_batch"] == JOB["bsize"]
