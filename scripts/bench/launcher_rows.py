"""Measures each row of launcher.sh's table, dplaunch and torchrun in turn, and prints the table."""

import argparse
import dataclasses
import math
import os
import pathlib
import signal
import statistics
import time

from launcher_job import PROCESSES, Launcher

NS_PER_MS = 1e6
LAST_WORDS_S = 1.5  # what may outlive a launcher for this long, does so for good


@dataclasses.dataclass
class Repetitions:
    """How often each launcher does it; torchrun takes some three seconds for each job."""

    dplaunch: int
    torchrun: int

    def of(self, launcher):
        return self.dplaunch if launcher.name == "dplaunch" else self.torchrun


def in_turn(launchers, repetitions, measure):
    """measure(launcher) so often for each, the rarer spread evenly over the other; lists by name."""
    results = {launcher.name: [] for launcher in launchers}
    rounds = max(repetitions.of(launcher) for launcher in launchers)
    for round_number in range(rounds):
        for launcher in launchers:
            wanted = (round_number + 1) * repetitions.of(launcher) // rounds
            while len(results[launcher.name]) < wanted:
                results[launcher.name].append(measure(launcher))
    return results


def number(value):
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def spread(values_ms):
    """Median, and from the lowest to the highest."""
    return (f"{number(statistics.median(values_ms))} ms ({number(min(values_ms))} to "
            f"{number(max(values_ms))}, n={len(values_ms)})")


def percentiles(values_ms):
    ordered = sorted(values_ms)
    p99 = ordered[math.ceil(len(ordered) * 0.99) - 1]  # nearest rank
    return f"p50 {number(statistics.median(ordered))} ms, p99 {number(p99)} ms (n={len(ordered)})"


def count_of(values):
    return f"{sum(bool(value) for value in values)} of {len(values)}"


class Proc:
    """What /proc says of a process."""

    def __init__(self, pid):
        self.folder = pathlib.Path(f"/proc/{pid}")

    def cpu_ticks(self):
        fields = (self.folder / "stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])  # utime, stime

    def kib(self, file, name):
        for line in (self.folder / file).read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
        raise KeyError(name)


def start_and_no_op(launcher):
    with launcher.start("exit:0") as job:
        end_ns = job.wait_for_end_ns()
        starts = job.hear("start", PROCESSES)
        last_start_ns = max(time_ns for _, _, time_ns in starts)
        return ((last_start_ns - job.start_ns) / NS_PER_MS, (end_ns - job.start_ns) / NS_PER_MS)


def kill_one(launcher):
    """From the SIGKILL of rank 1 to the SIGTERM at rank 0; from its end to the launcher's."""
    with launcher.start("until-term") as job:
        pids = {rank: pid for rank, pid, _ in job.hear("start", PROCESSES)}
        killed_ns = time.monotonic_ns()
        os.kill(pids[1], signal.SIGKILL)
        end_ns = job.wait_for_end_ns()
        (_, _, told_ns), = job.hear("term")
        return (told_ns - killed_ns) / NS_PER_MS, (end_ns - told_ns) / NS_PER_MS


def memory_and_idle(launcher, seconds):
    with launcher.start("sleep") as job:
        job.hear("start", PROCESSES)
        time.sleep(0.5)
        proc = Proc(job.process.pid)
        before = proc.cpu_ticks()
        time.sleep(seconds)
        return (proc.kib("status", "VmHWM") / 1024, proc.kib("smaps_rollup", "Pss") / 1024,
                proc.cpu_ticks() - before)


def root_cause(launcher):
    """Whether rank 1 is named, which fails 30 ms before rank 0."""
    # Rank 0's failure is its own: it heeds no SIGTERM.
    with launcher.start("ignore-term", "exit-after-the-other") as job:
        job.wait()
        output = job.output()
        if launcher.name == "dplaunch":
            return "dplaunch: error: rank 1 (" in output
        named = output.partition("Root Cause")[2]
        return "rank      : 1 " in named.replace("\t", " ")


def orphans(launcher):
    """How many of the workers and their children live on after the launcher's SIGKILL."""
    with launcher.start("child", "sleep") as job:
        job.hear("child", PROCESSES)
        job.process.kill()
        job.process.wait()
        end = time.monotonic() + LAST_WORDS_S
        while (left := len(job.living())) > 0 and time.monotonic() < end:
            time.sleep(0.005)
        return left


def survives_hangup(launcher):
    with launcher.start("sleep-ms:1000", "exit:0", before=["nohup"]) as job:
        job.hear("start", PROCESSES)
        job.process.send_signal(signal.SIGHUP)
        return job.wait()[0] == 0


def second_interrupt(launcher):
    """Time from the second SIGINT to the launcher's end, in ms, or None after five seconds."""
    with launcher.start("ignore-term", "ignore-int", "sleep") as job:
        job.hear("start", PROCESSES)
        job.process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        second_ns = time.monotonic_ns()
        job.process.send_signal(signal.SIGINT)
        code, end_ns = job.wait(5)
        return None if code is None else (end_ns - second_ns) / NS_PER_MS


def exit_code(launcher):
    with launcher.start("exit-of-rank:7", "sleep") as job:
        return job.wait()[0]


def two_jobs(launcher):
    """Whether two jobs run at once, as a user starts them who says nothing of ports."""
    with launcher.start("until-term", default_options=True) as first:
        first.hear("start", PROCESSES)
        with launcher.start("exit:0", default_options=True) as second:
            return second.wait()[0] == 0 and first.process.poll() is None


class Table:
    def __init__(self, launchers):
        self.launchers = launchers
        print("| | " + " | ".join(launcher.name for launcher in launchers) + " |")
        print("| --- |" + " --- |" * len(launchers), flush=True)

    def row(self, name, results, show):
        cells = [show(results[launcher.name]) for launcher in self.launchers]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)

    def rows(self, names, results, shows):
        """Rows of what was measured together."""
        for column, (name, show) in enumerate(zip(names, shows)):
            self.row(name, {key: [one[column] for one in values] for key, values in results.items()},
                     show)


def show_interrupts(times_ms):
    ended = [time_ms for time_ms in times_ms if time_ms is not None]
    return spread(ended) if len(ended) == len(times_ms) else "still there after 5 s"


def fill(table, launchers, quick):
    few = Repetitions(20, 2) if quick else Repetitions(50, 5)
    once = Repetitions(1, 1)
    table.rows(["start to the second worker's first instruction", "a job of two that does nothing"],
               in_turn(launchers, few, start_and_no_op), [spread, spread])
    table.rows(["a worker killed, its peer told", "last worker gone, launcher gone"],
               in_turn(launchers, Repetitions(100, 2 if quick else 5), kill_one),
               [percentiles, spread])
    table.rows(["launcher's peak resident memory", "its proportional share (PSS)",
                "its CPU time in 10 s of an idle job"],
               in_turn(launchers, once, lambda launcher: memory_and_idle(launcher, 10)),
               [lambda v: f"{v[0]:.1f} MiB", lambda v: f"{v[0]:.1f} MiB",
                lambda v: f"{v[0]} ticks of {1000 // os.sysconf('SC_CLK_TCK')} ms"])
    table.row("rank 1 fails 30 ms before rank 0: root cause right",
              in_turn(launchers, Repetitions(20, 2) if quick else Repetitions(100, 6), root_cause),
              count_of)
    table.row("launcher killed with SIGKILL: processes left of 4",
              in_turn(launchers, Repetitions(20, 1) if quick else Repetitions(100, 3), orphans),
              lambda v: f"{max(v)} (n={len(v)})")
    table.row("`nohup`, then SIGHUP: survived",
              in_turn(launchers, Repetitions(5, 1) if quick else Repetitions(20, 3),
                      survives_hangup), count_of)
    table.row("second Ctrl-C, workers that ignore it: launcher gone after",
              in_turn(launchers, Repetitions(5, 1), second_interrupt), show_interrupts)
    table.row("exit code when a worker exits with 7", in_turn(launchers, once, exit_code),
              lambda v: str(v[0]))
    table.row("two jobs at once, default options: both run", in_turn(launchers, once, two_jobs),
              lambda v: "yes" if v[0] else "no")


def main():
    parser = argparse.ArgumentParser()
    for option in ("--dplaunch", "--torchrun", "--work"):
        parser.add_argument(option, required=True)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    launchers = [Launcher("dplaunch", os.path.abspath(arguments.dplaunch), arguments.work),
                 Launcher("torchrun", os.path.abspath(arguments.torchrun), arguments.work)]
    start = time.monotonic()
    fill(Table(launchers), launchers, arguments.quick)
    print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; "
          f"{time.monotonic() - start:.0f} s in all")


main()
