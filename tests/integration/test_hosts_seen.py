"""A job over several hosts as each of them shows it: status, its --json, and the lines of ranks. Hosts are network
namespaces with names of their own."""

import contextlib
import json
import os
import signal
import time

import pytest

import namespaces
from conftest import end_of, read_until, run_program, running

JOB = {"epochs": 1000, "limit_train": 160, "limit_test": 40, "log_every": 1, "checkpoint_every": 1}


@pytest.fixture
def network():
    with namespaces.hosts(3) as hosts:
        yield hosts


def on_host(network, host, command):
    """The command as it is started on that host, which is called node0.cluster and so on."""
    name = ["unshare", "--uts", "sh", "-c", 'hostname "$0"; exec "$@"', f"node{host}.cluster"]
    return [*network.enter(host), *name, *command]


def start_all(stack, network, commands):
    launchers = []
    for host, command in enumerate(commands):
        words = ["--nnodes", len(commands), "--node-rank", host, "--master-addr", network.address(0)]
        at = command.index("--") if "--" in command else len(command)
        command = [*command[:at], *words, *command[at:]]
        launchers.append(stack.enter_context(running(on_host(network, host, command))))
    return launchers


def until(look, is_so, timeout=60):
    """What `look` finds when it is so: nobody tells a test when another host's word has come."""
    deadline = time.monotonic() + timeout
    while not is_so(found := look()):
        assert time.monotonic() < deadline, found
    return found


def test_each_host_shows_the_ranks_of_all(job_command, dplaunch, network, tmp_path):
    folders = [tmp_path / f"host-{host}" for host in range(2)]
    commands = [job_command("job", device="cpu:1", runs=folder, **JOB)[0] for folder in folders]

    def status(host, *words):
        command = [dplaunch, "status", "job", "--runs", folders[host], *words]
        said = run_program(on_host(network, host, command))
        assert said.code == 0, said.output
        return said.stdout

    def is_whole(status):
        ranks = status["ranks"]
        return len(ranks) == 2 and all((rank.get("epoch") or 0) > 1 for rank in ranks)

    with contextlib.ExitStack() as stack:
        launchers = start_all(stack, network, commands)
        output = read_until(launchers[0], "epoch 2/1000  train loss")
        assert "[node0:0] epoch 1/1000" in output
        for host in range(2):
            seen = until(lambda: json.loads(status(host, "--json")), is_whole)
            assert [rank["host"] for rank in seen["ranks"]] == ["node0", "node1"]
            assert [each["name"] for each in seen["hosts"]] == ["node0.cluster", "node1.cluster"]
            text = status(host)
            assert f"hosts       2, this is host {host} (node{host}.cluster)\n" in text
            assert "\n[node0:0]  epoch " in text and "\n[node1:1]  epoch " in text
            well = status(host, "--probe")
            assert well.endswith(": well\n"), well
        # Host 1 has nothing but its own part of the run, and stops all by it.
        stop = [dplaunch, "stop", "job", "--runs", folders[1]]
        stopped = run_program(on_host(network, 1, stop))
        assert stopped.code == 0, stopped.output
        assert "host 0 has the checkpoints" in stopped.stdout
        assert [end_of(launcher).code for launcher in launchers] == [143, 143]
    for host in range(2):
        ended = json.loads(status(host, "--json"))
        assert ended["state"] == "stopped"
        assert len(ended["ranks"]) == 2 and not any(each["lost"] for each in ended["hosts"])


def test_a_job_that_goes_on_without_a_host_is_shown_as_it_is_now(dplaunch, network, tmp_path):
    runs = tmp_path / "runs"
    script = 'echo "up $RANK of $WORLD_SIZE"; sleep 100'
    command = [dplaunch, "--device", "cpu:1", "--log-dir", runs, "--name", "job", "--min-nodes", "2"]
    with contextlib.ExitStack() as stack:
        launchers = start_all(stack, network, [[*command, "--", "sh", "-c", script]] * 3)
        for rank, launcher in enumerate(launchers):
            read_until(launcher, f"up {rank} of 3")
        os.kill(launchers[1].pid, signal.SIGKILL)
        read_until(launchers[0], "[node0:0] up 0 of 2")
        read_until(launchers[2], "[node2:1] up 1 of 2")
        words = [dplaunch, "status", "--runs", runs, "--json"]
        for host in (0, 2):
            seen = until(
                lambda: json.loads(run_program(on_host(network, host, words)).stdout),
                lambda status: [(each["rank"], each["host"]) for each in status["ranks"]]
                == [(0, "node0"), (1, "node2")],
            )
            assert [bool(each["lost"]) for each in seen["hosts"]] == [False, True, False]


@pytest.mark.parametrize("is_lost_at_once", [False, True])
def test_a_host_that_was_lost_is_shown_with_since_when(dplaunch, network, tmp_path, is_lost_at_once):
    runs = tmp_path / "runs"  # the hosts share it
    script = 'echo "up $RANK"; sleep 100'
    if is_lost_at_once:  # before its launcher has told the others of its ranks
        script = '[ $RANK = 2 ] && kill -9 $PPID; ' + script
    command = [dplaunch, "--device", "cpu:1", "--log-dir", runs, "--name", "job", "--", "sh", "-c", script]
    with contextlib.ExitStack() as stack:
        launchers = start_all(stack, network, [command] * 3)
        if not is_lost_at_once:
            for rank, launcher in enumerate(launchers):
                read_until(launcher, f"[node{rank}:{rank}] up {rank}")
            os.kill(launchers[2].pid, signal.SIGKILL)
        assert [end_of(launcher).code for launcher in launchers[:2]] == [5, 5]
    for host in range(2):
        # Also where only host 0's folder has the run's name.
        said = run_program(on_host(network, host, [dplaunch, "status", "--runs", runs]))
        assert said.code == 0, said.output
        assert "lost        host 2 (node2.cluster) since 2" in said.stdout
        assert ": its launcher has ended\n" in said.stdout
        assert "[node2:2]" in said.stdout and "lost since 2" in said.stdout
        assert f"this is host {host} (node{host}.cluster)" in said.stdout
        seen = json.loads(run_program(on_host(network, host, [dplaunch, "status", "--runs", runs, "--json"])).stdout)
        assert seen["hosts"][2]["lost"] == "its launcher has ended"
        assert [rank["rank"] for rank in seen["ranks"]] == [0, 1, 2]
