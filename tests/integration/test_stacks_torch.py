"""dplaunch stacks where LibTorch is loaded: of ranks in collectives of gloo."""

import json
import pathlib
import pickle
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
    records = {"TORCH_FR_DUMP_TEMP_FILE": "record-", "TORCH_NCCL_DEBUG_INFO_PIPE_FILE": str(tmp_path / "ask-")}
    with running(command + ["--", sys.executable, SCRIPT], cwd=tmp_path, env=records) as process:
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
        assert "RANKS  LAST COLLECTIVE\n0-1,3  all_reduce 2 of default_pg, 4 Float: " in native.stdout, native.output
        told = json.loads(stacks(dplaunch, tmp_path, "--json").stdout)
        for rank in told["ranks"]:
            last = pickle.loads((tmp_path / f"record-{rank['rank']}").read_bytes())["entries"][-1]
            counted = last["p2p_seq_id" if last["is_p2p"] else "collective_seq_id"]
            shown = rank["last_collective"]
            assert (f"gloo:{shown['operation']}", shown["number"]) == (last["profiling_name"], counted)
            assert (shown["state"], shown["group"]) == (last["state"], last["process_group"][1])
        assert {state_of(pid) for pid in jobs.workers_of(process.pid).values()} == {"S"}
