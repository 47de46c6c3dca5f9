"""A job without torch whose ranks all wait for one that is held: held_ranks.py KIND RANK. Each rank
says when it is about to wait; the calls that they then wait in are in WAITS_IN."""

import os
import signal
import sys
import threading
import time

# System calls of x86-64.
READ, FUTEX, CLOCK_NANOSLEEP = 0, 202, 230
WAITS_IN = {"nobody": READ, "sleep": CLOCK_NANOSLEEP, "lock": FUTEX, "read": READ}
# The others' states, as in /proc/PID/stat.
ENDS_IN = {"stop": "T", "leave": "Z"}


def never_written():
    """Nobody writes to this pipe, and its other end stays open."""
    return os.pipe()


class DataLoader:
    def __next__(self):
        ends = never_written()
        return os.read(ends[0], 1)


def hold_in_sleep():
    time.sleep(100_000)


def hold_in_lock():
    lock = threading.Lock()
    with lock:
        lock.acquire()


def all_reduce():
    ends = never_written()
    os.read(ends[0], 1)


def train(kind):
    if kind == "sleep":
        hold_in_sleep()
    elif kind == "lock":
        hold_in_lock()
    elif kind == "read":
        next(DataLoader())
    elif kind == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif kind == "leave":
        return
    all_reduce()


def main():
    kind, held = sys.argv[1], int(sys.argv[2])
    rank = int(os.environ["RANK"])
    print(f"rank {rank} is there", flush=True)
    train(kind if rank == held else "nobody")


if __name__ == "__main__":
    main()
