"""Jobs that take turns of seconds, all but one halted (SIGSTOP): what is measured of them meets the same
slow and fast minutes of a machine whose speed changes."""

import contextlib
import os
import pathlib
import select
import signal
import subprocess
import time


class JobFailed(Exception):
    """Its output, its command and how it ended."""


def send(number, pid):
    """To the process and all below it, which it returns; from the top, since a halted process makes no
    more."""
    with contextlib.suppress(OSError):
        os.kill(pid, number)
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid] + [each for child in children for each in send(number, int(child))]
    return []


class Job:
    """Begins with its first turn. Nothing of it is left after the `with` block.

    A job whose output has `result_mark` has computed its result: if it fails after that, it counts, and
    `failed_at_exit` says so."""

    def __init__(self, command, output, environment, result_mark=None):
        self.command = command
        self.result_mark = result_mark
        self.failed_at_exit = False
        self.output = output  # file of both streams
        self.environment = environment
        self.process = None
        self.seconds = 0.0  # in its turns
        self.usage = None  # at its end, of the largest process that was waited for at any depth

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and not self.has_ended:
            # Halted first: a process that is being killed shows no children any more.
            for pid in send(signal.SIGSTOP, self.process.pid):
                os.kill(pid, signal.SIGKILL)
            self.process.wait()
            os.close(self.pidfd)

    @property
    def has_ended(self):
        return self.usage is not None

    def take_turn(self, seconds):
        """Until its end at most. Raises JobFailed."""
        start = time.perf_counter()
        if self.process:
            send(signal.SIGCONT, self.process.pid)
        else:
            self.begin()
        ended, _, _ = select.select([self.pidfd], [], [], seconds)
        if ended:
            self.settle()
        else:
            send(signal.SIGSTOP, self.process.pid)
        self.seconds += time.perf_counter() - start

    def begin(self):
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                self.command, stdout=file, stderr=subprocess.STDOUT, env=self.environment
            )
        self.pidfd = os.pidfd_open(self.process.pid)

    def settle(self):
        _, status, self.usage = os.wait4(self.process.pid, 0)
        os.close(self.pidfd)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if self.process.returncode == 0:
            return
        text = self.output.read_text(errors="replace")
        self.failed_at_exit = self.result_mark is not None and self.result_mark in text
        if not self.failed_at_exit:
            words = " ".join(self.command)
            raise JobFailed(f"{text}\n{words}\nended with {self.process.returncode}")
