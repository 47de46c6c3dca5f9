"""dplaunch stacks: the rank that is not where the others are is named, and everybody goes on."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import sys
import time

import pytest

import jobs
from conftest import binary, end_of, read_until, repetitions, run_program, running
from held_ranks import ENDS_IN, WAITS_IN

SCRIPT = pathlib.Path(__file__).resolve().parent / "held_ranks.py"
SYSTEM_PYTHON = "/usr/bin/python3"  # with no py-spy beside it
RANKS = 8
ODD = 3


def fields_of(pid, name):
    return pathlib.Path(f"/proc/{pid}/{name}").read_text().split()


def state_of(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def is_held(pid, kind):
    """Whether it has come to the place where it is held."""
    if kind in ENDS_IN:
        return state_of(pid) == ENDS_IN[kind]
    return state_of(pid) == "S" and fields_of(pid, "syscall")[0] == str(WAITS_IN[kind])


@contextlib.contextmanager
def held_job(dplaunch, folder, kind, ranks=RANKS, odd=ODD, program=(sys.executable, SCRIPT)):
    """A job of which one rank is held, as {rank: pid} of its processes."""
    command = [dplaunch, "--device", f"cpu:{ranks}", "--name", "held", "--", *program, kind, odd]
    with running(command, cwd=folder) as process:
        there = set()
        while len(there) < ranks:
            there |= set(re.findall(r"rank (\d+) is there", read_until(process, "is there")))
        pids = jobs.workers_of(process.pid)
        deadline = time.monotonic() + 60
        while not all(is_held(pid, kind if rank == odd else "nobody") for rank, pid in pids.items()):
            assert time.monotonic() < deadline, "the ranks do not come to where they are held"
        yield pids


def stacks(dplaunch, folder, *words, run="runs/held", **options):
    begin = time.monotonic()
    shown = run_program([dplaunch, "stacks", folder / run, *words], **options)
    print(f"stacks took {time.monotonic() - begin:.2f} s")
    return shown


def assert_untouched(pids, kind="nobody", odd=ODD):
    for rank, pid in pids.items():
        is_held = rank == odd and kind == "stop"
        assert state_of(pid) == ("T" if is_held else "S"), f"rank {rank}"


@pytest.mark.parametrize(
    "kind, place",
    [
        ("sleep", r"(sleep|timed wait)\(\) <- hold_in_sleep \(held_ranks.py:\d+\) <- train "),
        ("lock", r"futex\(\) <- hold_in_lock \(held_ranks.py:\d+\) <- train "),
        ("read", r"read\(pipe\) <- __next__ \(held_ranks.py:\d+\) <- train "),
    ],
)
def test_the_odd_rank_is_named(dplaunch, tmp_path, kind, place):
    with held_job(dplaunch, tmp_path, kind) as pids:
        for _ in range(repetitions(5, few=1)):
            shown = stacks(dplaunch, tmp_path)
            assert shown.code == 0, shown.output
            words = shown.stdout.splitlines()[0]
            begin = f"rank {ODD} is where the others are not: "
            assert re.match(re.escape(begin) + place, words), shown.stdout
            assert "; ranks 0-2,4-7: read(pipe) <- all_reduce (held_ranks.py:" in words
            assert "by py-spy\n" in shown.stdout
            assert_untouched(pids)


@pytest.fixture
def path_with(tmp_path):
    """For each tool an environment whose PATH has that program alone."""
    environments = {}
    for tool in ("eu-stack", "gdb"):
        folder = tmp_path / f"only-{tool}"
        folder.mkdir()
        (folder / tool).symlink_to(shutil.which(tool))
        environments[tool] = {"PATH": str(folder)}
    return environments


@pytest.mark.parametrize(
    "tool, kind, held",
    [
        ("eu-stack", "sleep", "hold_in_sleep"),
        ("eu-stack", "lock", "hold_in_lock"),
        ("eu-stack", "read", "next_batch"),
        ("gdb", "lock", "hold_in_lock"),
    ],
)
def test_the_odd_rank_of_a_native_program_is_named(dplaunch, tmp_path, path_with, tool, kind, held):
    ranks = 3 if tool == "gdb" else RANKS  # each reads symbols for a while
    with held_job(dplaunch, tmp_path, kind, ranks, 1, [binary("held_native")]) as pids:
        for _ in range(repetitions(5, few=1)):
            shown = stacks(dplaunch, tmp_path, "--json", env=path_with[tool])
            assert shown.code == 0, shown.output
            job = json.loads(shown.stdout)
            assert job["odd_ranks"] == [1], job["summary"]
            assert {rank["source"] for rank in job["ranks"]} == {tool}
            for stack in job["stacks"]:
                expected = held if stack["ranks"] == [1] else "all_reduce"
                assert expected in [frame["function"] for frame in stack["frames"]]
            assert_untouched(pids)


def test_a_suspended_rank_is_named_and_stays_suspended(dplaunch, tmp_path):
    with held_job(dplaunch, tmp_path, "stop") as pids:
        for _ in range(repetitions(5, few=1)):
            shown = stacks(dplaunch, tmp_path)
            assert shown.code == 0, shown.output
            expected = f"rank {ODD} is suspended (kill -CONT {pids[ODD]} lets it go on); "
            assert shown.stdout.startswith(expected), shown.stdout
            assert "held_ranks.py" in shown.stdout
            assert_untouched(pids, "stop")


def test_a_rank_that_has_ended_is_said_to_have(dplaunch, tmp_path):
    with held_job(dplaunch, tmp_path, "leave", 3, 1):
        shown = stacks(dplaunch, tmp_path)
        of_it = stacks(dplaunch, tmp_path, "--rank", 1)
        of_none = stacks(dplaunch, tmp_path, "--rank", 3)
    assert shown.code == 0, shown.output
    assert shown.stdout.startswith("ranks 0,2 are at the same place: read(pipe) <- all_reduce")
    assert "note: rank 1 has ended\n" in shown.stdout
    assert (of_it.code, of_none.code) == (1, 1)
    assert "no rank runs: rank 1 has ended" in of_it.stderr
    assert "there is no rank 3 on this host" in of_none.stderr


def test_programs_read_the_same_as_json_and_as_folded_stacks(dplaunch, tmp_path):
    with held_job(dplaunch, tmp_path, "read") as pids:
        told = stacks(dplaunch, tmp_path, "--json", "--folded", tmp_path / "folded")
        alone = stacks(dplaunch, tmp_path, "--json", "--rank", ODD)
    assert told.code == 0, told.output
    job = json.loads(told.stdout)
    assert job["odd_ranks"] == [ODD]
    assert {rank["rank"]: rank["pid"] for rank in job["ranks"]} == pids
    by_ranks = {tuple(stack["ranks"]): stack["frames"] for stack in job["stacks"]}
    others = tuple(rank for rank in range(RANKS) if rank != ODD)
    assert set(by_ranks) == {others, (ODD,)}
    assert [frame["function"] for frame in by_ranks[others]] == [
        "<module>",
        "main",
        "train",
        "all_reduce",
        "read(pipe)",
    ]
    counts = {}
    for line in (tmp_path / "folded").read_text().splitlines():
        frames, count = line.rsplit(" ", 1)
        counts[frames.split(";")[-2].split(" ")[0]] = int(count)
    assert counts == {"all_reduce": RANKS - 1, "__next__": 1}
    assert [rank["rank"] for rank in json.loads(alone.stdout)["ranks"]] == [ODD]


def test_what_a_shell_started_is_looked_at(dplaunch, tmp_path):
    # The second command keeps the shell from making way for the first.
    shell = ["sh", "-c", '"$@"; true', "sh"]
    with running(
        [dplaunch, "--device", "cpu:1", "--name", "held", "--"]
        + [*shell, sys.executable, SCRIPT, "nobody", 0],
        cwd=tmp_path,
    ) as process:
        read_until(process, "rank 0 is there")
        shown = stacks(dplaunch, tmp_path)
    assert shown.code == 0, shown.output
    assert "main (held_ranks.py:" in shown.stdout


def test_without_py_spy_there_are_native_frames(dplaunch, tmp_path):
    with held_job(dplaunch, tmp_path, "sleep", 2, 1, (SYSTEM_PYTHON, SCRIPT)) as pids:
        shown = stacks(dplaunch, tmp_path, env={"PATH": "/usr/bin:/bin"})
        assert_untouched(pids)
    assert shown.code == 0, shown.output
    assert re.search(r", by (gdb|eu-stack)\n", shown.stdout), shown.stdout
    assert "(Python)" in shown.stdout
    assert "note: for Python's own frames: pip install py-spy" in shown.stdout


def test_without_any_tool_the_kernel_tells(dplaunch, tmp_path):
    with held_job(dplaunch, tmp_path, "sleep", 3, 1, (SYSTEM_PYTHON, SCRIPT)) as pids:
        shown = stacks(dplaunch, tmp_path, env={"PATH": str(tmp_path)})
        assert_untouched(pids)
    assert shown.code == 0, shown.output
    words = shown.stdout.splitlines()[0]
    assert words == "rank 1 is where the others are not: sleep(); ranks 0,2: read(pipe)"
    assert "note: for Python's own frames: pip install py-spy" in shown.stdout


def test_where_tracing_is_forbidden_it_says_what_to_do(dplaunch, tmp_path):
    with held_job(dplaunch, tmp_path, "sleep", 2, 1, (SYSTEM_PYTHON, SCRIPT)) as pids:
        command = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]
        shown = run_program([*command, dplaunch, "stacks", tmp_path / "runs/held"])
        assert_untouched(pids)
    assert shown.code == 0, shown.output
    assert "note: to look into the processes: in a container start that with --cap-add SYS_PTRACE" in (
        shown.stdout
    )


def test_of_a_job_that_hangs_they_are_taken_by_themselves(dplaunch, tmp_path):
    # Longer than the ranks take to come to where they are held, on a busy machine.
    words = ["--device", "cpu:3", "--name", "hung", "--stall-timeout", 4]
    words += ["--on-stall", "stop", "--", sys.executable, SCRIPT, "read", 1]
    hung = run_program([dplaunch, *words], cwd=tmp_path)
    assert hung.code == 6, hung.output
    said = "dplaunch: stacks: rank 1 is where the others are not: read(pipe) <- __next__ (held_ranks.py:"
    assert said in hung.stderr
    saved = (tmp_path / "runs/hung/stacks.txt").read_text()
    assert saved.startswith("rank 1 is where the others are not")
    assert run_program([dplaunch, "report", tmp_path / "runs/hung", "--out", tmp_path / "page.html"]).code == 0
    assert "all_reduce (held_ranks.py:" in (tmp_path / "page.html").read_text()


def test_a_run_that_has_ended_has_no_stacks(dplaunch, tmp_path):
    ended = run_program([dplaunch, "--device", "cpu:1", "--name", "held", "--", "true"], cwd=tmp_path)
    assert ended.code == 0, ended.output
    shown = stacks(dplaunch, tmp_path)
    assert shown.code == 1
    assert "it does not run: finished" in shown.stderr


def test_the_trainers_ranks_tell_where_they_are_and_go_on(job_command, dplaunch):
    command, folder = job_command("told", "--stall-timeout", "2", epochs=3, log_every=1)
    with running(command) as process:
        output = read_until(process, "epoch 1/3  step 3/")
        halted = jobs.workers_of(process.pid)[1]
        # So that rank 0 waits where its stack is known to lead.
        os.kill(halted, signal.SIGSTOP)
        output += read_until(process, "dplaunch: stacks: ")
        # A later look, of a rank that is slow once more, would be written over it.
        saved = (folder / "stacks.txt").read_text()
        shown = stacks(dplaunch, folder, run="")
        assert state_of(halted) == "T"
        os.kill(halted, signal.SIGCONT)
        end = end_of(process)
    assert shown.code == 0, shown.output
    assert end.code == 0, output + end.stdout
    words = f"rank 1 is suspended (kill -CONT {halted} lets it go on); rank 0: "
    assert shown.stdout.startswith(words), shown.stdout
    assert saved.startswith(words), saved
    assert "dplaunch: stacks: " + words in output
    assert re.search(r", by .*the trainer \(rank 0\)\n", shown.stdout), shown.stdout
    assert "dplaunch::Trainer::run" in shown.stdout and "c10d::" in shown.stdout
    assert "stack of the main thread" not in output + end.stdout
