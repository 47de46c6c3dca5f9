"""Hosts train, bit for bit, what one host with as many ranks does: any number of them, after a restart, and
over a network that loses packets."""

import contextlib
import os
import signal

import pytest

import jobs
import namespaces
from conftest import Run, end_of, read_until, repetitions, running
from host_jobs import JOB, ONE_THREAD, folder_of, training_commands

ROUNDS = repetitions(20, few=1)


@pytest.fixture
def digest_of_one_host(train):
    def digest(ranks):
        return train("alone", device=f"cpu:{ranks}", program={"env": ONE_THREAD}, **JOB).digest(0)

    return digest


@pytest.fixture
def digests_of(job_command, tmp_path):
    """Of a run over hosts, each host's first rank's. `meanwhile` gets the launchers."""

    def run(name, processes, *words, network=None, meanwhile=lambda launchers: None):
        commands = training_commands(
            job_command, tmp_path, name, *words, processes=processes, network=network
        )
        with contextlib.ExitStack() as stack:
            launchers = [stack.enter_context(running(each, env=ONE_THREAD)) for each in commands]
            meanwhile(launchers)
            ends = [end_of(launcher) for launcher in launchers]
        assert [end.code for end in ends] == [0] * len(processes), ends[0].output
        first_ranks = [sum(processes[:host]) for host in range(len(processes))]
        return [
            Run(folder_of(tmp_path, name, host), None).digest(rank)
            for host, rank in enumerate(first_ranks)
        ]

    return run


@pytest.mark.parametrize("processes", [(1, 1), (1, 1, 1, 1), (2, 1)])
def test_hosts_train_what_one_does(digest_of_one_host, digests_of, processes):
    expected = digest_of_one_host(sum(processes))
    for number in range(ROUNDS):
        assert digests_of(f"job-{number}", processes) == [expected] * len(processes)


def test_also_after_a_restart(digest_of_one_host, digests_of):
    expected = digest_of_one_host(2)

    def kill_a_rank(launchers):
        read_until(launchers[0], "epoch 1/2")
        (rank,) = jobs.workers_of(launchers[1].pid).values()
        os.kill(rank, signal.SIGKILL)
        read_until(launchers[0], "restart 1 of 1")

    for number in range(ROUNDS):
        digests = digests_of(
            f"job-{number}", (1, 1), "--max-restarts", 1, meanwhile=kill_a_rank
        )
        assert digests == [expected] * 2


def test_also_where_a_hundredth_of_all_packets_is_lost(digest_of_one_host, digests_of):
    expected = digest_of_one_host(2)
    with namespaces.hosts(2) as network:
        for host in range(2):
            network.lose(host, percent=1)
        for number in range(ROUNDS):
            assert digests_of(f"job-{number}", (1, 1), network=network) == [expected] * 2
