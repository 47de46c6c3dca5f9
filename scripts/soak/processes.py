"""Which processes a job has, and that none is left of it."""

import os
import pathlib
import select
import time


def process_folders():
    return [entry for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit()]


def processes_of(folder):
    """{pid: command line} of all that have the folder in their command line or environment: the
    launcher and its guard, the workers, and whatever they have started."""
    wanted = os.fsencode(folder)
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
    """{rank: pid} of a launcher's children."""
    found = {}
    for entry in process_folders():
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) != launcher_pid:
                continue
            variables = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        found |= {int(each[5:]): int(entry.name) for each in variables if each.startswith(b"RANK=")}
    return found


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


def left_over(folder, within_s):
    """What of the job is still alive after so long: {} as it should be."""
    deadline = time.monotonic() + within_s
    while left := processes_of(folder):
        if time.monotonic() >= deadline:
            return left
        for pid in left:
            await_end_of(pid, deadline)
    return {}
