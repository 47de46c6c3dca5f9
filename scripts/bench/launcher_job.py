"""Jobs of two workers under dplaunch or torchrun, as launcher_rows.py measures them."""

import os
import pathlib
import select
import signal
import subprocess
import time

PROCESSES = 2
LONGEST_WAIT_S = 60


class Launcher:
    """One of the two programs: how it is told to start the workers."""

    def __init__(self, name, program, work):
        self.name = name
        self.work = pathlib.Path(work)
        self.words = {
            "dplaunch": [program, "--device", f"cpu:{PROCESSES}", "--"],
            "torchrun": [program, "--standalone", "--nproc-per-node", str(PROCESSES), "--no-python"],
        }[name]
        # What a user writes who gives no thought to ports.
        self.default_words = [word for word in self.words if word != "--standalone"]

    def start(self, *acts, default_options=False, before=()):
        return Job(self, acts, default_options, before)


class Job:
    """A running job; leaving the `with` block ends whatever is left of it."""

    count = 0

    def __init__(self, launcher, acts, default_options, before):
        Job.count += 1
        self.folder = launcher.work / f"job{Job.count}"
        self.folder.mkdir()
        fifo = self.folder / "channel"
        os.mkfifo(fifo)
        os.mkfifo(f"{fifo}.turn")
        self.turn = os.open(f"{fifo}.turn", os.O_RDWR)  # keeps what is written until it is read
        self.channel = os.open(fifo, os.O_RDWR)  # both ends: no end of file when a worker leaves
        self.text = b""
        self.seen = []
        self.mark = f"LAUNCHER_BENCH_JOB={os.getpid()}-{Job.count}"
        words = launcher.default_words if default_options else launcher.words
        environment = dict(os.environ, OMP_NUM_THREADS="1", **dict([self.mark.split("=")]))
        command = [*before, *words, str(launcher.work / "timed_worker"), str(fifo), *acts]
        with open(self.folder / "out", "wb") as out:
            self.start_ns = time.monotonic_ns()
            self.process = subprocess.Popen(command, cwd=self.folder, env=environment,
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in self.living():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        os.close(self.channel)
        os.close(self.turn)

    def hear(self, word, count=1, patience_s=LONGEST_WAIT_S):
        """The first `count` lines of `word`, as (rank, pid, time in ns), or fewer if they do not come."""
        end = time.monotonic() + patience_s
        while len(heard := [line[1:] for line in self.seen if line[0] == word]) < count:
            ready, _, _ = select.select([self.channel], [], [], max(0, end - time.monotonic()))
            if not ready:
                break
            self.text += os.read(self.channel, 4096)
            *lines, self.text = self.text.split(b"\n")
            for line in lines:
                name, rank, pid, time_ns = line.split()
                self.seen.append((name.decode(), int(rank), int(pid), int(time_ns)))
        return heard[:count]

    def wait(self, patience_s=LONGEST_WAIT_S):
        """The exit code (128 + n for a signal), or None if it still runs after that time; and when."""
        try:
            code = self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            return None, time.monotonic_ns()
        return (128 - code if code < 0 else code), time.monotonic_ns()

    def wait_for_end_ns(self):
        """Waits without the poll of subprocess's timeout, for a time that counts."""
        self.process.wait()
        return time.monotonic_ns()

    def living(self, but=()):
        """Processes that have this job's mark in their environment, and live."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) in but:
                continue
            try:
                if self.mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                pass
        return found

    def output(self):
        return (self.folder / "out").read_text(errors="replace")
