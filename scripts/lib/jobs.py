"""Jobs of dplaunch as scripts and tests see them: started, awaited, their processes, and what they
leave in their folder."""

import dataclasses
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import time


@dataclasses.dataclass
class Result:
    code: int
    stdout: str  # of both streams in their order, unless they were kept apart
    stderr: str = ""

    @property
    def output(self):
        return "\n".join(filter(None, (self.stdout, self.stderr)))


@dataclasses.dataclass
class Run:
    """The folder of a run."""

    folder: pathlib.Path

    @property
    def checkpoints(self):
        return self.folder / "checkpoints"

    @property
    def latest(self):
        return self.checkpoints / "latest.safetensors"

    def metrics(self):
        lines = (self.folder / "metrics.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def summary(self):
        return json.loads((self.folder / "summary.json").read_text())

    def log(self, rank=0):
        return (self.folder / f"rank-{rank}.log").read_text()

    def digest(self, rank):
        """The parameter digest that a rank logged last; None if it logged none."""
        marker = f"rank {rank}: parameter digest "
        lines = [line for line in self.log(rank).splitlines() if marker in line]
        return lines[-1].split(marker)[1].strip() if lines else None


def settings(values):
    return [word for key, value in values.items() for word in ("--set", f"{key}={value}")]


def start(
    command,
    env=None,
    stdin=subprocess.DEVNULL,
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    **options,
):
    """In a process group of its own, so that stop() gets at all of it."""
    return subprocess.Popen(
        [str(word) for word in command],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        text=True,
        errors="replace",
        start_new_session=True,
        env={**os.environ, **(env or {})},
        **options,
    )


def stop(process):
    """Leaves nothing of it behind; what has ended already stays as it is."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def end_on_sigterm():
    """As by Ctrl-C: what was started is stopped on the way out."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def run_program(command, timeout_s, env=None, **options):
    """Raises subprocess.TimeoutExpired, with its output, and with nothing left of the program."""
    process = start(command, env, **options)
    try:
        stdout, stderr = process.communicate(timeout=timeout_s)
        return Result(process.returncode, stdout, stderr or "")
    except subprocess.TimeoutExpired as error:
        stop(process)
        error.stdout, error.stderr = process.communicate()
        raise
    finally:
        stop(process)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def process_folders():
    return [entry for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit()]


def processes_of(mark):
    """{pid: command line} of all that have the mark, a job's folder for example, in their command
    line or environment: the launcher and its guard, the workers, and whatever they have started."""
    wanted = os.fsencode(mark)
    found = {}
    for entry in process_folders():
        if int(entry.name) == os.getpid():
            continue
        try:
            command, environment = ((entry / name).read_bytes() for name in ("cmdline", "environ"))
        except OSError:
            continue  # gone in between
        if wanted in command + environment:
            found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace").strip()
    return found


def workers_of(launcher_pid):
    """{rank: pid} of a launcher's children, by rank."""
    found = {}
    for entry in process_folders():
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) != launcher_pid:
                continue
            variables = (entry / "environ").read_bytes().split(b"\0")
        except (OSError, IndexError):
            continue  # gone in between
        found |= {int(each[5:]): int(entry.name) for each in variables if each.startswith(b"RANK=")}
    return dict(sorted(found.items()))


def await_end_of(pid, deadline):
    """Until the process has ended or the time is over."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        remaining_ms = max(0.0, deadline - time.monotonic()) * 1000
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.poll(remaining_ms)
    finally:
        os.close(handle)


def left_over(mark, within_s):
    """What of the job is still alive after so long: {} as it should be."""
    deadline = time.monotonic() + within_s
    while left := processes_of(mark):
        if time.monotonic() >= deadline:
            return left
        for pid in left:
            await_end_of(pid, deadline)
    return {}
