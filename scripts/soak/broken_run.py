"""One run, broken again and again: attempt after attempt, each ended by a kill."""

import collections
import re
import subprocess
import time

import checkpoints
import jobs
import kills
from job import ENDLESS, LEAST_EPOCHS, LIMIT_S

GONE_WITHIN_S = 5
ENDS_WITHIN_S = 60  # the launcher's grace of 10 s, on a machine that is busy
STOPPED_AFTER = re.compile(r"stopped as asked after step (\d+)")


class BrokenRun:
    def __init__(self, job, plan, work):
        self.job, self.plan, self.work = job, plan, work
        self.run = job.run("broken")
        self.counts = collections.Counter()
        self.saved = 0  # checkpoints that a stop wrote
        self.problems = []

    def until(self, deadline):
        """Attempt after attempt until the time is over."""
        number = 0
        while time.monotonic() < deadline:
            number += 1
            self.attempt(number, self.plan.next())

    def finish(self):
        """Trains to the end of the next epoch, unbroken; returns how many there are then."""
        epochs = max(LEAST_EPOCHS, checkpoints.position(self.run)[0] + 1)
        result = jobs.run_program(self.job.command("broken", epochs), LIMIT_S)
        if result.code != 0:
            self.problems.append(f"the last --resume: exit code {result.code}\n{result.output}")
        self.problems += self.left_over()
        return epochs

    def attempt(self, number, kill):
        before = checkpoints.position(self.run)
        log = self.work / f"attempt-{number}.log"
        with log.open("w") as output:
            launcher = jobs.start(self.job.command("broken", ENDLESS), stdout=output)
            try:
                kind = break_off(kill, launcher)
            finally:
                jobs.stop(launcher)
        wrong = self.left_over() + checkpoints.unreadable(self.run)
        after = checkpoints.position(self.run)
        wrong += self.judge(kind, launcher.returncode, before, after, log.read_text())
        what = "ended before the kill"
        if kind:
            self.counts[kind.name] += 1
            what = kind.name.replace("a rank", f"rank {kill.rank}")
        print(
            f"kill {number:3}  {what} after {kill.delay_s:.2f} s: exit code {launcher.returncode}, "
            f"checkpoint at epoch {after[0]}, step {after[1]}",
            *(f"  WRONG: {each}" for each in wrong),
            sep="\n",
            flush=True,
        )
        self.problems += [f"kill {number}: {each}" for each in wrong]

    def left_over(self):
        left = jobs.left_over(self.work, GONE_WITHIN_S)
        return [f"alive {GONE_WITHIN_S} s later: {pid} {words}" for pid, words in left.items()]

    def judge(self, kind, code, before, after, output):
        """What is wrong with how the launcher ended and what it left."""
        wrong = []
        if kind is None:
            wrong.append(f"ended by itself, exit code {code}; it said:\n{output}")
        elif code != kind.exit_code:
            wrong.append(f"exit code {code}, not {kind.exit_code}; it said:\n{output}")
        if after < before:
            wrong.append(f"the latest checkpoint went back from {before} to {after}")
        if stopped := STOPPED_AFTER.search(output):
            self.saved += 1
            if after[1] != int(stopped[1]):
                wrong.append(f"stopped after step {stopped[1]}, but the checkpoint is of {after}")
        return wrong


def break_off(kill, launcher):
    """Returns what was done to the job; None if it had ended before."""
    try:
        launcher.wait(timeout=kill.delay_s)
        return None
    except subprocess.TimeoutExpired:
        pass
    kind = kills.deliver(kill, launcher)
    try:
        launcher.wait(timeout=ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        pass  # it is killed now, and its exit code tells
    return kind
