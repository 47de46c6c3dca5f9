"""Ranks that are lost, and memory that another process holds: what the others and the launcher say, how soon.

Two launchers on this machine, each for one host of a job, as NCCL takes them for: one GPU does."""

import contextlib
import functools
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time

import by_hand
import jobs
from memory import LARGEST
from report import FAILED, OK, Row, verdict
from setup import CheckFailed

LOST_PEER = 5  # exit code
NO_MEMORY = 3
MOST_S = 30
STEPS_BEFORE = 3
LEFT_BYTES = 3 << 30  # for the job beside a process that holds all other memory


def start_host(setup, name, host, port, output, values):
    values = {**setup.tiny, "epochs": 1000, "runs": setup.runs / f"{name}-{host}", **values}
    address = ["--nnodes", "2", "--master-addr", "127.0.0.1", "--master-port", port]
    command = setup.command(name, setup.one, *address, "--node-rank", host, **values)
    return jobs.start(command, env=by_hand.host_environment(host), stdout=output)


def await_steps(setup, launcher, path):
    """Until so many steps are logged."""
    ends = time.monotonic() + setup.limit_s(90)
    while f"step {STEPS_BEFORE}/" not in path.read_text(errors="replace"):
        with contextlib.suppress(subprocess.TimeoutExpired):
            launcher.wait(timeout=0.1)
            raise CheckFailed("the job ended before its first steps", path.read_text())
        if time.monotonic() > ends:
            raise CheckFailed("no steps", path.read_text())


def job_that_loses(setup, name, lose, **values):
    """(exit code of host 0's launcher, seconds after `lose` was done to rank 1, its output)."""
    port = jobs.free_port()
    with contextlib.ExitStack() as stack:
        hosts, paths = [], []
        for host in (0, 1):
            paths.append(setup.work / f"{name}-{host}.log")
            output = stack.enter_context(paths[-1].open("w"))
            hosts.append(start_host(setup, name, host, port, output, values))
            stack.callback(jobs.stop, hosts[-1])
        await_steps(setup, hosts[0], paths[0])
        rank = jobs.workers_of(hosts[1].pid)[1]
        stack.callback(end, rank)
        lose(rank)
        begun = time.monotonic()
        code = hosts[0].wait(timeout=setup.limit_s(120))
        return code, time.monotonic() - begun, paths[0].read_text(errors="replace")


def end(pid):
    """Also one that is halted, and has a session of its own."""
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGKILL)


def kill_in_collective(rank):
    """Halted first: the other rank comes to a collective that this one does not."""
    os.kill(rank, signal.SIGSTOP)
    time.sleep(1)
    os.kill(rank, signal.SIGKILL)


def halt(rank):
    os.kill(rank, signal.SIGSTOP)


def record_of(setup, name):
    """(message, whether it is only a consequence of another's failure) as rank 0 recorded it."""
    record = setup.runs / f"{name}-0" / name / "error-0.json"
    if not record.exists():
        return "no record", False
    body = json.loads(record.read_text())["message"]
    return body["message"], body["isConsequence"]


def lost_rank(name, what, lose, timeout_s, setup):
    code, seconds, output = job_that_loses(setup, name, lose, timeout_s=timeout_s)
    most = MOST_S + (timeout_s if lose is halt else 0)
    is_right = code == LOST_PEER and (setup.is_rehearsal or seconds < most)
    yield Row(
        f"{what}: the other host's job ends",
        f"exit code {code} after {seconds:.0f} s",
        f"{LOST_PEER}, within {most} s",
        verdict(is_right),
        "" if is_right else output,
    )
    message, is_consequence = record_of(setup, name)
    yield Row(
        f"{what}: the error record",
        f"{'a consequence' if is_consequence else 'a failure of its own'}: {message[:80]}",
        "a consequence",
        verdict(is_consequence),
        "" if is_consequence else output,
    )


HOLD = """
import torch
free, _ = torch.cuda.mem_get_info()
held = torch.empty(max(0, free - {left}), dtype=torch.uint8, device="cuda")
print("held", flush=True)
input()
"""


@contextlib.contextmanager
def little_memory(setup):
    """Options for a job that is to find little memory."""
    if setup.is_rehearsal:
        limit = (4 << 30, 4 << 30)
        yield {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, limit)}
        return
    command = [sys.executable, "-c", HOLD.format(left=LEFT_BYTES)]
    holder = jobs.start(command, env=setup.only_first_gpu(), stdin=subprocess.PIPE)
    try:
        is_there, _, _ = select.select([holder.stdout], [], [], setup.limit_s(60))
        if not is_there or holder.stdout.readline().strip() != "held":
            jobs.stop(holder)
            raise CheckFailed("no memory could be held", holder.stdout.read())
        yield {}
    finally:
        jobs.stop(holder)


def large_job(setup):
    if setup.is_rehearsal:
        return {**setup.tiny, "bsize": 5000, "max_steps": 1, "workers": 1}
    large = {"model": "resnet18", "width": 0, "bsize": 8192, "precision": "auto"}
    return {**setup.tiny, **large, "max_steps": 1}


def out_of_memory(setup):
    job = large_job(setup)
    with little_memory(setup) as program:
        _, result = setup.try_to_train("no-memory", setup.one, program=program, **job)
        is_right = result.code == NO_MEMORY and "does not fit" in result.output
        yield Row(
            f"bsize {job['bsize']} where another process holds the memory",
            f"exit code {result.code}",
            f"{NO_MEMORY}, and what fits",
            verdict(is_right),
            "" if is_right else result.output,
        )
        named = LARGEST.findall(result.output)
        if not named:
            yield Row("the error names a bsize that fits", "no number", "", FAILED, result.output)
            return
        job["bsize"] = named[0]
        _, result = setup.try_to_train("in-little", setup.one, program=program, **job)
        yield Row("the bsize that the error names", f"{named[0]}: exit code {result.code}",
                  "trains", OK if result.code == 0 else FAILED, "" if result.code == 0 else result.output)


CHECKS = [
    ("a rank killed in a collective", functools.partial(
        lost_rank, "killed", "a rank killed in a collective", kill_in_collective, 120)),
    ("a peer that no longer answers", functools.partial(
        lost_rank, "silent", "a peer that no longer answers", halt, 20)),
    ("out of memory", out_of_memory),
]
