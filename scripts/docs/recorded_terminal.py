"""What a program shows on a terminal: it runs in a pseudo-terminal, and what it writes is drawn by pyte."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

import pyte

PATIENCE_S = 900


class RecordedTerminal:
    """The program `words` in `folder`, on a terminal of that size, until it has ended."""

    def __init__(self, words, folder, columns, rows, environment):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(words[0], words, {**os.environ, **environment, "TERM": "xterm"})
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def text(self):
        return "\n".join(self.screen.display)

    def read_more(self, deadline):
        """Whether there may be more."""
        ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError(f"the program is not done after {PATIENCE_S} s:\n{self.text()}")
        with contextlib.suppress(OSError):  # it has ended
            data = os.read(self.master, 65536)
            # pyte does not know "faint".
            self.stream.feed(data.replace(b"\x1b[2m", b"\x1b[90m"))
            return bool(data)
        return False

    def run_until(self, pattern=None):
        """Until that is to be seen, or to the end. What is seen then: rows of pyte's characters."""
        deadline = time.monotonic() + PATIENCE_S
        while not (pattern and re.search(pattern, self.text(), re.DOTALL)):
            if not self.read_more(deadline):
                if pattern:
                    raise RuntimeError(f"it ended without {pattern!r}:\n{self.text()}")
                break
        rows = [[self.screen.buffer[y][x] for x in range(self.screen.columns)] for y in range(self.screen.lines)]
        while rows and all(character.data == " " for character in rows[-1]):
            rows.pop()
        return rows

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGINT)
        self.run_until()
        os.close(self.master)
        os.waitpid(self.pid, 0)
