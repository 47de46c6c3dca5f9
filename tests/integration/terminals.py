"""Programs in a real terminal (a pty), and the keys that are typed there."""

import contextlib
import os
import pty
import select
import signal
import time

import pytest

PATIENCE_S = 30


class Terminal:
    """A program as the foreground job of a terminal of its own."""

    def __init__(self, pid, master):
        self.pid, self.master, self.shown = pid, master, ""

    def type(self, keys):
        os.write(self.master, keys.encode())

    def await_text(self, text):
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.shown:
            ready, _, _ = select.select([self.master], [], [], deadline - time.monotonic())
            assert ready, f"no {text!r} in:\n{self.shown}"
            try:
                more = os.read(self.master, 65536)
            except OSError:  # the program has ended
                more = b""
            assert more, f"it ended without {text!r}:\n{self.shown}"
            self.shown += more.decode(errors="replace")

    def end(self):
        """Its exit code; what it still shows is read."""
        with contextlib.suppress(OSError):
            while more := os.read(self.master, 65536):
                self.shown += more.decode(errors="replace")
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return os.waitstatus_to_exitcode(status)


@pytest.fixture
def in_terminal(dplaunch, tmp_path):
    """in_terminal("--device", "cpu:1", "--", ...): the launcher in a terminal."""
    started = []

    def start(*words, program=dplaunch):
        pid, master = pty.fork()
        if pid == 0:
            os.chdir(tmp_path)
            environment = {**os.environ, "TERM": "xterm"}
            os.execve(program, [str(program), *map(str, words)], environment)
        started.append(Terminal(pid, master))
        return started[-1]

    yield start
    for terminal in started:
        if terminal.pid:
            os.kill(terminal.pid, signal.SIGKILL)
            os.waitpid(terminal.pid, 0)
        os.close(terminal.master)
