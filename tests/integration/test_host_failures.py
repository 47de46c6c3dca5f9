"""How jobs over hosts end, whatever fails on one of them: all hosts with the same right cause and code."""

import contextlib
import os
import signal
import time

import pytest

import namespaces
from conftest import repetitions
from host_jobs import WAIT, ends_of, start_jobs, started

ROUNDS = repetitions(20, few=1)
COUNTS = (2, 4)
# Until its launcher is sent SIGUSR1, which passes it on.
FAIL_WHEN_TOLD = """exec perl -e '$| = 1; $SIG{USR1} = sub { exit 7 }; print "up-$ENV{RANK} $$\\n"; sleep 100'"""


@pytest.fixture(scope="module")
def network():
    with namespaces.hosts(4) as hosts:
        yield hosts


@pytest.fixture
def start(dplaunch, network):
    with contextlib.ExitStack() as stack:
        yield lambda *words, **options: start_jobs(stack, dplaunch, network, *words, **options)


@pytest.fixture
def each_round(start, record_property):
    """each_round(count, act, check): ROUNDS jobs over so many hosts, whose ranks run until something is
    done to them. What they took to end is recorded, not asserted."""

    def run(count, act, check, script=WAIT, words=()):
        took_s = []
        for number in range(ROUNDS):
            launchers = start(count, script, *words)
            victim = number % count
            act(launchers, started(launchers), victim)
            begin = time.monotonic()
            ends = ends_of(launchers)
            took_s.append(time.monotonic() - begin)
            for host, end in enumerate(ends):
                check(host, end, victim)
        worst, middle = max(took_s), sorted(took_s)[len(took_s) // 2]
        figures = f"{count} hosts, {ROUNDS} rounds: ended after {middle:.2f} s, at worst {worst:.2f} s"
        record_property("ended", figures)
        print(figures)

    return run


def blames_rank(host, end, victim, words, code):
    assert end.code == code, end.output
    assert f"error: rank {victim} " in end.output and words in end.output, end.output
    assert (f"host {victim} (" in end.output) == (host != victim), "the others say where"


@pytest.mark.parametrize("count", COUNTS)
def test_a_rank_that_exits(each_round, count):
    each_round(
        count,
        lambda launchers, ranks, victim: os.kill(launchers[victim].pid, signal.SIGUSR1),
        lambda host, end, victim: blames_rank(host, end, victim, "exit code 7", 7),
        FAIL_WHEN_TOLD,
    )


@pytest.mark.parametrize("count", COUNTS)
def test_a_rank_that_is_killed(each_round, count):
    each_round(
        count,
        lambda launchers, ranks, victim: os.kill(ranks[victim], signal.SIGKILL),
        lambda host, end, victim: blames_rank(host, end, victim, "SIGKILL", 137),
    )


@pytest.mark.parametrize("count", COUNTS)
def test_a_launcher_that_is_killed(each_round, network, count):
    def check(host, end, victim):
        if host == victim:
            return
        assert end.code == 5, end.output
        assert f"error: lost host {victim} " in end.output and network.address(victim) in end.output

    each_round(count, lambda launchers, ranks, victim: launchers[victim].kill(), check)


@pytest.mark.parametrize("count", COUNTS)
def test_a_rank_and_its_launcher_that_are_killed(each_round, network, count):
    def kill_both(launchers, ranks, victim):
        os.kill(ranks[victim], signal.SIGKILL)
        launchers[victim].kill()

    def check(host, end, victim):
        if host == victim:
            return
        # The launcher may have told of its rank.
        assert end.code in (5, 137), end.output
        assert f"rank {victim} " in end.output or f"lost host {victim} " in end.output, end.output

    each_round(count, kill_both, check)


def test_a_rank_that_is_busy_with_something_else(each_round):
    """It would hear of a failure by its next collective, in 40 s."""
    script = f'[ "$RANK" = 0 ] || {FAIL_WHEN_TOLD}; '
    script += "trap '' TERM; echo up-$RANK $$; sleep 40; echo has slept"

    def check(host, end, _victim):
        assert end.code == 7, end.output
        assert "has slept" not in end.output
        assert "error: rank 1 " in end.output and "exit code 7" in end.output

    def fail(launchers, _ranks, _victim):
        os.kill(launchers[1].pid, signal.SIGUSR1)

    each_round(2, fail, check, script, ["--grace", "0.2"])


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_on_any_host(each_round, count, number):
    def check(host, end, victim):
        assert end.code == 128 + number, end.output
        assert "error" not in end.output
        assert (f"host {victim} (" in end.output) == (host != victim)

    each_round(
        count, lambda launchers, ranks, victim: os.kill(launchers[victim].pid, number), check
    )


def test_two_jobs_on_the_same_hosts_do_not_mix(start):
    """On one port, and host 0 of the one meets host 1 of the other; each has its own token."""
    script = "echo job $DPLAUNCH_TOKEN of $WORLD_SIZE, run $TORCHELASTIC_RUN_ID"
    for _ in range(ROUNDS):
        (first,) = start(2, script, hosts=[0], env={"DPLAUNCH_TOKEN": "one"})
        for host, code, words in (
            (1, 2, "it does not know the job's token"),
            (0, 5, "Address already in use"),
        ):
            (end,) = ends_of(start(2, script, hosts=[host], env={"DPLAUNCH_TOKEN": "two"}))
            assert end.code == code and words in end.output, end.output
        (second,) = start(2, script, hosts=[1], env={"DPLAUNCH_TOKEN": "one"})
        outputs = [end.output for end in ends_of([first, second])]
        runs = {output.rsplit("job one of 2, run ", 1)[1] for output in outputs}
        assert len(runs) == 1, outputs
