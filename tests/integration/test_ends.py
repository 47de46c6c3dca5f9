"""What a command's processes leave behind when it ends, one way or another, and how it is asked to."""

import os
import signal
import sys

import pytest

from conftest import end_of, read_until, repetitions, run_program, running

# A block and a semaphore that nobody unlinks: Python's resource tracker does when all are gone.
SHARED = """
import glob, multiprocessing, os, sys, time
from multiprocessing import shared_memory
end = sys.argv[1]
name = f"{os.environ['TAG']}_{os.environ['RANK']}"
block = shared_memory.SharedMemory(create=True, size=4096, name=name)
lock = multiprocessing.get_context("spawn").Lock()
with open("new_" + name, "w") as file:
    file.write(lock._semlock.name.lstrip("/"))
os.replace("new_" + name, name)
while len(glob.glob(os.environ["TAG"] + "_*")) < 2:
    time.sleep(0.01)
child = os.fork() if end == "forked" else 1
if child == 0:
    time.sleep(600)
print("ready", os.getpid(), flush=True)
if end == "fail":
    raise ValueError("as wanted")
if end in ("stop", "kill", "interrupt"):
    time.sleep(600)
if end == "forked":
    os._exit(0)
"""


def left_in_shared_memory(folder, tag):
    names = {f"sem.{path.read_text().strip()}" for path in folder.glob(tag + "_*")}
    assert len(names) == 2, "both ranks wrote down their semaphore"
    names |= {path.name for path in folder.glob(tag + "_*")}
    return sorted(names & set(os.listdir("/dev/shm")))


@pytest.mark.parametrize("end", ["succeed", "fail", "stop", "interrupt", "kill", "forked"])
def test_no_shared_memory_is_left(dplaunch, tmp_path, end):
    script = tmp_path / "shared.py"
    script.write_text(SHARED)
    for round_ in range(repetitions(100) if end != "forked" else 1):
        tag = f"dpends{os.getpid()}_{end}_{round_}"
        command = [dplaunch, "--device", "cpu:2", "--name", tag, "--", sys.executable, script, end]
        with running(command, cwd=tmp_path, env={"TAG": tag}) as process:
            if end in ("stop", "interrupt", "kill"):
                pids = [int(read_until(process, "ready").split()[-1]) for _ in range(2)]
                who = pids[1] if end == "kill" else process.pid
                os.kill(who, {"stop": signal.SIGTERM, "interrupt": signal.SIGINT, "kill": signal.SIGKILL}[end])
            result = end_of(process)
        codes = {"fail": 1, "stop": 143, "interrupt": 130, "kill": 137}
        assert result.code == codes.get(end, 0), result.stdout
        assert left_in_shared_memory(tmp_path, tag) == []
        assert ("that rank 0 left: " in result.stdout) == (end == "forked"), result.stdout


def test_what_is_left_behind_lives_on_if_asked_for(dplaunch, tmp_path):
    # Said when it is sleep that runs, no more a fork of the shell.
    script = (
        "sleep 600 > /dev/null 2>&1 & "
        "until [ $(cat /proc/$!/comm) = sleep ]; do :; done; echo pid $!"
    )
    command = [dplaunch, "--device", "cpu:1", "--leave-running", "--", "sh", "-c", script]
    result = run_program(command, cwd=tmp_path)
    assert result.code == 0, result.output
    pid = int(result.stdout.split("pid ")[1])
    os.kill(pid, signal.SIGKILL)  # fails if it is not there
    assert "leaving alone 1 process that rank 0 left: sleep 600" in result.stderr


# As a shell's fork that is on its way to its own program when the request comes.
FORKED = """
import os, signal
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append(1))
if os.fork() == 0:
    while not asked:
        signal.pause()
    os.execlp("sleep", "sleep", "600")
print("ready", flush=True)
while not asked:
    signal.pause()
"""


def test_a_child_that_was_asked_before_its_exec_is_asked_after_it(dplaunch, tmp_path):
    script = tmp_path / "forked.py"
    script.write_text(FORKED)
    command = [dplaunch, "--device", "cpu:1", "--grace", "600", "--", sys.executable, script]
    with running(command, cwd=tmp_path) as process:
        read_until(process, "ready")
        process.send_signal(signal.SIGTERM)
        end = end_of(process)
    assert end.code == 143, end.stdout


# It needs its child, as of a data loader, until it has saved.
SAVING = """
import multiprocessing, os, signal, sys
def serve(pipe):
    while True:
        pipe.send(pipe.recv() + 1)
def save(*_):
    ours.send(41)
    try:
        print("saved", ours.recv(), flush=True)
    finally:
        os._exit(0)
ours, theirs = multiprocessing.Pipe()
child = multiprocessing.get_context("fork").Process(target=serve, args=(theirs,), daemon=True)
child.start()
theirs.close()
signal.signal(signal.SIGTERM, save)
print("ready", flush=True)
while True:
    signal.pause()
"""


@pytest.mark.parametrize(
    "wrapper",
    [
        [],
        ["bash", "-c", '"$0" "$@"; true'],
        ["bash", "-c", 'trap "echo trapped" TERM; "$0" "$@"; true'],
        ["setsid", "--wait"],
    ],
    ids=["python", "shell", "shell with a trap", "session"],
)
def test_a_program_has_its_children_until_it_has_saved(dplaunch, tmp_path, wrapper):
    script = tmp_path / "saving.py"
    script.write_text(SAVING)
    command = [dplaunch, "--device", "cpu:1", "--grace", "60", "--", *wrapper, sys.executable, script]
    with running(command, cwd=tmp_path) as process:
        read_until(process, "ready")
        process.send_signal(signal.SIGTERM)
        end = end_of(process)
    assert end.code == 143, end.stdout
    assert "saved 42" in end.stdout
