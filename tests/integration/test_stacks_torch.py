"""dplaunch stacks where LibTorch is loaded: of ranks in collectives of gloo."""

import pathlib
import sys
import time

import jobs
from collective_ranks import HELD
from conftest import read_until, repetitions, running
from test_stacks import stacks, state_of

SCRIPT = pathlib.Path(__file__).resolve().parent / "collective_ranks.py"
RANKS = 4


def await_place(dplaunch, folder, words, *options):
    """Shows the stacks until they say that: the ranks have yet to come there."""
    deadline = time.monotonic() + 120
    while words not in (shown := stacks(dplaunch, folder, *options)).stdout.splitlines()[0]:
        assert time.monotonic() < deadline, shown.output
    return shown


def test_the_rank_in_another_collective_is_named(dplaunch, tmp_path):
    command = [dplaunch, "--device", f"cpu:{RANKS}", "--name", "held"]
    with running(command + ["--", sys.executable, SCRIPT], cwd=tmp_path) as process:
        for _ in range(RANKS):
            read_until(process, "is there")
        expected = f"rank {HELD} is where the others are not: "
        await_place(dplaunch, tmp_path, expected)
        for _ in range(repetitions(5)):
            words = stacks(dplaunch, tmp_path).stdout.splitlines()[0]
            held, others = words.removeprefix(expected).split("; ranks 0-1,3: ")
            assert "wait_for_a_message" in held and "exchange_gradients" in others, words
        native = stacks(dplaunch, tmp_path, "--native")
        assert "c10d::" in native.stdout, native.output
        assert {state_of(pid) for pid in jobs.workers_of(process.pid).values()} == {"S"}
